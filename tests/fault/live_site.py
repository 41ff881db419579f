"""A whole service to be killed: its own embedded PostgreSQL, its own server process started as an operator starts it."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from api.accounts.accounts import Account
from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import build
from api.commands.opened import databases_of
from api.databases import Databases, add_structure
from api.settings import Settings
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.embedded_postgresql import start
from crypto_shredding.postgresql.postgresql_process import living_pid
from domain.identifiers import AccountId, StructureId
from domain.trail import Role
from tests.given import with_archive_agreement

ROOT = Path(__file__).parents[2]
STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
ADMINISTERED_AS = "postgres"


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@dataclass
class LiveSite:
    """One data folder, one port, one server process at a time."""

    folder: Path
    port: int = field(default_factory=_free_port)
    chance: random.Random = field(default_factory=random.Random)
    kills: dict[str, int] = field(default_factory=dict)
    starts: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def settings(self) -> Settings:
        return Settings(data_folder=self.folder, in_flight_seconds=0.2, pool_size=8)

    @contextmanager
    def founded(self) -> Iterator[Databases]:
        """Start PostgreSQL, found one structure, and stay: a service that gives up leaves the database to us."""
        with databases_of(self.settings) as databases:
            add_structure(databases, Providers(FileProvider(self.settings.provider_folder)), STRUCTURE, "alpha", "Structure alpha")
            service = build(self.settings, databases)
            with_archive_agreement(service.structure(STRUCTURE).records)
            service.close()
            yield databases
            start(self.folder)

    def sign_in(self, databases: Databases, people: int, role: Role = Role.EDUCATOR) -> list[tuple[AccountId, str]]:
        """Make people of `role`, educators unless told otherwise, and give the token of each."""
        service = build(self.settings, databases)
        accounts = [AccountId(uuid4()) for _ in range(people)]
        for number, account in enumerate(accounts):
            service.structure(STRUCTURE).accounts.add(Account(account, role, f"Personne fictive {number}"))
        open_session = service.directory.open_session
        signed_in = [(account, open_session(STRUCTURE, account, USUAL_PURPOSE[role], timedelta(hours=2))) for account in accounts]
        service.close()
        return signed_in

    @property
    def log(self) -> Path:
        return self.folder.parent / "server.log"

    def serve(self) -> None:
        """Start the server process; it may not answer yet when this returns."""
        self.starts += 1
        temporary = self.folder.parent / "temporary"
        temporary.mkdir(exist_ok=True)
        environment = os.environ | {
            "SILLAGE_REQUESTS_A_MINUTE": "0",
            "SILLAGE_STRUCTURE_REQUESTS_A_MINUTE": "0",
            "TMPDIR": str(temporary),
            "SILLAGE_SEALING": "none",
            "SILLAGE_IN_FLIGHT_SECONDS": "0.2",
            "SILLAGE_POOL_SIZE": "8",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "api", "serve", "--data", str(self.folder), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def keep(self) -> None:
        """Start the server process again if it gave up, as whatever supervises a service does (its database was dead when it began)."""
        assert self.process is not None
        if self.process.poll() is not None:
            self.serve()

    def kill_service(self) -> None:
        """Kill the server process wherever it is, its start included, and start another one."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._count("service")
        self.serve()

    def kill_postmaster(self) -> None:
        """Kill PostgreSQL's first process, and start the server again as whoever starts the service again would."""
        pid = living_pid(self.folder / "postgresql")
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self._count("postmaster")
        start(self.folder)

    def kill_a_backend(self) -> None:
        """Kill any one of PostgreSQL's other processes; it throws away all of them, and recovers by itself."""
        try:
            with psycopg.connect(start(self.folder).address("postgres", ADMINISTERED_AS), autocommit=True) as connection:
                rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        except psycopg.OperationalError:
            return  # It is still recovering from the kill before.
        try:
            os.kill(self.chance.choice(rows)[0], signal.SIGKILL)
            self._count("backend")
        except ProcessLookupError:
            return

    def stop(self) -> int:
        """End the server process politely; give its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def wait_until_it_answers(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert time.monotonic() < deadline, "the service does not answer"
                time.sleep(0.05)
            else:
                return

    def _count(self, kind: str) -> None:
        self.kills[kind] = self.kills.get(kind, 0) + 1
