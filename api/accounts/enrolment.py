"""An invited person chooses how they sign in, and is signed in (design §8). Whoever lost everything is invited again: the same way in."""

from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from api.accounts.accounts import Account
from api.accounts.factors import PasswordFactor
from api.accounts.invitations import Invitations
from api.accounts.one_time_passwords import new_seed, step_of
from api.accounts.passkeys import PasskeyUnusable, registered
from api.accounts.sign_in import Opened, actor_of, device_of, open_session
from api.bootstrap import Structure
from api.web.requests import service_of
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.keys.key_ring import KeyUnknown
from domain.identifiers import AccountId
from domain.refusals import DomainError, FieldRefused
from domain.sign_in.one_time_codes import digest_of, new_code
from domain.sign_in.password_rules import must_be_strong
from domain.sign_in.sign_in_names import sign_in_name
from domain.trail import Operation, Role, TrailLine

RECOVERY_CODES: Final = 10
PRODUCT: Final = "Sillage"

_NOT_OURS: Final = (ValueError, EnvelopeError, KeyUnknown)
"""What opening a seed raises that was not sealed here, for this account."""


class InvitationUnknown(DomainError):
    """Cette invitation n'existe pas, a déjà servi, ou a expiré. Demandez-en une autre à la personne qui vous l'a donnée."""

    code = "invitation_unknown"


class CodeWrong(FieldRefused):
    """Ce code n'est pas celui du téléphone en ce moment. Attendez le suivant, et vérifiez l'heure du téléphone."""

    code = "code_wrong"


class EnrolmentStale(DomainError):
    """Cette page a trop attendu. Recommencez : photographiez le nouveau dessin avec le téléphone."""

    code = "enrolment_stale"


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a code invites, and where."""

    structure: Structure
    account: Account


@dataclass(frozen=True, slots=True, repr=False)
class Chosen:
    """What somebody chose: the name that they sign in under, a password, the sealed seed of the page, the phone's first code."""

    sign_in_name: str
    password: str
    seed: str
    code: str


def invited_by(request: Request, code: str) -> Invited:
    """Say whom this code invites. Raises `InvitationUnknown`."""
    service = service_of(request)
    found = Invitations(service.directory.database).find(code)
    if found is None:
        raise InvitationUnknown
    structure = service.structure(found[0])
    account = structure.accounts.get(found[1])
    if account is None or not account.is_active or account.role is Role.YOUTH:
        raise InvitationUnknown
    return Invited(structure, account)


def accept_with_password(request: Request, code: str, chosen: Chosen) -> tuple[Opened, list[str]]:
    """Take the invitation, keep password and seed; give the session and the recovery codes, which are stored nowhere.

    Raises `InvitationUnknown`, `EnrolmentStale`, and a kind of `FieldRefused` for what was typed.
    """
    invited = invited_by(request, code)
    structure, name = invited.structure, sign_in_name(chosen.sign_in_name)
    account = replace(invited.account, sign_in_name=name)
    factor, codes = prepared(request, structure, account, chosen), [new_code() for _ in range(RECOVERY_CODES)]
    # Looked at while the invitation still serves, given once it is taken: of two who send it at once, the slower changes nothing.
    structure.accounts.must_be_free(name, account.account_id)
    take(request, invited, code)
    structure.accounts.give_sign_in_name(account.account_id, name)
    structure.factors.set_password(account.account_id, factor, [digest_of(one) for one in codes])
    return open_session(request, structure, account), codes


def accept_with_passkey(request: Request, code: str, answer: str) -> Opened:
    """Take the invitation and keep the passkey. Raises `InvitationUnknown`, `PasskeyUnusable`."""
    invited = invited_by(request, code)
    key = registered(request, invited.account, answer, device_of(request))
    take(request, invited, code)
    if not invited.structure.factors.add_passkey(key):
        raise PasskeyUnusable
    return open_session(request, invited.structure, invited.account)


def prepared(request: Request, structure: Structure, account: Account, chosen: Chosen) -> PasswordFactor:
    """Check what was chosen and make it what is kept. Raises `EnrolmentStale`, and a kind of `FieldRefused`."""
    must_be_strong(chosen.password, (account.display_name, chosen.sign_in_name, structure.name, structure.code, PRODUCT))
    try:
        seed = structure.factors.open_seed(account.account_id, chosen.seed)
    except _NOT_OURS:
        raise EnrolmentStale from None
    step = step_of(seed, chosen.code, service_of(request).clock())
    if step is None:
        raise CodeWrong("code")
    return PasswordFactor(service_of(request).hashing.hashed(chosen.password), seed, step)


def take(request: Request, invited: Invited, code: str) -> None:
    """Use the invitation up, after its line in the trail. Raises `InvitationUnknown` when somebody else was faster."""
    actor = actor_of(request, invited.account)
    invited.structure.records.ledger.write_trail(TrailLine(actor, Operation.ACCEPT_INVITATION))
    if not Invitations(service_of(request).directory.database).take(code):
        raise InvitationUnknown
    invited.structure.factors.forget(invited.account.account_id)
    service_of(request).directory.end_sessions(invited.structure.id, invited.account.account_id)


def seed_to_show(structure: Structure, account: AccountId, sealed: str) -> tuple[str, str]:
    """Give the seed for the page of an enrolment: as it is shown, and as it comes back.

    It is the one that came back as `sealed`, for the phone has read it already; a new one where that is none of ours.
    """
    try:
        return structure.factors.open_seed(account, sealed), sealed
    except _NOT_OURS:
        seed = new_seed()
        return seed, structure.factors.seal_seed(account, seed)
