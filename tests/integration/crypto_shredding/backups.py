"""What the tests of backups do over and over: take them, put them back, and read what a database holds, table by table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from api.databases import Databases, address_of
from crypto_shredding.backups.backup import Found, Taken, find, structures_of, take_keys, take_main
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.backups.backup_key import backup_key
from crypto_shredding.backups.restore import Places, Restored, restore_structure
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from tests.conftest import Templates

LEFT = {"schema_migrations", "restores"}
"""Tables that differ after a restore, as they must."""


@dataclass
class Vault:
    """A folder of backups, and its key."""

    folder: Path
    provider_folder: Path
    ago: timedelta = field(default_factory=timedelta)

    @property
    def key(self) -> Any:
        return backup_key(self.folder.parent / "clef")

    @property
    def providers(self) -> Providers:
        return Providers(FileProvider(self.provider_folder))

    def clock(self) -> datetime:
        return datetime.now(UTC) - self.ago

    def take(self, databases: Databases) -> list[Taken]:
        main = take_main(databases.main, self.folder, self.key, clock=self.clock)
        return main + take_keys(databases.keys, self.folder, self.key, structures_of(databases.main), clock=self.clock)

    def found(self, kind: Kind, structure: object) -> list[Path]:
        return [file.path for file in self.files() if (file.header.kind, file.header.structure) == (kind, structure)]

    def files(self) -> list[Found]:
        return find(self.folder, self.key)[0]

    def restore(self, databases: Databases, structure: object, **how: Any) -> Restored:
        """Put back the newest pair of a structure."""
        files = {"main": self.found(Kind.MAIN, structure)[-1], "keys": self.found(Kind.KEYS, structure)[-1]}
        return restore_structure(places(databases), self.key, self.providers, **files | how)


def places(databases: Databases) -> Places:
    return Places(databases.main, databases.keys)


def tables(address: str, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of a schema."""
    with psycopg.connect(address) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)).fetchall()
        return {
            name: sorted(connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, name))).fetchall(), key=repr)
            for (name,) in names
            if name not in LEFT
        }


def everything(databases: Databases, code: str = "alpha") -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    """Every row of a structure in both databases."""
    return {"main": tables(databases.main, f"s_{code}"), "keys": tables(databases.keys, f"s_{code}")}


@contextmanager
def cloned(templates: Templates, mark: str) -> Iterator[Databases]:
    """Databases for several tests: cloning them is most of what a short test costs."""
    made = [(templates.main, templates.main_name, f"{templates.main_name}_{mark}")]
    made += [(templates.keys, templates.keys_name, f"{templates.keys_name}_{mark}")]
    for address, template, name in made:
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield Databases(*(address_of(address, name) for address, _, name in made))
    finally:
        for address, _, name in made:
            with psycopg.connect(address, autocommit=True) as owner:
                owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
