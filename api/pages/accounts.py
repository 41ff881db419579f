"""The accounts, as the administrator sees them: invite, review, change, close (R137, R155, R156). A day of last use and no count (R086)."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.accounts.account_desk import (
    STAFF,
    change_role,
    close_account,
    confirm_account,
    end_sessions,
    find_account,
    invite_again,
    invite_somebody,
    look_at_accounts,
)
from api.accounts.accounts import Account
from api.accounts.inviting import link_of
from api.accounts.one_time_passwords import drawing_of
from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, show
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.web.operations import leaves, leaves_if_refused
from api.web.requests import Caller, service_of
from domain.identifiers import AccountId
from domain.trail import Operation

router = APIRouter(prefix="/comptes")

NO_NAME: Final = N_("Écrivez le nom, comme les collègues le liront.")
NO_INITIALS: Final = N_("Écrivez les initiales.")
NO_ROLE: Final = N_("Choisissez le rôle.")


@router.get("")
@leaves(Operation.LIST_ACCOUNTS)
def list_accounts(request: Request, caller: PageCaller) -> HTMLResponse:
    """List the accounts, those to be reviewed first."""
    rows = look_at_accounts(request, caller)
    due, living = [row for row in rows if row.is_due], [row for row in rows if row.account.is_active and not row.is_due]
    return show(request, "accounts.html", due=due, living=living, closed=[row for row in rows if not row.account.is_active])


@router.get("/inviter")
@leaves_if_refused(Operation.MANAGE_ACCOUNTS, "an empty form")
def ask_whom(request: Request, caller: PageCaller) -> HTMLResponse:
    """Ask whom to invite."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_ACCOUNTS)
    return _invite(request, Form())


@router.post("/inviter")
@leaves(Operation.MANAGE_ACCOUNTS)
def invite(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Invite, and show the link once."""
    form = Form.sent(typed)
    said = (form.required("role", NO_ROLE), form.required("display_name", NO_NAME), form.required("initials", NO_INITIALS))
    made: list[tuple[Account, str]] = []
    status = attempt(form, lambda: made.append(invite_somebody(request, caller, said, key_of(form, caller, request))))
    return _invite(request, form, status) if status is not None else _handed_over(request, *made[0])


@router.get("/{account_id:uuid}")
@leaves(Operation.LIST_ACCOUNTS)
def read_account(request: Request, account_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Show what may be done about one account."""
    return _account(request, caller, account_id, Form())


@router.post("/{account_id:uuid}/invitation")
@leaves(Operation.MANAGE_ACCOUNTS)
def invite_anew(request: Request, typed: Sent, account_id: UUID, caller: PageCaller) -> Response:
    """Invite somebody again, and show the link once."""
    form, made = Form.sent(typed), list[tuple[Account, str]]()
    status = attempt(form, lambda: made.append(invite_again(request, caller, AccountId(account_id))))
    return _account(request, caller, account_id, form, status) if status is not None else _handed_over(request, *made[0])


@router.post("/{account_id:uuid}/role")
@leaves(Operation.MANAGE_ACCOUNTS)
def give_role(request: Request, typed: Sent, account_id: UUID, caller: PageCaller) -> Response:
    """Give another role."""
    form = Form.sent(typed)
    role = form.required("role", NO_ROLE)
    return _done(request, caller, account_id, form, lambda: change_role(request, caller, AccountId(account_id), role), "role")


@router.post("/{account_id:uuid}/fermeture")
@leaves(Operation.MANAGE_ACCOUNTS)
def close(request: Request, typed: Sent, account_id: UUID, caller: PageCaller) -> Response:
    """Close the account."""
    return _done(request, caller, account_id, Form.sent(typed), lambda: close_account(request, caller, AccountId(account_id)), "ferme")


@router.post("/{account_id:uuid}/connexions")
@leaves(Operation.MANAGE_ACCOUNTS)
def sign_out_everywhere(request: Request, typed: Sent, account_id: UUID, caller: PageCaller) -> Response:
    """End the person's sessions."""
    return _done(request, caller, account_id, Form.sent(typed), lambda: end_sessions(request, caller, AccountId(account_id)), "deconnecte")


@router.post("/{account_id:uuid}/revue")
@leaves(Operation.REVIEW_ACCOUNTS)
def confirm(request: Request, typed: Sent, account_id: UUID, caller: PageCaller) -> Response:
    """Confirm that the account is still needed."""
    return _done(request, caller, account_id, Form.sent(typed), lambda: confirm_account(caller, AccountId(account_id)), "revu")


def _done(request: Request, caller: Caller, account_id: UUID, form: Form, act: Callable[[], None], what: str) -> Response:  # noqa: PLR0917
    status = attempt(form, act)
    return _account(request, caller, account_id, form, status) if status is not None else go(request, "/comptes", what)


def _invite(request: Request, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "account_invite.html", status, form=form, roles=_roles())


def _account(request: Request, caller: Caller, account_id: UUID, form: Form, status: int = 200) -> HTMLResponse:
    account = find_account(caller, AccountId(account_id))
    begin = form if form.errors or form.refusal else Form.filled(role=account.role.value)
    ways, own = caller.structure.factors.ways().get(account.account_id, ()), account.account_id == caller.actor.account
    return show(request, "account.html", status, form=begin, account=account, ways=ways, roles=_roles(), own=own)


def _handed_over(request: Request, account: Account, code: str) -> HTMLResponse:
    link = link_of(service_of(request), code)
    return show(request, "account_invited.html", account=account, code=code, link=link, drawing=drawing_of(link))


def _roles() -> list[tuple[str, str]]:
    return labels.options({role.value: labels.ROLES[role] for role in STAFF})
