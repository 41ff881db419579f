"""Puts backups back: all or nothing, in one transaction a database; afterwards the structure is locked (R073, design §6).

    restore_structure(Places(main_address, keys_address), key, providers, main=main_file, keys=keys_file, replace=True)

The schema is laid by the migrations that the backup names, loaded, and brought up to date by those that came since. A structure that is
there already is dropped inside the same transaction: a kill in the middle leaves what was there. When both databases are restored, main is
committed first, with the rows that lock it: whatever is killed from then on, nobody opens a mixture.
"""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from crypto_shredding.backups.backup_contents import Connection, Manifest, Progress, columns_of, empty, load_content, read_manifest
from crypto_shredding.backups.backup_file import BackupReader, BackupTampered, BackupTooNew, BackupUnusable, Kind, OtherBackup, opened
from crypto_shredding.backups.backup_key import BackupKey
from crypto_shredding.backups.restore_refusals import (
    EpochDestroyed,
    MainMissing,
    MigrationsDiffer,
    NamesakePresent,
    ServiceConnected,
    StreamsWithoutRing,
    StructurePresent,
    StructuresForgotten,
)
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.database import LOGINS, schema_of, statement
from crypto_shredding.postgresql.migrating import (
    DIRECTORY_SCHEMA,
    digest_of,
    filled_migrations,
    lay,
    make_roles,
    migrate_directory,
    migrating,
    prepare_database,
)
from crypto_shredding.postgresql.queries import queries

STEPS: Final = ("main loaded", "keys loaded", "main committed", "keys committed")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,30}")
_RINGS_A_FETCH: Final = 2_000
_LEDGER: Final = "erasure_ledger"
_PATIENCE_SECONDS: Final = 1.0
_TICK_SECONDS: Final = 0.02


class Places(NamedTuple):
    """The owner's addresses of the two databases."""

    main: str
    keys: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: `without_ring` counts the streams that were lost with the caller's consent."""

    structure: UUID
    code: str
    rows: int
    without_ring: int


@dataclass(frozen=True, slots=True)
class _Content:
    reader: BackupReader
    manifest: Manifest

    @property
    def kind(self) -> Kind:
        return self.reader.header.kind

    @property
    def structure(self) -> UUID:
        return self.reader.header.structure


def restore_structure(
    places: Places,
    key: BackupKey,
    providers: Providers,
    *,
    main: Path | None = None,
    keys: Path | None = None,
    replace: bool = False,
    accept_losses: bool = False,
    progress: Progress = lambda _done, _whole: None,
    reached: Callable[[str], None] = lambda _step: None,
) -> Restored:
    """Put back a structure's main file, its keys file, or both, and lock it. At least one is given; the other database stays as it is.

    Raises `StructurePresent` unless `replace`, `StreamsWithoutRing` unless `accept_losses`, `ServiceConnected`, `NamesakePresent`,
    `MainMissing`, a kind of `BackupUnusable`, and what the provider raises. `reached` is told each of `STEPS`.
    """
    files = {kind: path for kind, path in ((Kind.MAIN, main), (Kind.KEYS, keys)) if path is not None}
    with ExitStack() as stack:
        contents = {kind: _content(stack.enter_context(opened(path, key)), kind) for kind, path in files.items()}
        of, *others = contents.values()
        if any(other.structure != of.structure or other.manifest.code != of.manifest.code for other in others):
            raise OtherBackup
        for address in places:
            prepare_database(address)
            make_roles(address, of.manifest.code)
        migrate_directory(places.main)
        read = _summed(files, progress)
        with migrating(places.keys) as keys_connection:
            with migrating(places.main) as main_connection:
                connections = {Kind.MAIN: main_connection, Kind.KEYS: keys_connection}
                _nobody_connected(*connections.values())
                _enter(main_connection, of, new=Kind.MAIN in contents)
                rows = 0
                for kind, content in contents.items():
                    rows += _put_back(connections[kind], content, schema_of(of.manifest.code), read(kind), replace=replace)
                    reached(f"{kind} loaded")
                if Kind.KEYS in contents:
                    _epochs_live(keys_connection, of, providers)
                lost = _streams_without_ring(main_connection, keys_connection, schema_of(of.manifest.code))
                if lost and not accept_losses:
                    raise StreamsWithoutRing(lost)
                for kind, content in contents.items():
                    _lock(main_connection, content, kind)
                _nobody_connected(*connections.values())
            reached("main committed")
        reached("keys committed")
    return Restored(of.structure, of.manifest.code, rows, lost)


def structure_in(path: Path, key: BackupKey) -> str:
    """Give the code of the structure that a file is about. Raises a kind of `BackupUnusable`."""
    with opened(path, key) as reader:
        return read_manifest(reader).code


def restore_directory(path: Path, key: BackupKey, main_address: str, *, replace: bool = False) -> int:
    """Put back the directory; give the number of rows. Nobody stays signed in.

    Raises `StructurePresent` unless `replace` or it is empty, `StructuresForgotten`, `ServiceConnected` and a kind of `BackupUnusable`.
    """
    with opened(path, key) as reader:
        content = _content(reader, Kind.DIRECTORY)
        prepare_database(main_address)
        migrate_directory(main_address)
        with migrating(main_address) as connection:
            _nobody_connected(connection)
            query = statement(queries("backup")["structures"], DIRECTORY_SCHEMA)
            before = {(structure, code) for structure, code, _ in connection.execute(query)}
            rows = _put_back(connection, content, DIRECTORY_SCHEMA, lambda _position: None, replace=replace or not before)
            after = {(structure, code) for structure, code, _ in connection.execute(query)}
            if forgotten := before - after:
                raise StructuresForgotten(", ".join(sorted(code for _, code in forgotten)))
        return rows


def prove_keys(
    path: Path,
    key: BackupKey,
    keys_address: str,
    structure: UUID,
    open_ring: Callable[[UUID, int | None, bytes | None, bytes, str], None],
    *,
    prepare: Callable[[Connection, str], None] = lambda _connection, _schema: None,
    rest: Callable[[], None] = lambda: None,
) -> int:
    """Restore a keys file apart, have each ring in it opened, and give how many there were. Raises a kind of `BackupUnusable`.

    `open_ring` gets subject, epoch, slots, fingerprint and state of each row, and raises an `EnvelopeError` or `KeyUnknown` when it does
    not open; `prepare` gets the transaction and the scratch schema before, to take the KEKs from there; `rest` is called after each little
    part of the work. All of it happens in a transaction that is never committed: nobody else sees the scratch schema, and a kill leaves
    nothing of it.
    """
    with opened(path, key) as reader, psycopg.connect(keys_address) as connection, connection.transaction(force_rollback=True):
        content, schema = _content(reader, Kind.KEYS), f"check_{uuid4().hex[:16]}"
        if content.structure != structure:
            raise OtherBackup
        _put_back(connection, content, schema, lambda _position: rest(), replace=False)
        proven = 0
        try:
            prepare(connection, schema)
            with connection.cursor("rings", binary=True) as rings:
                rings.itersize = _RINGS_A_FETCH
                for row in rings.execute(_query("every_ring", schema)):
                    open_ring(*row)
                    rest()
                    proven += 1
        except (EnvelopeError, KeyUnknown) as failure:
            raise BackupUnusable(f"a ring does not open ({type(failure).__name__})") from None
        return proven


def _content(reader: BackupReader, kind: Kind) -> _Content:
    """Read what the file says of itself, and refuse it before anything is touched."""
    if reader.header.kind != kind:
        raise OtherBackup
    manifest = read_manifest(reader)
    if kind != Kind.DIRECTORY and not _CODE.fullmatch(manifest.code):
        raise BackupTampered("no structure has such a code")
    schema, code = (DIRECTORY_SCHEMA, None) if kind == Kind.DIRECTORY else (schema_of(manifest.code), manifest.code)
    known = {name: digest_of(text).hex() for name, text in filled_migrations(kind, schema, code)}
    if manifest.migrations.keys() - known.keys():
        raise BackupTooNew
    if any(known[name] != digest for name, digest in manifest.migrations.items()):
        raise MigrationsDiffer
    return _Content(reader, manifest)


def _put_back(connection: Connection, content: _Content, schema: str, read: Callable[[int], None], *, replace: bool) -> int:
    """Lay, load and bring up to date `schema`, in the caller's transaction; give the number of rows."""
    manifest, code = content.manifest, content.manifest.code or None
    ledger = None
    if _is_there(connection, schema):
        if not replace:
            raise StructurePresent
        ledger = _ledger_aside(connection, schema)
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    lay(connection, content.kind, schema, code, only=manifest.migrations)
    columns = columns_of(connection, schema)
    if any(columns.get(table.name) != table.columns for table in manifest.tables):
        raise MigrationsDiffer
    empty(connection, schema, manifest)
    try:
        rows = load_content(content.reader, connection, schema, manifest, read)
    except (psycopg.DataError, psycopg.IntegrityError) as failure:
        # What PostgreSQL says may quote a row.
        raise BackupUnusable(f"the tables refuse what is in it ({type(failure).__name__})") from None
    lay(connection, content.kind, schema, code)
    if ledger is not None and ledger == columns_of(connection, schema).get(_LEDGER):
        connection.execute(_query("ledger_back", schema))
    return rows


def _ledger_aside(connection: Connection, schema: str) -> tuple[tuple[str, str], ...] | None:
    """Keep what the replaced database knows of erasures, and give the columns of that: an older copy knows less."""
    columns = columns_of(connection, schema).get(_LEDGER)
    if columns is not None:
        connection.execute(_query("ledger_aside", schema))
    return columns


def _summed(files: dict[Kind, Path], progress: Progress) -> Callable[[Kind], Callable[[int], None]]:
    """Tell how far all files together were read."""
    sizes = {kind: path.stat().st_size for kind, path in files.items()}
    read = dict.fromkeys(files, 0)

    def of(kind: Kind) -> Callable[[int], None]:
        def tell(position: int) -> None:
            read[kind] = position
            progress(sum(read.values()), sum(sizes.values()))

        return tell

    return of


def _nobody_connected(*connections: Connection) -> None:
    """Wait a moment for a service that has just been stopped; PostgreSQL notices its end a little later."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(_is_connected(connection) for connection in connections):
        if time.monotonic() > deadline:
            raise ServiceConnected
        time.sleep(_TICK_SECONDS)


def _is_connected(connection: Connection) -> bool:
    # Within a transaction PostgreSQL answers from what it saw first, unless it is told to look again.
    connection.execute("SELECT pg_stat_clear_snapshot()")
    (number,) = connection.execute(queries("backup")["connected"].encode(), (list(LOGINS),)).fetchone() or (0,)
    return bool(number)


def _enter(connection: Connection, content: _Content, *, new: bool) -> None:
    """Enter the structure in the directory, where no other may bear its code."""
    wanted = {"structure": content.structure, "code": content.manifest.code, "name": content.manifest.name}
    found = connection.execute(_query("namesakes", DIRECTORY_SCHEMA), wanted).fetchall()
    if any(row != (content.structure, content.manifest.code) for row in found):
        raise NamesakePresent
    if new:
        connection.execute(_query("register", DIRECTORY_SCHEMA), wanted)
    elif not found or not _is_there(connection, schema_of(content.manifest.code)):
        raise MainMissing


def _epochs_live(connection: Connection, content: _Content, providers: Providers) -> None:
    for epoch, provider in connection.execute(_query("key_epochs", schema_of(content.manifest.code))):
        if epoch not in providers.named(provider).epochs(content.structure):
            raise EpochDestroyed


def _streams_without_ring(main: Connection, keys: Connection, schema: str) -> int:
    streams = {row[0] for row in main.execute(_query("own_ring_streams", schema))}
    rings = {row[0] for row in keys.execute(_query("rings", schema))} if _is_there(keys, schema) else set()
    return len(streams - rings)


def _lock(main: Connection, content: _Content, kind: Kind) -> None:
    """Write down that this structure came back: it stays locked until what was erased since is erased again (`reopening.py`)."""
    main.execute(_query("restored", schema_of(content.manifest.code)), (kind, content.reader.header.taken_at))


def _is_there(connection: Connection, schema: str) -> bool:
    return connection.execute(queries("backup")["schema"].encode(), (schema,)).fetchone() is not None


def _query(name: str, schema: str) -> bytes:
    return statement(queries("backup")[name], schema)
