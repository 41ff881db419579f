"""The figures of the head of service: distinct youths met, acts and people met by month, as far as they may be shown (N27, R100-R107).

Nothing here is about one youth, and no youth's key is asked for.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from projections.activity_fold import ACTS, MINUTES, PEOPLE
from projections.counters import ACTIVITY_FIGURES, ERASED_FIGURES, FIGURES, Key, open_counters
from projections.disclosure import Cell, PublishedCell, publish
from projections.queries import statements
from projections.store import Database, Sealer

MONTHS_THAT_NAME_TERRITORIES: Final = 12
"""A month is published with the territories of the year that ends with it, so that what is asked for does not change what is shown."""


@dataclass(frozen=True, slots=True)
class Acts:
    """How many acts of one kind took place in one territory, and how many minutes they lasted. An empty territory was not named."""

    territory: str
    kind: str
    acts: int
    minutes: int


@dataclass(frozen=True, slots=True)
class MonthOfFigures:
    """What may be shown of one month. `youths` are distinct youths met; `people` were met and not identified."""

    month: date
    youths: tuple[PublishedCell, ...]
    people: tuple[PublishedCell, ...]
    acts: tuple[Acts, ...]


class Figures:
    """Reads and publishes the counters. The caller decides who may see them, and leaves the line in the trail first."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._published = statements(database, "figures")["published"]

    def of_months(self, first: date, last: date) -> tuple[MonthOfFigures, ...] | None:
        """Publish the months from `first` to `last`, the latest first; `None` while the views are being rebuilt.

        `first` and `last` are first days of a month. A month when nothing was written is left out.
        """
        parameters = {"first": _months_before(first, MONTHS_THAT_NAME_TERRITORIES - 1), "last": last}
        with self._database.connection() as connection:
            rows = connection.execute(self._published, parameters, prepare=True, binary=True).fetchall()
        if any(table == "rebuilding" for table, _, _ in rows):
            return None
        counted = self._open(rows)
        months = {month for _, month in counted if month >= first}
        return tuple(self._month(month, counted) for month in sorted(months, reverse=True))

    def _open(self, rows: list[tuple[Any, ...]]) -> Mapping[tuple[str, date], Counter[Key]]:
        """Open the counters by table and month, the erased youths among the others: nobody can tell them apart any more."""
        counted: defaultdict[tuple[str, date], Counter[Key]] = defaultdict(Counter)
        ring = self._sealer.structure_ring() if rows else None
        for table, month, state in rows:
            shown_with = FIGURES if table == ERASED_FIGURES else table
            counted[shown_with, month].update(open_counters(self._sealer, ring, table, month, state))
        return counted

    def _month(self, month: date, counted: Mapping[tuple[str, date], Counter[Key]]) -> MonthOfFigures:
        youths = {Cell(*key): number for key, number in counted.get((FIGURES, month), Counter()).items()}
        activities = counted.get((ACTIVITY_FIGURES, month), Counter())
        people = {Cell(*key[1:]): number for key, number in activities.items() if key[0] == PEOPLE}
        territories = _territories(counted, month)
        acts = tuple(
            Acts(territory, kind, number, activities[MINUTES, territory, kind])
            for (what, territory, kind, *_), number in sorted(activities.items())
            if what == ACTS
        )
        return MonthOfFigures(month, publish(youths, territories), publish(people, territories), acts)


def _territories(counted: Mapping[tuple[str, date], Counter[Key]], month: date) -> set[str]:
    """Name the territories of the year that ends with `month`. A counter's key has them first, after its kind for an activity."""
    begin = _months_before(month, MONTHS_THAT_NAME_TERRITORIES - 1)
    within = [(table, counts) for (table, when), counts in counted.items() if begin <= when <= month]
    return {key[0] if table == FIGURES else key[1] for table, counts in within for key in counts}


def _months_before(month: date, number: int) -> date:
    years, zero_based = divmod(month.year * 12 + month.month - 1 - number, 12)
    return date(years, zero_based + 1, 1)
