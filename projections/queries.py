"""Reads the named statements of `projections/sql/` and fills in the structure's tables."""

import re
from importlib import resources
from typing import Final

from projections.store import Database

_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


class Statements:
    """The statements of one file, for one structure. A misspelt name is a `KeyError` at the first use."""

    def __init__(self, database: Database, file: str) -> None:
        self._statements = {name: database.statement(text) for name, text in named_statements(file).items()}

    def __getitem__(self, name: str) -> bytes:
        """Give the statement `name`, its tables quoted and qualified."""
        return self._statements[name]


def named_statements(file: str) -> dict[str, str]:
    """Read `projections/sql/<file>.sql`: each statement follows a line `-- name: …`. `{table}` stands for a table of the structure."""
    text = (resources.files("projections") / "sql" / f"{file}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
