"""Passkeys (WebAuthn level 2): the ordinary way in. The authenticator verifies its user, keeps the account's handle, signs for us.

The address comes from `SILLAGE_PUBLIC_ADDRESS`; a page that stands elsewhere gets no signature that we accept. The handle is the
structure's and the account's identifiers, random both, so that signing in needs no name. The right key is never made to wait; what is
refused is counted, and beyond a few tries answered without a line in the trail (R140, `throttle`).
"""

from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from starlette.requests import Request
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.accounts.accounts import Account
from api.accounts.challenges import LIFETIME, Challenges, Use
from api.accounts.factors import Passkey
from api.accounts.password_sign_in import leave_refusal, place_of
from api.accounts.sign_in import Opened, open_session
from api.accounts.throttle import Throttle, TooManyPasskeys, TooManySignIns
from api.bootstrap import Structure
from api.web.request_refusals import RequestRefused
from api.web.requests import service_of
from domain.identifiers import AccountId, StructureId
from domain.refusals import DomainError

_NAME: Final = "Sillage"
_LONGEST: Final = 20_000
"""Characters of an authenticator's answer: the largest are a few thousand."""
_HANDLE_BYTES: Final = 32
_TIMEOUT: Final = int(LIFETIME.total_seconds() * 1000)
_UNREADABLE: Final = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)
"""What the library raises for an answer that is none."""


class PasskeyRefused(RequestRefused):
    """Cette clé d’accès n’ouvre pas. Recommencez ; si elle a été retirée, ou le compte fermé, voyez la personne qui administre."""

    status = 401
    code = "passkey_refused"


class PasskeyUnusable(DomainError):
    """Cette clé d'accès n'a pas pu être créée. Recommencez, avec un appareil qui vous reconnaît (code, doigt ou visage)."""

    code = "passkey_unusable"


def asked_to_sign_in(request: Request) -> str:
    """Give what the browser asks an authenticator at the door, as JSON."""
    return _asked(request, _challenges(request).draw(Use.SIGN_IN))


def asked_to_prove(request: Request, account: AccountId) -> str:
    """Give what the browser asks the authenticator of somebody who is signed in, as JSON."""
    return _asked(request, _challenges(request).draw(Use.PROVE, account))


def asked_to_register(request: Request, structure: Structure, account: Account) -> str:
    """Give what the browser asks an authenticator to make for this account, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=_relying_party(request),
            rp_name=_NAME,
            user_name=account.display_name,
            user_id=structure.id.bytes + account.account_id.bytes,
            challenge=_challenges(request).draw(Use.REGISTER, account.account_id),
            timeout=_TIMEOUT,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=key.credential_id) for key in structure.factors.passkeys_of(account.account_id)
            ],
        )
    )


def sign_in_with_passkey(request: Request, answer: str) -> Opened:
    """Open the session of whoever signed. Raises `PasskeyRefused`, and `TooManyPasskeys` when that comes too often."""
    credential = _read(answer)
    structure, account_id = _holder(request, credential.response.user_handle)
    account = structure.accounts.get(account_id)
    if account is None or not account.is_active or not _is_signed(request, structure, account, credential, use=Use.SIGN_IN, holder=None):
        count_refusal(request, structure, account_id)
        leave_refusal(request, structure)
        tell_if_repeated(request, structure, account_id, name_of(structure, account_id), "passkey_refused")
        raise PasskeyRefused
    forget_refusals(request, structure, account_id)
    return open_session(request, structure, account)


def count_refusal(request: Request, structure: Structure, account: AccountId) -> None:
    """Count a passkey that was refused, whether or not there is such an account. Raises `TooManyPasskeys` when it comes too early."""
    try:
        Throttle(service_of(request).directory.database).begin(name_of(structure, account), place_of(request))
    except TooManySignIns as early:
        raise TooManyPasskeys(early.seconds) from None


def forget_refusals(request: Request, structure: Structure, account: AccountId) -> None:
    """Forget the refused passkeys of an account, from where the right one was shown just now: mistakes of a year are no repetition."""
    Throttle(service_of(request).directory.database).forget(name_of(structure, account), place_of(request))


def tell_if_repeated(request: Request, structure: Structure, account: AccountId, name: str, kind: str) -> None:
    """Tell an account's owner of failures, from the third on. `name` is what they are counted by."""
    if Throttle(service_of(request).directory.database).is_repeated(name, place_of(request)):
        structure.accounts.tell_of_failure(account, kind)


def name_of(structure: Structure, account: AccountId) -> str:
    """Say what the refused passkeys of an account are counted by: nothing that could be typed as a name."""
    return f"\0{structure.id}\0{account}"


def proves(request: Request, structure: Structure, account: Account, answer: str) -> bool:
    """Tell whether somebody who is signed in has shown a passkey of theirs just now. Raises `PasskeyRefused` for no answer at all."""
    return _is_signed(request, structure, account, _read(answer), use=Use.PROVE, holder=account.account_id)


def registered(request: Request, account: Account, answer: str, name: str) -> Passkey:
    """Give the passkey that was made, to be kept. Raises `PasskeyUnusable`."""
    try:
        credential = parse_registration_credential_json(_short(answer))
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        if not _challenges(request).take(challenge, Use.REGISTER, account.account_id):
            raise PasskeyUnusable
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_relying_party(request),
            expected_origin=service_of(request).settings.address,
            require_user_verification=True,
        )
    except _UNREADABLE:
        raise PasskeyUnusable from None
    return Passkey(made.credential_id, account.account_id, made.credential_public_key, made.sign_count, name)


def _asked(request: Request, challenge: bytes) -> str:
    return options_to_json(
        generate_authentication_options(
            rp_id=_relying_party(request),
            challenge=challenge,
            timeout=_TIMEOUT,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def _is_signed(
    request: Request, structure: Structure, account: Account, credential: AuthenticationCredential, *, use: Use, holder: AccountId | None
) -> bool:
    try:
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
        key = structure.factors.passkey(credential.raw_id)
        if not _challenges(request).take(challenge, use, holder) or key is None or key.account != account.account_id:
            return False
        shown = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_relying_party(request),
            expected_origin=service_of(request).settings.address,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return False
    return structure.factors.count_use(key, shown.new_sign_count)


def _holder(request: Request, handle: bytes | None) -> tuple[Structure, AccountId]:
    """Find whose handle it is. Raises `PasskeyRefused` where there is not even a structure."""
    if handle is None or len(handle) != _HANDLE_BYTES:
        raise PasskeyRefused
    try:
        structure = service_of(request).structure(StructureId(UUID(bytes=handle[:16])))
    except LookupError:
        raise PasskeyRefused from None
    return structure, AccountId(UUID(bytes=handle[16:]))


def _read(answer: str) -> AuthenticationCredential:
    try:
        return parse_authentication_credential_json(_short(answer))
    except _UNREADABLE:
        raise PasskeyRefused from None


def _short(answer: str) -> str:
    if len(answer) > _LONGEST:
        raise ValueError("too long for an authenticator's answer")
    return answer


def _challenges(request: Request) -> Challenges:
    return Challenges(service_of(request).directory.database)


def _relying_party(request: Request) -> str:
    return urlsplit(service_of(request).settings.address).hostname or ""
