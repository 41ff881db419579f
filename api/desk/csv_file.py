"""Files for spreadsheets: semicolons, the mark that keeps the accents, no cell that would be taken for a formula (ASVS 1.2.10)."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from starlette.responses import Response

_MARK: Final = "\ufeff"
"""Without it, the spreadsheets of the offices take the accents of a UTF-8 file for something else."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([defused(column) for column in columns])
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return _MARK + text.getvalue()


def defused(cell: object) -> str:
    """Return a cell as text; what would begin a formula gets an apostrophe before it, spaces in front or not."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def csv_answer(text: str, name: str) -> Response:
    """Return the table as a file called `name`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
