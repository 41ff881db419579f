"""`ArchiveGate`: nothing is destroyed before the structure has entered what the archives administration agreed to (R064).

Documents of a public-service mission are public archives (code du patrimoine, L211-4); destroying them without agreement is an offence
(L214-3). The gate is closed when a structure is founded. Until it opens, an erasure stays *closed*: nobody reads, the key is kept.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.identifiers import AccountId, ArchiveGateId, StructureId
from domain.local_time import day_of
from domain.refusals import DateRefused, GateClosedAlready
from domain.stream import Stream


class ArchiveGround(StrEnum):
    """What opens the gate."""

    STANDING_AGREEMENT = "standing_agreement"
    """An agreement by category of documents (code du patrimoine, L212-3)."""
    VISA = "visa"
    """A visa on a list of documents (R212-14)."""
    PRIVATE_ARCHIVES = "private_archives"
    """A documented decision that these are private archives."""


class ArchiveGate(Stream):
    """One structure's gate, under an identifier that follows from the structure's."""

    TOPIC = "ag"

    class Event(Stream.Event):
        """Base of the events of the gate; the structure's key encrypts them."""

        TOPIC = "ag.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """The gate is there, closed."""

        TOPIC = "ag.begun"
        category = Category.STRUCTURE

    class Opened(Event):
        """The structure has entered its agreement. `valid_until` is its last day, `None` when it has none."""

        TOPIC = "ag.opened"
        category = Category.STRUCTURE
        ground: str
        reference: str
        valid_until: date | None
        by: UUID

        def apply(self, aggregate: "ArchiveGate") -> None:
            """Keep the last agreement."""
            aggregate.agreement = self

    class Shut(Event):
        """The agreement is over, or was entered by mistake."""

        TOPIC = "ag.shut"
        category = Category.STRUCTURE
        by: UUID

        def apply(self, aggregate: "ArchiveGate") -> None:
            """Forget the agreement."""
            aggregate.agreement = None

    def __init__(self) -> None:
        self.agreement: ArchiveGate.Opened | None = None

    @classmethod
    def begin(cls, gate: ArchiveGateId, *, at: datetime) -> "ArchiveGate":
        """Make the gate of a structure, closed."""
        return cls._create(cls.Begun, id=gate, timestamp=at)

    def open(self, ground: str, reference: str, valid_until: date | None, *, by: AccountId, at: datetime) -> None:
        """Enter an agreement. Raises `ChoiceUnknown`, `TextMissing`, `DateRefused` for one that is over already."""
        last_day = texts.any_day(valid_until, "valid_until")
        if last_day is not None and last_day < day_of(at):
            raise DateRefused("valid_until", "Cet accord est déjà terminé. Indiquez son dernier jour, ou laissez vide.")
        fields: dict[str, Any] = {
            "ground": texts.choice(ground, "ground", ArchiveGround).value,
            "reference": texts.required_line(reference, "reference"),
            "valid_until": last_day,
        }
        self.trigger_event(self.Opened, timestamp=at, by=by, **fields)

    def shut(self, *, by: AccountId, at: datetime) -> None:
        """End the agreement. Raises `GateClosedAlready`."""
        if self.agreement is None:
            raise GateClosedAlready
        self.trigger_event(self.Shut, timestamp=at, by=by)

    def is_open(self, at: datetime) -> bool:
        """Tell whether an agreement is valid at the moment `at`."""
        return self.agreement is not None and (self.agreement.valid_until is None or day_of(at) <= self.agreement.valid_until)


def gate_of(structure: StructureId) -> ArchiveGateId:
    """Give the identifier of a structure's gate."""
    return ArchiveGateId(uuid5(structure, "archive gate"))
