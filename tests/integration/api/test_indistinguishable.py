"""« Exists, and is not yours » and « does not exist » are one answer: status, head, body, and the time it takes (invariant 12, N9, R151).

A hundred tries of each kind in `./run test`, a thousand with `--long`, the two in turns, so that a busy machine slows both down alike.
"""

import http.client
import json
import math
import random
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import psycopg
import pytest
import structlog
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import Service, Structure
from api.web import boundary
from api.web.boundary import NOT_FOUND_STEP as TRUE_STEP
from domain.drafts import NoteDraft
from domain.identifiers import RequestId, YouthId
from domain.record.youth_record import YouthRecord
from domain.trail import Actor, Operation, Purpose, Role
from tests.given import today
from tests.integration.api.people import Person
from tests.integration.api.serving_in_thread import served
from tests.integration.api.told_world import World, everything_known, token_of, told

FEW, MANY = 50, 500
"""Pairs: as many tries of what exists as of what does not."""
BY_CHANCE: Final = 2.225
"""Two samples of the same thing differ by more than `BY_CHANCE * sqrt(2 / n)` (Kolmogorov–Smirnov) once in ten thousand times."""
OWN = ("x-request-id", "date")


@dataclass(frozen=True)
class Question:
    """What somebody asks about a thing that exists and is not theirs, or about one that does not exist."""

    name: str
    who: Person
    method: str
    path: Callable[[object], str]
    there: object
    body: bytes = b""
    token: Callable[[object], str] | None = None


@dataclass(frozen=True)
class Told:
    """One answer: all that can be compared of it, and how long it took."""

    answer: tuple[object, ...]
    seconds: float


@dataclass
class Scene:
    """The served application and what exists there."""

    port: int
    world: World
    questions: Sequence[Question]


@pytest.fixture
def scene(  # noqa: PLR0917  # They are fixtures, handed in by name.
    app: FastAPI, service: Service, structure: Structure, other_structure: Structure, person: Callable[..., Person], client: TestClient
) -> Iterator[Scene]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with served(app) as port, client:
        world = told(client, person, structure, other_structure)
        known = everything_known(world, service, [structure, other_structure])
        expired = service.directory.open_session(structure.id, world.leila.account, USUAL_PURPOSE[Role.EDUCATOR], timedelta(seconds=-1))
        yield Scene(port, world, list(_questions(world, known["reference"][0], expired)))
    structlog.reset_defaults()


def _questions(world: World, reference: object, expired: str) -> Iterator[Question]:
    marc, stranger, hers = world.marc, world.stranger, world.records["hers"]
    note = json.dumps({"text": "essai", "occurred_on": today().isoformat()}).encode()
    yield Question("a record", marc, "GET", lambda one: f"/api/v1/records/{one}", hers)
    yield Question("the page of a record", marc, "GET", lambda one: f"/dossiers/{one}", hers)
    yield Question("a record of another structure", stranger, "GET", lambda one: f"/api/v1/records/{one}", hers)
    yield Question("a closed record", marc, "GET", lambda one: f"/api/v1/records/{one}", world.records["closed"])
    yield Question("an erased record", marc, "GET", lambda one: f"/api/v1/records/{one}", world.records["erased"])
    yield Question("a note in a record", marc, "POST", lambda one: f"/api/v1/records/{one}/notes", hers, note)
    yield Question("the looks at a record", marc, "GET", lambda one: f"/api/v1/records/{one}/trail", hers)
    yield Question("a report", marc, "GET", lambda one: f"/api/v1/reports/{one}", world.report)
    yield Question("a report of another structure", stranger, "GET", lambda one: f"/api/v1/reports/{one}", world.report)
    yield Question("an erasure", marc, "GET", lambda one: f"/api/v1/erasures/{one}", world.erasures["erased"])
    yield Question("a certificate", marc, "GET", lambda one: f"/api/v1/erasures/{one}/certificate", world.erasures["erased"])
    yield Question("an import", marc, "GET", lambda one: f"/api/v1/imports/{one}", world.preview)
    yield Question("a hold by reference", marc, "GET", lambda one: f"/api/v1/holds/{one}", reference)
    yield Question("a session", marc, "GET", lambda _: "/api/v1/session", expired, token=str)


def _tries(port: int, question: Question, pairs: int) -> tuple[list[Told], list[Told]]:
    """Ask about the thing that exists and about ones that do not, in turns, in an order that chance decides."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    there: list[Told] = []
    nowhere: list[Told] = []
    for _ in range(pairs + 3):
        for asked, answers in random.sample([(question.there, there), (_like(question), nowhere)], 2):
            answers.append(_ask(connection, question, asked))
    connection.close()
    # The first ones open connections and fill caches.
    return there[3:], nowhere[3:]


def _like(question: Question) -> object:
    """Something that nobody has, of the form that a real one has."""
    return uuid4() if question.token is None else secrets.token_urlsafe(32)


def _ask(connection: http.client.HTTPConnection, question: Question, one: object) -> Told:
    token = token_of(question.who) if question.token is None else question.token(one)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": str(uuid4()), "If-Match": '"8"'}
    began = time.perf_counter()
    connection.request(question.method, question.path(one), question.body or None, headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    seconds = time.perf_counter() - began
    request = answer.getheader("x-request-id") or ""
    head = tuple(sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() not in OWN))
    return Told((answer.status, head, body.replace(request, "").replace(str(one), "")), seconds)


def told_apart(there: Sequence[Told], nowhere: Sequence[Told]) -> float:
    """Give how often the best threshold of time tells one from the other: 0.5 is a coin, 1 is always."""
    marked = sorted([(one.seconds, 1) for one in there] + [(one.seconds, -1) for one in nowhere])
    height = widest = 0
    for _, side in marked:
        height += side
        widest = max(widest, abs(height))
    return 0.5 + widest / len(there) / 2


def bound(pairs: int) -> float:
    """Give how well a coin does at its very best."""
    return 0.5 + BY_CHANCE * math.sqrt(2 / pairs) / 2


def examine(scene: Scene, question: Question, pairs: int) -> tuple[str, set[tuple[object, ...]], float]:
    """Ask; where time seems to tell, ask once more: what is real is there twice."""
    there, nowhere = _tries(scene.port, question, pairs)
    answers, apart = {one.answer for one in [*there, *nowhere]}, told_apart(there, nowhere)
    if apart > bound(pairs):
        apart = min(apart, told_apart(*_tries(scene.port, question, pairs)))
    return question.name, answers, apart


def examined(scene: Scene, pairs: int) -> dict[str, float]:
    with ThreadPoolExecutor(7) as people:
        found = list(people.map(lambda question: examine(scene, question, pairs), scene.questions))
    assert {name: len(answers) for name, answers, _ in found} == {question.name: 1 for question in scene.questions}
    assert {answer[0] for _, answers, _ in found for answer in answers} == {404, 401}
    return {name: apart for name, _, apart in found}


def test_what_is_not_ones_own_and_what_does_not_exist_are_one_answer_in_one_time(scene: Scene) -> None:
    apart = examined(scene, FEW)

    assert {name: share for name, share in apart.items() if share > bound(FEW)} == {}


def test_a_record_of_years_is_refused_at_the_first_step_as_an_unknown_one_is(
    educator: Person, colleague: Person, record: str, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundary, "NOT_FOUND_STEP", TRUE_STEP)
    write_years(structure, educator, YouthId(UUID(record)))

    def waited(one: object) -> float:
        began = time.perf_counter()
        assert colleague.get(f"/records/{one}").status_code == 404
        return time.perf_counter() - began

    theirs, unknown = (statistics.median(waited(one) for _ in range(5)) for one in (record, uuid4()))
    assert all(TRUE_STEP <= seconds < TRUE_STEP * 1.5 for seconds in (theirs, unknown)), (theirs, unknown)


def write_years(structure: Structure, educator: Person, youth: YouthId) -> None:
    """Write three thousand notes at once: more than a note a day for eight years."""
    written = structure.records.find_kind(YouthRecord, youth)
    assert written is not None
    for number in range(3000):
        written.add_note(NoteDraft(f"note {number} " + "mot " * 100, today()), by=educator.account, at=structure.records.clock())
    actor = Actor(educator.account, Role.EDUCATOR, Purpose.ACCOMPANY, RequestId(uuid4()))
    structure.records.append(written, actor=actor, operation=Operation.CHANGE_RECORD, subject=youth)


@pytest.mark.long
def test_a_thousand_tries_tell_nothing_apart(scene: Scene) -> None:
    apart = examined(scene, MANY)
    print({name: round(share, 3) for name, share in apart.items()})  # noqa: T201  # The figures, with `-s`.

    assert {name: share for name, share in apart.items() if share > bound(MANY)} == {}


def test_a_difference_of_a_few_milliseconds_would_be_found(scene: Scene, structure: Structure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundary, "NOT_FOUND_STEP", 1e-6)
    find, hers = type(structure.records).find, scene.world.records["hers"]

    def slow(records: object, stream: object) -> object:
        time.sleep(0.01 if stream == hers else 0)
        return find(records, stream)  # type: ignore[arg-type]

    monkeypatch.setattr(type(structure.records), "find", slow)

    assert told_apart(*_tries(scene.port, scene.questions[0], FEW)) > bound(FEW)


def test_no_trace_in_the_trail_names_what_was_only_guessed(scene: Scene, service: Service) -> None:
    question = scene.questions[2]
    _tries(scene.port, question, 2)

    with psycopg.connect(service.databases.main) as owner:
        rows = owner.execute(
            "SELECT outcome, reference FROM s_beta.access_trail WHERE account = %s AND outcome <> 'granted'", (question.who.account,)
        ).fetchall()
    assert {(outcome, reference) for outcome, reference in rows} == {("not_found", None)}
