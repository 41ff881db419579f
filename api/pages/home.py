"""The front door: who are you, in with one click (demonstration), out, and what Sillage protects against."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts.accounts import Account
from api.accounts.sign_in import give_cookie, offered_accounts, sign_in, sign_out, take_cookie_back
from api.pages.door import door_page, kept_of, resumed
from api.pages.forms import Form, Sent, Typed
from api.pages.frame import CALLER, PageCaller, go, show
from api.pages.navigation import home_of
from api.pages.sentences import N_
from api.web.operations import leaves, leaves_nothing
from api.web.requests import caller_or_none, service_of
from domain.identifiers import AccountId
from domain.refusals import NotAllowed
from domain.trail import Operation, Role

router = APIRouter()

_GROUPS: Final = (
    ((Role.EDUCATOR,), "people", N_("L'équipe éducative"), N_("Écrire, retrouver ses jeunes")),
    ((Role.YOUTH,), "person", N_("Les jeunes"), N_("Voir et effacer son dossier")),
    ((Role.DPO,), "eye", N_("La protection des données"), N_("Voir qui a consulté quoi")),
    ((Role.HEAD_OF_SERVICE,), "bars", N_("La direction"), N_("Voir les chiffres, et rien d'autre")),
    ((Role.ADMINISTRATOR,), "catalogue", N_("L'administration"), N_("Inviter, tenir les comptes et les équipes")),
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
    answer = resumed(request, form) or RedirectResponse("/", 303)
    give_cookie(request, answer, opened)
    return answer


@router.post("/deconnexion")
@leaves(Operation.SIGN_OUT)
def go_out(request: Request, caller: PageCaller) -> Response:
    """Sign out, and leave nothing in the browser; `suivant` is the colleague who takes the phone (N44)."""
    sign_out(request, caller)
    answer = go(request, "/?changer=oui" if "suivant" in request.query_params else "/")
    take_cookie_back(request, answer)
    return answer


@router.get("/a-propos")
@leaves_nothing("It shows no one's data.")
def about(request: Request) -> HTMLResponse:
    """Say what Sillage protects against, and what not."""
    request.scope[CALLER] = caller_or_none(request)
    return show(request, "about.html")


def sign_in_page(request: Request, status: int = 200, reason: str | None = None, typed: Typed | None = None) -> HTMLResponse:
    """Return the door, or the choice of fictional people in the demonstration; with what was typed before the session ended."""
    kept = kept_of(request, typed) if typed else []
    if not service_of(request).settings.demonstration:
        return door_page(request, status, reason, kept)
    structures = [{"name": structure.name, "groups": _groups(accounts)} for structure, accounts in offered_accounts(request) if accounts]
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
