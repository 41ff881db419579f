"""A requisition is about one record, and no more is handed over than was asked for (N36)."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from domain.desk.desk_refusals import BeyondRequisition, FileClosedAlready, NoRecordNamed
from domain.desk.requisition import RefusalGround, Requisition
from domain.drafts import DeliveryDraft, RequisitionDraft
from domain.identifiers import FileId
from domain.refusals import ChoiceUnknown, DateInFuture, DateRefused, NumberRefused, TextMissing
from tests.unit.domain.scenes import ANNE, BRUNO, NOW, refused, replayed, state_of

ASKED = RequisitionDraft(date(2026, 11, 20), "Tribunal judiciaire", "CPP 99-3, 12/345", ("core", "follow_up"), uuid4())
GIVEN = DeliveryDraft(date(2026, 11, 22), "Greffe, contre reçu", BRUNO, ("core",), 3)


def a_requisition(draft: RequisitionDraft = ASKED) -> Requisition:
    return Requisition.receive(FileId(uuid4()), draft, by=ANNE, at=NOW)


def test_what_was_given_is_within_what_was_asked_for_and_given_once() -> None:
    requisition = a_requisition()
    refused(BeyondRequisition, lambda: requisition.hand_over(replace(GIVEN, categories=("core", "health")), by=ANNE, at=NOW))

    requisition.hand_over(GIVEN, by=ANNE, at=NOW)

    assert not requisition.is_open
    refused(FileClosedAlready, lambda: requisition.hand_over(GIVEN, by=ANNE, at=NOW))
    refused(FileClosedAlready, lambda: requisition.refuse("secrecy", None, by=ANNE, at=NOW))
    assert state_of(replayed(requisition)) == state_of(requisition)


def test_nothing_is_given_for_a_requisition_that_names_no_record() -> None:
    requisition = a_requisition(replace(ASKED, reference=None))

    refused(NoRecordNamed, lambda: requisition.hand_over(GIVEN, by=ANNE, at=NOW))
    requisition.refuse(RefusalGround.IN_BULK, "Tous les jeunes d'un quartier.", by=ANNE, at=NOW)

    assert requisition.refused is not None
    assert state_of(replayed(requisition)) == state_of(requisition)


def test_what_makes_no_sense_is_refused_at_its_field() -> None:
    requisition = a_requisition()

    refused(DateRefused, lambda: requisition.hand_over(replace(GIVEN, occurred_on=date(2026, 11, 19)), by=ANNE, at=NOW))
    refused(NumberRefused, lambda: requisition.hand_over(replace(GIVEN, pages=0), by=ANNE, at=NOW))
    refused(TextMissing, lambda: requisition.hand_over(replace(GIVEN, categories=()), by=ANNE, at=NOW))
    refused(ChoiceUnknown, lambda: requisition.refuse("mood", None, by=ANNE, at=NOW))


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"received_on": date(2027, 1, 1)}, DateInFuture),
        ({"scope": ()}, TextMissing),
        ({"scope": ("structure",)}, ChoiceUnknown),
        ({"asked_by": " "}, TextMissing),
        ({"first": date(2026, 6, 1), "last": date(2026, 5, 1)}, DateRefused),
    ],
)
def test_a_requisition_that_says_too_little_is_refused(changed: dict[str, object], refusal: type[Exception]) -> None:
    refused(refusal, lambda: a_requisition(replace(ASKED, **changed)))  # type: ignore[arg-type]
