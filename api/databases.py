"""Finds or starts the two databases and brings them up to date. Works with the owner's rights; the service itself never has them."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.settings import Settings
from crypto_shredding.keys.founding import found_keys
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.database import LOGINS, schema_of, statement
from crypto_shredding.postgresql.embedded_postgresql import EmbeddedPostgreSQL, start
from crypto_shredding.postgresql.migrating import migrate_directory, migrate_structure, prepare_database, register_structure
from domain.identifiers import StructureId

MAIN: Final = "sillage"
KEYS: Final = "sillage_keys"
_SUPERUSER: Final = "postgres"


class KeysMissing(Exception):
    """There are events and no keys at all: nothing is founded, and nothing is lost. Restore a backup of the keys, or mend the address."""


@dataclass(frozen=True)
class Databases:
    """The owner's addresses of the two databases, and the embedded server when there is one."""

    main: str
    keys: str
    server: EmbeddedPostgreSQL | None = None

    def stop(self) -> None:
        """Stop the embedded server, if it is ours."""
        if self.server is not None:
            self.server.stop()


def find_databases(settings: Settings) -> Databases:
    """Give the addresses from the settings, or start the embedded server and create its databases."""
    if settings.database is not None and settings.keys_database is not None:
        return Databases(settings.database, settings.keys_database)
    server = start(settings.data_folder.absolute(), bindir=settings.pg_bindir)
    for name in (MAIN, KEYS):
        create_database(server.address("postgres", _SUPERUSER), name)
    for login in LOGINS:
        # Before version 16 a server admits only the roles that its map of accounts names one by one.
        server.address(MAIN, login)
    return Databases(server.address(MAIN, _SUPERUSER), server.address(KEYS, _SUPERUSER), server)


def create_database(address: str, name: str) -> None:
    """Create a database when it is missing."""
    with psycopg.connect(address, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name)))


def address_of(address: str, database: str) -> str:
    """Give the address of another database on the same server."""
    return make_conninfo(address, dbname=database)


def migrate(databases: Databases, providers: Providers) -> None:
    """Bring both databases up to date, the schema of each structure in the directory included. Idempotent."""
    prepare_database(databases.main)
    prepare_database(databases.keys)
    migrate_directory(databases.main)
    for structure, code in structures_in(databases):
        _migrate_one(databases, providers, structure, code)


def structures_in(databases: Databases) -> list[tuple[StructureId, str]]:
    """List the structures of the directory, by identifier and code. No key is needed for it."""
    with psycopg.connect(databases.main) as connection:
        rows = connection.execute("SELECT structure_id, code FROM directory.structures ORDER BY code").fetchall()
    return [(StructureId(structure), code) for structure, code in rows]


def add_structure(databases: Databases, providers: Providers, structure: StructureId, code: str, name: str) -> None:
    """Create a structure: its entry, schemas, roles and first keys. Idempotent and resumable."""
    register_structure(databases.main, structure, code, name)
    with psycopg.connect(databases.main) as connection:
        row = connection.execute("SELECT structure_id FROM directory.structures WHERE code = %s", (code,)).fetchone()
    if row is None:
        raise LookupError(code)
    _migrate_one(databases, providers, StructureId(UUID(str(row[0]))), code)


def _migrate_one(databases: Databases, providers: Providers, structure: StructureId, code: str) -> None:
    migrate_structure(databases.main, code, kind="main")
    migrate_structure(databases.keys, code, kind="keys")
    _refuse_new_keys_for_old_events(databases, schema_of(code))
    found_keys(structure, databases.keys, schema_of(code), providers)


def _refuse_new_keys_for_old_events(databases: Databases, schema: str) -> None:
    """Raise `KeysMissing` rather than found fresh keys beside events that others had sealed: it is another keys database, or empty."""
    with psycopg.connect(databases.keys) as connection:
        founded = connection.execute(statement("SELECT 1 FROM {epochs} LIMIT 1", schema)).fetchone()
    with psycopg.connect(databases.main) as connection:
        written = connection.execute(statement("SELECT 1 FROM {events} LIMIT 1", schema)).fetchone()
    if written and not founded:
        raise KeysMissing
