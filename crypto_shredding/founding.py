"""Founds a structure's keys, once, with the owner's rights: the first epoch, the structure's own ring, its signing key."""

import os
from typing import Final

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding import key_ring
from crypto_shredding.database import statement
from crypto_shredding.envelope import KEY_BYTES
from crypto_shredding.provider import Providers
from crypto_shredding.signing import found_signing_key
from domain.categories import Category
from domain.identifiers import StructureId

FIRST_EPOCH: Final = 1


def found_keys(structure: StructureId, owner_address: str, schema: str, providers: Providers) -> None:
    """Make the KEK of the first epoch and the structure's own ring, once, with the owner's rights. Idempotent and resumable."""
    with psycopg.connect(owner_address) as connection:
        connection.execute(statement("LOCK TABLE {structure_keks} IN EXCLUSIVE MODE", schema))
        if connection.execute(statement("SELECT 1 FROM {epochs} LIMIT 1", schema)).fetchone() is not None:
            return
        provider = providers.current
        provider.new_epoch(structure, FIRST_EPOCH)
        kek = os.urandom(KEY_BYTES)
        connection.execute(
            statement("INSERT INTO {structure_keks} (epoch, wrapped, provider) VALUES (%s, %s, %s)", schema),
            (FIRST_EPOCH, provider.wrap(structure, FIRST_EPOCH, kek), provider.name),
        )
        connection.execute(statement("INSERT INTO {epochs} (epoch, provider) VALUES (%s, %s)", schema), (FIRST_EPOCH, provider.name))
        ring = key_ring.mint(structure, (Category.STRUCTURE,))
        connection.execute(
            statement("INSERT INTO {key_rings} (subject_id, epoch, slots, fingerprint) VALUES (%s, %s, %s, %s)", schema),
            (
                structure,
                FIRST_EPOCH,
                key_ring.wrap(ring, kek=AESGCM(kek), structure=structure, epoch=FIRST_EPOCH),
                ring.fingerprint(),
            ),
        )
        found_signing_key(structure, connection, schema, ring)
