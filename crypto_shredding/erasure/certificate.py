"""The certificate of an erasure: dated, signed, verifiable offline, and silent about whose it was (design §6; R068, R072).

It names no structure, no youth, no category: an erasure's random reference, fingerprints of keys, dates and counts. Byte by byte in
`docs/reference/certificate.md`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from crypto_shredding.canonical_json import NotStrictJson, canonical, parsed
from crypto_shredding.signing import CERTIFICATE, PUBLIC_BYTES, SIGNATURE_BYTES, SignatureInvalid, Signer, verify

FORMAT_VERSION: Final = 1
MOST_BYTES: Final = 1 << 16
_MOST_COUNT: Final = 1 << 53  # Beyond it, a reader that keeps numbers as floating point would see another one.
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"


class Reason(StrEnum):
    """Why a file is no certificate."""

    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknown_version"
    SIGNATURE_WRONG = "signature_wrong"
    OTHER_KEY = "other_key"
    DATES_OUT_OF_ORDER = "dates_out_of_order"


class CertificateInvalid(Exception):
    """What was given certifies nothing; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Scope(StrEnum):
    """What was erased: everything, or one category. Never which."""

    RECORD = "record"
    CATEGORY = "category"


class Copies(StrEnum):
    """Where the provider's keys stand: apart from the data, or on the same disk, whose copies the certificate then claims nothing about."""

    APART = "apart"
    SAME_DISK = "same_disk"


@dataclass(frozen=True)
class NotRecalled:
    """What no key can take back: how many times the record was shown on a screen, how many exports were handed out (from the trail)."""

    shown: int
    exports: int


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What is certified. Raises `CertificateInvalid` when it contradicts itself.

    Moments are kept in UTC, to the second. `reference` is the erasure's random identifier. `fingerprints` (64 hexadecimal digits each) are
    those of the ring or of the key that was destroyed; `epochs_destroyed` (rising) are the epochs whose key the provider has destroyed
    since: none as long as `irreversible_at` has not come. `purged` counts by kind, a kind being a word that names no category. Backups of
    events may still hold ciphertext that nothing opens until `last_retained_backup_until`; `None` when there is none.
    """

    reference: UUID
    scope: Scope
    closed_at: datetime
    effective_at: datetime
    purged_at: datetime | None
    irreversible_at: datetime | None
    fingerprints: tuple[str, ...]
    epochs_destroyed: tuple[int, ...]
    purged: Mapping[str, int]
    not_recalled: NotRecalled
    copies: Copies
    provider: str
    last_retained_backup_until: date | None

    def __post_init__(self) -> None:
        for name in ("closed_at", "effective_at", "purged_at", "irreversible_at"):
            object.__setattr__(self, name, _to_the_second(getattr(self, name)))
        if not self._holds_together():
            raise CertificateInvalid(Reason.MALFORMED)
        if not self._dates_follow():
            raise CertificateInvalid(Reason.DATES_OUT_OF_ORDER)

    def content(self) -> dict[str, Any]:
        """Give what is signed, as a JSON object; `canonical` spells it out."""
        until = self.last_retained_backup_until
        return {
            "closed_at": _spelt(self.closed_at),
            "copies": self.copies,
            "effective_at": _spelt(self.effective_at),
            "epochs_destroyed": list(self.epochs_destroyed),
            "fingerprints": list(self.fingerprints),
            "irreversible_at": _spelt(self.irreversible_at),
            "last_retained_backup_until": None if until is None else until.isoformat(),
            "not_recalled": {"exports": self.not_recalled.exports, "shown": self.not_recalled.shown},
            "provider": self.provider,
            "purged": dict(self.purged),
            "purged_at": _spelt(self.purged_at),
            "reference": str(self.reference),
            "scope": self.scope,
            "version": FORMAT_VERSION,
        }

    def _holds_together(self) -> bool:
        epochs, counts = self.epochs_destroyed, (*self.purged.values(), self.not_recalled.shown, self.not_recalled.exports)
        return (
            bool(self.fingerprints)
            and all(_is_text(fingerprint, _FINGERPRINT) for fingerprint in self.fingerprints)
            and all(_is_count(epoch) and epoch > 0 for epoch in epochs)
            and list(epochs) == sorted(set(epochs))
            and bool(epochs) == (self.irreversible_at is not None)
            and all(_is_text(kind, _KIND) for kind in (*self.purged, self.provider))
            and all(_is_count(count) for count in counts)
        )

    def _dates_follow(self) -> bool:
        until = self.last_retained_backup_until
        later = [at for at in (self.purged_at, self.irreversible_at) if at is not None]
        return (
            self.closed_at <= self.effective_at
            and all(self.effective_at <= at for at in later)
            and (until is None or self.closed_at.date() <= until)
        )


def issue(certificate: Certificate, signer: Signer) -> bytes:
    """Sign a certificate: JSON that a person can read, UTF-8. The same certificate and key give the same bytes."""
    content = certificate.content()
    signature = signer.sign(CERTIFICATE, canonical(content))
    file = {"certificate": content, "public_key": signer.public.hex(), "signature": signature.hex()}
    return json.dumps(file, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def read(data: bytes, *, expected_public: bytes | None) -> Certificate:
    """Check a certificate and give what it certifies. Raises `CertificateInvalid`.

    Without `expected_public` it is only known that whoever holds the key of the file has signed it, and anybody can make a key. The
    signature is checked over the canonical form of what was read, and nothing is believed before it holds.
    """
    try:
        content, public, signature = _parts(data)
        signed = canonical(content)
    except NotStrictJson:
        raise CertificateInvalid(Reason.MALFORMED) from None
    try:
        verify(public, CERTIFICATE, signed, signature)
    except SignatureInvalid:
        raise CertificateInvalid(Reason.SIGNATURE_WRONG) from None
    if expected_public not in {None, public}:
        raise CertificateInvalid(Reason.OTHER_KEY)
    certificate = _certificate(content)
    # One certificate has one spelling: a date, a number or an identifier written otherwise was not written by `issue`.
    if canonical(certificate.content()) != signed:
        raise CertificateInvalid(Reason.MALFORMED)
    return certificate


def public_key_of(data: bytes) -> bytes:
    """Give the public key that a certificate was signed with, once `read` has accepted it. Raises `CertificateInvalid`."""
    try:
        return _parts(data)[1]
    except NotStrictJson:
        raise CertificateInvalid(Reason.MALFORMED) from None


def _parts(data: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    file = parsed(data, most=MOST_BYTES)
    if not isinstance(file, dict) or file.keys() != {"certificate", "public_key", "signature"} or not isinstance(file["certificate"], dict):
        raise NotStrictJson
    version = file["certificate"].get("version")
    if type(version) is int and version != FORMAT_VERSION:
        raise CertificateInvalid(Reason.UNKNOWN_VERSION)
    return file["certificate"], _bytes(file["public_key"], PUBLIC_BYTES), _bytes(file["signature"], SIGNATURE_BYTES)


def _bytes(text: Any, size: int) -> bytes:
    if not isinstance(text, str) or re.fullmatch(rf"[0-9a-f]{{{2 * size}}}", text, re.ASCII) is None:
        raise NotStrictJson
    return bytes.fromhex(text)


def _certificate(content: Mapping[str, Any]) -> Certificate:
    until = content.get("last_retained_backup_until")
    try:
        return Certificate(
            reference=UUID(content["reference"]),
            scope=Scope(content["scope"]),
            closed_at=_moment(content["closed_at"]),
            effective_at=_moment(content["effective_at"]),
            purged_at=None if content["purged_at"] is None else _moment(content["purged_at"]),
            irreversible_at=None if content["irreversible_at"] is None else _moment(content["irreversible_at"]),
            fingerprints=tuple(content["fingerprints"]),
            epochs_destroyed=tuple(content["epochs_destroyed"]),
            purged=dict(content["purged"]),
            not_recalled=NotRecalled(**content["not_recalled"]),
            copies=Copies(content["copies"]),
            provider=content["provider"],
            last_retained_backup_until=None if until is None else date.fromisoformat(until),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CertificateInvalid(Reason.MALFORMED) from None


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)


def _spelt(at: datetime | None) -> str | None:
    return None if at is None else f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _to_the_second(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise CertificateInvalid(Reason.MALFORMED)
    return at.astimezone(UTC).replace(microsecond=0)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _MOST_COUNT


def _is_text(value: object, shape: re.Pattern[str]) -> bool:
    return isinstance(value, str) and shape.fullmatch(value) is not None
