"""Creates and migrates the two databases: logins, the directory, and a schema with its roles for each structure.

Run by an address that may create roles and schemas (`sillage migrate`), never by the service's logins.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from crypto_shredding.postgresql.database import LOGINS, SAGA, notary_role_of, role_of, schema_of
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
    with migrating(owner_address) as connection:
        lay(connection, "directory", DIRECTORY_SCHEMA)


def migrate_structure(owner_address: str, code: str, *, kind: str) -> None:
    """Bring a structure's schema up to date. `kind` is `main` or `keys`. Creates its roles when they are missing."""
    make_roles(owner_address, code)
    with migrating(owner_address) as connection:
        lay(connection, kind, schema_of(code), code)


def make_roles(owner_address: str, code: str) -> None:
    """Create a structure's roles when they are missing. They hold nothing before a migration grants it to them."""
    with psycopg.connect(owner_address, autocommit=True) as connection, _alone(connection):
        for login in LOGINS:
            role = role_of(code, login)
            _create_role(connection, role, sql.SQL("NOLOGIN NOINHERIT"))
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
        # Another hat for the saga's login: what it nulls under the one it cannot vouch for under the same.
        notary = notary_role_of(code)
        _create_role(connection, notary, sql.SQL("NOLOGIN NOINHERIT"))
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(notary), sql.Identifier(SAGA)))
        for owner in _function_owners(code):
            _create_role(connection, owner, sql.SQL("NOLOGIN NOINHERIT"))
            # PostgreSQL hands a function only to a role that the owner belongs to and that may create in the schema.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))


@contextmanager
def migrating(owner_address: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Lend a transaction, in which no other migration works on this database."""
    with psycopg.connect(owner_address) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
        yield connection


def lay(
    connection: psycopg.Connection[tuple[Any, ...]], kind: str, schema: str, code: str | None = None, *, only: Collection[str] | None = None
) -> None:
    """Create `schema` when it is missing and apply the migrations of `kind` that it lacks, of these names only when `only` is given.

    Works in the caller's transaction. `code` is the structure's, whose roles are there; the directory has none. Raises `MigrationChanged`.
    """
    here = sql.Identifier(schema)
    owners = sql.SQL(", ").join(map(sql.Identifier, _function_owners(code or "")))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(here))
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {}.schema_migrations"
            " (name text PRIMARY KEY, digest bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())",
        ).format(here),
    )
    if kind == "main":
        connection.execute(sql.SQL("GRANT CREATE ON SCHEMA {} TO {}").format(here, owners))
    for name, text in filled_migrations(kind, schema, code):
        if only is None or name in only:
            _apply_once(connection, here, name, text)
    if kind == "main":
        connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM {}").format(here, owners))


def register_structure(owner_address: str, structure: StructureId, code: str, name: str) -> None:
    """Enter a structure in the directory. Does nothing when the code is there already."""
    with psycopg.connect(owner_address, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO directory.structures (structure_id, code, name) VALUES (%s, %s, %s) ON CONFLICT (code) DO NOTHING",
            (UUID(str(structure)), code, name),
        )


def _role_prefix(code: str) -> str:
    return f"sillage_s_{code}"


def _function_owners(code: str) -> tuple[str, str]:
    """Name the roles that nobody logs in with and nobody wears: each owns one function, and the right that it needs."""
    return f"{_role_prefix(code)}_purger", f"{_role_prefix(code)}_expirer"


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


def _apply_once(
    connection: psycopg.Connection[tuple[object, ...]],
    here: sql.Identifier,
    name: str,
    text: str,
) -> None:
    digest = digest_of(text)
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


def filled_migrations(kind: str, schema: str, code: str | None = None) -> list[tuple[str, str]]:
    """List the migrations of `kind`, in order, as they are applied to `schema` of the structure `code`."""
    role = "" if code is None else _role_prefix(code)
    return [(name, text.format(schema=schema, role=role)) for name, text in migrations(kind)]


def digest_of(text: str) -> bytes:
    """Give the digest by which an applied migration is known: SHA-256 of the text as it was applied."""
    return hashlib.sha256(text.encode()).digest()
