"""Folds the activities of a batch into the rows of their list, one row an activity (N24, N25)."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain.activity import Activity
from domain.categories import Category
from projections.activity_fold import CHANTIER, PRESENCE
from projections.queries import statements
from projections.store import Connection, Database, Handlers, Sealer

TABLE: Final = "activities"


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """What the list says of one activity beside its day, as JSON. `who` are account ids and initials, `by` is the account that typed."""

    kind: str
    title: str | None
    territory: str | None
    place: str | None
    minutes: int | None
    people: int
    who: list[str]
    by: str


class ActivitiesFold:
    """The activities of one batch. They name no youth and need no youth's key."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._sealer = sealer
        self._store = statements(database, "activities")["store"]
        self._rows: dict[tuple[UUID, date], Listed] = {}
        self.handlers: Handlers = {
            Activity.OutingRecorded: self._outing_recorded,
            Activity.ChantierRecorded: self._chantier_recorded,
            Activity.PresenceCounted: self._presence_counted,
        }

    def begin(self) -> None:
        """Begin a batch."""
        self._rows = {}

    def store(self, connection: Connection) -> None:
        """Write the rows of the batch, in the transaction of `connection`."""
        if not self._rows:
            return
        ring = self._sealer.structure_ring()
        activities, days = zip(*self._rows, strict=True)
        states = [self._sealer.seal(ring, Category.STRUCTURE, TABLE, row_of(*key), asdict(listed)) for key, listed in self._rows.items()]
        connection.execute(self._store, (list(activities), list(days), states), prepare=True)

    def _outing_recorded(self, event: Activity.OutingRecorded) -> None:
        self._list(event, event.kind, people=sum(event.counts.values()), who=event.educators, place=event.place)

    def _chantier_recorded(self, event: Activity.ChantierRecorded) -> None:
        self._list(event, CHANTIER, people=event.youths, title=event.title)

    def _presence_counted(self, event: Activity.PresenceCounted) -> None:
        self._list(event, PRESENCE, people=event.count, who=event.educators, place=event.place)

    def _list(
        self, event: Any, kind: str, *, people: int, who: list[UUID | str] | None = None, title: str | None = None, place: str | None = None
    ) -> None:
        names = [str(one) for one in who or ()]
        listed = Listed(kind, title, event.territory, place, event.minutes, people, names, str(event.by))
        self._rows[event.originator_id, event.occurred_on] = listed


def row_of(activity: UUID, day: date) -> str:
    """Name the row that a ciphertext is bound to: moved to another activity or another day, it does not open."""
    return f"{activity} {day.isoformat()}"
