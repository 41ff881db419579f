"""Statements that run at every change and every read: prepared once a connection, sent and read in libpq's own binary form.

What stands around such a short statement costs as much as the statement. The types of the parameters are said once, here, instead of
being found out from the values at each call; the values that come back are left as bytes for whoever knows what they are.
"""

import re
import struct
from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter
from typing import Any, Final

import psycopg
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult

_PARAMETER: Final = re.compile(rb"%\((\w+)\)b")
_DONE: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})

Row = tuple[bytes | None, ...]


class Kind(Enum):
    """What a parameter may be: its type in PostgreSQL, and how its value becomes that type's binary form."""

    UUID = 2950
    TEXT = 25
    BYTES = 17
    BIGINT = 20


_ENCODERS: Final[Mapping[Kind, Callable[[Any], bytes]]] = {
    Kind.UUID: attrgetter("bytes"),
    Kind.TEXT: str.encode,
    Kind.BYTES: bytes,
    Kind.BIGINT: struct.Struct(">q").pack,
}


class Prepared:
    """One statement. Parameters stand in it as `%(name)b`; `kinds` says what each name is."""

    def __init__(self, statement: bytes, kinds: Mapping[str, Kind]) -> None:
        names = list(dict.fromkeys(match[1].decode() for match in _PARAMETER.finditer(statement)))
        self._text = _PARAMETER.sub(lambda match: b"$%d" % (names.index(match[1].decode()) + 1), statement)
        self._types = [kinds[name].value for name in names]
        self._parameters = [(name, _ENCODERS[kinds[name]]) for name in names]
        self._formats = [Format.BINARY] * len(names)

    def rows(self, connection: psycopg.Connection[Any], values: Mapping[str, Any], names: dict[bytes, bytes]) -> list[Row]:
        """Run it and give its rows. `names` holds what `connection` has prepared before. Raises psycopg's errors."""
        parameters = [None if values[parameter] is None else encode(values[parameter]) for parameter, encode in self._parameters]
        try:
            result = self._run(connection, parameters, names)
        except InvalidSqlStatementName:
            # After a rollback psycopg has the server forget whatever it had prepared, ours with its own. Nothing was run.
            names.clear()
            result = self._run(connection, parameters, names)
        columns = range(result.nfields)
        return [tuple([result.get_value(row, column) for column in columns]) for row in range(result.ntuples)]

    def _run(self, connection: psycopg.Connection[Any], parameters: list[bytes | None], names: dict[bytes, bytes]) -> PGresult:
        name = names.get(self._text) or self._prepare(connection, names)
        # psycopg's own annotation forgets that a parameter may be NULL.
        result = connection.pgconn.exec_prepared(name, parameters, self._formats, Format.BINARY)  # type: ignore[arg-type]
        _check(connection, result)
        return result

    def _prepare(self, connection: psycopg.Connection[Any], names: dict[bytes, bytes]) -> bytes:
        name = b"sillage_%d" % len(names)
        _check(connection, connection.pgconn.prepare(name, self._text, self._types))
        names[self._text] = name
        return name


def integer(value: bytes | None) -> int:
    """Read an integer of any width."""
    return int.from_bytes(value or b"", "big", signed=True)


def _check(connection: psycopg.Connection[Any], result: PGresult) -> None:
    if result.status in _DONE:
        return
    # An error without a code is not the server's: libpq found nobody at the other end, and may not have drawn the conclusion yet.
    if connection.pgconn.status == ConnStatus.BAD or not result.error_field(DiagnosticField.SQLSTATE):
        raise psycopg.OperationalError("the connection is lost")
    raise error_from_result(result)
