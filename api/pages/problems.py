"""The page of a refusal or a failure. What was typed is offered again wherever it can still be sent (R169)."""

from starlette.requests import Request
from starlette.responses import Response

from api.pages.forms import Form, Typed, typed_of
from api.pages.frame import show
from api.pages.home import sign_in_page
from api.problems import Problem, plain_page
from api.requests import service_of

SERVICE_FAILS = 500


def render_problem(request: Request, problem: Problem, request_id: str) -> Response:
    """Return the page of `problem`. A page that cannot be made gives the plain one, which needs nothing."""
    typed = typed_of(request)
    if problem.code == "not_signed_in" and service_of(request).settings.demonstration:
        return sign_in_page(request, problem.status, problem.detail, typed)
    kept = _worth_sending_again(problem, typed)
    try:
        return show(request, "error.html", problem.status, problem=problem, request_id=request_id, kept=kept, target=request.url.path)
    except LookupError:
        return plain_page(problem, request_id)


def _worth_sending_again(problem: Problem, typed: Typed | None) -> list[tuple[str, str]]:
    # After a refusal of the domain nothing can be mended by trying again; a service that fails comes back.
    return Form(typed).kept() if typed and problem.status >= SERVICE_FAILS else []
