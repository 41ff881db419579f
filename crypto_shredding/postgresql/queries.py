"""Named queries, read from `.sql` files: `-- name: some_name`, then the statement up to the next name."""

import re
from functools import cache
from importlib import resources
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(file: str) -> dict[str, str]:
    """Read the queries of `crypto_shredding/sql/<file>.sql`, by name, without their comments."""
    text = (resources.files("crypto_shredding") / "sql" / f"{file}.sql").read_text("utf-8")
    parts = _NAME.split(text)
    return {name: _without_comments(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _without_comments(body: str) -> str:
    return "\n".join(line for line in body.strip().splitlines() if not line.startswith("--"))
