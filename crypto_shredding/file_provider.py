"""The provider that keeps a file per structure and epoch, in a folder of its own, readable by the service alone (design §6).

What deleting a file does not do is written in `docs/explanation/crypto-shredding.md`.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES, NONCE_BYTES, Tampered, place
from crypto_shredding.provider import Mark, ProviderKeyMissing

_LABEL: Final = b"sillage/v1/kek"


@dataclass(frozen=True)
class FileProvider:
    """A folder of key files: `<structure>/<epoch>.key`, 32 bytes each, mode 0400 in folders of mode 0700."""

    folder: Path
    name: str = "file"

    def is_sealed(self) -> bool:
        """Tell whether a secret is still needed."""
        return False

    def unseal(self, secret: str) -> None:
        """Open it for this process."""

    def destroy_epoch(self, structure: UUID, epoch: int) -> None:
        """Destroy the key of an epoch."""
        self._path(structure, epoch).unlink(missing_ok=True)

    def epochs(self, structure: UUID) -> frozenset[int]:
        """List the epochs whose key lives."""
        return frozenset(int(path.stem) for path in (self.folder / str(structure)).glob("*.key"))

    def mark(self, structure: UUID) -> Mark:  # noqa: ARG002
        """Give the high-water mark."""
        return Mark()

    def raise_mark(self, structure: UUID, mark: Mark) -> None:
        """Raise the high-water mark."""

    def new_epoch(self, structure: UUID, epoch: int) -> None:
        """Make the key of an epoch, durably. Does nothing when it is there already."""
        path = self._path(structure, epoch)
        for folder in (self.folder, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _write_durably(path, os.urandom(KEY_BYTES))

    def wrap(self, structure: UUID, epoch: int, kek: bytes) -> bytes:
        """Wrap the KEK of an epoch. Raises `ProviderKeyMissing`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(structure, epoch).encrypt(nonce, kek, _place(structure, epoch))

    def unwrap(self, structure: UUID, epoch: int, wrapped: bytes) -> bytes:
        """Unwrap the KEK of an epoch. Raises `ProviderKeyMissing`, or `Tampered` when it is not that structure's and epoch's."""
        try:
            return self._cipher(structure, epoch).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _place(structure, epoch))
        except InvalidTag:
            raise Tampered("the wrapped KEK does not open") from None

    def _cipher(self, structure: UUID, epoch: int) -> AESGCM:
        try:
            return AESGCM(self._path(structure, epoch).read_bytes())
        except FileNotFoundError:
            raise ProviderKeyMissing(f"structure {structure}, epoch {epoch}") from None

    def _path(self, structure: UUID, epoch: int) -> Path:
        return self.folder / str(structure) / f"{epoch:06d}.key"


def _write_durably(path: Path, content: bytes) -> None:
    # Written aside and linked into place: a kill leaves a whole key or none, and an existing key is never replaced.
    aside = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _place(structure: UUID, epoch: int) -> bytes:
    return place(_LABEL, structure.bytes, epoch.to_bytes(4, "big"))
