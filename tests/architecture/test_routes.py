"""Every route says which operation of the trail it is, and the JSON API is documented to the last status (R081, R165)."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from fastapi.routing import APIRoute

from api import pages, v1
from api.command_line import app
from api.web.operations import declaration_of
from domain.trail import Operation
from tests.architecture.access_matrix import REFERENCE


def routes(router: Any) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router)


def label(route: APIRoute) -> str:
    return f"{min(route.methods)} {route.path}"


API = list(routes(v1.router))
PAGES = list(routes(pages.router))


def test_there_are_routes() -> None:
    assert len(API) > 20
    assert len(PAGES) > 20


@pytest.mark.parametrize("route", [*API, *PAGES], ids=label)
def test_every_route_declares_its_operation(route: APIRoute) -> None:
    declared = declaration_of(route.endpoint)

    assert declared is not None, 'put @leaves(Operation.…) or @leaves_nothing("reason") under the route'
    assert declared.leaves_when_granted != bool(declared.reason)


@pytest.mark.parametrize("route", [*API, *PAGES], ids=label)
def test_every_route_is_synchronous(route: APIRoute) -> None:
    assert not inspect.iscoroutinefunction(route.endpoint), "the domain is synchronous: a plain def runs in a thread"


@pytest.mark.parametrize("route", API, ids=label)
def test_every_route_of_the_json_api_has_a_stable_name_and_documents_its_refusals(route: APIRoute) -> None:
    assert route.operation_id
    assert {401, 404, 422, 503} <= set(route.responses)
    if route.methods & {"POST", "PUT", "DELETE"}:
        assert {403, 409, 413} <= set(route.responses)


ROWS = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", REFERENCE.read_text(encoding="utf-8")))
"""The operations that the page of rights gives to somebody."""


@pytest.mark.parametrize("route", [*API, *PAGES], ids=label)
def test_every_route_has_its_row_in_the_page_of_rights(route: APIRoute) -> None:
    declared = declaration_of(route.endpoint)
    assert declared is not None
    assert declared.operation is None or declared.operation in ROWS


COMMANDS = {
    "import": Operation.RUN_IMPORT,
    "rebuild": Operation.REBUILD_VIEWS,
    **dict.fromkeys(("serve", "demo", "migrate", "doctor", "structure add", "structure list"), "it shows and changes nobody's record"),
    "account first-administrator": "it prints one link, once, and only where there is no account yet (R155)",
    **dict.fromkeys(("verify export", "verify journal"), "it reads a sealed file, without any key; no content"),
    **dict.fromkeys(("erase", "verify certificate"), "it carries on what was decided, or reads a file; no content"),
    **dict.fromkeys(("backup", "restore"), "it copies ciphertexts, with keys that the operator holds; no content is shown"),
    **dict.fromkeys(
        ("keys protect", "keys status", "keys rotate", "keys escrow", "keys escrow-check", "keys recover", "keys forget-replica"),
        "keys alone: no content is shown",
    ),
}
"""Each command of the command line: its operation, or why it has none."""


def commands(group: typer.Typer, prefix: str = "") -> Iterator[str]:
    for command in group.registered_commands:
        yield f"{prefix}{command.name}"
    for below in group.registered_groups:
        if below.typer_instance is not None:
            yield from commands(below.typer_instance, f"{prefix}{below.name} ")


def test_every_command_has_its_row_in_the_page_of_rights_or_says_why_not() -> None:
    assert set(commands(app)) == set(COMMANDS)
    assert {operation for operation in COMMANDS.values() if isinstance(operation, Operation)} <= ROWS


def test_names_of_operations_are_unique() -> None:
    names = [route.operation_id for route in API]

    assert len(names) == len(set(names))
