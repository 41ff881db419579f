"""Brings all views forward by one batch of events, in one transaction with the position (design §5)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from eventsourcing.persistence import Notification

from domain.record.youth_record import YouthRecord
from domain.stream import ErasedEvent
from projections import registry
from projections.activities_fold import ActivitiesFold
from projections.activity_fold import ActivityFold
from projections.caseload_fold import CaseloadFold
from projections.figures_fold import FiguresFold
from projections.position import VIEWS
from projections.queries import statements
from projections.shares_fold import SharesFold
from projections.store import Connection, Database, EventReader, Handlers, Sealer
from projections.temporary_fold import TemporaryFold

_PURGE: Final = "DELETE FROM {%s} WHERE subject_id = ANY(%%b)"


class PositionMoved(Exception):
    """The views are not where this runner left them: a rebuild began, or another runner was at work. Nothing was written."""


class Batch:
    """Applies batches, one after the other. Not for several threads at once."""

    def __init__(self, database: Database, reader: EventReader, sealer: Sealer) -> None:
        self._reader = reader
        self._positions = statements(database, "positions")
        self._folded = statements(database, "figures")["folded_subjects"]
        self._purges = [database.statement(_PURGE % table) for table in registry.purged_by_the_runner()]
        self._caseload = CaseloadFold(database, sealer)
        self._shares = SharesFold(database, sealer)
        self._temporary = TemporaryFold(database, sealer)
        self._figures = FiguresFold(database, sealer)
        self._acts = ActivityFold(database, sealer)
        self._activities = ActivitiesFold(database, sealer)
        self._folds = (self._caseload, self._shares, self._temporary, self._figures, self._acts, self._activities)
        self._handlers = _by_event(*(fold.handlers for fold in self._folds))

    def apply(self, connection: Connection, expected: int, notifications: Sequence[Notification]) -> int:
        """Apply what comes right after the position `expected`; give the new position.

        Raises `PositionMoved`, and whatever says that an event cannot be processed. In each case nothing was written.
        """
        with connection.transaction():
            self._take_position(connection, expected)
            gone = self._fold(connection, notifications)
            for fold in self._folds:
                fold.store(connection)
            self._purge(connection, gone)
            position = notifications[-1].id
            connection.execute(self._positions["set"], (VIEWS, position), prepare=True)
        return position

    def _take_position(self, connection: Connection, expected: int) -> None:
        row = connection.execute(self._positions["lock"], (VIEWS,), prepare=True).fetchone()
        if row is None or row[0] != expected:
            raise PositionMoved

    def _fold(self, connection: Connection, notifications: Sequence[Notification]) -> set[UUID]:
        """Fold the events in their order; name the youths of whom nothing may stay."""
        stored = self._not_folded_away(connection, notifications)
        rings = self._reader.rings_of(stored)
        self._begin(connection, _streams(stored), rings)
        gone: set[UUID] = set()
        for notification in stored:
            # One at a time: a batch of decrypted events is the largest thing that a rebuild would hold in memory.
            event = self._reader.open_event(notification, rings)
            if isinstance(event, YouthRecord.ErasureBegun):
                self._figures.fold(event.originator_id, event.erasure)
            if isinstance(event, YouthRecord.ErasureBegun) or (isinstance(event, ErasedEvent) and event.whole):
                gone.add(event.originator_id)
            for handle in self._handlers.get(type(event), ()):
                handle(event)
        return gone

    def _not_folded_away(self, connection: Connection, notifications: Sequence[Notification]) -> Sequence[Notification]:
        """Leave out the youths whose erasure is folded already: they count among the erased, whatever is left of their events."""
        streams = list(_streams(notifications))
        folded = {row[0] for row in connection.execute(self._folded, (streams,), prepare=True, binary=True).fetchall()}
        return [notification for notification in notifications if notification.originator_id not in folded]

    def _begin(self, connection: Connection, streams: Collection[UUID], rings: Mapping[UUID, Any]) -> None:
        """Load the rows of the youths among `streams`; the other streams have none."""
        self._caseload.load(connection, streams, rings)
        self._shares.begin(rings)
        self._temporary.begin()
        self._figures.load(connection, streams, rings)
        self._acts.begin()
        self._activities.begin()

    def _purge(self, connection: Connection, youths: set[UUID]) -> None:
        if youths:
            for statement in self._purges:
                connection.execute(statement, (list(youths),), prepare=True)


def _streams(notifications: Iterable[Notification]) -> set[UUID]:
    return {cast("UUID", notification.originator_id) for notification in notifications}


def _by_event(*handlers: Handlers) -> Mapping[Any, Sequence[Callable[[Any], None]]]:
    together: dict[Any, list[Callable[[Any], None]]] = {}
    for of_view in handlers:
        for event, handle in of_view.items():
            together.setdefault(event, []).append(handle)
    return together
