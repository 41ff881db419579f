"""A witness at the service's door: what went out, and which lines of the trail another connection saw committed before its first byte.

It knows nothing of the code that decides and writes lines. It is handed words that belong to somebody, and looks for them in what is sent
(invariant 2, R082; design §2).
"""

import html
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import unquote_plus
from uuid import UUID

import psycopg
from psycopg import sql
from starlette.types import ASGIApp, Receive, Scope, Send

GRANTED: Final = "granted"
_REQUEST_ID: Final = b"x-request-id"
_ESCAPED: Final = re.compile(r"\\u([0-9a-f]{4})")
_ZIP: Final = b"PK\x03\x04"


class Kind(StrEnum):
    """What a word was written in."""

    RECORD = "record"
    REPORT = "report"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a word belongs: a record (its youth's identifier), a child-protection report, or a file that somebody brought."""

    kind: Kind
    of: UUID
    before: frozenset[UUID] = frozenset()
    """The records that were there before a file: a line of it that was imported is another one."""

    def is_named_by(self, line: "Line") -> bool:
        """Tell whether `line` says that this was shown. No line of a report or of a file names a record (N38)."""
        if line.outcome != GRANTED:
            return False
        if self.kind is Kind.RECORD:
            return line.subject == self.of
        if self.kind is Kind.FILE and line.subject is not None:
            return line.subject not in self.before
        return line.operation.startswith("report." if self.kind is Kind.REPORT else "import.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the trail, with the record that its reference stands for."""

    operation: str
    outcome: str
    subject: UUID | None


@dataclass(slots=True)
class Exchange:
    """One request, its answer, and the lines that were there when the answer began."""

    method: str
    path: str
    query: str
    typed: bytes = b""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    lines: tuple[Line, ...] = ()

    def header(self, name: str) -> str:
        """Give the values of a header, joined."""
        return ", ".join(value for key, value in self.headers if key == name)

    def text(self) -> str:
        """Give all that went out, escapes undone: head and body."""
        return "\n".join([*(f"{name}: {unquote_plus(value)}" for name, value in self.headers), _plain(self.body)])

    def shown(self, words: Collection[str]) -> set[str]:
        """Give which of `words` the answer tells. What the request itself brought is told by nobody."""
        text = self.text()
        asked = f"{unquote_plus(self.path)}?{unquote_plus(self.query)} {unquote_plus(_plain(self.typed))}"
        return {word for word in words if word in text and word not in asked}

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


class Witness:
    """ASGI around the whole service. `address` is the owner's, so that the trail is read from outside every transaction of the service."""

    def __init__(self, app: ASGIApp, address: str, codes: Iterable[str]) -> None:
        self._app = app
        self._trail = psycopg.connect(address, autocommit=True)
        self._lines = sql.SQL(" UNION ALL ").join(_lines_of(code) for code in codes)
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, and write down what went by."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = Exchange(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))

        async def heard() -> MutableMapping[str, Any]:
            message = await receive()
            seen.typed += message.get("body", b"")
            return message

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._begin(seen, message)
            seen.body += message.get("body", b"")
            await send(message)

        self.exchanges.append(seen)
        await self._app(scope, heard, sent)

    def close(self) -> None:
        """End the witness's own connection."""
        self._trail.close()

    def _begin(self, seen: Exchange, message: MutableMapping[str, Any]) -> None:
        seen.status = message["status"]
        seen.headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message["headers"]]
        request = dict(message["headers"]).get(_REQUEST_ID)
        if request:
            rows = self._trail.execute(self._lines, {"request": UUID(request.decode())}).fetchall()
            seen.lines = tuple(Line(*row) for row in rows)


def _lines_of(code: str) -> sql.Composed:
    schema = sql.Identifier(f"s_{code}")
    text = (
        "SELECT t.operation, t.outcome, r.subject_id FROM {schema}.access_trail AS t"
        " LEFT JOIN {schema}.subject_references AS r USING (reference) WHERE t.request = %(request)s"
    )
    return sql.SQL(text).format(schema=schema)


def disclosures_without_line(exchanges: Iterable[Exchange], owners: Mapping[str, Owner]) -> Iterator[str]:
    """Say which answers told a word whose line was not there before their first byte."""
    for seen in exchanges:
        for owner in {owners[word] for word in seen.shown(owners)}:
            if not any(owner.is_named_by(line) for line in seen.lines):
                yield f"{seen}: a {owner.kind} without its line ({', '.join(line.operation for line in seen.lines) or 'no line'})"


def _plain(body: bytes) -> str:
    if body.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    text = body.decode("utf-8", "replace")
    return html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
