"""Roots and proofs as RFC 6962 and RFC 9162 have them."""

import hashlib
from itertools import combinations_with_replacement

import pytest

from crypto_shredding.journal.merkle import (
    EMPTY_ROOT,
    CompactRange,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

CONTENTS = [
    bytes.fromhex(digits) for digits in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The leaves that implementations of certificate transparency test themselves with."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 40
LEAVES = [b"%d" % number for number in range(LARGEST)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def test_roots_are_those_of_everybody_else() -> None:
    hashes = [leaf_hash(content) for content in CONTENTS]

    assert [root_of(hashes[:size]).hex() for size in range(1, 9)] == ROOTS
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_a_range_goes_on_where_it_was_stored() -> None:
    for size in range(LARGEST):
        first = CompactRange()
        first.append(HASHES[:size])
        again = CompactRange.of(size, first.stored())
        again.append(HASHES[size:])
        assert again.root() == root_of(HASHES)
        assert len(first.peaks) == size.bit_count()


@pytest.mark.parametrize(("size", "stored"), [(1, b""), (2, bytes(64)), (3, bytes(63)), (-1, b"")])
def test_a_range_of_another_size_is_refused(size: int, stored: bytes) -> None:
    with pytest.raises(ValueError, match=str(size)):
        CompactRange.of(size, stored)


def test_every_leaf_of_every_tree_is_proven_to_be_in_it_and_nowhere_else() -> None:
    for size in range(1, LARGEST + 1):
        root = root_of(HASHES[:size])
        for index in range(size):
            proof = inclusion_proof(HASHES[:size], index)
            verify_inclusion(LEAVES[index], index, size, root, proof)
            for wrong in (
                (b"other", index, size, proof),
                (LEAVES[index], index, size, [*proof, bytes(32)]),
                (LEAVES[index], index + size, size, proof),
            ):
                with pytest.raises(ProofInvalid):
                    verify_inclusion(*wrong[:3], root, wrong[3])
            if proof:
                with pytest.raises(ProofInvalid):
                    verify_inclusion(LEAVES[index], index, size, root, proof[:-1])


def test_every_tree_is_proven_to_begin_with_every_earlier_one() -> None:
    for size, later in combinations_with_replacement(range(1, LARGEST + 1), 2):
        root, later_root = root_of(HASHES[:size]), root_of(HASHES[:later])
        proof = consistency_proof(HASHES[:later], size)
        verify_consistency(size, root, later, later_root, proof)
        for wrong in ((bytes(32), later_root, proof), (root, bytes(32), proof), (root, later_root, [*proof, bytes(32)])):
            with pytest.raises(ProofInvalid):
                verify_consistency(size, wrong[0], later, *wrong[1:])


def test_a_tree_that_was_rewritten_cannot_be_proven_to_have_grown() -> None:
    rewritten = [*HASHES[:5], leaf_hash(b"changed"), *HASHES[6:]]
    for size in range(6, LARGEST):
        proof = consistency_proof(rewritten, size)
        with pytest.raises(ProofInvalid):
            verify_consistency(size, root_of(HASHES[:size]), LARGEST, root_of(rewritten), proof)
