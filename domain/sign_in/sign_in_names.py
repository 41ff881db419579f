"""The name that somebody signs in under, when they do not use a passkey: theirs within their structure, and never shown to a youth."""

import re
from typing import Final

from domain.refusals import FieldRefused
from domain.sign_in.password_rules import folded

_FORM: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


class SignInNameRefused(FieldRefused):
    """Prenez 2 à 40 lettres sans accent, chiffres, points ou tirets, comme « jeanne.d »."""

    code = "sign_in_name_refused"


def sign_in_name(typed: str, field: str = "sign_in_name") -> str:
    """Accept a name, whatever its capitals and accents. Raises `SignInNameRefused`."""
    name = folded(typed).strip()
    if not _FORM.fullmatch(name):
        raise SignInNameRefused(field)
    return name


def is_sign_in_name(name: str) -> bool:
    """Tell whether some account could bear this name: whatever else is typed at the door is nobody's, and no database is asked."""
    return _FORM.fullmatch(name) is not None


def suggested_from(display_name: str) -> str:
    """Suggest a name from the one that colleagues read: « Jeanne D. » gives « jeanne.d »."""
    return ".".join(re.findall(r"[a-z0-9]+", folded(display_name)))[:40]
