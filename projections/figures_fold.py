"""Folds the events of a batch into the figures: who was met in which month, counted once a month, never named.

A youth's contributions stay under that youth's own keys while they live: what the opening tells under the key of the core, what contacts
tell under the one of the follow-up, so that it goes with that key, in old copies too. When the record begins to be erased, or when the
youth takes their follow-up back, they are taken out of the living counters and added, once, to the counters of the erased, which keep the
published figures right (N20, N28; design §5). Of a youth who lives on nothing is remembered of what was folded: met again, they count as
anybody met anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain.age_bands import age_band
from domain.categories import Category
from domain.record.youth_record import YouthRecord
from domain.vocabulary import Gender
from projections.counters import ERASED_FIGURES, FIGURES, MonthlyCounters, month_of
from projections.disclosure import Cell
from projections.queries import statements
from projections.store import Connection, Database, Handlers, Sealer

TABLE: Final = "figure_contributions"

Months = dict[str, list[str]]
"""The cell that a youth counts in, by month when they were met (ISO first day)."""


@dataclass(slots=True, repr=False)
class Contributions:
    """One youth: what the cell of a meeting is made of, and where they count. A month is in one of the two dictionaries, never in both."""

    gender: str
    birth_year: int | None
    territory: str
    opening: Months = field(default_factory=dict)
    """The month of the first contact that the opening tells of, if it does."""
    contacts: Months = field(default_factory=dict)
    """The months that contacts tell of: of the follow-up, and of nothing else."""

    @property
    def months(self) -> Months:
        """Give every month when the youth was met, whatever tells of it."""
        return self.opening | self.contacts


class FiguresFold:
    """The contributions of the youths of one batch, and the counters that they change."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._sealer = sealer
        self._sql = statements(database, "figures")
        self._living = MonthlyCounters(database, sealer, FIGURES)
        self._erased = MonthlyCounters(database, sealer, ERASED_FIGURES)
        self._begin({})
        self.handlers: Handlers = {
            YouthRecord.Opened: self._opened,
            YouthRecord.ContactMade: self._contact_made,
            YouthRecord.AgreementWithdrawn: self._agreement_withdrawn,
        }

    def load(self, connection: Connection, youths: Collection[UUID], rings: Mapping[UUID, Any]) -> None:
        """Begin a batch: read the contributions of `youths`, whose living rings are all in `rings`."""
        self._begin(rings)
        found = connection.execute(self._sql["load_contributions"], (list(youths),), prepare=True, binary=True).fetchall()
        self._stored.update((subject, (core, follow_up)) for subject, core, follow_up in found)
        self._folded_up_to.update(connection.execute(self._sql["folded_versions"], (list(youths),), prepare=True, binary=True).fetchall())

    def fold(self, youth: UUID, erasure: UUID) -> None:
        """Move the contributions of a youth from the living to the erased, once."""
        self._folded.append(erasure)
        for month, cell in self._of(youth).months.items():
            self._living.add(date.fromisoformat(month), tuple(cell), -1)
            self._erased.add(date.fromisoformat(month), tuple(cell), 1)

    def store(self, connection: Connection) -> None:
        """Write what changed, in the transaction of `connection`."""
        if self._changed:
            youths = list(self._changed)
            core, follow_up = zip(*(self._sealed(youth) for youth in youths), strict=True)
            connection.execute(self._sql["store_contributions"], (youths, list(core), list(follow_up)), prepare=True)
        if self._folded:
            connection.execute(self._sql["fold_erasures"], (self._folded,), prepare=True)
        self._living.store(connection)
        self._erased.store(connection)

    def _begin(self, rings: Mapping[UUID, Any]) -> None:
        self._rings = rings
        self._stored: dict[UUID, tuple[bytes, bytes | None]] = {}
        self._youths: dict[UUID, Contributions] = {}
        self._changed: set[UUID] = set()
        self._folded: list[UUID] = []
        self._folded_up_to: dict[UUID, int] = {}
        self._living.discard()
        self._erased.discard()

    def _opened(self, event: YouthRecord.Opened) -> None:
        self._youths[event.originator_id] = Contributions(event.gender or Gender.UNKNOWN, event.birth_year, event.territory or "")
        self._changed.add(event.originator_id)
        if event.first_contact_on is not None and not self._is_folded(event):
            self._met(event.originator_id, event.first_contact_on, None, self._of(event.originator_id).opening)

    def _contact_made(self, event: YouthRecord.ContactMade) -> None:
        if not self._is_folded(event):
            self._met(event.originator_id, event.occurred_on, event.territory, self._of(event.originator_id).contacts)

    def _agreement_withdrawn(self, event: YouthRecord.AgreementWithdrawn) -> None:
        if event.withdrawn_category == Category.FOLLOW_UP and event.erasure is not None and not self._is_folded(event):
            self.fold(event.originator_id, event.erasure)
            self._of(event.originator_id).opening.clear()
            self._of(event.originator_id).contacts.clear()
            self._changed.add(event.originator_id)

    def _is_folded(self, event: Any) -> bool:
        """Tell whether a rebuild meets what counts among the erased already."""
        return bool(event.originator_version <= self._folded_up_to.get(event.originator_id, 0))

    def _met(self, youth: UUID, day: date, territory: str | None, told_by: Months) -> None:
        """Count a youth in the month of `day`, where the first contact written for that month took place, once; keep it in `told_by`."""
        contributions, month = self._of(youth), month_of(day)
        if month.isoformat() in contributions.months:
            return
        cell = Cell(territory or contributions.territory, contributions.gender, age_band(contributions.birth_year, day))
        told_by[month.isoformat()] = list(cell)
        self._changed.add(youth)
        self._living.add(month, cell, 1)

    def _of(self, youth: UUID) -> Contributions:
        contributions = self._youths.get(youth)
        if contributions is None:
            core, follow_up = (self._open(youth, sealed) for sealed in self._stored[youth])
            contributions = self._youths[youth] = Contributions(*core)
            contributions.contacts = follow_up or {}
        return contributions

    def _open(self, youth: UUID, sealed: bytes | None) -> Any:
        """Open one column; `None` when it is empty, or its key was destroyed, as after a restore."""
        return None if sealed is None else self._sealer.open(self._rings[youth], TABLE, youth, sealed)

    def _sealed(self, youth: UUID) -> tuple[bytes, bytes | None]:
        held, ring = self._youths[youth], self._rings[youth]
        core = [held.gender, held.birth_year, held.territory, held.opening]
        follow_up = self._sealer.seal(ring, Category.FOLLOW_UP, TABLE, youth, held.contacts) if held.contacts else None
        return self._sealer.seal(ring, Category.CORE, TABLE, youth, core), follow_up
