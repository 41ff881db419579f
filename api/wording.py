"""French as it is printed, and days as people say them: for pages, sheets and the terminal alike."""

import re
from datetime import date
from typing import Final

from babel.dates import format_date

SOURCE: Final = "fr"
"""The language that the sentences are written in."""

_NARROW: Final = "\u202f"
_FIXED: Final = "\u00a0"
_APOSTROPHE: Final = re.compile(r"(?<=\w)'(?=\w)")
_BEFORE_MARK: Final = re.compile(r" (?=[?!;»])")
_BEFORE_COLON: Final = re.compile(r" (?=:(?:\s|$))")


def typeset(text: object) -> str:
    """Give French its apostrophes and its unbreakable spaces: a « ? » never begins a line."""
    curled = _APOSTROPHE.sub("’", str(text))
    spaced = _BEFORE_COLON.sub(_FIXED, _BEFORE_MARK.sub(_NARROW, curled))
    return spaced.replace("« ", f"«{_FIXED}")


def day_in(language: str, day: date, pattern: str) -> str:
    """Say `day` as people of `language` do, by a CLDR `pattern` that begins with the day. French alone says « 1er » for the first."""
    said = format_date(day, pattern, language)
    return f"1er{said[1:]}" if language == SOURCE and day.day == 1 else said
