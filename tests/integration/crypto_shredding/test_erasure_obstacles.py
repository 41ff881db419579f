"""What may stand between closed and effective, on real databases: unreadable meanwhile, keys alive, brought back whole (design §6)."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.settings import Settings
from domain.drafts import AgreementDraft, IdentityDraft, NoteDraft
from domain.identifiers import ErasureId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.oblivion.erasure import Ground, Obstacle, Stage
from domain.refusals import AgreementMissing, DomainError, ErasureTooLate, NotAllowed, RecordClosed
from domain.trail import Actor, Operation, Role
from projections.rebuild import rebuild
from tests.given import (
    LEILA,
    closed,
    educator,
    filled,
    note,
    opened,
    somebody,
    to_its_end,
    today,
    with_archive_agreement,
    youth_themselves,
)
from tests.integration.projections.scenes import contents
from tests.moving_clock import MovingClock

RACES = 20


@pytest.fixture
def clock(databases: Databases) -> MovingClock:
    return MovingClock(databases)


@pytest.fixture
def service(settings: Settings, databases: Databases, clock: MovingClock) -> Iterator[Service]:
    service = build(settings, databases, clock=clock)
    yield service
    service.close()


def rows(address: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as owner:
        return owner.execute(query, parameters).fetchall()


def reference_of(databases: Databases, youth: YouthId) -> UUID:
    """What the trail calls this record."""
    ((reference,),) = rows(databases.main, "SELECT reference FROM s_alpha.subject_references WHERE subject_id = %s", youth)
    return UUID(str(reference))


def dpo() -> Actor:
    return somebody(Role.DPO)


def asked_alone(structure: Structure, youth: YouthId) -> ErasureId:
    return structure.records.close_record(youth_themselves(youth), youth)


def held(structure: Structure, databases: Databases, youth: YouthId) -> ErasureId:
    structure.records.place_hold(dpo(), reference_of(databases, youth), "litigation", today() + timedelta(days=30))
    return closed(structure.records, youth)


def behind_the_gate(structure: Structure, _: Databases, youth: YouthId) -> ErasureId:
    structure.records.shut_gate(dpo())
    return closed(structure.records, youth)


def cooling_off(structure: Structure, _: Databases, youth: YouthId) -> ErasureId:
    return asked_alone(structure, youth)


def waiting_for_a_second_person(structure: Structure, databases: Databases, youth: YouthId) -> ErasureId:
    return structure.records.close_by_reference(dpo(), reference_of(databases, youth), Ground.OFFICE)


def lift(structure: Structure, databases: Databases, youth: YouthId, _: MovingClock) -> None:
    structure.records.lift_hold(dpo(), reference_of(databases, youth))


def open_the_gate(structure: Structure, _databases: Databases, _youth: YouthId, _: MovingClock) -> None:
    with_archive_agreement(structure.records)


def let_the_time_pass(_structure: Structure, _databases: Databases, _youth: YouthId, clock: MovingClock) -> None:
    clock.ahead = COOLING_OFF


def approve(structure: Structure, _databases: Databases, youth: YouthId, clock: MovingClock) -> None:
    erasure = structure.records.erasure_of(youth)
    assert erasure is not None
    structure.records.approve_erasure(somebody(Role.ADMINISTRATOR), erasure)
    clock.ahead = COOLING_OFF


Placing = Callable[[Structure, Databases, YouthId], ErasureId]
Ending = Callable[[Structure, Databases, YouthId, MovingClock], None]
OBSTACLES: dict[str, tuple[Placing, Ending, tuple[Obstacle, ...]]] = {
    "a hold": (held, lift, (Obstacle.HOLD,)),
    "a closed gate": (behind_the_gate, open_the_gate, (Obstacle.ARCHIVE_GATE,)),
    "a cooling-off": (cooling_off, let_the_time_pass, (Obstacle.COOLING_OFF,)),
    "a missing approval": (waiting_for_a_second_person, approve, (Obstacle.COOLING_OFF, Obstacle.APPROVALS)),
}


def work_for_a_while(structure: Structure) -> None:
    """What the background does, several times over, a rebuild included."""
    for _ in range(3):
        structure.runner.run_once()
        assert not structure.erasures.advance_all()
    rebuild(structure.runner_store.database, structure.runner, lambda *_: None)
    assert not structure.erasures.advance_all()


def everything_about(structure: Structure, youth: YouthId) -> tuple[Any, ...]:
    """The record as its people read it, and its row in the caseload."""
    record = structure.records.read_record(educator(), youth)
    (row,) = [row for row in structure.caseload.of(LEILA) if row.youth == youth]
    state = {name: value for name, value in vars(record).items() if name not in {"_version", "_modified_on", "_pending_events"}}
    return state, row


def nobody_reads(structure: Structure, youth: YouthId) -> None:
    people = [educator(), youth_themselves(youth)]
    strangers = [somebody(role, LEILA) for role in Role if role not in {Role.EDUCATOR, Role.YOUTH}]
    for who in people:
        for act in (
            lambda who=who: structure.records.read_record(who, youth),
            lambda who=who: structure.records.disclose_about(who, Operation.READ_OWN_TRAIL, youth),
        ):
            with pytest.raises(RecordClosed):
                act()
    for who in strangers:
        with pytest.raises(NotAllowed):
            structure.records.read_record(who, youth)
    with pytest.raises(RecordClosed):
        structure.records.add_note(educator(), youth, note())
    assert youth not in {row.youth for row in structure.caseload.of(LEILA)}
    assert youth not in {row.youth for row in structure.caseload.of(LEILA, "zéb")}


def ring_of(databases: Databases, youth: YouthId) -> list[tuple[Any, ...]]:
    return rows(databases.keys, "SELECT state, epoch, slots, fingerprint FROM s_alpha.key_rings WHERE subject_id = %s", youth)


@pytest.mark.parametrize("name", OBSTACLES)
def test_while_it_stands_nobody_reads_and_every_key_lives(structure: Structure, databases: Databases, name: str) -> None:
    place, _, obstacles = OBSTACLES[name]
    youth, staying = filled(structure.records, educator()), filled(structure.records, educator())
    structure.runner.run_once()
    ring = ring_of(databases, youth)
    erasure = place(structure, databases, youth)

    nobody_reads(structure, youth)
    work_for_a_while(structure)

    nobody_reads(structure, youth)
    found = structure.records.find(erasure)
    assert (found.stage, found.begun, structure.records.obstacles_of(found)) == (Stage.CLOSED, None, obstacles)
    assert ring_of(databases, youth) == ring
    assert ring[0][0] == "active"
    assert rows(databases.keys, "SELECT count(*) FROM s_alpha.erasure_ledger") == [(0,)]
    assert rows(databases.main, "SELECT count(*) FROM s_alpha.events WHERE originator_id = %s AND state IS NULL", youth) == [(0,)]
    assert [row.youth for row in structure.caseload.of(LEILA)] == [staying]


@pytest.mark.parametrize("name", OBSTACLES)
def test_cancelling_brings_back_the_record_and_its_row_whole(structure: Structure, databases: Databases, name: str) -> None:
    place, _, _ = OBSTACLES[name]
    youth = filled(structure.records, educator())
    structure.runner.run_once()
    before, views = everything_about(structure, youth), contents(structure)
    erasure = place(structure, databases, youth)
    work_for_a_while(structure)

    structure.records.cancel_erasure(youth_themselves(youth), erasure)

    assert everything_about(structure, youth) == before
    structure.runner.run_once()
    assert structure.erasures.advance_all()
    rebuild(structure.runner_store.database, structure.runner, lambda *_: None)
    assert everything_about(structure, youth) == before
    assert contents(structure) == views
    structure.records.add_note(educator(), youth, note("revu"))
    assert structure.erasures.unfinished() == []


@pytest.mark.parametrize("name", OBSTACLES)
def test_once_it_is_gone_the_erasure_goes_to_its_end_by_itself(
    structure: Structure, databases: Databases, clock: MovingClock, name: str
) -> None:
    place, end, _ = OBSTACLES[name]
    youth = filled(structure.records, educator())
    erasure = place(structure, databases, youth)
    work_for_a_while(structure)

    end(structure, databases, youth, clock)
    to_its_end(structure, erasure)

    assert ring_of(databases, youth)[0][:3] == ("erased", None, None)
    assert structure.records.find(erasure).stage is Stage.PURGED
    with pytest.raises(ErasureTooLate):
        structure.records.cancel_erasure(youth_themselves(youth), erasure)


def test_after_cancelling_a_new_demand_is_another_erasure_which_ends(structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    first = asked_alone(structure, youth)
    structure.records.cancel_erasure(youth_themselves(youth), first)
    second = closed(structure.records, youth)
    structure.records.cancel_erasure(youth_themselves(youth), first)
    to_its_end(structure, second)

    assert structure.records.find(first).stage is Stage.CANCELLED
    assert structure.records.find(second).stage is Stage.PURGED
    fences = rows(
        databases.main, "SELECT erasure_id, cancelled_at IS NULL, purged_at IS NULL FROM s_alpha.erasure_fences ORDER BY closed_at"
    )
    assert fences == [(first, False, True), (second, True, False)]


def test_one_erasure_that_waits_holds_no_other_up(structure: Structure, databases: Databases) -> None:
    waiting, going = filled(structure.records, educator()), filled(structure.records, educator())
    first, second = held(structure, databases, waiting), closed(structure.records, going)
    structure.erasures.advance_all()
    structure.runner.run_once()
    structure.erasures.advance_all()

    assert structure.erasures.unfinished() == [first]
    assert structure.records.find(second).stage is Stage.PURGED


@pytest.mark.parametrize("category", ["identity", "follow_up"])
def test_a_hold_keeps_the_key_of_a_category_that_nobody_sees_any_more(structure: Structure, databases: Databases, category: str) -> None:
    youth = filled(structure.records, educator())
    structure.records.agree(educator(), youth, AgreementDraft("follow_up", "les notes", today()))
    structure.records.place_hold(dpo(), reference_of(databases, youth), "litigation", today())
    ring = structure.store.key_store.ring(youth)
    structure.records.withdraw_agreement(educator(), youth, category)
    work_for_a_while(structure)

    record = structure.records.read_record(educator(), youth)
    shown = {"identity": record.identity is not None, "follow_up": bool(record.contacts or record.notes or record.steps)}
    assert shown == {"identity": category != "identity", "follow_up": category != "follow_up"}
    assert structure.store.key_store.ring(youth).keys == ring.keys
    structure.records.lift_hold(dpo(), reference_of(databases, youth))
    to_its_end(structure, structure.erasures.unfinished()[0])
    after = structure.store.key_store.ring(youth)
    assert {key.category for key in ring.keys if key not in after.keys} == {category}
    assert [key.category for key in after.destroyed] == [category]


def test_a_category_and_the_whole_record_asked_for_together_both_come_to_their_last_date(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    structure.records.withdraw_agreement(educator(), youth, "identity")
    (category,) = structure.erasures.unfinished()
    whole = closed(structure.records, youth)
    to_its_end(structure, whole)
    to_its_end(structure, category)
    structure.rotation.rotate()
    structure.erasures.advance_all()

    stages = {structure.records.find(erasure).stage for erasure in (category, whole)}
    assert stages == {Stage.IRREVERSIBLE}


def test_a_category_whose_record_is_closed_waits_and_goes_on_when_it_is_open_again(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    structure.records.withdraw_agreement(educator(), youth, "identity")
    (category,) = structure.erasures.unfinished()
    whole = asked_alone(structure, youth)
    structure.runner.run_once()
    assert not structure.erasures.advance(category)
    assert structure.records.find(category).begun is None

    structure.records.cancel_erasure(youth_themselves(youth), whole)
    to_its_end(structure, category)
    structure.records.agree(educator(), youth, AgreementDraft("identity", "finalement oui", today()))
    structure.records.give_identity(educator(), youth, IdentityDraft("Autre"))
    record = structure.records.read_record(educator(), youth)
    assert record.identity is not None
    assert (record.identity.first_name, len(record.notes)) == ("Autre", 1)


def raced(acts: list[Callable[[], object]]) -> list[object]:
    together = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        together.wait(10)
        try:
            return act()
        except DomainError as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_cancelling_against_the_beginning_of_the_erasure_exactly_one_wins(structure: Structure, databases: Databases) -> None:
    youths = [opened(structure.records, educator()) for _ in range(RACES)]
    structure.runner.run_once()
    won = []

    def cancel(youth: YouthId, erasure: ErasureId) -> None:
        # At once, clearly too late, or anywhere in between.
        time.sleep((0.0, 0.05, random.uniform(0, 0.008))[len(won) % 3])  # noqa: S311  A moment, not a secret.
        structure.records.cancel_erasure(youth_themselves(youth), erasure)

    for youth in youths:
        erasure = closed(structure.records, youth)
        cancelled, _ = raced([partial(cancel, youth, erasure), partial(structure.erasures.advance, erasure)])
        found, record = structure.records.find(erasure), structure.records.find(youth)
        went_on = found.begun is not None
        assert (cancelled is ErasureTooLate, found.stage is Stage.CANCELLED, record.is_closed) == (went_on, not went_on, went_on)
        assert record.is_going == went_on
        assert (structure.records.erasure_of(youth) == erasure) == went_on
        to_its_end(structure, erasure)
        assert ring_of(databases, youth)[0][0] == ("erased" if went_on else "active")
        won.append(went_on)
    assert (len(won), set(won)) == (RACES, {True, False})


def test_two_who_cancel_at_once_and_two_who_ask_at_once_leave_one_answer(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    for _ in range(5):
        erasure = asked_alone(structure, youth)
        cancel = [lambda erasure=erasure: structure.records.cancel_erasure(youth_themselves(youth), erasure)] * 4
        assert raced(cancel) == [None] * 4
        assert structure.records.read_record(educator(), youth).pseudonym == "Zébulon"
    asked = raced([lambda: asked_alone(structure, youth), lambda: closed(structure.records, youth)])
    assert RecordClosed in asked
    assert len(structure.erasures.unfinished()) == 1


def test_nobody_agrees_or_writes_into_a_category_between_its_withdrawal_and_the_end_of_its_key(structure: Structure) -> None:
    youth = filled(structure.records, educator())
    structure.records.withdraw_agreement(educator(), youth, "identity")
    with pytest.raises(AgreementMissing):
        structure.records.give_identity(educator(), youth, IdentityDraft("Trop tôt"))
    structure.records.add_note(educator(), youth, NoteDraft("le reste continue", today()))
    (erasure,) = structure.erasures.unfinished()
    to_its_end(structure, erasure)
    assert len(structure.records.read_record(educator(), youth).notes) == 2
