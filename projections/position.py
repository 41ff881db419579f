"""How far the views have come, and how to wait for them: whoever wrote sees their own writes on the next page (design §5)."""

import time
from typing import Final

from projections.queries import statements
from projections.store import Connection, Database

VIEWS: Final = "views"
"""All views advance in the same transaction and share this one position."""
REBUILDING: Final = "rebuilding"
"""Up to where a rebuild has to come before the views are whole again; 0 or no row when none is under way."""
OWN_WRITES_SECONDS: Final = 2.0
"""How long a list waits for the views to hold what was just written. After that it is shown as it is: the record itself is never late."""
_TICK_SECONDS: Final = 0.003


class Position:
    """Reads the positions, for any process: the one with the runner and the others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = statements(database, "positions")

    def current(self) -> int:
        """Give the position of the last event that is in the views, 0 when there is none."""
        with self._database.connection() as connection:
            return self._read(connection, VIEWS)

    def newest(self) -> int:
        """Give the highest position of the events."""
        with self._database.connection() as connection:
            row = connection.execute(self._sql["newest_event"], prepare=True).fetchone()
        return row[0] if row else 0

    def wait_for(self, position: int, timeout: float) -> bool:
        """Wait until the views hold the event at `position`, `timeout` seconds at most; tell whether they do."""
        deadline = time.monotonic() + timeout
        with self._database.connection() as connection:
            while self._read(connection, VIEWS) < position:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_TICK_SECONDS)
        return True

    def catch_up(self, timeout: float | None = None) -> bool:
        """Wait until the views hold every event that is committed at this moment, `timeout` seconds at most; tell whether they do."""
        return self.wait_for(self.newest(), OWN_WRITES_SECONDS if timeout is None else timeout)

    def is_whole(self) -> bool:
        """Tell whether no rebuild is under way: what is half rebuilt is not shown as if it were all there is."""
        with self._database.connection() as connection:
            target = self._read(connection, REBUILDING)
            return target == 0 or self._read(connection, VIEWS) >= target

    def _read(self, connection: Connection, view: str) -> int:
        row = connection.execute(self._sql["read"], (view,), prepare=True).fetchone()
        return row[0] if row else 0
