"""The provider that keeps the keys in a PKCS#11 token, where they are made, used and destroyed, and which they never leave (design §6).

    secret key   `sillage/<structure>/<epoch>`    AES-256, sensitive, not extractable, private; encrypts and decrypts, nothing else
    data object  `sillage/<structure>/memory`     the high-water mark and the epochs destroyed (`token_memory.py`)

A KEK is wrapped by the token's AES-GCM, in the form and for the place of the file provider. A token knows no transaction: two processes
that make the same epoch at once leave two keys of that name. Each opens what it wrapped, and they are destroyed together.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import PKCS11Error

from crypto_shredding.envelope import NONCE_BYTES, TAG_BYTES, Tampered
from crypto_shredding.keys.file_provider import kek_place
from crypto_shredding.keys.pkcs11_token import APPLICATION, Token, find, token_of
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing, ProviderSealed, ProviderUnavailable
from crypto_shredding.keys.token_memory import TokenMemory, destroy_all, recall, remember

_KEY_BITS: Final = 256
_Answer = TypeVar("_Answer")


class Pkcs11Provider:
    """The keys in the token named `token`, behind the library `module`. The PIN opens it for this process, whoever composes it."""

    name = "pkcs11"

    def __init__(self, module: Path, token: str) -> None:
        self._module = module
        self._label = token
        self._token: Token | None = None
        self._process = 0

    def is_protected(self) -> bool:
        """Tell whether there is a secret, given or still to be given: a token always has its PIN."""
        return True

    def is_sealed(self) -> bool:
        """Tell whether the PIN is still needed: also in a child that inherited an open session, which is of no use to it."""
        return self._token is None or self._process != os.getpid() or self._token.pin is None

    def unseal(self, secret: str) -> None:
        """Log in with the PIN. Raises `WrongSecret`, and `ProviderUnavailable` when library or token are missing or the PIN is blocked."""
        token = token_of(self._module, self._label)
        token.log_in(secret)
        self._token, self._process = token, os.getpid()

    def hand_over(self) -> bytes:
        """Give what opens another process of the same service: secret, MUST pass through memory alone. Raises `ProviderSealed`."""
        pin = None if self._token is None or self.is_sealed() else self._token.pin
        if pin is None:
            raise self._sealed()
        return pin.encode()

    def take_over(self, handed: bytes) -> None:
        """Open it with what `hand_over` gave in another process. Raises `WrongSecret`."""
        self.unseal(handed.decode())

    def new_epoch(self, structure: UUID, epoch: int) -> None:
        """Make the key of an epoch inside the token. Does nothing when it is there.

        Raises `ProviderKeyMissing` when it was destroyed: an epoch never comes back.
        """

        def act(session: pkcs11.Session) -> None:
            if epoch in recall(session, structure).destroyed:
                raise _missing(structure, epoch)
            if not _keys(session, structure, epoch):
                _generate(session, structure, epoch)
            if epoch in recall(session, structure).destroyed:
                # Destroyed by another process between the look and the making.
                destroy_all(_keys(session, structure, epoch))
                raise _missing(structure, epoch)

        self._run(act)

    def wrap(self, structure: UUID, epoch: int, kek: bytes) -> bytes:
        """Wrap the KEK of an epoch inside the token. Raises `ProviderKeyMissing`."""
        return self._run(lambda session: _encrypted(_living(session, structure, epoch)[0], kek, kek_place(structure, epoch)))

    def unwrap(self, structure: UUID, epoch: int, wrapped: bytes) -> bytes:
        """Unwrap the KEK of an epoch inside the token.

        Raises `ProviderKeyMissing`, or `Tampered` when it is not that structure's and epoch's.
        """

        def act(session: pkcs11.Session) -> bytes:
            for key in _living(session, structure, epoch):
                kek = _decrypted(key, wrapped, kek_place(structure, epoch))
                if kek is not None:
                    return kek
            raise Tampered("the wrapped KEK does not open")

        return self._run(act)

    def destroy_epoch(self, structure: UUID, epoch: int) -> None:
        """Destroy the key of an epoch inside the token, and remember that it was. Does nothing when it is gone."""

        def act(session: pkcs11.Session) -> None:
            # Remembered before it is destroyed: whatever a kill leaves, the key is used no more.
            remember(session, structure, TokenMemory(destroyed=frozenset({epoch})))
            destroy_all(_keys(session, structure, epoch))
            if _keys(session, structure, epoch):
                raise ProviderUnavailable(f"Le token « {self._label} » n'a pas détruit la clé qu'on lui a demandé de détruire.")

        self._run(act)

    def epochs(self, structure: UUID) -> frozenset[int]:
        """List the epochs whose key lives in the token. One whose destruction did not come to its end still lives."""
        prefix = f"{APPLICATION}/{structure}/"

        def act(session: pkcs11.Session) -> frozenset[int]:
            labels = [str(key[Attribute.LABEL]) for key in find(session, {Attribute.CLASS: ObjectClass.SECRET_KEY})]
            return frozenset(int(label.removeprefix(prefix)) for label in labels if label.startswith(prefix))

        return self._run(act)

    def is_alive(self, structure: UUID, epoch: int) -> bool:
        """Tell whether the token has this epoch's key, which was not to be destroyed."""
        return self._run(lambda session: epoch not in recall(session, structure).destroyed and bool(_keys(session, structure, epoch)))

    def has_ended(self, structure: UUID, epoch: int) -> bool:
        """Tell whether the token remembers that this epoch's key was to be destroyed."""
        return self._run(lambda session: epoch in recall(session, structure).destroyed)

    def mark(self, structure: UUID) -> Mark:
        """Give the high-water mark. Raises `ProviderUnavailable` when it is damaged."""
        return self._run(lambda session: recall(session, structure).mark)

    def raise_mark(self, structure: UUID, mark: Mark) -> None:
        """Raise the high-water mark to `mark` where that is higher."""
        self._run(lambda session: remember(session, structure, TokenMemory(mark=mark)))

    def _run(self, act: Callable[[pkcs11.Session], _Answer]) -> _Answer:
        if self._token is None or self.is_sealed():
            raise self._sealed()
        return self._token.run(act)

    def _sealed(self) -> ProviderSealed:
        return ProviderSealed(f"Le token « {self._label} » est verrouillé : donnez son code PIN.")


def _key_label(structure: UUID, epoch: int) -> str:
    return f"{APPLICATION}/{structure}/{epoch:06d}"


def _keys(session: pkcs11.Session, structure: UUID, epoch: int) -> list[Any]:
    return find(session, {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: _key_label(structure, epoch)})


def _living(session: pkcs11.Session, structure: UUID, epoch: int) -> list[Any]:
    keys = [] if epoch in recall(session, structure).destroyed else _keys(session, structure, epoch)
    if not keys:
        raise _missing(structure, epoch)
    return keys


def _generate(session: pkcs11.Session, structure: UUID, epoch: int) -> None:
    session.generate_key(
        KeyType.AES,
        _KEY_BITS,
        id=structure.bytes + epoch.to_bytes(4, "big"),
        label=_key_label(structure, epoch),
        store=True,
        capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
        template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True, Attribute.MODIFIABLE: False},
    )


def _encrypted(key: Any, kek: bytes, where: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + bytes(key.encrypt(kek, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, where, TAG_BYTES * 8)))


def _decrypted(key: Any, wrapped: bytes, where: bytes) -> bytes | None:
    if len(wrapped) < NONCE_BYTES + TAG_BYTES:
        return None
    parameters = GCMParams(wrapped[:NONCE_BYTES], where, TAG_BYTES * 8)
    try:
        return bytes(key.decrypt(wrapped[NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
    except PKCS11Error:
        # SoftHSM 2.6 says « general error » to a wrong tag, and to anything else. A key that still works has told us that the tag is wrong.
        probe = _encrypted(key, b"", where)
        key.decrypt(probe[NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(probe[:NONCE_BYTES], where, TAG_BYTES * 8))
        return None


def _missing(structure: UUID, epoch: int) -> ProviderKeyMissing:
    return ProviderKeyMissing(f"structure {structure}, epoch {epoch}")
