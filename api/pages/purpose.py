"""What somebody is here for: asked once after signing in, changed with one gesture from the frame; each line of the trail says it (N16)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.accounts.session_purpose import change_purpose, offered_purposes
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, is_own_path, show
from api.pages.navigation import home_of
from api.web.operations import leaves, leaves_nothing
from domain.trail import Operation

router = APIRouter(prefix="/finalite")


@router.get("")
@leaves_nothing("It asks people what they are here for, and shows no one's data.")
def ask(request: Request, caller: PageCaller) -> HTMLResponse:
    """Ask for what, the usual answer first."""
    return show(request, "purpose.html", purposes=offered_purposes(caller), target=home_of(caller.actor.role))


@router.post("")
@leaves(Operation.CHANGE_PURPOSE)
def choose(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Go on for this purpose, where one was."""
    form = Form.sent(typed)
    change_purpose(request, caller, form.value("purpose"))
    target = form.value("reprise")
    return go(request, target if is_own_path(target) else home_of(caller.actor.role))
