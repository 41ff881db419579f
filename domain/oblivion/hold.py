"""`Hold`: a pending case suspends what would destroy a record, for a time and for a reason (R065; RGPD art. 17(3)(e)).

A record has one stream of holds, under an identifier that only its own tells. The reason is one of a list and says nothing of anybody; it
is never shown to the youth. A hold shows nothing and opens nothing: it keeps a key alive.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.identifiers import AccountId, HoldId, YouthId
from domain.legal_constants import HOLD_AT_MOST
from domain.local_time import day_of
from domain.refusals import DateRefused, HoldLiftedAlready
from domain.stream import Stream


class HoldReason(StrEnum):
    """Why a record may not be destroyed yet."""

    LITIGATION = "litigation"
    REQUISITION = "requisition"
    CHILD_PROTECTION = "child_protection"
    """An information préoccupante is being dealt with."""


class Hold(Stream):
    """The hold on one record, placed, renewed and lifted as often as it takes."""

    TOPIC = "ho"

    class Event(Stream.Event):
        """Base of the events of a hold; the structure's key encrypts them."""

        TOPIC = "ho.event"
        category = Category.STRUCTURE

    class Placed(Event, Aggregate.Created):
        """A first hold on this record. `until` is its last day."""

        TOPIC = "ho.placed"
        category = Category.STRUCTURE
        reason: str
        until: date
        by: UUID

    class Renewed(Event):
        """Another reason, or another last day; also after it was lifted."""

        TOPIC = "ho.renewed"
        category = Category.STRUCTURE
        reason: str
        until: date
        by: UUID

        def apply(self, aggregate: "Hold") -> None:
            """Keep the last one."""
            aggregate.reason, aggregate.until = self.reason, self.until

    class Lifted(Event):
        """The case is over."""

        TOPIC = "ho.lifted"
        category = Category.STRUCTURE
        by: UUID

        def apply(self, aggregate: "Hold") -> None:
            """Hold no more."""
            aggregate.until = None

    def __init__(self, *, reason: str, until: date, by: UUID) -> None:
        self.reason = reason
        self.until: date | None = until
        self.placed_by = by

    @classmethod
    def place(cls, hold: HoldId, reason: str, until: date, *, by: AccountId, at: datetime) -> "Hold":
        """Place a first hold. Raises `ChoiceUnknown`, `DateRefused` beyond twelve months."""
        return cls._create(cls.Placed, id=hold, timestamp=at, reason=_reason(reason), until=_last_day(until, at), by=by)

    def renew(self, reason: str, until: date, *, by: AccountId, at: datetime) -> None:
        """Go on, or begin again. Raises `ChoiceUnknown`, `DateRefused`."""
        self.trigger_event(self.Renewed, timestamp=at, reason=_reason(reason), until=_last_day(until, at), by=by)

    def lift(self, *, by: AccountId, at: datetime) -> None:
        """End it. Raises `HoldLiftedAlready`."""
        if not self.is_active(at):
            raise HoldLiftedAlready
        self.trigger_event(self.Lifted, timestamp=at, by=by)

    def is_active(self, at: datetime) -> bool:
        """Tell whether it holds at the moment `at`: it ends by itself after its last day."""
        return self.until is not None and day_of(at) <= self.until


def hold_of(youth: YouthId) -> HoldId:
    """Give the identifier of a record's stream of holds."""
    return HoldId(uuid5(youth, "hold"))


def _reason(reason: str) -> str:
    return texts.choice(reason, "reason", HoldReason).value


def _last_day(until: date, at: datetime) -> date:
    last = texts.any_day(until, "until")
    if last is None or not day_of(at) <= last <= day_of(at) + timedelta(days=HOLD_AT_MOST.days):
        raise DateRefused("until", "Indiquez le dernier jour : douze mois au plus, à renouveler s'il le faut.")
    return last
