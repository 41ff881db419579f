"""One entry of the erasure ledger: a key that was destroyed, to be destroyed again wherever an older copy brings it back (R073).

The ledger stands in both databases and in a signed file off the server (`ledger_file.py`). It names random identifiers only.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One destruction. `number` counts from 1 in each structure; `key_id` is `None` when the whole ring went, else the one key (16 bytes).

    `fingerprint` (32 bytes) is what `KeyRing.fingerprint` gave for the ring, or `Key.fingerprint` for the key. `epoch` is the one
    that wrapped them when they went: older copies are dead once that epoch's key is destroyed. `erased_at` is UTC.
    """

    number: int
    erasure: UUID
    subject: UUID
    key_id: bytes | None
    fingerprint: bytes
    epoch: int
    erased_at: datetime
