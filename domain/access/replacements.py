"""`Replacements`: who stands in for which referent, until which day, under their own name (N11). One stream a structure.

Whoever replaces sees the records of the replaced meanwhile. It ends by itself after its last day, for whoever decides compares it with the
clock; and it does not pass on: who replaces a replacement sees nothing by that.
"""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.identifiers import AccountId, ReplacementId, ReplacementsId, StructureId
from domain.legal_constants import TEMPORARY_AT_MOST
from domain.local_time import day_of
from domain.refusals import DateRefused, ReplacementUnknown, SamePersonTwice
from domain.stream import Stream


class Replacements(Stream):
    """The replacements of a structure, those that are over too until they are dropped from the state by a later event."""

    TOPIC = "rp"

    class Event(Stream.Event):
        """Base of the events of replacements; the structure's key encrypts them."""

        TOPIC = "rp.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """Nobody replaces anybody yet."""

        TOPIC = "rp.begun"
        category = Category.STRUCTURE

    class Named(Event):
        """`replacing` stands in for `replaced` from this moment to the end of the day `until`. Why somebody is away is not written."""

        TOPIC = "rp.named"
        category = Category.STRUCTURE
        replacement: UUID
        replaced: UUID
        replacing: UUID
        until: date
        by: UUID

        def apply(self, aggregate: "Replacements") -> None:
            """Keep it."""
            aggregate.named[self.replacement] = self

        def is_living(self, at: datetime) -> bool:
            """Tell whether it lasts at the moment `at`."""
            return day_of(at) <= self.until

    class Ended(Event):
        """It is over before its time."""

        TOPIC = "rp.ended"
        category = Category.STRUCTURE
        replacement: UUID
        by: UUID

        def apply(self, aggregate: "Replacements") -> None:
            """Drop it."""
            aggregate.named.pop(self.replacement, None)

    def __init__(self) -> None:
        self.named: dict[UUID, Replacements.Named] = {}

    @classmethod
    def begin(cls, replacements: ReplacementsId, *, at: datetime) -> "Replacements":
        """Begin without a replacement."""
        return cls._create(cls.Begun, id=replacements, timestamp=at)

    def name(
        self, replacement: ReplacementId, *, replaced: AccountId, replacing: AccountId, until: date, by: AccountId, at: datetime
    ) -> None:
        """Name somebody to stand in. Raises `SamePersonTwice`, `DateRefused`."""
        if replaced == replacing:
            raise SamePersonTwice("replacing", "On ne se remplace pas soi-même. Choisissez quelqu'un d'autre.")
        last = texts.any_day(until, "until")
        if last is None or not day_of(at) <= last <= day_of(at) + timedelta(days=TEMPORARY_AT_MOST.days):
            raise DateRefused("until", "Indiquez le dernier jour : six mois au plus, à renouveler s'il le faut.")
        fields = {"replacement": replacement, "replaced": replaced, "replacing": replacing, "until": last, "by": by}
        self.trigger_event(self.Named, timestamp=at, **fields)

    def end(self, replacement: UUID, *, by: AccountId, at: datetime) -> None:
        """End one now. Raises `ReplacementUnknown` when it is over already."""
        found = self.named.get(replacement)
        if found is None or not found.is_living(at):
            raise ReplacementUnknown
        self.trigger_event(self.Ended, timestamp=at, replacement=replacement, by=by)

    def living(self, at: datetime) -> list[Named]:
        """Give those that last at the moment `at`."""
        return [named for named in self.named.values() if named.is_living(at)]

    def replaced_by(self, account: UUID, at: datetime) -> dict[UUID, date]:
        """Give whom `account` stands in for at the moment `at`, each with the last day."""
        days: dict[UUID, date] = {}
        for named in self.living(at):
            if named.replacing == account:
                days[named.replaced] = max(named.until, days.get(named.replaced, named.until))
        return days


def replacements_of(structure: StructureId) -> ReplacementsId:
    """Give the identifier of a structure's stream of replacements."""
    return ReplacementsId(uuid5(structure, "replacements"))
