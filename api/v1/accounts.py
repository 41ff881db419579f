"""The accounts of the staff, for the administrator (R155, R156). A day of last use and no count: nobody's work is measured (R086)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request

from api.accounts.account_desk import (
    STAFF,
    change_role,
    close_account,
    confirm_account,
    end_sessions,
    invite_again,
    invite_somebody,
    look_at_accounts,
)
from api.accounts.inviting import link_of
from api.v1.answers import READING, WRITING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import Command, SignedIn, service_of
from api.web.schemas import Body, Line
from domain.identifiers import AccountId
from domain.trail import Operation

router = APIRouter(tags=["comptes"])

RoleName = Annotated[str, Field(json_schema_extra={"enum": [role.value for role in STAFF]}, max_length=20)]
AccountReference = Annotated[UUID, Path(description="L’identifiant du compte.")]


class Invitation(Body):
    """Inviter quelqu’un : son rôle, le nom que les collègues liront, ses initiales."""

    role: RoleName
    display_name: Line
    initials: Line


class RoleGiven(Body):
    """Donner un autre rôle."""

    role: RoleName


class AccountShown(Shown):
    """An account. `signs_in_with` holds `passkey` and `password`; `closes_on` is the day on which it closes if nobody uses it."""

    account: UUID
    role: str
    display_name: str
    initials: str | None
    active: bool
    invited: bool
    signs_in_with: list[str]
    last_used_on: date | None
    reviewed_on: date | None
    to_review: bool
    closes_on: date | None


class AccountsShown(Shown):
    """The accounts of the staff."""

    items: list[AccountShown]


class Invited(Shown):
    """An invitation, told once: it serves once, for 72 hours, and is handed over in person."""

    account: UUID
    code: str
    link: str


@router.get("/accounts", operation_id="listAccounts", responses=READING)
@leaves(Operation.LIST_ACCOUNTS)
def list_accounts(request: Request, caller: SignedIn) -> AccountsShown:
    """Lister les comptes du personnel."""
    rows = look_at_accounts(request, caller)
    return AccountsShown(
        items=[
            AccountShown(
                account=row.account.account_id,
                role=row.account.role.value,
                display_name=row.account.display_name,
                initials=row.account.initials,
                active=row.account.is_active,
                invited=row.is_invited,
                signs_in_with=list(row.ways),
                last_used_on=row.account.last_used_on,
                reviewed_on=row.account.reviewed_on,
                to_review=row.is_due,
                closes_on=row.closes_on,
            )
            for row in rows
        ]
    )


@router.post("/accounts", status_code=201, operation_id="inviteSomebody", responses=WRITING)
@leaves(Operation.MANAGE_ACCOUNTS)
def invite(body: Invitation, request: Request, caller: SignedIn, command: Command) -> Invited:
    """Inviter quelqu’un. Le code n’est dit qu’une fois ; redemander avec la même clé en donne un autre, pour le même compte."""
    account, code = invite_somebody(request, caller, (body.role, body.display_name, body.initials), command)
    return Invited(account=account.account_id, code=code, link=link_of(service_of(request), code))


@router.post("/accounts/{account_id}/invitation", status_code=201, operation_id="inviteAgain", responses=WRITING)
@leaves(Operation.MANAGE_ACCOUNTS)
def invite_anew(account_id: AccountReference, request: Request, caller: SignedIn, _command: Command) -> Invited:
    """Inviter à nouveau qui a tout perdu, ou revient : ses moyens d’entrer et ses connexions se terminent."""
    account, code = invite_again(request, caller, AccountId(account_id))
    return Invited(account=account.account_id, code=code, link=link_of(service_of(request), code))


@router.put("/accounts/{account_id}/role", status_code=204, operation_id="giveRole", responses=WRITING)
@leaves(Operation.MANAGE_ACCOUNTS)
def give_role(account_id: AccountReference, body: RoleGiven, request: Request, caller: SignedIn, _command: Command) -> None:
    """Donner un autre rôle, dès maintenant."""
    change_role(request, caller, AccountId(account_id), body.role)


@router.post("/accounts/{account_id}/closing", status_code=204, operation_id="closeAccount", responses=WRITING)
@leaves(Operation.MANAGE_ACCOUNTS)
def close(account_id: AccountReference, request: Request, caller: SignedIn, _command: Command) -> None:
    """Fermer un compte, partout et dès maintenant."""
    close_account(request, caller, AccountId(account_id))


@router.delete("/accounts/{account_id}/sessions", status_code=204, operation_id="endSessionsOf", responses=WRITING)
@leaves(Operation.MANAGE_ACCOUNTS)
def sign_out_everywhere(account_id: AccountReference, request: Request, caller: SignedIn, _command: Command) -> None:
    """Terminer toutes les connexions de quelqu’un."""
    end_sessions(request, caller, AccountId(account_id))


@router.post("/accounts/{account_id}/review", status_code=204, operation_id="confirmAccount", responses=WRITING)
@leaves(Operation.REVIEW_ACCOUNTS)
def confirm(account_id: AccountReference, caller: SignedIn, _command: Command) -> None:
    """Noter qu’un compte est toujours nécessaire, dans son rôle (tous les 90 jours)."""
    confirm_account(caller, AccountId(account_id))
