"""Oblivion as people ask for it, stop it and follow it: the use cases of `domain/oblivion/erasure_commands.py`."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.drafts import NoteDraft
from domain.identifiers import AccountId, ErasureId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.oblivion.erasure import Ground, Obstacle, Stage
from domain.refusals import (
    ChoiceUnknown,
    ConcurrentChange,
    ErasureTooLate,
    NotAllowed,
    PresenceRequired,
    RecordClosed,
    RecordErased,
    SecondApprover,
    TrailUnavailable,
)
from domain.trail import Actor, Operation, Outcome, Purpose, Role
from tests.unit.domain.in_memory import World
from tests.unit.domain.oblivion import (
    ADMINISTRATOR,
    DPO,
    a_structure,
    asked_alone,
    asked_in_person,
    filled,
    obstacles,
    reference,
    the,
    themselves,
)
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, actor, refused, state_of


@pytest.fixture
def world() -> World:
    return a_structure()


# Cooling-off and cancelling.


def test_a_youth_who_asks_alone_has_three_days_and_the_clock_ends_them(world: World) -> None:
    erasure = asked_alone(world, filled(world))
    assert obstacles(world, erasure) == (Obstacle.COOLING_OFF,)
    world.now += COOLING_OFF - timedelta(seconds=1)
    assert obstacles(world, erasure) == (Obstacle.COOLING_OFF,)
    world.now += timedelta(seconds=1)
    assert obstacles(world, erasure) == ()


def test_a_youth_is_never_taken_at_their_word_that_they_are_there_in_person(world: World) -> None:
    youth = filled(world)
    erasure = world.records.close_record(themselves(youth), youth, asked_in_person=True)
    assert (the(world, erasure).asked_in_person, obstacles(world, erasure)) == (False, (Obstacle.COOLING_OFF,))


def test_asked_for_in_person_nothing_stands_between(world: World) -> None:
    assert obstacles(world, asked_in_person(world, filled(world))) == ()


def test_during_the_cooling_off_nobody_reads_or_writes(world: World) -> None:
    youth = filled(world)
    asked_alone(world, youth)
    for who in (actor(), themselves(youth)):
        refused(RecordClosed, lambda who=who: world.records.read_record(who, youth))
        refused(RecordClosed, lambda who=who: world.records.disclose_about(who, Operation.READ_OWN_TRAIL, youth))
    refused(RecordClosed, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    refused(RecordClosed, lambda: world.records.withdraw_agreement(actor(), youth, "identity"))


def test_a_youth_who_cancels_in_time_has_their_record_back_whole(world: World) -> None:
    youth = filled(world)
    before = state_of(world.records.read_record(actor(), youth))
    erasure = asked_alone(world, youth)
    world.records.cancel_erasure(themselves(youth), erasure)
    record = world.records.read_record(actor(), youth)
    assert {name for name, value in state_of(record).items() if value != before[name]} <= {"_version", "_modified_on"}
    assert (record.identity is not None, len(record.contacts), len(record.notes)) == (True, 1, 1)
    assert the(world, erasure).stage is Stage.CANCELLED
    assert world.records.erasure_of(youth) is None
    world.records.add_note(actor(), youth, NoteDraft("revu", A_DAY))


def test_cancelling_leaves_its_line_in_the_same_append(world: World) -> None:
    youth = filled(world)
    erasure, lines = asked_alone(world, youth), len(world.recorder.trail)
    world.records.cancel_erasure(themselves(youth), erasure)
    assert len(world.recorder.trail) == lines + 1
    assert (world.last_line.operation, world.last_line.subjects) == (Operation.CANCEL_ERASURE, (youth,))
    erasure = asked_alone(world, youth)
    world.recorder.trail_is_writable = False
    refused(TrailUnavailable, lambda: world.records.cancel_erasure(themselves(youth), erasure))
    world.recorder.trail_is_writable = True
    refused(RecordClosed, lambda: world.records.read_record(actor(), youth))


def test_cancelling_twice_changes_nothing(world: World) -> None:
    youth = filled(world)
    erasure = asked_alone(world, youth)
    world.records.cancel_erasure(themselves(youth), erasure)
    version = world.records.find(youth).version
    world.records.cancel_erasure(themselves(youth), erasure)
    assert world.records.find(youth).version == version
    assert world.last_line.operation is Operation.CANCEL_ERASURE


def test_cancelling_an_earlier_erasure_does_not_open_what_a_later_one_closed(world: World) -> None:
    youth = filled(world)
    first = asked_alone(world, youth)
    world.records.cancel_erasure(themselves(youth), first)
    second = asked_alone(world, youth)
    assert first != second
    world.records.cancel_erasure(themselves(youth), first)
    refused(RecordClosed, lambda: world.records.read_record(actor(), youth))
    assert world.records.erasure_of(youth) == second


def test_a_referent_cancels_only_with_the_youth_at_their_side(world: World) -> None:
    youth = filled(world)
    erasure = asked_alone(world, youth)
    refused(PresenceRequired, lambda: world.records.cancel_erasure(actor(), erasure))
    refused(RecordClosed, lambda: world.records.read_record(actor(), youth))
    world.records.cancel_erasure(actor(), erasure, asked_in_person=True)
    assert world.records.read_record(actor(), youth).pseudonym == "Kiki"


def test_once_it_has_begun_it_is_too_late(world: World) -> None:
    youth = filled(world)
    erasure = asked_in_person(world, youth)
    world.begin_to_erase(erasure)
    refused(ErasureTooLate, lambda: world.records.cancel_erasure(themselves(youth), erasure))
    world.shred(youth)
    refused(ErasureTooLate, lambda: world.records.cancel_erasure(themselves(youth), erasure))
    assert world.records.erasure_of(youth) == erasure


def test_a_hold_that_comes_too_late_is_refused_after_its_line(world: World) -> None:
    youth = filled(world)
    named = reference(world, youth)
    world.begin_to_erase(asked_in_person(world, youth))
    refused(ErasureTooLate, lambda: world.records.place_hold(DPO, named, "litigation", world.now.date()))
    assert (world.last_line.operation, world.last_line.outcome, world.last_line.subjects) == (
        Operation.MANAGE_HOLDS,
        Outcome.REFUSED,
        (youth,),
    )


def test_an_erasure_that_begins_while_somebody_cancels_goes_on(world: World) -> None:
    youth = filled(world)
    erasure = asked_in_person(world, youth)
    world.recorder.before_insert.append(lambda: world.begin_to_erase(erasure))
    refused(ErasureTooLate, lambda: world.records.cancel_erasure(themselves(youth), erasure))
    assert (the(world, erasure).stage, the(world, erasure).cancelled_at) == (Stage.CLOSED, None)
    assert world.records.find(youth).is_going
    assert world.records.erasure_of(youth) == erasure


def test_an_erasure_that_is_cancelled_while_it_begins_does_not_begin(world: World) -> None:
    youth = filled(world)
    erasure = asked_in_person(world, youth)
    world.recorder.before_insert.append(lambda: world.records.cancel_erasure(themselves(youth), erasure))
    refused(ConcurrentChange, lambda: world.begin_to_erase(erasure))
    assert (the(world, erasure).stage, the(world, erasure).begun) == (Stage.CANCELLED, None)
    assert world.records.read_record(actor(), youth).pseudonym == "Kiki"


def test_an_approval_that_comes_while_the_youth_cancels_does_not_stop_them(world: World) -> None:
    youth = filled(world)
    erasure = world.records.close_by_reference(DPO, reference(world, youth), Ground.OFFICE)
    world.recorder.before_insert.append(lambda: world.records.approve_erasure(ADMINISTRATOR, erasure))
    world.records.cancel_erasure(themselves(youth), erasure)
    assert world.records.read_record(actor(), youth).pseudonym == "Kiki"


# What does not come from the youth takes two people.


def test_a_demand_by_letter_closes_at_once_and_waits_for_a_second_person(world: World) -> None:
    youth = filled(world)
    erasure = world.records.close_by_reference(DPO, reference(world, youth), Ground.OFFICE)
    refused(RecordClosed, lambda: world.records.read_record(actor(), youth))
    assert obstacles(world, erasure) == (Obstacle.COOLING_OFF, Obstacle.APPROVALS)
    world.records.approve_erasure(ADMINISTRATOR, erasure)
    assert obstacles(world, erasure) == (Obstacle.COOLING_OFF,)
    world.now += COOLING_OFF
    assert obstacles(world, erasure) == ()
    assert the(world, erasure).approvals == {"dpo": BRUNO, "administrator": CARLA}


def test_what_the_time_has_come_for_takes_the_same_path(world: World) -> None:
    youth = filled(world)
    erasure = world.records.close_by_reference(DPO, reference(world, youth), Ground.RETENTION)
    world.now += COOLING_OFF
    assert obstacles(world, erasure) == (Obstacle.APPROVALS,)
    world.records.cancel_erasure(themselves(youth), erasure)
    assert world.records.read_record(actor(), youth).pseudonym == "Kiki"


@pytest.mark.parametrize("ground", [Ground.DEMAND, Ground.WITHDRAWAL])
def test_nobody_enters_for_the_youth_what_the_youth_alone_decides(world: World, ground: Ground) -> None:
    youth = filled(world)
    refused(ChoiceUnknown, lambda: world.records.close_by_reference(DPO, reference(world, youth), ground))
    assert world.records.read_record(actor(), youth).pseudonym == "Kiki"


def test_one_person_never_gives_both_approvals(world: World) -> None:
    erasure = world.records.close_by_reference(DPO, reference(world, filled(world)), Ground.OFFICE)
    refused(SecondApprover, lambda: world.records.approve_erasure(DPO, erasure))
    refused(SecondApprover, lambda: world.records.approve_erasure(actor(BRUNO, Role.ADMINISTRATOR), erasure))
    refused(SecondApprover, lambda: world.records.approve_erasure(actor(AccountId(uuid4()), Role.DPO), erasure))
    assert Obstacle.APPROVALS in obstacles(world, erasure)


def test_the_dpo_asks_for_a_closed_record_once(world: World) -> None:
    youth = filled(world)
    named = reference(world, youth)
    world.records.close_by_reference(DPO, named, Ground.OFFICE)
    refused(RecordClosed, lambda: world.records.close_by_reference(DPO, named, Ground.OFFICE))
    assert len(world.recorder.fences) == 1


def test_without_its_line_nothing_is_closed_approved_held_or_opened(world: World) -> None:
    youth, other = filled(world), filled(world)
    erasure = world.records.close_by_reference(DPO, reference(world, youth), Ground.OFFICE)
    world.recorder.trail_is_writable = False
    for act in (
        lambda: world.records.close_by_reference(DPO, reference(world, other), Ground.OFFICE),
        lambda: world.records.approve_erasure(ADMINISTRATOR, erasure),
        lambda: world.records.place_hold(DPO, reference(world, other), "litigation", world.now.date()),
        lambda: world.records.shut_gate(DPO),
        lambda: world.records.read_erasure(DPO, erasure),
        lambda: world.records.list_erasures(DPO),
        lambda: world.records.withdraw_agreement(actor(), other, "identity"),
    ):
        refused(TrailUnavailable, act)
    world.recorder.trail_is_writable = True
    assert obstacles(world, erasure) == (Obstacle.COOLING_OFF, Obstacle.APPROVALS)
    assert world.records.read_record(actor(), other).identity is not None


# Who may, and what a stranger meets.


def test_the_desk_lists_every_erasure_the_latest_first(world: World) -> None:
    erasures = []
    for _ in range(3):
        erasures.append(asked_in_person(world, filled(world)))
        world.now += timedelta(minutes=1)
    for who in (DPO, ADMINISTRATOR):
        assert [erasure.id for erasure in world.records.list_erasures(who)] == erasures[::-1]
        assert (world.last_line.operation, world.last_line.subjects) == (Operation.LIST_ERASURES, ())
    assert [erasure.id for erasure in world.records.list_erasures(DPO, limit=1)] == erasures[2:]
    before = world.now - timedelta(minutes=1)
    assert [erasure.id for erasure in world.records.list_erasures(DPO, before=before)] == erasures[1::-1]


OTHERS: dict[str, tuple[Callable[[World, Actor, UUID, ErasureId], object], set[Role]]] = {
    "close by reference": (lambda world, who, named, _: world.records.close_by_reference(who, named, Ground.OFFICE), {Role.DPO}),
    "approve": (lambda world, who, _, erasure: world.records.approve_erasure(who, erasure), {Role.DPO, Role.ADMINISTRATOR}),
    "list": (lambda world, who, _named, _erasure: world.records.list_erasures(who), {Role.DPO, Role.ADMINISTRATOR}),
    "place a hold": (lambda world, who, named, _: world.records.place_hold(who, named, "litigation", world.now.date()), {Role.DPO}),
    "lift a hold": (lambda world, who, named, _: world.records.lift_hold(who, named), {Role.DPO}),
    "read a hold": (lambda world, who, named, _: world.records.read_hold(who, named), {Role.DPO}),
    "open the gate": (lambda world, who, _named, _erasure: world.records.open_gate(who, "visa", "AD-31", None), {Role.DPO}),
    "shut the gate": (lambda world, who, _named, _erasure: world.records.shut_gate(who), {Role.DPO}),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("role", list(Role))
def test_whoever_has_another_role_is_refused_alike_and_changes_nothing(world: World, name: str, role: Role) -> None:
    act, allowed = OTHERS[name]
    youth = filled(world)
    erasure = asked_in_person(world, filled(world))
    if role in allowed:
        return
    events = world.recorder.max_notification_id()
    who = actor(ANNE, role, youth if role is Role.YOUTH else None)
    refusal = refused(NotAllowed, lambda: act(world, who, reference(world, youth), erasure))
    assert (refusal.code, world.last_line.outcome) == ("not_found", Outcome.REFUSED)
    assert world.recorder.max_notification_id() == events


def test_a_role_that_may_is_refused_with_a_purpose_that_is_not_its_own(world: World) -> None:
    youth = filled(world)
    erasure = asked_in_person(world, filled(world))
    for act, allowed in OTHERS.values():
        for role in allowed:
            who = actor(ANNE, role, purpose=Purpose.ACCOMPANY)
            refused(NotAllowed, lambda act=act, who=who: act(world, who, reference(world, youth), erasure))


def test_a_stranger_meets_the_same_answer_as_for_an_erasure_that_does_not_exist(world: World) -> None:
    youth = filled(world)
    erasure, nobodys = asked_alone(world, youth), ErasureId(uuid4())
    strangers = [actor(BRUNO), themselves(YouthId(uuid4())), *(actor(ANNE, role) for role in Role if role is not Role.EDUCATOR)]
    for stranger in strangers:
        theirs = refused(NotAllowed, lambda stranger=stranger: world.records.cancel_erasure(stranger, erasure, asked_in_person=True))
        assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.REFUSED, ())
        unknown = refused(NotAllowed, lambda stranger=stranger: world.records.cancel_erasure(stranger, nobodys, asked_in_person=True))
        assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.NOT_FOUND, ())
        assert (str(theirs), theirs.code) == (str(unknown), unknown.code)
    assert the(world, erasure).stage is Stage.CLOSED


def test_a_reference_that_nobody_bears_is_an_unknown_record(world: World) -> None:
    nobodys = uuid4()
    for act in (
        lambda: world.records.close_by_reference(DPO, nobodys, Ground.OFFICE),
        lambda: world.records.place_hold(DPO, nobodys, "litigation", world.now.date()),
        lambda: world.records.lift_hold(DPO, nobodys),
        lambda: world.records.read_hold(DPO, nobodys),
        lambda: world.records.approve_erasure(DPO, ErasureId(nobodys)),
    ):
        refused(NotAllowed, act)
        assert (world.last_line.outcome, world.last_line.subjects) == (Outcome.NOT_FOUND, ())


def test_the_identifier_of_another_stream_is_no_erasure(world: World) -> None:
    youth = filled(world)
    refused(NotAllowed, lambda: world.records.read_erasure(DPO, ErasureId(youth)))
    refused(NotAllowed, lambda: world.records.approve_erasure(DPO, ErasureId(youth)))
    refused(NotAllowed, lambda: world.records.lift_hold(DPO, reference(world, youth)))


def test_a_former_referent_and_the_youth_read_their_erasure_to_its_end(world: World) -> None:
    youth = filled(world)
    erasure = asked_in_person(world, youth)
    world.begin_to_erase(erasure)
    world.shred(youth)
    for who in (actor(), themselves(youth)):
        assert world.records.read_erasure(who, erasure).begun is not None
        refused(RecordErased, lambda who=who: world.records.read_record(who, youth))
    refused(NotAllowed, lambda: world.records.read_erasure(actor(BRUNO), erasure))
