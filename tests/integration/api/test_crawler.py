"""Nobody is told what is not theirs to know, and nobody is told anything before its line (invariants 2, 4, 10, 11, 12; N8, N9, R150, R153).

Each role crawls the whole application with every identifier there is. Every field of every youth holds a word of its own.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import psycopg
import pytest
import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import compile_path
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.looks import look_at_caseload
from api.web import boundary
from api.web.operations import declaration_of
from api.web.requests import SignedIn, caller_or_none
from crypto_shredding.recorder import SealedRecorder
from domain.trail import Operation, Role
from tests.integration.api.answers import faults_of_answer
from tests.integration.api.crawling import Crawler, path_of, routes_of
from tests.integration.api.people import Person
from tests.integration.api.told_world import World, everything_known, token_of, told, witnessed
from tests.witness import GRANTED, Exchange, Witness, disclosures_without_line

NEVER: Final = (Role.HEAD_OF_SERVICE, Role.FUNDER, Role.ADMINISTRATOR, Role.DPO)


@dataclass
class Stage:
    """The application behind its witness, and everybody in it."""

    app: FastAPI
    witness: Witness
    client: TestClient
    world: World
    person: Callable[..., Person]

    def crawler(self, who: Person) -> Crawler:
        def again() -> dict[str, str]:
            subject = self.world.records["hers"] if who.role is Role.YOUTH else None
            fresh = self.person(who.role, subject=subject, within=who.structure)
            return {"Authorization": f"Bearer {token_of(fresh)}"}

        return Crawler(self.app, self.client, self.world.identifiers, again, {"Authorization": f"Bearer {token_of(who)}"})

    def told_to(self, act: Callable[[], None]) -> tuple[list[Exchange], set[str]]:
        """Let somebody act; give what passed by, and the words that they were told."""
        begin = len(self.witness.exchanges)
        act()
        passed = self.witness.exchanges[begin:]
        return passed, {word for seen in passed for word in seen.shown(self.world.owners)}


@pytest.fixture
def stage(  # noqa: PLR0917  # They are fixtures, handed in by name.
    app: FastAPI,
    service: Service,
    structure: Structure,
    other_structure: Structure,
    person: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    # How long a « not found » takes is looked at elsewhere; here are thousands of them.
    monkeypatch.setattr(boundary, "NOT_FOUND_STEP", 1e-6)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    witness = witnessed(app, service, [structure, other_structure])
    with TestClient(
        witness, base_url="http://127.0.0.1", raise_server_exceptions=False, headers={"Sec-Fetch-Site": "same-origin"}
    ) as client:
        world = told(client, person, structure, other_structure)
        world.identifiers = everything_known(world, service, [structure, other_structure])
        witness.exchanges.clear()
        yield Stage(app, witness, client, world, person)
    witness.close()
    structlog.reset_defaults()


def test_each_role_reads_what_is_theirs_and_not_a_word_more_and_never_before_its_line(stage: Stage, structure: Structure) -> None:
    nothing = _read_by_everybody(stage, structure)

    assert {name: words for name, words in nothing.items() if words} == {}
    _assert_told_after_its_line(stage, 500)
    _assert_each_granted_line_is_there(stage)


@pytest.mark.long
def test_each_role_that_tries_everything_is_told_not_a_word_more(stage: Stage, other_structure: Structure) -> None:
    world, records = stage.world, stage.world.records
    dpo, other_dpo, administrator = stage.person(Role.DPO), stage.person(Role.DPO, within=other_structure), stage.person(Role.ADMINISTRATOR)
    nothing = {"nobody": stage.told_to(lambda: _anonymous(stage).try_everything())[1]}
    for role in (Role.HEAD_OF_SERVICE, Role.FUNDER):
        nothing[role] = stage.told_to(stage.crawler(stage.person(role)).try_everything)[1]
    for who, own in ((world.marc, records["his"]), (world.stranger, records["elsewhere"])):
        _, words = stage.told_to(stage.crawler(who).try_everything)
        assert own in {world.owners[word].of for word in words}
        assert not words - world.words_of(own)
    # Whoever may close a record or an account does so on the way: they come last.
    for who in (world.leila, world.youth):
        stage.told_to(stage.crawler(who).try_everything)
    for name, who in (("dpo of alpha", dpo), ("dpo of beta", other_dpo), ("administrator", administrator)):
        nothing[name] = stage.told_to(stage.crawler(who).try_everything)[1]

    assert {name: words for name, words in nothing.items() if words} == {}
    _assert_told_after_its_line(stage, 1500)


def _read_by_everybody(stage: Stage, structure: Structure) -> dict[str, set[str]]:
    """Follow every link as everybody, which changes nothing; give the words of those who may be told none."""
    world, records = stage.world, stage.world.records
    never = {role: stage.person(role) for role in NEVER}
    before = _changed_in(structure)
    passed, hers = stage.told_to(stage.crawler(world.leila).read)
    assert {seen.status for seen in passed} >= {200, 303, 404, 410}
    assert hers >= _written_there(world)
    assert not hers & world.words_of(records["closed"], records["erased"], records["his"], records["elsewhere"])
    _, theirs = stage.told_to(stage.crawler(world.youth).read)
    assert records["hers"] in {world.owners[word].of for word in theirs}
    assert not theirs - world.words_of(records["hers"])
    for who, own in ((world.marc, records["his"]), (world.stranger, records["elsewhere"])):
        _, words = stage.told_to(stage.crawler(who).read)
        assert own in {world.owners[word].of for word in words}
        assert not words - world.words_of(own)
    nothing = {role: stage.told_to(stage.crawler(who).read)[1] for role, who in never.items()}
    assert _changed_in(structure) == before
    return nothing


def _changed_in(structure: Structure) -> object:
    with structure.store.database.connection() as connection:
        query = structure.store.database.statement("SELECT max(notification_id), (SELECT count(*) FROM {accounts}) FROM {events}")
        return connection.execute(query).fetchone()


def _assert_told_after_its_line(stage: Stage, at_least: int) -> None:
    seen, owners = stage.witness.exchanges, stage.world.owners
    assert len(seen) > at_least
    assert sum(1 for one in seen if one.shown(owners)) > 30
    assert list(disclosures_without_line(seen, owners)) == []
    assert [fault for one in seen for fault in faults_of_answer(one, owners)] == []


def _assert_each_granted_line_is_there(stage: Stage) -> None:
    """A route that declares an operation has left its line of it before it answered, or says why it needs none (R081)."""
    routes = [(compile_path(path_of(route))[0], route, declaration_of(route.endpoint)) for route in routes_of(stage.app)]
    kept, missing = set(), set()
    for one in (seen for seen in stage.witness.exchanges if seen.status == HTTPStatus.OK):
        found = ((route, its) for pattern, route, its in routes if one.method in (route.methods or ()) and pattern.match(one.path))
        route, declared = next(found, (None, None))
        if route is None or declared is None or not declared.leaves_when_granted:
            continue
        granted = {line.operation for line in one.lines if line.outcome == GRANTED}
        (kept if declared.operation in granted else missing).add(f"{one.method} {path_of(route)}: {declared.operation}")
    assert len(kept) > 50
    assert not missing, "\n".join(sorted(missing))


def _written_there(world: World) -> set[str]:
    """The words of a record and of a report as its author reads them: a crawler that misses one of them sees too little."""
    read = [world.leila.get(f"/records/{world.records['hers']}").text, world.leila.get(f"/reports/{world.report}").text]
    words = {word for word in world.owners if any(word in text for text in read)}
    assert len(words) > 15
    return words


def _anonymous(stage: Stage) -> Crawler:
    return Crawler(stage.app, stage.client, stage.world.identifiers, dict, {"X-Nobody": "1"})


def test_the_crawler_reaches_every_route_of_the_application(stage: Stage) -> None:
    stage.crawler(stage.person(Role.DPO)).try_everything()
    reached = {(seen.method, seen.path) for seen in stage.witness.exchanges}

    crawler = stage.crawler(stage.world.leila)
    every = [
        (route, found) for route in routes_of(stage.app) for reading in (True, False) for found in crawler._filled(route, reading=reading)
    ]
    missed = {route.path for route, (method, address) in every if (method, address.partition("?")[0]) not in reached}
    assert missed <= {"/session", "/deconnexion"}, "the session's own end is the one thing that a crawl leaves out"


NO_LINE = "ALTER TABLE s_alpha.access_trail ADD CONSTRAINT no_more CHECK (line < 0) NOT VALID"


def _no_line(service: Service) -> None:
    with psycopg.connect(service.databases.main, autocommit=True) as owner:
        owner.execute(NO_LINE)  # type: ignore[arg-type]


def _no_keys(service: Service) -> None:
    service.stop_runners()
    for _, keys in service.pools.values():
        keys.close()


def _no_store(service: Service) -> None:
    service.stop_runners()
    for main, _ in service.pools.values():
        main.close()


@pytest.mark.parametrize("lose", [_no_line, _no_keys, _no_store], ids=["trail", "keys", "events"])
def test_what_the_service_needs_is_away_and_nothing_is_told_changed_or_explained(
    stage: Stage, service: Service, structure: Structure, lose: Callable[[Service], None]
) -> None:
    before = _written_in(service, structure)
    lose(service)

    passed, words = stage.told_to(stage.crawler(stage.world.leila).try_everything)

    assert words == set()
    assert [fault for one in passed for fault in faults_of_answer(one, stage.world.owners)] == []
    assert sum(one.status == 503 for one in passed) > 40
    assert _written_in(service, structure) == before


def _written_in(service: Service, structure: Structure) -> object:
    # Lines of the trail may come, of what was refused; and the crawler signs in anew when its session ended.
    tables = ("events", "idempotency", "erasure_fences", "imports")
    counts = ", ".join(f"(SELECT count(*) FROM s_{structure.code}.{table})" for table in tables)
    with psycopg.connect(service.databases.main) as owner:
        return owner.execute(f"SELECT {counts}").fetchone()  # type: ignore[arg-type]


def _leak(request: Request, stage: Stage) -> PlainTextResponse:
    """A route as a tired evening might have written it: signed in is signed in."""
    caller = caller_or_none(request)
    word = next(word for word, owner in stage.world.owners.items() if owner.of == stage.world.records["hers"])
    return PlainTextResponse(word if caller else "")


@pytest.mark.parametrize("role", [Role.FUNDER, Role.EDUCATOR])
def test_a_planted_leak_is_found(stage: Stage, role: Role) -> None:
    def planted(request: Request) -> PlainTextResponse:
        return _leak(request, stage)

    stage.app.get("/api/v1/planted", operation_id="planted")(planted)
    stage.app.openapi_schema = None

    passed, words = stage.told_to(stage.crawler(stage.person(role)).read)

    assert {stage.world.owners[word].of for word in words} == {stage.world.records["hers"]}
    assert any("/api/v1/planted" in fault for fault in disclosures_without_line(passed, stage.world.owners))


def test_a_line_that_is_taken_away_is_missed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    record, leila = stage.world.records["hers"], stage.crawler(stage.world.leila)
    for path in (
        f"/api/v1/records/{record}",
        f"/dossiers/{record}",
        "/dossiers",
        "/api/v1/caseload",
        f"/api/v1/reports/{stage.world.report}",
    ):
        passed, words = stage.told_to(lambda path=path: leila._send("GET", path))  # type: ignore[misc]
        assert words, path
        assert list(disclosures_without_line(passed, stage.world.owners)) == [], path
        with monkeypatch.context() as patched:
            patched.setattr(SealedRecorder, "write_trail", lambda *_: 0)
            passed, words = stage.told_to(lambda path=path: leila._send("GET", path))  # type: ignore[misc]
        assert words, path
        assert list(disclosures_without_line(passed, stage.world.owners)), path


def test_a_line_that_comes_after_the_first_byte_is_too_late(stage: Stage) -> None:
    def late(caller: SignedIn) -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield "once upon a time "
            yield from (row.pseudonym for row in look_at_caseload(caller).rows)

        return StreamingResponse(parts(), media_type="text/plain")

    stage.app.get("/api/v1/planted")(late)
    passed, words = stage.told_to(lambda: stage.crawler(stage.world.leila)._send("GET", "/api/v1/planted"))

    assert words
    assert list(disclosures_without_line(passed, stage.world.owners))
    assert _written(stage, Operation.LIST_CASELOAD) > 0


def _written(stage: Stage, operation: Operation) -> int:
    return sum(done == operation for done, _ in stage.world.leila.lines())
