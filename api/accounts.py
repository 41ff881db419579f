"""The accounts of one structure. A youth's account carries no name: the record's identifier, and after an erasure its receipt."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from crypto_shredding.database import StructureDatabase
from domain.identifiers import AccountId, YouthId
from domain.trail import Role

_COLUMNS: Final = "account_id, role, display_name, initials, subject_id, erasure_id"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. `initials` are how colleagues write each other's names in their files."""

    account_id: AccountId
    role: Role
    display_name: str
    initials: str | None = None
    subject: YouthId | None = None
    erasure: UUID | None = None


@dataclass(frozen=True)
class Accounts:
    """The table of accounts of one structure."""

    database: StructureDatabase

    def all(self) -> list[Account]:
        """List the accounts, by role and name."""
        query = self.database.statement(f"SELECT {_COLUMNS} FROM {{accounts}} ORDER BY role, display_name, account_id")
        with self.database.connection() as connection:
            return [_account(row) for row in connection.execute(query).fetchall()]

    def get(self, account: AccountId) -> Account | None:
        """Find an account."""
        query = self.database.statement(f"SELECT {_COLUMNS} FROM {{accounts}} WHERE account_id = %b")
        with self.database.connection() as connection:
            rows = connection.rows(query, (account,))
        return _account(rows[0]) if rows else None

    def add(self, account: Account) -> None:
        """Create an account. Does nothing when it is there already."""
        statement = self.database.statement(
            "INSERT INTO {accounts} (account_id, role, display_name, initials, subject_id) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
        )
        with self.database.connection() as connection:
            connection.execute(statement, (account.account_id, account.role.value, account.display_name, account.initials, account.subject))


def _account(row: tuple[object, ...]) -> Account:
    account_id, role, name, initials, subject, erasure = row
    return Account(account_id, Role(role), name, initials, subject, erasure)  # type: ignore[arg-type]
