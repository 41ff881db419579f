"""What a certificate takes from the events of an erasure, date by date."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from api.erasures.certificates import CertificateNotYet, certificate_of
from crypto_shredding.erasure.certificate import Certificate, Copies, NotRecalled, Scope
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Erasure, Ground
from domain.trail import Role

ASKED = datetime(2026, 12, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRINT = "5d" * 32
PROVIDERS = {7: "pkcs11"}


def closed(category: Category | None = None) -> Erasure:
    ids = ErasureId(uuid4()), YouthId(uuid4())
    return Erasure.close(
        *ids, asked_by=Role.EDUCATOR, asked_in_person=True, referents=[], at=ASKED, ground=Ground.DEMAND, category=category
    )


def effective(category: Category | None = None, *, is_apart: bool = True) -> Erasure:
    erasure = closed(category)
    erasure.begin(view_rows=61, shown=17, exported=1, at=ASKED)
    erasure.make_effective(fingerprint=PRINT, epoch=7, previews=2, is_apart=is_apart, at=ASKED + HOUR)
    return erasure


def irreversible(destroyed_at: datetime) -> Erasure:
    erasure = effective()
    erasure.purge(purged_events=42, last_version=42, at=ASKED + 2 * HOUR)
    erasure.make_irreversible(epoch=7, provider="file", destroyed_at=destroyed_at, at=ASKED + 9 * HOUR)
    return erasure


def test_each_field_is_what_an_event_says() -> None:
    erasure = irreversible(ASKED + 5 * HOUR)

    assert certificate_of(erasure, PROVIDERS.get) == Certificate(
        reference=erasure.id,
        scope=Scope.RECORD,
        closed_at=ASKED,
        effective_at=ASKED + HOUR,
        purged_at=ASKED + 2 * HOUR,
        irreversible_at=ASKED + 5 * HOUR,
        fingerprints=(PRINT,),
        epochs_destroyed=(7,),
        purged={"view_rows": 61, "previews": 2, "events": 42},
        not_recalled=NotRecalled(shown=17, exports=1),
        copies=Copies.APART,
        provider="file",
        last_retained_backup_until=date(2027, 1, 6),
    )


def test_before_the_end_it_claims_no_more_than_has_come() -> None:
    said = certificate_of(effective(Category.IDENTITY, is_apart=False), PROVIDERS.get)

    assert (said.scope, said.copies, said.provider) == (Scope.CATEGORY, Copies.SAME_DISK, "pkcs11")
    assert (said.purged_at, said.irreversible_at, said.epochs_destroyed, said.last_retained_backup_until) == (None, None, (), None)
    assert "events" not in said.purged


def test_an_epoch_that_ended_before_the_effect_was_written_down_gives_the_later_date() -> None:
    assert certificate_of(irreversible(ASKED), PROVIDERS.get).irreversible_at == ASKED + HOUR


@pytest.mark.parametrize("step", ["closed", "begun", "epoch unknown"])
def test_there_is_none_before_the_key_is_gone_nor_for_an_epoch_that_nobody_knows(step: str) -> None:
    erasure = effective() if step == "epoch unknown" else closed()
    if step == "begun":
        erasure.begin(view_rows=0, shown=0, exported=0, at=ASKED)

    with pytest.raises(CertificateNotYet):
        certificate_of(erasure, {}.get)
