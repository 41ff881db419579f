"""The attack: every secret that still exists is tried on everything that lay in any copy.

It knows the source, and asks nothing of the service. What it never has is a key that exists no more; whether one still does, it finds out.
"""

import base64
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from crypto_shredding.backups.backup_file import SUFFIX
from crypto_shredding.canary_scan import files
from crypto_shredding.envelope import (
    HEADER_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    MalformedEnvelope,
    Tampered,
    pad,
    read_header,
    unpad,
)
from crypto_shredding.keys.file_provider import kek_place
from crypto_shredding.keys.key_ring import Key, unwrap
from tests.fault.loot import Loot, Sealed

LARGEST_SECRET = 1 << 16
"""A file up to this size may hold a secret: each run of bytes as long as a key is tried as one, and what its text spells likewise."""
_HEXADECIMAL = re.compile(rb"(?=([0-9a-fA-F]{%d}))" % (2 * KEY_BYTES))
_Slot = tuple[UUID, bytes]
_BASE64 = re.compile(rb"(?=([A-Za-z0-9+/_-]{43}))")


@dataclass
class Spoils:
    """What an attack opened, by the subject whose key opened it, and what stayed dark, by the subject of its row."""

    keys: dict[bytes, tuple[UUID, Key]] = field(default_factory=dict)
    plaintexts: dict[UUID | None, list[bytes]] = field(default_factory=dict)
    opened: set[Sealed] = field(default_factory=set)
    dark: Counter[UUID | None] = field(default_factory=Counter)
    tried: int = 0

    def by_subject(self) -> dict[UUID | None, list[Key]]:
        """Give the keys that were found, by whose they are."""
        found: dict[UUID | None, list[Key]] = {}
        for subject, key in self.keys.values():
            found.setdefault(subject, []).append(key)
        return found

    def bytes_of(self, subjects: Iterable[UUID]) -> int:
        """Count the bytes that were decrypted of these subjects."""
        return sum(len(text) for subject in subjects for text in self.plaintexts.get(subject, ()))

    def text(self) -> bytes:
        """Give all that was decrypted of anybody."""
        return b"\0".join(text for texts in self.plaintexts.values() for text in texts)


def attack(loot: Loot, secrets: Collection[bytes]) -> Spoils:
    """Try every secret on every wrapped KEK, every KEK on every slot, every key on every ciphertext, for each epoch there may have been.

    Each key that was found is a secret too: it is tried on the wrapped KEKs, and on the slots of its own subject.
    """
    epochs = range(max(loot.epochs, default=0) + 3)
    spoils = Spoils()
    shut, fresh = set(loot.slots), set(secrets)
    while fresh:
        keks = [AESGCM(kek) for kek in set(_keks(loot, fresh, epochs))]
        found = dict(_keys(loot.structure, shut, keks, spoils.by_subject(), epochs))
        fresh = {key.secret for _, key in found.values()}
        shut -= found.keys()
        spoils.keys |= {key.key_id: (subject, key) for subject, key in found.values()}
    _decrypt(loot, spoils)
    return spoils


def secrets_in(folders: Collection[Path]) -> set[bytes]:
    """Give everything in the files of these folders that is as long as a key, wherever it begins, however it is spelt.

    Backups are left out: what they hold is loot, and is read as such.
    """
    paths = [path for folder in folders for path in files(folder) if path.suffix != SUFFIX and path.stat().st_size <= LARGEST_SECRET]
    return {secret for path in paths for secret in _secrets(path.read_bytes())}


def _secrets(content: bytes) -> Iterator[bytes]:
    yield from (content[start : start + KEY_BYTES] for start in range(len(content) - KEY_BYTES + 1))
    yield from (bytes.fromhex(text.decode()) for text in _HEXADECIMAL.findall(content))
    yield from (base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"=")[:KEY_BYTES] for text in _BASE64.findall(content))


def _keks(loot: Loot, secrets: Collection[bytes], epochs: range) -> Iterator[bytes]:
    for secret in secrets:
        cipher = AESGCM(secret)
        for wrapped, epoch in product(loot.keks, epochs):
            try:
                yield cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], kek_place(loot.structure, epoch))
            except InvalidTag:
                continue


def _keys(
    structure: UUID, slots: Collection[_Slot], keks: Collection[AESGCM], own: Mapping[UUID | None, list[Key]], epochs: range
) -> Iterator[tuple[_Slot, tuple[UUID, Key]]]:
    for subject, slot in slots:
        for kek, epoch in product([*keks, *(key.cipher() for key in own.get(subject, ()))], epochs):
            try:
                ring = unwrap(slot, subject=subject, kek=kek, structure=structure, epoch=epoch)
            except Tampered:
                continue
            yield from (((subject, slot), (subject, key)) for key in ring.keys)
            break


def _decrypt(loot: Loot, spoils: Spoils) -> None:
    own = spoils.by_subject()
    for sealed in loot.sealed:
        spoils.tried += 1
        named = spoils.keys.get(read_header(sealed.content).key_id)
        # The header names the key. When that one is nowhere, all those of the same subject are tried instead.
        for subject, key in [named] if named else [(sealed.subject, key) for key in own.get(sealed.subject, ())]:
            text = _text(sealed.content, key)
            if text is not None:
                spoils.plaintexts.setdefault(subject, []).append(text)
                spoils.opened.add(sealed)
                break
        else:
            spoils.dark[sealed.subject] += 1


def _text(content: bytes, key: Key) -> bytes | None:
    """Decrypt without asking the seal: whoever has the key needs neither the tag nor the place, GCM is counter mode underneath."""
    first_block = read_header(content).nonce + (2).to_bytes(4, "big")
    padded = Cipher(AES(key.secret), CTR(first_block)).decryptor().update(content[HEADER_BYTES:-TAG_BYTES])
    try:
        text = unpad(padded)
    except MalformedEnvelope:
        return None
    return text if padded == pad(text) else None
