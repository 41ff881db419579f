"""The library's own projection of the same events: its runner, one event at a time, one upsert an event with its tracking record."""

from functools import singledispatchmethod
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import EnvType
from psycopg.sql import SQL, Identifier

from tests.benchmarks.stock import StockApplication, StockRecord

_TABLE: Final = "stock_records"
_LONGEST_SECONDS: Final = 600.0


class StockView(PostgresTrackingRecorder):
    """How many notes each record has, and the day of the last one."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        names = SQL("CREATE TABLE IF NOT EXISTS {} (record uuid PRIMARY KEY, notes integer NOT NULL, last_note text)")
        self.sql_create_statements.append(names.format(Identifier(self.datastore.schema, _TABLE)))
        upsert = SQL(
            "INSERT INTO {} AS held VALUES (%s, %s, %s) ON CONFLICT (record)"
            " DO UPDATE SET notes = held.notes + EXCLUDED.notes, last_note = greatest(held.last_note, EXCLUDED.last_note)",
        )
        self._upsert = upsert.format(Identifier(self.datastore.schema, _TABLE))

    def count(self, record: UUID, notes: int, day: str | None, tracking: Tracking) -> None:
        """Add `notes` to a record's."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._upsert, (record, notes, day), prepare=True)
            self._insert_tracking(cursor, tracking)

    def empty(self) -> None:
        """Throw the view away."""
        with self.datastore.transaction(commit=True) as cursor:
            for table in (_TABLE, self.tracking_table_name):
                cursor.execute(SQL("DROP TABLE {}").format(Identifier(self.datastore.schema, table)))


class StockProjection(Projection[StockView]):
    """Counts notes."""

    name = "stock_view"

    @singledispatchmethod
    def process_event(self, _event: DomainEventProtocol[Any], tracking: Tracking) -> None:
        """Pass by what is not counted."""
        self.view.insert_tracking(tracking)

    @process_event.register
    def _opened(self, event: StockRecord.Opened, tracking: Tracking) -> None:
        self.view.count(event.originator_id, 0, None, tracking)

    @process_event.register
    def _note_added(self, event: StockRecord.NoteAdded, tracking: Tracking) -> None:
        self.view.count(event.originator_id, 1, event.occurred_on.isoformat(), tracking)


def project_all(env: EnvType, events: int) -> None:
    """Empty the view, and have the library's runner process `events` events."""
    with ProjectionRunner(
        application_class=StockApplication,
        projection_class=StockProjection,
        view_class=StockView,
        env={**env, "POSTGRES_POOL_SIZE": "5"},
    ) as runner:
        runner.wait(events, timeout=_LONGEST_SECONDS)
        runner.view.empty()
