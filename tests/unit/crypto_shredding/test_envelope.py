"""Negative vectors for the envelope: each names the failure that it must give."""

import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import (
    HEADER_BYTES,
    STRUCTURE_KEY,
    MalformedEnvelope,
    Tampered,
    pad,
    padme,
    place,
    read_header,
    seal,
    unpad,
    unseal,
)

CIPHER = AESGCM(bytes(range(32)))
KEY_ID = bytes(16)
HERE = place(b"label", b"structure", b"stream", (7).to_bytes(8, "big"))


def sealed(content: bytes = b"quelque chose", flags: int = 0) -> bytes:
    return seal(content, cipher=CIPHER, key_id=KEY_ID, where=HERE, flags=flags)


def test_what_was_sealed_opens_in_its_place() -> None:
    assert unseal(sealed(b"abc"), cipher=CIPHER, where=HERE) == b"abc"


def test_the_same_content_sealed_twice_differs() -> None:
    assert sealed() != sealed()


@pytest.mark.parametrize("position", [0, 1, 2, 17, 18, 19, 30, HEADER_BYTES, -17, -1])
def test_one_flipped_bit_anywhere_is_noticed(position: int) -> None:
    bent = bytearray(sealed())
    bent[position] ^= 1

    with pytest.raises(Tampered):
        unseal(bytes(bent), cipher=CIPHER, where=HERE)


def test_a_content_moved_to_another_version_is_tampered_with() -> None:
    elsewhere = place(b"label", b"structure", b"stream", (8).to_bytes(8, "big"))

    with pytest.raises(Tampered):
        unseal(sealed(), cipher=CIPHER, where=elsewhere)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Tampered):
        unseal(sealed(), cipher=AESGCM(os.urandom(32)), where=HERE)


@pytest.mark.parametrize(("byte", "value"), [(0, 0), (0, 2), (1, 0), (1, 9), (18, 2), (18, 255)])
def test_an_unknown_version_algorithm_or_flag_is_malformed(byte: int, value: int) -> None:
    bent = bytearray(sealed())
    bent[byte] = value

    with pytest.raises(MalformedEnvelope):
        read_header(bytes(bent))


@pytest.mark.parametrize("size", [0, 1, 30, 31, 50])
def test_a_truncated_envelope_is_malformed(size: int) -> None:
    with pytest.raises(MalformedEnvelope):
        read_header(sealed()[:size])


def test_the_header_tells_the_key_and_the_flag() -> None:
    header = read_header(sealed(flags=STRUCTURE_KEY))

    assert (header.key_id, header.flags) == (KEY_ID, STRUCTURE_KEY)


def test_parts_of_a_place_cannot_be_shifted() -> None:
    assert place(b"ab", b"c") != place(b"a", b"bc")


def test_a_length_beyond_the_plaintext_is_malformed() -> None:
    with pytest.raises(MalformedEnvelope):
        unpad(b"\x00\x00\x00\xff" + bytes(8))


@pytest.mark.parametrize("size", [*range(200), 1000, 4096, 65537])
def test_padding_gives_back_its_content_and_few_sizes(size: int) -> None:
    content = os.urandom(size)

    assert unpad(pad(content)) == content
    assert len(pad(content)) == padme(size + 4)


def test_four_thousand_sizes_become_fewer_than_a_hundred() -> None:
    assert len({padme(size) for size in range(64, 4001)}) < 100
