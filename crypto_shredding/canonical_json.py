"""JSON in one spelling alone, for what is signed: keys in order, no spaces, UTF-8, whole numbers; and a reader that guesses nothing.

Two readers of the same bytes must never see two different things. So a key that stands twice, a number with a fraction or an exponent,
`NaN` and bytes that are no UTF-8 are refused: RFC 8259 leaves all of them to the reader.
"""

import json
from typing import Any, Never


class NotStrictJson(Exception):
    """These bytes are no JSON value that every reader reads alike."""


def canonical(value: Any) -> bytes:
    """Spell `value` out. Raises `NotStrictJson` for a text that is no Unicode (a lone surrogate) or a value nested without end."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise NotStrictJson from None


def parsed(data: bytes, *, most: int) -> Any:
    """Read one JSON value of at most `most` bytes; white space around its parts is allowed. Raises `NotStrictJson`."""
    if len(data) > most:
        raise NotStrictJson
    try:
        return json.loads(data.decode(), object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotStrictJson from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotStrictJson
    return found


def _refuse(_number: str) -> Never:
    raise NotStrictJson
