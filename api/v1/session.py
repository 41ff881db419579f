"""The session: who am I, sign in (demonstration only), sign out."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.sign_in import give_cookie, sign_in, sign_out, take_cookie_back
from api.v1.answers import READING, WRITING
from api.web.operations import leaves, leaves_nothing
from api.web.representations import Shown
from api.web.requests import SignedIn
from api.web.schemas import SignIn
from domain.identifiers import AccountId, StructureId
from domain.trail import Operation

router = APIRouter(tags=["session"])


class SessionShown(Shown):
    """Who is signed in, in which role and for what purpose."""

    structure: UUID
    structure_name: str
    account: UUID
    display_name: str
    role: str
    purpose: str
    record: UUID | None
    """The youth's own record, when a youth is signed in."""
    expires_at: datetime


class SessionOpened(Shown):
    """A new session. The token is told once and stored nowhere."""

    token: str
    structure: UUID
    account: UUID
    role: str


@router.get("/session", operation_id="readSession", responses=READING)
@leaves_nothing("It tells people who they are and shows nobody's record.")
def read_session(caller: SignedIn) -> SessionShown:
    """Dire qui est connecté."""
    session = caller.session
    return SessionShown(
        structure=session.structure_id,
        structure_name=caller.structure.name,
        account=session.account_id,
        display_name=session.display_name,
        role=session.role.value,
        purpose=session.purpose.value,
        record=session.subject,
        expires_at=session.expires_at,
    )


@router.post("/session", status_code=201, operation_id="signIn", responses=WRITING, openapi_extra={"security": [{}]})
@leaves(Operation.SIGN_IN)
def open_session(body: SignIn, request: Request, response: Response) -> SessionOpened:
    """Se connecter d’un clic. N’existe que dans la démonstration."""
    structure = None if body.structure is None else StructureId(body.structure)
    opened = sign_in(request, AccountId(body.account), structure)
    give_cookie(request, response, opened)
    return SessionOpened(
        token=opened.token, structure=opened.structure.id, account=opened.account.account_id, role=opened.account.role.value
    )


@router.delete("/session", status_code=204, operation_id="signOut", responses=WRITING)
@leaves(Operation.SIGN_OUT)
def close_session(request: Request, caller: SignedIn, response: Response) -> None:
    """Se déconnecter."""
    sign_out(request, caller)
    take_cookie_back(request, response)
