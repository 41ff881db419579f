"""Changing which sheet holds what and which column is which: from the choices of a form or of a program to a mapping."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.intake import ColumnMapping, Field, MappingRefused, Sheet, SheetKind, SheetMapping, WorkbookMapping, columns_at
from domain.intake.cells import column_letter, is_blank
from domain.intake.lines import without_national_numbers

COLUMNS_AT_MOST = 200
"""Columns that are offered; what stands further right keeps the field that it has."""
_HEADERS_SEARCHED = 30


def changed_sheet(
    sheet: Sheet, before: SheetMapping, kind: SheetKind, header_row: int | None, fields: Mapping[int, Field | None]
) -> SheetMapping:
    """Map a sheet anew. A new kind or row of headers proposes its columns anew; else each column takes what `fields` says of its index."""
    if kind is SheetKind.IGNORED:
        return SheetMapping(before.sheet, kind, None)
    row = _first_headers(sheet) if header_row is None else header_row
    if kind is not before.kind or row != before.header_row:
        return SheetMapping(before.sheet, kind, row, _columns(sheet, row, kind))
    columns = tuple(replace(column, field=fields.get(column.index, column.field)) for column in before.columns)
    return replace(before, columns=columns)


def completed_mapping(said: WorkbookMapping, before: WorkbookMapping, sheets: Sequence[Sheet]) -> WorkbookMapping:
    """Complete a mapping that a program gives: letters by the place of the columns, columns proposed where it gives none.

    Raises `MappingRefused` when it is about other sheets.
    """
    if [sheet.sheet for sheet in said.sheets] != [sheet.sheet for sheet in before.sheets]:
        raise MappingRefused("Donnez les feuilles l'une après l'autre, dans l'ordre du fichier, avec les noms que donne l'aperçu.")
    return WorkbookMapping(tuple(_completed(*three) for three in zip(said.sheets, before.sheets, sheets, strict=True)))


def _completed(said: SheetMapping, before: SheetMapping, sheet: Sheet) -> SheetMapping:
    if said.kind is SheetKind.IGNORED or not said.columns:
        return changed_sheet(sheet, SheetMapping(before.sheet, SheetKind.IGNORED, None), said.kind, said.header_row, {})
    columns = tuple(replace(column, letter=column_letter(column.index)) for column in said.columns)
    return replace(said, columns=columns)


def _columns(sheet: Sheet, header_row: int, kind: SheetKind) -> tuple[ColumnMapping, ...]:
    cleaned, _ = without_national_numbers(sheet)
    if header_row:
        return columns_at(cleaned, header_row, kind)
    width = min(max((len(row) for row in cleaned.rows), default=0), COLUMNS_AT_MOST)
    return tuple(ColumnMapping(index, column_letter(index), "", None) for index in range(width))


def _first_headers(sheet: Sheet) -> int:
    """Guess the row of the headers: the fullest of the first ones."""
    filled = [sum(not is_blank(cell) for cell in row) for row in sheet.rows[:_HEADERS_SEARCHED]]
    return filled.index(max(filled)) + 1 if filled else 0
