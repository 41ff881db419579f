"""Brings the living records back when the provider is lost: two custodians give the present epoch's KEK, a new provider wraps it (R118)."""

from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding import key_ring
from crypto_shredding.database import statement
from crypto_shredding.key_ring import KeyUnknown
from crypto_shredding.provider import Provider

_Connection = psycopg.Connection[tuple[Any, ...]]


def living_epoch(owner_address: str, schema: str) -> int:
    """Give the present epoch, as the keys database has it. Raises `KeyUnknown` when there is none."""
    with psycopg.connect(owner_address) as connection:
        return _living_epoch(connection, schema)


def take_in(owner_address: str, schema: str, structure: UUID, provider: Provider, kek: bytes) -> int:
    """Have `provider` wrap the present epoch's KEK, once it was seen to open the structure's own ring; give the epoch.

    The epoch was in people's hands: rotate at once afterwards. Raises `Tampered` for the KEK of another epoch or structure, `KeyUnknown`,
    and what the provider raises; then nothing was changed.
    """
    with psycopg.connect(owner_address) as connection:
        epoch = _living_epoch(connection, schema)
        row = connection.execute(statement("SELECT slots FROM {key_rings} WHERE subject_id = %s", schema), (structure,)).fetchone()
        if row is None:
            raise KeyUnknown
        key_ring.unwrap(bytes(row[0]), subject=structure, kek=AESGCM(kek), structure=structure, epoch=epoch)
        provider.new_epoch(structure, epoch)
        connection.execute(
            statement("UPDATE {structure_keks} SET wrapped = %s, provider = %s WHERE epoch = %s", schema),
            (provider.wrap(structure, epoch, kek), provider.name, epoch),
        )
        connection.execute(statement("UPDATE {epochs} SET provider = %s WHERE epoch = %s", schema), (provider.name, epoch))
    return epoch


def _living_epoch(connection: _Connection, schema: str) -> int:
    row = connection.execute(statement("SELECT max(epoch) FROM {structure_keks}", schema)).fetchone()
    if row is None or row[0] is None:
        raise KeyUnknown
    return int(row[0])
