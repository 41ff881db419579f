"""The provider that keeps a file per structure and epoch, in a folder of its own and in its replicas (design §6).

    <structure>/<epoch>.key         the key of an epoch (`folder_seal.py` gives its form)
    <structure>/<epoch>.destroyed   empty: this epoch's key MUST NOT be used, wherever a copy brings it back
    <structure>/mark.json           the high-water mark
    seal.json                       what the passphrase opens, once there is one (`passphrase.py`)

Files of mode 0400 in folders of mode 0700. What deleting a file does not do is written in `docs/explanation/crypto-shredding.md`.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES, Tampered, place
from crypto_shredding.keys import mark_file
from crypto_shredding.keys.folder_seal import FolderSeal
from crypto_shredding.keys.key_files import locked, make_folder, read_if_there, replace, shred, write_new
from crypto_shredding.keys.passphrase import RFC_9106_SECOND, Costs
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing, ProviderUnavailable
from crypto_shredding.keys.replicas import Replicas

_LABEL: Final = b"sillage/v1/kek"
_MARK: Final = "mark.json"


class FileProvider:
    """A folder of key files and its replicas. The root of `folder` is made when it is missing; a replica's is not: it is not mounted.

    Wrapping, unwrapping and the mark go on without a replica that is not reached; making and destroying a key do not: nothing is claimed
    destroyed while a copy of it may live. What the passphrase opened lives in this object alone.
    """

    name = "file"

    def __init__(self, folder: Path, replicas: tuple[Path, ...] = (), *, costs: Costs = RFC_9106_SECOND) -> None:
        self.folder = folder
        self._replicas = Replicas(folder, replicas)
        self._seal = FolderSeal(folder, self._replicas, costs)

    def is_protected(self) -> bool:
        """Tell whether there is a passphrase, given or still to be given."""
        with _answering():
            return self._seal.is_protected()

    def is_sealed(self) -> bool:
        """Tell whether the passphrase is still needed."""
        with _answering():
            return self._seal.is_sealed()

    def unseal(self, secret: str) -> None:
        """Open it for this process, and end what a kill left of `set_passphrase` or `change_passphrase`. Raises `WrongSecret`."""
        with _answering():
            self._seal.unseal(secret)

    def set_passphrase(self, secret: str) -> None:
        """Seal every key file, there and to come. Killed half-way, it goes on when it is called again, or at the next `unseal`.

        Raises `WeakPassphrase`, and `WrongSecret` when there is another passphrase. Other processes that run need it from now on.
        """
        with _answering():
            self._seal.set_passphrase(secret)

    def change_passphrase(self, old: str, new: str) -> None:
        """Change the passphrase: one file is rewritten in each place. Raises `WrongSecret`, `WeakPassphrase`."""
        with _answering():
            self._seal.change_passphrase(old, new)

    def hand_over(self) -> bytes:
        """Give what opens another process of the same service: secret, MUST pass through memory alone. Raises `ProviderSealed`."""
        return self._seal.hand_over()

    def take_over(self, handed: bytes) -> None:
        """Open it with what `hand_over` gave in another process. Raises `WrongSecret`."""
        with _answering():
            self._seal.take_over(handed)

    def forget_replica(self, root: Path) -> bool:
        """Wait no more for a replica whose medium was destroyed: whatever it kept is out of reach. False when none is remembered there."""
        with _answering(), locked(self.folder):
            return self._replicas.forget(root)

    def new_epoch(self, structure: UUID, epoch: int) -> None:
        """Make the key of an epoch, durably, in every place. Does nothing when it is there, and completes a place that lacks it.

        Raises `ProviderKeyMissing` when it was destroyed: an epoch never comes back.
        """
        with self._changing(structure) as places:
            if self._is_marked(structure, epoch):
                raise _missing(structure, epoch)
            key = self._found(structure, epoch) or os.urandom(KEY_BYTES)
            # Sealed under the lock: whoever sets a passphrase lists the folders after writing the seal, and takes this lock.
            content = self._seal.written(key, structure, epoch)
            for root in places:
                with contextlib.suppress(FileExistsError):
                    write_new(_key_path(root, structure, epoch), content)

    def wrap(self, structure: UUID, epoch: int, kek: bytes) -> bytes:
        """Wrap the KEK of an epoch. Raises `ProviderKeyMissing`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(structure, epoch).encrypt(nonce, kek, kek_place(structure, epoch))

    def unwrap(self, structure: UUID, epoch: int, wrapped: bytes) -> bytes:
        """Unwrap the KEK of an epoch. Raises `ProviderKeyMissing`, or `Tampered` when it is not that structure's and epoch's."""
        cipher = self._cipher(structure, epoch)
        if len(wrapped) < NONCE_BYTES + TAG_BYTES:
            raise Tampered("too short for a wrapped KEK")
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], kek_place(structure, epoch))
        except InvalidTag:
            raise Tampered("the wrapped KEK does not open") from None

    def destroy_epoch(self, structure: UUID, epoch: int) -> None:
        """Destroy the key of an epoch in every place, and remember that it was. Needs no passphrase; goes on where a kill left it."""
        with self._changing(structure) as places:
            for root in places:
                # From its first destruction on, a place has a mark: one that is missing was lost.
                if _mark_in(root, structure) == Mark():
                    replace(root / str(structure) / _MARK, mark_file.written(Mark()), overwriting=False)
            # Marked everywhere before it is destroyed anywhere: whatever a kill leaves, the key is used no more.
            for root in places:
                with contextlib.suppress(FileExistsError):
                    write_new(_marker_path(root, structure, epoch), b"")
            for root in places:
                shred(_key_path(root, structure, epoch))

    def epochs(self, structure: UUID) -> frozenset[int]:
        """List the epochs whose key lives in a place that is reached. One whose destruction did not come to its end still lives."""
        with _answering():
            paths = [path for root in self._reached() for path in (root / str(structure)).glob("*.key")]
        return frozenset(int(path.stem) for path in paths if path.stem.isdecimal())

    def is_alive(self, structure: UUID, epoch: int) -> bool:
        """Tell whether the folder itself, and not a replica alone, has this epoch's key, which was not to be destroyed."""
        with _answering():
            return _key_path(self.folder, structure, epoch).exists() and not self._is_marked(structure, epoch)

    def has_ended(self, structure: UUID, epoch: int) -> bool:
        """Tell whether the folder itself remembers that this epoch's key was to be destroyed."""
        with _answering():
            return _marker_path(self.folder, structure, epoch).exists()

    def mark(self, structure: UUID) -> Mark:
        """Give the high-water mark: the highest that any place keeps. Raises `ProviderUnavailable` when one of them is damaged."""
        mark = Mark()
        with _answering():
            for root in self._reached():
                mark = mark.joined(_mark_in(root, structure))
        return mark

    def raise_mark(self, structure: UUID, mark: Mark) -> None:
        """Raise the high-water mark, durably, to `mark` where that is higher, in every place that is reached."""
        with _answering(), self._locked(structure):
            raised = self.mark(structure).joined(mark)
            for root in self._reached():
                if _mark_in(root, structure) != raised:
                    make_folder(root / str(structure))
                    replace(root / str(structure) / _MARK, mark_file.written(raised), overwriting=False)

    @contextlib.contextmanager
    def _changing(self, structure: UUID) -> Iterator[tuple[Path, ...]]:
        with _answering():
            make_folder(self.folder)
            # Released before the structure's lock is taken: `set_passphrase` holds both, in this order.
            with locked(self.folder):
                places = (self.folder, *self._replicas.all_reached())
            with self._locked(structure):
                for root in places:
                    make_folder(root / str(structure))
                yield places

    @contextlib.contextmanager
    def _locked(self, structure: UUID) -> Iterator[None]:
        make_folder(self.folder / str(structure))
        with locked(self.folder / str(structure)):
            yield

    def _reached(self) -> tuple[Path, ...]:
        return (self.folder, *self._replicas.reached())

    def _is_marked(self, structure: UUID, epoch: int) -> bool:
        return any(_marker_path(root, structure, epoch).exists() for root in self._reached())

    def _found(self, structure: UUID, epoch: int) -> bytes | None:
        contents = [read_if_there(_key_path(root, structure, epoch)) for root in self._reached()]
        there = [content for content in contents if content is not None]
        for content in there:
            key = self._seal.read(content, structure, epoch)
            if key is not None:
                return key
        if there:
            raise ProviderUnavailable(
                f"Le fichier de clé de l'époque {epoch} est abîmé : remettez-le depuis une copie du dossier des clés."
            )
        return None

    def _cipher(self, structure: UUID, epoch: int) -> AESGCM:
        self._seal.refuse_sealed()
        with _answering():
            key = None if self._is_marked(structure, epoch) else self._found(structure, epoch)
            # Looked at again after reading: the marker is written before the first byte is overwritten.
            if key is None or self._is_marked(structure, epoch):
                raise _missing(structure, epoch)
        return AESGCM(key)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ProviderUnavailable(
            f"Le dossier des clés ne répond pas ({error.strerror}) : vérifiez qu'il est monté, qu'il y reste de la place et que le service "
            "peut y écrire. Rien n'est perdu."
        ) from error


def _missing(structure: UUID, epoch: int) -> ProviderKeyMissing:
    return ProviderKeyMissing(f"structure {structure}, epoch {epoch}")


def _key_path(root: Path, structure: UUID, epoch: int) -> Path:
    return root / str(structure) / f"{epoch:06d}.key"


def _marker_path(root: Path, structure: UUID, epoch: int) -> Path:
    return _key_path(root, structure, epoch).with_suffix(".destroyed")


def _mark_in(root: Path, structure: UUID) -> Mark:
    content = read_if_there(root / str(structure) / _MARK)
    if content is None and any((root / str(structure)).glob("*.destroyed")):
        raise mark_file.damaged()
    return mark_file.read(content)


def kek_place(structure: UUID, epoch: int) -> bytes:
    """Spell out where a wrapped KEK belongs, for whichever provider wraps it."""
    return place(_LABEL, structure.bytes, epoch.to_bytes(4, "big"))
