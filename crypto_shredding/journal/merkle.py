"""Merkle trees as RFC 6962 §2.1 has them: leaf and node hashes, a range that grows in constant memory, both proofs (RFC 9162 §2.1)."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
LEAF: Final = b"\x00"
"""Before what a leaf says; a node begins with another byte, so that none passes for the other."""
_NODE: Final = b"\x01"


class ProofInvalid(Exception):
    """This proof does not lead from the one root to the other."""


def leaf_hash(content: bytes) -> bytes:
    """Hash one leaf."""
    return hashlib.sha256(LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash the node above two others."""
    return hashlib.sha256(_NODE + left + right).digest()


@dataclass
class CompactRange:
    """All that a tree needs in order to grow: the root of each full subtree, from the widest to the narrowest. At most 64 hashes."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, stored: bytes) -> Self:
        """Read what `stored` gave. Raises `ValueError` when it cannot be the range of so many leaves."""
        peaks = [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)]
        if size < 0 or len(stored) % HASH_BYTES or len(peaks) != size.bit_count():
            raise ValueError(size)
        return cls(size, peaks)

    def stored(self) -> bytes:
        """Give the hashes, one behind the other."""
        return b"".join(self.peaks)

    def append(self, hashes: Iterable[bytes]) -> None:
        """Add the hashes of leaves at the end."""
        for its_hash in hashes:
            right, carried = its_hash, self.size
            while carried & 1:
                right = node_hash(self.peaks.pop(), right)
                carried >>= 1
            self.peaks.append(right)
            self.size += 1

    def root(self) -> bytes:
        """Give the root over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Give the root over the hashes of all leaves."""
    whole = CompactRange()
    whole.append(hashes)
    return whole.root()


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that the leaf `index` is one of `hashes` (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_proof(hashes[:split], index), root_of(hashes[split:])]
    return [*inclusion_proof(hashes[split:], index - split), root_of(hashes[:split])]


def consistency_proof(hashes: Sequence[bytes], size: int) -> list[bytes]:
    """Prove that the tree over `hashes` begins with the tree over its first `size` (RFC 9162 §2.1.4.1)."""
    if not 0 < size <= len(hashes):
        raise IndexError(size)
    return _subproof(hashes, size, is_known=True)


def verify_inclusion(content: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a leaf of this content stands at `index` of the tree (RFC 9162 §2.1.3.2). Raises `ProofInvalid`."""
    if not 0 <= index < size:
        raise ProofInvalid
    reached = leaf_hash(content)
    for step, is_left in _climbed(index, size - 1, proof):
        reached = node_hash(step, reached) if is_left else node_hash(reached, step)
    if reached != root:
        raise ProofInvalid


def verify_consistency(size: int, root: bytes, later_size: int, later_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the later tree begins with the earlier one (RFC 9162 §2.1.4.2). Raises `ProofInvalid`."""
    if not 0 < size <= later_size:
        raise ProofInvalid
    if size == later_size:
        if proof or root != later_root:
            raise ProofInvalid
        return
    steps = list(proof)
    if size.bit_count() == 1:
        steps.insert(0, root)
    if not steps:
        raise ProofInvalid
    left, last = size - 1, later_size - 1
    while left & 1:
        left, last = left >> 1, last >> 1
    earlier = later = steps[0]
    for step, is_left in _climbed(left, last, steps[1:]):
        later = node_hash(step, later) if is_left else node_hash(later, step)
        earlier = node_hash(step, earlier) if is_left else earlier
    if (earlier, later) != (root, later_root):
        raise ProofInvalid


def _climbed(index: int, last: int, proof: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give each step of a proof, and whether it stands on the left, from a leaf up to the root. Raises `ProofInvalid`."""
    for step in proof:
        if last == 0:
            raise ProofInvalid
        is_left = bool(index & 1) or index == last
        if is_left:
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        yield step, is_left
        index, last = index >> 1, last >> 1
    if last:
        raise ProofInvalid


def _subproof(hashes: Sequence[bytes], size: int, *, is_known: bool) -> list[bytes]:
    if size == len(hashes):
        return [] if is_known else [root_of(hashes)]
    split = _split(len(hashes))
    if size <= split:
        return [*_subproof(hashes[:split], size, is_known=is_known), root_of(hashes[split:])]
    return [*_subproof(hashes[split:], size - split, is_known=False), root_of(hashes[:split])]


def _split(size: int) -> int:
    """Give the greatest power of two that is smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
