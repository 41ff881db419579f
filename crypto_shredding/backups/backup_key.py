"""The key of the backups: 32 random bytes in `sauvegarde.key`, made on first use, mode 0400.

It opens what a backup shows to whoever holds the databases: trail, names of accounts, ciphertexts. The key rings inside stay wrapped by
their epoch, so that it brings nobody back whose epoch is destroyed, and may live on.
"""

import contextlib
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crypto_shredding.durable_files import write_once
from crypto_shredding.envelope import KEY_BYTES
from crypto_shredding.keys.provider import ProviderUnavailable

_NAME: Final = "sauvegarde.key"
_BACKUPS: Final = ".sillage"
_NOT_THERE: Final = (
    f"La clé des sauvegardes ({_NAME}) n'est pas dans le dossier des clés : son volume n'est sans doute pas monté. Montez-le, puis"
    " recommencez. Si elle est perdue, nommez un dossier de sauvegardes neuf (SILLAGE_BACKUP_FOLDER) : l'ancien ne s'ouvre plus."
)
_PRINT_LABEL: Final = b"sillage/v1/backup-key-print"
_PRINT_BYTES: Final = 8


class BackupKeyMissing(Exception):
    """There is no backup key in this folder: without it no backup opens."""


class BackupKeyDamaged(Exception):
    """What is in the place of the backup key is not 32 bytes."""


@dataclass(frozen=True, slots=True)
class BackupKey:
    """The key. Its `repr` shows nothing of it."""

    secret: bytes = field(repr=False)

    def print(self) -> bytes:
        """Give 8 bytes that tell one key from another and nothing of either."""
        return hashlib.sha256(_PRINT_LABEL + self.secret).digest()[:_PRINT_BYTES]


def read_backup_key(folder: Path) -> BackupKey:
    """Read the key in `folder`. Raises `BackupKeyMissing` or `BackupKeyDamaged`."""
    try:
        secret = (folder / _NAME).read_bytes()
    except FileNotFoundError:
        raise BackupKeyMissing from None
    if len(secret) != KEY_BYTES:
        raise BackupKeyDamaged
    return BackupKey(secret)


def backup_key(folder: Path, *, beside: Path | None = None, among_keys: bool = False) -> BackupKey:
    """Read the key in `folder`, made durably on first use. Raises `BackupKeyDamaged`.

    A volume that is not mounted has no key, and a second one would open no earlier backup. So none is made, and `ProviderUnavailable` is
    raised, where `beside`, the folder of the backups, has some already, or where `folder` has no epoch's key and should (`among_keys`).
    """
    with contextlib.suppress(BackupKeyMissing):
        return read_backup_key(folder)
    if (beside is not None and any(beside.glob(f"*{_BACKUPS}"))) or (among_keys and not any(folder.glob("*/*.key"))):
        raise ProviderUnavailable(_NOT_THERE)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        write_once(folder / _NAME, os.urandom(KEY_BYTES), mode=0o400)
    return read_backup_key(folder)
