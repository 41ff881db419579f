"""Follows a structure's events without missing one, and without anybody waiting for anybody (design §5).

Positions are drawn before they are committed, so that a higher one may be visible before a lower one. A writer takes the shared lock
before it draws its position and gives it up once its commit is visible. Therefore: read the highest visible position; note who holds the
lock at that moment; once these have all let go, everything up to that position is visible. New writers are not waited for, nor do they
wait.
"""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from eventsourcing.persistence import Notification
from psycopg import Connection

from crypto_shredding.postgresql.database import StructureDatabase, lock_key
from crypto_shredding.postgresql.queries import queries
from domain.identifiers import StructureId

_TICK_SECONDS: Final = 0.001
_PATIENCE_SECONDS: Final = 5.0


class Follower:
    """Reads what comes after a position."""

    def __init__(self, structure: StructureId, database: StructureDatabase) -> None:
        self._database = database
        unsigned = lock_key(structure) & 0xFFFF_FFFF_FFFF_FFFF
        self._holders = {"high": unsigned >> 32, "low": unsigned & 0xFFFF_FFFF}

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self._database.statement(text) for name, text in queries("append").items()}

    def next_batch(self, after: int, limit: int) -> Sequence[Notification]:
        """Read at most `limit` events after position `after`, in order. Empty when there are none, or when a writer takes its time."""
        with self._database.connection() as connection:
            highest = self.highest(connection)
            if highest <= after or not self._settled(connection):
                return []
            parameters = {"after": after, "until": highest, "limit": limit}
            rows = connection.execute(self._sql["select_after"], parameters, prepare=True, binary=True).fetchall()
        return [Notification(stream, version, "", state, position) for position, stream, version, state in rows]

    def highest(self, connection: Connection[tuple[Any, ...]]) -> int:
        """Give the highest position visible now, 0 in an empty store."""
        row = connection.execute(self._sql["highest"], prepare=True, binary=True).fetchone()
        return (row[0] if row else None) or 0

    def _settled(self, connection: Connection[tuple[Any, ...]]) -> bool:
        holders = self._lock_holders(connection)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while holders:
            if time.monotonic() > deadline:
                return False
            time.sleep(_TICK_SECONDS)
            holders &= self._lock_holders(connection)
        return True

    def _lock_holders(self, connection: Connection[tuple[Any, ...]]) -> set[str]:
        return {row[0] for row in connection.execute(self._sql["lock_holders"], self._holders, prepare=True).fetchall()}
