"""A factor shown anew by somebody who is signed in, before a grave act (step-up, R139). `sign_in_rules` says which."""

from starlette.requests import Request

from api.accounts.passkeys import PasskeyRefused, proves
from api.accounts.password_sign_in import SignInRefused, are_shown
from api.web.requests import Caller, service_of, token_of
from domain.trail import Operation, Outcome, TrailLine


def prove(request: Request, caller: Caller, *, answer: str = "", password: str = "", code: str = "") -> str:
    """Take a passkey's answer, or password and code; give the session's new token.

    The old token opens nothing any more: who had stolen it is out, and has not become fresh.
    Raises `SignInRefused`, `PasskeyRefused`, `TooManySignIns`.
    """
    structure, ledger = caller.structure, caller.structure.records.ledger
    account = structure.accounts.get(caller.actor.account)
    if account is None:
        raise SignInRefused
    name = f"{structure.code}\0{account.sign_in_name}"
    if answer:
        shown = proves(request, structure, account, answer)
    else:
        shown = are_shown(request, structure, account, password=password, code=code, name=name)
    ledger.write_trail(TrailLine(caller.actor, Operation.STEP_UP, Outcome.GRANTED if shown else Outcome.REFUSED))
    if not shown:
        raise PasskeyRefused if answer else SignInRefused
    return service_of(request).directory.renew(token_of(request) or "")
