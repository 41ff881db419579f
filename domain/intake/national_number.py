"""The French national identity number (NIR), which is refused wherever it stands (R018, décret 2019-341).

Thirteen characters — sex, year, month, département (2A and 2B in Corsica), commune, order — and a key of two
digits, 97 − (number mod 97). It is recognised with any blanks, dots or dashes between its digits. A number whose
shape is right and whose key is wrong or absent is refused too: it was typed by hand, and it is still somebody's.
"""

from __future__ import annotations

import re
import unicodedata

_GAP = r"\s{0,3}[./\-_·:]?\s{0,3}"


def _spaced(*characters: str) -> str:
    return _GAP.join(characters)


_MONTH = (
    f"(?:{_spaced('0', '[1-9]')}|{_spaced('1', '[0-2]')}|{_spaced('[23]', '[0-9]')}|{_spaced('4', '[0-2]')}|{_spaced('[5-9]', '[0-9]')})"
)
_DEPARTMENT = f"(?:{_spaced('0', '[1-9]')}|{_spaced('[1-9]', '[0-9]')}|{_spaced('2', '[AB]')})"
_THREE = _spaced("[0-9]", "[0-9]", "[0-9]")
_TWO = _spaced("[0-9]", "[0-9]")
_SHAPE = re.compile(
    rf"(?<![0-9])(?={_spaced('[12]', _TWO, _MONTH, _DEPARTMENT, _THREE, _THREE)}(?:{_GAP}{_TWO})?(?![0-9]))",
)
_WITH_KEY = re.compile(
    rf"(?<![0-9])(?=({_spaced('[1-478]', _TWO, _TWO, _spaced('[0-9]', '[0-9AB]'), _THREE, _THREE)}){_GAP}({_TWO})(?![0-9]))",
)
_ENOUGH_DIGITS = 12
_MODULUS = 97


def key_of(number: str) -> int:
    """Give the key of a number of 13 characters, written without gaps; Corsica counts as 19 (2A) and 18 (2B)."""
    return _MODULUS - int(number.replace("2A", "19").replace("2B", "18")) % _MODULUS


def holds_national_number(text: str) -> bool:
    """Tell whether `text` holds a national identity number somewhere. Phone numbers, SIRET and dates pass."""
    if sum(character.isdigit() for character in text) < _ENOUGH_DIGITS:
        return False
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if unicodedata.category(c) != "Cf")
    ascii_digits = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in plain)
    return bool(_SHAPE.search(ascii_digits)) or any(_key_is_right(*found.groups()) for found in _WITH_KEY.finditer(ascii_digits))


def _key_is_right(spaced_number: str, spaced_key: str) -> bool:
    number = re.sub(r"[^0-9AB]", "", spaced_number)
    corsica = number[5:7] in {"2A", "2B"}
    if not (corsica or number.isdigit()):
        return False
    return key_of(number) == int(re.sub(r"[^0-9]", "", spaced_key))
