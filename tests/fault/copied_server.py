"""A PostgreSQL server that archives its write-ahead log and has a replica by streaming, and the ways to copy its data folder."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from crypto_shredding.postgresql.database import LOGINS
from crypto_shredding.postgresql.embedded_postgresql import _socket_folder, start
from crypto_shredding.postgresql.postgresql_account import Account, make_private
from crypto_shredding.postgresql.postgresql_cluster import take_over
from crypto_shredding.postgresql.postgresql_process import _begin, end, living_pid

DATA = "postgresql"
PATIENCE_SECONDS = 30


def opened_folder(folder: Path) -> Path:
    """Make a folder that other accounts can walk through and not list: PostgreSQL runs as another one when we are root."""
    folder.mkdir(parents=True)
    folder.chmod(0o711)
    return folder


def _until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def write_settings(data: Path, settings: Mapping[str, str], account: Account, mode: str) -> None:
    """Write `settings` where they win over those of postgresql.conf, which the server has written again at each start."""
    path = data / "postgresql.auto.conf"
    with path.open(mode) as file:
        file.writelines("{} = '{}'\n".format(name, value.replace("'", "''")) for name, value in settings.items())
    os.chown(path, account.uid, account.gid)


def copied_hot(source: Path, target: Path) -> None:
    """Copy the data folder of a server at work: the control file first, the log last, so that the log holds all that changes meanwhile."""

    def order(path: Path) -> tuple[bool, bool, bool]:
        return not path.is_dir(), path.name != "pg_control", "pg_wal" in path.parts

    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*"), key=order):
        here = target / path.relative_to(source)
        try:
            if path.is_dir():
                here.mkdir(mode=0o700)
            elif path.name != "postmaster.pid":
                shutil.copyfile(path, here)
        except FileNotFoundError:
            continue  # It went while this ran.


class Server:
    """A server that archives, and its replica."""

    def __init__(self, ground: Path, name: str, bindir: Path) -> None:
        self.name = name
        self.bindir = bindir
        self.home, self.archive, self.replica_home = (opened_folder(ground / f"{name}{kind}") for kind in ("", "-archive", "-replica"))
        self.server = start(self.home, bindir=bindir)
        self._replica: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / DATA

    @property
    def replica_data(self) -> Path:
        return self.replica_home / DATA

    def address(self, database: str = "postgres") -> str:
        for login in LOGINS:
            self.server.address(database, login)  # Before PostgreSQL 16, each role has to be admitted by name.
        return self.server.address(database, "postgres")

    def ask(self, query: str, *parameters: object) -> Any:
        """Ask the server for one value; `None` when it gives none."""
        with psycopg.connect(self.address(), autocommit=True) as connection:
            cursor = connection.execute(query.encode(), parameters)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def begin(self) -> None:
        """Switch the archive on, and make the replica from a base backup."""
        make_private(self.archive, self.server.account)
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET archive_mode = 'on'")
            # What is read here is what was written, and nobody pulls the plug.
            connection.execute("ALTER SYSTEM SET fsync = 'off'")
            # Whole or not there: what is being copied has another name.
            kept = f'cp "%p" "{self.archive}/%f.part" && mv "{self.archive}/%f.part" "{self.archive}/%f"'
            connection.execute(b"ALTER SYSTEM SET archive_command = '" + kept.encode() + b"'")
        self.restart()
        self._back_up_into(self.replica_data, "-R", "-C", "-S", "replica")
        account = self.server.account
        socket = _socket_folder(self.replica_home, account)
        own = {"unix_socket_directories": str(socket), "archive_mode": "off", "wal_retrieve_retry_interval": "100ms"}
        write_settings(self.replica_data, own, account, "a")
        self._replica = _begin([self.bindir / "postgres"], self.replica_data, account, self.replica_home / "start.log", ())
        self.replicated()

    def restart(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Stop the server cleanly, and start it again after `meanwhile`."""
        self.server.stop()
        meanwhile()
        self.server = start(self.home, bindir=self.bindir)

    def end(self) -> None:
        """End both servers."""
        if living_pid(self.replica_data) is not None:
            end(self.replica_data)
        if self._replica is not None:
            self._replica.wait(PATIENCE_SECONDS)
        self.server.stop()

    def position(self) -> str:
        """Give the place in the log at this moment."""
        return str(self.ask("SELECT pg_current_wal_insert_lsn()"))

    def archived(self) -> None:
        """Wait until everything so far is in the archive."""
        self.ask("SELECT pg_create_restore_point('archived')")  # A log with nothing new in it would not be switched.
        segment = self.ask("SELECT pg_walfile_name(pg_switch_wal())")
        _until((self.archive / segment).exists, "the archive lags")

    def replicated(self) -> None:
        """Wait until the replica has replayed everything so far."""
        here = self.ask("SELECT pg_current_wal_lsn()")
        caught_up = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= %s::pg_lsn"
        _until(lambda: self.ask(caught_up, here), "the replica lags")

    def base_backup(self, folder: Path) -> None:
        """Take a base backup into `folder`."""
        self._back_up_into(opened_folder(folder) / DATA)

    def hot_copy(self, folder: Path) -> None:
        """Copy the data folder at work, right after a checkpoint."""
        self.ask("CHECKPOINT")
        copied_hot(self.data, opened_folder(folder) / DATA)

    def cold_copy(self, folder: Path) -> None:
        """Copy the data folder of the stopped server."""
        self.restart(lambda: shutil.copytree(self.data, opened_folder(folder) / DATA))

    def replica_copy(self, folder: Path) -> None:
        """Copy the replica's data folder, once it has everything."""
        self.replicated()
        copied_hot(self.replica_data, opened_folder(folder) / DATA)

    def archive_copy(self, folder: Path) -> None:
        """Copy the archive, once it has everything."""
        self.archived()
        shutil.copytree(self.archive, folder)
        take_over(folder, self.server.account)

    def _back_up_into(self, data: Path, *options: str) -> None:
        address = self.server.address("", "postgres")
        command = [str(self.bindir / "pg_basebackup"), "-D", str(data), "-c", "fast", "-X", "stream", "-N", "-d", address, *options]
        subprocess.run(command, check=True, capture_output=True)
        take_over(data, self.server.account)
