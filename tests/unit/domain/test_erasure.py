from uuid import uuid4

from domain.categories import Category
from domain.erasure import Erasure, Stage
from domain.identifiers import ErasureId, YouthId
from domain.refusals import ErasureOutOfOrder
from domain.trail import Role
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, events_of, refused, replayed, state_of


def an_erasure() -> Erasure:
    return Erasure.close(ErasureId(uuid4()), YouthId(uuid4()), asked_by=Role.YOUTH, asked_in_person=False, referents=[ANNE], at=NOW)


def test_an_erasure_goes_from_closed_to_effective_to_purged() -> None:
    erasure = an_erasure()
    assert erasure.stage is Stage.CLOSED
    erasure.make_effective(fingerprint="ab", at=NOW)
    erasure.purge(purged_events=7, last_version=7, at=NOW)
    assert (erasure.stage, erasure.fingerprint, erasure.purged_events, erasure.purged_at) == (Stage.PURGED, "ab", 7, NOW)


def test_no_stage_is_skipped_or_done_twice() -> None:
    erasure = an_erasure()
    refused(ErasureOutOfOrder, lambda: erasure.purge(purged_events=1, last_version=1, at=NOW))
    erasure.make_effective(fingerprint="ab", at=NOW)
    refused(ErasureOutOfOrder, lambda: erasure.make_effective(fingerprint="cd", at=NOW))


def test_only_the_former_referents_may_be_told() -> None:
    assert an_erasure().may_tell(ANNE)
    assert not an_erasure().may_tell(BRUNO)


def test_an_erasure_is_under_the_key_of_the_structure_and_survives_replay() -> None:
    erasure = an_erasure()
    erasure.make_effective(fingerprint="ab", at=NOW)
    erasure.purge(purged_events=7, last_version=7, at=NOW)
    assert {event.category for event in events_of(erasure)} == {Category.STRUCTURE}
    assert state_of(replayed(erasure)) == state_of(erasure)
