"""The lines of a sheet under its mapping, and the doubts that reading them leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

from domain.intake.cells import Cell, Row, Sheet, SourceLine, column_letter, is_blank, line_digest, plain_text
from domain.intake.dates import read_day
from domain.intake.mapping import ColumnMapping, Field, SheetMapping
from domain.intake.national_number import holds_national_number
from domain.intake.plan import DoubtfulLine
from domain.intake.reasons import Consequence, ReasonCode, sentence
from domain.intake.texts import Doubt, is_formula, name_key, shown

T = TypeVar("T")

_TOTALS = frozenset({"total", "totaux", "total general", "sous total", "nombre", "moyenne", "somme"})


def without_national_numbers(sheet: Sheet) -> tuple[Sheet, list[DoubtfulLine]]:
    """Empty each cell that holds a national identity number, whatever its column, and doubt it (R018)."""
    doubts: list[DoubtfulLine] = []
    rows = tuple(_cleaned_row(sheet.name, number, row, doubts) for number, row in enumerate(sheet.rows, 1))
    return Sheet(sheet.name, rows), doubts


def _cleaned_row(name: str, number: int, row: Row, doubts: list[DoubtfulLine]) -> Row:
    found = [index for index, cell in enumerate(row) if isinstance(cell, str | int | float) and holds_national_number(plain_text(cell))]
    if not found:
        return row
    for index in found:
        reason = ReasonCode.NATIONAL_NUMBER
        doubts.append(DoubtfulLine(SourceLine(name, number), reason, sentence(reason), Consequence.LEFT_BLANK, column_letter(index)))
    return tuple(None if index in found else cell for index, cell in enumerate(row))


class Line:
    """One line under its mapping. Its doubts gather in the list given, which the plan ends up with."""

    def __init__(
        self, source: SourceLine, digest: bytes, row: Row, columns: dict[Field, ColumnMapping], doubts: list[DoubtfulLine]
    ) -> None:
        """Take a row whose national numbers are already gone."""
        self.source = source
        self.digest = digest
        self._row = row
        self._columns = columns
        self._doubts = doubts
        self._withheld = False

    def cell(self, field: Field) -> Cell:
        """Give the cell of a field, None when the field has no column."""
        column = self._columns.get(field)
        return None if column is None or column.index >= len(self._row) else self._row[column.index]

    def value(
        self, field: Field, reading: Callable[[Cell], T | Doubt | None], consequence: Consequence = Consequence.LEFT_BLANK
    ) -> T | None:
        """Read a field; a doubt is noted with its consequence and gives None."""
        read = reading(self.cell(field))
        if isinstance(read, Doubt):
            self.doubt(read, field, consequence)
            return None
        return read

    def required_day(self, field: Field, today: date) -> date | None:
        """Read the day without which nothing of the line can be written."""
        day = self.value(field, lambda cell: read_day(cell, today) or Doubt(ReasonCode.DATE_MISSING), Consequence.SET_ASIDE)
        return day if isinstance(day, date) else None

    def withhold(self) -> None:
        """Stop showing what was read: the line is about somebody who refused."""
        self._withheld = True

    def doubt(self, read: Doubt, field: Field | None, consequence: Consequence) -> None:
        """Note a doubt about a field, or about the whole line when `field` is None."""
        column = self._columns.get(field) if field is not None else None
        text = "" if self._withheld else read.read
        letter, header = (column.letter, column.header) if column is not None else (None, None)
        self._doubts.append(DoubtfulLine(self.source, read.reason, sentence(read.reason, text), consequence, letter, header, text))


def lines_of(sheet: Sheet, mapping: SheetMapping, doubts: list[DoubtfulLine]) -> Iterator[Line]:
    """Give the lines under the header: neither the blank ones, nor totals, nor a header repeated further down."""
    columns = {column.field: column for column in mapping.columns if column.field is not None}
    header_row = mapping.header_row or 0
    headers = _keys(sheet.rows[header_row - 1]) if header_row else ()
    seen: Counter[bytes] = Counter()
    for number, row in enumerate(sheet.rows[header_row:], header_row + 1):
        if all(is_blank(cell) for cell in row) or _is_total(row) or (headers and _keys(row) == headers):
            continue
        first = line_digest(mapping.kind, row, 0)
        digest = line_digest(mapping.kind, row, seen[first]) if seen[first] else first
        seen[first] += 1
        yield Line(SourceLine(sheet.name, number), digest, row, columns, doubts)


def _keys(row: Row) -> tuple[str, ...]:
    return tuple(name_key(shown(cell)) for cell in row)


def _is_total(row: Row) -> bool:
    """Tell a total row: its first filled cell says so, and the others only compute or count."""
    filled = [cell for cell in row if not is_blank(cell)]
    if not filled or not isinstance(filled[0], str) or name_key(filled[0]) not in _TOTALS:
        return False
    return all(is_formula(cell) or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in filled[1:])
