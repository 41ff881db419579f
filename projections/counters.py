"""Counters by month: one row a month, sealed under the structure's key, so that a page reads one row a month whatever the load.

They count people, outings and minutes. No row, and nothing inside it, is about one youth.
"""

from collections import Counter, defaultdict
from datetime import date
from typing import Any, Final

from domain.categories import Category
from projections.queries import statements
from projections.store import Connection, Database, Sealer

Key = tuple[str, ...]
"""What is counted, such as a territory, a sex and an age band."""

FIGURES: Final = "figures"
ERASED_FIGURES: Final = "erased_figures"
ACTIVITY_FIGURES: Final = "activity_figures"


class CountersBroken(Exception):
    """A counter would fall below zero: something was taken out that had never been put in."""


def month_of(day: date) -> date:
    """Give the first day of the month of `day`."""
    return day.replace(day=1)


class MonthlyCounters:
    """One table of counters. What is added stays in memory until it is stored."""

    def __init__(self, database: Database, sealer: Sealer, table: str) -> None:
        self._sealer = sealer
        self._table = table
        self._sql = statements(database, "counters", counters=table)
        self._added: defaultdict[date, Counter[Key]]
        self.discard()

    def add(self, month: date, key: Key, number: int) -> None:
        """Add `number` (people, outings, minutes), which may be negative, to what `key` counts in `month`."""
        self._added[month][key] += number

    def discard(self) -> None:
        """Drop what was added and not stored: its transaction never was."""
        self._added = defaultdict(Counter)

    def store(self, connection: Connection) -> None:
        """Write what was added since the last time, in the transaction of `connection`. Raises `CountersBroken`."""
        added = {month: counts for month, counts in self._added.items() if any(counts.values())}
        self.discard()
        if not added:
            return
        rows = connection.execute(self._sql["load"], (list(added),), prepare=True, binary=True).fetchall()
        ring = self._sealer.structure_ring()
        held = {month: open_counters(self._sealer, ring, self._table, month, state) for month, state in rows}
        totals = {month: _sum(held.get(month, Counter()), counts) for month, counts in added.items()}
        kept = [month for month, counts in totals.items() if counts]
        if kept:
            connection.execute(self._sql["store"], (kept, [self._seal(month, totals[month], ring) for month in kept]), prepare=True)
        emptied = [month for month, counts in totals.items() if not counts]
        if emptied:
            connection.execute(self._sql["drop"], (emptied,), prepare=True)

    def _seal(self, month: date, counts: Counter[Key], ring: Any) -> bytes:
        entries = [[*key, number] for key, number in sorted(counts.items())]
        return self._sealer.seal(ring, Category.STRUCTURE, self._table, month.isoformat(), entries)


def open_counters(sealer: Sealer, ring: Any, table: str, month: date, state: bytes) -> Counter[Key]:
    """Open one row of counters with the structure's `ring`. A row of another table or month does not open."""
    return Counter({tuple(key): number for *key, number in sealer.open(ring, table, month.isoformat(), state)})


def _sum(held: Counter[Key], added: Counter[Key]) -> Counter[Key]:
    total = Counter(held)
    total.update(added)
    if any(number < 0 for number in total.values()):
        raise CountersBroken
    return Counter({key: number for key, number in total.items() if number})
