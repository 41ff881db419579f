"""Keeps the views up to date: batched, supervised, one runner at a time for a structure (design §5).

It outlives a lost connection and a restarted database. It stops, loudly, at an event that it cannot process: it never skips one and never
advances past one. Rows and position are written in the same transaction, so that whatever kills it, each event is in the views once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Final

import psycopg

from domain.identifiers import StructureId
from domain.refusals import StoreUnavailable
from projections.batch import Batch, PositionMoved
from projections.position import VIEWS
from projections.queries import statements
from projections.store import Connection, Database, EventReader, Follower, Sealer

BATCH: Final = 20_000
"""At most so many events a transaction. A runner that follows finds a few; one that rebuilds touches each youth's rows once a batch, and an
event of a rebuild costs 141 µs of processor in batches of 500, 115 in batches of 2 000, 52 in batches of 20 000 (3 000 youths)."""

DISCONNECTED: Final = (psycopg.OperationalError, psycopg.InterfaceError, StoreUnavailable)
"""What passes by itself when the database comes back."""

_IDLE_SECONDS: Final = 0.02
_STAND_BY_SECONDS: Final = 1.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_LEADER_LOCK: Final = 0x51_77  # The first half of a two-part advisory lock, which no one-part lock of the writers can meet.


class State(StrEnum):
    """What the runner is doing."""

    NOT_STARTED = "not_started"
    STANDING_BY = "standing_by"
    """Another runner leads; this one takes over when that one is gone."""
    FOLLOWING = "following"
    DISCONNECTED = "disconnected"
    STOPPED = "stopped"
    """It met an event that it cannot process. Somebody has to look; nothing is lost."""
    ENDED = "ended"


class Stopped(Exception):
    """The event at `position` cannot be processed. `reason` is the name of what went wrong, never a content."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"{reason} at {position}")
        self.position = position
        self.reason = reason


class AnotherRunnerLeads(Exception):
    """Another runner of this structure is at work."""


class Runner:
    """One structure's runner. `report` is told of each change of state: an event's name, then fields without content."""

    def __init__(
        self,
        structure: StructureId,
        database: Database,
        *,
        follower: Follower,
        reader: EventReader,
        sealer: Sealer,
        report: Callable[..., None],
        batch_size: int = BATCH,
    ) -> None:
        self._database = database
        self._follower = follower
        self._batch = Batch(database, reader, sealer)
        self._report = report
        self._batch_size = self._limit = batch_size
        self._lock = (_LEADER_LOCK, int.from_bytes(structure.bytes[-4:], "big", signed=True))
        self._positions = statements(database, "positions")
        self._woken = threading.Event()
        self._pause = _FIRST_PAUSE_SECONDS
        self.state = State.NOT_STARTED
        self.position = 0

    def wake(self) -> None:
        """Look for events now instead of at the next tick; for a writer in the same process."""
        self._woken.set()

    def run_once(self, progress: Callable[[int], None] | None = None) -> int:
        """Bring the views forward until nothing is left, and give the position reached.

        `progress` is told of each position on the way. Raises `AnotherRunnerLeads`, `Stopped`, and psycopg's errors without a database.
        """
        with self._leading() as connection:
            if connection is None:
                raise AnotherRunnerLeads
            self._find_position(connection)
            while self._advance(connection):
                if progress is not None:
                    progress(self.position)
        return self.position

    def run_forever(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. Returns earlier in one case: the state is `STOPPED`, and was reported."""
        while not stop.is_set():
            try:
                self._follow(stop)
            except DISCONNECTED as failure:
                self._become(State.DISCONNECTED, reason=type(failure).__name__)
                stop.wait(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
            except Stopped as failure:
                self._become(State.STOPPED, position=failure.position, reason=failure.reason)
                return
            except Exception as failure:  # noqa: BLE001  An outermost boundary: whatever it is, it is told and nothing goes on.
                self._become(State.STOPPED, position=self.position, reason=type(failure).__name__)
                return
        self._become(State.ENDED)

    def _follow(self, stop: threading.Event) -> None:
        """Lead until `stop` is set, or stand by for a moment while another runner leads."""
        with self._leading() as connection:
            if connection is None:
                self._become(State.STANDING_BY)
                stop.wait(_STAND_BY_SECONDS)
                return
            self._find_position(connection)
            self._become(State.FOLLOWING, position=self.position)
            while not stop.is_set():
                if not self._advance(connection):
                    self._woken.wait(_IDLE_SECONDS)
                    self._woken.clear()
                    # A rebuild sets the position back; and whoever lost this connection lost the lead with it.
                    self._find_position(connection)
                self._pause = _FIRST_PAUSE_SECONDS

    def _advance(self, connection: Connection) -> bool:
        """Apply the next batch; tell whether there was one. After a failure the batch is halved until one event stands alone."""
        notifications = self._follower.next_batch(self.position, self._limit)
        if not notifications:
            return False
        try:
            self.position = self._batch.apply(connection, self.position, notifications)
        except PositionMoved:
            self._find_position(connection)
        except DISCONNECTED:
            raise
        except Exception as failure:  # noqa: BLE001  Whatever an event cannot be processed for: it is found, named and not passed.
            if len(notifications) == 1:
                raise Stopped(notifications[0].id, type(failure).__name__) from None
            self._limit = len(notifications) // 2
        else:
            self._limit = min(self._limit * 2, self._batch_size)
        return True

    @contextmanager
    def _leading(self) -> Iterator[Connection | None]:
        """Lend a connection that holds the lead, or `None` when another runner has it."""
        with self._database.connection() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%b, %b)", self._lock).fetchone()
            if not (row and row[0]):
                yield None
                return
            try:
                yield connection
            finally:
                # The lock belongs to the session: it must not stay on a connection that goes back to the pool.
                with suppress(psycopg.Error):
                    connection.execute("SELECT pg_advisory_unlock(%b, %b)", self._lock)

    def _find_position(self, connection: Connection) -> None:
        row = connection.execute(self._positions["read"], (VIEWS,), prepare=True).fetchone()
        if row is None:
            connection.execute(self._positions["begin"], (VIEWS,))
        self.position = row[0] if row else 0

    def _become(self, state: State, **fields: object) -> None:
        if state is not self.state:
            self.state = state
            self._report(f"runner.{state.value}", **fields)
