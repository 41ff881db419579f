"""The front door: who are you (demonstration), in, out, and what Sillage protects against."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts import Account
from api.operations import leaves, leaves_nothing
from api.pages.forms import Form, Sent, Typed
from api.pages.frame import CALLER, PageCaller, go, is_own_path, show
from api.pages.navigation import home_of
from api.pages.sentences import N_
from api.requests import caller_or_none
from api.sign_in import give_cookie, offered_accounts, sign_in, sign_out, take_cookie_back
from domain.identifiers import AccountId
from domain.refusals import NotAllowed
from domain.trail import Operation, Role

router = APIRouter()

TARGET: Final = "reprise"
KEPT: Final = "champ:"
"""What a form had in it when its session was over, carried over the sign-in inside the page and kept nowhere else (R169)."""

_GROUPS: Final = (
    ((Role.EDUCATOR,), "people", N_("L'équipe éducative"), N_("Écrire, retrouver ses jeunes")),
    ((Role.YOUTH,), "person", N_("Les jeunes"), N_("Voir et effacer son dossier")),
    ((Role.DPO,), "eye", N_("La protection des données"), N_("Voir qui a consulté quoi")),
    ((Role.HEAD_OF_SERVICE,), "bars", N_("La direction"), N_("Voir les chiffres, et rien d'autre")),
    ((Role.ADMINISTRATOR,), "catalogue", N_("L'administration"), N_("Reprendre des fichiers, tenir le catalogue")),
)


@router.get("/")
@leaves_nothing("It sends people to their first page, or lists the fictional people of the demonstration.")
def front_door(request: Request) -> Response:
    """Send whoever is signed in to their first page; else ask who they are."""
    found = caller_or_none(request)
    if found is None:
        return sign_in_page(request)
    if found.actor.role is Role.YOUTH and found.actor.erasure is not None:
        return RedirectResponse(f"/effacements/{found.actor.erasure}", 303)
    return RedirectResponse(home_of(found.actor.role), 303)


@router.post("/connexion")
@leaves(Operation.SIGN_IN)
def come_in(request: Request, typed: Sent) -> Response:
    """Sign in with one click (demonstration). A form that was interrupted is offered again."""
    form = Form.sent(typed)
    opened = sign_in(request, AccountId(_account(form.value("account"))))
    target = form.value(TARGET)
    kept = [(name.removeprefix(KEPT), value) for name, value in form.kept() if name.startswith(KEPT)]
    if kept and is_own_path(target):
        answer: Response = show(request, "resume.html", target=target, kept=kept)
    else:
        answer = RedirectResponse("/", 303)
    give_cookie(request, answer, opened.token)
    return answer


@router.post("/deconnexion")
@leaves(Operation.SIGN_OUT)
def go_out(request: Request, caller: PageCaller) -> Response:
    """Sign out, and leave nothing in the browser."""
    sign_out(request, caller)
    answer = go(request, "/")
    take_cookie_back(request, answer)
    return answer


@router.get("/a-propos")
@leaves_nothing("It shows no one's data.")
def about(request: Request) -> HTMLResponse:
    """Say what Sillage protects against, and what not."""
    request.scope[CALLER] = caller_or_none(request)
    return show(request, "about.html")


def sign_in_page(request: Request, status: int = 200, reason: str | None = None, typed: Typed | None = None) -> HTMLResponse:
    """Return the choice of fictional people. Raises `NotAllowed` outside the demonstration."""
    structures = [{"name": structure.name, "groups": _groups(accounts)} for structure, accounts in offered_accounts(request) if accounts]
    kept = [(TARGET, request.url.path), *((f"{KEPT}{name}", value) for name, value in Form(typed).kept())] if typed else []
    return show(request, "sign_in.html", status, structures=structures, reason=reason, kept=kept)


def _groups(accounts: list[Account]) -> list[dict[str, object]]:
    return [
        {"label": label, "icon": icon, "what": what, "accounts": [{"id": one.account_id, "name": one.display_name} for one in found]}
        for roles, icon, label, what in _GROUPS
        if (found := [account for account in accounts if account.role in roles])
    ]


def _account(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotAllowed from None
