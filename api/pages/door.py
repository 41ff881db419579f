"""The door outside the demonstration: a passkey in one touch, or name, password and code; the same anew before a grave act (R139).

A page whose session was over, or whose factor was no longer fresh, comes back with everything that was typed in it (R169).
"""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts.passkeys import asked_to_prove, asked_to_sign_in, sign_in_with_passkey
from api.accounts.password_sign_in import Typed as TypedSecrets
from api.accounts.password_sign_in import sign_in_with_password
from api.accounts.proof import prove
from api.accounts.sign_in import Opened, give_cookie, put_cookie
from api.pages.confidential import Confidential
from api.pages.forms import Form, Typed
from api.pages.frame import CALLER, PageCaller, is_own_path, show
from api.web.operations import leaves, leaves_nothing
from api.web.request_refusals import RequestRefused
from api.web.requests import caller_or_none, service_of
from domain.access.access_policy import purposes_of
from domain.sign_in.sign_in_rules import LIMITS
from domain.trail import Operation

router = APIRouter()

TARGET: Final = "reprise"
KEPT: Final = "champ:"
"""What a form had in it when its session was over, carried over the sign-in inside the page and kept nowhere else (R169)."""
Kept = Sequence[tuple[str, str]]


@router.post("/connexion/cle/defi")
@leaves_nothing("It gives random bytes to sign, and shows no one's data.")
def ask_authenticator(request: Request) -> Response:
    """Give what the browser asks an authenticator."""
    return Response(asked_to_sign_in(request), media_type="application/json")


@router.post("/connexion/cle")
@leaves(Operation.SIGN_IN)
def come_in_with_passkey(request: Request, form: Confidential) -> Response:
    """Sign in with what the authenticator signed."""
    try:
        return arrival(request, sign_in_with_passkey(request, form.value("answer")), form)
    except RequestRefused as refusal:
        return _refused(request, refusal, form)


@router.post("/connexion/mot-de-passe")
@leaves(Operation.SIGN_IN)
def come_in_with_password(request: Request, form: Confidential) -> Response:
    """Sign in with name, password and code."""
    typed = TypedSecrets(form.value("structure"), form.value("name"), form.value("password"), form.value("code"))
    try:
        return arrival(request, sign_in_with_password(request, typed), form)
    except RequestRefused as refusal:
        return _refused(request, refusal, form)


@router.post("/confirmation/defi")
@leaves_nothing("It gives random bytes to sign, and shows no one's data.")
def ask_authenticator_again(request: Request, caller: PageCaller) -> Response:
    """Give what the browser asks the authenticator of whoever is signed in."""
    return Response(asked_to_prove(request, caller.actor.account), media_type="application/json")


@router.post("/confirmation")
@leaves(Operation.STEP_UP)
def confirm(request: Request, form: Confidential, caller: PageCaller) -> Response:
    """Take a factor shown anew, and give back the form that asked for it."""
    try:
        token = prove(request, caller, answer=form.value("answer"), password=form.value("password"), code=form.value("code"))
    except RequestRefused as refusal:
        return step_up_page(request, refusal.status, kept_in(form), refusal.detail)
    answer = _gone_on(request, form)
    put_cookie(request, answer, token, int(LIMITS[caller.actor.role].absolute.total_seconds()))
    return answer


def arrival(request: Request, opened: Opened, form: Form) -> Response:
    """Lead whoever has come in to what they were at, or to the question for what they came (N16)."""
    several = len(purposes_of(opened.account.role)) > 1
    answer = _gone_on(request, form, "/finalite" if several else "/")
    give_cookie(request, answer, opened)
    return answer


def resumed(request: Request, form: Form) -> Response | None:
    """Offer the form again that a session's end had interrupted, if there was one."""
    target = form.value(TARGET)
    kept = [(name.removeprefix(KEPT), value) for name, value in form.kept() if name.startswith(KEPT)]
    return show(request, "resume.html", target=target, kept=kept) if kept and is_own_path(target) else None


def door_page(request: Request, status: int = 200, reason: str | None = None, kept: Kept = (), name: str = "") -> HTMLResponse:
    """Return the door. A passkey is asked for at once where somebody has just left (N44)."""
    several = len(service_of(request).directory.structures()) > 1
    at_once = "changer" in request.query_params
    return show(request, "door.html", status, reason=reason, kept=kept, name=name, several=several, at_once=at_once)


def step_up_page(request: Request, status: int, kept: Kept, reason: str | None = None) -> HTMLResponse:
    """Ask somebody who is signed in for a factor, with what they were about to send carried along."""
    request.scope.setdefault(CALLER, caller_or_none(request))
    return show(request, "step_up.html", status, kept=kept, reason=reason)


def kept_of(request: Request, typed: Typed | None) -> Kept:
    """Carry a form over: where it goes, and each pair that was typed in it."""
    if typed is None:
        query = f"?{request.url.query}" if request.url.query else ""
        return [(TARGET, f"{request.url.path}{query}")] if request.method == "GET" else []
    return [(TARGET, request.url.path), *((f"{KEPT}{name}", value) for name, value in Form(typed).kept())]


def kept_in(form: Form) -> Kept:
    """Carry on what was carried over already."""
    return [(name, value) for name, value in form.kept() if name == TARGET or name.startswith(KEPT)]


def _gone_on(request: Request, form: Form, otherwise: str = "/") -> Response:
    found = resumed(request, form)
    if found is not None:
        return found
    target = form.value(TARGET)
    return RedirectResponse(target if is_own_path(target.partition("?")[0]) and target.isascii() else otherwise, 303)


def _refused(request: Request, refusal: RequestRefused, form: Form) -> Response:
    request.scope["sillage.code"] = refusal.code
    page = door_page(request, refusal.status, refusal.detail, kept_in(form), form.value("name"))
    page.headers.update(refusal.headers)
    return page
