"""From the bytes of a spreadsheet to sheets of cells, in memory only: xlsx, xls and ods through calamine, csv by ourselves.

calamine runs in a process of its own (`api/imports/workbook_process.py`), so that no file can take the service down.
Nothing is written to a temporary file (invariant 6) and no formula is computed: a cell that holds one is given as
the formula's text, « =… », never as the value that some program once left beside it.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import PurePath

from api.imports import workbook_process
from api.imports.old_workbooks import formulas_of_old
from api.imports.workbook_archives import ArchiveRefused, formulas_of
from domain.intake.cells import Cell, Row, Sheet

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of an upload; the same limit as the web tier's (design §5)."""
MOST_CELLS = 2_000_000
_LARGEST_CELL = 1_000_000

_OLE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP_SIGNATURE = b"PK\x03\x04"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PROTECTED = "Ce fichier est protégé par un mot de passe. Enregistrez-en une copie sans mot de passe."
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (";", "\t", ",")
_SNIFFED_LINES = 50


class UnreadableWorkbook(Exception):
    """Ce fichier ne peut pas être lu. Enregistrez-le à nouveau au format xlsx, ods ou csv, puis recommencez."""

    code = "unreadable_workbook"

    def __init__(self, message: str | None = None) -> None:
        """Say `message`, or else the class's own sentence. It never quotes the file."""
        super().__init__(message or type(self).__doc__)


def read_workbook(content: bytes, filename: str) -> tuple[Sheet, ...]:
    """Read a spreadsheet of at most 16 MB and 2 million cells; row 1 of a sheet is `rows[0]`.

    The content decides the format; `filename` only tells a csv from something else. Raises `UnreadableWorkbook`
    with a sentence in French when the file is broken, encrypted, too large, or no spreadsheet.
    """
    if not content:
        raise UnreadableWorkbook("Ce fichier est vide. Choisissez le fichier qui contient vos lignes.")
    if len(content) > LARGEST_FILE:
        raise UnreadableWorkbook("Ce fichier dépasse 16 Mo. Coupez-le en plusieurs fichiers, puis importez-les l'un après l'autre.")
    if content.startswith((_ZIP_SIGNATURE, _OLE_SIGNATURE)):
        return _read_binary(content)
    if PurePath(filename).suffix.casefold() not in {".csv", ".tsv", ".txt"}:
        raise UnreadableWorkbook("Ce fichier n'est pas un tableur. Choisissez un fichier xlsx, xls, ods ou csv.")
    return (_read_csv(content, PurePath(filename).stem),)


def _read_binary(content: bytes) -> tuple[Sheet, ...]:
    if _ENCRYPTED_STREAM in content:
        raise UnreadableWorkbook(_PROTECTED)
    try:
        formulas = (formulas_of if content.startswith(_ZIP_SIGNATURE) else formulas_of_old)(content, MOST_CELLS)
    except ArchiveRefused as error:
        raise UnreadableWorkbook(str(error)) from error
    return tuple(_sheet(name, rows, formulas.get(name, {})) for name, rows in _read_apart(content))


def _read_apart(content: bytes) -> list[tuple[str, list[list[object]]]]:
    """Have the workbook read by a process of its own, which a damaged file may stop without stopping the service."""
    command = [sys.executable, "-I", workbook_process.__file__, str(MOST_CELLS)]
    try:
        done = subprocess.run(  # noqa: S603 — our own program; the content goes by standard input.
            command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=workbook_process.MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnreadableWorkbook from None
    if done.returncode == workbook_process.PROTECTED:
        raise UnreadableWorkbook(_PROTECTED)
    if done.returncode == workbook_process.TOO_LARGE:
        raise UnreadableWorkbook("Ce fichier a trop de cases. Supprimez les lignes et les colonnes vides, puis recommencez.")
    if done.returncode != workbook_process.READ:
        raise UnreadableWorkbook
    return [(name, rows) for name, rows in json.loads(done.stdout)]


def _sheet(name: str, said: list[list[object]], formulas: Mapping[tuple[int, int], str]) -> Sheet:
    rows = [[_cell(value) for value in row] for row in said]
    for (row, column), formula in formulas.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        rows[row][column] = formula
    return Sheet(name, tuple(tuple(row) for row in rows))


def _cell(value: object) -> Cell:
    """Read a cell back from what the process wrote."""
    if isinstance(value, list):
        kind, inside = value
        return timedelta(seconds=inside) if kind == "s" else _MOMENTS[kind](inside)
    return value if isinstance(value, str | bool | int | float) else None


_MOMENTS: dict[str, Callable[[str], Cell]] = {"m": datetime.fromisoformat, "d": date.fromisoformat, "t": time.fromisoformat}


def _read_csv(content: bytes, name: str) -> Sheet:
    text = _decoded(content)
    if "\0" in text:
        raise UnreadableWorkbook("Ce fichier n'est pas du texte. Choisissez un fichier xlsx, xls, ods ou csv.")
    csv.field_size_limit(_LARGEST_CELL)
    rows: list[Row] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)):
            cells += len(row)
            if cells > MOST_CELLS:
                raise UnreadableWorkbook("Ce fichier a trop de cases. Coupez-le en plusieurs fichiers.")
            rows.append(tuple(cell or None for cell in row))
    except csv.Error as error:
        raise UnreadableWorkbook from error
    return Sheet(name, tuple(rows))


def _decoded(content: bytes) -> str:
    """Decode UTF-8 (with its mark or not), UTF-16 with its mark, else Windows-1252, whose undefined bytes stay what they are."""
    if content.startswith(_UTF_16_MARKS):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes((byte,)).decode("cp1252", errors="ignore") or chr(byte) for byte in content)


def _delimiter(text: str) -> str:
    """Choose the separator that cuts the first lines into the most columns, the semicolon of French exports first."""
    lines = [line for line in text.splitlines()[:_SNIFFED_LINES] if line.strip()]
    return max(_DELIMITERS, key=lambda delimiter: sum(_columns(line, delimiter) for line in lines))


def _columns(line: str, delimiter: str) -> int:
    """Count separators outside quotes."""
    return sum(part.count(delimiter) for part in line.split('"')[::2])
