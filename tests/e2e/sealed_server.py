"""`sillage` as the tests of the sealed start run it: commands without a terminal, commands at one, and a server that is sealed."""

import fcntl
import os
import socket
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SILLAGE_")}
    return (
        kept
        | {"SILLAGE_DATA_FOLDER": str(folder), "SILLAGE_IN_FLIGHT_SECONDS": "0", "SILLAGE_REQUESTS_A_MINUTE": "0", "COLUMNS": "200"}
        | more
    )


def sillage(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command without any terminal."""
    return subprocess.run(
        [sys.executable, "-m", "api", *words],
        cwd=ROOT,
        env=environment(folder, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )


def typed(folder: Path, *answers: str) -> tuple[int, str]:
    """Run `sillage keys protect` at a terminal, answering each time it asks; give its exit code and what the terminal showed."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "keys", "protect"],
        cwd=ROOT,
        env=environment(folder),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # It is the one way to have a terminal of one's own.
    )
    os.close(theirs)
    shown, left = "", list(answers)
    while part := read_terminal(ours):
        shown += part
        if left and shown.endswith(": "):
            os.write(ours, f"{left.pop(0)}\n".encode())
            shown += "\n"  # Asked once, answered once.
    os.close(ours)
    return process.wait(PATIENCE), shown


def read_terminal(terminal: int) -> str:
    try:
        return os.read(terminal, 65_536).decode()
    except OSError:
        return ""  # Linux says so of a terminal whose last program has ended.


class Server:
    """`sillage serve`, sealed, with what it writes kept aside."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.temporary = folder.parent / "temporaire"
        self.temporary.mkdir(exist_ok=True)
        self.log = folder.parent / f"serve-{port}.log"
        words = [sys.executable, "-m", "api", "serve", "--workers", str(workers), "--port", str(port)]
        with self.log.open("wb") as log:
            given = environment(folder, TMPDIR=str(self.temporary))
            self.process = subprocess.Popen(words, cwd=ROOT, env=given, stdout=log, stderr=log, start_new_session=True)

    def status(self, path: str = "/api/v1/session", form: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        """Ask on a connection of its own: any worker may answer."""
        content = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(f"{self.address}{path}", content, {"Sec-Fetch-Site": "same-origin", **headers})  # noqa: S310
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def wait_for(self, status: int, times: int = 1, seconds: float = PATIENCE) -> bool:
        """Wait until so many answers in a row have this status."""
        deadline, row = time.monotonic() + seconds, 0
        while row < times and time.monotonic() < deadline:
            try:
                row = row + 1 if self.status()[0] == status else 0
            except OSError:
                row = 0
            if not row:
                time.sleep(0.05)
        return row >= times

    def give(self, secret: str) -> tuple[int, str]:
        return self.status("/ouverture", {"place": "file", "secret": secret}, Accept="text/html")

    def workers(self) -> list[int]:
        """Give the worker processes that live."""
        stats = [stat for path in Path("/proc").glob("[0-9]*/stat") if (stat := content_of(path))]
        children = [int(stat.split()[0]) for stat in stats if int(stat.rpartition(b")")[2].split()[1]) == self.process.pid]
        return [child for child in children if b"spawn_main" in content_of(Path(f"/proc/{child}/cmdline"))]

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


def content_of(path: Path) -> bytes:
    """Read a file, or nothing when its process has just ended."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@contextmanager
def served(folder: Path, workers: int) -> Iterator[Server]:
    server = Server(folder, workers)
    try:
        assert server.wait_for(503), server.log.read_text()
        yield server
    finally:
        server.end()
