"""What everybody does about their own account: where they are signed in, what they sign in with, tokens for programs.

A change of factors ends the other sessions and tells the person on their next page: whoever did not make it learns of it (R138, R140).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request

from api.accounts.accounts import Account
from api.accounts.api_tokens import ApiTokens
from api.accounts.enrolment import RECOVERY_CODES, Chosen, prepared
from api.accounts.passkeys import PasskeyUnusable, registered
from api.accounts.proof import must_know_password
from api.accounts.sign_in import device_of
from api.web.requests import Caller, service_of
from domain.refusals import DomainError, NotAllowed
from domain.sign_in.one_time_codes import digest_of, new_code
from domain.sign_in.sign_in_names import sign_in_name
from domain.sign_in.sign_in_rules import TOKEN_FOR
from domain.texts import NAME, required_line, whole_number
from domain.trail import CommandKey, Operation, TrailLine

TOKEN_DAYS: Final = TOKEN_FOR.days


class LastFactor(DomainError):
    """C'est votre seul moyen d'entrer. Ajoutez-en un autre avant de retirer celui-ci."""

    code = "last_factor"


def account_of(caller: Caller) -> Account:
    """Give the caller's own account as it stands."""
    account = caller.structure.accounts.get(caller.actor.account)
    if account is None:
        raise NotAllowed
    return account


def end_own_session(request: Request, caller: Caller, session: UUID) -> None:
    """Sign out somewhere else. An unknown session, or somebody else's, is left alone."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_SESSIONS)
    service_of(request).directory.end_session(caller.structure.id, caller.actor.account, session)


def end_other_sessions(request: Request, caller: Caller) -> None:
    """Sign out everywhere but here."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_SESSIONS)
    _end_others(request, caller)


def add_passkey(request: Request, caller: Caller, answer: str) -> None:
    """Keep another passkey. Raises `PasskeyUnusable`."""
    caller.structure.records.must_allow(caller.actor, Operation.CHANGE_FACTORS)
    key = registered(request, account_of(caller), answer, device_of(request))
    caller.structure.records.ledger.write_trail(TrailLine(caller.actor, Operation.CHANGE_FACTORS))
    if not caller.structure.factors.add_passkey(key):
        raise PasskeyUnusable
    _changed(request, caller, "passkey_added")


def remove_passkey(request: Request, caller: Caller, credential_id: bytes) -> None:
    """Remove a passkey. Raises `LastFactor`; one that is not there is left alone."""
    factors, account = caller.structure.factors, caller.actor.account
    caller.structure.records.disclose(caller.actor, Operation.CHANGE_FACTORS)
    if factors.remove_passkey(account, credential_id):
        _changed(request, caller, "passkey_removed")
    elif any(key.credential_id == credential_id for key in factors.passkeys_of(account)):
        raise LastFactor


def set_password(request: Request, caller: Caller, chosen: Chosen, present: str) -> list[str]:
    """Choose a password and a phone, in place of those that were there; give new recovery codes.

    `present` is the password that was there, asked for where there was one. Raises what `prepared` and `must_know_password` raise.
    """
    structure, account = caller.structure, account_of(caller)
    structure.records.must_allow(caller.actor, Operation.CHANGE_FACTORS)
    must_know_password(request, caller, account, present)
    name = sign_in_name(chosen.sign_in_name)
    factor, codes = prepared(request, structure, account, chosen), [new_code() for _ in range(RECOVERY_CODES)]
    structure.records.ledger.write_trail(TrailLine(caller.actor, Operation.CHANGE_FACTORS))
    structure.accounts.give_sign_in_name(account.account_id, name)
    structure.factors.set_password(account.account_id, factor, [digest_of(code) for code in codes])
    _changed(request, caller, "password_set")
    return codes


def make_token(request: Request, caller: Caller, name: str, days: int | None, command: CommandKey) -> str:
    """Make a token for a program, for the present purpose; give it, once. Raises a kind of `FieldRefused`."""
    said, lifetime = required_line(name, "name", NAME), whole_number(days, "days", 1, TOKEN_DAYS) or TOKEN_DAYS
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_TOKENS)
    tokens = ApiTokens(service_of(request).directory)
    token = tokens.make(caller.structure.id, command, said, purpose=caller.actor.purpose, lifetime=timedelta(days=lifetime))
    caller.structure.accounts.tell(caller.actor.account, "token_made")
    return token


def revoke_token(request: Request, caller: Caller, token: UUID) -> None:
    """Revoke one of one's own tokens, at once. One that is not there is left alone."""
    caller.structure.records.disclose(caller.actor, Operation.REVOKE_TOKEN)
    ApiTokens(service_of(request).directory).revoke(caller.structure.id, caller.actor.account, token)


def _changed(request: Request, caller: Caller, what: str) -> None:
    _end_others(request, caller)
    caller.structure.accounts.tell(caller.actor.account, what)


def _end_others(request: Request, caller: Caller) -> None:
    directory = service_of(request).directory
    directory.end_sessions(caller.structure.id, caller.actor.account, but=caller.session.session_id)
