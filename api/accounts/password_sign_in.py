"""Signing in with a name, a password and a one-time code, or a recovery code in its place (R130, R137, R140).

An unknown name, a wrong password, a wrong code, a closed account: the same answer, after the same work, at the same steps of time.

What a failed attempt leaves in the trail: that somebody who is nobody yet was refused, in the role of the service itself, under the
request's id. Not the account, since a line that names one would tell which names exist; and no digest of what was typed, since people type
passwords where names belong, and a short text is found again from its digest. A try that comes too early is not looked at and leaves no
line, so that nobody fills the trail. The owner of the account is told of failures on their next page.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Final
from uuid import UUID

from starlette.requests import Request

from api.accounts.accounts import Account
from api.accounts.factors import PasswordFactor
from api.accounts.one_time_passwords import step_of
from api.accounts.sign_in import Opened, open_session
from api.accounts.throttle import Throttle
from api.bootstrap import Structure
from api.web.boundary import ANSWER_STEP
from api.web.request_refusals import RequestRefused
from api.web.requests import request_id_of, service_of
from domain.identifiers import AccountId
from domain.sign_in.one_time_codes import digest_of
from domain.sign_in.password_rules import MOST, folded
from domain.sign_in.sign_in_names import is_sign_in_name
from domain.trail import Actor, Operation, Outcome, Purpose, Role, TrailLine

SOMEBODY: Final = AccountId(UUID(int=0))
"""Who is not known yet. No account bears it."""
STEP_SECONDS: Final = 0.5
_NOBODY: Final = AccountId(UUID(int=1))
_LINE_BITS: Final = 64


class SignInRefused(RequestRefused):
    """Identifiant, mot de passe ou code : l’un des trois n’est pas le bon. Vérifiez-les, et attendez un nouveau code sur le téléphone."""

    status = 401
    code = "sign_in_refused"


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """What was typed at the door. `structure` is a code, empty where there is one structure."""

    structure: str
    name: str
    password: str
    code: str


def sign_in_with_password(request: Request, typed: Typed) -> Opened:
    """Open a session. Raises `SignInRefused`, `TooManySignIns`, `SignInBusy`."""
    structure = structure_of(request, typed.structure)
    name = folded(typed.name).strip()
    account = structure.accounts.named(name) if structure is not None and is_sign_in_name(name) else None
    if account is not None and not account.is_active:
        account = None
    # Where there is one structure its code may be left out: it is the same name, as it is of whoever confirms (`proof`).
    where = typed.structure.strip() if structure is None else structure.code
    is_shown = are_shown(request, structure, account, password=typed.password, code=typed.code, name=f"{where}\0{name}")
    if is_shown and structure is not None and account is not None:
        return open_session(request, structure, account)
    refuse(request, structure, account)
    raise SignInRefused


def are_shown(request: Request, structure: Structure | None, account: Account | None, *, password: str, code: str, name: str) -> bool:
    """Tell whether password and code are the account's, and use the code up. `name` is what the tries are counted by."""
    throttle, place = Throttle(service_of(request).directory.database), place_of(request)
    throttle.begin(name, place)
    request.scope[ANSWER_STEP] = STEP_SECONDS
    factor = structure.factors.password_of(account.account_id if account else _NOBODY) if structure else None
    fits = service_of(request).hashing.fits(factor.encoded if factor else None, password[: MOST + 1])
    if structure is None or account is None or factor is None:
        return False
    if fits:
        throttle.begin_code(factor.encoded)
    if not _takes(request, structure, account, factor, code, fits=fits):
        return False
    throttle.succeeded(name, place)
    throttle.took_code(factor.encoded)
    return True


def refuse(request: Request, structure: Structure | None, account: Account | None) -> None:
    """Leave the line of a failed attempt, and tell the account's owner, if there is one. A structure that is not there has no trail."""
    if structure is None:
        return
    leave_refusal(request, structure)
    structure.accounts.tell_of_failure(account.account_id if account else _NOBODY)


def leave_refusal(request: Request, structure: Structure) -> None:
    """Leave the line of a failed attempt."""
    actor = Actor(SOMEBODY, Role.SYSTEM, Purpose.RUN_SERVICE, request_id_of(request))
    structure.records.ledger.write_trail(TrailLine(actor, Operation.SIGN_IN, Outcome.REFUSED))


def structure_of(request: Request, code: str) -> Structure | None:
    """Find the structure of a code; without a code, the only one there is."""
    service, wanted = service_of(request), code.strip()
    entries = service.directory.structures()
    found = [entry for entry in entries if entry.code == wanted or (not wanted and len(entries) == 1)]
    return service.structure(found[0].structure_id) if found else None


def place_of(request: Request) -> str:
    """Say where a request comes from, as the server was told: of IPv6 the /64, since one line has as many addresses as it likes."""
    host = request.client.host if request.client else ""
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), _LINE_BITS), strict=False))


def _takes(request: Request, structure: Structure, account: Account, factor: PasswordFactor, code: str, *, fits: bool) -> bool:
    step = step_of(factor.seed, code, service_of(request).clock())
    digest = digest_of(code)
    known = structure.factors.has_recovery_code(account.account_id, digest)
    if not fits:
        return False
    if step is not None:
        return structure.factors.take_step(account.account_id, step)
    if not (known and structure.factors.use_recovery_code(account.account_id, digest)):
        return False
    structure.accounts.tell(account.account_id, "recovery_used")
    return True
