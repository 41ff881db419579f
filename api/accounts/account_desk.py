"""What the administrator does about accounts: invite, invite anew, change a role, close, end sessions, confirm that one is still needed.

Each act is decided, leaves its line, and holds at the person's next request. Nobody's work is seen here: a day of last use, and no count
(R086). Accounts of youths are not among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request

from api.accounts.accounts import Account
from api.accounts.invitations import Invitations
from api.accounts.inviting import invite, new_account
from api.desk.ending_access import end_everything, end_ways_in
from api.web.requests import Caller, service_of
from domain.identifiers import AccountId
from domain.local_time import local
from domain.refusals import ChoiceUnknown, DomainError, Replayed
from domain.sign_in.sign_in_rules import REVIEW_EVERY, UNUSED_FOR
from domain.texts import choice
from domain.trail import CommandKey, Operation, Outcome, Role, TrailLine

STAFF: Final = (Role.EDUCATOR, Role.HEAD_OF_SERVICE, Role.DPO, Role.ADMINISTRATOR, Role.FUNDER)
"""The roles that somebody may be invited to."""
_ACCOUNT_BYTES: Final = 16


class NotOneself(DomainError):
    """On ne fait pas cela pour son propre compte : demandez-le à l'autre personne qui administre."""

    code = "not_oneself"


class InvitedOtherwise(DomainError):
    """Ce formulaire a déjà invité quelqu'un, avec un autre rôle ou un autre nom. Fermez ce compte dans la liste, puis invitez à nouveau."""

    code = "invited_otherwise"


@dataclass(frozen=True, slots=True)
class Row:
    """One account as the administrator sees it: who, since when, what is to be done about it."""

    account: Account
    ways: tuple[str, ...]
    """What it can sign in with: `passkey`, `password`; nothing while it is only invited."""
    is_invited: bool
    closes_on: date | None
    """When it closes by itself if nobody uses it; `None` for one that is closed, and for the last account of administration."""
    is_due: bool
    """Whether its rights are to be reviewed (R156)."""


def look_at_accounts(request: Request, caller: Caller) -> Sequence[Row]:
    """List the accounts of the staff. Raises `NotAllowed`, `TrailUnavailable`."""
    structure = caller.structure
    structure.records.disclose(caller.actor, Operation.LIST_ACCOUNTS)
    today = local(service_of(request).clock()).date()
    waiting, ways = Invitations(service_of(request).directory.database).waiting(structure.id), structure.factors.ways()
    accounts = [account for account in structure.accounts.all() if account.role is not Role.YOUTH]
    administrators = [account.account_id for account in accounts if account.role is Role.ADMINISTRATOR]
    staying = {account for account in administrators if not structure.accounts.may_close(account)}
    return [
        _row(
            account, ways.get(account.account_id, ()), today, is_invited=account.account_id in waiting, stays=account.account_id in staying
        )
        for account in accounts
    ]


def invite_somebody(request: Request, caller: Caller, typed: tuple[str, str, str], command: CommandKey) -> tuple[Account, str]:
    """Invite somebody new (`typed`: role, name, initials); give the account and the code to hand over.

    Sent again under the same key it is the same account, with another code. Raises a kind of `FieldRefused`, `Replayed` once it was taken,
    and `InvitedOtherwise` when something else was typed: the account that is there would keep what was typed first, its role too.
    """
    service, structure = service_of(request), caller.structure
    structure.records.must_allow(caller.actor, Operation.MANAGE_ACCOUNTS)
    role = choice(typed[0], "role", Role)
    if role not in STAFF:
        raise ChoiceUnknown("role")
    drawn = new_account(service, role, typed[1], typed[2])
    # The identifier comes from the command's key, so that a form that is sent twice invites once.
    account = Account(AccountId(_identifier(command)), role, drawn.display_name, drawn.initials)
    known = structure.accounts.get(account.account_id)
    if known is not None and account.account_id not in Invitations(service.directory.database).waiting(structure.id):
        raise Replayed(account.account_id, 0)
    if known is not None and (known.role, known.display_name, known.initials) != (role, account.display_name, account.initials):
        raise InvitedOtherwise
    structure.records.ledger.write_trail(TrailLine(caller.actor, Operation.MANAGE_ACCOUNTS, about=account.account_id))
    return account, invite(service, structure, account)


def invite_again(request: Request, caller: Caller, account_id: AccountId) -> tuple[Account, str]:
    """Invite somebody anew who lost what they sign in with, or who comes back: all they had ends. Raises `NotAllowed`, `NotOneself`."""
    account = _found(caller, account_id, Operation.MANAGE_ACCOUNTS)
    if account_id == caller.actor.account:
        # What one signs in with would end before there is anything else; somebody else who administrates can do it.
        raise NotOneself
    code = invite(service_of(request), caller.structure, account)
    caller.structure.accounts.tell(account_id, "invited_again")
    return account, code


def change_role(request: Request, caller: Caller, account_id: AccountId, role: str) -> None:
    """Give somebody another role, at once: their sessions and tokens end, since they were opened and made in the former one.

    Raises `NotAllowed`, `NotOneself`, `ChoiceUnknown`, `LastAdministrator`.
    """
    wanted = choice(role, "role", Role)
    if wanted not in STAFF:
        raise ChoiceUnknown("role")
    account = _found(caller, account_id, Operation.MANAGE_ACCOUNTS)
    if account_id == caller.actor.account:
        raise NotOneself
    if account.role is wanted:
        return
    directory, structure = service_of(request).directory, caller.structure.id
    # Before and after: stopped between the two, nobody goes on in the new role with what the former one had opened.
    end_ways_in(directory, structure, account_id)
    caller.structure.accounts.change_role(account_id, wanted)
    end_ways_in(directory, structure, account_id)
    caller.structure.accounts.tell(account_id, "role_changed")


def close_account(request: Request, caller: Caller, account_id: AccountId) -> None:
    """Close an account, at once and everywhere. What was written keeps its name. Raises `NotAllowed`, `LastAdministrator`."""
    _found(caller, account_id, Operation.MANAGE_ACCOUNTS)
    caller.structure.accounts.close(account_id)
    end_everything(service_of(request).directory, caller.structure.id, account_id)


def end_sessions(request: Request, caller: Caller, account_id: AccountId) -> None:
    """Sign somebody out everywhere. Raises `NotAllowed`."""
    _found(caller, account_id, Operation.MANAGE_ACCOUNTS)
    service_of(request).directory.end_sessions(caller.structure.id, account_id)
    caller.structure.accounts.tell(account_id, "sessions_ended")


def confirm_account(caller: Caller, account_id: AccountId) -> None:
    """Confirm that an account is still needed, in its role (R156). Raises `NotAllowed`."""
    _found(caller, account_id, Operation.REVIEW_ACCOUNTS)
    caller.structure.accounts.mark_reviewed(account_id)


def find_account(caller: Caller, account_id: AccountId) -> Account:
    """Find an account of the staff to show what may be done about it. Raises `NotAllowed`."""
    return _found(caller, account_id, Operation.LIST_ACCOUNTS)


def _found(caller: Caller, account_id: AccountId, operation: Operation) -> Account:
    """Find an account of the staff, decide, and leave the line. An unknown one and a youth's are the same refusal."""
    caller.structure.records.must_allow(caller.actor, operation)
    account = caller.structure.accounts.get(account_id)
    if account is None or account.role is Role.YOUTH:
        raise caller.structure.records.refused(caller.actor, operation, Outcome.NOT_FOUND)
    caller.structure.records.ledger.write_trail(TrailLine(caller.actor, operation, about=account_id))
    return account


def _row(account: Account, ways: tuple[str, ...], today: date, *, is_invited: bool, stays: bool) -> Row:
    since = account.last_used_on or account.created_on or today
    reviewed = account.reviewed_on or account.created_on or today
    closes = since + UNUSED_FOR + timedelta(days=1) if account.is_active and not stays else None
    return Row(account, ways, is_invited, closes, account.is_active and today - reviewed >= REVIEW_EVERY)


def _identifier(command: CommandKey) -> UUID:
    return UUID(bytes=command.digest[:_ACCOUNT_BYTES], version=4)
