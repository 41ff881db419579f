"""The embedded PostgreSQL's processes: started as the right account, found again, waited for, one server a folder."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from crypto_shredding.postgresql.postgresql_account import Account
from crypto_shredding.postgresql.postgresql_failures import FolderUnusable, not_started, unusable

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
STUCK_SECONDS: Final = 5.0
TICK_SECONDS: Final = 0.01
# Lines of postmaster.pid, counted from nought (PostgreSQL, src/include/utils/pidfile.h).
_PID_LINE: Final = 0
_SOCKET_LINE: Final = 4
_STATUS_LINE: Final = 7


def run_program(command: Sequence[str | Path], data: Path, account: Account, log: Path) -> int:
    """Run `command -D data` as `account` to its end, its words going to `log`; give its exit code."""
    return _begin(command, data, account, log, ()).wait()


def launch(postgres: Path, data: Path, account: Account, log: Path) -> None:
    """Start the server of `data` and wait until it accepts connections.

    The server holds a lock on the folder as long as any process of it lives, whatever became of the service and
    from whichever container it was started: two servers on the same data would destroy them.
    """
    with _folder_lock(data) as lock:
        (data / "postmaster.pid").unlink(missing_ok=True)
        child = _begin([postgres], data, account, log, (lock,))
    # Somebody has to wait for a child that ends, or it stays a zombie that looks alive.
    threading.Thread(target=child.wait, name="postgresql-end", daemon=True).start()
    wait_until_ready(data, log, child)


def wait_until_ready(data: Path, log: Path, child: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait until the server of `data` accepts connections; raise `StartFailed` when `child` ends or time is out."""
    deadline = time.monotonic() + START_SECONDS
    while ready_pid(data) is None:
        if child is not None and child.poll() is not None:
            raise not_started(log, last_complaint(log))
        if time.monotonic() > deadline:
            raise not_started(log, "délai dépassé / out of time")
        time.sleep(TICK_SECONDS)


def becomes_ready(data: Path, log: Path) -> bool:
    """Wait until the server found in `data` accepts connections; False when it ends instead. Raises `StartFailed` when time is out."""
    deadline = time.monotonic() + START_SECONDS
    while ready_pid(data) is None:
        if living_pid(data) is None or _is_stopping(data):
            return False
        if time.monotonic() > deadline:
            raise not_started(log, "délai dépassé / out of time")
        time.sleep(TICK_SECONDS)
    return True


def end(data: Path) -> None:
    """Stop the server of `data`: sessions are ended and the data flushed; at once if that takes too long."""
    # Told to stop while it recovers from a crash, PostgreSQL 18 was seen to wait for ever; whoever told it may be gone.
    patience = STUCK_SECONDS if _is_stopping(data) else STOP_SECONDS
    for how in (signal.SIGINT, signal.SIGQUIT):
        pid = living_pid(data)
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + patience
        while living_pid(data) == pid and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)


def reload(data: Path) -> None:
    """Have the server of `data` read its settings again."""
    pid = living_pid(data)
    if pid is not None:
        os.kill(pid, signal.SIGHUP)


def living_pid(data: Path) -> int | None:
    """Give the process id of the server of `data`, None when it has none that lives."""
    told = _pid_file(data, _PID_LINE)
    pid = int(told) if told.isdigit() else None
    return pid if pid is not None and _serves(pid, data) else None


def ready_pid(data: Path) -> int | None:
    """Give the process id of the server of `data` when it accepts connections, else None."""
    return living_pid(data) if _pid_file(data, _STATUS_LINE) == "ready" else None


def socket_in_use(data: Path) -> Path | None:
    """Give the folder of the socket on which the server of `data` listens, None when the socket is gone."""
    folder = Path(_pid_file(data, _SOCKET_LINE))
    return folder if any(folder.glob(".s.PGSQL.*")) else None


def last_complaint(log: Path) -> str:
    """Give PostgreSQL's own last fatal line in `log`, or nothing."""
    complaints = re.findall(r"(?:FATAL|PANIC|ERROR|error):\s*(.+)", log.read_text(encoding="utf-8", errors="replace"))
    return complaints[-1].strip() if complaints else ""


def _begin(command: Sequence[str | Path], data: Path, account: Account, log: Path, keep_open: tuple[int, ...]) -> "subprocess.Popen[bytes]":
    if account.is_another and not sys.platform.startswith("linux"):
        raise unusable(data, "ce système demande un compte ordinaire", "this system asks for an ordinary account")
    # Another account may be unable to walk to data that stand under a private folder (a home of mode 0700). It
    # gets the folder as an open descriptor instead, so that no permission of any folder above is changed.
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    place = f"/proc/self/fd/{descriptor}" if account.is_another else str(data)
    try:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
            return subprocess.Popen(  # noqa: S603 - the programs are those found by postgresql_binaries.
                [*command, "-D", place],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                umask=0o077,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                # A Ctrl-C meant for the service would stop the database under it.
                start_new_session=True,
                user=account.uid if account.is_another else None,
                group=account.gid if account.is_another else None,
                extra_groups=[] if account.is_another else None,
                pass_fds=(descriptor, *keep_open),
            )
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _folder_lock(data: Path) -> Iterator[int]:
    """Take the lock that a server of `data` holds; wait while the last processes of a killed one leave."""
    lock = os.open(data.with_name("postgresql.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + START_SECONDS
    try:
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise _served_elsewhere(data)
            time.sleep(TICK_SECONDS)
        yield lock
    finally:
        os.close(lock)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _served_elsewhere(data: Path) -> FolderUnusable:
    return unusable(
        data,
        "un PostgreSQL lancé ailleurs (un autre conteneur ?) s'en sert déjà",
        "a PostgreSQL started elsewhere (another container?) is using it",
    )


def _is_stopping(data: Path) -> bool:
    return _pid_file(data, _STATUS_LINE) == "stopping"


def _pid_file(data: Path, line: int) -> str:
    """Give one line of postmaster.pid; nothing when the server has not written it."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    return lines[line].strip() if line < len(lines) else ""


def _serves(pid: int, data: Path) -> bool:
    """Tell whether `pid` lives and is this folder's server, not a process that got its number after a restart."""
    if sys.platform.startswith("linux"):
        # A server stands in its data folder; a dead process and a zombie stand nowhere.
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cwd").samefile(data)
        return False
    asked = ["/bin/ps", "-o", "stat=,comm=", "-p", str(pid)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout  # noqa: S603 - a fixed command.
    return "postgres" in told and not told.lstrip().startswith("Z")
