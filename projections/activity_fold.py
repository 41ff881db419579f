"""Folds the activities of a batch into counters by month: acts, minutes, and people met whom nobody identified (N24, N25, R107)."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from domain.activity import Activity
from domain.age_bands import AgeBand
from domain.vocabulary import Gender
from projections.counters import ACTIVITY_FIGURES, MonthlyCounters, month_of
from projections.disclosure import Cell
from projections.store import Connection, Database, Handlers, Sealer

ACTS: Final = "acts"
MINUTES: Final = "minutes"
PEOPLE: Final = "people"
"""What the first part of a counter's key may be. `people` goes on like a `Cell`, the two others with territory and kind."""

CHANTIER: Final = "chantier"
PRESENCE: Final = "presence"
"""Kinds of acts beside those of an outing."""


class ActivityFold:
    """The activities of one batch. They name no youth and need no youth's key."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._counters = MonthlyCounters(database, sealer, ACTIVITY_FIGURES)
        self.handlers: Handlers = {
            Activity.OutingRecorded: self._outing_recorded,
            Activity.ChantierRecorded: self._chantier_recorded,
            Activity.PresenceCounted: self._presence_counted,
        }

    def begin(self) -> None:
        """Begin a batch."""
        self._counters.discard()

    def store(self, connection: Connection) -> None:
        """Write what changed, in the transaction of `connection`."""
        self._counters.store(connection)

    def _outing_recorded(self, event: Activity.OutingRecorded) -> None:
        self._act(event.occurred_on, event.territory, event.kind, event.minutes)
        for cell, people in _cells(event.territory or "", event.counts):
            self._people(event.occurred_on, cell, people)

    def _chantier_recorded(self, event: Activity.ChantierRecorded) -> None:
        self._act(event.occurred_on, event.territory, CHANTIER, event.minutes)

    def _presence_counted(self, event: Activity.PresenceCounted) -> None:
        self._act(event.occurred_on, event.territory, PRESENCE, event.minutes)
        self._people(event.occurred_on, Cell(event.territory or "", Gender.UNKNOWN, AgeBand.UNKNOWN), event.count)

    def _act(self, day: date, territory: str | None, kind: str, minutes: int | None) -> None:
        self._counters.add(month_of(day), (ACTS, territory or "", kind), 1)
        self._counters.add(month_of(day), (MINUTES, territory or "", kind), minutes or 0)

    def _people(self, day: date, cell: Cell, people: int) -> None:
        self._counters.add(month_of(day), (PEOPLE, *cell), people)


def _cells(territory: str, counts: Mapping[str, int]) -> Iterator[tuple[Cell, int]]:
    """Read the head counts of an outing, which go by « sex:band »."""
    for place, people in counts.items():
        sex, band = place.split(":", 1)
        yield Cell(territory, sex, band), people
