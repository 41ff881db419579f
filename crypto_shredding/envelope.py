"""The sealed form of a piece of content, byte by byte. Format and encryption only: which key, is another module's business.

    header      = version(1) | algorithm(1) | key id(16) | flags(1) | nonce(12)                          31 bytes
    sealed      = header | AES-256-GCM ciphertext | tag(16)
    associated  = header | for each part of the place: length(4, big-endian) | bytes
    plaintext   = length(4, big-endian) | content | zeros up to the PADMÉ size

The *place* says where the bytes belong (structure, stream, version for an event; structure, table, subject for a column), so that no
ciphertext can be moved elsewhere unnoticed (R110, R111, R113). Nothing is compressed, so that sizes do not depend on what is said;
padding leaves few sizes (PADMÉ, Nikitin et al., PETS 2019).
"""

import os
import struct
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = 1
AES_256_GCM: Final = 1
NO_FLAG: Final = 0
STRUCTURE_KEY: Final = 1
"""The key is in the structure's own ring and not in the ring of the stream's subject."""

_FLAGS: Final = frozenset({NO_FLAG, STRUCTURE_KEY})

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 16
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_HEADER: Final = struct.Struct(">BB16sB12s")
HEADER_BYTES: Final = _HEADER.size
_LENGTH: Final = struct.Struct(">I")


class EnvelopeError(Exception):
    """Base of what can be wrong with a sealed content. Never confused with « erased », which is no error."""


class MalformedEnvelope(EnvelopeError):
    """The bytes are not an envelope of a version and an algorithm that we know."""


class Tampered(EnvelopeError):
    """The content, its header or its place is not what was sealed."""


class Header(NamedTuple):
    """What stands in clear before the ciphertext: nothing about a person, a random key id."""

    version: int
    algorithm: int
    key_id: bytes
    flags: int
    nonce: bytes


def read_header(sealed: bytes) -> Header:
    """Read the header of `sealed`. Raises `MalformedEnvelope` for anything that is not ours."""
    if len(sealed) < HEADER_BYTES + _LENGTH.size + TAG_BYTES:
        raise MalformedEnvelope("too short for an envelope")
    header = Header._make(_HEADER.unpack_from(sealed))
    if header.version != VERSION or header.algorithm != AES_256_GCM or header.flags not in _FLAGS:
        raise MalformedEnvelope("unknown version, algorithm or flags")
    return header


def place(*parts: bytes) -> bytes:
    """Spell out where a sealed content belongs, unambiguously: each part behind its length."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def seal(content: bytes, *, cipher: AESGCM, key_id: bytes, where: bytes, flags: int = NO_FLAG) -> bytes:
    """Encrypt `content` for the place `where`, under a fresh random nonce."""
    header = _HEADER.pack(VERSION, AES_256_GCM, key_id, flags, os.urandom(NONCE_BYTES))
    return header + cipher.encrypt(header[-NONCE_BYTES:], pad(content), header + where)


def unseal(sealed: bytes, *, cipher: AESGCM, where: bytes) -> bytes:
    """Decrypt `sealed`, which must belong to the place `where`. Raises `Tampered` when anything differs."""
    header = sealed[:HEADER_BYTES]
    try:
        padded = cipher.decrypt(header[-NONCE_BYTES:], sealed[HEADER_BYTES:], header + where)
    except InvalidTag:
        raise Tampered("the seal does not hold") from None
    return unpad(padded)


def pad(content: bytes) -> bytes:
    """Prefix `content` with its length and fill it with zeros up to its PADMÉ size (at most 12 % more, 7 % beyond a few hundred bytes)."""
    framed = len(content) + _LENGTH.size
    return _LENGTH.pack(len(content)) + content + bytes(padme(framed) - framed)


def unpad(padded: bytes) -> bytes:
    """Give back the content of `pad`. Raises `MalformedEnvelope` when the length cannot be true."""
    (length,) = _LENGTH.unpack_from(padded)
    if length > len(padded) - _LENGTH.size:
        raise MalformedEnvelope("the length exceeds the plaintext")
    return padded[_LENGTH.size : _LENGTH.size + length]


def padme(size: int) -> int:
    """Round `size` up so that only its leading bits are left to tell: O(log log size) of them."""
    if size < 2:  # noqa: PLR2004 - the logarithm below needs at least one bit.
        return size
    exponent = size.bit_length() - 1
    kept_bits = exponent.bit_length()
    mask = (1 << (exponent - kept_bits)) - 1 if exponent > kept_bits else 0
    return (size + mask) & ~mask
