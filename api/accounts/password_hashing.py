"""Passwords as they are kept: Argon2id (RFC 9106), few at a time, and as dear for an account that does not exist (R136, R140)."""

import base64
import os
import threading
from dataclasses import dataclass, field
from typing import ClassVar, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.web.request_refusals import RequestRefused
from crypto_shredding.keys.passphrase import CHEAPEST, Costs
from domain.sign_in.password_rules import spelled

__all__ = ["CHEAPEST", "PASSWORDS", "Hashing", "SignInBusy"]

PASSWORDS: Final = Costs(time=3, memory=2**16, lanes=1)
"""R136: 64 MiB, three passes, one lane."""
AT_ONCE: Final = 2
"""Computations at a time in one process: whoever floods the door takes 128 MiB of it and no more."""
_PATIENCE_SECONDS: Final = 4.0
_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 16


class SignInBusy(RequestRefused):
    """Trop de personnes essaient d’entrer en même temps. Réessayez dans quelques secondes ; avec une clé d’accès, on n’attend pas."""

    status = 503
    code = "sign_in_busy"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}


@dataclass(frozen=True)
class Hashing:
    """Hashes and verifies at one price. Tests take `CHEAPEST`."""

    costs: Costs = PASSWORDS
    _turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    def hashed(self, password: str) -> str:
        """Give what is kept of a password. Raises `SignInBusy`."""
        with _Turn(self._turns):
            return self._hasher.hash(spelled(password))

    def fits(self, encoded: str | None, password: str) -> bool:
        """Tell whether `encoded` was made of this password. `None` costs as much, and fits nothing. Raises `SignInBusy`."""
        with _Turn(self._turns):
            try:
                return self._hasher.verify(encoded or self._nobody, spelled(password)) and encoded is not None
            except (VerificationError, InvalidHashError):
                return False

    @property
    def _hasher(self) -> PasswordHasher:
        costs = self.costs
        return PasswordHasher(costs.time, costs.memory, costs.lanes, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES)

    @property
    def _nobody(self) -> str:
        """Make the hash of no password at all: random bytes where a hash would be."""
        salt, digest = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (_SALT_BYTES, _HASH_BYTES))
        return f"$argon2id$v=19$m={self.costs.memory},t={self.costs.time},p={self.costs.lanes}${salt}${digest}"


class _Turn:
    def __init__(self, turns: threading.BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=_PATIENCE_SECONDS):
            raise SignInBusy

    def __exit__(self, *_: object) -> None:
        self._turns.release()
