"""Files that hold keys: written whole or not at all, replaced in one step, removed as well as a file can be.

What writes is called under `locked`, so that what is written aside bears a fixed name and what a kill left of it is found again.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crypto_shredding.durable_files import sync_folder

KEY_MODE: Final = 0o400
FOLDER_MODE: Final = 0o700
_LOCK: Final = "lock"
_ASIDE: Final = ".new"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other thread and process out of the same folder meanwhile (flock; a kill releases it)."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder that the service alone may enter, with its parents, durably. Does nothing when it is there."""
    if not folder.is_dir():
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def write_new(path: Path, content: bytes) -> None:
    """Write a file of mode 0400. Raises `FileExistsError` when there is one, which is never replaced."""
    aside = _written_aside(path, content)
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
        # Even when it was there: an earlier call may have been cut before this.
        sync_folder(path.parent)


def replace(path: Path, content: bytes, *, overwriting: bool) -> None:
    """Write a file of mode 0400 in place of what was there; `overwriting` covers the bytes that were, when they were secret."""
    aside = _written_aside(path, content)
    before = _opened_to_overwrite(path) if overwriting else None
    aside.replace(path)
    sync_folder(path.parent)
    if before is not None:
        _overwrite(before)


def shred(path: Path) -> None:
    """Overwrite a file once with random bytes and remove it, durably, with what was written aside for it. Does nothing when it is gone.

    Overwriting promises nothing on a copy-on-write file system, a snapshot or an SSD, which keep the old block and write elsewhere; where
    it does help it costs nothing.
    """
    for each in (_aside(path), path):
        descriptor = _opened_to_overwrite(each)
        if descriptor is not None:
            _overwrite(descriptor)
            each.unlink(missing_ok=True)
    sync_folder(path.parent)


def shred_leftovers(folder: Path) -> None:
    """Remove what a kill left half written in a folder: it may hold a key that nobody knows of."""
    for aside in folder.glob(f"*{_ASIDE}"):
        _discard(aside)


def read_if_there(path: Path) -> bytes | None:
    """Read a file, or give `None` when there is none. Needs no lock."""
    while True:
        try:
            with path.open("rb") as file:
                content = file.read()
                # `replace` overwrites what it has put aside: only a file that still bears its name was read whole.
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    return content
        except FileNotFoundError:
            return None


def _aside(path: Path) -> Path:
    return path.with_name(path.name + _ASIDE)


def _written_aside(path: Path, content: bytes) -> Path:
    aside = _aside(path)
    _discard(aside)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return aside


def _discard(aside: Path) -> None:
    path = aside.with_name(aside.name.removesuffix(_ASIDE))
    if aside.exists() and path.exists() and aside.samefile(path):
        # Killed between linking and unlinking: both names are the living key, whose bytes MUST NOT be overwritten.
        aside.unlink()
    elif aside.exists():
        shred(aside)


def _opened_to_overwrite(path: Path) -> int | None:
    try:
        # An account that is not root needs the right to write what it made read-only.
        path.chmod(0o600)
        return os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return None


def _overwrite(descriptor: int) -> None:
    try:
        os.pwrite(descriptor, os.urandom(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
