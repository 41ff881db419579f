"""`GlassTries`: when one account tried to open a record in an emergency, hit or miss alike (N9, N12).

Each try is an event of one stream, so that a thousand tries at the same moment are written one after the other, and the fourth is refused.
"""

from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.categories import Category
from domain.identifiers import AccountId, GlassTriesId
from domain.legal_constants import GLASS_TRIES, GLASS_TRIES_WITHIN
from domain.refusals import TriesSpent
from domain.stream import Stream


class GlassTries(Stream):
    """The tries of one account, the last ones alone in the state."""

    TOPIC = "gt"

    class Event(Stream.Event):
        """Base of the events of tries; the structure's key encrypts them."""

        TOPIC = "gt.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """Nothing was tried yet."""

        TOPIC = "gt.begun"
        category = Category.STRUCTURE

    class Tried(Event):
        """One try. Whether it opened anything is not said here."""

        TOPIC = "gt.tried"
        category = Category.STRUCTURE

        def apply(self, aggregate: "GlassTries") -> None:
            """Keep as many as decide."""
            aggregate.last = [*aggregate.last, self.timestamp][-GLASS_TRIES:]

    def __init__(self) -> None:
        self.last: list[datetime] = []

    @classmethod
    def begin(cls, tries: GlassTriesId, *, at: datetime) -> "GlassTries":
        """Begin without a try."""
        return cls._create(cls.Begun, id=tries, timestamp=at)

    def try_once(self, at: datetime) -> None:
        """Write one try. Raises `TriesSpent` when there were three within a day."""
        # A try that a wrong clock wrote days ahead does not forbid every emergency until then; workers differ by moments.
        if sum(abs(at - tried) < GLASS_TRIES_WITHIN for tried in self.last) >= GLASS_TRIES:
            raise TriesSpent
        self.trigger_event(self.Tried, timestamp=at)


def tries_of(account: AccountId | UUID) -> GlassTriesId:
    """Give the identifier of an account's stream of tries."""
    return GlassTriesId(uuid5(account, "glass tries"))
