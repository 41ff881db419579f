"""Generated requests against the JSON API (R200): no 5xx, every answer is documented, no route is open without a session.

A witness at the door sees that nobody is told a word of the youth before its line is in the trail. A few examples an operation in
`./run test`, many with `--long`. Identifiers are those of things that exist, half of the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.python.asgi import ASGIClient, get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.responses import JSONResponse

from api.accounts.accounts import Account
from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import Service, Structure
from api.web.app import OPENAPI_PATH, create_app
from domain.drafts import InformationDraft, NoteDraft, OpeningDraft, OutingDraft, ReportDraft, StepDraft
from domain.identifiers import AccountId, RequestId, YouthId
from domain.trail import Actor, Role
from tests.witness import Kind, Owner, Witness, disclosures_without_line

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
]
OPEN = {"signIn"}
"""What is for whoever is not signed in yet."""
FEW, MANY = 8, 60
ENDS_THE_SESSION = "signOut"
WORDS = ("Zoébcdfghjk", "une note sur Zwxvtsr", "des faits sur Zkjhgfd")
HOST = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class World:
    """What exists when the attack begins, and a token for each role."""

    app: FastAPI
    client: ASGIClient
    schema: Any
    identifiers: dict[str, str]
    tokens: list[str]
    witness: Witness
    told: dict[str, Owner]


@pytest.fixture
def world(service: Service, structure: Structure) -> Iterator[World]:
    today = service.clock().date()
    educator = signed_in(service, structure, Role.EDUCATOR)
    actor = Actor(educator[0], Role.EDUCATOR, USUAL_PURPOSE[Role.EDUCATOR], RequestId(uuid4()))
    informed = InformationDraft("de vive voix", today)
    record = structure.records.open_record(actor, OpeningDraft(WORDS[0]), informed=informed).stream
    structure.records.add_note(actor, YouthId(record), NoteDraft(WORDS[1], today))
    structure.records.take_step(actor, YouthId(record), StepDraft("emploi", today))
    [step] = structure.records.read_record(actor, YouthId(record)).steps
    outing = structure.records.record_outing(actor, OutingDraft(today)).stream
    report = structure.records.write_report(actor, ReportDraft(WORDS[2], "CRIP", "transmis", "motifs", informed="dit hier")).stream
    others = [signed_in(service, structure, role) for role in (Role.DPO, Role.HEAD_OF_SERVICE, Role.ADMINISTRATOR, Role.FUNDER)]
    youth = signed_in(service, structure, Role.YOUTH, YouthId(record))
    identifiers = {"record_id": record, "step_id": step, "activity_id": outing, "report_id": report, "erasure_id": uuid4()}
    tokens = [token for _, token in (educator, youth, *others)]
    app = create_app(service)
    witness = Witness(app, service.databases.main, [structure.code])
    told = {word: Owner(Kind.RECORD, record) for word in WORDS[:2]} | {WORDS[2]: Owner(Kind.REPORT, report)}
    named = {name: str(value) for name, value in identifiers.items()}
    with get_client(witness) as client:
        yield World(app, client, described(app), named, tokens, witness, told)
    witness.close()


def described(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi(OPENAPI_PATH, app, headers=HOST)


def signed_in(service: Service, structure: Structure, role: Role, subject: YouthId | None = None) -> tuple[AccountId, str]:
    account = Account(AccountId(uuid4()), role, "Personne fictive", None, subject)
    structure.accounts.add(account)
    return account.account_id, service.directory.open_session(structure.id, account.account_id, USUAL_PURPOSE[role], timedelta(hours=2))


def attack(world: World, examples: int) -> int:
    """Send `examples` requests to each operation; give how many operations there were."""
    attacked = 0
    for found in world.schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw.get("operationId") != ENDS_THE_SESSION:
            attack_operation(world, operation, examples)
            attacked += 1
    return attacked


def attack_operation(world: World, operation: Any, examples: int) -> None:
    @given(case=operation.as_strategy(), choice=st.integers(0, 2**32))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any, choice: int) -> None:
        for name, value in world.identifiers.items():
            if name in (case.path_parameters or {}) and choice % 2:
                case.path_parameters[name] = value
        headers = HOST | {"Authorization": f"Bearer {world.tokens[choice // 2 % len(world.tokens)]}"}
        if choice % 3:
            headers |= {"Idempotency-Key": str(UUID(int=choice)), "If-Match": f'"{choice % 5}"'}
        answer = case.call_and_validate(headers=headers, checks=CHECKS, session=world.client)
        if answer.status_code < HTTPStatus.BAD_REQUEST and operation.definition.raw.get("operationId") not in OPEN:
            must_ask_who_it_is(world, case, headers)

    send()


def must_ask_who_it_is(world: World, case: Any, headers: dict[str, str]) -> None:
    """Send again what was just granted, without the token and with one that is nobody's.

    The library's own check (`ignored_auth`) sees no token in what is sent through a client of ours, and so asks nothing.
    """
    for token in ("", "Bearer nobody", f"Bearer {'A' * 43}"):
        answer = case.call(headers=headers | {"Authorization": token}, session=world.client)
        assert answer.status_code == HTTPStatus.UNAUTHORIZED, (case.operation.label, answer.status_code)


def test_no_generated_request_meets_a_5xx_or_an_undocumented_answer(world: World) -> None:
    assert attack(world, FEW) > 20
    must_have_disclosed_after_its_line(world)


def must_have_disclosed_after_its_line(world: World) -> None:
    seen = world.witness.exchanges
    assert any(one.shown(world.told) for one in seen), "nothing was told to anybody: the attack is blind"
    assert list(disclosures_without_line(seen, world.told)) == []


def test_an_operation_that_is_open_without_a_session_is_found(world: World) -> None:
    world.app.get("/api/v1/planted", operation_id="planted")(lambda: {"told": "everything"})
    world.app.openapi_schema = None

    with pytest.raises(AssertionError, match="planted"):
        attack_operation(world, described(world.app)["/api/v1/planted"]["GET"], FEW)


@pytest.mark.long
def test_many_generated_requests_meet_no_5xx_and_no_undocumented_answer(world: World) -> None:
    assert attack(world, MANY) > 20
    must_have_disclosed_after_its_line(world)


def test_an_answer_that_is_not_documented_is_found(world: World) -> None:
    world.app.get("/api/v1/planted", operation_id="planted", response_model=None)(planted)
    world.app.openapi_schema = None
    operation = described(world.app)["/api/v1/planted"]["GET"]

    with pytest.raises(FailureGroup, match="418"):
        attack_operation(world, operation, FEW)


def planted() -> JSONResponse:
    return JSONResponse({}, 418)
