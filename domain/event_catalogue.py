"""The catalogue of events, written from the code: `python -m domain.event_catalogue > docs/reference/events.md`. A test compares both."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from types import GenericAlias, UnionType
from typing import Any, Final

from domain.access.glass_register import GlassRegister
from domain.access.glass_tries import GlassTries
from domain.access.replacements import Replacements
from domain.access.teams import Teams
from domain.activity import Activity
from domain.catalogue import Catalogue
from domain.desk.breach import Breach
from domain.desk.incident import Incident
from domain.desk.requisition import Requisition
from domain.oblivion.archive_gate import ArchiveGate
from domain.oblivion.erasure import Erasure
from domain.oblivion.hold import Hold
from domain.record.youth_record import YouthRecord
from domain.reports.protection_report import ProtectionReport
from domain.reports.report_shelf import ReportShelf
from domain.stream import Stream

STREAMS: Final[tuple[type[Stream], ...]] = (
    YouthRecord,
    Activity,
    Catalogue,
    Erasure,
    ArchiveGate,
    Hold,
    ProtectionReport,
    ReportShelf,
    Teams,
    Replacements,
    GlassRegister,
    GlassTries,
    Incident,
    Breach,
    Requisition,
)

_OF_EVERY_EVENT: Final = frozenset({"originator_id", "originator_version", "timestamp", "originator_topic"})

_INTRODUCTION: Final = """# Events

Written from the code by `python -m domain.event_catalogue`; a test compares both. A topic is frozen for ever: stored events bear it,
inside their ciphertext. An event has one category, whose key encrypts it. Each event also has `originator_id`, `originator_version` and
`timestamp` (*recorded at*, the service's clock, UTC); a day that a person declares is `occurred_on`.
"""


def events_of(stream: type[Stream]) -> Iterator[type[Any]]:
    """Give the events of an aggregate, in the order of its file."""
    for name, value in vars(stream).items():
        if isinstance(value, type) and issubclass(value, Stream.Event) and name not in {"Event", "Created"}:
            yield value


def fields_of(event: type[Any]) -> dict[str, str]:
    """Give the fields of an event and their types, leaving out those that every event has."""
    return {field.name: _type_name(field.type) for field in fields(event) if field.name not in _OF_EVERY_EVENT}


def as_markdown() -> str:
    """Write the whole catalogue."""
    return "\n".join([_INTRODUCTION, *(_section(stream) for stream in STREAMS)])


def _section(stream: type[Stream]) -> str:
    rows = [
        f"| `{event.TOPIC}` | {event.__name__} | {event.category} | {_first_line(event)} | {_listed(fields_of(event))} |"
        for event in events_of(stream)
    ]
    head = ["| topic | event | category | what it says | fields |", "|---|---|---|---|---|"]
    return "\n".join([f"## {stream.__name__} (`{getattr(stream, 'TOPIC', '')}`)", "", _first_line(stream), "", *head, *rows, ""])


def _first_line(described: type[Any]) -> str:
    return (described.__doc__ or "").split("\n", 1)[0]


def _listed(names: dict[str, str]) -> str:
    return ", ".join(f"`{name}: {kind}`" for name, kind in names.items()) or "–"


def _type_name(kind: Any) -> str:
    if isinstance(kind, UnionType | GenericAlias):
        return str(kind).replace("datetime.", "").replace("uuid.", "").replace("|", "or")
    return {date: "date"}.get(kind, getattr(kind, "__name__", str(kind)))


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
