"""The one-time codes of a phone's application (TOTP, RFC 6238): 6 digits, 30 seconds, one step early or late, each once (R137)."""

import hmac
from datetime import datetime
from typing import Final

import pyotp
import segno

STEP_SECONDS: Final = 30
_EARLY_OR_LATE: Final = (0, -1, 1)


def new_seed() -> str:
    """Draw a seed: 160 random bits in base 32."""
    return pyotp.random_base32(32)


def step_of(seed: str, code: str, now: datetime) -> int | None:
    """Give the step whose code this is, among the present one and its two neighbours, or `None`."""
    digits = "".join(code.split())
    present, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.HOTP(seed)
    # All three are compared whatever the first says: the time tells nothing of the clock of the phone.
    found = [present + away for away in _EARLY_OR_LATE if hmac.compare_digest(totp.at(present + away).encode(), digits.encode())]
    return found[0] if found else None


def drawn(seed: str, name: str, issuer: str) -> str:
    """Draw what a phone's application reads, as an SVG for `<img src>`."""
    return drawing_of(pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=issuer))


def drawing_of(text: str) -> str:
    """Draw a text as a QR code, as an SVG for `<img src>`."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=3, dark="#083e4b", light="#fff")


def grouped(seed: str) -> str:
    """Write a seed in groups of four, for whoever types it."""
    return " ".join(seed[place : place + 4] for place in range(0, len(seed), 4))
