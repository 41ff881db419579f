"""Which structures there are, and who is signed in where. A session is known by the digest of its token alone (R138)."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from api.accounts.accounts import Account, Accounts
from crypto_shredding.postgresql.database import StructureDatabase
from domain.identifiers import AccountId, StructureId, YouthId
from domain.sign_in.sign_in_rules import LIMITS
from domain.trail import Purpose, Role

TOKEN_BYTES: Final = 32
SEEN_EVERY: Final = timedelta(minutes=1)
"""How coarsely the last use of a session is kept."""


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
    session_id: UUID
    proven: timedelta | None
    """How long ago a factor was shown; `None` for a program's token, which never shows one."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One place where somebody is signed in: since which day, on what family of devices."""

    session_id: UUID
    opened_on: date
    device: str


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

    def open_session(self, structure: StructureId, account: AccountId, purpose: Purpose, lifetime: timedelta, device: str = "") -> str:
        """Sign an account in; give the token, which is stored nowhere. Sessions that ran out are swept on the way."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        statement = self.database.statement(
            "INSERT INTO {sessions} (token_digest, structure_id, account_id, purpose, expires_at, device)"
            " VALUES (%s, %s, %s, %s, clock_timestamp() + %s, %s)",
        )
        with self.database.connection() as connection:
            connection.execute(self.database.statement("DELETE FROM {sessions} WHERE expires_at < clock_timestamp()"))
            connection.execute(statement, (_digest(token), structure, account, purpose.value, lifetime, device))
        return token

    def session(self, token: str) -> Session | None:
        """Say who is signed in with this token, or `None`. Role, limits and closing are read anew each time: they hold at once."""
        query = self.database.statement(
            "SELECT structure_id, account_id, purpose, expires_at, session_id, clock_timestamp() - seen_at, clock_timestamp() - proven_at"
            " FROM {sessions} WHERE token_digest = %b AND expires_at > clock_timestamp()",
        )
        with self.database.connection() as connection:
            rows = connection.rows(query, (_digest(token),))
        if not rows:
            return None
        structure, account_id, purpose, expires_at, session_id, idle, proven = rows[0]
        account = self.accounts_of(structure).get(account_id)
        # A clock that was set back far makes a session of the future: nobody knows how long it was idle.
        away = abs(idle)
        if account is None or not account.is_active or account.role not in LIMITS or away > LIMITS[account.role].idle:
            return None
        if away > SEEN_EVERY:
            self._see(_digest(token), structure, account_id)
        return session_of(account, structure, Purpose(purpose), session_id, expires_at=expires_at, proven=proven)

    def close_session(self, token: str) -> None:
        """Sign out. Does nothing for an unknown token."""
        self._run("DELETE FROM {sessions} WHERE token_digest = %s", _digest(token))

    def renew(self, token: str) -> str:
        """Give the session of `token` another token, its factor shown just now: an old cookie that was stolen opens nothing (R138)."""
        renewed = secrets.token_urlsafe(TOKEN_BYTES)
        statement = "UPDATE {sessions} SET token_digest = %s, proven_at = clock_timestamp(), seen_at = clock_timestamp()"
        self._run(f"{statement} WHERE token_digest = %s", _digest(renewed), _digest(token))
        return renewed

    def change_purpose(self, token: str, purpose: Purpose) -> None:
        """Go on for another purpose (N16)."""
        self._run("UPDATE {sessions} SET purpose = %s WHERE token_digest = %s", purpose.value, _digest(token))

    def sessions_of(self, structure: StructureId, account: AccountId) -> list[OwnSession]:
        """List where an account is signed in, the latest first."""
        query = self.database.statement(
            "SELECT session_id, opened_at::date, device FROM {sessions} AS s WHERE structure_id = %s AND account_id = %s"
            " AND expires_at > clock_timestamp() ORDER BY s.opened_at DESC"
        )
        with self.database.connection() as connection:
            return [OwnSession(*row) for row in connection.execute(query, (structure, account)).fetchall()]

    def end_session(self, structure: StructureId, account: AccountId, session: UUID) -> None:
        """End one of an account's sessions."""
        self._run("DELETE FROM {sessions} WHERE structure_id = %s AND account_id = %s AND session_id = %s", structure, account, session)

    def end_sessions(self, structure: StructureId, account: AccountId, *, but: UUID | None = None) -> None:
        """End an account's sessions, all of them or all the others."""
        statement = "DELETE FROM {sessions} WHERE structure_id = %s AND account_id = %s AND session_id IS DISTINCT FROM %s"
        self._run(statement, structure, account, but)

    def _see(self, digest: bytes, structure: StructureId, account: AccountId) -> None:
        """Note that the session is used: once in `SEEN_EVERY`, so that looking at a page costs no commit."""
        self._run("UPDATE {sessions} SET seen_at = clock_timestamp() WHERE token_digest = %s", digest)
        self.accounts_of(structure).mark_used(account)

    def _run(self, statement: str, *parameters: object) -> None:
        with self.database.connection() as connection:
            connection.execute(self.database.statement(statement), parameters)


def session_of(
    account: Account, structure: StructureId, purpose: Purpose, session_id: UUID, *, expires_at: datetime, proven: timedelta | None
) -> Session:
    """Say what a living session is, with the account as it stands now."""
    return Session(
        structure,
        account.account_id,
        account.role,
        account.display_name,
        account.subject,
        account.erasure,
        expires_at,
        purpose,
        session_id,
        proven,
        account.notices,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
