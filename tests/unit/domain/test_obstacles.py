"""What may stand between closed and effective, and the oblivion of one category: the use cases of `domain/oblivion/erasure_commands.py`."""

from datetime import timedelta

import pytest

from domain.categories import Category
from domain.drafts import AgreementDraft, NoteDraft
from domain.oblivion.archive_gate import ArchiveGround
from domain.oblivion.erasure import Ground, Obstacle
from domain.refusals import (
    AgreementMissing,
    AgreementTakenBack,
    ChoiceUnknown,
    DateRefused,
    ErasureOutOfOrder,
    ErasureUnderWay,
    GateClosedAlready,
    HoldLiftedAlready,
    TextMissing,
)
from domain.trail import Operation
from tests.unit.domain.in_memory import World
from tests.unit.domain.oblivion import DPO, a_structure, asked_alone, asked_in_person, filled, obstacles, reference, the, themselves
from tests.unit.domain.scenes import A_DAY, ANNE, actor, refused


@pytest.fixture
def world() -> World:
    return a_structure()


# Holds.


def test_a_hold_placed_before_or_after_the_closing_stands_until_it_is_lifted(world: World) -> None:
    youth, until = filled(world), world.now.date() + timedelta(days=30)
    world.records.place_hold(DPO, reference(world, youth), "litigation", until)
    assert world.records.read_record(actor(), youth).pseudonym == "Kiki"
    erasure = asked_in_person(world, youth)
    assert obstacles(world, erasure) == (Obstacle.HOLD,)
    world.records.lift_hold(DPO, reference(world, youth))
    assert obstacles(world, erasure) == ()
    world.records.place_hold(DPO, reference(world, youth), "requisition", until)
    assert obstacles(world, erasure) == (Obstacle.HOLD,)


def test_a_hold_ends_by_the_clock_and_lasts_as_long_as_it_is_renewed(world: World) -> None:
    youth, named = filled(world), reference
    erasure = asked_in_person(world, youth)
    world.records.place_hold(DPO, named(world, youth), "litigation", world.now.date() + timedelta(days=30))
    world.now += timedelta(days=30)
    world.records.place_hold(DPO, named(world, youth), "litigation", world.now.date() + timedelta(days=30))
    world.now += timedelta(days=30)
    assert obstacles(world, erasure) == (Obstacle.HOLD,)
    world.now += timedelta(days=1)
    assert obstacles(world, erasure) == ()
    refused(HoldLiftedAlready, lambda: world.records.lift_hold(DPO, named(world, youth)))


def test_a_hold_is_of_one_record_and_says_nothing_of_another(world: World) -> None:
    held, other = filled(world), filled(world)
    world.records.place_hold(DPO, reference(world, held), "litigation", world.now.date())
    assert obstacles(world, asked_in_person(world, other)) == ()
    found = world.records.read_hold(DPO, reference(world, held))
    assert found is not None
    assert (found.reason, found.until) == ("litigation", world.now.date())
    assert (world.last_line.operation, world.last_line.subjects) == (Operation.MANAGE_HOLDS, (held,))
    assert world.records.read_hold(DPO, reference(world, other)) is None


def test_a_hold_holds_what_a_youth_takes_back_too(world: World) -> None:
    youth = filled(world)
    world.records.place_hold(DPO, reference(world, youth), "requisition", world.now.date())
    world.records.withdraw_agreement(actor(), youth, "identity")
    (erasure,) = world.records.list_erasures(DPO)
    assert world.records.obstacles_of(erasure) == (Obstacle.HOLD,)
    assert world.records.read_record(actor(), youth).identity is None


def test_a_hold_beyond_twelve_months_or_without_a_reason_is_refused(world: World) -> None:
    named = reference(world, filled(world))
    too_long = world.now.date() + timedelta(days=367)
    refused(DateRefused, lambda: world.records.place_hold(DPO, named, "litigation", too_long))
    refused(ChoiceUnknown, lambda: world.records.place_hold(DPO, named, "il a volé", world.now.date()))
    assert world.records.read_hold(DPO, named) is None


# The archive gate.


def test_before_any_agreement_is_entered_nothing_is_destroyed() -> None:
    world = World()
    assert world.records.gate() is None
    refused(GateClosedAlready, lambda: world.records.shut_gate(DPO))
    erasure = asked_in_person(world, filled(world))
    assert obstacles(world, erasure) == (Obstacle.ARCHIVE_GATE,)
    world.records.open_gate(DPO, ArchiveGround.VISA, "AD-31", None)
    assert obstacles(world, erasure) == ()


def test_an_agreement_that_is_over_closes_the_gate_by_the_clock(world: World) -> None:
    world.records.open_gate(DPO, ArchiveGround.VISA, "AD-31", world.now.date())
    erasure = asked_in_person(world, filled(world))
    assert obstacles(world, erasure) == ()
    world.now += timedelta(days=1)
    assert obstacles(world, erasure) == (Obstacle.ARCHIVE_GATE,)


def test_a_gate_that_is_shut_stops_what_had_not_begun(world: World) -> None:
    erasure = asked_in_person(world, filled(world))
    world.records.shut_gate(DPO)
    assert obstacles(world, erasure) == (Obstacle.ARCHIVE_GATE,)
    refused(GateClosedAlready, lambda: world.records.shut_gate(DPO))
    refused(TextMissing, lambda: world.records.open_gate(DPO, ArchiveGround.VISA, " ", None))
    assert obstacles(world, erasure) == (Obstacle.ARCHIVE_GATE,)


def test_every_obstacle_at_once_is_named(world: World) -> None:
    youth = filled(world)
    world.records.shut_gate(DPO)
    world.records.place_hold(DPO, reference(world, youth), "litigation", world.now.date())
    erasure = world.records.close_by_reference(DPO, reference(world, youth), Ground.OFFICE)
    assert obstacles(world, erasure) == tuple(Obstacle)


# One category taken back.


def test_an_agreement_taken_back_hides_its_category_and_asks_for_its_key(world: World) -> None:
    youth = filled(world)
    accepted = world.records.withdraw_agreement(actor(), youth, "identity")
    record = world.records.read_record(actor(), youth)
    assert (record.identity, len(record.notes), accepted.version) == (None, 1, record.version)
    (fence,) = world.recorder.fences
    assert (fence.subject, fence.version, fence.whole) == (youth, record.version, False)
    erasure = the(world, fence.erasure)
    assert (erasure.ground, erasure.erased_category, erasure.referents) == ("withdrawal", "identity", [ANNE])
    assert (world.records.erasure_of(youth), obstacles(world, fence.erasure)) == (None, ())


@pytest.mark.parametrize(("category", "left"), [("identity", (False, 1, 1)), ("follow_up", (True, 0, 0))])
def test_what_was_taken_back_is_agreed_to_anew_only_once_its_key_is_gone(world: World, category: str, left: tuple[bool, int, int]) -> None:
    youth, again = filled(world), AgreementDraft(category, "finalement oui", A_DAY)
    world.records.withdraw_agreement(actor(), youth, category)
    refused(ErasureUnderWay, lambda: world.records.agree(actor(), youth, again))
    world.shred_category(world.recorder.fences[0].erasure)
    world.records.agree(actor(), youth, again)
    record = world.records.read_record(actor(), youth)
    assert (record.identity is not None, len(record.contacts), len(record.notes)) == left
    assert record.filled_categories == tuple(kept for kept in (Category.CORE, Category.IDENTITY, Category.FOLLOW_UP) if kept != category)


def test_after_a_category_went_what_is_written_anew_stays(world: World) -> None:
    youth = filled(world)
    world.records.withdraw_agreement(actor(), youth, "follow_up")
    refused(AgreementTakenBack, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    world.shred_category(world.recorder.fences[0].erasure)
    refused(AgreementTakenBack, lambda: world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY)))
    world.records.agree(actor(), youth, AgreementDraft("follow_up", "finalement oui", A_DAY))
    world.records.add_note(actor(), youth, NoteDraft("depuis", A_DAY))
    assert [note.text for note in world.records.read_record(actor(), youth).notes] == ["depuis"]


def test_an_agreement_taken_back_is_not_cancelled(world: World) -> None:
    youth = filled(world)
    world.records.withdraw_agreement(actor(), youth, "identity")
    erasure = world.recorder.fences[0].erasure
    refused(ErasureOutOfOrder, lambda: world.records.cancel_erasure(themselves(youth), erasure))
    refused(AgreementMissing, lambda: world.records.withdraw_agreement(actor(), youth, "identity"))
    assert len(world.recorder.fences) == 1


def test_a_category_goes_on_alone_while_the_whole_was_asked_for_and_cancelled(world: World) -> None:
    youth = filled(world)
    world.records.withdraw_agreement(actor(), youth, "identity")
    whole = asked_alone(world, youth)
    world.records.cancel_erasure(themselves(youth), whole)
    world.shred_category(world.recorder.fences[0].erasure)
    record = world.records.read_record(actor(), youth)
    assert (record.identity, record.being_erased, len(record.notes)) == (None, {}, 1)
