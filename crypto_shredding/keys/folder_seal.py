"""The seal over the folder of keys: whether a passphrase is needed, and the form of a key file with and without it (N36).

    key file    = key(32)                                                                     as long as there is no passphrase
                | version(1) | nonce(12) | AES-256-GCM(data key, key(32)) | tag(16)           61 bytes, afterwards
    associated  = label | structure(16) | epoch(4)                                            each part behind its length

The data key lives in this object alone. Python cannot wipe it: it goes with the process.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES, NONCE_BYTES, TAG_BYTES, place
from crypto_shredding.keys.key_files import locked, make_folder, read_if_there, replace, shred_leftovers
from crypto_shredding.keys.passphrase import Costs, Seal
from crypto_shredding.keys.provider import ProviderSealed, ProviderUnavailable, WrongSecret
from crypto_shredding.keys.replicas import Replicas

SEAL: Final = "seal.json"
_SEAL_LOST: Final = (
    f"Le fichier {SEAL} du dossier des clés manque, et les clés sont scellées par lui : remettez-le depuis une copie du dossier. Aucune "
    "phrase de passe ne le remplace ; aucune clé n'a été touchée."
)
_LABEL: Final = b"sillage/v1/provider-key-file"
_VERSION: Final = b"\x01"
_SEALED_BYTES: Final = len(_VERSION) + NONCE_BYTES + KEY_BYTES + TAG_BYTES


class FolderSeal:
    """The seal of a folder of keys and of its replicas. `costs` are those of a passphrase that is set here."""

    def __init__(self, folder: Path, replicas: Replicas, costs: Costs) -> None:
        self._folder = folder
        self._replicas = replicas
        self._costs = costs
        self._data_key: bytes | None = None

    def is_protected(self) -> bool:
        """Tell whether there is a passphrase, given or still to be given; also when the file that it opens was lost."""
        roots = (self._folder, *self._replicas.roots)
        return any((root / SEAL).exists() for root in roots) or any(_has_sealed_keys(root) for root in roots)

    def is_sealed(self) -> bool:
        """Tell whether the passphrase is still needed."""
        return self._data_key is None and self.is_protected()

    def refuse_sealed(self) -> None:
        """Raise `ProviderSealed` when the passphrase is still needed, `ProviderUnavailable` when nothing is left that it opens."""
        if self.is_sealed():
            self._read()
            raise ProviderSealed("Le dossier des clés est scellé : donnez la phrase de passe.")

    def unseal(self, secret: str) -> None:
        """Open it, and end what a kill left of `set_passphrase` or `change_passphrase`. Raises `WrongSecret`."""
        seal = self._read()
        if seal is None:
            return
        data_key = seal.opened(secret)
        places = (self._folder, *self._replicas.reached())
        if any(_is_unfinished(root, seal) for root in places):
            make_folder(self._folder)
            with locked(self._folder):
                # Read again: another process may have changed the passphrase since.
                _finish(self._folder, places, self._read() or seal, data_key)
        self._data_key = data_key

    def set_passphrase(self, secret: str) -> None:
        """Seal every key file. Raises `WeakPassphrase`, and `WrongSecret` when there is another passphrase already."""
        with self._changing() as places:
            seal = self._read()
            data_key = os.urandom(KEY_BYTES) if seal is None else seal.opened(secret)
            _finish(self._folder, places, seal or Seal.made(secret, data_key, self._costs), data_key)
        self._data_key = data_key

    def change_passphrase(self, old: str, new: str) -> None:
        """Rewrite the seal in each place, and nothing else. Raises `WrongSecret`, `WeakPassphrase`."""
        with self._changing() as places:
            seal = self._read()
            if seal is None:
                raise WrongSecret("Ce dossier de clés n'a pas encore de phrase de passe : donnez-lui en une d'abord.")
            data_key = seal.opened(old)
            _finish(self._folder, places, Seal.made(new, data_key, self._costs), data_key)
        self._data_key = data_key

    def hand_over(self) -> bytes:
        """Give what opens another process of the same service. Raises `ProviderSealed`."""
        self.refuse_sealed()
        return self._data_key or b""

    def take_over(self, handed: bytes) -> None:
        """Open it with what `hand_over` gave in another process. Raises `WrongSecret`."""
        seal = self._read()
        if seal is None:
            return
        if not seal.fits(handed):
            raise WrongSecret("Ce qu'un autre processus a transmis n'ouvre pas le dossier des clés.")
        self._data_key = handed

    def written(self, key: bytes, structure: UUID, epoch: int) -> bytes:
        """Give the content of a key file. Raises `ProviderSealed`."""
        self.refuse_sealed()
        return key if self._data_key is None else _sealed(key, structure, epoch, self._data_key)

    def read(self, content: bytes, structure: UUID, epoch: int) -> bytes | None:
        """Give the key that a file holds; `None` when the file is damaged. Raises `ProviderSealed`."""
        self.refuse_sealed()
        if len(content) == KEY_BYTES:
            return content
        if self._data_key is None or len(content) != _SEALED_BYTES or not content.startswith(_VERSION):
            return None
        nonce, sealed = content[1 : 1 + NONCE_BYTES], content[1 + NONCE_BYTES :]
        try:
            return AESGCM(self._data_key).decrypt(nonce, sealed, _place(structure, epoch))
        except InvalidTag:
            return None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[tuple[Path, ...]]:
        make_folder(self._folder)
        with locked(self._folder):
            yield (self._folder, *self._replicas.all_reached())

    def _read(self) -> Seal | None:
        # The main folder's counts, which is written first; a replica's opens the same keys when that one is lost.
        damaged = None
        for root in (self._folder, *self._replicas.roots):
            content = read_if_there(root / SEAL)
            if content is None:
                continue
            try:
                return Seal.read(content)
            except ProviderUnavailable as error:
                damaged = error
        if damaged is not None:
            raise damaged
        if any(_has_sealed_keys(root) for root in (self._folder, *self._replicas.roots)):
            raise ProviderUnavailable(_SEAL_LOST)
        return None


def structures_in(root: Path) -> Iterator[UUID]:
    """Give the structures that have a folder under `root`, and nothing else that lies there."""
    for folder in root.glob("*-*-*-*-*"):
        try:
            structure = UUID(folder.name)
        except ValueError:
            continue
        yield structure


def _has_sealed_keys(root: Path) -> bool:
    return any(path.stat().st_size == _SEALED_BYTES for path in root.glob("*/*.key"))


def _is_unfinished(root: Path, seal: Seal) -> bool:
    if read_if_there(root / SEAL) != seal.written():
        return True
    return any(path.stat().st_size == KEY_BYTES for path in root.glob("*/*.key*"))


def _finish(folder: Path, places: tuple[Path, ...], seal: Seal, data_key: bytes) -> None:
    # The seal first: nobody writes a plain key file once it is seen. Repeating all this changes nothing more.
    for root in places:
        if read_if_there(root / SEAL) != seal.written():
            replace(root / SEAL, seal.written(), overwriting=True)
    for structure in {structure for root in places for structure in structures_in(root)}:
        make_folder(folder / str(structure))
        with locked(folder / str(structure)):
            for root in places:
                _seal_folder(root / str(structure), structure, data_key)


def _seal_folder(folder: Path, structure: UUID, data_key: bytes) -> None:
    if folder.is_dir():
        shred_leftovers(folder)
        for path in folder.glob("*.key"):
            content = path.read_bytes()
            if len(content) == KEY_BYTES:
                replace(path, _sealed(content, structure, int(path.stem), data_key), overwriting=True)


def _sealed(key: bytes, structure: UUID, epoch: int, data_key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return _VERSION + nonce + AESGCM(data_key).encrypt(nonce, key, _place(structure, epoch))


def _place(structure: UUID, epoch: int) -> bytes:
    return place(_LABEL, structure.bytes, epoch.to_bytes(4, "big"))
