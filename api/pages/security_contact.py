"""`/.well-known/security.txt`: whom to tell about a flaw (RFC 9116). The operator says it (`SILLAGE_SECURITY_CONTACT`)."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from api.web.operations import leaves_nothing
from api.web.requests import service_of
from domain.refusals import NotAllowed

router = APIRouter()

_IS_TRUE_FOR: Final = timedelta(days=90)
"""It is asked for anew before that (RFC 9116 §2.5.5 wants a date, less than a year away)."""


@router.get("/.well-known/security.txt")
@leaves_nothing("It says whom to write to, which its operator made public.")
def read_contact(request: Request) -> PlainTextResponse:
    """Say whom to tell. Raises `NotAllowed` where nobody was named."""
    service = service_of(request)
    contact = service.settings.security_contact
    if contact is None:
        raise NotAllowed
    expires = (service.clock() + _IS_TRUE_FOR).strftime("%Y-%m-%dT00:00:00Z")
    return PlainTextResponse(f"Contact: {contact}\nExpires: {expires}\nPreferred-Languages: fr, en\n")
