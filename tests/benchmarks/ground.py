"""The ground that the bench stands on: an embedded PostgreSQL of its own in a temporary folder, with durable writes."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

from api.bootstrap import Service, Structure, build
from api.databases import Databases, add_structure, address_of, create_database, find_databases, migrate
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from domain.identifiers import StructureId

_KEPT_WAL: Final = "4GB"
_PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ground:
    """Where everything is. It travels to the processes of the bench as it stands."""

    settings: Settings
    main: str
    keys: str

    @contextmanager
    def service(self) -> Iterator[Service]:
        """Lend the service on this ground, with pools of its own."""
        service = build(self.settings, Databases(self.main, self.keys))
        try:
            yield service
        finally:
            service.close()

    @contextmanager
    def structure(self, structure: StructureId) -> Iterator[Structure]:
        """Lend one structure of the service."""
        with self.service() as service:
            yield service.structure(structure)

    def new_structure(self, code: str) -> StructureId:
        """Create an empty structure."""
        structure = StructureId(uuid4())
        add_structure(Databases(self.main, self.keys), Providers(FileProvider(self.settings.provider_folder)), structure, code, code)
        return structure

    def new_reference(self, name: str) -> str:
        """Create an empty database for what others would do, with nothing of ours in it; give its address."""
        create_database(self.main, f"reference_{name}")
        return address_of(self.main, f"reference_{name}")

    def settle(self) -> None:
        """Let the server finish what it put off, so that one row does not pay for another."""
        with psycopg.connect(self.main, autocommit=True) as connection:
            names = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
            connection.execute("CHECKPOINT")
        for (name,) in names:
            with psycopg.connect(address_of(self.main, name), autocommit=True) as connection:
                connection.execute("ANALYZE")
        time.sleep(_PAUSE_SECONDS)


@contextmanager
def ground() -> Iterator[Ground]:
    """Lay the ground, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="sillage-bench-"))
    settings = Settings(data_folder=folder, database=None, keys_database=None, demonstration=True, in_flight_seconds=0, pool_size=8)
    try:
        databases = find_databases(settings)
        try:
            _keep_checkpoints_out(databases.main)
            migrate(databases, Providers(FileProvider(settings.provider_folder)))
            yield Ground(settings, databases.main, databases.keys)
        finally:
            databases.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep_checkpoints_out(owner_address: str) -> None:
    # What a round writes must not be billed to the next one: checkpoints fall between the rows, where `settle` asks for them.
    with psycopg.connect(owner_address, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET max_wal_size = '{_KEPT_WAL}'")
        connection.execute("SELECT pg_reload_conf()")


def say(sentence: str) -> None:
    """Tell on standard error how far the bench has come."""
    print(sentence, file=sys.stderr, flush=True)
