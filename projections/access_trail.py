"""Readings of the access trail: for the DPO, for the youth it is about, for the referents of a record (N16, R080-R090).

The table is plain and needs no key (R087). Whoever reads it leaves a line of their own first: the caller sees to that, and decides.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from domain.identifiers import AccountId, RequestId, YouthId
from domain.trail import Operation, Outcome, Role
from projections.queries import statements
from projections.store import Database

PAGE: Final = 50
"""Lines a page (R163)."""
LONGEST_LIST: Final = 500
ZONE: Final = "Europe/Paris"
"""Whose days the youths and the referents are told. The DPO reads UTC."""


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What the DPO looks for; `None` for whatever. `reference` is a record's, `since` is within and `until` without."""

    account: AccountId | None = None
    role: Role | None = None
    reference: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    operation: Operation | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line, as the DPO reads it. `name` is `None` for a youth's account and for one that is gone. `at` is UTC.

    `reference` is a record's, or what the line is about instead; `about` is the name of the account that it is about, if any.
    """

    line: int
    at: datetime
    account: AccountId
    name: str | None
    role: str
    purpose: str
    operation: str
    outcome: str
    reference: UUID | None
    categories: tuple[str, ...]
    records: int
    request: RequestId
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, the latest first. `before` is the cursor of the next page, `None` on the last one."""

    lines: tuple[Line, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class StatedGround:
    """What for, in which role and by which operation the trail was written to, on a day."""

    day: date
    purpose: str
    role: str
    operation: str


@dataclass(frozen=True, slots=True)
class TouchedRecord:
    """A record that one account touched within an interval: its trail reference, when first and last, by which operations."""

    reference: UUID
    first: datetime
    last: datetime
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a youth reads: on that day, somebody in that role did that for that purpose. `name` by the DPO's decision alone (R037)."""

    day: date
    role: str
    purpose: str
    operation: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class NamedLook:
    """What a referent reads of a record in their care. `name` is `None` for the youth."""

    day: date
    name: str | None
    role: str
    purpose: str
    operation: str
    outcome: str


class AccessTrail:
    """Reads the trail of one structure."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = statements(database, "access_trail")

    def lines(self, wanted: TrailFilter, *, before: int | None = None, limit: int = PAGE) -> Page:
        """Give a page of the trail to the DPO: what came before the line `before`, the latest first."""
        # Not prepared: planned with the filter's own values, the absent conditions fall away and the indexes serve.
        found = self._rows("lines", asdict(wanted) | {"before": before, "limit": limit + 1})
        lines = tuple(_line(row) for row in found[:limit])
        return Page(lines, lines[-1].line if len(found) > limit else None)

    def seen_by_the_youth(self, youth: YouthId, *, by_name: bool = False, zone: str = ZONE, limit: int = LONGEST_LIST) -> tuple[Look, ...]:
        """Tell a youth on which days their record was looked at or changed, in which role and what for.

        `by_name` only once the DPO decided so for this record (R037).
        """
        name = "seen_by_the_youth_by_name" if by_name else "seen_by_the_youth"
        return tuple(Look(*row) for row in self._rows(name, _about(youth, zone, limit)))

    def seen_by_the_referent(self, youth: YouthId, *, zone: str = ZONE, limit: int = LONGEST_LIST) -> tuple[NamedLook, ...]:
        """Tell a referent who opened, changed or tried to open a record in their care."""
        return tuple(NamedLook(*row) for row in self._rows("seen_by_the_referent", _about(youth, zone, limit)))

    def grounds(
        self, since: datetime, until: datetime, reference: UUID | None = None, *, zone: str = ZONE, limit: int = LONGEST_LIST
    ) -> tuple[StatedGround, ...]:
        """Tell on which grounds records were looked at, within an interval; of one record when `reference` names it."""
        parameters = {"since": since, "until": until, "reference": reference, "zone": zone, "limit": limit}
        return tuple(StatedGround(*row) for row in self._rows("grounds", parameters))

    def touched(self, account: AccountId, since: datetime, until: datetime) -> tuple[TouchedRecord, ...]:
        """Give the records that `account` touched from `since` (within) to `until` (without), the first one first (R005)."""
        rows = self._rows("touched", {"account": account, "since": since, "until": until})
        return tuple(TouchedRecord(reference, first, last, tuple(operations)) for reference, first, last, operations in rows)

    def exported(self, since: datetime, until: datetime, *, limit: int) -> tuple[Line, ...]:
        """Give the lines from `since` (within) to `until` (without), the first one first, `limit` at most."""
        return tuple(_line(row) for row in self._rows("exported", {"since": since, "until": until, "limit": limit}))

    def _rows(self, name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._database.connection() as connection:
            return connection.execute(self._sql[name], parameters, prepare=False, binary=True).fetchall()


def _line(row: tuple[Any, ...]) -> Line:
    line, at, account, name, role, purpose, operation, outcome, reference, categories, records, request, about = row
    return Line(line, at, account, name, role, purpose, operation, outcome, reference, tuple(categories), records, request, about)


def _about(youth: YouthId, zone: str, limit: int) -> dict[str, Any]:
    return {"subject": youth, "zone": zone, "limit": limit}
