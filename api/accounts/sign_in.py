"""Signing in and out: what every way of it ends with. The demonstration alone has the one-click door (`api/settings.py`)."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.accounts.accounts import Account
from api.accounts.api_tokens import must_be_a_session
from api.bootstrap import Structure
from api.web.requests import SECURE_COOKIE, Caller, cookie_name, request_id_of, service_of, token_of
from domain.identifiers import AccountId, StructureId
from domain.refusals import NotAllowed
from domain.sign_in.sign_in_rules import LIMITS
from domain.trail import Actor, Operation, Purpose, Role, TrailLine

USUAL_PURPOSE: Final[dict[Role, Purpose]] = {
    Role.EDUCATOR: Purpose.ACCOMPANY,
    Role.YOUTH: Purpose.OWN_RECORD,
    Role.DPO: Purpose.REVIEW_ACCESS,
    Role.HEAD_OF_SERVICE: Purpose.STEER,
    Role.FUNDER: Purpose.STEER,
    Role.ADMINISTRATOR: Purpose.RUN_SERVICE,
}
"""What somebody of a role signs in for, when they do not say otherwise (N16)."""
_FAMILIES: Final = (
    ("téléphone", ("iphone", "mobile", "windows phone")),
    ("tablette", ("ipad", "tablet", "android")),
    ("ordinateur", ("windows", "macintosh", "linux", "cros")),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: its token, which is stored nowhere, and whose it is."""

    token: str
    structure: Structure
    account: Account


def offered_accounts(request: Request) -> list[tuple[Structure, list[Account]]]:
    """List who can be played in the demonstration. Raises `NotAllowed` elsewhere, as if the page did not exist."""
    service = service_of(request)
    if not service.settings.demonstration:
        raise NotAllowed
    structures = [service.structure(entry.structure_id) for entry in service.directory.structures()]
    return [(structure, [one for one in structure.accounts.all() if one.is_active]) for structure in structures]


def sign_in(request: Request, account_id: AccountId, structure_id: StructureId | None = None) -> Opened:
    """Open a session of the demonstration."""
    return open_session(request, *_find(request, account_id, structure_id))


def open_session(request: Request, structure: Structure, account: Account) -> Opened:
    """Open a session, after its line in the trail. The session that was there is closed (R138). Raises `NotAllowed`."""
    actor = actor_of(request, account)
    structure.records.ledger.write_trail(TrailLine(actor, Operation.SIGN_IN))
    directory = service_of(request).directory
    if former := token_of(request):
        directory.close_session(former)
    lifetime = LIMITS[account.role].absolute
    token = directory.open_session(structure.id, account.account_id, actor.purpose, lifetime, device_of(request))
    structure.accounts.mark_used(account.account_id)
    return Opened(token, structure, account)


def actor_of(request: Request, account: Account) -> Actor:
    """Say who acts, for the usual purpose of their role. Raises `NotAllowed` for a role that nobody signs in with."""
    purpose = USUAL_PURPOSE.get(account.role)
    if purpose is None:
        raise NotAllowed
    return Actor(account.account_id, account.role, purpose, request_id_of(request), account.subject)


def sign_out(request: Request, caller: Caller) -> None:
    """Close the caller's session, after its line in the trail. Raises `TokenIsNoSession` to a program, which would go on all the same."""
    must_be_a_session(caller.session)
    caller.structure.records.ledger.write_trail(TrailLine(caller.actor, Operation.SIGN_OUT))
    if token := token_of(request):
        service_of(request).directory.close_session(token)


def device_of(request: Request) -> str:
    """Name the family of the device and nothing finer: enough to know one's own phone, too little to know a person by."""
    agent = request.headers.get("user-agent", "").lower()
    return next((family for family, marks in _FAMILIES if any(mark in agent for mark in marks)), "programme")


def give_cookie(request: Request, response: Response, opened: Opened) -> None:
    """Put the session in the browser: out of reach of scripts and of other sites."""
    put_cookie(request, response, opened.token, int(LIMITS[opened.account.role].absolute.total_seconds()))


def put_cookie(request: Request, response: Response, token: str, seconds: int) -> None:
    """Put a token in the browser, until it would open nothing any more."""
    name = cookie_name(request)
    response.set_cookie(name, token, max_age=seconds, path="/", httponly=True, samesite="strict", secure=name == SECURE_COOKIE)


def take_cookie_back(request: Request, response: Response) -> None:
    """Empty the browser of everything that was ours (ASVS 5.0 §14.3.1)."""
    name = cookie_name(request)
    response.delete_cookie(name, path="/", httponly=True, samesite="strict", secure=name == SECURE_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'


def _find(request: Request, account_id: AccountId, structure_id: StructureId | None) -> tuple[Structure, Account]:
    for structure, accounts in offered_accounts(request):
        if structure_id is not None and structure.id != structure_id:
            continue
        for account in accounts:
            if account.account_id == account_id:
                return structure, account
    raise NotAllowed
