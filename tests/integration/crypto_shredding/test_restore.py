"""Putting backups back: the same rows, the same rights, all or nothing, locked; and what is refused (R073, R188)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.bootstrap import Service, build
from api.databases import Databases, address_of, create_database
from api.settings import Settings
from crypto_shredding.backups.backup import structures_of, take_main
from crypto_shredding.backups.backup_file import BackupTampered, BackupTooNew, BackupTruncated, BackupUnusable, Kind, OtherBackup
from crypto_shredding.backups.restore import prove_keys, restore_directory, restore_structure
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
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.postgresql.database import APPLICATION, schema_of
from crypto_shredding.postgresql.migrating import lay, make_roles, migrate_directory, migrating, migrations, prepare_database
from tests.architecture.database_reference import describe
from tests.conftest import ALPHA, BETA, Templates
from tests.given import educator, filled, note
from tests.integration.crypto_shredding.backups import Vault, cloned, everything, places, tables


@pytest.fixture
def vault(tmp_path: Path, templates: Templates) -> Vault:
    return Vault(tmp_path / "sauvegardes", templates.provider_folder)


@pytest.fixture
def bare(addresses: tuple[str, str]) -> Iterator[Databases]:
    """Two databases with nothing in them, as on a new machine."""
    name = f"sillage_bare_{uuid4().hex[:12]}"
    for address, kind in zip(addresses, ("main", "keys"), strict=True):
        create_database(address, f"{name}_{kind}")
    yield Databases(address_of(addresses[0], f"{name}_main"), address_of(addresses[1], f"{name}_keys"))
    for address, kind in zip(addresses, ("main", "keys"), strict=True):
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"{name}_{kind}")))


@dataclass(frozen=True)
class Still:
    """A structure with some records and its backups, which nobody changes."""

    databases: Databases
    vault: Vault
    service: Service
    content: dict[str, dict[str, list[tuple[Any, ...]]]]


@pytest.fixture(scope="module")
def still(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Still]:
    """For what is refused: the tests that use it leave everything as it was."""
    folder = tmp_path_factory.mktemp("still")
    settings = Settings(data_folder=folder, keys_folder=templates.provider_folder, in_flight_seconds=0, pool_size=2)
    with cloned(templates, "still") as databases:
        service, vault = build(settings, databases), Vault(folder / "sauvegardes", templates.provider_folder)
        at_work(service, records=8)
        vault.take(databases)
        yield Still(databases, vault, service, everything(databases))


def rows(address: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as owner:
        cursor = owner.execute(query.encode(), parameters)
        return [] if cursor.description is None else cursor.fetchall()


def at_work(service: Service, records: int = 3) -> None:
    """Some records, and the views of them; the service leaves the databases."""
    structure = service.structure(ALPHA)
    for _ in range(records):
        filled(structure.records, educator())
    structure.runner.run_once()
    service.close()


def test_a_restore_brings_back_every_row_and_every_right_and_locks(service: Service, databases: Databases, vault: Vault) -> None:
    at_work(service)
    before, rights, other = everything(databases), describe(databases), everything(databases, "beta")
    taken = vault.take(databases)
    rows(databases.main, "DELETE FROM s_alpha.events")
    rows(databases.keys, "DELETE FROM s_alpha.key_rings")

    restored = vault.restore(databases, ALPHA, replace=True)

    assert everything(databases) == before
    assert restored.rows == sum(file.rows for file in taken if file.code == "alpha") == sum(map(len, flat(before)))
    assert restored.without_ring == 0
    assert describe(databases) == rights
    assert everything(databases, "beta") == other
    moments = {file.header.kind.value: file.header.taken_at for file in taken if file.code == "alpha"}
    assert rows(databases.main, "SELECT kind, taken_at, reopened_at FROM s_alpha.restores ORDER BY restored_at") == [
        ("main", moments["main"], None),
        ("keys", moments["keys"], None),
    ]


def flat(content: dict[str, dict[str, list[Any]]]) -> list[list[Any]]:
    return [of_table for database in content.values() for of_table in database.values()]


def test_a_new_machine_needs_the_files_and_the_keys_and_the_work_goes_on(
    service: Service, databases: Databases, bare: Databases, vault: Vault
) -> None:
    youth = filled(service.structure(ALPHA).records, educator(), note="vu au local")
    service.close()
    vault.take(databases)

    restored = vault.restore(bare, ALPHA)

    assert everything(bare) == everything(databases)
    assert restored.code == "alpha"
    rows(bare.main, "UPDATE s_alpha.restores SET reopened_at = clock_timestamp()")
    again = build(service.settings, bare)
    records = again.structure(ALPHA).records
    records.add_note(educator(), youth, note("et encore après"))
    assert [said.text for said in records.read_record(educator(), youth).notes] == ["vu au local", "et encore après"]
    again.close()


def test_a_backup_of_an_older_version_is_brought_up_to_date(bare: Databases, vault: Vault) -> None:
    for address, kind in ((bare.main, "main"), (bare.keys, "keys")):
        older = [name for name, _ in migrations(kind)][:2]
        prepare_database(address)
        make_roles(address, "alpha")
        with migrating(address) as connection:
            lay(connection, kind, schema_of("alpha"), "alpha", only=older)
    migrate_directory(bare.main)
    rows(bare.main, "INSERT INTO directory.structures (structure_id, code, name) VALUES (%s, 'alpha', 'A')", ALPHA)
    rows(bare.keys, "INSERT INTO s_alpha.structure_keks (epoch, wrapped) VALUES (1, 'x')")
    rows(bare.main, "INSERT INTO s_alpha.folded_erasures VALUES (%s)", BETA)
    vault.take(bare)

    vault.restore(bare, ALPHA, replace=True)

    assert rows(bare.main, "SELECT name FROM s_alpha.schema_migrations ORDER BY name") == [(name,) for name, _ in migrations("main")]
    assert rows(bare.main, "SELECT erasure_id FROM s_alpha.folded_erasures") == [(BETA,)]
    assert rows(bare.keys, "SELECT epoch FROM s_alpha.structure_keks") == [(1,)]


CANNOT_BE_UNDERSTOOD = {
    "INSERT INTO s_alpha.schema_migrations (name, digest) VALUES ('9999_later.sql', 'x')": BackupTooNew,
    "UPDATE s_alpha.schema_migrations SET digest = 'x' WHERE name LIKE '0001%%'": MigrationsDiffer,
    "ALTER TABLE s_alpha.imports ADD COLUMN stranger text": MigrationsDiffer,
}


def test_a_backup_that_this_version_cannot_understand_is_refused(databases: Databases, vault: Vault) -> None:
    for change, refusal in reversed(CANNOT_BE_UNDERSTOOD.items()):
        rows(databases.main, change)
        vault.take(databases)

        with pytest.raises(BackupUnusable) as refused:
            vault.restore(databases, ALPHA, replace=True)

        assert type(refused.value) is refusal


def refused(still: Still, refusal: type[Exception], **how: Any) -> None:
    """Restoring is refused, and nothing was changed by it."""
    with pytest.raises(refusal) as why:
        still.vault.restore(still.databases, ALPHA, **how)

    assert type(why.value) is refusal
    assert everything(still.databases) == still.content
    assert rows(still.databases.main, "SELECT 1 FROM s_alpha.restores") == []


def test_what_is_there_is_replaced_only_when_somebody_says_so(still: Still) -> None:
    refused(still, StructurePresent)

    with pytest.raises(StructurePresent):
        restore_directory(still.vault.found(Kind.DIRECTORY, UUID(int=0))[0], still.vault.key, still.databases.main)


def test_a_file_that_turns_out_damaged_changes_nothing(still: Still, tmp_path: Path) -> None:
    damaged, sound = tmp_path / "damaged.sillage", still.vault.found(Kind.KEYS, ALPHA)[0].read_bytes()

    for content, refusal in ((sound[:-40], BackupTruncated), (sound + b"\x00", BackupTampered)):
        damaged.write_bytes(content)
        refused(still, refusal, replace=True, keys=damaged)


def test_files_that_do_not_belong_together_are_refused(still: Still) -> None:
    (main,), (keys,), (other,) = (still.vault.found(*of) for of in ((Kind.MAIN, ALPHA), (Kind.KEYS, ALPHA), (Kind.KEYS, BETA)))

    for files in ({"main": keys}, {"keys": main}, {"main": main, "keys": other}):
        refused(still, OtherBackup, replace=True, **files)


def test_keys_whose_epoch_is_destroyed_do_not_take_the_place_of_living_ones(still: Still, tmp_path: Path) -> None:
    refused(replace(still, vault=replace(still.vault, provider_folder=tmp_path / "another")), EpochDestroyed, replace=True)


def test_a_running_service_is_not_restored_under_its_feet(still: Still) -> None:
    running = build(still.service.settings, still.databases)
    running.structure(ALPHA)
    try:
        refused(still, ServiceConnected, replace=True)
    finally:
        running.close()


def test_a_service_that_comes_in_the_middle_is_noticed_before_the_end(still: Still) -> None:
    come: list[psycopg.Connection[Any]] = []

    def meanwhile(_done: int, _whole: int) -> None:
        if not come:
            come.append(psycopg.connect(make_conninfo(still.databases.main, user=APPLICATION)))

    refused(still, ServiceConnected, replace=True, progress=meanwhile)
    come[0].close()


def test_keys_older_than_the_events_are_refused_with_what_would_be_lost(service: Service, databases: Databases, vault: Vault) -> None:
    structure = service.structure(ALPHA)
    filled(structure.records, educator())
    vault.take(databases)
    late = [filled(structure.records, educator()) for _ in range(2)]
    service.close()
    take_main(databases.main, vault.folder, vault.key)
    before = everything(databases)

    with pytest.raises(StreamsWithoutRing) as refused:
        vault.restore(databases, ALPHA, replace=True)
    assert everything(databases) == before
    restored = vault.restore(databases, ALPHA, replace=True, accept_losses=True)

    assert refused.value.number == restored.without_ring == 2
    assert rows(databases.keys, "SELECT 1 FROM s_alpha.key_rings WHERE subject_id = ANY(%s)", late) == []


def test_events_alone_go_back_under_the_keys_that_are_there(service: Service, databases: Databases, vault: Vault) -> None:
    at_work(service)
    vault.take(databases)
    (main,) = vault.found(Kind.MAIN, ALPHA)
    rings = tables(databases.keys, "s_alpha")

    restore_structure(places(databases), vault.key, vault.providers, main=main, replace=True)

    assert tables(databases.keys, "s_alpha") == rings
    assert rows(databases.main, "SELECT kind FROM s_alpha.restores") == [("main",)]


def test_keys_alone_lock_the_events_beside_them(service: Service, databases: Databases, bare: Databases, vault: Vault) -> None:
    at_work(service)
    vault.take(databases)
    (keys,) = vault.found(Kind.KEYS, ALPHA)

    restore_structure(places(databases), vault.key, vault.providers, keys=keys, replace=True)
    with pytest.raises(MainMissing):
        restore_structure(places(bare), vault.key, vault.providers, keys=keys)

    assert rows(databases.main, "SELECT kind FROM s_alpha.restores") == [("keys",)]


def test_what_the_replaced_database_knew_of_erasures_is_not_forgotten(databases: Databases, vault: Vault) -> None:
    vault.take(databases)
    entry = (1, uuid4(), uuid4(), None, bytes(32), 1)
    columns = "(number, erasure_id, subject_id, key_id, fingerprint, epoch, erased_at)"
    for address in (databases.main, databases.keys):
        rows(address, f"INSERT INTO s_alpha.erasure_ledger {columns} VALUES (%s, %s, %s, %s, %s, %s, now())", *entry)

    vault.restore(databases, ALPHA, replace=True)

    for address in (databases.main, databases.keys):
        assert rows(address, "SELECT number, erasure_id, subject_id, key_id, fingerprint, epoch FROM s_alpha.erasure_ledger") == [entry]


def test_another_structure_of_the_same_code_is_left_alone(databases: Databases, bare: Databases, vault: Vault) -> None:
    vault.take(databases)
    prepare_database(bare.main)
    migrate_directory(bare.main)
    rows(bare.main, "INSERT INTO directory.structures (structure_id, code, name) VALUES (%s, 'alpha', 'Autre')", uuid4())

    with pytest.raises(NamesakePresent):
        vault.restore(bare, ALPHA)


def test_the_directory_comes_back_without_anybody_signed_in_and_forgets_no_structure(
    databases: Databases, bare: Databases, vault: Vault
) -> None:
    rows(
        databases.main,
        "INSERT INTO directory.sessions VALUES ('digest', %s, gen_random_uuid(), 'accompany', now(), now() + interval '1 hour')",
        ALPHA,
    )
    vault.take(databases)
    (path,) = vault.found(Kind.DIRECTORY, UUID(int=0))
    rows(databases.main, "INSERT INTO directory.structures (structure_id, code, name) VALUES (gen_random_uuid(), 'gamma', 'Gamma')")

    assert restore_directory(path, vault.key, bare.main) == 2
    with pytest.raises(StructuresForgotten):
        restore_directory(path, vault.key, databases.main, replace=True)

    assert [source.code for source in structures_of(bare.main)] == ["alpha", "beta"]
    assert rows(bare.main, "SELECT 1 FROM directory.sessions") == []
    assert len(rows(databases.main, "SELECT 1 FROM directory.sessions")) == 1


def test_each_ring_of_a_keys_file_is_proven_apart_and_nobody_sees_it(still: Still) -> None:
    (path,), seen = still.vault.found(Kind.KEYS, ALPHA), []
    keys = still.databases.keys

    def open_ring(*row: Any) -> None:
        if not seen:
            assert rows(keys, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'check%%'") == []
        seen.append(row)

    assert prove_keys(path, still.vault.key, keys, ALPHA, open_ring) == len(seen)
    assert seen == rows(keys, "SELECT subject_id, epoch, slots, fingerprint, state FROM s_alpha.key_rings ORDER BY subject_id")
    assert rows(keys, "SELECT 1 FROM pg_namespace WHERE nspname LIKE 'check%%'") == []


def test_a_ring_that_does_not_open_makes_the_backup_unusable(still: Still) -> None:
    (path,), (other,) = still.vault.found(Kind.KEYS, ALPHA), still.vault.found(Kind.KEYS, BETA)

    def does_not_open(*_row: object) -> None:
        raise KeyUnknown

    with pytest.raises(BackupUnusable, match="KeyUnknown"):
        prove_keys(path, still.vault.key, still.databases.keys, ALPHA, does_not_open)
    with pytest.raises(OtherBackup):
        prove_keys(other, still.vault.key, still.databases.keys, ALPHA, does_not_open)


def test_the_keks_of_a_keys_file_are_at_hand_before_its_rings(still: Still) -> None:
    (path,), wrapped = still.vault.found(Kind.KEYS, ALPHA), []

    def prepare(connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> None:
        wrapped.extend(connection.execute(sql.SQL("SELECT wrapped FROM {}").format(sql.Identifier(schema, "structure_keks"))).fetchall())

    prove_keys(path, still.vault.key, still.databases.keys, ALPHA, lambda *_row: None, prepare=prepare)

    assert wrapped == rows(still.databases.keys, "SELECT wrapped FROM s_alpha.structure_keks")
