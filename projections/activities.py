"""The list of what the team did, the latest first: outings, chantiers, people counted. Nobody is named there but the team (N24, N25)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from domain.identifiers import ActivityId
from projections.activities_fold import TABLE, Listed, row_of
from projections.queries import statements
from projections.store import Database, Sealer

PAGE: Final = 50
"""Activities a page (R163)."""


@dataclass(frozen=True, slots=True, repr=False)
class ActivityRow:
    """One activity: its day, and what the list says of it."""

    activity: ActivityId
    occurred_on: date
    listed: Listed


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Activities, the latest first. `next` is the activity after which the following page begins, `None` on the last one."""

    rows: tuple[ActivityRow, ...]
    next: ActivityId | None


class Activities:
    """Reads the list of one structure. The caller decides who may see it, and leaves the line in the trail first."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._page = statements(database, "activities")["page"]

    def page(self, *, after: UUID | None = None, limit: int = PAGE) -> ActivityPage | None:
        """Give what comes after the activity `after`, nothing after an unknown one; `None` while the views are being rebuilt.

        Raises what the sealer raises.
        """
        parameters = {"after": after, "limit": limit + 1}
        with self._database.connection() as connection:
            # Not prepared: planned with its own values, the absent cursor falls away and the index gives the order.
            found = connection.execute(self._page, parameters, prepare=False, binary=True).fetchall()
        if any(activity is None for activity, _, _ in found):
            return None
        ring = self._sealer.structure_ring() if found else None
        rows = tuple(self._open(ring, *row) for row in found[:limit])
        return ActivityPage(rows, rows[-1].activity if len(found) > limit else None)

    def _open(self, ring: Any, activity: UUID, day: date, state: bytes) -> ActivityRow:
        return ActivityRow(ActivityId(activity), day, Listed(**self._sealer.open(ring, TABLE, row_of(activity, day), state)))
