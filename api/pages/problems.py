"""The page of a refusal or a failure. What was typed is offered again wherever it can still be sent (R169)."""

from contextlib import suppress

import psycopg
from starlette.requests import Request
from starlette.responses import Response

from api.pages.door import kept_of, step_up_page
from api.pages.forms import Form, Typed, typed_of
from api.pages.frame import CALLER, show
from api.pages.home import sign_in_page
from api.web.problems import Problem, plain_page
from api.web.requests import caller_or_none

NOT_FOUND = 404
TOO_MANY = 429
SERVICE_FAILS = 500


def render_problem(request: Request, problem: Problem, request_id: str) -> Response:
    """Return the page of `problem`. A page that cannot be made gives the plain one, which needs nothing."""
    typed = typed_of(request)
    if problem.code == "not_signed_in":
        return sign_in_page(request, problem.status, problem.detail, typed)
    if problem.code == "step_up":
        return step_up_page(request, problem.status, kept_of(request, typed))
    _find_viewer(request, problem)
    kept = _worth_sending_again(problem, typed)
    try:
        return show(request, "error.html", problem.status, problem=problem, request_id=request_id, kept=kept, target=request.url.path)
    except LookupError:
        return plain_page(problem, request_id)


def _find_viewer(request: Request, problem: Problem) -> None:
    """Find who asks for an address that is no page of ours, so that they keep their menu; any other refusal knows already."""
    if problem.status != NOT_FOUND or CALLER in request.scope:
        return
    # Without a database the page has no menu, and still says what it has to say.
    with suppress(psycopg.Error):
        request.scope[CALLER] = caller_or_none(request)


def _worth_sending_again(problem: Problem, typed: Typed | None) -> list[tuple[str, str]]:
    # After a refusal of the domain nothing can be mended by trying again; a service that fails comes back.
    comes_back = problem.status >= SERVICE_FAILS or problem.status == TOO_MANY
    return Form(typed).kept() if typed and comes_back else []
