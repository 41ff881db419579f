"""What a route knows of the request that it answers: who asks, for what, under which idempotency key, and about which version."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, cast
from uuid import UUID

from fastapi import Depends, Header
from starlette.requests import Request

from api.accounts.api_tokens import TOKEN_MARK, ApiTokens
from api.accounts.directory import Session
from api.bootstrap import Service, Structure
from api.web.operations import declaration_of
from api.web.pace import Pace
from api.web.problems import API_PREFIX
from api.web.request_refusals import KeyOfIdempotencyMissing, NotSignedIn, StepUpNeeded, TooManyRequests, VersionMissing
from domain.identifiers import ErasureId, RequestId
from domain.sign_in.sign_in_rules import FRESH_FOR, needs_fresh_factor
from domain.trail import Actor, CommandKey, Operation

SECURE_COOKIE: Final = "__Host-sillage_session"
DEMONSTRATION_COOKIE: Final = "sillage_session"
"""On plain http://127.0.0.1 a browser may refuse a Secure cookie (Safari does), so the demonstration has a name without the promise."""

_READING: Final = frozenset({"GET", "HEAD"})
LONGEST_KEY: Final = 200
LONGEST_VERSION: Final = 18


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody signed in, with the one structure that their session opens."""

    structure: Structure
    actor: Actor
    session: Session


def service_of(request: Request) -> Service:
    """Return the container that `create_app` was given."""
    return cast("Service", request.app.state.service)


def request_id_of(request: Request) -> RequestId:
    """Return the identifier that the boundary gave this request."""
    return RequestId(cast("UUID", request.scope["sillage.request_id"]))


def cookie_name(request: Request) -> str:
    """Name the session's cookie: the strict one, but for the demonstration on plain http."""
    plain = request.url.scheme == "http" and service_of(request).settings.demonstration
    return DEMONSTRATION_COOKIE if plain else SECURE_COOKIE


def token_of(request: Request) -> str | None:
    """Return the session's token: the bearer's when there is one, else the cookie's."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return credentials.strip() if scheme.lower() == "bearer" else None
    return request.cookies.get(cookie_name(request))


def caller_or_none(request: Request) -> Caller | None:
    """Return who asks, or `None` when nobody is signed in."""
    token = token_of(request)
    session = _session(request, token) if token else None
    if session is None:
        return None
    erasure = None if session.erasure is None else ErasureId(session.erasure)
    actor = Actor(session.account_id, session.role, session.purpose, request_id_of(request), session.subject, erasure)
    return Caller(service_of(request).structure(session.structure_id), actor, session)


def caller(request: Request) -> Caller:
    """Return who asks. Raises `NotSignedIn`, `StepUpNeeded` where the operation asks for a fresh factor (401), `TooManyRequests` (429)."""
    found = caller_or_none(request)
    if found is None:
        raise NotSignedIn
    pace = cast("Pace", request.app.state.pace)
    if not pace.allows(found.session.account_id, found.session.structure_id):
        raise TooManyRequests
    if found.session.proven is None:
        # The line of the request itself follows, or its refusal's: both bear the same request id.
        found.structure.records.disclose(found.actor, Operation.USE_TOKEN)
    if _is_grave(request) and not is_fresh(request, found.session):
        raise StepUpNeeded
    return found


def is_fresh(request: Request, session: Session) -> bool:
    """Tell whether a factor was shown in the last minutes (R139). In the demonstration nobody has one, and every click counts as fresh."""
    if service_of(request).settings.demonstration:
        return True
    # A clock that was set back makes a factor of the future, which is no fresher than one as far in the past.
    return session.proven is not None and abs(session.proven) <= FRESH_FOR


def _is_grave(request: Request) -> bool:
    declared = declaration_of(request.scope["endpoint"])
    return declared is not None and needs_fresh_factor(declared.operation, changes=request.method not in _READING)


def _session(request: Request, token: str) -> Session | None:
    directory = service_of(request).directory
    if not token.startswith(TOKEN_MARK):
        return directory.session(token)
    # A program's token opens the JSON API and no page.
    return ApiTokens(directory).session(token) if request.url.path.startswith(API_PREFIX) else None


def command_key(caller: Caller, request: Request, key: str) -> CommandKey:
    """Derive what makes a change idempotent from the key that the sender chose, for this account and this route alone."""
    route = f"{request.method} {request.url.path}"
    return CommandKey(caller.actor.account, hashlib.sha256(f"{route}\0{key}".encode()).digest())


async def _command(
    request: Request,
    caller: Annotated[Caller, Depends(caller)],
    idempotency_key: Annotated[str | None, Header(description="Une valeur au hasard par action ; la même pour réessayer.")] = None,
) -> CommandKey:
    key = idempotency_key or ""
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise KeyOfIdempotencyMissing
    return command_key(caller, request, key)


def etag(version: int) -> str:
    """Write a record's version as an ETag (RFC 9110 §8.8.3)."""
    return f'"{version}"'


async def _expected_version(
    if_match: Annotated[str | None, Header(description="L’ETag du dossier, tel qu’il a été lu.")] = None,
) -> int:
    digits = (if_match or "").strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_VERSION):
        raise VersionMissing
    return int(digits)


SignedIn = Annotated[Caller, Depends(caller)]
Command = Annotated[CommandKey, Depends(_command)]
ExpectedVersion = Annotated[int, Depends(_expected_version)]
