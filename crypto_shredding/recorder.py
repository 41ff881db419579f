"""The library's recorder on PostgreSQL: one statement an append, its trail line inside (design §5; invariants 2 and 3).

No table lock, no NOTIFY, and no retry of a write: a connection lost while committing leaves a doubt that the idempotency key settles.
The database refuses everything but SELECT and INSERT to the role that comes here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, NotSupportedError, StoredEvent, Subscription

from crypto_shredding.following import Follower
from crypto_shredding.mapper import STORED_TOPIC
from crypto_shredding.postgresql.database import StructureDatabase, lock_key
from crypto_shredding.postgresql.prepared import Kind, Prepared, integer
from crypto_shredding.postgresql.queries import queries
from domain.identifiers import ErasureId, StructureId, YouthId
from domain.refusals import ConcurrentChange, Replayed, StoreUnavailable, TrailUnavailable
from domain.trail import CommandKey, Fence, Operation, TrailLine

_NO_LIMIT: Final = 2**62
_IMPORT_SECONDS: Final = 300
_KINDS: Final = {
    **dict.fromkeys(("account", "stream", "subject", "request", "about"), Kind.UUID),
    **dict.fromkeys(("role", "purpose", "operation", "outcome", "categories"), Kind.TEXT),
    **dict.fromkeys(("lock", "records", "version"), Kind.BIGINT),
    **dict.fromkeys(("key", "state"), Kind.BYTES),
}
_FIRST_EVENTS: Final = 2_000


class SealedRecorder(ApplicationRecorder):
    """Appends and reads the sealed events of one structure."""

    def __init__(self, structure: StructureId, database: StructureDatabase) -> None:
        self._database = database
        self._lock = lock_key(structure)
        self.follower = Follower(structure, database)

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self._database.statement(text) for name, text in queries("append").items()}

    @cached_property
    def _append_one(self) -> Prepared:
        return Prepared(self._sql["append_one"], _KINDS)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append `stored_events` with `trail`, and `command` and `fence` where given; give their positions.

        Keyword arguments: `trail: TrailLine` (always), `command: CommandKey | None`, `fence: Fence | None`.
        Raises `ConcurrentChange`, `Replayed`, `TrailUnavailable`, `StoreUnavailable`: in each case nothing was written by this call.
        """
        trail: TrailLine = kwargs["trail"]
        command: CommandKey | None = kwargs.get("command")
        name, parameters = self._append(stored_events, trail, command, kwargs.get("fence"))
        try:
            with self._database.connection() as connection:
                if name == "append_one":
                    return [integer(row[0]) for row in connection.run(self._append_one, parameters)]
                rows = connection.rows(self._sql[name], parameters)
        except psycopg.errors.UniqueViolation:
            raise self._taken(command) from None
        except psycopg.OperationalError:
            raise StoreUnavailable from None
        except psycopg.Error:
            raise TrailUnavailable from None
        return [row[0] for row in rows]

    def write_trail(self, line: TrailLine) -> int:
        """Commit what is about to be disclosed. Raises `TrailUnavailable`: then nothing may be disclosed (R082).

        Gives the version of the latest fence of the records that it names, 0 when there is none.
        """
        parameters = self._line(line) | {"subjects": _shown(line)}
        try:
            with self._database.connection() as connection:
                rows = connection.rows(self._sql["write_line"], parameters)
        except psycopg.Error:
            raise TrailUnavailable from None
        return max((row[0] for row in rows), default=0)

    def insert_bulk(self, stored_events: Sequence[StoredEvent], *, trail: TrailLine, import_digest: bytes) -> None:
        """Append many events, name the new subjects and leave their lines, all or nothing. `trail.subjects` are the records opened.

        Raises `Replayed` when this very file was imported before, `StoreUnavailable` or `TrailUnavailable` when nothing could be written.
        """
        try:
            with self._database.transaction() as connection:
                connection.execute(f"SET LOCAL statement_timeout = '{_IMPORT_SECONDS}s'".encode())
                connection.execute(self._sql["take_shared_lock"], {"lock": self._lock})
                connection.execute(self._sql["remember_import"], {"digest": import_digest, "account": trail.actor.account})
                connection.execute(self._sql["name_subjects"], {"subjects": list(trail.subjects)})
                connection.execute(self._sql["write_line"], self._line(trail) | {"subjects": _shown(trail)})
                with connection.cursor() as cursor, cursor.copy(self._sql["copy_events"]) as copy:
                    copy.set_types(["uuid", "int8", "bytea"])
                    for stored in stored_events:
                        copy.write_row((stored.originator_id, stored.originator_version, stored.state))
        except psycopg.errors.UniqueViolation as violation:
            if violation.diag.constraint_name == "imports_pkey":
                raise Replayed(None, 0) from None
            raise ConcurrentChange from None
        except psycopg.OperationalError:
            raise StoreUnavailable from None
        except psycopg.Error:
            raise TrailUnavailable from None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Read the stored events of a stream, in order. Raises `StoreUnavailable`."""
        parameters = {"stream": originator_id, "gt": gt or 0, "lte": _NO_LIMIT if lte is None else lte}
        try:
            with self._database.connection() as connection:
                rows = connection.rows(self._sql["select_stream"], parameters)
        except psycopg.OperationalError:
            raise StoreUnavailable from None
        events = [StoredEvent(originator_id, version, STORED_TOPIC, state) for version, state in rows]
        return (events[::-1] if desc else events)[:limit]

    def select_first_events(self) -> Iterator[Sequence[StoredEvent]]:
        """Read the first stored event of every stream that was not purged, in batches. Raises `StoreUnavailable`."""
        after = UUID(int=0)
        while True:
            try:
                with self._database.connection() as connection:
                    rows = connection.rows(self._sql["select_first"], {"after": after, "limit": _FIRST_EVENTS})
            except psycopg.OperationalError:
                raise StoreUnavailable from None
            if not rows:
                return
            yield [StoredEvent(stream, 1, STORED_TOPIC, state) for stream, state in rows]
            after = rows[-1][0]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Read what was appended after `start`, none missed. There are no topics in clear to filter by."""
        if topics:
            raise NotSupportedError("no topic stands in clear")
        after = (start or 0) - (1 if inclusive_of_start and start else 0)
        return [row for row in self.follower.next_batch(after, limit) if stop is None or row.id <= stop]

    def max_notification_id(self) -> int | None:
        """Give the highest position, or `None` in an empty store."""
        with self._database.connection() as connection:
            row = connection.execute(self._sql["highest"], prepare=True).fetchone()
        return row[0] if row else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:  # noqa: ARG002
        """Not offered: the runner follows in batches, so that no write has to notify anybody."""
        raise NotSupportedError("follow with the runner")

    def fence_of(self, subject: YouthId) -> ErasureId | None:
        """Give the erasure that closed this youth's stream, or `None` while it is open. Raises `StoreUnavailable`."""
        try:
            with self._database.connection() as connection:
                row = connection.execute(self._sql["fence_of"], (subject,), prepare=True, binary=True).fetchone()
        except psycopg.OperationalError:
            raise StoreUnavailable from None
        return ErasureId(row[0]) if row else None

    def subject_of(self, reference: UUID) -> YouthId | None:
        """Give the record that the trail knows as `reference`, if there is one. Raises `StoreUnavailable`."""
        rows = self._read("subject_of_reference", (reference,))
        return YouthId(rows[0][0]) if rows else None

    def erasures(self, *, before: datetime | None, limit: int) -> Sequence[ErasureId]:
        """List the erasures that were asked for, the latest first. Raises `StoreUnavailable`."""
        return [ErasureId(row[0]) for row in self._read("erasures", {"before": before, "limit": limit})]

    def _read(self, name: str, parameters: Any) -> list[tuple[Any, ...]]:
        try:
            with self._database.connection() as connection:
                return connection.rows(self._sql[name], parameters)
        except psycopg.OperationalError:
            raise StoreUnavailable from None

    def accepted(self, command: CommandKey) -> tuple[UUID, int] | None:
        """Give the stream and version where `command` was accepted before, or `None`. Raises `StoreUnavailable`."""
        try:
            with self._database.connection() as connection:
                row = connection.execute(self._sql["replayed"], (command.account, command.digest), prepare=True).fetchone()
        except psycopg.OperationalError:
            raise StoreUnavailable from None
        return (row[0], row[1]) if row else None

    def was_imported(self, file_digest: bytes) -> bool:
        """Tell whether this very file was imported before."""
        with self._database.connection() as connection:
            return connection.execute(self._sql["imported"], (file_digest,)).fetchone() is not None

    def _append(
        self,
        stored: Sequence[StoredEvent],
        trail: TrailLine,
        command: CommandKey | None,
        fence: Fence | None,
    ) -> tuple[str, dict[str, Any]]:
        first = stored[0]
        parameters = self._line(trail) | {
            "key": command.digest if command else None,
            "subject": trail.subjects[0] if trail.subjects else None,
            "stream": first.originator_id,
        }
        if fence is not None:
            closing = max(event.originator_version for event in stored if event.originator_id == fence.subject)
            parameters |= {"version": closing, "fence_version": closing, "erasure": fence.erasure, "stream": fence.subject}
            parameters |= {"whole": fence.whole}
            return ("append_reopening" if fence.reopens else "append_fence"), parameters | _arrays(stored)
        opening = trail.operation is Operation.OPEN_RECORD
        if len(stored) == 1 and not opening:
            return "append_one", parameters | {"version": first.originator_version, "state": first.state}
        # Of the stream that the command began with: what is appended beside it (an entry on a shelf) has versions of its own.
        parameters["version"] = max(event.originator_version for event in stored if event.originator_id == first.originator_id)
        return ("append_opening" if opening else "append_many"), parameters | _arrays(stored)

    def _line(self, line: TrailLine) -> dict[str, Any]:
        return {
            "lock": self._lock,
            "account": line.actor.account,
            "role": line.actor.role.value,
            "purpose": line.actor.purpose.value,
            "operation": line.operation.value,
            "outcome": line.outcome.value,
            "categories": ",".join(line.categories),
            "records": line.records,
            "request": line.actor.request,
            "about": line.about,
        }

    def _taken(self, command: CommandKey | None) -> Exception:
        # PostgreSQL names the first constraint that it met: a repeated command may trip over its own event before its own key.
        before = self.accepted(command) if command is not None else None
        return ConcurrentChange() if before is None else Replayed(*before)


def _shown(line: TrailLine) -> list[YouthId | None]:
    return [*line.subjects] or [None]


def _arrays(stored: Sequence[StoredEvent]) -> dict[str, Any]:
    return {
        "streams": [event.originator_id for event in stored],
        "versions": [event.originator_version for event in stored],
        "states": [event.state for event in stored],
    }
