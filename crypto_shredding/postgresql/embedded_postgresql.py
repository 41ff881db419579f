"""PostgreSQL started and stopped with the service, its data in one folder, its socket in a private one.

    server = start(Path("donnees"))
    psycopg.connect(server.address("postgres", "postgres"))
    server.stop()

There is no TCP and no password: the kernel tells the server which account of the machine is calling (peer), and a
map says that the service's account may be `postgres` or any role named `sillage_…`. As root, the server runs as an
unprivileged account. A server left behind by a killed service is adopted. Source: design §10, §12; N30.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo

from crypto_shredding.postgresql.postgresql_account import (
    SOCKET_PORT,
    Account,
    fits_a_socket,
    make_private,
    server_account,
    short_folder,
    short_path,
)
from crypto_shredding.postgresql.postgresql_binaries import Binaries, copied, find_binaries, open_to_others
from crypto_shredding.postgresql.postgresql_cluster import (
    MEGABYTES_NEEDED,
    admit,
    configure,
    create,
    data_version,
    mapped_roles,
    take_over,
)
from crypto_shredding.postgresql.postgresql_failures import from_os_error
from crypto_shredding.postgresql.postgresql_process import (
    START_SECONDS,
    TICK_SECONDS,
    becomes_ready,
    end,
    launch,
    living_pid,
    ready_pid,
    reload,
    socket_in_use,
)
from crypto_shredding.postgresql.postgresql_settings import BOOTSTRAP_ROLE, FIRST_MAJOR_WITH_ROLE_PATTERNS, is_our_role

# What stands in a short folder outside the data folder where it must; gone once the server is stopped.
_SOCKET: Final = "socket"
_PROGRAMS: Final = "programs"
_RECOVERY_SECONDS: Final = 30.0


@dataclass(frozen=True)
class EmbeddedPostgreSQL:
    """A running server: where its data and socket are, its version ("18.4"), the account it runs as."""

    data_folder: Path
    socket_folder: Path
    version: str
    account: Account

    @property
    def major(self) -> int:
        """The major version, such as 15, 16 or 18."""
        return int(self.version.partition(".")[0])

    def address(self, database: str, user: str) -> str:
        """Give the libpq conninfo of `database` for the role `user`, through the private socket, without password."""
        self._admit(user)
        return self._address(database, user)

    def is_running(self) -> bool:
        """Tell whether the server of this data folder is alive and accepts connections."""
        return ready_pid(self.data_folder) is not None

    def stop(self) -> None:
        """Stop the server: sessions are ended, the data are flushed; nothing happens when it does not run."""
        end(self.data_folder)
        for purpose in (_SOCKET, _PROGRAMS):
            shutil.rmtree(short_path(self.data_folder.parent, purpose), ignore_errors=True)

    def _address(self, database: str, user: str) -> str:
        # With `requirepeer` the client refuses a socket that another account's server would hold.
        return make_conninfo(
            host=str(self.socket_folder),
            port=SOCKET_PORT,
            dbname=database,
            user=user,
            requirepeer=self.account.name,
        )

    def _admit(self, role: str) -> None:
        """Before version 16, where no pattern is accepted, add `role` to the map of accounts the first time."""
        if self.major >= FIRST_MAJOR_WITH_ROLE_PATTERNS or not is_our_role(role):
            return
        with _one_at_a_time(self.data_folder.parent):
            if role not in mapped_roles(self.data_folder):
                admit(self.data_folder, role, self.major, self.account)
                self._follow_settings()

    def _follow_settings(self) -> None:
        """Have the server read its settings again, and wait until new connections follow them."""
        before = self._settings_read_at()
        reload(self.data_folder)
        deadline = time.monotonic() + START_SECONDS
        while self._settings_read_at() == before and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)

    def _answers(self) -> bool:
        try:
            self._settings_read_at()
        except psycopg.OperationalError:
            return False
        return True

    def _settings_read_at(self) -> object:
        with psycopg.connect(self._address("postgres", BOOTSTRAP_ROLE), autocommit=True) as connection:
            return connection.execute("SELECT pg_conf_load_time()").fetchone()


def start(folder: Path, *, bindir: Path | None = None) -> EmbeddedPostgreSQL:
    """Start the server of `folder`, made when needed, or adopt the one that runs there already.

    `bindir` is the folder of PostgreSQL's programs when the operator names one. Raises a kind of
    `EmbeddedPostgreSQLError` whose sentences say what to do.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_at_a_time(folder):
            return _start_alone(folder.resolve(), bindir)
    except OSError as error:
        raise from_os_error(error, folder, MEGABYTES_NEEDED) from error


def _start_alone(folder: Path, bindir: Path | None) -> EmbeddedPostgreSQL:
    data = folder / "postgresql"
    account = server_account(data)
    binaries = _reachable(find_binaries(bindir, data, data_version(data)), folder, account)
    if data_version(data) is None:
        create(data, binaries, account)
    take_over(data, account)
    log = folder / "postgresql-start.log"
    if living_pid(data) is not None:
        adopted = _adopt(data, binaries, account) if becomes_ready(data, log) else None
        if adopted is not None:
            return adopted
        end(data)
    server = EmbeddedPostgreSQL(data, _socket_folder(folder, account), binaries.version, account)
    configure(data, server.socket_folder, server.major, account)
    launch(binaries.bindir / "postgres", data, account, log)
    return server


def _adopt(data: Path, binaries: Binaries, account: Account) -> EmbeddedPostgreSQL | None:
    """Take the running server as it stands; None when nobody can reach it (socket swept away, server dying).

    A server that one of its processes' death throws into recovery refuses for a moment, and is not to be stopped for that.
    """
    socket_folder = socket_in_use(data)
    if socket_folder is None:
        return None
    server = EmbeddedPostgreSQL(data, socket_folder, binaries.version, account)
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while not server._answers():  # noqa: SLF001 - this function belongs to the class's own module.
        if living_pid(data) is None or time.monotonic() > deadline:
            return None
        time.sleep(TICK_SECONDS)
    if configure(data, socket_folder, server.major, account):
        server._follow_settings()  # noqa: SLF001 - this function belongs to the class's own module.
    return server


def _reachable(binaries: Binaries, folder: Path, account: Account) -> Binaries:
    """Copy the programs when the account that is to run them cannot reach them."""
    if not account.is_another or open_to_others(binaries.bindir / "postgres"):
        return binaries
    place = folder if open_to_others(folder) else short_folder(folder, _PROGRAMS, os.geteuid(), 0o755)
    return copied(binaries, place)


def _socket_folder(folder: Path, account: Account) -> Path:
    wanted = folder / _SOCKET
    if fits_a_socket(wanted) and (not account.is_another or open_to_others(folder)):
        make_private(wanted, account)
        return wanted
    return short_folder(folder, _SOCKET, account.uid, 0o700)


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one starter at a time work on `folder`; the lock goes with its holder, killed or not."""
    descriptor = os.open(folder / "starting.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
