"""The erasure ledger in a small signed file off the server: what a restored backup is held against (design §6; R073).

One line an entry, in canonical JSON, each signed and each naming the SHA-256 of the line before. Byte by byte in
`docs/reference/erasure-ledger.md`. A line without its newline is what a kill left of an append: it counts for nothing, and the next append
replaces it. Lines cut off at the end leave no mark in the file; the provider's high-water mark tells how many there were.

The folder of a file is never made here: a volume that is not mounted must be noticed, not replaced by an empty folder of the server.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from crypto_shredding.canonical_json import NotStrictJson, canonical, parsed
from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.signing import LEDGER, SignatureInvalid, Signer, verify
from domain.identifiers import StructureId

_NOTHING_BEFORE: Final = "0" * 64
_MOST_BYTES: Final = 4096
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_MODE: Final = 0o600


class LedgerMissing(Exception):
    """The folder answers and has no ledger of this structure."""


class LedgerUnavailable(Exception):
    """One copy of the ledger cannot be reached, read or written: its folder is missing (not mounted?), full or refused to us."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class LedgerTampered(Exception):
    """A line of the ledger is not what was written there; `line` counts from 1."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"{path}, line {line}")
        self.path = path
        self.line = line


class LedgerBehind(Exception):
    """The file ends before the entries that were given begin; `number` is the first that it lacks. Give them from there."""

    def __init__(self, number: int) -> None:
        super().__init__(f"entry {number}")
        self.number = number


@dataclass(frozen=True)
class LedgerFile:
    """One copy of a structure's ledger. Every method raises `LedgerUnavailable`."""

    path: Path
    structure: StructureId

    def entries(self, expected_public: bytes) -> list[LedgerEntry]:
        """Give every entry, once chain, numbers, structure and each signature hold. Raises `LedgerMissing`, `LedgerTampered`."""
        with self._opened(os.O_RDONLY) as file:
            lines, _ = _whole_lines(file)
        return list(self._checked(lines, expected_public))

    def append(self, entries: Iterable[LedgerEntry], signer: Signer) -> None:
        """Write, durably, the entries whose number follows, making the file when there is none. Those that stand there must be identical.

        Raises `LedgerTampered` when they are not, and `LedgerBehind`. No entry at all makes an empty ledger, which is not a missing one.
        """
        with self._opened(os.O_RDWR | os.O_CREAT) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            lines, end = _whole_lines(file)
            known = self._known(lines, signer.public)
            new = b"".join(self._spelt(self._following(known, entries), lines[-1] if lines else None, signer))
            _write_from(file, end, new)
            self._fsync_folder()

    def _known(self, lines: Sequence[bytes], public: bytes) -> Sequence[LedgerEntry]:
        # Each line commits to all those before it: the last signature vouches for the chain, and an append costs little.
        try:
            return list(self._checked(lines, public, last_signature_alone=True))
        except LedgerTampered:
            return list(self._checked(lines, public))  # Raises too, and at the very line that was changed.

    def _checked(self, lines: Sequence[bytes], public: bytes, *, last_signature_alone: bool = False) -> Iterator[LedgerEntry]:
        previous = _NOTHING_BEFORE
        for number, line in enumerate(lines, start=1):
            try:
                entry, content, signature = self._parts(line, number, previous, public)
                if number == len(lines) or not last_signature_alone:
                    verify(public, LEDGER, content, signature)
            except (NotStrictJson, SignatureInvalid, KeyError, TypeError, ValueError, AttributeError):
                raise LedgerTampered(self.path, number) from None
            previous = _digest(line)
            yield entry

    def _parts(self, line: bytes, number: int, previous: str, public: bytes) -> tuple[LedgerEntry, bytes, bytes]:
        said = parsed(line, most=_MOST_BYTES)
        key_id = said["key_id"]
        entry = LedgerEntry(
            number=number,
            erasure=UUID(said["erasure"]),
            subject=UUID(said["subject"]),
            key_id=None if key_id is None else bytes.fromhex(key_id),
            fingerprint=bytes.fromhex(said["fingerprint"]),
            epoch=said["epoch"],
            erased_at=datetime.strptime(said["erased_at"], _MOMENT).replace(tzinfo=UTC),
        )
        content = self._content(entry, previous, public)
        signature = bytes.fromhex(said["signature"])
        # A line has one spelling; one that says the same otherwise, or another number, structure, predecessor or key, was not written here.
        if type(entry.epoch) is not int or line != canonical({**content, "signature": signature.hex()}):
            raise NotStrictJson
        return entry, canonical(content), signature

    def _following(self, known: Sequence[LedgerEntry], entries: Iterable[LedgerEntry]) -> Sequence[LedgerEntry]:
        told = list(known)
        for entry in entries:
            if 1 <= entry.number <= len(told):
                if entry != told[entry.number - 1]:
                    raise LedgerTampered(self.path, entry.number)
            elif entry.number == len(told) + 1:
                told.append(entry)
            else:
                raise LedgerBehind(len(told) + 1)
        return told[len(known) :]

    def _spelt(self, entries: Iterable[LedgerEntry], last: bytes | None, signer: Signer) -> Iterator[bytes]:
        previous = _NOTHING_BEFORE if last is None else _digest(last)
        for entry in entries:
            content = self._content(entry, previous, signer.public)
            line = canonical({**content, "signature": signer.sign(LEDGER, canonical(content)).hex()})
            previous = _digest(line)
            yield line + b"\n"

    def _content(self, entry: LedgerEntry, previous: str, public: bytes) -> dict[str, Any]:
        return {
            "number": entry.number,
            "structure": str(self.structure),
            "erasure": str(entry.erasure),
            "subject": str(entry.subject),
            "key_id": None if entry.key_id is None else entry.key_id.hex(),
            "fingerprint": entry.fingerprint.hex(),
            "epoch": entry.epoch,
            "erased_at": f"{entry.erased_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
            "previous": previous,
            "public_key": public.hex(),
        }

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        try:
            if not self.path.parent.is_dir():
                raise LedgerUnavailable(self.path)
            file = os.open(self.path, flags, _MODE)
            try:
                yield file
            finally:
                os.close(file)
        except FileNotFoundError:
            raise LedgerMissing from None
        except OSError as error:
            raise LedgerUnavailable(self.path) from error

    def _fsync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _whole_lines(file: int) -> tuple[list[bytes], int]:
    with open(file, "rb", closefd=False) as opened:
        content = opened.read()
    end = content.rfind(b"\n") + 1
    return content[:end].split(b"\n")[:-1], end


def _write_from(file: int, end: int, content: bytes) -> None:
    os.ftruncate(file, end)
    os.lseek(file, end, os.SEEK_SET)
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)
