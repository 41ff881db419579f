"""The ground that the bench stands on: an embedded PostgreSQL of its own in a temporary folder, durable writes on, one structure and more."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from api.bootstrap import Service, Structure, build
from api.databases import Databases, add_structure, address_of, create_database, find_databases, migrate
from api.settings import Settings
from crypto_shredding.providers import FileProvider
from domain.identifiers import StructureId

SMALL: Final = StructureId(UUID("5a11e000-0000-4000-8000-000000000001"))
LARGE: Final = StructureId(UUID("1a96e000-0000-4000-8000-000000000002"))
_REFERENCES: Final = "references"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where everything is. It travels to the processes of the bench as it stands."""

    settings: Settings
    main: str
    keys: str
    references: str
    """A third database, for what others would do: nothing of ours is in it."""

    @contextmanager
    def service(self) -> Iterator[Service]:
        """Lend the service on this ground, with pools of its own."""
        service = build(self.settings, Databases(self.main, self.keys))
        try:
            yield service
        finally:
            service.close()

    @contextmanager
    def structure(self, structure: StructureId = SMALL) -> Iterator[Structure]:
        """Lend one structure of the service."""
        with self.service() as service:
            yield service.structure(structure)


@contextmanager
def ground() -> Iterator[Ground]:
    """Lay the ground, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="sillage-bench-"))
    settings = Settings(data_folder=folder, database=None, keys_database=None, demonstration=True, in_flight_seconds=0, pool_size=12)
    try:
        databases = find_databases(settings)
        try:
            yield _laid(settings, databases)
        finally:
            databases.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _laid(settings: Settings, databases: Databases) -> Ground:
    provider = FileProvider(settings.provider_folder)
    migrate(databases, provider)
    add_structure(databases, provider, SMALL, "small", "Petite structure")
    add_structure(databases, provider, LARGE, "large", "Grande structure")
    create_database(databases.main, _REFERENCES)
    return Ground(settings, databases.main, databases.keys, address_of(databases.main, _REFERENCES))


def settle(ground: Ground) -> None:
    """Let the server finish what it put off, so that one row does not pay for another."""
    for address in (ground.main, ground.keys, ground.references):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("ANALYZE")
    with psycopg.connect(ground.main, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def say(sentence: str) -> None:
    """Tell on standard error how far the bench has come."""
    print(sentence, file=sys.stderr, flush=True)
