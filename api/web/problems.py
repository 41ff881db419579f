"""What is told when something goes wrong: problem+json for programs (RFC 9457), a French page for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

PROBLEM_JSON: Final = "application/problem+json"
API_PREFIX: Final = "/api/"
API_VERSION: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field that does not do: where it stands in what was sent, and what to do. Never what was typed."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal or failure as the caller meets it. `detail` is a sentence in French for the person who can act."""

    status: int
    code: str
    title: str
    detail: str
    faults: tuple[FieldFault, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the problem document, such as the two versions of a concurrent change."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, request_id: str) -> dict[str, Any]:
        """Return the RFC 9457 document."""
        document: dict[str, Any] = {
            "type": f"urn:sillage:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            **self.more,
        }
        if self.faults:
            document["errors"] = [{"field": fault.field, "message": fault.message} for fault in self.faults]
        return document


def wants_json(request: Request) -> bool:
    """Tell a program from a person: the JSON API, or whoever accepts JSON and no page."""
    if request.url.path.startswith(API_PREFIX):
        return True
    accepted = request.headers.get("accept", "")
    return "json" in accepted and "html" not in accepted


def answer(request: Request, problem: Problem) -> Response:
    """Turn `problem` into the answer that this caller can read, and leave its code for the log line."""
    render = getattr(request.app.state, "render_problem", None)
    if render is None or wants_json(request):
        return plain_answer(request, problem)
    request.scope["sillage.code"] = problem.code
    page: Response = render(request, problem, _request_id(request))
    page.headers.update(problem.headers)
    return page


def plain_answer(request: Request, problem: Problem) -> Response:
    """Do the same with a page that needs nothing."""
    request.scope["sillage.code"] = problem.code
    if not wants_json(request):
        return plain_page(problem, _request_id(request))
    document = problem.document(_request_id(request))
    return JSONResponse(document, problem.status, headers=dict(problem.headers), media_type=PROBLEM_JSON)


def _request_id(request: Request) -> str:
    return str(request.scope.get("sillage.request_id", ""))


def plain_page(problem: Problem, request_id: str) -> HTMLResponse:
    """Return a page that needs no template."""
    faults = "".join(f"<li>{escape(fault.message)}</li>" for fault in problem.faults)
    body = (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(problem.title)} – Sillage</title></head><body><main><h1>{escape(problem.title)}</h1>"
        f"<p>{escape(problem.detail)}</p>{f'<ul>{faults}</ul>' if faults else ''}"
        f'<p><a href="/">Revenir à l’accueil</a></p><p><small>Référence : {escape(request_id)}</small></p></main></body></html>'
    )
    return HTMLResponse(body, problem.status, headers=dict(problem.headers))
