"""Takes backups: one encrypted file a structure and database, all files of one database from one moment of it (R074, R188).

    taken = take_main(main_address, folder, key) + take_keys(keys_address, folder, key, structures_of(main_address))

The main database comes first: a ring without a stream is harmless, a stream without a ring is a loss. So a keys file may be joined to every
main file that is not younger: the moment of a main file is read once its transaction has begun, that of a keys file before.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from crypto_shredding.backups.backup_contents import Connection, Progress, Source, describe, write_content
from crypto_shredding.backups.backup_file import SUFFIX, BackupUnusable, Header, Kind, create, read_header, sweep
from crypto_shredding.backups.backup_key import BackupKey
from crypto_shredding.postgresql.database import schema_of, statement
from crypto_shredding.postgresql.migrating import DIRECTORY_SCHEMA
from crypto_shredding.postgresql.queries import queries
from domain.legal_constants import EVENT_BACKUPS_KEPT, KEY_BACKUPS_KEPT

KEPT: Final = {Kind.MAIN: EVENT_BACKUPS_KEPT, Kind.DIRECTORY: EVENT_BACKUPS_KEPT, Kind.KEYS: KEY_BACKUPS_KEPT}
"""How long a file is kept."""
DIRECTORY: Final = UUID(int=0)
"""Stands for a structure in the header of a directory's file."""
STAMP: Final = "%Y%m%dT%H%M%S-%fZ"
_CLOCKS_DIFFER: Final = timedelta(hours=1)
"""What is dated later than this from now was dated by a clock that went wrong."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was written: `size` in bytes, `rows` over all its tables."""

    path: Path
    header: Header
    code: str
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """A file that opens with the key at hand."""

    path: Path
    header: Header


def structures_of(main_address: str) -> list[Source]:
    """List the structures of the directory."""
    with psycopg.connect(main_address) as connection:
        return _structures(connection)


def take_main(
    main_address: str,
    folder: Path,
    key: BackupKey,
    *,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Progress = lambda _done, _whole: None,
) -> list[Taken]:
    """Back up the directory and every structure of the main database."""
    with _one_moment(main_address) as connection:
        moment, structures = clock(), _structures(connection)
        return _take(connection, folder, key, kind=Kind.MAIN, sources=[None, *structures], moment=moment, progress=progress)


def take_keys(
    keys_address: str,
    folder: Path,
    key: BackupKey,
    structures: Sequence[Source],
    *,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Progress = lambda _done, _whole: None,
) -> list[Taken]:
    """Back up the keys of these structures. Usable alone: a rotation does so before it destroys an epoch."""
    moment = clock()
    with _one_moment(keys_address) as connection:
        return _take(connection, folder, key, kind=Kind.KEYS, sources=structures, moment=moment, progress=progress)


def newest_pair(
    files: Sequence[Found], structure: UUID, at: datetime | None = None, *, now: datetime | None = None
) -> tuple[Found | None, Found | None]:
    """Choose a structure's main and keys files among `files`: the newest that go together, or main as it was at `at`.

    The newest keys go with every older main: what was erased since stays erased, and the epochs before theirs are dead. Keys that are older
    than the main file may lack rings; they are chosen when there is nothing better, and `restore_structure` counts what would be lost.
    What is dated in the future is not the newest; it is chosen when there is nothing else.
    """
    mains, keys = (
        _believable([file for file in files if (file.header.kind, file.header.structure) == (kind, structure)], now or datetime.now(UTC))
        for kind in (Kind.MAIN, Kind.KEYS)
    )
    newest_keys = keys[-1] if keys else None
    latest = at or (newest_keys.header.taken_at if newest_keys else None)
    asked = [file for file in mains if latest is None or file.header.taken_at <= latest]
    return next(reversed(asked or ([] if at else mains)), None), newest_keys


def prune(folder: Path, key: BackupKey, now: datetime, kinds: Collection[Kind] = frozenset(Kind)) -> list[Path]:
    """Remove the files of these kinds whose time is over; give them. A file that does not open is left: nobody can tell whose time it is.

    The newest file of each kind and structure stays, whatever the clock says; a file dated in the future counts for none.
    """
    files = find(folder, key)[0]
    newest = {(file.header.kind, file.header.structure): file.path for file in files if not _is_ahead(file, now)}
    over = [file.path for file in files if file.header.kind in kinds and _is_over(file.header, now)]
    over = [path for path in over if path not in newest.values()]
    for path in over:
        path.unlink(missing_ok=True)
    return over


def find(folder: Path, key: BackupKey) -> tuple[list[Found], list[Path]]:
    """List the files of a folder, oldest first, and those that do not open with this key."""
    found, others = [], []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found.append(Found(path, read_header(path, key)))
        except BackupUnusable:
            others.append(path)
        except FileNotFoundError:
            continue  # Pruned by somebody else at this moment.
    return sorted(found, key=lambda file: file.header.taken_at), others


def _believable(files: Sequence[Found], now: datetime) -> list[Found]:
    """Give the files that are not dated in the future, oldest first; all of them when there is no other."""
    present = [file for file in files if not _is_ahead(file, now)]
    return sorted(present or files, key=lambda file: file.header.taken_at)


def _is_ahead(file: Found, now: datetime) -> bool:
    return file.header.taken_at - now > _CLOCKS_DIFFER


def _is_over(header: Header, now: datetime) -> bool:
    age: timedelta = now - header.taken_at
    return age > KEPT[header.kind]


@contextmanager
def _one_moment(address: str) -> Iterator[Connection]:
    """Lend a transaction that sees its database as it is now, to the end."""
    with psycopg.connect(address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SELECT 1")
        yield connection


def _structures(connection: Connection) -> list[Source]:
    rows = connection.execute(statement(queries("backup")["structures"], DIRECTORY_SCHEMA)).fetchall()
    return [Source(structure, code, name) for structure, code, name in rows]


def _take(
    connection: Connection,
    folder: Path,
    key: BackupKey,
    *,
    kind: Kind,
    sources: Sequence[Source | None],
    moment: datetime,
    progress: Progress,
) -> list[Taken]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(folder)
    # A structure whose founding was cut short has no schema yet, and nothing to lose.
    founded = [source for source in sources if connection.execute(queries("backup")["schema"].encode(), (_schema(source),)).fetchone()]
    done, whole = 0, _size(connection, [_schema(source) for source in founded])

    def copied(size: int) -> None:
        nonlocal done
        done += size
        progress(min(done, whole), whole)

    taken = []
    for source in founded:
        header = Header(kind if source else Kind.DIRECTORY, source.structure if source else DIRECTORY, moment)
        path = folder / ".".join([moment.strftime(STAMP), *([source.code] if source else []), header.kind + SUFFIX])
        manifest = describe(connection, header.kind, _schema(source), source)
        with create(path, header, key) as writer:
            rows = write_content(writer, connection, _schema(source), manifest, copied)
        taken.append(Taken(path, header, manifest.code, rows, writer.size))
    progress(whole, whole)
    return taken


def _schema(source: Source | None) -> str:
    return schema_of(source.code) if source else DIRECTORY_SCHEMA


def _size(connection: Connection, schemas: Sequence[str]) -> int:
    (size,) = connection.execute(queries("backup")["size"].encode(), (list(schemas),)).fetchone() or (0,)
    return int(size)
