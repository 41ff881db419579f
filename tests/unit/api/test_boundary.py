"""What every answer has, whatever happens inside."""

import io
import json
import logging
import time
from collections.abc import Iterator
from html import unescape

import pytest
import structlog
from fastapi import FastAPI
from psycopg import OperationalError
from pydantic import ValidationError
from starlette.testclient import TestClient

from api import logs
from api.web import boundary, errors
from api.web.boundary import Boundary
from api.web.schemas import Body, Contact, ErasureDemand, Note, Opening
from domain.refusals import ConcurrentChange, DomainError, NotAllowed, RecordClosed, TextTooLong, TrailUnavailable

CANARY = "Zoé-canari-7731"
REFUSALS = {
    "not-allowed": (NotAllowed(), 404, "not_found"),
    "closed": (RecordClosed(), 410, "record_closed"),
    "concurrent": (ConcurrentChange(), 409, "concurrent_change"),
    "trail": (TrailUnavailable(), 503, "trail_unavailable"),
    "field": (TextTooLong("text", 10, 11), 422, "text_too_long"),
}


@pytest.fixture
def log_stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    logs.configure("info", stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers, logging.getLogger().level = handlers, level


@pytest.fixture
def client(log_stream: io.StringIO) -> TestClient:  # noqa: ARG001  # The log must be ours before the first request.
    app = FastAPI(docs_url=None, redoc_url=None, telemetry={"tracing": False, "metrics": False, "logs": False})
    errors.install(app)
    app.add_middleware(Boundary, hosts=frozenset({"testserver"}))

    @app.get("/api/refusals/{name}")
    def refuse(name: str) -> None:
        raise REFUSALS[name][0]

    @app.get("/api/broken")
    def break_down() -> None:
        local_with_content = CANARY
        raise RuntimeError(local_with_content)

    @app.get("/api/database")
    def lose_the_database() -> None:
        raise OperationalError(f"server closed the connection: {CANARY}")

    @app.post("/api/notes")
    def add(note: Note) -> dict[str, int]:
        return {"length": len(note.text)}

    @app.get("/page")
    def page() -> None:
        raise NotAllowed

    return TestClient(app, raise_server_exceptions=False, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_with_its_code_and_its_status(client: TestClient, name: str) -> None:
    refusal, status, code = REFUSALS[name]

    answer = client.get(f"/api/refusals/{name}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"] == str(refusal)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_how_long_a_not_found_takes_does_not_tell_what_was_looked_up(client: TestClient) -> None:
    for path in ("/api/refusals/not-allowed", "/api/nowhere", "/nowhere"):
        began = time.perf_counter()

        assert client.get(path).status_code == 404
        assert time.perf_counter() - began >= boundary.NOT_FOUND_STEP


def test_a_refused_field_is_named(client: TestClient) -> None:
    answer = client.get("/api/refusals/field")

    assert [fault["field"] for fault in answer.json()["errors"]] == ["text"]


def test_every_refusal_of_the_domain_has_a_status_below_600_that_says_error() -> None:
    kinds = [DomainError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        assert 400 <= errors.status_of(kind) < 600


def test_an_unexpected_error_says_nothing_to_the_caller_and_no_word_to_the_log(client: TestClient, log_stream: io.StringIO) -> None:
    answer = client.get("/api/broken")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert CANARY not in answer.text
    written = [json.loads(line) for line in log_stream.getvalue().splitlines()]
    assert [line["error"] for line in written if line["event"] == "unexpected_error"] == ["RuntimeError"]
    assert CANARY not in log_stream.getvalue()


def test_a_lost_database_is_a_503_that_quotes_nothing(client: TestClient, log_stream: io.StringIO) -> None:
    answer = client.get("/api/database")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert "retry-after" in answer.headers
    assert CANARY not in answer.text + log_stream.getvalue()


def test_a_person_gets_a_page_in_french(client: TestClient) -> None:
    answer = client.get("/page", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert str(NotAllowed()) in unescape(answer.text)


@pytest.mark.parametrize("path", ["/api/refusals/trail", "/api/broken", "/page", "/nowhere", "/api/nowhere"])
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": True, "occurred_on": "2026-11-01"}, "text"),
        ({"text": 12, "occurred_on": "2026-11-01"}, "text"),
        ({"text": "vu", "occurred_on": 0}, "occurred_on"),
        ({"text": "vu", "occurred_on": "2026-02-31"}, "occurred_on"),
        ({"text": "vu", "occurred_on": "2026-11-01T10:00:00"}, "occurred_on"),
        ({"text": "vu", "occurred_on": "20261101"}, "occurred_on"),
        ({"text": "vu", "occurred_on": "2026-W45-1"}, "occurred_on"),
        ({"text": "vu", "occurred_on": "2026-11-01", "color": CANARY}, "color"),
        ({"text": "vu", "occurred_on": "2026-11-01", CANARY: 1}, "?"),
        ({"text": "x" * 20_000, "occurred_on": "2026-11-01"}, "text"),
    ],
)
def test_what_is_malformed_is_named_and_never_repeated(client: TestClient, body: dict[str, object], field: str) -> None:
    answer = client.post("/api/notes", json=body)

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert CANARY not in answer.text
    assert "xxxx" not in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Contact, {"occurred_on": "2026-11-01", "minutes": True}),
        (Contact, {"occurred_on": "2026-11-01", "minutes": "12"}),
        (Contact, {"occurred_on": "2026-11-01", "minutes": 12.0}),
        (Contact, {"occurred_on": "2026-11-01", "present": ["{4f0c1a52-6b1d-4f5e-9a3b-0d5c8a7e1101}"]}),
        (ErasureDemand, {"asked_in_person": "yes"}),
        (ErasureDemand, {"asked_in_person": 1}),
        (Opening, {"pseudonym": "Momo", "birth_year": True}),
    ],
)
def test_a_value_of_another_type_is_never_taken_for_the_right_one(kind: type[Body], body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(body)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"text": "\\ud800", "occurred_on": "2026-11-01"}', b""])
def test_what_is_no_json_is_refused_clearly(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/notes", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_over_the_limit_is_refused_whatever_it_announces(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(40):
            yield b"x" * 50_000
        yield b'", "occurred_on": "2026-11-01"}'

    announced = client.post("/api/notes", content=b"{}", headers={"Content-Type": "application/json", "Content-Length": "2000000"})
    streamed = client.post("/api/notes", content=pieces(), headers={"Content-Type": "application/json"})

    assert (announced.status_code, announced.json()["code"]) == (413, "too_large")
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_change_sent_by_another_site_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/notes", json={"text": "vu", "occurred_on": "2026-11-01"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(("origin", "status"), [("http://testserver", 200), ("http://elsewhere", 403), ("null", 403), (None, 403)])
def test_without_fetch_metadata_the_origin_decides(client: TestClient, origin: str | None, status: int) -> None:
    del client.headers["sec-fetch-site"]
    headers = {} if origin is None else {"Origin": origin}

    answer = client.post("/api/notes", json={"text": "vu", "occurred_on": "2026-11-01"}, headers=headers)

    assert answer.status_code == status


def test_a_foreign_host_name_is_refused(client: TestClient) -> None:
    answer = client.get("/page", headers={"Host": "attacker.example", "Accept": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_host")


def test_the_log_line_has_the_template_of_the_route_and_neither_path_nor_query(client: TestClient, log_stream: io.StringIO) -> None:
    client.get(f"/api/refusals/field?q={CANARY}")

    [line] = [json.loads(line) for line in log_stream.getvalue().splitlines()]
    assert line["route"] == "/api/refusals/{name}"
    assert (line["status"], line["code"], line["method"]) == (422, "text_too_long", "GET")
    assert CANARY not in log_stream.getvalue()


def test_an_answer_that_comes_after_its_deadline_is_not_sent(
    log_stream: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boundary, "DEADLINE_SECONDS", 0.05)
    app = FastAPI(docs_url=None, redoc_url=None, telemetry={"tracing": False, "metrics": False, "logs": False})
    errors.install(app)
    app.add_middleware(Boundary)

    @app.post("/api/slow")
    def answer_late(seconds: float) -> str:
        time.sleep(seconds)
        return CANARY

    late, early = (
        TestClient(app).post(f"/api/slow?seconds={seconds}", content=b"x", headers={"Sec-Fetch-Site": "same-origin"})
        for seconds in (0.1, 0)
    )

    assert (late.status_code, late.json()["code"], CANARY in late.text) == (503, "too_late", False)
    assert (early.status_code, early.json()) == (200, CANARY)
    assert CANARY not in log_stream.getvalue()
