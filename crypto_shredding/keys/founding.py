"""Founds a structure's keys, once, with the owner's rights: the first epoch, the structure's own ring, its signing key."""

import os
from typing import Any, Final

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES
from crypto_shredding.keys import key_ring
from crypto_shredding.keys.provider import Providers
from crypto_shredding.postgresql.database import statement
from crypto_shredding.signing import found_signing_key
from domain.categories import Category
from domain.identifiers import StructureId

FIRST_EPOCH: Final = 1


def found_keys(structure: StructureId, owner_address: str, schema: str, providers: Providers) -> None:
    """Make the KEK of the first epoch and the structure's own ring, once, with the owner's rights. Idempotent and resumable."""
    with psycopg.connect(owner_address) as connection:
        connection.execute(statement("LOCK TABLE {structure_keks} IN EXCLUSIVE MODE", schema))
        if connection.execute(statement("SELECT 1 FROM {epochs} LIMIT 1", schema)).fetchone() is not None:
            _found_missing_signing_key(structure, connection, schema, providers)
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


def _found_missing_signing_key(structure: StructureId, connection: psycopg.Connection[Any], schema: str, providers: Providers) -> None:
    """Give a structure that an earlier version founded the signing key that it has not got yet."""
    if connection.execute(statement("SELECT 1 FROM {signing_keys}", schema)).fetchone() is not None:
        return
    own = "SELECT epoch, slots, provider, wrapped FROM {key_rings} JOIN {structure_keks} USING (epoch) WHERE subject_id = %s"
    row = connection.execute(statement(own, schema), (structure,)).fetchone()
    if row is not None:
        epoch, slots, provider, wrapped = row
        kek = AESGCM(providers.named(provider).unwrap(structure, epoch, bytes(wrapped)))
        ring = key_ring.unwrap(bytes(slots), subject=structure, kek=kek, structure=structure, epoch=epoch)
        found_signing_key(structure, connection, schema, ring)
