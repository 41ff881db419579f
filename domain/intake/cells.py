"""The cells a structure brings, before anybody has decided what they mean.

A sheet keeps every row, blank ones included, so that the position of a row is the number a person sees in
their spreadsheet. Nothing here interprets a value: that is the work of the readings.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

Cell = str | float | int | bool | date | datetime | time | timedelta | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. ``rows[0]`` is row 1 of the spreadsheet. The content never shows in a ``repr``."""

    name: str
    rows: tuple[Row, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, order=True)
class SourceLine:
    """Where something was read: the sheet's name and the row number a person sees (1-based)."""

    sheet: str
    row: int


def column_letter(index: int) -> str:
    """Give the letters of a 0-based column: 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    rest = index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def plain_text(cell: Cell) -> str:
    """Write a cell as one line of text: whole numbers without ``.0``, dates as ISO, blanks collapsed."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    return " ".join(unicodedata.normalize("NFC", str(cell)).split())


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def line_digest(kind: str, cells: Iterable[Cell], occurrence: int) -> bytes:
    """Recognise the same line again, wherever it has moved in the file.

    SHA-256 over the kind of sheet, the ``occurrence`` (0 for the first of several identical lines) and the
    cells' plain text, each preceded by its length, trailing blanks left out. 32 bytes. A digest of so little
    content can be guessed: it MUST NOT be stored or logged as it is, only under a key.
    """
    texts = [plain_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    digest = hashlib.sha256()
    for part in (kind, str(occurrence), *texts):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return digest.digest()
