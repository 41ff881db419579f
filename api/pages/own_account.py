"""One's own account: where one is signed in, what one signs in with, tokens for programs, what changed (R138, R140)."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.accounts.api_tokens import ApiTokens
from api.accounts.enrolment import Chosen
from api.accounts.own_account import (
    TOKEN_DAYS,
    account_of,
    add_passkey,
    end_other_sessions,
    end_own_session,
    make_token,
    remove_passkey,
    revoke_token,
    set_password,
)
from api.accounts.passkeys import asked_to_register
from api.accounts.proof import STEP_UP_FAILED
from api.pages.confidential import Confidential
from api.pages.enrolment_form import begun
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, is_own_path, show
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.web.operations import leaves, leaves_if_refused, leaves_nothing
from api.web.requests import Caller, is_fresh, service_of
from domain.refusals import NotAllowed
from domain.trail import Operation

router = APIRouter(prefix="/mon-compte")

HERE: Final = "/mon-compte"
NO_TOKEN_NAME: Final = N_("Dites à quel programme il servira.")


@router.get("")
@leaves(Operation.MANAGE_SESSIONS)
def read(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show one's own account."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_SESSIONS)
    return _page(request, caller, Form())


@router.post("/connexions/{session_id:uuid}/fin")
@leaves(Operation.MANAGE_SESSIONS)
def end_session(request: Request, session_id: UUID, caller: PageCaller) -> Response:
    """Sign out somewhere else."""
    end_own_session(request, caller, session_id)
    return go(request, HERE, "connexion-fin")


@router.post("/connexions/fin")
@leaves(Operation.MANAGE_SESSIONS)
def end_others(request: Request, caller: PageCaller) -> Response:
    """Sign out everywhere but here."""
    end_other_sessions(request, caller)
    return go(request, HERE, "connexion-fin")


@router.post("/cles/defi")
@leaves_nothing("It gives one's own authenticator random bytes to sign.")
def ask_for_passkey(request: Request, caller: PageCaller) -> Response:
    """Give what the browser asks an authenticator to make."""
    return Response(asked_to_register(request, caller.structure, account_of(caller)), media_type="application/json")


@router.post("/cles")
@leaves(Operation.CHANGE_FACTORS)
def keep_passkey(request: Request, form: Confidential, caller: PageCaller) -> Response:
    """Keep another passkey."""
    status = attempt(form, lambda: add_passkey(request, caller, form.value("answer")))
    return _page(request, caller, form, status) if status is not None else go(request, HERE, "cle")


@router.post("/cles/retrait")
@leaves(Operation.CHANGE_FACTORS)
def take_passkey_away(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Remove a passkey."""
    form = Form.sent(typed)
    credential = _bytes(form.value("passkey"))
    status = attempt(form, lambda: remove_passkey(request, caller, credential))
    return _page(request, caller, form, status) if status is not None else go(request, HERE, "cle-fin")


@router.get("/mot-de-passe")
@leaves_if_refused(Operation.CHANGE_FACTORS, "an empty form")
def ask_for_password(request: Request, caller: PageCaller) -> HTMLResponse:
    """Ask for a password and a phone."""
    caller.structure.records.must_allow(caller.actor, Operation.CHANGE_FACTORS)
    return _password(request, caller, Form())


@router.post("/mot-de-passe")
@leaves(Operation.CHANGE_FACTORS)
def keep_password(request: Request, form: Confidential, caller: PageCaller) -> Response:
    """Keep them, and show the new recovery codes once."""
    chosen = Chosen(form.value("sign_in_name"), form.value("password"), form.value("seed"), form.value("code"))
    made: list[list[str]] = []
    status = attempt(form, lambda: made.append(set_password(request, caller, chosen, form.value("present"))))
    if status is not None:
        return _password(request, caller, form, status)
    return show(request, "recovery_codes.html", codes=made[0], name=account_of(caller).sign_in_name, onward=HERE)


@router.post("/jetons")
@leaves(Operation.MANAGE_TOKENS)
def give_token(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Make a token, and show it once."""
    form, made = Form.sent(typed), list[str]()
    name, days = form.required("name", NO_TOKEN_NAME), form.number("days")
    command = key_of(form, caller, request)
    status = attempt(form, lambda: made.append(make_token(request, caller, name, days, command)))
    return _page(request, caller, form, status) if status is not None else show(request, "token_made.html", token=made[0], name=name)


@router.post("/jetons/{token_id:uuid}/fin")
@leaves(Operation.REVOKE_TOKEN)
def take_token_away(request: Request, token_id: UUID, caller: PageCaller) -> Response:
    """Revoke a token."""
    revoke_token(request, caller, token_id)
    return go(request, HERE, "jeton-fin")


@router.post("/avis")
@leaves_nothing("It forgets what the person has just read about their own account.")
def forget_notices(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Forget the notices that were seen. Whoever has shown no factor lately may be who failed to show one: that notice stays."""
    caller.structure.accounts.forget_notices(caller.actor.account, "" if is_fresh(request, caller.session) else STEP_UP_FAILED)
    target = Form.sent(typed).value("reprise")
    return go(request, target if is_own_path(target) else HERE)


def _page(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    directory, structure, account = service_of(request).directory, caller.structure, caller.actor.account
    return show(
        request,
        "own_account.html",
        status,
        form=form if form.errors or form.refusal else Form.filled(days=str(TOKEN_DAYS)),
        sessions=directory.sessions_of(structure.id, account),
        here=caller.session.session_id,
        passkeys=structure.factors.passkeys_of(account),
        password=structure.factors.password_of(account) is not None,
        codes_left=structure.factors.recovery_codes_left(account),
        tokens=ApiTokens(directory).of(structure.id, account),
        days=TOKEN_DAYS,
    )


def _password(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    account = account_of(caller)
    begin, shown = begun(form, caller.structure, account)
    present = caller.structure.factors.password_of(account.account_id) is not None
    return show(request, "own_password.html", status, form=begin, present=present, **shown)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotAllowed from None
