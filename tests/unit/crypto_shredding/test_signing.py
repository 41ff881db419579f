"""Vectors of RFC 8032 and of `docs/reference/certificate.md`, and what must not verify."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto_shredding.envelope import place
from crypto_shredding.signing import CERTIFICATE, LEDGER, SignatureInvalid, Signer, verify

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
MESSAGE = b"what is certified"
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group of Ed25519 (RFC 8032 §5.1)."""


def test_what_was_signed_verifies() -> None:
    verify(SIGNER.public, CERTIFICATE, MESSAGE, SIGNER.sign(CERTIFICATE, MESSAGE))


def test_it_is_ed25519_over_label_and_message_behind_their_lengths() -> None:
    signed = bytes.fromhex("00000016") + b"sillage/v1/certificate" + bytes.fromhex("00000011") + MESSAGE

    assert SIGNER.public.hex() == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    assert signed == place(CERTIFICATE, MESSAGE)
    SIGNER.secret.public_key().verify(SIGNER.sign(CERTIFICATE, MESSAGE), signed)


def test_a_line_of_the_ledger_passes_for_no_certificate() -> None:
    with pytest.raises(SignatureInvalid):
        verify(SIGNER.public, CERTIFICATE, MESSAGE, SIGNER.sign(LEDGER, MESSAGE))


def test_label_and_message_cannot_be_shifted() -> None:
    with pytest.raises(SignatureInvalid):
        verify(SIGNER.public, CERTIFICATE + b"w", MESSAGE[1:], SIGNER.sign(CERTIFICATE, MESSAGE))


def test_another_key_signed_nothing() -> None:
    with pytest.raises(SignatureInvalid):
        verify(OTHER.public, CERTIFICATE, MESSAGE, SIGNER.sign(CERTIFICATE, MESSAGE))


@pytest.mark.parametrize("position", range(64))
def test_one_flipped_bit_of_a_signature_is_noticed(position: int) -> None:
    bent = bytearray(SIGNER.sign(CERTIFICATE, MESSAGE))
    bent[position] ^= 1

    with pytest.raises(SignatureInvalid):
        verify(SIGNER.public, CERTIFICATE, MESSAGE, bytes(bent))


def test_a_signature_has_no_second_form() -> None:
    signature = SIGNER.sign(CERTIFICATE, MESSAGE)
    scalar = int.from_bytes(signature[32:], "little") + ORDER

    with pytest.raises(SignatureInvalid):
        verify(SIGNER.public, CERTIFICATE, MESSAGE, signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), b"\xff" * 32], ids=["none", "short", "long", "no_point"])
def test_what_is_no_key_verifies_nothing(public: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(public, CERTIFICATE, MESSAGE, SIGNER.sign(CERTIFICATE, MESSAGE))


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65)], ids=["none", "short", "zeros", "long"])
def test_what_is_no_signature_verifies_nothing(signature: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(SIGNER.public, CERTIFICATE, MESSAGE, signature)


def test_the_key_shows_in_no_repr() -> None:
    assert bytes(range(32)).hex() not in repr(SIGNER)
