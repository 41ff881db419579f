"""What somebody who is signed in shows anew: a factor before a grave act (step-up, R139), the present password before another one.

`sign_in_rules` says which acts are grave.
"""

from typing import Final

from starlette.requests import Request

from api.accounts.accounts import Account
from api.accounts.passkeys import PasskeyRefused, count_refusal, forget_refusals, name_of, proves, tell_if_repeated
from api.accounts.password_sign_in import SignInRefused, are_shown, place_of
from api.accounts.throttle import Throttle
from api.web.requests import Caller, service_of, token_of
from domain.refusals import FieldRefused
from domain.sign_in.password_rules import MOST
from domain.trail import Operation, Outcome, TrailLine

STEP_UP_FAILED: Final = "step_up_failed"
"""The notice of repeated failures."""


class PresentPasswordWrong(FieldRefused):
    """Ce n'est pas votre mot de passe actuel. Oublié ? La personne qui administre peut vous inviter à nouveau."""

    code = "present_password_wrong"


def prove(request: Request, caller: Caller, *, answer: str = "", password: str = "", code: str = "") -> str:
    """Take a passkey's answer, or password and code; give the session's new token.

    The old token opens nothing any more: who had stolen it is out, and has not become fresh. Of failures that are repeated the account's
    owner is told: whoever sits at a session that somebody left open has no factor to show.
    Raises `SignInRefused`, `PasskeyRefused`, `TooManySignIns`.
    """
    structure, ledger = caller.structure, caller.structure.records.ledger
    account = structure.accounts.get(caller.actor.account)
    if account is None:
        raise SignInRefused
    name = name_of(structure, account.account_id) if answer else _name(caller, account)
    if answer:
        shown = proves(request, structure, account, answer)
        (forget_refusals if shown else count_refusal)(request, structure, account.account_id)
    else:
        shown = are_shown(request, structure, account, password=password, code=code, name=name)
    ledger.write_trail(TrailLine(caller.actor, Operation.STEP_UP, Outcome.GRANTED if shown else Outcome.REFUSED))
    if not shown:
        tell_if_repeated(request, structure, account.account_id, name, STEP_UP_FAILED)
        raise PasskeyRefused if answer else SignInRefused
    return service_of(request).directory.renew(token_of(request) or "")


def must_know_password(request: Request, caller: Caller, account: Account, password: str) -> None:
    """Take the present password, where there is one, before it is changed: a session left open changes nothing (ASVS 5.0 §6.2.3).

    Counted with the tries of the door, and told of like a factor that is not shown.
    Raises `PresentPasswordWrong`, after its line, `TooManySignIns`, `SignInBusy`.
    """
    factor = caller.structure.factors.password_of(account.account_id)
    if factor is None:
        return
    service, place = service_of(request), place_of(request)
    throttle, name = Throttle(service.directory.database), _name(caller, account)
    throttle.begin(name, place)
    if not service.hashing.fits(factor.encoded, password[: MOST + 1]):
        caller.structure.records.ledger.write_trail(TrailLine(caller.actor, Operation.CHANGE_FACTORS, Outcome.REFUSED))
        tell_if_repeated(request, caller.structure, account.account_id, name, STEP_UP_FAILED)
        raise PresentPasswordWrong("present")
    throttle.succeeded(name, place)


def _name(caller: Caller, account: Account) -> str:
    """Give what the tries are counted by, at the door too. Whoever has no name there is told apart from the others who have none."""
    return f"{caller.structure.code}\0{account.sign_in_name or account.account_id}"
