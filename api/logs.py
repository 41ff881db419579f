"""The service's own log: one JSON object a line, and only fields that are on the list below (R165, ASVS 5.0 §16.2).

A field that is not on the list is dropped, whoever wrote it; a value that is no plain word or number is dropped too. Libraries are heard
through the template of their message alone, without its arguments, since an argument may quote a row. An exception leaves its kind and the
places it went through, never its message. The access trail is another thing (`projections/access_trail.py`): it is in the database.
"""

import logging
import sys
import traceback
from typing import Any, Final, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

ALLOWED_FIELDS: Final = frozenset(
    {
        "event", "level", "timestamp", "logger", "request_id", "method", "route", "status", "code", "milliseconds", "error", "where",
        "structure", "view", "position", "reason", "version", "step", "count", "erasure", "epoch", "worker", "port", "seconds",
    }
)  # fmt: skip
_LONGEST_VALUE: Final = 200
_HEARD_TEMPLATES: Final = ("uvicorn", "psycopg")
"""The libraries whose messages are constant templates. Others may format before they log, so only their name and level are kept."""


_LEVELS: Final = {"stopped": logging.CRITICAL, "locked": logging.CRITICAL, "delayed": logging.WARNING, "disconnected": logging.WARNING}
"""How loud an event of the background work is, by the last part of its name."""


def configure(level: str, stream: TextIO) -> None:
    """Send every log line of the process to `stream`, from `level` (a name of the standard library) on."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=_processors(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(threshold, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers = []
    access.propagate = False  # Its lines hold addresses with their identifiers; ours hold the route's template.


def report(event: str, **fields: object) -> None:
    """Write what the background work tells: what stopped is critical, what is delayed a warning, the rest information."""
    structlog.get_logger("sillage.background").log(_LEVELS.get(event.rpartition(".")[2], logging.INFO), event, **fields)


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_without_words,
        only_allowed_fields,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def exception_without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into the kind of the error and its places. No message, no local variable."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = places(error)
    return event


def only_allowed_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep the fields that are on the list and whose value is a short word, a number, or a list of short words."""
    return {name: value for name, value in event.items() if name in ALLOWED_FIELDS and _plain(value)}


def places(error: BaseException, innermost: int = 12) -> list[str]:
    """Say where `error` happened: the last two parts of the file's path, line and function. No message, no variable."""
    frames = traceback.extract_tb(error.__traceback__)[-innermost:]
    return [f"{'/'.join(frame.filename.replace(chr(92), '/').split('/')[-2:])}:{frame.lineno}:{frame.name}" for frame in frames]


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) and len(item) <= _LONGEST_VALUE for item in value)
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _LONGEST_VALUE)


class _Bridge(logging.Handler):
    """Brings what libraries log into the same lines, without what they quote."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = record.name.startswith(_HEARD_TEMPLATES) and isinstance(record.msg, str)
        event = record.msg[:_LONGEST_VALUE] if heard else "library"
        logger = structlog.get_logger()
        logger.log(record.levelno, event.strip(), logger=record.name, exc_info=record.exc_info)
