"""What must be known of a zipped workbook before it is opened: how much it unfolds into, and where its formulas are.

The reader of spreadsheets gives a formula's last computed value and lays a sheet out as a full rectangle. So the
XML is looked at first, part by part and without ever holding it whole: a formula is taken as its text, and a file
that would unfold into too much is refused before it costs anything.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from xml.parsers import expat

_LARGEST_UNFOLDED = 256 * 1024 * 1024
_MOST_CHARACTERS = 64 * 1024 * 1024
_MOST_PARTS = 2000
_CHUNK = 64 * 1024
_LONGEST_FORMULA = 1000
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

Formulas = dict[str, dict[tuple[int, int], str]]
"""By sheet, by (row, column) counted from 0: the formula's text, « = » first."""


class ArchiveRefused(Exception):
    """Ce fichier est abîmé. Enregistrez-le à nouveau au format xlsx ou ods, puis recommencez."""

    def __init__(self, message: str | None = None) -> None:
        """Say `message`, or else the class's own sentence."""
        super().__init__(message or type(self).__doc__)


TOO_MUCH = "Ce fichier, une fois déplié, est trop grand. Supprimez les lignes et les colonnes vides, ou coupez-le en plusieurs fichiers."
ENCRYPTED = "Ce fichier est protégé par un mot de passe. Enregistrez-en une copie sans mot de passe."


def formulas_of(content: bytes, most_cells: int) -> Formulas:
    """Find the formulas of a workbook; `most_cells` is the largest rectangle that a sheet may cover.

    Raises `ArchiveRefused` when the archive is broken, encrypted, or unfolds into too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
            if "content.xml" in archive.namelist():
                return _read_open_document(archive, most_cells)
            return _read_office_workbook(archive, most_cells)
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, EOFError, NotImplementedError, UnicodeDecodeError, OSError) as error:
        raise ArchiveRefused from error
    except RuntimeError as error:  # The standard library's way to say that a part is encrypted.
        raise ArchiveRefused(ENCRYPTED) from error


def _check_size(archive: zipfile.ZipFile) -> None:
    """Refuse what unfolds into too much, and an archive whose parts bear the same name: two readers would see two files."""
    parts = archive.infolist()
    names = {part.filename.casefold() for part in parts}
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNFOLDED:
        raise ArchiveRefused(TOO_MUCH)
    if len(names) != len(parts):
        raise ArchiveRefused
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise ArchiveRefused(ENCRYPTED)


class _Part:
    """One XML part read element by element. A document type is refused: it is how a small file declares a huge text."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._doctype

    def read(self, archive: zipfile.ZipFile, name: str) -> None:
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK):
                self.parser.Parse(chunk, False)  # noqa: FBT003 — expat takes no keyword.
        self.parser.Parse(b"", True)  # noqa: FBT003

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.started(name.rpartition(":")[2], attributes)

    def _doctype(self, *_declared: object) -> None:
        raise ArchiveRefused

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        """Take note of an element, its namespace's prefix left out."""


class _Attributes(_Part):
    """The attributes of all elements of one tag, in order."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag
        self.found: list[dict[str, str]] = []

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == self._tag:
            self.found.append(attributes)


class _SharedTexts(_Part):
    """How long each shared text of a workbook is."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self.parser.CharacterDataHandler = self._text

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        del attributes
        if tag == "si":
            self.lengths.append(0)

    def _text(self, data: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(data)


class _OfficeSheet(_Part):
    """The formulas of one sheet, how far its filled cells reach and how long the texts are that they point at."""

    def __init__(self, shared_lengths: list[int], most_cells: int) -> None:
        super().__init__()
        self.formulas: dict[tuple[int, int], str] = {}
        self._lengths = shared_lengths
        self._most_cells = most_cells
        self._row, self._column = -1, -1
        self._last_row, self._last_column = 0, 0
        self._characters = 0
        self._points_at_text = False
        self._gathered: list[str] = []

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif tag == "c":
            self._place(attributes.get("r"))
            self._points_at_text = attributes.get("t") == "s"
        elif tag in {"v", "is", "f"}:
            self._reach()
            if tag == "f" or (tag == "v" and self._points_at_text):
                self._gather()

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise ArchiveRefused
        self._column = -1
        for letter in found[1]:
            self._column = (self._column + 1) * 26 + ord(letter) - ord("A")
        self._row = int(found[2]) - 1

    def _reach(self) -> None:
        self._last_row, self._last_column = max(self._last_row, self._row), max(self._last_column, self._column)
        if (self._last_row + 1) * (self._last_column + 1) > self._most_cells:
            raise ArchiveRefused(TOO_MUCH)

    def _gather(self) -> None:
        self._gathered.clear()
        self.parser.CharacterDataHandler = self._gathered.append
        self.parser.EndElementHandler = self._gathered_all

    def _gathered_all(self, name: str) -> None:
        self.parser.CharacterDataHandler = None
        self.parser.EndElementHandler = None
        text = "".join(self._gathered)
        if name.rpartition(":")[2] == "f":
            self.formulas[self._row, self._column] = f"={text[:_LONGEST_FORMULA]}"
            return
        position = int(text)
        self._characters += self._lengths[position] if 0 <= position < len(self._lengths) else 0
        if self._characters > _MOST_CHARACTERS:
            raise ArchiveRefused(TOO_MUCH)


def _read_office_workbook(archive: zipfile.ZipFile, most_cells: int) -> Formulas:
    relations, sheets, texts = _Attributes("Relationship"), _Attributes("sheet"), _SharedTexts()
    relations.read(archive, "xl/_rels/workbook.xml.rels")
    sheets.read(archive, "xl/workbook.xml")
    targets = {relation["Id"]: posixpath.normpath(posixpath.join("xl", relation["Target"])).lstrip("/") for relation in relations.found}
    for shared in (name for name in archive.namelist() if name.casefold() == "xl/sharedstrings.xml"):
        texts.read(archive, shared)
    formulas: Formulas = {}
    for sheet in sheets.found:
        target = targets[_relation_id(sheet)]
        if "/worksheets/" in target:
            part = _OfficeSheet(texts.lengths, most_cells)
            part.read(archive, target)
            formulas[sheet["name"]] = part.formulas
    return formulas


def _relation_id(sheet: Mapping[str, str]) -> str:
    """Give the attribute « r:id », whatever prefix the file gives to its namespace."""
    return next(value for name, value in sheet.items() if name.rpartition(":")[2] == "id" and ":" in name)


class _OpenDocument(_Part):
    """The formulas of an ods document, how far each of its tables reaches and how much its repeats unfold into."""

    def __init__(self, most_cells: int) -> None:
        super().__init__()
        self.formulas: Formulas = {}
        self._most_cells = most_cells
        self._table: dict[tuple[int, int], str] = {}
        self._row, self._column = 0, 0
        self._rows_repeated, self._columns_repeated = 1, 1
        self._next_row, self._next_column = 0, 0
        self._characters = 0
        self._in_cell = False
        self._widest, self._lowest = 0, 0
        self.parser.CharacterDataHandler = self._text
        self.parser.EndElementHandler = self._end

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        values = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        if tag == "table":
            self._table = self.formulas.setdefault(values.get("name", ""), {})
            self._next_row = self._widest = self._lowest = 0
        elif tag == "table-row":
            self._rows_repeated = max(1, int(values.get("number-rows-repeated", "1")))
            self._row, self._next_row, self._next_column = self._next_row, self._next_row + self._rows_repeated, 0
        elif tag in {"table-cell", "covered-table-cell"}:
            self._cell(values)

    def _cell(self, values: dict[str, str]) -> None:
        self._columns_repeated = max(1, int(values.get("number-columns-repeated", "1")))
        self._column, self._next_column = self._next_column, self._next_column + self._columns_repeated
        self._in_cell = True
        if "value-type" in values or "formula" in values:
            self._reach(sum(map(len, values.values())))
        if "formula" in values:
            self._keep_formula(values["formula"])

    def _keep_formula(self, formula: str) -> None:
        text = "=" + formula.partition("=")[2][:_LONGEST_FORMULA]
        for row in range(self._row, self._row + self._rows_repeated):
            for column in range(self._column, self._column + self._columns_repeated):
                self._table[row, column] = text

    def _reach(self, characters: int) -> None:
        self._widest, self._lowest = max(self._widest, self._next_column), max(self._lowest, self._next_row)
        self._characters += characters * self._rows_repeated * self._columns_repeated
        if self._widest * self._lowest > self._most_cells or self._characters > _MOST_CHARACTERS:
            raise ArchiveRefused(TOO_MUCH)

    def _text(self, data: str) -> None:
        if self._in_cell and not data.isspace():
            self._reach(len(data))

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] in {"table-cell", "covered-table-cell"}:
            self._in_cell = False


def _read_open_document(archive: zipfile.ZipFile, most_cells: int) -> Formulas:
    part = _OpenDocument(most_cells)
    part.read(archive, "content.xml")
    return part.formulas
