"""Taking backups: nothing is forgotten, each database at one moment, apart, encrypted, in constant memory, and gone in time (R074)."""

import os
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.backups.backup import KEPT, Found, find, newest_pair, prune, structures_of, take_keys, take_main
from crypto_shredding.backups.backup_contents import LEFT_OUT, Manifest, read_manifest
from crypto_shredding.backups.backup_file import SUFFIX, BackupUnusable, Header, Kind, opened
from tests.conftest import ALPHA, BETA, Templates
from tests.given import educator, filled
from tests.given import opened as opened_record
from tests.integration.crypto_shredding.backups import Vault, cloned

SCHEMAS = {Kind.MAIN: "s_alpha", Kind.KEYS: "s_alpha", Kind.DIRECTORY: "directory"}


@pytest.fixture(scope="module")
def databases(templates: Templates) -> Iterator[Databases]:
    """One pair for all: whoever takes a backup changes nothing, and what these tests add is in nobody's way."""
    with cloned(templates, "saved") as databases:
        yield databases


@pytest.fixture
def vault(tmp_path: Path, templates: Templates) -> Vault:
    return Vault(tmp_path / "sauvegardes", templates.provider_folder)


def address(databases: Databases, kind: Kind) -> str:
    return databases.keys if kind is Kind.KEYS else databases.main


def run(address: str, statement: str, *parameters: object) -> None:
    with psycopg.connect(address) as owner:
        owner.execute(statement.encode(), parameters)


def manifest(vault: Vault, path: Path) -> Manifest:
    with opened(path, vault.key) as reader:
        return read_manifest(reader)


def content(vault: Vault, path: Path) -> bytes:
    """Everything that a file holds, decrypted."""
    return b"".join(pieces(vault, path))


def pieces(vault: Vault, path: Path) -> Iterator[bytes]:
    with opened(path, vault.key) as reader:
        while not reader._ended:
            yield reader._frame()


def test_every_table_is_in_the_backup_or_left_out_with_a_reason(databases: Databases, vault: Vault) -> None:
    for kind in Kind:
        run(address(databases, kind), f"CREATE TABLE {SCHEMAS[kind]}.added_tomorrow (anything text)")
    paths = {file.header.kind: file.path for file in vault.take(databases) if file.code in {"alpha", ""}}

    for kind in Kind:
        with psycopg.connect(address(databases, kind)) as owner:
            there = {row[0] for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMAS[kind],))}
        saved = {table.name for table in manifest(vault, paths[kind]).tables}
        assert saved | LEFT_OUT[kind].keys() == there
        assert not saved & LEFT_OUT[kind].keys()
        assert "added_tomorrow" in saved
        assert all(LEFT_OUT[kind].values())


def test_a_table_comes_after_those_that_it_refers_to(databases: Databases, vault: Vault) -> None:
    run(databases.keys, "CREATE TABLE s_alpha.a_child (ring uuid REFERENCES s_alpha.key_rings)")

    (path,) = (file.path for file in vault.take(databases) if file.header == Header(Kind.KEYS, ALPHA, file.header.taken_at))

    order = [table.name for table in manifest(vault, path).tables]
    assert order.index("structure_keks") < order.index("key_rings") < order.index("a_child")


def test_what_is_written_meanwhile_is_in_no_file_of_that_moment(structure: Structure, databases: Databases, vault: Vault) -> None:
    filled(structure.records, educator())
    taken = take_main(databases.main, vault.folder, vault.key)
    rows = {file.code: file.rows for file in taken}

    def meanwhile(_done: int, _whole: int) -> None:
        opened_record(structure.records, educator())

    again = take_main(databases.main, vault.folder, vault.key, progress=meanwhile)

    assert {file.code: file.rows for file in again} == rows
    assert {file.header.taken_at for file in again} == {again[0].header.taken_at}


def test_keys_of_a_moment_go_with_events_of_that_moment(databases: Databases, vault: Vault) -> None:
    """What comes while the moment is read is in the keys and not in the events: never a stream without its ring."""

    def opening_meanwhile() -> datetime:
        run(databases.keys, "INSERT INTO s_alpha.key_rings VALUES (%s, 1, '', '')", youth := uuid4())
        run(databases.main, "INSERT INTO s_alpha.events (originator_id, originator_version, state) VALUES (%s, 1, '')", youth)
        youths.append(youth)
        return vault.clock()

    youths: list[UUID] = []
    main = take_main(databases.main, vault.folder, vault.key, clock=opening_meanwhile)
    keys = take_keys(databases.keys, vault.folder, vault.key, structures_of(databases.main), clock=opening_meanwhile)

    (events,), (rings,) = ([content(vault, file.path) for file in taken if file.code == "alpha"] for taken in (main, keys))
    assert youths[0].bytes not in events
    assert youths[0].bytes in rings
    assert youths[1].bytes in rings


def test_a_backup_of_events_holds_no_wrapped_key(structure: Structure, databases: Databases, vault: Vault) -> None:
    filled(structure.records, educator())
    taken = {(file.header.kind, file.code): file.path for file in vault.take(databases)}
    query = "SELECT slots FROM s_alpha.key_rings WHERE slots <> '' UNION SELECT wrapped FROM s_alpha.structure_keks"
    with psycopg.connect(databases.keys) as owner:
        secrets = [row[0] for row in owner.execute(query)]

    events, keys = (content(vault, taken[kind, "alpha"]) for kind in (Kind.MAIN, Kind.KEYS))

    assert all(secret in keys for secret in secrets)
    assert not any(secret in events for secret in secrets)


def test_structures_stay_apart_and_nothing_is_readable_without_the_key(structure: Structure, databases: Databases, vault: Vault) -> None:
    youth = filled(structure.records, educator())

    taken = {(file.header.kind, file.code): file.path for file in vault.take(databases)}

    assert youth.bytes in content(vault, taken[Kind.MAIN, "alpha"])
    assert youth.bytes not in content(vault, taken[Kind.MAIN, "beta"])
    for path in taken.values():
        assert youth.bytes not in path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_big_table_passes_through_little_memory(databases: Databases, vault: Vault) -> None:
    run(
        databases.main,
        "INSERT INTO s_alpha.events (originator_id, originator_version, state)"
        " SELECT gen_random_uuid(), 1, decode(repeat(md5(n::text), 1000), 'hex') FROM generate_series(1, 1500) AS n",
    )
    tracemalloc.start()
    taken = take_main(databases.main, vault.folder, vault.key)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sum(file.size for file in taken) > 24_000_000
    assert peak < 2_000_000


def test_what_a_killed_backup_left_is_swept_by_the_next(databases: Databases, vault: Vault) -> None:
    vault.folder.mkdir()
    left = vault.folder / f"20260314T020000-000000Z.alpha.main{SUFFIX}.0a0b0c0d.part"
    left.write_bytes(b"SILLAGE\n")

    vault.take(databases)

    assert not left.exists()
    assert {path.suffix for path in vault.folder.iterdir()} == {SUFFIX}


def test_each_kind_is_kept_its_time_by_the_clock_of_its_header(databases: Databases, vault: Vault) -> None:
    for days in (13, 15, 34, 36):
        vault.ago = timedelta(days=days)
        for file in vault.take(databases):
            os.utime(file.path, (0, 0))

    removed = prune(vault.folder, vault.key, now := datetime.now(UTC))

    left = {((now - file.header.taken_at).days, file.header.kind.value) for file in vault.files()}
    assert left == {(13, "main"), (13, "directory"), (13, "keys"), (15, "main"), (15, "directory"), (34, "main"), (34, "directory")}
    assert len(removed) == 2 + 2 + 5


def test_a_file_that_does_not_open_is_named_and_left(databases: Databases, vault: Vault) -> None:
    vault.ago = timedelta(days=40)
    spoilt = vault.take(databases)[0].path
    sealed = bytearray(spoilt.read_bytes())
    sealed[30] ^= 1
    spoilt.write_bytes(sealed)
    vault.ago = timedelta()
    there = {file.path for file in vault.take(databases)}

    removed = prune(vault.folder, vault.key, datetime.now(UTC))

    assert len(removed) == 4
    left, unreadable = find(vault.folder, vault.key)
    assert ({file.path for file in left}, unreadable) == (there, [spoilt])
    with pytest.raises(BackupUnusable):
        manifest(vault, spoilt)


def test_the_newest_file_of_each_kind_and_structure_stays_however_far_the_clock_is_ahead(databases: Databases, vault: Vault) -> None:
    vault.ago = timedelta(days=2)
    vault.take(databases)
    vault.ago = timedelta()
    newest = {file.path for file in vault.take(databases)}

    removed = prune(vault.folder, vault.key, datetime.now(UTC) + timedelta(days=40))

    assert len(removed) == len(newest) == 5
    assert {file.path for file in vault.files()} == newest


def test_a_file_dated_in_the_future_is_neither_the_newest_nor_a_reason_to_remove_another(databases: Databases, vault: Vault) -> None:
    vault.ago = timedelta(days=36)
    old = {file.path for file in vault.take(databases)}
    vault.ago = timedelta(days=-40)
    vault.take(databases)

    removed = prune(vault.folder, vault.key, datetime.now(UTC))
    chosen = {file.path for file in newest_pair(vault.files(), ALPHA) if file is not None}

    assert removed == []
    assert len(chosen) == 2
    assert chosen < old


def test_a_structure_half_founded_does_not_hinder_the_others(databases: Databases, vault: Vault) -> None:
    run(databases.main, "INSERT INTO directory.structures (structure_id, code, name) VALUES (gen_random_uuid(), 'gamma', 'Gamma')")

    assert {file.code for file in vault.take(databases)} == {"", "alpha", "beta"}


def pair(*files: tuple[Kind, int]) -> list[Found]:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return [Found(Path(f"{kind}-{hour}"), Header(kind, ALPHA, start + timedelta(hours=hour))) for kind, hour in files]


@pytest.mark.parametrize(
    ("files", "at", "chosen"),
    [
        (pair((Kind.MAIN, 1), (Kind.KEYS, 2)), None, ("main-1", "keys-2")),
        (pair((Kind.MAIN, 1), (Kind.KEYS, 2), (Kind.MAIN, 3), (Kind.KEYS, 4)), None, ("main-3", "keys-4")),
        (pair((Kind.MAIN, 1), (Kind.KEYS, 2), (Kind.MAIN, 3)), None, ("main-1", "keys-2")),
        (pair((Kind.MAIN, 1), (Kind.KEYS, 2), (Kind.MAIN, 3), (Kind.KEYS, 4)), 2, ("main-1", "keys-4")),
        (pair((Kind.MAIN, 1), (Kind.KEYS, 2), (Kind.MAIN, 3)), 3, ("main-3", "keys-2")),
        (pair((Kind.KEYS, 0), (Kind.MAIN, 1)), None, ("main-1", "keys-0")),
        (pair((Kind.MAIN, 1)), None, ("main-1", None)),
        (pair((Kind.KEYS, 1)), None, (None, "keys-1")),
        (pair((Kind.MAIN, 5), (Kind.KEYS, 6)), 2, (None, "keys-6")),
    ],
)
def test_the_newest_files_that_go_together_are_chosen(files: list[Found], at: int | None, chosen: tuple[str | None, str | None]) -> None:
    moment = None if at is None else datetime(2026, 3, 1, at, tzinfo=UTC)

    found = newest_pair(files, ALPHA, moment)

    assert tuple(file and file.path.name for file in found) == chosen
    assert newest_pair(files, BETA, moment) == (None, None)


def test_keys_are_kept_less_long_than_events() -> None:
    assert KEPT[Kind.KEYS] < KEPT[Kind.MAIN] == KEPT[Kind.DIRECTORY]
