"""Ends what an account could still come in by; closes by themselves the accounts that nobody used for sixty days (R156)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.accounts.accounts import Accounts
from api.accounts.api_tokens import ApiTokens
from api.accounts.directory import Directory
from api.accounts.invitations import Invitations
from domain.identifiers import AccountId, RequestId, StructureId
from domain.record_keeping import RecordKeeping
from domain.sign_in.sign_in_rules import UNUSED_FOR
from domain.trail import Actor, Operation, Purpose, Role

_ITSELF: Final = AccountId(UUID(int=0))


def end_everything(directory: Directory, structure: StructureId, account: AccountId) -> None:
    """End an account's sessions, tokens and living invitation: whoever holds one is out at their next request."""
    directory.end_sessions(structure, account)
    ApiTokens(directory).revoke(structure, account)
    Invitations(directory.database).withdraw(structure, account)


@dataclass(frozen=True)
class UnusedAccounts:
    """The unused accounts of one structure, as a chore finds them."""

    records: RecordKeeping
    accounts: Accounts
    directory: Directory
    new_id: Callable[[], UUID]

    def close(self) -> int:
        """Close them, each with its line in the trail; give how many."""
        closed = self.accounts.close_unused(UNUSED_FOR)
        for account in closed:
            end_everything(self.directory, self.records.structure, account)
            actor = Actor(_ITSELF, Role.SYSTEM, Purpose.RUN_SERVICE, RequestId(self.new_id()))
            self.records.disclose(actor, Operation.CLOSE_UNUSED_ACCOUNTS)
        return len(closed)
