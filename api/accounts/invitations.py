"""One-time codes that let an invited person choose how they sign in. Kept by digest, one living code an account (R155, R137)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from crypto_shredding.postgresql.database import StructureDatabase
from domain.identifiers import AccountId, StructureId
from domain.sign_in.one_time_codes import digest_of, new_code

PATH: Final = "/invitation"


@dataclass(frozen=True)
class Invitations:
    """The living invitations of the whole installation, in the directory."""

    database: StructureDatabase

    def make(self, structure: StructureId, account: AccountId, lifetime: timedelta) -> str:
        """Make an account's invitation, in place of an earlier one; give its code, which is stored nowhere."""
        code = new_code()
        with self.database.transaction() as connection:
            sweep = "DELETE FROM {invitations} WHERE (structure_id = %s AND account_id = %s) OR expires_at < clock_timestamp()"
            connection.execute(self.database.statement(sweep), (structure, account))
            columns = "code_digest, structure_id, account_id, expires_at"
            insert = f"INSERT INTO {{invitations}} ({columns}) VALUES (%s, %s, %s, clock_timestamp() + %s)"
            connection.execute(self.database.statement(insert), (digest_of(code), structure, account, lifetime))
        return code

    def find(self, code: str) -> tuple[StructureId, AccountId] | None:
        """Say whom a living code invites."""
        query = "SELECT structure_id, account_id FROM {invitations} WHERE code_digest = %s AND expires_at > clock_timestamp()"
        return self._one(query, code)

    def take(self, code: str) -> bool:
        """Use a code up: of two who send it at once, one is told yes."""
        statement = "DELETE FROM {invitations} WHERE code_digest = %s AND expires_at > clock_timestamp() RETURNING structure_id, account_id"
        return self._one(statement, code) is not None

    def withdraw(self, structure: StructureId, account: AccountId) -> None:
        """Take an account's invitation back."""
        statement = self.database.statement("DELETE FROM {invitations} WHERE structure_id = %s AND account_id = %s")
        with self.database.connection() as connection:
            connection.execute(statement, (structure, account))

    def waiting(self, structure: StructureId) -> set[AccountId]:
        """Give the accounts of a structure that have a living invitation."""
        query = "SELECT account_id FROM {invitations} WHERE structure_id = %s AND expires_at > clock_timestamp()"
        with self.database.connection() as connection:
            return {AccountId(row[0]) for row in connection.execute(self.database.statement(query), (structure,)).fetchall()}

    def _one(self, statement: str, code: str) -> tuple[StructureId, AccountId] | None:
        with self.database.connection() as connection:
            row = connection.execute(self.database.statement(statement), (digest_of(code),)).fetchone()
        return None if row is None else (StructureId(row[0]), AccountId(row[1]))
