"""What one worker's form opened, held in the memory of the workers' parent for the others and for those that come after (N36).

    asked       {"keep": {name: hex}} · {"forget": {name: hex}} · {}        one JSON line over a Unix socket in a folder of mode 0700
    answered    {name: hex}                                                 all that is held, one JSON line

Each side checks that the other runs as the same account (SO_PEERCRED). Nothing is written to a disk, to the environment or to a command
line. What is held goes with the parent: after a restart the service is sealed again.
"""

import contextlib
import json
import os
import shutil
import socket
import struct
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_DOOR: Final = "porte"
_LONGEST_ADDRESS: Final = 100
"""Bytes of a socket's path that every system takes."""
_LONGEST_MESSAGE: Final = 65_536
_PEER_SECONDS: Final = 1.0
_CREDENTIALS: Final = struct.Struct("3i")
"""Process, account and group of a peer (socket(7))."""


class Agent:
    """The parent's side: answers its workers from a thread of its own, between `__enter__` and `__exit__`."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}
        self._folder = _private_folder()
        self._door = socket.socket(socket.AF_UNIX)

    @property
    def address(self) -> Path:
        """Where workers ask. It is no secret."""
        return self._folder / _DOOR

    def __enter__(self) -> Self:
        self._door.bind(str(self.address))
        self._door.listen()
        threading.Thread(target=self._answer_all, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)  # Closing alone would leave the thread waiting.
        self._door.close()
        self._held.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answer_all(self) -> None:
        while True:
            try:
                peer, _ = self._door.accept()
            except OSError:
                return  # The door was closed.
            # One peer that hangs, leaves or talks nonsense keeps nobody else from being answered.
            with peer, contextlib.suppress(OSError, ValueError, AttributeError):
                self._answer(peer)

    def _answer(self, peer: socket.socket) -> None:
        peer.settimeout(_PEER_SECONDS)
        if not _is_ours(peer):
            return
        asked = _read(peer)
        self._held |= _bytes_in(asked.get("keep", {}))
        for name, refused in _bytes_in(asked.get("forget", {})).items():
            if self._held.get(name) == refused:
                del self._held[name]
        _write(peer, _hex_of(self._held))


class AgentDoor:
    """A worker's side. A parent that does not answer holds nothing."""

    def __init__(self, address: Path) -> None:
        self._address = address

    def held(self) -> Mapping[str, bytes]:
        """Give what is held, by the name of the provider that it opens."""
        return self._ask({})

    def keep(self, name: str, handed: bytes) -> None:
        """Have the parent hold what opens this provider."""
        self._ask({"keep": _hex_of({name: handed})})

    def forget(self, name: str, handed: bytes) -> None:
        """Have the parent hold it no longer: it opens nothing any more. Trying it again could block a token."""
        self._ask({"forget": _hex_of({name: handed})})

    def _ask(self, question: Mapping[str, Mapping[str, str]]) -> Mapping[str, bytes]:
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(_PEER_SECONDS)
                door.connect(str(self._address))
                if not _is_ours(door):
                    return {}
                _write(door, question)
                return _bytes_in(_read(door))
        except (OSError, ValueError):
            return {}


def can_tell_who_asks() -> bool:
    """Tell whether this system names the account behind a socket: without that nothing is held for anybody."""
    return hasattr(socket, "SO_PEERCRED")


def _is_ours(peer: socket.socket) -> bool:
    if not can_tell_who_asks():
        return False
    _, account, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return bool(account == os.geteuid())


def _private_folder() -> Path:
    """Make a folder of our own with a short path, where the system keeps what lives no longer than its processes."""
    for place in (Path(f"/run/user/{os.geteuid()}"), Path(tempfile.gettempdir())):
        if os.access(place, os.W_OK) and len(os.fsencode(place / "sillage-12345678" / _DOOR)) <= _LONGEST_ADDRESS:
            return Path(tempfile.mkdtemp(prefix="sillage-", dir=place))
    return Path(tempfile.mkdtemp(prefix="sillage-", dir="/tmp"))  # A folder of random name and mode 0700 is made in it.


def _read(peer: socket.socket) -> dict[str, dict[str, str]]:
    line = b""
    while not line.endswith(b"\n"):
        part = peer.recv(_LONGEST_MESSAGE)
        line += part
        if not part or len(line) > _LONGEST_MESSAGE:
            raise ValueError
    message: dict[str, dict[str, str]] = json.loads(line)
    return message


def _write(peer: socket.socket, message: Mapping[str, object]) -> None:
    peer.sendall(json.dumps(message).encode() + b"\n")


def _hex_of(held: Mapping[str, bytes]) -> dict[str, str]:
    return {name: handed.hex() for name, handed in held.items()}


def _bytes_in(message: Mapping[str, object]) -> dict[str, bytes]:
    return {name: bytes.fromhex(str(handed)) for name, handed in message.items()}
