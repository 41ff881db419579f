from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.categories import Category
from domain.identifiers import StructureId
from domain.oblivion.archive_gate import ArchiveGate, ArchiveGround, gate_of
from domain.refusals import ChoiceUnknown, DateRefused, GateClosedAlready, TextMissing
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, events_of, refused, replayed, state_of

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


def a_gate() -> ArchiveGate:
    return ArchiveGate.begin(gate_of(StructureId(uuid4())), at=NOW)


def an_open_gate(valid_until: date | None = None) -> ArchiveGate:
    gate = a_gate()
    gate.open("standing_agreement", "convention 2026-1", valid_until, by=ANNE, at=NOW)
    return gate


def test_a_gate_begins_closed() -> None:
    assert not a_gate().is_open(NOW)


@pytest.mark.parametrize("ground", list(ArchiveGround))
def test_each_ground_opens_it_and_is_kept_with_its_reference(ground: ArchiveGround) -> None:
    gate = a_gate()
    gate.open(ground, " visa  AD-31 ", None, by=BRUNO, at=NOW)
    assert gate.is_open(NOW)
    agreement = gate.agreement
    assert agreement is not None
    assert (agreement.ground, agreement.reference, agreement.valid_until, agreement.by) == (ground.value, "visa  AD-31", None, BRUNO)


def test_an_agreement_without_a_last_day_never_ends() -> None:
    assert an_open_gate().is_open(NOW + timedelta(days=36_525))


def test_an_agreement_is_valid_until_the_end_of_its_last_day() -> None:
    gate = an_open_gate(TOMORROW)
    late_in_paris = NOW.replace(hour=22, minute=59) + timedelta(days=1)
    assert gate.is_open(late_in_paris)
    assert not gate.is_open(late_in_paris + timedelta(minutes=1))


def test_an_agreement_may_be_entered_on_its_last_day_and_no_later() -> None:
    assert an_open_gate(TODAY).is_open(NOW)
    yesterday = TODAY - timedelta(days=1)
    assert refused(DateRefused, lambda: an_open_gate(yesterday)).field == "valid_until"


@pytest.mark.parametrize(("ground", "reference", "refusal"), [("humour", "C-1", ChoiceUnknown), ("visa", "  ", TextMissing)])
def test_what_says_nothing_opens_nothing(ground: str, reference: str, refusal: type[Exception]) -> None:
    gate = a_gate()
    refused(refusal, lambda: gate.open(ground, reference, None, by=ANNE, at=NOW))
    assert not gate.is_open(NOW)
    assert len(events_of(gate)) == 1


def test_a_newer_agreement_replaces_the_older() -> None:
    gate = an_open_gate(TODAY)
    gate.open("visa", "AD-31", TOMORROW, by=ANNE, at=NOW)
    assert gate.is_open(NOW + timedelta(days=1))


def test_a_gate_is_shut_once() -> None:
    gate = an_open_gate()
    gate.shut(by=BRUNO, at=NOW)
    assert not gate.is_open(NOW)
    refused(GateClosedAlready, lambda: gate.shut(by=BRUNO, at=NOW))
    refused(GateClosedAlready, lambda: a_gate().shut(by=BRUNO, at=NOW))
    gate.open("visa", "AD-31", None, by=ANNE, at=NOW)
    assert gate.is_open(NOW)


def test_each_structure_has_one_gate_and_no_two_have_the_same() -> None:
    first, second = StructureId(uuid4()), StructureId(uuid4())
    assert gate_of(first) == gate_of(first) != gate_of(second)
    assert gate_of(first) != first


def test_a_gate_is_under_the_key_of_the_structure_and_survives_replay() -> None:
    gate = an_open_gate(TOMORROW)
    assert state_of(replayed(gate)) == state_of(gate)
    gate.shut(by=ANNE, at=NOW)
    assert {event.category for event in events_of(gate)} == {Category.STRUCTURE}
    assert state_of(replayed(gate)) == state_of(gate)
