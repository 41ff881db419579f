"""Readings of text: names and free text, and the `Doubt` that every reading may give in place of a value.

A reading takes one cell and gives a value, ``None`` when the cell is blank, or a `Doubt`. It never raises.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from domain.intake.cells import Cell, plain_text
from domain.intake.national_number import holds_national_number
from domain.intake.reasons import ReasonCode
from domain.intake.remembering import remembered

LONGEST_SHOWN = 60
LONGEST_NAME = 80
LONGEST_LABEL = 120
LONGEST_TEXT = 4000
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SEPARATES_PEOPLE = re.compile(r"[,;+&/\n]|\s+et\s+|\s+avec\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A cell that was not understood: why, and what was read, at most 60 characters."""

    reason: ReasonCode
    read: str = field(default="", repr=False)


def doubt(reason: ReasonCode, cell: Cell) -> Doubt:
    """Doubt a cell, keeping what may be shown of it."""
    return Doubt(reason, shown(cell))


@remembered(maxsize=65536)
def _shown_text(text: str) -> str:
    if holds_national_number(text):
        return ""
    visible = "".join("\N{REPLACEMENT CHARACTER}" if _is_unreadable(c) else c for c in text)
    return visible if len(visible) <= LONGEST_SHOWN else visible[: LONGEST_SHOWN - 1] + "…"


def shown(cell: Cell) -> str:
    """Shorten a cell to what a preview may show: 60 characters, no control character, never a national number."""
    return _shown_text(plain_text(cell))


@remembered(maxsize=65536)
def name_key(text: str) -> str:
    """Reduce a name to what two spellings share: no case, no accent, one blank for hyphens and apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def is_formula(cell: Cell) -> bool:
    """Tell whether a spreadsheet would compute this text. « +2 copains » and « -16 » are what people write: they pass."""
    return isinstance(cell, str) and cell.lstrip().startswith(("=", "@"))


def _is_unreadable(character: str) -> bool:
    category = unicodedata.category(character)
    if category in {"Cc", "Cs", "Co", "Cn"}:
        return character not in "\t\n\r"
    return character in _BIDI_CONTROLS or character == "\N{REPLACEMENT CHARACTER}"


def flaw_of(cell: Cell, longest: int) -> Doubt | None:
    """Say what forbids to take a cell as text at all: a formula, an unreadable character, its length."""
    if not isinstance(cell, str):
        return None
    if is_formula(cell):
        return doubt(ReasonCode.FORMULA, cell)
    if (not cell.isprintable() or "\N{REPLACEMENT CHARACTER}" in cell) and any(_is_unreadable(c) for c in cell):
        return doubt(ReasonCode.UNREADABLE_CHARACTERS, cell)
    if len(plain_text(cell)) > longest:
        return doubt(ReasonCode.TEXT_TOO_LONG, cell)
    return None


def read_text(cell: Cell, longest: int = LONGEST_TEXT) -> str | Doubt | None:
    """Read free text on one line. « ? » and dashes alone are blank."""
    flaw = flaw_of(cell, longest)
    if flaw is not None:
        return flaw
    text = plain_text(cell)
    return text if any(c.isalnum() or unicodedata.category(c) == "So" for c in text) else None


def read_label(cell: Cell) -> str | Doubt | None:
    """Read a short text (territory, place, situation), at most 120 characters."""
    return read_text(cell, LONGEST_LABEL)


def read_name(cell: Cell) -> str | Doubt | None:
    """Read one person's first name, nickname or family name, at most 80 characters."""
    if isinstance(cell, bool | date | time | timedelta) or (isinstance(cell, float) and not cell.is_integer()):
        return doubt(ReasonCode.NOT_A_NAME, cell)
    name = read_text(cell, LONGEST_NAME)
    if not isinstance(name, str):
        return name
    if not name_key(name):
        return doubt(ReasonCode.NOT_A_NAME, cell)
    if _SEPARATES_PEOPLE.search(name):
        return doubt(ReasonCode.SEVERAL_PEOPLE, cell)
    return name
