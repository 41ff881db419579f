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
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo

from crypto_shredding.postgresql_account import (
    SOCKET_PORT,
    Account,
    fits_a_socket,
    make_private,
    server_account,
    short_folder,
)
from crypto_shredding.postgresql_binaries import Binaries, copied, find_binaries, open_to_others
from crypto_shredding.postgresql_failures import disk_full, from_os_error, not_started, unusable
from crypto_shredding.postgresql_settings import (
    BOOTSTRAP_ROLE,
    FIRST_MAJOR_WITH_ROLE_PATTERNS,
    ROLE_PREFIX,
    access_rules,
    account_map,
    server_settings,
)

# A new cluster takes about 40 MB, its write-ahead log 64 MB soon after.
MEGABYTES_NEEDED: Final = 120
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_TICK_SECONDS: Final = 0.01
_ROLE_NAME: Final = re.compile(ROLE_PREFIX + r"[a-z0-9_]{1,50}")


@dataclass(frozen=True)
class EmbeddedPostgreSQL:
    """A running server: where its data and socket are, its version ("18.4"), the account it runs as."""

    data_folder: Path
    socket_folder: Path
    version: str
    account: Account

    def address(self, database: str, user: str) -> str:
        """Give the libpq conninfo of `database` for the role `user`, through the private socket, without password.

        `requirepeer` makes the client refuse a socket that another account's server would hold.
        """
        self._admit(user)
        return make_conninfo(
            host=str(self.socket_folder),
            port=SOCKET_PORT,
            dbname=database,
            user=user,
            requirepeer=self.account.name,
        )

    def is_running(self) -> bool:
        """Tell whether the server of this data folder is alive and accepts connections."""
        return _ready_pid(self.data_folder) is not None

    def stop(self) -> None:
        """Stop the server: sessions are ended, the data are flushed; nothing happens when it does not run."""
        pid = _living_pid(self.data_folder)
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        if _wait_for_end(pid, _STOP_SECONDS):
            return
        os.kill(pid, signal.SIGQUIT)
        _wait_for_end(pid, _STOP_SECONDS)

    @property
    def major(self) -> int:
        """The major version: 15, 16, 18…"""
        return int(self.version.partition(".")[0])

    def _admit(self, role: str) -> None:
        """Before version 16, add `role` to the map of accounts and wait until the server has read it."""
        if self.major >= FIRST_MAJOR_WITH_ROLE_PATTERNS or not _ROLE_NAME.fullmatch(role):
            return
        known = _mapped_roles(self.data_folder)
        if role in known:
            return
        _write(self.data_folder / "pg_ident.conf", account_map(self.account, self.major, [*known, role]), self.account)
        _reload(self)


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
    account = server_account()
    data = folder / "postgresql"
    binaries = _reachable(find_binaries(bindir, _data_version(data)), folder, account)
    socket_folder = _socket_folder(folder, account)
    server = EmbeddedPostgreSQL(data, socket_folder, binaries.version, account)
    if _data_version(data) is None:
        _create(data, binaries, account)
    make_private(data, account)
    changed = _configure(server)
    if _living_pid(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
        _launch(server, binaries)
        return server
    _wait_until_ready(server, None)
    if changed:
        _reload(server)
    return server


def _data_version(data: Path) -> str | None:
    with contextlib.suppress(FileNotFoundError):
        return (data / "PG_VERSION").read_text(encoding="ascii").strip()
    return None


def _reachable(binaries: Binaries, folder: Path, account: Account) -> Binaries:
    """Copy the programs when the account that is to run them cannot reach them."""
    if not account.is_another or open_to_others(binaries.bindir):
        return binaries
    place = folder if open_to_others(folder) else short_folder(folder, "programs", os.geteuid(), 0o755)
    return copied(binaries, place)


def _socket_folder(folder: Path, account: Account) -> Path:
    wanted = folder / "socket"
    if fits_a_socket(wanted) and (not account.is_another or open_to_others(folder)):
        make_private(wanted, account)
        return wanted
    return short_folder(folder, "socket", account.uid, 0o700)


def _create(data: Path, binaries: Binaries, account: Account) -> None:
    """Make a new cluster beside its place and move it there once complete: a killed start leaves no half of one."""
    if shutil.disk_usage(data.parent).free < MEGABYTES_NEEDED * 1_000_000:
        raise disk_full(data.parent, MEGABYTES_NEEDED)
    draft = data.with_name("postgresql.draft")
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, account)
    options = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions", f"--username={BOOTSTRAP_ROLE}"]
    options += ["--auth-local=peer", "--auth-host=reject"]
    with _as_account(draft, account) as (place, terms):
        made = subprocess.run(  # type: ignore[call-overload]
            [binaries.bindir / "initdb", "-D", place, *options], capture_output=True, text=True, check=False, **terms
        )
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        if "No space left" in made.stderr:
            raise disk_full(data.parent, MEGABYTES_NEEDED)
        raise not_started(data, _last_complaint(made.stderr))
    draft.rename(data)


@contextlib.contextmanager
def _as_account(data: Path, account: Account) -> Iterator[tuple[str, dict[str, object]]]:
    """Give the path by which a child reaches `data`, and the terms to start it on.

    Another account may be unable to walk to a data folder that stands under a private one. On Linux it gets the
    folder as an open descriptor, so that no permission of any folder above is changed.
    """
    terms: dict[str, object] = {"cwd": "/", "umask": 0o077, "stdin": subprocess.DEVNULL, "start_new_session": True}
    terms["env"] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    if not account.is_another:
        yield str(data), terms
        return
    if not sys.platform.startswith("linux"):
        raise unusable(data, "ce système demande un compte ordinaire", "this system asks for an ordinary account")
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        terms |= {"user": account.uid, "group": account.gid, "extra_groups": [], "pass_fds": [descriptor]}
        yield f"/proc/self/fd/{descriptor}", terms
    finally:
        os.close(descriptor)


def _configure(server: EmbeddedPostgreSQL) -> bool:
    """Write the settings that differ from what is there; tell whether any did."""
    texts = {
        "postgresql.conf": server_settings(server.socket_folder),
        "pg_hba.conf": access_rules(),
        "pg_ident.conf": account_map(server.account, server.major, _mapped_roles(server.data_folder)),
    }
    return any([_write(server.data_folder / name, text, server.account) for name, text in texts.items()])


def _write(path: Path, text: str, account: Account) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    draft = path.with_name(f"{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if account.is_another:
        os.chown(draft, account.uid, account.gid)
    draft.replace(path)
    return True


def _mapped_roles(data: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        words = (data / "pg_ident.conf").read_text(encoding="utf-8").split()
        return sorted({word for word in words if _ROLE_NAME.fullmatch(word)})
    return []


def _launch(server: EmbeddedPostgreSQL, binaries: Binaries) -> None:
    """Start the server; begin again while processes of a killed one still hold its shared memory."""
    deadline = time.monotonic() + _START_SECONDS
    log = server.data_folder.with_name("postgresql-start.log")
    while True:
        with (
            _as_account(server.data_folder, server.account) as (place, terms),
            os.fdopen(os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output,
        ):
            child = subprocess.Popen(  # type: ignore[call-overload]
                [binaries.bindir / "postgres", "-D", place], stdout=output, stderr=output, **terms
            )
        if _wait_until_ready(server, child):
            return
        said = log.read_text(encoding="utf-8", errors="replace")
        if "No space left" in said:
            raise disk_full(server.data_folder, MEGABYTES_NEEDED)
        if "pre-existing shared memory" not in said or time.monotonic() > deadline:
            raise not_started(log, _last_complaint(said))
        time.sleep(_TICK_SECONDS * 10)


def _wait_until_ready(server: EmbeddedPostgreSQL, child: "subprocess.Popen[bytes] | None") -> bool:
    """Wait until the server says that it accepts connections; False when `child` ended before."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if _ready_pid(server.data_folder) is not None:
            return True
        if child is not None and child.poll() is not None:
            return False
        time.sleep(_TICK_SECONDS)
    raise not_started(server.data_folder / "log", "délai dépassé / out of time")


def _last_complaint(said: str) -> str:
    complaints = re.findall(r"(?:FATAL|PANIC|error|ERROR):\s*(.+)", said)
    return complaints[-1].strip() if complaints else ""


def _reload(server: EmbeddedPostgreSQL) -> None:
    """Have the server read its settings again, and wait until new connections follow them."""
    address = make_conninfo(host=str(server.socket_folder), port=SOCKET_PORT, dbname="postgres", user=BOOTSTRAP_ROLE)
    with psycopg.connect(address, autocommit=True) as connection:
        before = connection.execute("SELECT pg_conf_load_time(), pg_reload_conf()").fetchone()
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with psycopg.connect(address, autocommit=True) as connection:
            after = connection.execute("SELECT pg_conf_load_time()").fetchone()
        if before and after and after[0] != before[0]:
            return
        time.sleep(_TICK_SECONDS)


def _living_pid(data: Path) -> int | None:
    """Give the process id of this folder's server, None when it has none that lives."""
    lines = _pid_file(data)
    pid = int(lines[0]) if lines and lines[0].isdigit() else None
    return pid if pid is not None and _is_alive(pid) and _serves(pid, data) else None


def _ready_pid(data: Path) -> int | None:
    lines = _pid_file(data)
    ready = len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - the eighth line is the server's state.
    return _living_pid(data) if ready else None


def _pid_file(data: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    return []


def _is_alive(pid: int) -> bool:
    # A server that we started ourselves and that was killed stays a zombie until it is waited for.
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, data: Path) -> bool:
    """Tell whether `pid` is this folder's server and not a process that got its number after a restart."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cwd").samefile(data)
        return False
    told = subprocess.run(["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in told.stdout


def _wait_for_end(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _is_alive(pid):
            return True
        time.sleep(_TICK_SECONDS)
    return False


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one starter at a time work on `folder`; the lock goes with its holder, killed or not."""
    descriptor = os.open(folder / "starting.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
