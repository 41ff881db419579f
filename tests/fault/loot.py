"""What lies in copies of the databases, for whoever attacks: wrapped KEKs, slots of key rings, ciphertexts, out of servers, of backup files
and of raw bytes.

Nothing here opens anything but backup files, whose key lives on for ever.
"""

import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from crypto_shredding.backups import backup_contents, backup_file
from crypto_shredding.backups.backup_key import BackupKey
from crypto_shredding.canary_scan import CHUNK_BYTES, files
from crypto_shredding.envelope import MalformedEnvelope, read_header
from crypto_shredding.keys.key_ring import SLOT_BYTES

_COPY_HEADER_BYTES = 19
"""PostgreSQL's documentation, COPY, « Binary Format »: signature, flags, length of an extension that nobody uses."""
_READ: Mapping[str, Callable[[bytes], Any]] = {
    "uuid": lambda content: UUID(bytes=content),
    "integer": lambda content: int.from_bytes(content, "big", signed=True),
    "bigint": lambda content: int.from_bytes(content, "big", signed=True),
    "bytea": bytes,
}
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext as it lay in a row, and whom the row names."""

    content: bytes
    subject: UUID | None


@dataclass
class Loot:
    """What lay in copies of one structure's databases, each distinct thing once; `seen` counts how often there was a ciphertext."""

    structure: UUID
    schema: str
    keks: set[bytes] = field(default_factory=set)
    slots: set[tuple[UUID, bytes]] = field(default_factory=set)
    sealed: set[Sealed] = field(default_factory=set)
    epochs: set[int] = field(default_factory=set)
    seen: int = 0

    def read_server(self, address: str) -> None:
        """Add what a server holds: the structure's schema in each of its databases."""
        with psycopg.connect(address) as connection:
            names = [name for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate")]
        for name in names:
            with psycopg.connect(make_conninfo(address, dbname=name)) as connection:
                for table in _tables(connection, self.schema):
                    for row in _rows(connection, self.schema, table):
                        self._keep(table, row)

    def read_backup(self, path: Path, key: BackupKey) -> None:
        """Add what a backup file holds, opened with the key of the backups."""
        with backup_file.opened(path, key) as reader:
            if reader.header.structure == self.structure:
                for table in backup_contents.read_manifest(reader).tables:
                    for row in _copied_rows(reader, table):
                        self._keep(table.name, row)

    def count_of(self, subjects: Collection[UUID]) -> int:
        """Count the slots and the ciphertexts of these subjects."""
        return sum(subject in subjects for subject, _ in self.slots) + sum(sealed.subject in subjects for sealed in self.sealed)

    def add(self, other: "Loot") -> None:
        """Add what lay in other copies."""
        self.keks |= other.keks
        self.slots |= other.slots
        self.sealed |= other.sealed
        self.epochs |= other.epochs
        self.seen += other.seen

    def _keep(self, table: str, row: _Row) -> None:
        if isinstance(row.get("epoch"), int):
            self.epochs.add(row["epoch"])
        if table == "structure_keks":
            self.keks.add(row["wrapped"])
        elif table == "key_rings":
            self.slots |= {(row["subject_id"], slot) for slot in slots_of(row["slots"])}
        else:
            for content in row.values():
                if isinstance(content, bytes) and _is_sealed(content):
                    self.seen += 1
                    self.sealed.add(Sealed(content, row.get("originator_id") or row.get("subject_id")))


def slots_of(slots: bytes | None) -> list[bytes]:
    """Cut a ring into its slots; an erased one has none."""
    return [slots[start : start + SLOT_BYTES] for start in range(0, len(slots), SLOT_BYTES)] if slots else []


def held(folder: Path, wanted: Collection[bytes]) -> int:
    """Count those of `wanted` whose bytes stand anywhere in the files of `folder`: tables, write-ahead log, whatever is there."""
    missing = set(wanted)
    overlap = max(map(len, missing)) - 1
    for path in files(folder):
        with path.open("rb") as file:
            tail = b""
            while missing and (chunk := file.read(CHUNK_BYTES)):
                window = tail + chunk
                if window.count(0) < len(window):
                    missing -= {needle for needle in missing if needle in window}
                tail = window[-overlap:]
    return len(set(wanted)) - len(missing)


def _tables(connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> list[str]:
    query = "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = %s AND data_type = 'bytea'"
    return [name for (name,) in connection.execute(query, (schema,))]


def _rows(connection: psycopg.Connection[tuple[Any, ...]], schema: str, table: str) -> Iterator[_Row]:
    cursor = connection.cursor(binary=True)
    cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
    names = [column.name for column in cursor.description or ()]
    return (dict(zip(names, row, strict=True)) for row in cursor)


def _copied_rows(reader: backup_file.BackupReader, table: backup_contents.Table) -> Iterator[_Row]:
    content = b""
    while length := int.from_bytes(reader.read(4), "big"):
        content += reader.read(length)
    reader.read(8)  # The number of rows.
    at = _COPY_HEADER_BYTES
    while (fields := struct.unpack_from(">h", content, at)[0]) >= 0:
        assert fields == len(table.columns)
        at += 2
        row: dict[str, Any] = {}
        for name, kind in table.columns:
            (length,) = struct.unpack_from(">i", content, at)
            at += 4
            value = content[at : at + length] if length >= 0 else None
            at += max(length, 0)
            row[name] = _READ[kind](value) if value is not None and kind in _READ else None
        yield row


def _is_sealed(content: bytes) -> bool:
    try:
        read_header(content)
    except MalformedEnvelope:
        return False
    return True
