"""Real PostgreSQL for every test that needs one: a server per run, template databases per worker, clones of them per test.

`SILLAGE_DATABASE` and `SILLAGE_KEYS_DATABASE` put another server in place of the embedded one: the same tests pass on both.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import hypothesis
import psycopg
import pytest
from psycopg import sql

from api.bootstrap import Service, Structure, build
from api.databases import Databases, add_structure, address_of, create_database, migrate
from api.settings import Settings
from api.web import boundary
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.embedded_postgresql import start
from domain.identifiers import StructureId
from tests.given import with_archive_agreement

ALPHA = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
BETA = StructureId(UUID("be1a0000-0000-4000-8000-000000000002"))
FOLDER = "TESTS_OF_SILLAGE_FOLDER"
MAIN_SERVER = "TESTS_OF_SILLAGE_MAIN"
KEYS_SERVER = "TESTS_OF_SILLAGE_KEYS"
"""What the run hands down to its workers; the service itself must not read any of the caller's settings."""
_PREFIX: Final = "sillage-tests-"
_ROOM_BYTES: Final = 2 << 30
_numbers = itertools.count()

# How long one example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("sillage", deadline=None)
hypothesis.settings.load_profile("sillage")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run what takes minutes")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    os.environ[FOLDER] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_in_memory())
    if "SILLAGE_DATABASE" in os.environ:
        os.environ[MAIN_SERVER] = os.environ["SILLAGE_DATABASE"]
        os.environ[KEYS_SERVER] = os.environ["SILLAGE_KEYS_DATABASE"]
    for name in [name for name in os.environ if name.startswith("SILLAGE_")]:
        del os.environ[name]


def _in_memory() -> Path | None:
    """Give a folder in memory with room for the shared server, whose databases are made and dropped by the thousand; else `None`."""
    memory = Path("/dev/shm")  # noqa: S108  # What is made in it has a name of its own, and its owner's rights alone.
    if not os.access(memory, os.W_OK):
        return None
    for left in memory.glob(f"{_PREFIX}*"):
        # Of a run that was killed: memory is not given back by itself.
        if not Path("/proc", left.name.split("-")[2]).exists():
            _give_back(left)
    return memory if shutil.disk_usage(memory).free > _ROOM_BYTES else None


def _give_back(folder: Path) -> None:
    if (folder / "postgresql").exists():
        start(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    _give_back(Path(os.environ.pop(FOLDER)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    kept, left = [], []
    for item in items:
        room = item.path.relative_to(here).parts[0]
        if room in {"unit", "property", "integration", "e2e", "architecture", "fault"}:
            item.add_marker(room)
        (left if item.get_closest_marker("long") and not config.getoption("--long") else kept).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@dataclass(frozen=True)
class Templates:
    """Two migrated databases with two structures, never connected to once they are made."""

    main: str
    keys: str
    main_name: str
    keys_name: str
    provider_folder: Path


@pytest.fixture(scope="session")
def addresses() -> tuple[str, str]:
    """The owner's addresses of the main and of the keys server."""
    if main := os.environ.get(MAIN_SERVER):
        return main, os.environ[KEYS_SERVER]
    server = start(Path(os.environ[FOLDER]))
    address = server.address("postgres", "postgres")
    with psycopg.connect(address, autocommit=True) as connection:
        # This server's disk outlives whatever a test kills; tests of durability have servers of their own, which write to the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return address, address


@pytest.fixture(scope="session")
def templates(addresses: tuple[str, str], worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    mark = f"sillage_test_{os.getpid()}_{worker_id}"
    names = f"{mark}_main", f"{mark}_keys"
    for address, name in zip(addresses, names, strict=True):
        create_database(address, name)
    folder = tmp_path_factory.mktemp("provider")
    databases = Databases(address_of(addresses[0], names[0]), address_of(addresses[1], names[1]))
    migrate(databases, Providers(FileProvider(folder)))
    add_structure(databases, Providers(FileProvider(folder)), ALPHA, "alpha", "Structure alpha")
    add_structure(databases, Providers(FileProvider(folder)), BETA, "beta", "Structure beta")
    _open_the_gates(databases, folder)
    yield Templates(*addresses, *names, folder)
    for address, name in zip(addresses, names, strict=True):
        _drop(address, name)


@pytest.fixture(autouse=True)
def short_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A « not found » leaves at shorter steps: the same mechanism, and hundreds of tests that do not wait for it."""
    monkeypatch.setattr(boundary, "NOT_FOUND_STEP", 0.05)


@pytest.fixture
def databases(templates: Templates) -> Iterator[Databases]:
    """Fresh main and keys databases for one test."""
    number = next(_numbers)
    clones = [
        (templates.main, templates.main_name, f"{templates.main_name}_{number}"),
        (templates.keys, templates.keys_name, f"{templates.keys_name}_{number}"),
    ]
    for address, template, name in clones:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
            # A clone does not take over the rights on the database itself.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            for login in ("sillage_app", "sillage_runner", "sillage_saga"):
                connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(login)))
    yield Databases(*(address_of(address, name) for address, _, name in clones))
    for address, _, name in clones:
        _drop(address, name)


@pytest.fixture
def settings(templates: Templates, tmp_path: Path) -> Settings:
    """Settings of one test, with a provider of its own: an epoch that it destroys is gone for it alone."""
    keys = tmp_path / "cles"
    shutil.copytree(templates.provider_folder, keys)
    at_any_pace = {"requests_a_minute": 0, "structure_requests_a_minute": 0}
    return Settings(data_folder=tmp_path, keys_folder=keys, demonstration=True, in_flight_seconds=0, pool_size=8, **at_any_pace)


@pytest.fixture
def service(settings: Settings, databases: Databases) -> Iterator[Service]:
    """The whole service on fresh databases, its background work not started."""
    service = build(settings, databases)
    yield service
    service.close()


@pytest.fixture
def structure(service: Service) -> Structure:
    return service.structure(ALPHA)


@pytest.fixture
def other_structure(service: Service) -> Structure:
    return service.structure(BETA)


def _open_the_gates(databases: Databases, folder: Path) -> None:
    """Erasures of most tests wait for nothing; those that are about the archive gate shut it first.

    Each test begins with an empty trail, and with the `OF_THE_GATE` first events, which the views have passed.
    """
    service = build(Settings(data_folder=folder, keys_folder=folder, pool_size=2), databases)
    for structure in service.structures():
        with_archive_agreement(structure.records)
        structure.runner.run_once()
    with psycopg.connect(databases.main) as owner:
        for structure in service.structures():
            owner.execute(sql.SQL("TRUNCATE {}.access_trail RESTART IDENTITY").format(sql.Identifier(f"s_{structure.code}")))
    service.close()


def _drop(address: str, name: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
