"""Creates and migrates the two databases: logins, the directory, and a schema with its roles for each structure.

Run by an address that may create roles and schemas (`sillage migrate`), never by the service's logins.
"""

import hashlib
import re
from importlib import resources
from typing import Final
from uuid import UUID

import psycopg
from psycopg import sql

from crypto_shredding.database import LOGINS, role_of, schema_of
from domain.identifiers import StructureId

DIRECTORY_SCHEMA: Final = "directory"
_MIGRATION_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_ONE_AT_A_TIME: Final = 0x51_11_A6_E0  # Any constant does, as long as every migration takes the same advisory lock.


class MigrationChanged(Exception):
    """A migration that was already applied no longer reads as it did. Write a new one instead of changing an old one."""


def prepare_database(owner_address: str) -> None:
    """Make sure that the logins exist and that nobody else connects. Idempotent; for the main and for the keys database alike."""
    with psycopg.connect(owner_address, autocommit=True) as connection, _alone(connection):
        for login in LOGINS:
            _create_role(connection, login, sql.SQL("LOGIN NOINHERIT"))
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for login in LOGINS:
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(login)))


def migrate_directory(owner_address: str) -> None:
    """Bring the directory schema of the main database up to date."""
    _migrate(owner_address, "directory", DIRECTORY_SCHEMA, role="")


def migrate_structure(owner_address: str, code: str, *, kind: str) -> None:
    """Bring a structure's schema up to date. `kind` is `main` or `keys`. Creates its roles when they are missing."""
    with psycopg.connect(owner_address, autocommit=True) as connection, _alone(connection):
        for login in LOGINS:
            role = role_of(code, login)
            _create_role(connection, role, sql.SQL("NOLOGIN NOINHERIT"))
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
        _create_role(connection, _purger(code), sql.SQL("NOLOGIN NOINHERIT"))
        # PostgreSQL hands a function only to a role that the owner belongs to and that may create in the schema.
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(_purger(code))))
    _migrate(owner_address, kind, schema_of(code), role=_role_prefix(code), purger=_purger(code) if kind == "main" else None)


def register_structure(owner_address: str, structure: StructureId, code: str, name: str) -> None:
    """Enter a structure in the directory. Does nothing when the code is there already."""
    with psycopg.connect(owner_address, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO directory.structures (structure_id, code, name) VALUES (%s, %s, %s) ON CONFLICT (code) DO NOTHING",
            (UUID(str(structure)), code, name),
        )


def _role_prefix(code: str) -> str:
    return f"sillage_s_{code}"


def _purger(code: str) -> str:
    return f"{_role_prefix(code)}_purger"


def _alone(connection: psycopg.Connection[tuple[object, ...]]) -> "_Alone":
    return _Alone(connection)


class _Alone:
    """One migration at a time in a database: two starters must not race for the same role."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("SELECT pg_advisory_lock(%s)", (_ONE_AT_A_TIME,))

    def __exit__(self, *_: object) -> None:
        self._connection.execute("SELECT pg_advisory_unlock(%s)", (_ONE_AT_A_TIME,))


def _create_role(connection: psycopg.Connection[tuple[object, ...]], role: str, attributes: sql.SQL) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
        return
    try:
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), attributes))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # Roles belong to the whole cluster: another database's migration was a moment faster.


def _migrate(owner_address: str, kind: str, schema: str, *, role: str, purger: str | None = None) -> None:
    with psycopg.connect(owner_address, autocommit=True) as connection, _alone(connection), connection.transaction():
        here = sql.Identifier(schema)
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(here))
        connection.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {}.schema_migrations"
                " (name text PRIMARY KEY, digest bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())",
            ).format(here),
        )
        if purger:
            connection.execute(sql.SQL("GRANT CREATE ON SCHEMA {} TO {}").format(here, sql.Identifier(purger)))
        for name, text in migrations(kind):
            _apply_once(connection, here, name, text.format(schema=schema, role=role))
        if purger:
            connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM {}").format(here, sql.Identifier(purger)))


def _apply_once(
    connection: psycopg.Connection[tuple[object, ...]],
    here: sql.Identifier,
    name: str,
    text: str,
) -> None:
    digest = hashlib.sha256(text.encode()).digest()
    applied = connection.execute(sql.SQL("SELECT digest FROM {}.schema_migrations WHERE name = %s").format(here), (name,)).fetchone()
    if applied is not None:
        if applied[0] != digest:
            raise MigrationChanged(name)
        return
    # Schema and role names were checked against a pattern when the structure was registered; nothing a person typed is in here.
    connection.execute(text.encode())
    connection.execute(sql.SQL("INSERT INTO {}.schema_migrations (name, digest) VALUES (%s, %s)").format(here), (name, digest))


def migrations(kind: str) -> list[tuple[str, str]]:
    """List the migrations of `directory`, `main` or `keys`: name and text, in order."""
    folder = resources.files("crypto_shredding") / "migrations" / kind
    found = [entry for entry in folder.iterdir() if _MIGRATION_NAME.fullmatch(entry.name)]
    return [(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)]
