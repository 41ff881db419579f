"""The real server in processes of its own, and a client that costs next to nothing."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.ground import Ground

HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 60.0
_END_OF_HEAD: Final = b"\r\n\r\n"
_A_READ: Final = 65_536


class Refused(Exception):
    """The server did not answer with success. The status is told and nothing else."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the head's bytes and the body's."""

    head: bytes
    body: bytes

    @property
    def size(self) -> int:
        """All bytes that were sent."""
        return len(self.head) + len(_END_OF_HEAD) + len(self.body)


class Client:
    """One person's connection, kept open. Written out, so that the machine's two cores serve the server and not the one who measures."""

    def __init__(self, port: int, token: str) -> None:
        self._head = f"host: {HOST}:{port}\r\nauthorization: Bearer {token}\r\naccept-encoding: gzip\r\n"
        self._socket = socket.create_connection((HOST, port), _ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> Answer:
        """Ask for a page. Raises `Refused`."""
        return self._ask(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a JSON body. Raises `Refused`."""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\n{self._head}{more}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return self._ask(head.encode() + body)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _ask(self, request: bytes) -> Answer:
        self._socket.sendall(request)
        head, _, body = self._read_past(_END_OF_HEAD).partition(_END_OF_HEAD)
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._read()
        status = int(head[9:12])
        if status >= 300:
            raise Refused(status)
        return Answer(head, body)

    def _read_past(self, mark: bytes) -> bytes:
        read = b""
        while mark not in read:
            read += self._read()
        return read

    def _read(self) -> bytes:
        part = self._socket.recv(_A_READ)
        if not part:
            raise ConnectionError("the server hung up")
        return part


@contextmanager
def server(ground: Ground, *, workers: int, application: str = "api.serving:worker") -> Iterator[int]:
    """Start the server over the ground, lend its port, end it. `application` names what makes it."""
    port = _free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SILLAGE_")},
        "SILLAGE_DATA_FOLDER": str(ground.settings.data_folder),
        "SILLAGE_DEMONSTRATION": "true",
        # What is measured is the service at full speed, and its limits are far below that.
        "SILLAGE_REQUESTS_A_MINUTE": "0",
        "SILLAGE_STRUCTURE_REQUESTS_A_MINUTE": "0",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", application, "--host", HOST, "--port", str(port)]
    command += ["--workers", str(workers), "--no-access-log", "--no-server-header", "--lifespan", "on"]
    with (ground.settings.data_folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_it_listens(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server of the bench did not start")
