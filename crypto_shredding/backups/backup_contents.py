"""What is inside a backup file: one structure's schema in one of the two databases, or the directory. Written and read in constant memory.

    content     = manifest | table | table | …
    manifest    = length(4) | JSON: the structure, the migrations that were applied, the tables with their columns, the sequences
    table       = piece | piece | … | 0(4) | number of rows(8)
    piece       = length(4) | bytes of PostgreSQL's COPY … (FORMAT BINARY)

The tables come in the order of their foreign keys and are found in PostgreSQL's catalogue: a new one is in the next backup without a word
here. Only what makes no sense after a restore is left out, and listed below with its reason.
"""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from crypto_shredding.backups.backup_file import FRAME_BYTES, BackupReader, BackupTampered, BackupWriter, Kind
from crypto_shredding.postgresql.database import statement
from crypto_shredding.postgresql.queries import queries

Connection = psycopg.Connection[tuple[Any, ...]]
Progress = Callable[[int, int], None]
"""Told how many bytes are done, and about how many there are."""

_BY_ITS_MIGRATIONS: Final = "written again by the migrations that a restore applies"
LEFT_OUT: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.MAIN: {
        "schema_migrations": _BY_ITS_MIGRATIONS,
        "import_previews": "sealed under the key of a session that a restore ends: it would open for nobody",
    },
    Kind.KEYS: {"schema_migrations": _BY_ITS_MIGRATIONS},
    Kind.DIRECTORY: {
        "schema_migrations": _BY_ITS_MIGRATIONS,
        "sessions": "nobody stays signed in across a restore",
        "api_tokens": "one that was revoked since the backup would come alive again",
        "invitations": "one that was used since the backup would come alive again",
        "challenges": "they live for minutes",
        "sign_in_failures": "they are forgotten after a day",
    },
}
_LENGTH: Final = struct.Struct(">I")
_ROWS: Final = struct.Struct(">Q")


class Source(NamedTuple):
    """A structure as the directory names it."""

    structure: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its columns, each with its type as PostgreSQL writes it."""

    name: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a content says of itself before its tables. `code` and `name` are empty for the directory."""

    code: str
    name: str
    server: str
    """PostgreSQL's version, such as "15.4"."""
    migrations: Mapping[str, str]
    """Name and digest (hexadecimal) of each migration that was applied."""
    tables: tuple[Table, ...]
    positions: Mapping[str, int]
    """How far each sequence had come."""


def columns_of(connection: Connection, schema: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """List the tables of a schema, each with its columns and their types."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, its_type in connection.execute(_query("columns", schema), (schema,)):
        columns.setdefault(table, []).append((column, its_type))
    return {table: tuple(of_table) for table, of_table in columns.items()}


def tables_of(connection: Connection, kind: Kind, schema: str) -> tuple[Table, ...]:
    """List what a backup of `schema` holds, each table after those that it refers to."""
    columns = columns_of(connection, schema)
    order = TopologicalSorter[str]({table: set() for table in columns})
    for child, parent in connection.execute(_query("references", schema), (schema,)):
        order.add(child, parent)
    kept = (name for name in order.static_order() if name in columns and name not in LEFT_OUT[kind])
    return tuple(Table(name, columns[name]) for name in kept)


def describe(connection: Connection, kind: Kind, schema: str, source: Source | None) -> Manifest:
    """Say what is in `schema`, in the caller's transaction.

    A sequence is no part of the transaction: it has come as far as the rows that are seen, or farther.
    """
    (server,) = connection.execute(_query("server", schema)).fetchone() or ("",)
    return Manifest(
        code=source.code if source else "",
        name=source.name if source else "",
        server=server,
        migrations={name: digest.hex() for name, digest in connection.execute(_query("applied", schema))},
        tables=tables_of(connection, kind, schema),
        positions=dict(connection.execute(_query("positions", schema), (schema,)).fetchall()),
    )


def write_content(writer: BackupWriter, connection: Connection, schema: str, manifest: Manifest, copied: Callable[[int], None]) -> int:
    """Write a content, in the caller's transaction; give the number of rows. `copied` is told the bytes of each piece."""
    _piece(writer, json.dumps(asdict(manifest), ensure_ascii=False).encode())
    rows = 0
    for table in manifest.tables:
        with connection.cursor() as cursor:
            waiting = bytearray()
            with cursor.copy(_copy("COPY {} ({}) TO STDOUT (FORMAT BINARY)", schema, table)) as copy:
                for part in copy:
                    waiting += part
                    if len(waiting) >= FRAME_BYTES:
                        _piece(writer, waiting)
                        copied(len(waiting))
                        waiting.clear()
            _piece(writer, waiting)
            copied(len(waiting))
            writer.write(_LENGTH.pack(0) + _ROWS.pack(cursor.rowcount))
            rows += cursor.rowcount
    return rows


def read_manifest(reader: BackupReader) -> Manifest:
    """Read what the content says of itself."""
    told = json.loads(reader.read(*_LENGTH.unpack(reader.read(_LENGTH.size))))
    tables = tuple(Table(table["name"], tuple((name, its_type) for name, its_type in table["columns"])) for table in told["tables"])
    return Manifest(**told | {"tables": tables})


def load_content(reader: BackupReader, connection: Connection, schema: str, manifest: Manifest, read: Callable[[int], None]) -> int:
    """Load the tables of a content into `schema`, whose tables are there and empty, and set its sequences; give the number of rows.

    Works in the caller's transaction. `read` is told how far the file was read. Raises a kind of `BackupUnusable`.
    """
    rows = 0
    for table in manifest.tables:
        with connection.cursor() as cursor:
            with cursor.copy(_copy("COPY {} ({}) FROM STDIN (FORMAT BINARY)", schema, table)) as copy:
                while length := _LENGTH.unpack(reader.read(_LENGTH.size))[0]:
                    copy.write(reader.read(length))
                    read(reader.position)
            if _ROWS.unpack(reader.read(_ROWS.size))[0] != cursor.rowcount:
                raise BackupTampered("a table has not as many rows as it says")
            rows += cursor.rowcount
    reader.end()
    for sequence, position in manifest.positions.items():
        connection.execute("SELECT setval(%s::regclass, %s)", (sql.Identifier(schema, sequence).as_string(connection), position))
    return rows


def empty(connection: Connection, schema: str, manifest: Manifest) -> None:
    """Take out what a migration may have put in: the backup has it, as it was."""
    for table in reversed(manifest.tables):
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, table.name)))


def _piece(writer: BackupWriter, content: bytes | bytearray) -> None:
    if content:
        writer.write(_LENGTH.pack(len(content)) + content)


def _copy(words: str, schema: str, table: Table) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name, _ in table.columns)
    return sql.SQL(words).format(sql.Identifier(schema, table.name), columns)


def _query(name: str, schema: str) -> bytes:
    return statement(queries("backup")[name], schema)
