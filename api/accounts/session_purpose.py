"""The purpose of a working context: what somebody of a role may be here for, and the change from one to another (N16)."""

from collections.abc import Sequence

from starlette.requests import Request

from api.accounts.api_tokens import must_be_a_session
from api.accounts.sign_in import USUAL_PURPOSE
from api.web.requests import Caller, service_of, token_of
from domain.access.access_policy import purposes_of
from domain.refusals import ChoiceUnknown
from domain.texts import choice
from domain.trail import Actor, Operation, Purpose, TrailLine


def offered_purposes(caller: Caller) -> Sequence[Purpose]:
    """List what the caller may be here for, the usual one first."""
    usual = USUAL_PURPOSE.get(caller.actor.role)
    return sorted(purposes_of(caller.actor.role), key=lambda purpose: (purpose is not usual, purpose.value))


def change_purpose(request: Request, caller: Caller, wanted: str) -> Purpose:
    """Go on for another purpose: its line bears the new one. Choosing the same again writes nothing.

    Raises `ChoiceUnknown`, and `TokenIsNoSession` to a program: nothing would change, and the line would be wrong.
    """
    must_be_a_session(caller.session)
    purpose = choice(wanted, "purpose", Purpose)
    if purpose not in purposes_of(caller.actor.role):
        raise ChoiceUnknown("purpose")
    if purpose is caller.actor.purpose:
        return purpose
    actor = Actor(caller.actor.account, caller.actor.role, purpose, caller.actor.request, caller.actor.subject)
    caller.structure.records.ledger.write_trail(TrailLine(actor, Operation.CHANGE_PURPOSE))
    service_of(request).directory.change_purpose(token_of(request) or "", purpose)
    return purpose
