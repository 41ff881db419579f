"""`Erasure`: what is kept of an oblivion, without content and without a name (design §6).

Closed → effective → purged, in that order and once each. What comes after (epochs, certificate) adds its own events.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.categories import Category
from domain.identifiers import AccountId, ErasureId, YouthId
from domain.refusals import ErasureOutOfOrder
from domain.stream import Stream
from domain.trail import Role


class Stage(StrEnum):
    """How far an erasure has come."""

    CLOSED = "closed"
    EFFECTIVE = "effective"
    PURGED = "purged"


class Erasure(Stream):
    """One erasure. `referents` are the accounts that may be told « donnée effacée » afterwards."""

    TOPIC = "er"

    class Event(Stream.Event):
        """Base of the events of an erasure; the structure's key encrypts them."""

        TOPIC = "er.event"
        category = Category.STRUCTURE

    class Closed(Event, Aggregate.Created):
        """Asked for: nobody reads or writes any more."""

        TOPIC = "er.closed"
        category = Category.STRUCTURE
        subject: UUID
        asked_by_role: str
        asked_in_person: bool
        referents: list[UUID]

    class MadeEffective(Event):
        """The ring is destroyed, the views are purged. `fingerprint` (hexadecimal) names the ring without opening anything."""

        TOPIC = "er.made_effective"
        category = Category.STRUCTURE
        fingerprint: str

        def apply(self, aggregate: "Erasure") -> None:
            """Move on."""
            aggregate.stage = Stage.EFFECTIVE
            aggregate.fingerprint = self.fingerprint
            aggregate.effective_at = self.timestamp

    class Purged(Event):
        """The ciphertexts are nulled: how many events, up to which version of the youth's stream."""

        TOPIC = "er.purged"
        category = Category.STRUCTURE
        purged_events: int
        last_version: int

        def apply(self, aggregate: "Erasure") -> None:
            """Move on."""
            aggregate.stage = Stage.PURGED
            aggregate.purged_events = self.purged_events
            aggregate.purged_at = self.timestamp

    def __init__(self, *, subject: UUID, asked_by_role: str, asked_in_person: bool, referents: list[UUID]) -> None:
        self.subject = subject
        self.asked_by_role = asked_by_role
        self.asked_in_person = asked_in_person
        self.referents = referents
        self.stage = Stage.CLOSED
        self.fingerprint: str | None = None
        self.purged_events: int | None = None
        self.effective_at: datetime | None = None
        self.purged_at: datetime | None = None

    @classmethod
    def close(
        cls, erasure: ErasureId, subject: YouthId, *, asked_by: Role, asked_in_person: bool, referents: list[UUID], at: datetime
    ) -> "Erasure":
        """Begin: the youth's stream is fenced in the same statement."""
        return cls._create(
            cls.Closed,
            id=erasure,
            timestamp=at,
            subject=subject,
            asked_by_role=asked_by.value,
            asked_in_person=asked_in_person,
            referents=list(referents),
        )

    def make_effective(self, *, fingerprint: str, at: datetime) -> None:
        """Write that no key opens the record any more. Raises `ErasureOutOfOrder` unless it is closed."""
        self._must_be_at(Stage.CLOSED)
        self.trigger_event(self.MadeEffective, timestamp=at, fingerprint=fingerprint)

    def purge(self, *, purged_events: int, last_version: int, at: datetime) -> None:
        """Write that the ciphertexts are gone. Raises `ErasureOutOfOrder` unless it is effective."""
        self._must_be_at(Stage.EFFECTIVE)
        self.trigger_event(self.Purged, timestamp=at, purged_events=purged_events, last_version=last_version)

    def may_tell(self, account: AccountId) -> bool:
        """Tell whether `account` was a referent when the record was closed."""
        return account in self.referents

    def _must_be_at(self, stage: Stage) -> None:
        if self.stage != stage:
            raise ErasureOutOfOrder
