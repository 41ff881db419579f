"""An encrypted backup file, byte by byte: written aside and put in place when complete, read piece by piece, refused when anything differs.

    header      = magic(8) | version(1) | algorithm(1) | kind(1) | structure(16) | taken at(8) | backup key's print(8) | nonce(12)
                  | AES-256-GCM(backup key, file key(32)) | tag(16)                                                           103 bytes
    file        = header | frame | frame | … | last frame
    frame       = last(1) | length(4) | AES-256-GCM(file key, at most 64 KiB) | tag(16)

This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): the nonce of a frame is its number and whether it is the last,
so that none can be left out, moved or added, and a file that ends early is known. Each file has a fresh random key; the header is bound to
it and to every frame. Memory is one frame. `docs/reference/backup-format.md` has the details, `backup_contents.py` what is inside.
"""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.backups.backup_key import BackupKey
from crypto_shredding.durable_files import sync_folder
from crypto_shredding.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES, place

SUFFIX: Final = ".sillage"
FRAME_BYTES: Final = 64 * 1024
"""How much content a frame holds at most."""
_UNFINISHED: Final = ".part"
_MAGIC: Final = b"SILLAGE\n"
_VERSION: Final = 1
_AES_256_GCM: Final = 1
_CLEAR: Final = struct.Struct(">8sBBB16sq8s12s")
_HEADER_BYTES: Final = _CLEAR.size + KEY_BYTES + TAG_BYTES
_FRAME: Final = struct.Struct(">BI")
_FILE_KEY_LABEL: Final = b"sillage/v1/backup-file-key"
_FRAME_LABEL: Final = b"sillage/v1/backup-frame"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class BackupUnusable(Exception):
    """This backup cannot be restored. The kinds below say why; none of them names what is in the file."""


class NotABackup(BackupUnusable):
    """The file is not one of ours, or is cut before its header ends."""


class BackupTooNew(BackupUnusable):
    """The backup was made by a later version of Sillage than this one."""


class WrongBackupKey(BackupUnusable):
    """The file was encrypted with another backup key."""


class OtherBackup(BackupUnusable):
    """The file is sound, but it is another structure's, or of another kind, than the one asked for."""


class BackupTruncated(BackupUnusable):
    """The file ends before its last frame."""


class BackupTampered(BackupUnusable):
    """The header, a frame, their order or their number is not what was written."""


class Kind(StrEnum):
    """Which part of the service a file holds."""

    MAIN = "main"
    KEYS = "keys"
    DIRECTORY = "directory"


_KIND_CODES: Final = {Kind.MAIN: 1, Kind.KEYS: 2, Kind.DIRECTORY: 3}
_KINDS: Final = {code: kind for kind, code in _KIND_CODES.items()}


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in clear before the frames, authenticated: `structure` is the nil UUID for the directory, `taken_at` is UTC."""

    kind: Kind
    structure: UUID
    taken_at: datetime


@dataclass
class BackupWriter:
    """Writes the content of one file. `BackupWriter.create` makes it; nothing is in place before it has ended well."""

    _file: BinaryIO
    _cipher: AESGCM
    _bound: bytes
    _number: int = 0
    _waiting: bytearray = field(default_factory=bytearray)
    size: int = 0

    def write(self, content: bytes) -> None:
        """Add `content` to the file."""
        self._waiting += content
        while len(self._waiting) > FRAME_BYTES:
            self._frame(bytes(self._waiting[:FRAME_BYTES]), last=False)
            del self._waiting[:FRAME_BYTES]

    def _end(self) -> None:
        self._frame(bytes(self._waiting), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _frame(self, content: bytes, *, last: bool) -> None:
        prefix = _FRAME.pack(last, len(content) + TAG_BYTES)
        self._put(prefix + self._cipher.encrypt(_nonce(self._number, last=last), content, self._bound + prefix))
        self._number += 1

    def _put(self, written: bytes) -> None:
        self._file.write(written)
        self.size += len(written)


@contextlib.contextmanager
def create(path: Path, header: Header, key: BackupKey) -> Iterator[BackupWriter]:
    """Write the file `path`: it appears there, whole and durable, when the `with` ends well, and not at all otherwise."""
    file_key = os.urandom(KEY_BYTES)
    moment = (header.taken_at - _EPOCH) // _MICROSECOND
    clear = _CLEAR.pack(
        _MAGIC, _VERSION, _AES_256_GCM, _KIND_CODES[header.kind], header.structure.bytes, moment, key.print(), os.urandom(NONCE_BYTES)
    )
    wrapped = AESGCM(key.secret).encrypt(clear[-NONCE_BYTES:], file_key, place(_FILE_KEY_LABEL, clear))
    with _aside(path) as (file, aside):
        writer = BackupWriter(file, AESGCM(file_key), place(_FRAME_LABEL, clear + wrapped))
        writer._put(clear + wrapped)  # noqa: SLF001 - this function makes the object.
        yield writer
        writer._end()  # noqa: SLF001 - this function makes the object.
        aside.rename(path)
        sync_folder(path.parent)


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Lend a file beside `path`, locked as long as its writer lives: whoever sweeps sees that it is at work."""
    while True:
        aside = path.with_name(f"{path.name}.{os.urandom(4).hex()}{_UNFINISHED}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not os.fstat(file.fileno()).st_nlink:
                continue  # Swept before it was locked.
            try:
                yield file, aside
            finally:
                aside.unlink(missing_ok=True)
            return


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left unfinished in `folder`."""
    for aside in folder.glob(f"*{SUFFIX}.*{_UNFINISHED}"):
        with contextlib.suppress(BlockingIOError, FileNotFoundError), aside.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            aside.unlink()


@dataclass
class BackupReader:
    """Reads the content of one file. `header` is authentic; so is each piece that `read` gives."""

    header: Header
    _file: BinaryIO
    _cipher: AESGCM
    _bound: bytes
    _number: int = 0
    _ended: bool = False
    _waiting: bytearray = field(default_factory=bytearray)

    @property
    def position(self) -> int:
        """How many bytes of the file were read."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """Give exactly `size` bytes of content. Raises `BackupTruncated` or `BackupTampered`."""
        while len(self._waiting) < size:
            if self._ended:
                raise BackupTampered("the content is shorter than it says")
            self._waiting += self._frame()
        content = bytes(self._waiting[:size])
        del self._waiting[:size]
        return content

    def end(self) -> None:
        """Check that the content ends here and that nothing follows. Raises `BackupTruncated` or `BackupTampered`."""
        while not self._ended:
            self._waiting += self._frame()
            if self._waiting:
                break
        if self._waiting or self._file.read(1):
            raise BackupTampered("something follows the end")

    def _frame(self) -> bytes:
        prefix = self._file.read(_FRAME.size)
        if len(prefix) < _FRAME.size:
            raise BackupTruncated
        last, length = _FRAME.unpack(prefix)
        if not TAG_BYTES <= length <= FRAME_BYTES + TAG_BYTES:
            raise BackupTampered("no frame looks like this")
        sealed = self._file.read(length)
        if len(sealed) < length:
            raise BackupTruncated
        try:
            content = self._cipher.decrypt(_nonce(self._number, last=last), sealed, self._bound + prefix)
        except InvalidTag:
            raise BackupTampered("a frame does not open") from None
        self._number += 1
        self._ended = bool(last)
        return content


@contextlib.contextmanager
def opened(path: Path, key: BackupKey) -> Iterator[BackupReader]:
    """Open a file and authenticate its header. Raises a kind of `BackupUnusable`."""
    with path.open("rb") as file:
        sealed = file.read(_HEADER_BYTES)
        if len(sealed) < _HEADER_BYTES or not sealed.startswith(_MAGIC):
            raise NotABackup
        clear, wrapped = sealed[: _CLEAR.size], sealed[_CLEAR.size :]
        _, version, algorithm, kind, structure, moment, key_print, nonce = _CLEAR.unpack(clear)
        if version > _VERSION:
            raise BackupTooNew
        if key_print != key.print():
            raise WrongBackupKey
        try:
            file_key = AESGCM(key.secret).decrypt(nonce, wrapped, place(_FILE_KEY_LABEL, clear))
        except InvalidTag:
            raise BackupTampered("the header is not what was written") from None
        if algorithm != _AES_256_GCM or kind not in _KINDS:
            raise BackupTooNew
        header = Header(_KINDS[kind], UUID(bytes=structure), _EPOCH + moment * _MICROSECOND)
        yield BackupReader(header, file, AESGCM(file_key), place(_FRAME_LABEL, sealed))


def read_header(path: Path, key: BackupKey) -> Header:
    """Give the authentic header of a file. Raises a kind of `BackupUnusable`."""
    with opened(path, key) as reader:
        return reader.header


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])
