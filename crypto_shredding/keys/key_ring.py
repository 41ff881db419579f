"""A subject's key ring: one random key a category, each wrapped directly by the structure's KEK of one epoch (design §4, §6).

    slot        = nonce(12) | AES-256-GCM(KEK, category(1) | key id(16) | key(32)) | tag(16)              77 bytes
    associated  = label | structure(16) | subject(16) | epoch(4)                          each behind its length
    ring        = slot | slot | …                                     a living key of each category in a fixed order, destroyed ones after

No key of a ring is ever wrapped by another of its keys: an older copy would hold it under a key that lives on. All categories get a key
at the opening, so that which keys exist says nothing. When the key of one category is destroyed, a fresh one takes its slot, and a slot
that holds its id and no key (code + 128, 32 zeros) is added: what it had sealed is then known to be erased, and not tampered with.
`KeyUnknown` (raised) and an erased ring (a value) are never confused.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES, KEY_ID_BYTES, NONCE_BYTES, TAG_BYTES, Tampered, place
from domain.categories import YOUTH_CATEGORIES, Category

SLOT_BYTES: Final = NONCE_BYTES + 1 + KEY_ID_BYTES + KEY_BYTES + TAG_BYTES
_LABEL: Final = b"sillage/v1/slot"
_CODES: Final = {category: code for code, category in enumerate((*YOUTH_CATEGORIES, Category.STRUCTURE, Category.PROTECTION), start=1)}
_CATEGORIES: Final = {code: category for category, code in _CODES.items()}
_DESTROYED: Final = 0x80
"""Added to the code of a category in the slot that only remembers a destroyed key's id."""


class KeyUnknown(Exception):
    """No ring, or no such key in the ring at hand: never taken for an erasure. Whoever reads stops here."""


class RingErased(Exception):
    """The ring was destroyed lawfully, and somebody asked it for a key to write with."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One living key. Its `repr` shows nothing."""

    key_id: bytes
    category: Category
    secret: bytes

    def cipher(self) -> AESGCM:
        """Give the cipher of this key."""
        return AESGCM(self.secret)

    def fingerprint(self) -> bytes:
        """SHA-256 over the id and the key: proves later which key was destroyed, and gives nothing of it away."""
        return hashlib.sha256(b"sillage/v1/key-fingerprint" + self.key_id + self.secret).digest()


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """What a living ring remembers of a key that was destroyed."""

    key_id: bytes
    category: Category


@dataclass(frozen=True, repr=False)
class KeyRing:
    """The keys of one subject (a youth, or the structure itself), for the time of one request or one batch."""

    subject: UUID
    keys: tuple[Key, ...]
    erased: bool = False
    destroyed: tuple[DestroyedKey, ...] = ()
    _ciphers: dict[bytes, AESGCM] = field(default_factory=dict)

    @cached_property
    def _by_id(self) -> dict[bytes, Key]:
        return {key.key_id: key for key in self.keys}

    @cached_property
    def _destroyed_ids(self) -> frozenset[bytes]:
        return frozenset(key.key_id for key in self.destroyed)

    @cached_property
    def _by_category(self) -> dict[Category, Key]:
        return {key.category: key for key in self.keys}

    def of_category(self, category: Category) -> Key:
        """Give the key to write content of `category` with. Raises `RingErased`, or `KeyUnknown` when the ring has none."""
        if self.erased:
            raise RingErased
        try:
            return self._by_category[category]
        except KeyError:
            raise KeyUnknown from None

    def cipher_of(self, key_id: bytes) -> AESGCM:
        """Give the cipher to read with. Raises `KeyUnknown` for an id that is not in the ring."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            try:
                cipher = self._ciphers[key_id] = self._by_id[key_id].cipher()
            except KeyError:
                raise KeyUnknown from None
        return cipher

    def cipher_that_sealed(self, key_id: bytes) -> AESGCM:
        """Give the cipher to open a content with whose header names `key_id`.

        Raises `Tampered`: a ring is made whole, so that a living one has every key that its subject's contents were sealed with.
        """
        try:
            return self.cipher_of(key_id)
        except KeyUnknown:
            raise Tampered("the header names a key that its living ring never had") from None

    def category_of(self, key_id: bytes) -> Category:
        """Tell which category a key id belongs to. Raises `KeyUnknown`."""
        try:
            return self._by_id[key_id].category
        except KeyError:
            raise KeyUnknown from None

    def has_destroyed(self, key_id: bytes) -> bool:
        """Tell whether what this key sealed is erased: the key went lawfully, alone or with the whole ring."""
        return self.erased or key_id in self._destroyed_ids

    def without(self, category: Category) -> "KeyRing":
        """Give the ring with a fresh key in the place of the one of `category`, which it only remembers the id of."""
        gone = self.of_category(category)
        keys = tuple(_fresh(category) if key is gone else key for key in self.keys)
        return KeyRing(self.subject, keys, destroyed=(*self.destroyed, DestroyedKey(gone.key_id, category)))

    def fingerprint(self) -> bytes:
        """SHA-256 over the key ids and keys: proves later which ring was destroyed, and gives none of it away."""
        digest = hashlib.sha256(b"sillage/v1/ring-fingerprint")
        for key in self.keys:
            digest.update(key.key_id + key.secret)
        return digest.digest()


def mint(subject: UUID, categories: Sequence[Category]) -> KeyRing:
    """Make a ring of fresh random keys. Called when a record is opened and at no other moment."""
    return KeyRing(subject, tuple(_fresh(category) for category in categories))


def _fresh(category: Category) -> Key:
    return Key(os.urandom(KEY_ID_BYTES), category, os.urandom(KEY_BYTES))


def wrap(ring: KeyRing, *, kek: AESGCM, structure: UUID, epoch: int) -> bytes:
    """Wrap each key of `ring` under the KEK of `epoch`, and the ids of those that were destroyed."""
    where = _place(structure, ring.subject, epoch)
    contents = [bytes([_CODES[key.category]]) + key.key_id + key.secret for key in ring.keys]
    contents += [bytes([_CODES[key.category] | _DESTROYED]) + key.key_id + bytes(KEY_BYTES) for key in ring.destroyed]
    return b"".join(_sealed(content, kek, where) for content in contents)


def unwrap(slots: bytes, *, subject: UUID, kek: AESGCM, structure: UUID, epoch: int) -> KeyRing:
    """Open the slots of a ring. Raises `Tampered` when a slot is not this subject's, this structure's or this epoch's."""
    where = _place(structure, subject, epoch)
    keys, destroyed = [], []
    for slot in _slots(slots):
        content = _opened(slot, kek, where)
        key_id, category = content[1 : 1 + KEY_ID_BYTES], _CATEGORIES[content[0] & ~_DESTROYED]
        if content[0] & _DESTROYED:
            destroyed.append(DestroyedKey(key_id, category))
        else:
            keys.append(Key(key_id, category, content[1 + KEY_ID_BYTES :]))
    return KeyRing(subject, tuple(keys), destroyed=tuple(destroyed))


def rewrap(slots: bytes, *, subject: UUID, structure: UUID, old: tuple[int, AESGCM], new: tuple[int, AESGCM]) -> bytes:
    """Wrap under another epoch what `slots` hold, without looking at it. `old` and `new` are epoch and KEK. Raises `Tampered`."""
    (old_epoch, old_kek), (new_epoch, new_kek) = old, new
    old_place, new_place = _place(structure, subject, old_epoch), _place(structure, subject, new_epoch)
    return b"".join(_sealed(_opened(slot, old_kek, old_place), new_kek, new_place) for slot in _slots(slots))


def _place(structure: UUID, subject: UUID, epoch: int) -> bytes:
    return place(_LABEL, structure.bytes, subject.bytes, epoch.to_bytes(4, "big"))


def _sealed(content: bytes, kek: AESGCM, where: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + kek.encrypt(nonce, content, where)


def _slots(slots: bytes) -> Iterator[bytes]:
    if not slots or len(slots) % SLOT_BYTES:
        raise Tampered("a ring is a whole number of slots")
    return (slots[start : start + SLOT_BYTES] for start in range(0, len(slots), SLOT_BYTES))


def _opened(slot: bytes, kek: AESGCM, where: bytes) -> bytes:
    try:
        return kek.decrypt(slot[:NONCE_BYTES], slot[NONCE_BYTES:], where)
    except InvalidTag:
        raise Tampered("a slot of the ring does not open") from None
