"""Each structure's one signing key (Ed25519, RFC 8032): certificates and the erasure ledger are signed with it.

    signed bytes = for the label, then the message: length(4, big-endian) | bytes
    sealed seed  = the envelope of `envelope.py` over the seed(32), under the structure's own key (flag 1), at the place
                   "sillage/v1/signing", structure(16), public key(32)

The label says what is signed, so that a line of the ledger can never pass for a certificate. The key is made when the structure is founded
and never again: its public part is what an earlier certificate is checked with.
"""

import os
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto_shredding.envelope import STRUCTURE_KEY, Tampered, place, read_header, seal, unseal
from crypto_shredding.keys.key_ring import KeyRing
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.postgresql.database import statement
from domain.categories import Category
from domain.identifiers import StructureId

CERTIFICATE: Final = b"sillage/v1/certificate"
LEDGER: Final = b"sillage/v1/ledger"
NOTE: Final = b"sillage/"
"""How every note begins."""
SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_PLACE: Final = b"sillage/v1/signing"


class SignatureInvalid(Exception):
    """This key did not sign this message under this label."""


class SigningKeyMissing(Exception):
    """The structure's keys hold no signing key: it was founded by an older version that was never brought up to date."""


@dataclass(frozen=True, repr=False)
class Signer:
    """Signs for one structure, for as long as the batch that asked for it. Its `repr` shows nothing."""

    secret: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The public key (32 bytes)."""
        return self.secret.public_key().public_bytes_raw()

    def sign(self, label: bytes, message: bytes) -> bytes:
        """Sign `message` as a `label` and as nothing else (64 bytes). The same message gives the same signature."""
        return self.secret.sign(place(label, message))

    def sign_note(self, text: bytes) -> bytes:
        """Sign the text of a note as it stands (C2SP signed-note). It begins with its origin, and what has a label with a zero byte."""
        if not text.startswith(NOTE):
            raise ValueError(text[: len(NOTE)])
        return self.secret.sign(text)


def verify(public: bytes, label: bytes, message: bytes, signature: bytes) -> None:
    """Check that the key `public` signed `message` as a `label`. Raises `SignatureInvalid`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, place(label, message))
    except (InvalidSignature, ValueError):
        raise SignatureInvalid from None


def verify_note(public: bytes, text: bytes, signature: bytes) -> bool:
    """Tell whether the key `public` signed this text of a note."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def found_signing_key(structure: StructureId, connection: psycopg.Connection[Any], schema: str, ring: KeyRing) -> None:
    """Make the signing key of a structure, once, inside the transaction of the database's owner. `ring` is the structure's own."""
    connection.execute(statement("LOCK TABLE {signing_keys} IN EXCLUSIVE MODE", schema))
    if connection.execute(statement("SELECT 1 FROM {signing_keys}", schema)).fetchone() is not None:
        return
    seed = os.urandom(SEED_BYTES)
    public = Signer(Ed25519PrivateKey.from_private_bytes(seed)).public
    key = ring.of_category(Category.STRUCTURE)
    sealed = seal(seed, cipher=key.cipher(), key_id=key.key_id, where=_where(structure, public), flags=STRUCTURE_KEY)
    connection.execute(statement("INSERT INTO {signing_keys} (public, sealed) VALUES (%s, %s)", schema), (public, sealed))


def signer_of(key_store: KeyStore) -> Signer:
    """Open the signing key of a structure. Raises `SigningKeyMissing`, `Tampered`, and what the provider raises."""
    public, sealed = _row(key_store)
    cipher = key_store.structure_ring().cipher_that_sealed(read_header(sealed).key_id)
    signer = Signer(Ed25519PrivateKey.from_private_bytes(unseal(sealed, cipher=cipher, where=_where(key_store.structure, public))))
    if signer.public != public:
        raise Tampered("the sealed seed is another key's")
    return signer


def public_key_of(key_store: KeyStore) -> bytes:
    """Give the public signing key of a structure; no key is opened for it. Raises `SigningKeyMissing`."""
    return _row(key_store)[0]


def _row(key_store: KeyStore) -> tuple[bytes, bytes]:
    with key_store.database.connection() as connection:
        row = connection.execute(key_store.database.statement("SELECT public, sealed FROM {signing_keys}")).fetchone()
    if row is None:
        raise SigningKeyMissing
    return bytes(row[0]), bytes(row[1])


def _where(structure: StructureId, public: bytes) -> bytes:
    return place(_PLACE, structure.bytes, public)
