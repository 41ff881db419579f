"""What a password must be: long, and not what everybody or anybody near would try (R136; ASVS 5.0 §6.2).

No composition rule, no periodic change, any character. The list of breached passwords that R136 asks for holds few of fifteen characters
and more, and those are built of common words, keyboard runs, repetitions and years: that is refused, whatever its order and spelling.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from domain.refusals import FieldRefused
from domain.sign_in.common_words import COMMON_WORDS

LEAST: Final = 15
MOST: Final = 256
"""More is refused with a sentence rather than cut: a manager's longest fits four times."""
_DIFFERENT_AT_LEAST: Final = 6
_OWN_AT_LEAST: Final = 6
"""Characters that must be left once the predictable parts are taken out …"""
_WORDS_AT_LEAST: Final = 4
"""… or so many different common words, which is a phrase."""
_RUN: Final = 4
_NAME: Final = 4
"""Shorter parts of a name stand in any word."""
_LEAST_OF_A_WORD: Final = 3

_ROWS: Final = (
    *("azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "abcdefghijklmnopqrstuvwxyz"),
    *("01234567890", "1234567890", "1qaz2wsx3edc4rfv", "1a2z3e4r5t6y", "147258369", "aqwzsxedcrfv"),
)
_LOOK_ALIKES: Final = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "€": "e"})
_LONGEST_WORDS_FIRST: Final = sorted((word for word in COMMON_WORDS if len(word) >= _LEAST_OF_A_WORD), key=lambda word: (-len(word), word))


class PasswordTooShort(FieldRefused):
    """Il faut au moins 15 caractères. Prenez quatre ou cinq mots sans rapport entre eux, ou laissez votre gestionnaire en proposer un."""

    code = "password_too_short"


class PasswordTooLong(FieldRefused):
    """Ce mot de passe dépasse 256 caractères. Raccourcissez-le."""

    code = "password_too_long"


class PasswordCommon(FieldRefused):
    """Ce mot de passe serait vite deviné : il est fait de mots courants, de suites ou de répétitions. Mêlez quatre mots sans rapport."""

    code = "password_common"


class PasswordNamesSomebody(FieldRefused):
    """Ce mot de passe contient votre nom, celui de la structure ou celui du service. Prenez des mots sans rapport avec vous."""

    code = "password_names_somebody"


def must_be_strong(password: str, names: Iterable[str], field: str = "password") -> None:
    """Accept a password. `names` are the person's, the structure's, the product's. Raises a kind of `FieldRefused` about `field`."""
    if len(password) < LEAST:
        raise PasswordTooShort(field)
    if len(password) > MOST:
        raise PasswordTooLong(field)
    if _holds_a_name(password, names):
        raise PasswordNamesSomebody(field)
    if _is_predictable(password):
        raise PasswordCommon(field)


def spelled(password: str) -> str:
    """Spell a password in one way: two keyboards write the same « é » in different bytes (RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", password)


def folded(text: str) -> str:
    """Take capitals and accents away."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _holds_a_name(password: str, names: Iterable[str]) -> bool:
    parts = {part for name in names for part in re.findall(r"[^\W\d_]+", folded(name)) if len(part) >= _NAME}
    plain = folded(password)
    return any(part in plain or part in plain.translate(_LOOK_ALIKES) for part in parts)


def _is_predictable(password: str) -> bool:
    plain = folded(password)
    if len(set(plain)) < _DIFFERENT_AT_LEAST or _is_repeated(plain):
        return True
    return any(_is_built_of_parts(form) for form in (plain, plain.translate(_LOOK_ALIKES)))


def _is_repeated(plain: str) -> bool:
    """Tell whether it is one short piece said again and again, the last time perhaps cut off."""
    return any((plain[:size] * len(plain))[: len(plain)] == plain for size in range(1, len(plain) // 2 + 1))


def _is_built_of_parts(plain: str) -> bool:
    """Take out runs, words, digits and marks; too little of one's own is left, and too few different words were there."""
    rest, words = _without_runs(plain), set()
    for word in _LONGEST_WORDS_FIRST:
        if word in rest:
            words.add(word)
            rest = rest.replace(word, " ")
    own = re.sub(r"[\W\d_]", "", rest)
    return len(own) < _OWN_AT_LEAST and len(words) < _WORDS_AT_LEAST


def _without_runs(plain: str) -> str:
    for row in _ROWS:
        for way in (row, row[::-1]):
            for size in range(len(way), _RUN - 1, -1):
                for begin in range(len(way) - size + 1):
                    plain = plain.replace(way[begin : begin + size], " ")
    return plain
