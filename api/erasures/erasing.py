"""Puts together what erases in one structure: the saga, the rotation of epochs, the places of the ledger. Part of the composition root."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from api.databases import Databases
from api.settings import Settings
from crypto_shredding.backups.backup_contents import Source
from crypto_shredding.erasure.destruction import KeyDestruction
from crypto_shredding.erasure.erasure_saga import ErasureSaga
from crypto_shredding.erasure.ledger_copies import LedgerCopies
from crypto_shredding.keys.escrow_folder import EscrowFolder
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.keys.proving import BackupProof
from crypto_shredding.keys.rotation import KeyRotation
from crypto_shredding.postgresql.database import StructureDatabase, schema_of, statement
from crypto_shredding.publishing import LedgerPublishing
from domain.identifiers import StructureId, YouthId
from domain.oblivion.erasure_commands import ErasureCommands
from projections import registry

_LOCAL_HOSTS: Final = ("", "localhost", "127.0.0.1", "::1")


def ledger_of(settings: Settings, structure: StructureId) -> LedgerCopies:
    """Give the files of a structure's ledger. The default folder is made; a folder that the settings name must be there (it is a mount)."""
    if not settings.ledger_folders:
        settings.default_ledger_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LedgerCopies(settings.ledger_folders or (settings.default_ledger_folder,), structure)


def saga_of(
    settings: Settings,
    application: ErasureCommands,
    database: StructureDatabase,
    rotation: KeyRotation,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
) -> ErasureSaga:
    """Compose the saga of a structure, with the saga's own login in both databases."""
    key_store = rotation.key_store
    destruction = KeyDestruction(key_store)
    return ErasureSaga(
        application,
        database,
        destruction,
        LedgerPublishing(destruction, database, ledger_of(settings, key_store.structure)),
        rotation,
        registry.purged_by_the_runner(),
        clock,
        new_id,
        settings.in_flight_seconds,
        is_apart=keys_lie_apart(settings),
    )


def rotation_of(settings: Settings, databases: Databases, key_store: KeyStore, code: str, name: str) -> KeyRotation:
    """Compose the rotation of a structure's epochs."""
    source = Source(key_store.structure, code, name)
    proof = BackupProof(source, databases.keys, settings.backups, settings.provider_folder, key_store.providers)
    return KeyRotation(key_store, proof, None if settings.escrow_folder is None else EscrowFolder(settings.escrow_folder))


def purge_views(databases: Databases, code: str, youth: YouthId) -> None:
    """Remove a youth's rows from every view with the owner's rights: the runner has passed them, and no event will make it pass again."""
    with psycopg.connect(databases.main) as connection:
        for table in registry.purged_by_the_runner():
            connection.execute(statement(f"DELETE FROM {{{table}}} WHERE subject_id = %s", schema_of(code)), (youth,))


def number_from(databases: Databases, code: str, position: int) -> None:
    """Have the events that come be numbered after `position`, with the owner's rights: those that a restore lost had come so far."""
    schema = schema_of(code)
    with psycopg.connect(databases.main) as connection:
        connection.execute(
            statement("SELECT setval(%s, greatest(%s, (SELECT max(notification_id) FROM {events}), 1))", schema),
            (_sequence_of(connection, schema), position),
        )


def keys_lie_apart(settings: Settings) -> bool:
    """Tell whether the provider's keys and the data lie on different disks. What cannot be told counts as no."""
    if settings.provider == "pkcs11":
        return True
    if not settings.embedded:
        return settings.database_host not in _LOCAL_HOSTS and not settings.database_host.startswith("/")
    return _disk(settings.provider_folder) != _disk(settings.data_folder)


def _sequence_of(connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> str:
    row = connection.execute("SELECT pg_get_serial_sequence(%s, 'notification_id')", (f"{schema}.events",)).fetchone()
    return str(row[0] if row else None)


def _disk(folder: Path) -> int:
    return folder.stat().st_dev if folder.exists() else -1
