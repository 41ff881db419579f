"""Ends what an account could still come in by; closes by themselves the accounts that nobody used for sixty days (R156)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.accounts.accounts import Accounts, LastAdministrator
from api.accounts.api_tokens import ApiTokens
from api.accounts.directory import Directory
from api.accounts.invitations import Invitations
from domain.identifiers import AccountId, RequestId, StructureId
from domain.record_keeping import RecordKeeping
from domain.sign_in.sign_in_rules import UNUSED_FOR
from domain.trail import Actor, Operation, Outcome, Purpose, Role

_ITSELF: Final = AccountId(UUID(int=0))


def end_everything(directory: Directory, structure: StructureId, account: AccountId) -> None:
    """End an account's sessions, tokens and living invitation: whoever holds one is out at their next request."""
    end_ways_in(directory, structure, account)
    Invitations(directory.database).withdraw(structure, account)


def end_ways_in(directory: Directory, structure: StructureId, account: AccountId) -> None:
    """End what an account is signed in by: its sessions and its tokens."""
    directory.end_sessions(structure, account)
    ApiTokens(directory).revoke(structure, account)


def kept_unused(accounts: Accounts) -> bool:
    """Tell whether an account stays open, although nobody used it for sixty days, because no other one could administrate."""
    return any(not accounts.may_close(account) for account in accounts.unused(UNUSED_FOR))


@dataclass(frozen=True)
class UnusedAccounts:
    """The unused accounts of one structure, as a chore finds them."""

    records: RecordKeeping
    accounts: Accounts
    directory: Directory
    new_id: Callable[[], UUID]

    def close(self) -> int:
        """Close them, each after its line in the trail: stopped anywhere, the next call takes up the rest. Give how many.

        The last account of administration stays, or nobody could invite anybody any more; « à faire » says so (`kept_unused`). A clock
        that has just leapt closes none. Where nobody came for so long that there is nothing to judge it by, the line of that refusal is
        something: once sealed for a day, it tells that the clock was right.
        """
        due = self.accounts.unused(UNUSED_FOR)
        is_believed = not due or self.accounts.clock_is_believed()
        if is_believed is None:
            self.records.refused(self._actor(), Operation.CLOSE_UNUSED_ACCOUNTS, Outcome.REFUSED)
        return sum(self._is_closed(account) for account in due if is_believed and self.accounts.may_close(account))

    def _actor(self) -> Actor:
        return Actor(_ITSELF, Role.SYSTEM, Purpose.RUN_SERVICE, RequestId(self.new_id()))

    def _is_closed(self, account: AccountId) -> bool:
        self.records.disclose(self._actor(), Operation.CLOSE_UNUSED_ACCOUNTS, about=account)
        try:
            if not self.accounts.close_unused(account, UNUSED_FOR):
                return False
        except LastAdministrator:
            return False  # The other one was closed meanwhile.
        end_everything(self.directory, self.records.structure, account)
        return True
