"""What must be known of an old `.xls` before it is opened: where its formulas are and how far its sheets reach.

The file is a compound document ([MS-CFB]) that holds a stream of records ([MS-XLS]). Only record headers and the
row and column of cells are read: enough to take a formula for a formula, and to refuse a sheet whose
rectangle would not fit in memory. A formula's own text is not decoded: the cell reads « =… ».
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from api.imports.workbook_archives import ENCRYPTED, TOO_MUCH, ArchiveRefused, Formulas

_HEADER = struct.Struct("<30xHH14xI4xII4xI")
_NO_SECTOR = 0xFFFFFFFA
_DIRECTORY_ENTRY = 128
_FAT_IN_HEADER = slice(76, 512)
_STREAMS = ("Workbook", "Book")

_FORMULA = 0x0006
_SHEET = 0x0085
_END = 0x000A
_PASSWORD = 0x002F
_CELLS = frozenset({_FORMULA, 0x0203, 0x0204, 0x00FD, 0x027E, 0x00BD, 0x0205, 0x00D6})
_UNSHOWN_FORMULA = "=…"
_SHORTEST_CELL = 4
_UTF_16 = 1


class _Compound:
    """The sectors of a compound document, followed along its chains. A chain cannot be longer than the file has sectors."""

    def __init__(self, content: bytes) -> None:
        """Read the allocation table; the first 109 of its sectors are listed in the header, the rest in a chain of lists."""
        self._content = content
        shift, mini_shift, self._first_directory, self._cutoff, first_mini, first_list = _HEADER.unpack_from(content)
        if shift not in {9, 12} or mini_shift != 6:  # noqa: PLR2004 — the only sizes that [MS-CFB] allows.
            raise ArchiveRefused
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        self._most = len(content) // self._size + 1
        sectors = [number for (number,) in struct.iter_unpack("<I", content[_FAT_IN_HEADER]) if number < _NO_SECTOR]
        following = first_list
        for _ in range(self._most):
            if following >= _NO_SECTOR:
                break
            *listed, following = (number for (number,) in struct.iter_unpack("<I", self._sector(following)))
            sectors += [number for number in listed if number < _NO_SECTOR]
        self._next = [number for sector in sectors[: self._most] for (number,) in struct.iter_unpack("<I", self._sector(sector))]
        self._mini_next = [number for (number,) in struct.iter_unpack("<I", self._chain(first_mini))]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._content):
            raise ArchiveRefused
        return self._content[start : start + self._size].ljust(self._size, b"\0")

    def _chain(self, first: int) -> bytes:
        return b"".join(self._sector(number) for number in _followed(first, self._next, self._most))

    def stream(self, names: tuple[str, ...]) -> bytes:
        """Give the first stream of one of these names."""
        directory = self._chain(self._first_directory)
        entries = [directory[start : start + _DIRECTORY_ENTRY] for start in range(0, len(directory), _DIRECTORY_ENTRY)]
        root_start = struct.unpack_from("<I", entries[0], 116)[0]
        for entry in entries:
            name_bytes, start, size = *struct.unpack_from("<H", entry, 64), *struct.unpack_from("<II", entry, 116)
            if entry[: max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", errors="replace") not in names:
                continue
            if size >= self._cutoff:
                return self._chain(start)[:size]
            small = self._chain(root_start)
            numbers = _followed(start, self._mini_next, len(self._mini_next) + 1)
            return b"".join(small[number * self._mini_size : (number + 1) * self._mini_size] for number in numbers)[:size]
        raise ArchiveRefused


def _followed(first: int, following: list[int], most: int) -> Iterator[int]:
    number = first
    for _ in range(most):
        if number >= len(following):
            return
        yield number
        number = following[number]


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Give (type, body) of the records from `start` to the end of their part."""
    position = start
    while position + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, position)
        yield kind, stream[position + 4 : position + 4 + size]
        if kind == _END:
            return
        position += 4 + size


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """Give the name and the position of each sheet."""
    for kind, body in _records(stream, 0):
        if kind == _PASSWORD:
            raise ArchiveRefused(ENCRYPTED)
        if kind == _SHEET:
            position, length, wide = struct.unpack_from("<I2xBB", body)
            text = body[8 : 8 + length * (2 if wide & _UTF_16 else 1)]
            yield text.decode("utf-16-le" if wide & _UTF_16 else "latin-1", errors="replace"), position


def formulas_of_old(content: bytes, most_cells: int) -> Formulas:
    """Find the formulas of an `.xls`; `most_cells` is the largest rectangle that a sheet may cover. Raises `ArchiveRefused`."""
    try:
        stream = _Compound(content).stream(_STREAMS)
        return {name: _formulas(stream, start, most_cells) for name, start in islice(_sheets(stream), 256)}
    except (struct.error, IndexError) as error:
        raise ArchiveRefused from error


def _formulas(stream: bytes, start: int, most_cells: int) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    height, width = 0, 0
    for kind, body in _records(stream, start):
        if kind not in _CELLS or len(body) < _SHORTEST_CELL:
            continue
        row, column = struct.unpack_from("<HH", body)
        height, width = max(height, row + 1), max(width, column + 1)
        if height * width > most_cells:
            raise ArchiveRefused(TOO_MUCH)
        if kind == _FORMULA:
            found[row, column] = _UNSHOWN_FORMULA
    return found
