"""Describes the JSON API and its refusals in Markdown. `python -m tests.architecture.http_reference` writes the reference page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

import api.command_line  # noqa: F401 -- Its refusals are told as well, whoever else has loaded it.
from api import pages, v1
from api.web import errors
from api.web.operations import declaration_of
from api.web.problems import API_VERSION
from api.web.request_refusals import RequestRefused
from domain.refusals import DomainError

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "http-api.md"
_INTRODUCTION = f"""# The JSON API

Under `{API_VERSION}`; the running service describes it as OpenAPI 3.1 at `{API_VERSION}/openapi.json`. Written from the code by
`python -m tests.architecture.http_reference`; a test compares.

- **Who asks**: `Authorization: Bearer …`, or the session's cookie. A change that comes with the cookie must come from a page of ours
  (`Sec-Fetch-Site`, else `Origin`).
- **Changes** bear an `Idempotency-Key` (1 to 200 visible characters, one an action): the same request sent again is written once and
  answered the same, with `"replayed": true`. Changes of a record bear `If-Match` with the version that was read (its `ETag`).
- **Refusals** are problem documents (RFC 9457) with a stable `code`, a sentence in French, and the `request_id` that is in the log and in
  the access trail. `errors` names the fields that do not do; what was typed is never repeated.
- **Lists** come in pages of 50 at most. Bodies hold 1 MiB at most, a workbook 16 MB. Nothing may be cached.
- **Not yours** and **does not exist** are the same answer (404).

## Operations
"""


def describe() -> str:
    """Return the whole page. The pages are imported, so that their refusals are known whoever asks."""
    assert pages.router.routes
    return "\n".join([_INTRODUCTION, *_operations(), "", "## Refusals", "", *_refusals(), ""])


def described_routes() -> dict[str, Any]:
    """Return the paths of the API's OpenAPI description."""
    app = FastAPI(title="Sillage", version="1")
    app.include_router(v1.router)
    paths: dict[str, Any] = app.openapi()["paths"]
    return paths


def api_routes(router: Any) -> Iterator[APIRoute]:
    """Give every route of `router`, those of the routers that it includes too."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from api_routes(route.original_router)


def _operations() -> Iterator[str]:
    lines = {route.operation_id: _line_of(route) for route in api_routes(v1.router)}
    yield "| | | operation | trail | |"
    yield "|---|---|---|---|---|"
    for path, methods in described_routes().items():
        for method, operation in methods.items():
            name = operation["operationId"]
            yield f"| {method.upper()} | `{path}` | `{name}` | {lines[name]} | {operation['description'].splitlines()[0]} |"


def _line_of(route: APIRoute) -> str:
    declared = declaration_of(route.endpoint)
    return f"`{declared.operation}`" if declared and declared.operation else "–"


def _refusals() -> Iterator[str]:
    yield "| code | status | sentence |"
    yield "|---|---|---|"
    told = {kind.code: (errors.status_of(kind), kind.__doc__ or "") for kind in _kinds_of(DomainError)}
    told |= {
        kind.code: (kind.status, kind.__doc__ or "") for kind in _kinds_of(RequestRefused) if kind.__module__ == "api.web.request_refusals"
    }
    for code, (status, sentence) in sorted(told.items()):
        yield f"| `{code}` | {status} | {' '.join(sentence.split())} |"


def _kinds_of(kind: Any) -> Iterator[Any]:
    for child in kind.__subclasses__():
        # What tests declare for themselves is no refusal of the service, and a kind without a code of its own bears its parent's.
        if child.__module__.startswith(("domain.", "api.")) and "code" in vars(child):
            yield child
        yield from _kinds_of(child)


if __name__ == "__main__":
    REFERENCE.write_text(describe(), encoding="utf-8")
