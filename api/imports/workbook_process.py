"""The program that opens one binary workbook and says its cells: started by `api.imports.spreadsheets`, alone in its process.

A damaged or malicious file can make a compiled reader ask for all the memory there is, or stop the process it runs in. Here
that process is this one: limited in memory and time, leaving no core file, its standard error closed, since a panic's message may quote
the text that it stumbled on. Content comes in by standard input and goes out by standard output: never by a file.

It MUST stay runnable by its path alone, without any other module of the project.
"""

import contextlib
import io
import json
import sys
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

READ, BROKEN, PROTECTED, TOO_LARGE = 0, 3, 4, 5
"""The exit codes; anything else means that the process was stopped."""
MOST_MEMORY = 1_500_000_000
MOST_SECONDS = 30


def limit() -> None:
    """Limit this process for good. A system without such limits keeps the parent's time limit alone."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 — it does not exist on every system.

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def written(value: object) -> object:
    """Write a cell for JSON: days, hours and durations as a pair of a letter and their value, a blank as null."""
    if isinstance(value, datetime):
        return ["m", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, time):
        return ["t", value.isoformat()]
    if isinstance(value, timedelta):
        return ["s", value.total_seconds()]
    return value if isinstance(value, str | bool | int | float) and value != "" else None


def cells_of(sheet: CalamineSheet, most_cells: int) -> list[list[object]]:
    """Give all the rows of a sheet, blank ones included."""
    if sheet.total_height * sheet.total_width > most_cells:
        sys.exit(TOO_LARGE)
    return [[written(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]


def main() -> None:
    """Read a workbook from standard input and write `[[name, rows], …]`; the argument is the most cells of a sheet."""
    limit()
    content, most_cells = sys.stdin.buffer.read(), int(sys.argv[1])
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            said = [[name, cells_of(workbook.get_sheet_by_name(name), most_cells)] for name in names]
    except PasswordError:
        sys.exit(PROTECTED)
    except (CalamineError, OSError, ValueError, OverflowError, MemoryError):
        sys.exit(BROKEN)
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
