"""Every route says which operation of the trail it is, and the JSON API is documented to the last status (R081, R165)."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api import pages, v1
from api.operations import declaration_of


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
    assert (declared.operation is None) == bool(declared.reason)


@pytest.mark.parametrize("route", [*API, *PAGES], ids=label)
def test_every_route_is_synchronous(route: APIRoute) -> None:
    assert not inspect.iscoroutinefunction(route.endpoint), "the domain is synchronous: a plain def runs in a thread"


@pytest.mark.parametrize("route", API, ids=label)
def test_every_route_of_the_json_api_has_a_stable_name_and_documents_its_refusals(route: APIRoute) -> None:
    assert route.operation_id
    assert {401, 404, 422, 503} <= set(route.responses)
    if route.methods & {"POST", "PUT", "DELETE"}:
        assert {403, 409, 413} <= set(route.responses)


def test_names_of_operations_are_unique() -> None:
    names = [route.operation_id for route in API]

    assert len(names) == len(set(names))
