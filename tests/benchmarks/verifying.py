"""`verify-leaves`: an exported journal is verified offline, from the first byte of the file to the last sentence (design §11).

Half of its leaves are events, half lines of the trail; every hash of a leaf, and of every node above, is computed again and compared.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.journal.journal_export import BLOCK_LEAVES
from crypto_shredding.journal.leaves import EventRow, LineRow, event_leaf, line_leaf
from crypto_shredding.journal.merkle import CompactRange, leaf_hash
from crypto_shredding.journal.notes import origin_of, sign_checkpoint
from crypto_shredding.journal.sillage_verify import MAGIC, verify
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId
from tests.benchmarks.filling import Load
from tests.benchmarks.ground import Ground, say
from tests.benchmarks.measure import Measure
from tests.journals import Part, put_together

LEAVES: Final = 1_000_000
TARGET: Final = 500_000
_ROUNDS: Final = 5
_STRUCTURE: Final = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
_SIGNER: Final = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
_SOMEBODY: Final = UUID("1e11a000-0000-4000-8000-000000000001")


def measure(ground: Ground, load: Load) -> list[Measure]:
    """Write a journal, verify it with one processor and with all, and give the fastest of several."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        write_journal(path, LEAVES)
        ground.settle()
        alone = min(seconds(path, jobs=1) for _ in range(_ROUNDS))
        together = min(seconds(path, jobs=None) for _ in range(_ROUNDS))
    fastest = LEAVES / min(alone, together)
    say(f"  {LEAVES} leaves: {LEAVES / alone:.0f} a second on one processor, {LEAVES / together:.0f} on all")
    return [Measure("verify-leaves", fastest / TARGET, 1.0, fastest, TARGET, "leaves/s", load.name)]


def seconds(path: Path, *, jobs: int | None) -> float:
    """Verify, and say how long it took. What does not verify was not measured."""
    begin = time.perf_counter()
    report = verify(path, key=_SIGNER.public, jobs=jobs)
    took = time.perf_counter() - begin
    if report.defects or report.leaves != LEAVES:
        raise AssertionError(report.defects)
    return took


def write_journal(path: Path, leaves: int) -> None:
    """Write a sound journal of so many leaves."""
    parts = [Part(b"T", 2, bytes([2, 0, 0, 0, 1, 0, 0, 0, 0]))]
    parts += _tree(1, "events", None, bytes([1, 0, 0, 0, 1, 0, 0, 0, 0]), leaves // 2)
    parts += _tree(3, "trail", "2026-11", bytes([3, 0, 0, 0, 1]) + (202611).to_bytes(4, "big"), leaves - leaves // 2)
    parts.append(Part(b"Z", 0, len(parts).to_bytes(8, "big")))
    path.write_bytes(put_together(MAGIC + _STRUCTURE.bytes + _SIGNER.public, parts))


def _tree(number: int, kind: str, month: str | None, head: bytes, leaves: int) -> Iterator[Part]:
    grown, stored, rows = CompactRange(), [], []
    for first in range(1, leaves + 1, BLOCK_LEAVES):
        positions = range(first, min(first + BLOCK_LEAVES, leaves + 1))
        spelt = [_event(position) if number == 1 else _line(position) for position in positions]
        hashes = [leaf_hash(leaf) for leaf in spelt]
        grown.append(hashes)
        stored.append(Part(b"L", number, b"".join(position.to_bytes(8, "big") for position in positions) + b"".join(hashes)))
        marked = (b"\x01\x00" + leaf if number == 1 else (len(leaf) + 1).to_bytes(4, "big") + b"\x00" + leaf for leaf in spelt)
        rows.append(Part(b"R", number, b"".join(marked)))
    origin = origin_of(_STRUCTURE, kind, number, month, 1)
    note = sign_checkpoint(_SIGNER, origin, leaves, grown.root(), datetime(2026, 11, 27, tzinfo=UTC))
    yield from (Part(b"T", number, head), Part(b"C", number, note.encode()), *stored, *rows)


def _event(position: int) -> bytes:
    digest = position.to_bytes(32, "big")
    return event_leaf(EventRow(position, UUID(int=position // 50), position % 50 + 1, digest[:16], digest, is_present=True))


def _line(position: int) -> bytes:
    at, reference = 1_790_000_000_000_000 + position, UUID(int=position // 20)
    told = ("educator", "accompany", "record.read", "granted")
    return line_leaf(LineRow(position, at, _SOMEBODY, *told, reference, ("core", "follow_up"), 1, UUID(int=position)))
