from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from crypto_shredding.envelope import HEADER_BYTES, MalformedEnvelope, Tampered
from crypto_shredding.expiring_seal import ExpiringSeal
from domain.identifiers import AccountId, StructureId

SEAL = ExpiringSeal(StructureId(uuid4()), AccountId(uuid4()), "a token of this session")
PREVIEW = UUID(int=7)


def test_what_was_sealed_opens_in_the_same_session() -> None:
    sealed = SEAL.seal(b"Titouan", PREVIEW, "file")

    assert b"Titouan" not in sealed
    assert SEAL.open(sealed, PREVIEW, "file") == b"Titouan"


@pytest.mark.parametrize(
    "other",
    [
        replace(SEAL, token=SEAL.token[::-1]),
        replace(SEAL, account=AccountId(uuid4())),
        replace(SEAL, structure=StructureId(uuid4())),
    ],
    ids=["session", "account", "structure"],
)
def test_nobody_else_opens_it(other: ExpiringSeal) -> None:
    sealed = SEAL.seal(b"Titouan", PREVIEW, "file")

    with pytest.raises(Tampered):
        other.open(sealed, PREVIEW, "file")


def test_it_opens_at_its_own_place_alone() -> None:
    sealed = SEAL.seal(b"Titouan", PREVIEW, "file")

    for preview, part in ((UUID(int=8), "file"), (PREVIEW, "choices")):
        with pytest.raises(Tampered):
            SEAL.open(sealed, preview, part)


@pytest.mark.parametrize("position", [2, 20, HEADER_BYTES, -1], ids=["salt", "nonce", "content", "tag"])
def test_a_changed_bit_is_tampering(position: int) -> None:
    sealed = bytearray(SEAL.seal(b"Titouan", PREVIEW, "file"))
    sealed[position] ^= 1

    with pytest.raises(Tampered):
        SEAL.open(bytes(sealed), PREVIEW, "file")


def test_what_is_no_envelope_is_said_to_be_none() -> None:
    with pytest.raises(MalformedEnvelope):
        SEAL.open(b"short", PREVIEW, "file")


def test_the_same_content_is_never_sealed_alike() -> None:
    one, other = (SEAL.seal(b"Titouan", PREVIEW, "file") for _ in range(2))

    assert one[2:18] != other[2:18]
    assert one[HEADER_BYTES:] != other[HEADER_BYTES:]


def test_the_token_shows_in_no_repr() -> None:
    assert "token of this session" not in repr(SEAL)
