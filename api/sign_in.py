"""Signing in and out. The demonstration alone has the one-click door; it cannot exist with a real database (`api/settings.py`)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.accounts import Account
from api.bootstrap import Structure
from api.requests import SECURE_COOKIE, Caller, cookie_name, request_id_of, service_of, token_of
from domain.identifiers import AccountId, StructureId
from domain.refusals import NotAllowed
from domain.trail import Actor, Operation, Purpose, Role, TrailLine

SESSION_LIFETIME: Final = timedelta(hours=12)
"""A working day. Changing user on a shared phone is two taps (N44), so that nobody keeps a session for a colleague."""

USUAL_PURPOSE: Final[dict[Role, Purpose]] = {
    Role.EDUCATOR: Purpose.ACCOMPANY,
    Role.YOUTH: Purpose.OWN_RECORD,
    Role.DPO: Purpose.REVIEW_ACCESS,
    Role.HEAD_OF_SERVICE: Purpose.STEER,
    Role.FUNDER: Purpose.STEER,
    Role.ADMINISTRATOR: Purpose.RUN_SERVICE,
}
"""What somebody of a role signs in for, when they do not say otherwise (N16)."""


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
    return [(structure, structure.accounts.all()) for structure in structures]


def sign_in(request: Request, account_id: AccountId, structure_id: StructureId | None = None) -> Opened:
    """Open a session of the demonstration, after its line in the trail. The session that was there is closed (R138)."""
    structure, account = _find(request, account_id, structure_id)
    purpose = USUAL_PURPOSE.get(account.role)
    if purpose is None:
        raise NotAllowed
    actor = Actor(account.account_id, account.role, purpose, request_id_of(request), account.subject)
    structure.records.ledger.write_trail(TrailLine(actor, Operation.SIGN_IN))
    directory = service_of(request).directory
    if former := token_of(request):
        directory.close_session(former)
    token = directory.open_session(structure.id, account.account_id, purpose, SESSION_LIFETIME)
    return Opened(token, structure, account)


def sign_out(request: Request, caller: Caller) -> None:
    """Close the caller's session, after its line in the trail."""
    caller.structure.records.ledger.write_trail(TrailLine(caller.actor, Operation.SIGN_OUT))
    if token := token_of(request):
        service_of(request).directory.close_session(token)


def give_cookie(request: Request, response: Response, token: str) -> None:
    """Put the session in the browser: out of reach of scripts and of other sites."""
    name = cookie_name(request)
    response.set_cookie(
        name, token, max_age=int(SESSION_LIFETIME.total_seconds()), path="/", httponly=True, samesite="strict", secure=name == SECURE_COOKIE
    )


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
