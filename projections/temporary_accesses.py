"""The accesses that run out and those that have, for the DPO: dates, references and staff; no key of a youth is needed (N10)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from domain.access.relations import Relation
from domain.categories import Category
from domain.identifiers import YouthId
from projections.queries import statements
from projections.store import Database, Sealer
from projections.temporary_fold import TABLE, ended_in, granted_in

A_MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TemporaryAccess:
    """One access. `holder` is an account or, of a team's share, a team; `categories` are empty where no share names any.

    `until` is its last day as it was granted; `ended_on` the day on which somebody ended it before.
    """

    access: UUID
    youth: YouthId
    reference: UUID
    relation: Relation
    holder: UUID
    until: date
    categories: tuple[Category, ...]
    ended_on: date | None

    @property
    def last_day(self) -> date:
        """The day that ended it, or will."""
        return self.until if self.ended_on is None else min(self.ended_on, self.until)

    def lasts(self, today: date) -> bool:
        """Tell whether it opens the record on that day: to the end of its last one, unless somebody ended it."""
        return self.ended_on is None and today <= self.until

    def runs_out(self, today: date, within: timedelta = A_MONTH) -> bool:
        """Tell whether it lasts, and ends by itself within that time."""
        return self.lasts(today) and self.until <= today + within

    def has_run_out(self, today: date, within: timedelta = A_MONTH) -> bool:
        """Tell whether it ended within that time, by itself or by somebody."""
        return not self.lasts(today) and today - within <= self.last_day


class TemporaryAccesses:
    """Reads them. The caller decides who may see them, and commits a line naming each record before showing any (invariant 2)."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._of_open_records = statements(database, TABLE)["of_open_records"]

    def around(self, today: date) -> tuple[TemporaryAccess, ...]:
        """Give those that end in the thirty days to come and those that ended in the thirty before, the first end first.

        Of a record that is closed there is none, however far the views have come. Raises what the sealer raises.
        """
        with self._database.connection() as connection:
            stored = connection.execute(self._of_open_records, prepare=True, binary=True).fetchall()
        ring = self._sealer.structure_ring() if stored else None
        found = (self._open(ring, row) for row in stored)
        return tuple(sorted((one for one in found if one.runs_out(today) or one.has_run_out(today)), key=lambda one: one.last_day))

    def _open(self, ring: Any, row: tuple[Any, ...]) -> TemporaryAccess:
        access, youth, reference, granted, ended = row
        value = self._sealer.open(ring, TABLE, granted_in(access, youth), granted)
        day = None if ended is None else self._sealer.open(ring, TABLE, ended_in(access, youth), ended)
        return TemporaryAccess(
            access=access,
            youth=YouthId(youth),
            reference=reference,
            relation=Relation(value["relation"]),
            holder=UUID(value["holder"]),
            until=date.fromisoformat(value["until"]),
            categories=tuple(Category(name) for name in value["categories"]),
            ended_on=None if day is None else date.fromisoformat(day),
        )
