"""Point-in-time recovery as docs/how-to/point-in-time-recovery.md tells it, on a real PostgreSQL 15 with archived write-ahead logs."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.bootstrap import build
from api.databases import Databases, add_structure, create_database, migrate
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Mark, Providers
from crypto_shredding.postgresql.database import LOGINS
from crypto_shredding.postgresql.embedded_postgresql import EmbeddedPostgreSQL, start
from crypto_shredding.postgresql.postgresql_account import short_path
from crypto_shredding.postgresql.postgresql_process import end
from domain.identifiers import StructureId
from tests.given import educator, filled

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "point-in-time-recovery.md"
BINDIR = Path("/usr/lib/postgresql/15/bin")
STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
INSTALL_SECONDS = 120
WAIT_SECONDS = 20
KINDS = ("main", "keys")


@pytest.fixture(scope="module")
def postgresql_15() -> Path:
    if not (BINDIR / "pg_basebackup").exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        with suppress(subprocess.TimeoutExpired):
            install = ["apt-get", "install", "-y", "-q", "postgresql-15"]
            subprocess.run(
                install, timeout=INSTALL_SECONDS, capture_output=True, check=False, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            )
    if not (BINDIR / "pg_basebackup").exists():
        pytest.skip(f"no PostgreSQL 15 in {BINDIR}, and it could not be installed (package postgresql-15, as root)")
    return BINDIR


@pytest.fixture
def place(postgresql_15: Path) -> Iterator[Path]:  # noqa: ARG001  # It is there, or the test is skipped.
    """A folder that the account of PostgreSQL can walk through; the servers in it are stopped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sillage-pitr-"))
    folder.chmod(0o755)
    yield folder
    for data in folder.glob("*/postgresql"):
        end(data)
        shutil.rmtree(short_path(data.parent, "socket"), ignore_errors=True)
    shutil.rmtree(folder)


def settings_of_the_page(number: int, archive: Path) -> dict[str, str]:
    """The settings that the page tells to write, for the folder of this test in the place of its own."""
    block = re.findall(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[number]
    lines = [line.strip().partition(" = ") for line in block.splitlines() if line.strip()]
    return {name: value.strip("'").replace("/archives/main", str(archive)) for name, _, value in lines}


def served(folder: Path) -> EmbeddedPostgreSQL:
    """Start PostgreSQL 15 for a data folder, where the service's logins may come in."""
    server = start(folder, bindir=BINDIR)
    for login in LOGINS:
        server.address("postgres", login)
    return server


class Site:
    """One of the two servers, its archive and its copy of base."""

    def __init__(self, place: Path, kind: str) -> None:
        self.kind, self.place = kind, place
        self.archive, self.copy = place / f"{kind}-archive", place / f"{kind}-copy"

    def found(self) -> EmbeddedPostgreSQL:
        server = start(self.place / self.kind, bindir=BINDIR)
        self.archive.mkdir(mode=0o700)
        os.chown(self.archive, server.account.uid, server.account.gid)
        with psycopg.connect(server.address("postgres", "postgres"), autocommit=True) as owner:
            for name, value in settings_of_the_page(0, self.archive).items():
                owner.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.stop()
        self.server = served(self.place / self.kind)
        create_database(self.server.address("postgres", "postgres"), self.kind)
        return self.server

    def address(self, server: EmbeddedPostgreSQL) -> str:
        return server.address(self.kind, "postgres")

    def copy_base(self) -> None:
        (self.copy).mkdir(mode=0o700)
        address = self.server.address("postgres", "postgres")
        options = ["--checkpoint=fast", "--wal-method=none", "--no-sync"]
        subprocess.run([BINDIR / "pg_basebackup", f"--pgdata={self.copy / 'postgresql'}", *options, f"--dbname={address}"], check=True)

    def archive_the_rest(self) -> None:
        with psycopg.connect(self.server.address("postgres", "postgres"), autocommit=True) as owner:
            (segment,) = owner.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
        deadline = time.monotonic() + WAIT_SECONDS
        while not (self.archive / str(segment)).exists():
            assert time.monotonic() < deadline, "the write-ahead log is not archived"
            time.sleep(0.02)
        self.server.stop()

    def recover(self, moment: str) -> EmbeddedPostgreSQL:
        data = self.copy / "postgresql"
        settings = settings_of_the_page(1, self.archive) | {"recovery_target_time": moment}
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        (data / "recovery.signal").touch()
        server = served(self.copy)
        deadline = time.monotonic() + WAIT_SECONDS
        while is_recovering(self.address(server)):
            assert time.monotonic() < deadline, "the recovery does not end"
            time.sleep(0.02)
        return server


def both(what: Any) -> list[Any]:
    """Do something for both servers at once."""
    with ThreadPoolExecutor(len(KINDS)) as pool:
        return list(pool.map(what, KINDS))


def now(address: str) -> str:
    with psycopg.connect(address) as owner:
        (moment,) = owner.execute("SELECT clock_timestamp()::text").fetchone() or ("",)
    return str(moment)


def is_recovering(address: str) -> bool:
    with psycopg.connect(address) as owner:
        return owner.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)


def come_to(databases: Databases) -> Mark:
    """How far a pair of databases has come, as the mark at the provider tells it."""
    with psycopg.connect(databases.keys) as keys, psycopg.connect(databases.main) as main:
        (epoch, erasures) = keys.execute(
            "SELECT (SELECT max(epoch) FROM s_alpha.structure_keks), (SELECT count(*) FROM s_alpha.erasure_ledger)"
        ).fetchone() or (0, 0)
        (position,) = main.execute("SELECT coalesce(max(notification_id), 0) FROM s_alpha.events").fetchone() or (0,)
    return Mark(epoch, erasures, position)


def test_both_databases_come_back_to_a_moment_between_two_changes_and_are_seen_to_be_older(place: Path) -> None:
    sites = {kind: Site(place, kind) for kind in KINDS}
    main, keys = both(lambda kind: sites[kind].address(sites[kind].found()))
    databases, providers = Databases(main, keys), Providers(FileProvider(place / "provider"))
    migrate(databases, providers)
    add_structure(databases, providers, STRUCTURE, "alpha", "Structure alpha")
    both(lambda kind: sites[kind].copy_base())
    settings = Settings(data_folder=place / "data", keys_folder=place / "provider", in_flight_seconds=0, pool_size=2)
    service = build(settings, databases)
    records = service.structure(STRUCTURE).records
    before = filled(records, educator(), note="avant")
    moment = now(main)
    after = filled(records, educator(), note="après")
    providers.raise_mark(STRUCTURE, come_to(databases))
    service.close()
    both(lambda kind: sites[kind].archive_the_rest())

    recovered = Databases(*both(lambda kind: sites[kind].address(sites[kind].recover(moment))))

    assert streams(recovered) >= {before}
    assert after not in streams(recovered) | rings(recovered)
    assert come_to(recovered) != providers.mark(STRUCTURE) == come_to(recovered).joined(providers.mark(STRUCTURE))
    service = build(settings, recovered)
    assert [note.text for note in service.structure(STRUCTURE).records.read_record(educator(), before).notes] == ["avant"]
    service.close()


def streams(databases: Databases) -> set[UUID]:
    with psycopg.connect(databases.main) as owner:
        return {row[0] for row in owner.execute("SELECT originator_id FROM s_alpha.events")}


def rings(databases: Databases) -> set[UUID]:
    with psycopg.connect(databases.keys) as owner:
        return {row[0] for row in owner.execute("SELECT subject_id FROM s_alpha.key_rings")}
