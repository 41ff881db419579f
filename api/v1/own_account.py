"""One's own account: where one is signed in, for what, and tokens for programs (R138, N16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.requests import Request

from api.accounts.api_tokens import ApiTokens
from api.accounts.own_account import TOKEN_DAYS, end_other_sessions, end_own_session, make_token, revoke_token
from api.accounts.session_purpose import change_purpose
from api.v1.answers import READING, WRITING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import Command, SignedIn, service_of
from api.web.schemas import Body, Line
from domain.trail import Operation, Purpose

router = APIRouter(tags=["mon compte"])

SessionReference = Annotated[UUID, Path(description="L’identifiant de la connexion.")]
TokenReference = Annotated[UUID, Path(description="L’identifiant du jeton.")]


class PurposeChosen(Body):
    """Dire pour quoi l’on est là."""

    purpose: Annotated[str, Field(json_schema_extra={"enum": [purpose.value for purpose in Purpose]}, max_length=30)]


class PurposeShown(Shown):
    """The purpose that each line of the trail will say from now on."""

    purpose: str


class OwnSessionShown(Shown):
    """One place where one is signed in: a day and a family of devices, nothing finer."""

    session: UUID
    opened_on: date
    device: str
    here: bool


class OwnSessionsShown(Shown):
    """Where one is signed in, the latest first."""

    items: list[OwnSessionShown]


class TokenAsked(Body):
    """Créer un jeton pour un programme, pour la finalité de la session."""

    name: Line
    days: Annotated[int, Field(ge=1, le=TOKEN_DAYS)] = TOKEN_DAYS


class TokenMade(Shown):
    """A new token, told once and stored nowhere."""

    token: str


class TokenShown(Shown):
    """A token of one's own."""

    token_id: UUID
    name: str
    purpose: str
    created_on: date
    expires_on: date
    last_used_on: date | None


class TokensShown(Shown):
    """One's own living tokens."""

    items: list[TokenShown]


@router.put("/session/purpose", operation_id="changePurpose", responses=WRITING)
@leaves(Operation.CHANGE_PURPOSE)
def choose_purpose(body: PurposeChosen, request: Request, caller: SignedIn) -> PurposeShown:
    """Changer de finalité. Une finalité qui n’est pas du rôle est refusée."""
    return PurposeShown(purpose=change_purpose(request, caller, body.purpose).value)


@router.get("/sessions", operation_id="listSessions", responses=READING)
@leaves(Operation.MANAGE_SESSIONS)
def list_sessions(request: Request, caller: SignedIn) -> OwnSessionsShown:
    """Lister ses propres connexions."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_SESSIONS)
    found = service_of(request).directory.sessions_of(caller.structure.id, caller.actor.account)
    here = caller.session.session_id
    return OwnSessionsShown(
        items=[
            OwnSessionShown(session=one.session_id, opened_on=one.opened_on, device=one.device, here=one.session_id == here)
            for one in found
        ]
    )


@router.delete("/sessions", status_code=204, operation_id="endOtherSessions", responses=WRITING)
@leaves(Operation.MANAGE_SESSIONS)
def end_others(request: Request, caller: SignedIn) -> None:
    """Terminer toutes ses autres connexions."""
    end_other_sessions(request, caller)


@router.delete("/sessions/{session}", status_code=204, operation_id="endSession", responses=WRITING)
@leaves(Operation.MANAGE_SESSIONS)
def end_session(session: SessionReference, request: Request, caller: SignedIn) -> None:
    """Terminer une de ses connexions. Une inconnue, ou celle d’autrui, est laissée."""
    end_own_session(request, caller, session)


@router.get("/tokens", operation_id="listTokens", responses=READING)
@leaves(Operation.MANAGE_SESSIONS)
def list_tokens(request: Request, caller: SignedIn) -> TokensShown:
    """Lister ses jetons."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_SESSIONS)
    found = ApiTokens(service_of(request).directory).of(caller.structure.id, caller.actor.account)
    return TokensShown(
        items=[
            TokenShown(
                token_id=one.token_id,
                name=one.name,
                purpose=one.purpose,
                created_on=one.created_on,
                expires_on=one.expires_on,
                last_used_on=one.last_used_on,
            )
            for one in found
        ]
    )


@router.post("/tokens", status_code=201, operation_id="makeToken", responses=WRITING)
@leaves(Operation.MANAGE_TOKENS)
def make(body: TokenAsked, request: Request, caller: SignedIn, command: Command) -> TokenMade:
    """Créer un jeton. Il n’est dit qu’une fois ; redemandé sous la même clé, c’est le même jeton et un autre secret."""
    return TokenMade(token=make_token(request, caller, body.name, body.days, command))


@router.delete("/tokens/{token}", status_code=204, operation_id="revokeToken", responses=WRITING)
@leaves(Operation.REVOKE_TOKEN)
def revoke(token: TokenReference, request: Request, caller: SignedIn) -> None:
    """Retirer un jeton. Un inconnu, ou celui d’autrui, est laissé."""
    revoke_token(request, caller, token)
