"""Inviting somebody: an account that nobody can use yet, and a code to hand over in person. Again for who lost everything (R137, R155)."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from api.accounts.accounts import Account
from api.accounts.invitations import PATH, Invitations
from api.bootstrap import Service, Structure
from api.desk.ending_access import end_everything
from domain.identifiers import AccountId, RequestId
from domain.refusals import DomainError
from domain.sign_in.sign_in_rules import FIRST_INVITATION_FOR, INVITATION_FOR
from domain.texts import NAME, required_line
from domain.trail import Actor, Operation, Purpose, Role, TrailLine

INITIALS: Final = 6
_CONSOLE: Final = AccountId(UUID(int=0))
"""Whoever works on the machine itself: nobody that the service could know."""


class AdministratorExists(DomainError):
    """Il y a déjà quelqu'un à l'administration : c'est cette personne qui invite, depuis la page « Comptes »."""

    code = "administrator_exists"


def new_account(service: Service, role: Role, display_name: str, initials: str) -> Account:
    """Make an account that is not kept yet. Raises a kind of `FieldRefused` for names."""
    name, short = required_line(display_name, "display_name", NAME), required_line(initials, "initials", INITIALS)
    return Account(AccountId(service.new_id()), role, name, short)


def invite(service: Service, structure: Structure, account: Account, lifetime: timedelta = INVITATION_FOR) -> str:
    """Invite an account, for the first time or anew; give the code, which is stored nowhere. Whatever it could sign in with ends first.

    The caller has decided and written the line.
    """
    structure.accounts.add(account)
    end_everything(service.directory, structure.id, account.account_id)
    structure.factors.forget(account.account_id)
    structure.accounts.reopen(account.account_id)
    return Invitations(service.directory.database).make(structure.id, account.account_id, lifetime)


def invite_first_administrator(service: Service, structure: Structure, display_name: str, initials: str) -> str:
    """Give the code of the first administrator's invitation, for 15 minutes. Raises `AdministratorExists` (R155).

    The same is the way back when nobody can administrate any more: whoever can run this command holds the machine already.
    """
    if structure.accounts.administrators():
        raise AdministratorExists
    account = new_account(service, Role.ADMINISTRATOR, display_name, initials)
    waiting = Invitations(service.directory.database).waiting(structure.id)
    again = next((one for one in structure.accounts.all() if one.account_id in waiting and one.role is Role.ADMINISTRATOR), account)
    actor = Actor(_CONSOLE, Role.SYSTEM, Purpose.RUN_SERVICE, RequestId(uuid4()))
    structure.records.ledger.write_trail(TrailLine(actor, Operation.MANAGE_ACCOUNTS))
    return invite(service, structure, again, FIRST_INVITATION_FOR)


def link_of(service: Service, code: str) -> str:
    """Write the link to hand over. What stands behind « # » is never sent by a browser, so that no log sees the code."""
    return f"{service.settings.address}{PATH}#{code}"
