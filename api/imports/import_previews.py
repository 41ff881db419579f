"""The table of import previews: sealed parts, and how far an import has come. It knows neither files nor people (design §5)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from api.web.request_refusals import RequestRefused
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.expiring_seal import ExpiringSeal
from crypto_shredding.postgresql.database import RoleConnection, StructureDatabase, lock_key

FILE, CHOICES, SUMMARY, OUTCOME = "file", "choices", "summary", "outcome"
_PARTS: Final = (FILE, CHOICES, SUMMARY, OUTCOME)
WAITING, RUNNING, WRITTEN = "waiting", "running", "written"
LONGEST_LIFE: Final = timedelta(hours=24)
PREVIEWS_AT_MOST: Final = 5
"""Of one account. An older one goes when a newer one comes."""

_SWEEP: Final = """
DELETE FROM {import_previews}
WHERE expires_at <= clock_timestamp()
    OR (account_id = %(account)s AND state <> 'running' AND preview_id NOT IN (
        SELECT preview_id FROM {import_previews} WHERE account_id = %(account)s ORDER BY created_at DESC LIMIT %(most)s))
"""


class PreviewEnded(RequestRefused):
    """Cet aperçu n’existe plus : il disparaît quand la session se termine. Votre fichier, lui, est intact : choisissez-le à nouveau."""

    status = 404
    code = "preview_ended"


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a preview has come: its state, and how many steps of the import are done."""

    state: str
    done: int
    total: int
    file_digest: bytes | None


@dataclass(frozen=True)
class Previews:
    """The previews of one person in one session. Every method says `PreviewEnded` of another's, of an expired and of an unknown one."""

    database: StructureDatabase
    seal: ExpiringSeal

    def add(self, parts: Mapping[str, bytes], expires_at: datetime) -> UUID:
        """Keep a new preview until `expires_at`, 24 hours at most, and sweep what has expired."""
        preview = uuid4()
        sealed = {part: self.seal.seal(parts[part], preview, part) for part in (FILE, CHOICES, SUMMARY)}
        self._do(
            "INSERT INTO {import_previews} (preview_id, account_id, file, choices, summary, expires_at) VALUES (%(preview)s, %(account)s,"
            " %(file)s, %(choices)s, %(summary)s, least(%(expires)s, clock_timestamp() + %(longest)s))",
            preview,
            **sealed,
            expires=expires_at,
            longest=LONGEST_LIFE,
        )
        self.sweep()
        return preview

    def sweep(self) -> None:
        """Delete the previews that have expired, everybody's, and the oldest of whoever has too many."""
        self._do(_SWEEP, most=PREVIEWS_AT_MOST)

    def read(self, preview: UUID, *wanted: str) -> list[bytes | None]:
        """Open the `wanted` parts. Raises `PreviewEnded`."""
        columns = ", ".join(part for part in _PARTS if part in wanted)
        rows = self._do(f"SELECT {columns} FROM {{import_previews}} WHERE {_MINE}", preview)
        if not rows:
            raise PreviewEnded
        found = dict(zip((part for part in _PARTS if part in wanted), rows[0], strict=True))
        try:
            return [None if found[part] is None else self.seal.open(bytes(found[part]), preview, part) for part in wanted]
        except EnvelopeError:
            # The account is the same and the session another: what the former one sealed opens for nobody any more.
            raise PreviewEnded from None

    def change(self, preview: UUID, choices: bytes, summary: bytes) -> None:
        """Replace what was chosen and what it comes to, while nothing is being written. Raises `PreviewEnded`."""
        sealed = {CHOICES: self.seal.seal(choices, preview, CHOICES), SUMMARY: self.seal.seal(summary, preview, SUMMARY)}
        rows = self._do(
            f"UPDATE {{import_previews}} SET choices = %(choices)s, summary = %(summary)s, outcome = NULL"
            f" WHERE {_MINE} AND state = 'waiting' RETURNING 1",
            preview,
            **sealed,
        )
        if not rows:
            raise PreviewEnded

    def mine(self) -> list[tuple[UUID, datetime]]:
        """List the previews of this account that wait or are at work, the newest first."""
        rows = self._do(
            "SELECT preview_id, created_at FROM {import_previews} WHERE account_id = %(account)s AND state <> 'written'"
            " AND expires_at > clock_timestamp() ORDER BY created_at DESC"
        )
        return [(row[0], row[1]) for row in rows]

    def delete(self, preview: UUID) -> None:
        """Forget a preview, unless it is being written. Raises `PreviewEnded`."""
        if not self._do(f"DELETE FROM {{import_previews}} WHERE {_MINE} AND state <> 'running' RETURNING 1", preview):
            raise PreviewEnded

    def advance(self, preview: UUID) -> Advance:
        """Say how far a preview has come. Raises `PreviewEnded`."""
        rows = self._do(f"SELECT state, done, total, file_digest FROM {{import_previews}} WHERE {_MINE}", preview)
        if not rows:
            raise PreviewEnded
        return Advance(*rows[0])

    def start(self, preview: UUID, file_digest: bytes, total: int) -> bool:
        """Turn a waiting preview into a running one; tell whether it was waiting."""
        return bool(
            self._do(
                "UPDATE {import_previews} SET state = 'running', done = 0, total = %(total)s, file_digest = %(digest)s, outcome = NULL"
                f" WHERE {_MINE} AND state = 'waiting' RETURNING 1",
                preview,
                total=total,
                digest=file_digest,
            )
        )

    def finish(self, preview: UUID, outcome: bytes | None) -> None:
        """Say that the import is written: the file, the choices and the summary are gone."""
        self._do(
            "UPDATE {import_previews} SET state = 'written', file = NULL, choices = NULL, summary = NULL, done = total,"
            " outcome = %(outcome)s WHERE preview_id = %(preview)s AND state = 'running'",
            preview,
            outcome=None if outcome is None else self.seal.seal(outcome, preview, OUTCOME),
        )

    def put_back(self, preview: UUID, outcome: bytes) -> None:
        """Say why nothing was written. The preview waits again, with all that was chosen."""
        self._do(
            "UPDATE {import_previews} SET state = 'waiting', done = 0, outcome = %(outcome)s"
            " WHERE preview_id = %(preview)s AND state = 'running'",
            preview,
            outcome=self.seal.seal(outcome, preview, OUTCOME),
        )

    def _do(self, text: str, preview: UUID | None = None, **values: Any) -> list[tuple[Any, ...]]:
        parameters = {"preview": preview, "account": self.seal.account, **values}
        with self.database.connection() as connection:
            cursor = connection.execute(self.database.statement(text), parameters, binary=True)
            return cursor.fetchall() if cursor.description else []


_MINE: Final = "preview_id = %(preview)s AND account_id = %(account)s AND expires_at > clock_timestamp()"


@contextmanager
def alone(database: StructureDatabase, preview: UUID) -> Iterator[RoleConnection | None]:
    """Hold the lock of one import, on a connection of its own; lend that connection, or `None` when somebody else holds it.

    The lock is the connection's: a process that is killed lets go of it, and whoever asks next knows that nobody is at work any more.
    """
    key = {"key": lock_key(preview)}
    with database.connection() as connection:
        rows = connection.execute(b"SELECT pg_try_advisory_lock(%(key)s)", key).fetchall()
        if not rows[0][0]:
            yield None
            return
        try:
            yield connection
        finally:
            with suppress(psycopg.Error):
                connection.execute(b"SELECT pg_advisory_unlock(%(key)s)", key)


def show_progress(connection: RoleConnection, database: StructureDatabase, preview: UUID, done: int) -> None:
    """Write down how far an import has come, on the connection that holds its lock."""
    statement = database.statement("UPDATE {import_previews} SET done = %s WHERE preview_id = %s AND state = 'running'")
    connection.execute(statement, (done, preview))
