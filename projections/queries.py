"""Reads the named statements of `projections/sql/` and fills in the structure's tables."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from projections.store import Database

_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT: Final = re.compile(r"^--.*\n", re.MULTILINE)


def statements(database: Database, file: str, **tables: str) -> Mapping[str, bytes]:
    """Give the statements of `projections/sql/<file>.sql` by name, for one structure.

    `{table}` stands for a table of the structure; `tables` says which one, for statements that several tables share.
    """
    stand_ins = {f"{{{placeholder}}}": f"{{{table}}}" for placeholder, table in tables.items()}
    return {name: database.statement(_replace(text, stand_ins)) for name, text in named_statements(file).items()}


@cache
def named_statements(file: str) -> Mapping[str, str]:
    """Read the statements of a file by name, without their comments. Each follows a line `-- name: …`."""
    text = (resources.files("projections") / "sql" / f"{file}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return {name: _COMMENT.sub("", body).strip().removesuffix(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _replace(text: str, stand_ins: Mapping[str, str]) -> str:
    for placeholder, table in stand_ins.items():
        text = text.replace(placeholder, table)
    return text
