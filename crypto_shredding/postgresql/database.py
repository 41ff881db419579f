"""Connections that wear a structure's role, and only that structure's (design §5; invariant 10).

A login owns nothing and inherits nothing. Whoever takes a connection out of the pool names a structure; the role is set when the
connection wore another one, outside any transaction, so that a rollback cannot undo it. Setting it in every transaction was measured to
cost a quarter of the throughput (event_store_facts §5).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from string import Formatter
from typing import Any, Final, NewType
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from crypto_shredding.postgresql.prepared import Prepared, Row

Login = NewType("Login", str)
APPLICATION: Final = Login("sillage_app")
RUNNER: Final = Login("sillage_runner")
SAGA: Final = Login("sillage_saga")
LOGINS: Final = (APPLICATION, RUNNER, SAGA)

STATEMENT_TIMEOUT_SECONDS: Final = 10
"""The deadline of a request in flight, which an erasure waits for before it destroys a key (design §6)."""
_OPTIONS: Final = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
    # Every table is named with its schema; a function of PostgreSQL's is PostgreSQL's own, whatever the role or the database says.
    " -c search_path=pg_catalog,pg_temp"
)


class RoleConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that remembers which role it wears."""

    worn: str | None = None

    @cached_property
    def _binary_cursor(self) -> psycopg.Cursor[tuple[Any, ...]]:
        return self.cursor(binary=True)

    def rows(self, statement: bytes, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run a prepared statement and give its rows, all of them, none when it gives none.

        One cursor serves the whole life of the connection: making one a statement was measured to be a third of a short query's time.
        """
        cursor = self._binary_cursor
        cursor.execute(statement, parameters, prepare=True)
        return [] if cursor.rownumber is None else cursor.fetchall()

    @cached_property
    def _prepared_names(self) -> dict[bytes, bytes]:
        return {}

    def run(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """Run a statement of the hot path and give its rows as PostgreSQL sent them."""
        return statement.rows(self, values, self._prepared_names)

    def wear(self, role: str | None) -> None:
        """Put on `role`, or the bare login for `None`."""
        if self.worn == role:
            return
        if role is None:
            self.execute("RESET ROLE")
        else:
            self.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        self.worn = role


def open_pool(address: str, login: Login, *, size: int) -> ConnectionPool[RoleConnection]:
    """Open a pool of at most `size` connections of `login` to the database at `address`. Call it after a fork, never before."""
    return ConnectionPool(
        make_conninfo(address, user=login, options=_OPTIONS, application_name=login),
        connection_class=RoleConnection,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=size,
        timeout=5.0,
        max_idle=300.0,
        # Tried again after one second and after three: a database that recovers is found before those who wait for it give up.
        reconnect_timeout=4.0,
        open=True,
    )


class _Lease:
    """A connection out of the pool, in a role, for the length of a `with`.

    Written out, because the pool's own way has a worker thread look at each connection that comes back: two thread switches a statement.
    """

    __slots__ = ("_connection", "_pool", "_role")
    _connection: RoleConnection

    def __init__(self, pool: ConnectionPool[RoleConnection], role: str | None) -> None:
        self._pool = pool
        self._role = role

    def __enter__(self) -> RoleConnection:
        self._connection = self._pool.getconn()
        try:
            self._connection.wear(self._role)
        except BaseException:
            self._give_back()
            raise
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        # A connection in doubt is dropped: its transaction ends with it, and the pool opens another one.
        if self._connection.pgconn.transaction_status != TransactionStatus.IDLE:
            self._connection.close()
        self._pool.putconn(self._connection)


@dataclass(frozen=True)
class StructureDatabase:
    """One structure's schema in one database, reached through one login's pool."""

    pool: ConnectionPool[RoleConnection]
    schema: str
    role: str | None
    """The structure's role, or `None` for what belongs to the login itself (the directory)."""

    def connection(self) -> AbstractContextManager[RoleConnection]:
        """Lend a connection that commits each statement by itself."""
        return _Lease(self.pool, self.role)

    @contextmanager
    def transaction(self) -> Iterator[RoleConnection]:
        """Lend a connection inside one transaction."""
        with self.connection() as connection, connection.transaction():
            yield connection

    def table(self, name: str) -> sql.Identifier:
        """Name a table of this structure, schema included."""
        return sql.Identifier(self.schema, name)

    def statement(self, text: str) -> bytes:
        """Compose a statement: each `{name}` becomes that table or function of this structure, quoted."""
        return statement(text, self.schema)


@cache
def statement(text: str, schema: str) -> bytes:
    """Compose a statement for a schema: each `{name}` becomes that table or function there, quoted."""
    names = {field for _, field, _, _ in Formatter().parse(text) if field}
    # The text comes from this project's own files and constants, never from a person.
    composed = sql.SQL(text).format(**{name: sql.Identifier(schema, name) for name in names})
    return composed.as_bytes(None)


def schema_of(code: str) -> str:
    """Name the schema of the structure `code`, the same in both databases."""
    return f"s_{code}"


def role_of(code: str, login: Login) -> str:
    """Name the role that `login` wears for the structure `code`."""
    return f"sillage_s_{code}_{login.removeprefix('sillage_')}"


def notary_role_of(code: str) -> str:
    """Name the role that the saga's login wears while it seals the journal of the structure `code` (docs/adr/0015)."""
    return f"sillage_s_{code}_notary"


def lock_key(structure: UUID) -> int:
    """Derive the advisory lock that writers of a structure share: 64 bits of its random identifier, signed."""
    return int.from_bytes(structure.bytes[8:], "big", signed=True)
