"""Codes that people carry by hand: invitations and recovery codes. 120 random bits, letters and digits that are not confused (R137)."""

import hashlib
import secrets
from typing import Final

_ALPHABET: Final = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
"""Crockford's base 32 without its order: no I, L, O, U."""
_LENGTH: Final = 24
_GROUP: Final = 4
_MISREAD: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})


def new_code() -> str:
    """Draw a code, in groups of four: XXXX-XXXX-XXXX-XXXX-XXXX-XXXX."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(signs[place : place + _GROUP] for place in range(0, _LENGTH, _GROUP))


def digest_of(code: str) -> bytes:
    """Give what is stored of a code (SHA-256), however its groups, capitals and look-alikes were typed."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(signs.translate(_MISREAD).encode()).digest()
