"""A clock that a test puts forward, in the service and for what the database has dated."""

from datetime import UTC, datetime, timedelta

import psycopg

from api.databases import Databases


class MovingClock:
    """The service's clock. Putting it ahead lets the fences of the structure alpha grow as much older, by the database's clock."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @property
    def ahead(self) -> timedelta:
        return self._ahead

    @ahead.setter
    def ahead(self, ahead: timedelta) -> None:
        with psycopg.connect(self._databases.main) as owner:
            owner.execute("UPDATE s_alpha.erasure_fences SET closed_at = closed_at - %s", (ahead - self._ahead,))
        self._ahead = ahead
