"""Follows what the journal is made of: events, lines of the trail, statements. None is missed, and nobody waits (design §5, §7)."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from psycopg import Connection

from crypto_shredding.following import Follower
from crypto_shredding.journal.leaves import EventRow, LineRow, StatementRow
from crypto_shredding.postgresql.queries import queries

Row = EventRow | LineRow | StatementRow
EVENTS: Final = "events"
STATEMENTS: Final = "statements"
TRAIL: Final = "trail"
_ROWS: Final[Mapping[str, type[EventRow] | type[LineRow] | type[StatementRow]]] = {
    EVENTS: EventRow,
    STATEMENTS: StatementRow,
    TRAIL: LineRow,
}


class JournalFollower(Follower):
    """Reads what comes after a position of one of the three. Each of their writers takes the lock that `Follower` knows of."""

    @cached_property
    def _journal(self) -> Mapping[str, bytes]:
        return {name: self._database.statement(text) for name, text in queries("journal").items() if name != "is_erased"}

    def next_rows(self, kind: str, after: int, limit: int) -> Sequence[Row]:
        """Read at most `limit` rows of `kind` after `after`, in order. Empty when there are none, or when a writer takes its time."""
        with self._database.connection() as connection:
            highest = self.highest_of(connection, kind)
            if highest <= after or not self._settled(connection):
                return []
            return self.rows(connection, kind, after, highest, limit)

    def highest_of(self, connection: Connection[tuple[Any, ...]], kind: str) -> int:
        """Give the highest position of `kind` visible now, 0 when there is none."""
        row = connection.execute(self._journal[f"highest_{kind}"], prepare=True, binary=True).fetchone()
        return (row[0] if row else None) or 0

    def rows(self, connection: Connection[tuple[Any, ...]], kind: str, after: int, until: int, limit: int) -> Sequence[Row]:
        """Read rows of `kind` as they stand: for an export, within a moment of its own."""
        parameters = {"after": after, "until": until, "limit": limit}
        rows = connection.execute(self._journal[kind], parameters, prepare=True, binary=True).fetchall()
        return [_ROWS[kind](*row) for row in rows]
