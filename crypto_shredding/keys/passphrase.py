"""The passphrase that opens the file provider (N36): what it protects on the disk is one random data key, which seals the key files.

    derived     = Argon2id(passphrase in NFC, salt(16), costs)                                       32 bytes, RFC 9106
    wrapped     = nonce(12) | AES-256-GCM(derived, data key(32)) | tag(16)                           60 bytes
    associated  = label | time(4) | KiB(4) | lanes(4) | salt                         each part behind its length
    check       = HMAC-SHA256(data key, label of the check)                                          32 bytes

The passphrase changes without touching a key file: the data key stays. So whoever kept an older `seal.json` with its passphrase still opens
the key files.
"""

import hmac
import json
import os
import unicodedata
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final, Self

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.envelope import KEY_BYTES, NONCE_BYTES, place
from crypto_shredding.keys.provider import ProviderUnavailable, WrongSecret

VERSION: Final = 1
SALT_BYTES: Final = 16
LEAST_CHARACTERS: Final = 12
"""Below this it is no passphrase at all. Whoever asks people for one asks for more."""

_LABEL: Final = b"sillage/v1/provider-seal"
_CHECK_LABEL: Final = b"sillage/v1/provider-seal-check"
_DAMAGED: Final = "Le fichier seal.json du dossier des clés est abîmé : remettez-le depuis une copie du dossier. Aucune clé n'est perdue."


class WeakPassphrase(Exception):
    """The passphrase is too short to protect anything once the disk is stolen."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What one try costs: passes over the memory, memory in KiB, lanes."""

    time: int
    memory: int
    lanes: int


RFC_9106_FIRST: Final = Costs(time=1, memory=2**21, lanes=4)
"""First recommended option of RFC 9106 §4: 2 GiB, more than the machines we are for can spare."""
RFC_9106_SECOND: Final = Costs(time=3, memory=2**16, lanes=4)
"""Second recommended option of RFC 9106 §4: 64 MiB."""
CHEAPEST: Final = Costs(time=1, memory=8, lanes=1)
"""For tests alone: the least that Argon2 accepts."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What `seal.json` holds. It gives nothing without the passphrase."""

    costs: Costs
    salt: bytes
    wrapped: bytes
    check: bytes

    @classmethod
    def made(cls, secret: str, data_key: bytes, costs: Costs) -> Self:
        """Seal `data_key` under a passphrase. Raises `WeakPassphrase`."""
        if len(secret) < LEAST_CHARACTERS:
            raise WeakPassphrase(f"Il faut au moins {LEAST_CHARACTERS} caractères : prenez plusieurs mots sans rapport entre eux.")
        salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        wrapped = nonce + _cipher(secret, salt, costs).encrypt(nonce, data_key, _place(costs, salt))
        return cls(costs, salt, wrapped, _check_of(data_key))

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read what `written` gave. Raises `ProviderUnavailable` when it is anything else."""
        try:
            fields = json.loads(content)
            seal = cls(Costs(**fields["argon2id"]), *(bytes.fromhex(fields[name]) for name in ("salt", "wrapped", "check")))
            known = fields["version"] == VERSION and len(seal.salt) == SALT_BYTES
        except (ValueError, TypeError, KeyError):
            raise ProviderUnavailable(_DAMAGED) from None
        if not known or not _plausible(seal.costs):
            raise ProviderUnavailable(_DAMAGED)
        return seal

    def written(self) -> bytes:
        """Write it as JSON, to be read by people too."""
        fields = {name: getattr(self, name).hex() for name in ("salt", "wrapped", "check")}
        return json.dumps({"version": VERSION, "argon2id": asdict(self.costs), **fields}, indent=1).encode()

    def opened(self, secret: str) -> bytes:
        """Give the data key. Raises `WrongSecret`."""
        try:
            return _cipher(secret, self.salt, self.costs).decrypt(
                self.wrapped[:NONCE_BYTES], self.wrapped[NONCE_BYTES:], _place(self.costs, self.salt)
            )
        except InvalidTag:
            raise WrongSecret("Cette phrase de passe n'ouvre pas le dossier des clés. Rien n'a changé : essayez encore.") from None

    def fits(self, data_key: bytes) -> bool:
        """Tell whether this is the data key that was sealed."""
        return hmac.compare_digest(self.check, _check_of(data_key))


def _cipher(secret: str, salt: bytes, costs: Costs) -> AESGCM:
    # NFC (RFC 8265 §4.2): two keyboards spell the same « é » in different bytes.
    spelled = unicodedata.normalize("NFC", secret).encode()
    derived = hash_secret_raw(
        spelled, salt, time_cost=costs.time, memory_cost=costs.memory, parallelism=costs.lanes, hash_len=KEY_BYTES, type=Type.ID
    )
    return AESGCM(derived)


def _plausible(costs: Costs) -> bool:
    # A damaged file must not make us ask for all the memory there is.
    if not all(isinstance(value, int) for value in (costs.time, costs.memory, costs.lanes)):
        return False
    return 1 <= costs.time <= 100 and 8 * costs.lanes <= costs.memory <= RFC_9106_FIRST.memory and 1 <= costs.lanes <= 255  # noqa: PLR2004


def _place(costs: Costs, salt: bytes) -> bytes:
    return place(_LABEL, *(value.to_bytes(4, "big") for value in (costs.time, costs.memory, costs.lanes)), salt)


def _check_of(data_key: bytes) -> bytes:
    return hmac.digest(data_key, _CHECK_LABEL, sha256)
