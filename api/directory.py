"""Which structures there are, and who is signed in where. A session is known by the digest of its token alone (R138)."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api.accounts import Accounts
from crypto_shredding.database import StructureDatabase
from domain.identifiers import AccountId, StructureId, YouthId
from domain.trail import Purpose, Role

TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class StructureEntry:
    """A structure in the directory: `code` names its schemas and roles."""

    structure_id: StructureId
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. `subject` is the youth's own record, for a youth; `erasure` its receipt once erased."""

    structure_id: StructureId
    account_id: AccountId
    role: Role
    display_name: str
    subject: YouthId | None
    erasure: UUID | None
    expires_at: datetime
    purpose: Purpose


@dataclass(frozen=True)
class Directory:
    """The directory schema of the main database, reached with the application's bare login."""

    database: StructureDatabase
    accounts_of: Callable[[StructureId], Accounts]
    """The accounts of a structure, to say who a session belongs to."""

    def structures(self) -> list[StructureEntry]:
        """List the structures, in the order of their codes."""
        query = self.database.statement("SELECT structure_id, code, name FROM {structures} ORDER BY code")
        with self.database.connection() as connection:
            return [StructureEntry(StructureId(row[0]), row[1], row[2]) for row in connection.execute(query).fetchall()]

    def open_session(self, structure: StructureId, account: AccountId, purpose: Purpose, lifetime: timedelta) -> str:
        """Sign an account in; give the token, which is stored nowhere. Sessions that ran out are swept on the way."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        statement = self.database.statement(
            "INSERT INTO {sessions} (token_digest, structure_id, account_id, purpose, expires_at)"
            " VALUES (%s, %s, %s, %s, clock_timestamp() + %s)",
        )
        with self.database.connection() as connection:
            connection.execute(self.database.statement("DELETE FROM {sessions} WHERE expires_at < clock_timestamp()"))
            connection.execute(statement, (_digest(token), structure, account, purpose.value, lifetime))
        return token

    def session(self, token: str) -> Session | None:
        """Say who is signed in with this token, or `None`."""
        found = self._find(token)
        if found is None:
            return None
        structure, account_id, purpose, expires_at = found
        account = self.accounts_of(structure).get(account_id)
        if account is None:
            return None
        return Session(structure, account_id, account.role, account.display_name, account.subject, account.erasure, expires_at, purpose)

    def _find(self, token: str) -> tuple[StructureId, AccountId, Purpose, datetime] | None:
        """Find a living session by its token."""
        query = self.database.statement(
            "SELECT structure_id, account_id, purpose, expires_at FROM {sessions}"
            " WHERE token_digest = %b AND expires_at > clock_timestamp()",
        )
        with self.database.connection() as connection:
            rows = connection.rows(query, (_digest(token),))
        return next(((StructureId(row[0]), AccountId(row[1]), Purpose(row[2]), row[3]) for row in rows), None)

    def close_session(self, token: str) -> None:
        """Sign out. Does nothing for an unknown token."""
        with self.database.connection() as connection:
            connection.execute(self.database.statement("DELETE FROM {sessions} WHERE token_digest = %s"), (_digest(token),))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
