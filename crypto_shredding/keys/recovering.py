"""Brings the living records back when the provider is lost: two custodians give the living epochs' KEKs, a new provider wraps them (R118).

The key that the lost provider had was never seen destroyed: whoever has it opens the older copies of what was erased in its epoch. So each
epoch that was not destroyed by then is marked lost, and nothing that was erased in it is ever called irreversible.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.keys import key_ring
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import Provider
from crypto_shredding.postgresql.database import statement

_Connection = psycopg.Connection[tuple[Any, ...]]


def take_in(owner_address: str, schema: str, structure: UUID, provider: Provider, recover: Callable[[int], bytes]) -> int:
    """Have `provider` wrap the KEK of every living epoch (two when a rotation was cut short), as `recover` gives it; give the present one.

    Each KEK was seen to open a ring of its epoch, the structure's own if it is there. The epochs were in people's hands: rotate at once
    afterwards, until the present one is not lost. Raises `Tampered` for the KEK of another epoch or structure, `KeyUnknown`, what `recover`
    and the provider raise; then nothing was changed.
    """
    with psycopg.connect(owner_address) as connection:
        rows = connection.execute(statement("SELECT epoch FROM {structure_keks} ORDER BY epoch FOR UPDATE", schema)).fetchall()
        if not rows:
            raise KeyUnknown
        present = int(rows[-1][0])
        for (epoch,) in rows:
            ring = _ring_of(connection, schema, structure, epoch)
            if ring is None and epoch != present:
                # Its rings have gone over already: nobody needs it, and the escrow may have forgotten it.
                connection.execute(statement("DELETE FROM {structure_keks} WHERE epoch = %s", schema), (epoch,))
                continue
            kek = recover(epoch)
            if ring is not None:
                key_ring.unwrap(ring[1], subject=ring[0], kek=AESGCM(kek), structure=structure, epoch=epoch)
            provider.new_epoch(structure, epoch)
            wrapped = provider.wrap(structure, epoch, kek)
            taken = statement("UPDATE {structure_keks} SET wrapped = %s, provider = %s WHERE epoch = %s", schema)
            connection.execute(taken, (wrapped, provider.name, epoch))
            connection.execute(statement("UPDATE {epochs} SET provider = %s WHERE epoch = %s", schema), (provider.name, epoch))
        lost = "UPDATE {epochs} SET lost_at = clock_timestamp() WHERE destroyed_at IS NULL AND lost_at IS NULL"
        connection.execute(statement(lost, schema))
    return present


def _ring_of(connection: _Connection, schema: str, structure: UUID, epoch: int) -> tuple[UUID, bytes] | None:
    query = (
        "SELECT subject_id, slots FROM {key_rings} WHERE epoch = %s AND state = 'active' ORDER BY subject_id = %s DESC, subject_id LIMIT 1"
    )
    row = connection.execute(statement(query, schema), (epoch, structure)).fetchone()
    return None if row is None else (row[0], bytes(row[1]))
