from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.categories import Category
from domain.identifiers import YouthId
from domain.oblivion.hold import Hold, HoldReason, hold_of
from domain.refusals import ChoiceUnknown, DateRefused, HoldLiftedAlready
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, events_of, refused, replayed, state_of

TODAY = NOW.date()
IN_A_MONTH = TODAY + timedelta(days=30)


def a_hold(until: date = IN_A_MONTH, reason: str = "litigation") -> Hold:
    return Hold.place(hold_of(YouthId(uuid4())), reason, until, by=ANNE, at=NOW)


@pytest.mark.parametrize("reason", list(HoldReason))
def test_a_hold_holds_for_each_reason_of_the_list(reason: HoldReason) -> None:
    hold = a_hold(reason=reason)
    assert (hold.is_active(NOW), hold.reason, hold.until, hold.placed_by) == (True, reason.value, IN_A_MONTH, ANNE)


@pytest.mark.parametrize("reason", ["", "il a volé", "LITIGATION"])
def test_no_other_reason_can_be_written(reason: str) -> None:
    assert refused(ChoiceUnknown, lambda: a_hold(reason=reason)).field == "reason"


def test_a_hold_ends_by_itself_after_its_last_day() -> None:
    hold = a_hold(TODAY)
    late_in_paris = NOW.replace(hour=22, minute=59)
    assert hold.is_active(late_in_paris)
    assert not hold.is_active(late_in_paris + timedelta(minutes=1))


@pytest.mark.parametrize(("days", "accepted"), [(-1, False), (0, True), (366, True), (367, False)])
def test_a_hold_lasts_twelve_months_at_most(days: int, *, accepted: bool) -> None:
    until = TODAY + timedelta(days=days)
    if accepted:
        assert a_hold(until).until == until
    else:
        assert refused(DateRefused, lambda: a_hold(until)).field == "until"
        assert refused(DateRefused, lambda: a_hold().renew("litigation", until, by=ANNE, at=NOW)).field == "until"


def test_a_hold_is_renewed_for_twelve_more_months_from_that_day() -> None:
    hold, later = a_hold(), NOW + timedelta(days=20)
    hold.renew("requisition", later.date() + timedelta(days=366), by=BRUNO, at=later)
    assert (hold.reason, hold.until) == ("requisition", later.date() + timedelta(days=366))
    assert hold.is_active(later + timedelta(days=366))


def test_a_hold_is_lifted_while_it_holds() -> None:
    hold = a_hold()
    hold.lift(by=BRUNO, at=NOW)
    assert not hold.is_active(NOW)
    refused(HoldLiftedAlready, lambda: hold.lift(by=BRUNO, at=NOW))
    over = a_hold(TODAY)
    refused(HoldLiftedAlready, lambda: over.lift(by=BRUNO, at=NOW + timedelta(days=1)))


def test_a_hold_that_was_lifted_may_begin_again() -> None:
    hold = a_hold()
    hold.lift(by=ANNE, at=NOW)
    hold.renew("child_protection", TODAY, by=ANNE, at=NOW)
    assert hold.is_active(NOW)


def test_a_record_has_one_stream_of_holds_that_only_its_own_identifier_tells() -> None:
    first, second = YouthId(uuid4()), YouthId(uuid4())
    assert hold_of(first) == hold_of(first) != hold_of(second)
    assert hold_of(first) != first


def test_a_hold_names_no_record_and_is_under_the_key_of_the_structure() -> None:
    youth = YouthId(uuid4())
    hold = Hold.place(hold_of(youth), "litigation", IN_A_MONTH, by=ANNE, at=NOW)
    hold.renew("requisition", IN_A_MONTH, by=ANNE, at=NOW)
    hold.lift(by=ANNE, at=NOW)
    assert {event.category for event in events_of(hold)} == {Category.STRUCTURE}
    assert not any(youth in vars(event).values() for event in events_of(hold))
    assert state_of(replayed(hold)) == state_of(hold)
