"""`Requisition`: what a court or an officer asked for, and exactly what they were given, or why nothing was (N36).

One record a line, never a list: whoever asks for several is refused and may ask again, one by one. Nothing that was handed over is kept
here, and no name: a record is its trail reference.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import YOUTH_CATEGORIES, Category
from domain.desk.desk_refusals import BeyondRequisition, FileClosedAlready, NoRecordNamed
from domain.drafts import DeliveryDraft, RequisitionDraft
from domain.identifiers import AccountId, FileId
from domain.refusals import ChoiceUnknown, DateRefused, TextMissing
from domain.stream import Stream

MOST_PAGES: Final = 2_000


class RefusalGround(StrEnum):
    """Why nothing was handed over."""

    IN_BULK = "in_bulk"
    """A list, or several records at once."""
    NO_GROUND = "no_ground"
    """No text of law, no case number, no signature."""
    SECRECY = "secrecy"
    """Professional secrecy is opposed (code pénal 226-13, CASF L221-6)."""
    NOTHING_KNOWN = "nothing_known"
    """Neither confirmed nor denied: nothing answers to what is asked."""


class Requisition(Stream):
    """One requisition about one record."""

    TOPIC = "rq"

    class Event(Stream.Event):
        """Base of the events of a requisition; the structure's key encrypts them."""

        TOPIC = "rq.event"
        category = Category.STRUCTURE

    class Received(Event, Aggregate.Created):
        """Who asked, on which ground, for what exactly. `reference` is the record's in the trail, `None` when none is named."""

        TOPIC = "rq.received"
        category = Category.STRUCTURE
        received_on: date
        asked_by: str
        ground: str
        reference: UUID | None
        scope: list[str]
        first: date | None
        last: date | None
        by: UUID

    class HandedOver(Event):
        """What was given, by whom, to whom: categories, how many pages. Never the content."""

        TOPIC = "rq.handed_over"
        category = Category.STRUCTURE
        occurred_on: date
        handed_to: str
        handed_by: UUID
        categories: list[str]
        pages: int
        by: UUID

        def apply(self, aggregate: "Requisition") -> None:
            """Keep it."""
            aggregate.handed = self

    class Refused(Event):
        """Nothing was given, and why."""

        TOPIC = "rq.refused"
        category = Category.STRUCTURE
        because: str
        words: str | None
        by: UUID

        def apply(self, aggregate: "Requisition") -> None:
            """Keep it."""
            aggregate.refused = self

    def __init__(
        self,
        *,
        received_on: date,
        asked_by: str,
        ground: str,
        reference: UUID | None,
        scope: list[str],
        first: date | None,
        last: date | None,
        by: UUID,
    ) -> None:
        self.received_on = received_on
        self.asked_by = asked_by
        self.ground = ground
        self.reference = reference
        self.scope = tuple(Category(category) for category in scope)
        self.first = first
        self.last = last
        self.by = by
        self.handed: Requisition.HandedOver | None = None
        self.refused: Requisition.Refused | None = None

    @classmethod
    def receive(cls, requisition: FileId, draft: RequisitionDraft, *, by: AccountId, at: datetime) -> "Requisition":
        """Enter one. Raises `TextMissing`, `ChoiceUnknown`, `DateRefused`."""
        if draft.first is not None and draft.last is not None and draft.last < draft.first:
            raise DateRefused("last", "La fin est avant le début. Corrigez l'une des deux dates.")
        fields: dict[str, Any] = {
            "received_on": texts.past_day(draft.received_on, "received_on", at),
            "asked_by": texts.required_line(draft.asked_by, "asked_by"),
            "ground": texts.required_line(draft.ground, "ground"),
            "reference": draft.reference,
            "scope": _categories(draft.scope, "scope"),
            "first": texts.any_day(draft.first, "first"),
            "last": texts.any_day(draft.last, "last"),
        }
        return cls._create(cls.Received, id=requisition, timestamp=at, by=by, **fields)

    def hand_over(self, draft: DeliveryDraft, *, by: AccountId, at: datetime) -> None:
        """Note what was given. Raises `BeyondRequisition` for what was not asked for, `TextMissing`, `FileClosedAlready`."""
        self._must_be_open()
        if self.reference is None:
            raise NoRecordNamed("occurred_on")
        day = texts.past_day(draft.occurred_on, "occurred_on", at)
        if day < self.received_on:
            raise DateRefused("occurred_on", "La remise est avant la réquisition. Corrigez la date.")
        categories = _categories(draft.categories, "categories")
        if not set(categories) <= set(self.scope):
            raise BeyondRequisition("categories")
        fields: dict[str, Any] = {
            "occurred_on": day,
            "handed_to": texts.required_line(draft.handed_to, "handed_to"),
            "handed_by": draft.handed_by,
            "categories": categories,
            "pages": texts.whole_number(draft.pages, "pages", 1, MOST_PAGES),
        }
        self.trigger_event(self.HandedOver, timestamp=at, by=by, **fields)

    def refuse(self, because: str, words: str | None, *, by: AccountId, at: datetime) -> None:
        """Note that nothing is given, and why. Raises `ChoiceUnknown`, `FileClosedAlready`."""
        self._must_be_open()
        chosen, said = texts.choice(because, "because", RefusalGround), texts.prose(words, "words", texts.SENTENCE)
        self.trigger_event(self.Refused, timestamp=at, because=chosen.value, words=said, by=by)

    @property
    def is_open(self) -> bool:
        """Tell whether it still waits for an answer."""
        return self.handed is None and self.refused is None

    def _must_be_open(self) -> None:
        if not self.is_open:
            raise FileClosedAlready


def _categories(values: Sequence[str], field: str) -> list[str]:
    """Give the categories that `values` name, in the order of a record. Raises `ChoiceUnknown`, `TextMissing` when there is none."""
    if not values:
        raise TextMissing(field, "Cochez au moins un domaine.")
    if not set(values) <= {category.value for category in YOUTH_CATEGORIES}:
        raise ChoiceUnknown(field)
    return [category.value for category in YOUTH_CATEGORIES if category.value in values]
