"""`ReportShelf`: which child-protection reports one account may read. A report is found by it and in no other way.

No view lists reports, and none names their readers in clear: each account has one such stream, under the structure's key, and an
identifier that follows from the account's. It holds identifiers and nothing else; who may read is asked of the report itself, each time.
"""

from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.categories import Category
from domain.identifiers import AccountId, ReportId, ReportShelfId
from domain.stream import Stream


class ReportShelf(Stream):
    """One account's shelf, the first report first."""

    TOPIC = "rs"

    class Event(Stream.Event):
        """Base of the events of a shelf; the structure's key encrypts them."""

        TOPIC = "rs.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """The shelf is there, empty."""

        TOPIC = "rs.begun"
        category = Category.STRUCTURE

    class Placed(Event):
        """A report that this account may read: as its author, its countersigner or its addressee."""

        TOPIC = "rs.placed"
        category = Category.STRUCTURE
        report: UUID

        def apply(self, aggregate: "ReportShelf") -> None:
            """Keep it."""
            aggregate.reports.append(ReportId(self.report))

    def __init__(self) -> None:
        self.reports: list[ReportId] = []

    @classmethod
    def begin(cls, shelf: ReportShelfId, *, at: datetime) -> "ReportShelf":
        """Make the shelf of an account, empty."""
        return cls._create(cls.Begun, id=shelf, timestamp=at)

    def place(self, report: ReportId, *, at: datetime) -> None:
        """Add a report."""
        self.trigger_event(self.Placed, timestamp=at, report=report)


def shelf_of(account: AccountId) -> ReportShelfId:
    """Give the identifier of an account's shelf."""
    return ReportShelfId(uuid5(account, "report shelf"))
