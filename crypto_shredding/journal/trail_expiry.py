"""Lets the trail go month by month, under a signed record (R085; design §7).

No line is ever older than the period: a month goes when its first day is. What may be removed is decided in the database (`judge_month`),
which the one function that can remove it asks as well (`expire_trail`). Here a month is judged, then its record signed under the hour that
was judged by, then its lines go: a kill in between leaves a record and a month, and never neither.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from crypto_shredding.journal.merkle import CompactRange
from crypto_shredding.journal.notary import Notary
from crypto_shredding.journal.notes import sign_note
from crypto_shredding.postgresql.queries import queries

STEPS: Final = ("recorded", "removed")


@dataclass(frozen=True)
class TrailExpiry:
    """The expiry of one structure's trail. `days` is how old a line may be; `reason` is why, where that is more than a year."""

    notary: Notary
    days: int = 365
    reason: str = ""
    reached: Callable[[str], None] = lambda _step: None

    def expire_due(self) -> int:
        """Remove every month that is due; give how many lines went.

        Raises psycopg's errors, `CheckViolation` for a month that is refused, and what opening the signing key raises.
        """
        due = self._rows("months_due", {"days": self.days})
        if not due:
            return 0
        self.notary.catch_up()
        removed = 0
        for tree, month, size, _after, _position, stored, _generation in due:
            root = CompactRange.of(size, bytes(stored)).root()
            at = self._rows("judge_month", (tree, self.days))[0][0]
            self._rows("record_retention", (tree, self._record(tree, month, size, root, at)))
            self.reached("recorded")
            removed += self._rows("expire", (tree, self.days))[0][0]
            self.reached("removed")
        return removed

    def _record(self, tree: int, month: date, size: int, root: bytes, at: datetime) -> str:
        name = f"sillage/{self.notary.structure}/retention/{tree}"
        lines = [
            *(name, f"month {month:%Y-%m}", f"leaves {size}", f"root {base64.b64encode(root).decode()}"),
            *(f"kept {self.days}", f"gone {at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z", *([f"reason {self.reason}"] if self.reason else [])),
        ]
        return sign_note(self.notary.signer(), name, "\n".join(lines) + "\n")

    def _rows(self, name: str, parameters: Any) -> list[tuple[Any, ...]]:
        database = self.notary.database
        with database.connection() as connection:
            cursor = connection.execute(database.statement(queries("journal")[name]), parameters)
            return cursor.fetchall() if cursor.description else []
