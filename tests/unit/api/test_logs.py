"""The service's log says what happened and nothing of anybody (RULES of style, « Errors »; R165)."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from api import logs

CANARY = "Zoé-canari-7731"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure("debug", written)
    yield written
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_listed_field_is_written(stream: io.StringIO) -> None:
    structlog.get_logger().info("request", route="/dossiers/{record_id}", status=200)

    [line] = lines(stream)
    assert line["route"] == "/dossiers/{record_id}"
    assert line["status"] == 200
    assert line["level"] == "info"


@pytest.mark.parametrize("field", ["body", "pseudonym", "query", "path", "headers", "exception"])
def test_a_field_that_is_not_listed_is_dropped(stream: io.StringIO, field: str) -> None:
    structlog.get_logger().info("request", **{field: CANARY})

    assert CANARY not in stream.getvalue()
    assert field not in lines(stream)[0]


@pytest.mark.parametrize("value", [{"text": CANARY}, [CANARY * 40], CANARY * 40, object(), b"bytes"])
def test_a_listed_field_with_anything_but_a_short_word_is_dropped(stream: io.StringIO, value: object) -> None:
    structlog.get_logger().info("request", reason=value)

    assert "reason" not in lines(stream)[0]


def test_an_exception_leaves_its_kind_and_its_places_and_no_word(stream: io.StringIO) -> None:
    local_with_content = CANARY
    try:
        raise ValueError(local_with_content)  # noqa: TRY301  # An exception with content is the point.
    except ValueError:
        structlog.get_logger().exception("unexpected_error")

    [line] = lines(stream)
    assert line["error"] == "ValueError"
    assert any("test_logs.py" in place for place in line["where"])  # type: ignore[attr-defined]
    assert CANARY not in stream.getvalue()


def test_a_library_is_heard_without_what_it_quotes(stream: io.StringIO) -> None:
    logging.getLogger("psycopg.pool").warning("error connecting: %s", CANARY)

    [line] = lines(stream)
    assert line["event"] == "error connecting: %s"
    assert line["logger"] == "psycopg.pool"


def test_a_library_that_formats_by_itself_is_named_and_not_quoted(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").error(f"Task exception was never retrieved: {CANARY}")  # noqa: G004

    [line] = lines(stream)
    assert (line["event"], line["logger"]) == ("library", "asyncio")
    assert CANARY not in stream.getvalue()


def test_the_server_s_own_access_lines_are_off(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info('%s - "GET /dossiers/%s"', "127.0.0.1", CANARY)

    assert stream.getvalue() == ""
