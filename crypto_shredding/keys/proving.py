"""Proves a backup of the rings before an epoch is destroyed: restored apart, each KEK in it unwrapped by its provider, each ring opened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.backups.backup import prune, take_keys
from crypto_shredding.backups.backup_contents import Source
from crypto_shredding.backups.backup_file import Kind
from crypto_shredding.backups.backup_key import backup_key
from crypto_shredding.backups.restore import prove_keys
from crypto_shredding.envelope import Tampered
from crypto_shredding.keys import key_ring
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.part_time import PartTime
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.database import statement

_ACTIVE = "active"


@dataclass(frozen=True)
class BackupProof:
    """Takes a structure's key backup, and proves it. `keys_address` is the owner's; backups lie in `folder`, their key in `key_folder`."""

    source: Source
    keys_address: str
    folder: Path
    key_folder: Path
    providers: Providers
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, work: PartTime) -> int:
        """Give the number of rings that were opened, having rested as `work` asks.

        Raises a kind of `BackupUnusable`, and what the provider and psycopg raise.
        """
        only_files = {provider.name for provider in self.providers.all} == {"file"}
        # Recovered from the escrow, the new folder has keys, and the older backups had another key: that is no reason to wait.
        key = backup_key(self.key_folder, beside=None if only_files else self.folder, among_keys=only_files)
        (taken,) = take_keys(
            self.keys_address, self.folder, key, [self.source], clock=self.clock, progress=lambda _done, _whole: work.rest()
        )
        keks: dict[int, AESGCM] = {}

        def take_keks(connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> None:
            for epoch, provider, wrapped in connection.execute(statement("SELECT epoch, provider, wrapped FROM {structure_keks}", schema)):
                keks[epoch] = AESGCM(self.providers.named(provider).unwrap(self.source.structure, epoch, bytes(wrapped)))

        def open_ring(subject: UUID, epoch: int | None, slots: bytes | None, fingerprint: bytes, state: str) -> None:
            if state != _ACTIVE:
                return
            if epoch not in keks or slots is None:
                raise KeyUnknown
            ring = key_ring.unwrap(bytes(slots), subject=subject, kek=keks[epoch], structure=self.source.structure, epoch=epoch)
            if ring.fingerprint() != bytes(fingerprint):
                raise Tampered("a ring opens and is not the one that its row names")

        proven = prove_keys(taken.path, key, self.keys_address, self.source.structure, open_ring, prepare=take_keks, rest=work.rest)
        # Events are pruned by whoever backs them up: a rotation, at night and alone, takes nothing away that it did not just replace.
        prune(self.folder, key, self.clock(), {Kind.KEYS})
        return proven
