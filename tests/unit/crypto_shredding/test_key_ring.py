"""Key rings: what opens them, what does not, and what their bytes give away."""

import os
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import Tampered
from crypto_shredding.keys.key_ring import SLOT_BYTES, KeyRing, KeyUnknown, RingErased, mint, unwrap, wrap
from domain.categories import YOUTH_CATEGORIES, Category

STRUCTURE, YOUTH = uuid4(), uuid4()
KEK = AESGCM(os.urandom(32))


def slots() -> bytes:
    return wrap(mint(YOUTH, YOUTH_CATEGORIES), kek=KEK, structure=STRUCTURE, epoch=1)


def test_a_ring_comes_back_whole() -> None:
    ring = mint(YOUTH, YOUTH_CATEGORIES)

    again = unwrap(wrap(ring, kek=KEK, structure=STRUCTURE, epoch=1), subject=YOUTH, kek=KEK, structure=STRUCTURE, epoch=1)

    assert again.fingerprint() == ring.fingerprint()


def test_every_youth_has_a_key_for_every_category() -> None:
    assert len(slots()) == SLOT_BYTES * len(YOUTH_CATEGORIES)


@pytest.mark.parametrize(
    "change",
    [{"subject": uuid4()}, {"structure": uuid4()}, {"epoch": 2}, {"kek": AESGCM(os.urandom(32))}],
    ids=["another youth", "another structure", "another epoch", "another KEK"],
)
def test_a_ring_opens_for_its_own_youth_structure_epoch_and_kek_alone(change: dict[str, object]) -> None:
    place = {"subject": YOUTH, "kek": KEK, "structure": STRUCTURE, "epoch": 1} | change

    with pytest.raises(Tampered):
        unwrap(slots(), **place)  # type: ignore[arg-type]


@pytest.mark.parametrize("bent", [b"", slots()[:-1], slots() + b"\0"], ids=["empty", "one byte less", "one byte more"])
def test_a_ring_is_a_whole_number_of_slots(bent: bytes) -> None:
    with pytest.raises(Tampered):
        unwrap(bent, subject=YOUTH, kek=KEK, structure=STRUCTURE, epoch=1)


def test_an_unknown_key_is_no_erased_key() -> None:
    with pytest.raises(KeyUnknown):
        mint(YOUTH, (Category.CORE,)).cipher_of(bytes(16))


def test_nothing_is_written_under_an_erased_ring() -> None:
    with pytest.raises(RingErased):
        KeyRing(YOUTH, (), erased=True).of_category(Category.CORE)


def test_no_key_shows_in_a_repr() -> None:
    ring = mint(YOUTH, YOUTH_CATEGORIES)

    assert all(key.secret.hex() not in repr(ring) + repr(key) and repr(key.secret) not in repr(ring) + repr(key) for key in ring.keys)
