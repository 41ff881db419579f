"""How much, how often and how slowly one may ask (R163; OWASP API4:2023, ASVS 5.0 §2.4, §4.2, §15.2)."""

import socket
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.web import body_limit
from api.web.app import create_app
from api.web.pace import Pace
from domain.trail import Role
from tests.integration.api.people import DAY, Person
from tests.integration.api.serving_in_thread import served
from tests.integration.api.told_world import token_of


@pytest.fixture
def app(service: Service) -> FastAPI:
    app = create_app(service)
    # Time stands still: on a slow machine what was spent would come back meanwhile.
    app.state.pace = Pace(20, 50, lambda: 0.0)
    return app


def test_a_program_that_asks_without_end_is_told_to_wait_and_a_colleague_goes_on(educator: Person, colleague: Person) -> None:
    answers = [educator.get("/caseload") for _ in range(25)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 5
    assert answers[-1].json()["code"] == "too_many_requests"
    assert int(answers[-1].headers["retry-after"]) == 10
    assert "rien n’est perdu" in answers[-1].json()["detail"]
    assert colleague.get("/caseload").status_code == 200
    assert len(educator.lines()) == 20


def test_one_structure_does_not_take_the_place_of_another(
    person: Callable[..., Person], other_structure: Structure, educator: Person
) -> None:
    crowd = [person(Role.EDUCATOR) for _ in range(4)]
    statuses = [one.get("/session").status_code for _ in range(15) for one in crowd]

    assert statuses.count(429) == 10
    assert educator.get("/session").status_code == 429
    assert person(Role.EDUCATOR, within=other_structure).get("/session").status_code == 200


def test_a_form_that_comes_too_often_is_given_back_with_what_was_typed(educator: Person, client: TestClient, record: str) -> None:
    for _ in range(25):
        educator.get("/session")
    typed = {"text": "écrit sous la pluie", "occurred_on": DAY, "expected_version": "2", "idempotency_key": "k"}
    headers = {"Cookie": f"sillage_session={token_of(educator)}", "Accept": "text/html"}

    answer = client.post(f"/dossiers/{record}/notes", data=typed, headers=headers)

    assert answer.status_code == 429
    assert "écrit sous la pluie" in answer.text
    assert "Attendez dix secondes" in answer.text


def test_what_was_spent_comes_back_with_time() -> None:
    now = [0.0]
    pace, account, structure = Pace(60, 0, lambda: now[0]), uuid4(), uuid4()
    assert [pace.allows(account, structure) for _ in range(61)] == [True] * 60 + [False]
    now[0] = 2.0
    assert [pace.allows(account, structure) for _ in range(3)] == [True, True, False]
    now[0] = 1000.0
    assert [pace.allows(account, structure) for _ in range(61)] == [True] * 60 + [False]


def test_many_accounts_take_little_memory() -> None:
    now = [0.0]
    pace = Pace(60, 0, lambda: now[0])
    for number in range(25_000):
        now[0] = number / 50
        pace.allows(uuid4(), uuid4())

    assert len(pace._buckets) <= 10_001


@pytest.mark.parametrize("path", ["/caseload", "/activities", "/trail", "/erasures", "/reports"])
def test_no_list_gives_a_thousand_at_once(person: Callable[..., Person], path: str) -> None:
    who = person(Role.DPO if path in {"/trail", "/erasures"} else Role.EDUCATOR)

    assert who.get(path, params={"limit": 1000}).status_code == 422


def test_one_mebibyte_is_the_most_but_for_a_workbook(educator: Person, record: str) -> None:
    much = {"text": "x" * 1_100_000, "occurred_on": DAY}
    assert educator.send("POST", f"/records/{record}/notes", much, version=2).status_code == 413
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n' + b"a;b\n" * 400_000 + b"--b--\r\n"
    sent = educator.client.post("/api/v1/imports", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert sent.status_code != 413
    assert (
        educator.client.post("/api/v1/imports", content=body * 11, headers={"Content-Type": "multipart/form-data; boundary=b"}).status_code
        == 413
    )


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    with served(app) as port:
        yield port


def _answer(one: socket.socket) -> str:
    """Read a whole answer, which may come in several parts."""
    read = b""
    while not read.endswith(b"}") and (part := one.recv(4096)):
        read += part
    return read.decode()


def test_whoever_stops_sending_in_the_middle_is_let_go(port: int, educator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "SILENCE_SECONDS", 0.3)
    token = f"Authorization: Bearer {token_of(educator)}"
    head = f"POST /api/v1/records HTTP/1.1\r\nHost: 127.0.0.1\r\n{token}\r\nContent-Type: application/json\r\n"
    slow = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(60)]
    for one in slow:
        one.sendall(f'{head}Content-Length: 200\r\n\r\n{{"pseu'.encode())

    began = time.monotonic()
    assert educator.get("/session").status_code == 200, "sixty silent senders hold no thread"
    answers = [_answer(one) for one in slow]
    assert time.monotonic() - began < 8
    assert {answer.split(" ")[1] for answer in answers} == {"408"}
    assert all('"code":"interrupted"' in answer for answer in answers)
    for one in slow:
        one.close()
