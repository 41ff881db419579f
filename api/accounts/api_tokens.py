"""Personal tokens for programs: named, for 90 days at most, for the JSON API alone, never more than the person themself may do.

Kept by digest. A token shows no factor, so what asks for a fresh one (R139) is closed to it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from api.accounts.directory import Directory, Session, session_of
from domain.access.access_policy import purposes_of
from domain.identifiers import AccountId, StructureId
from domain.refusals import DomainError
from domain.trail import CommandKey, Purpose

TOKEN_MARK: Final = "sillage_"  # noqa: S105  # The beginning of every token, by which one that was left lying about is found.
_BYTES: Final = 32
_IDENTIFIER_BYTES: Final = 16


class TokenIsNoSession(DomainError):
    """Un jeton garde la finalité pour laquelle il a été créé, et ne se déconnecte pas : retirez-le, ou créez-en un autre."""

    code = "token_is_no_session"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token, as its owner sees it. `last_used_on` is a day and nothing finer."""

    token_id: UUID
    name: str
    purpose: str
    created_on: date
    expires_on: date
    last_used_on: date | None


@dataclass(frozen=True)
class ApiTokens:
    """The tokens of the whole installation, in the directory."""

    directory: Directory

    def make(self, structure: StructureId, command: CommandKey, name: str, *, purpose: Purpose, lifetime: timedelta) -> str:
        """Make a token; give it, once: it is stored nowhere. Sent again under one key, the token is the same and has another secret."""
        token = TOKEN_MARK + secrets.token_urlsafe(_BYTES)
        statement = (
            "INSERT INTO {api_tokens} (token_id, token_digest, structure_id, account_id, name, purpose, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp() + %s) ON CONFLICT (token_id) DO UPDATE"
            " SET token_digest = EXCLUDED.token_digest, name = EXCLUDED.name, purpose = EXCLUDED.purpose, expires_at = EXCLUDED.expires_at"
        )
        identifier = _identifier(structure, command)
        self._run(statement, identifier, _digest(token), structure, command.account, name, purpose.value, lifetime)
        return token

    def session(self, token: str) -> Session | None:
        """Say whose token this is, or `None`. Its day of use is written once a day. A purpose that the role has lost opens nothing."""
        query = (
            "SELECT structure_id, account_id, purpose, expires_at, token_id, last_used_on IS DISTINCT FROM CURRENT_DATE"
            " FROM {api_tokens} WHERE token_digest = %s AND expires_at > clock_timestamp()"
        )
        rows = self._rows(query, _digest(token))
        if not rows:
            return None
        structure, account_id, purpose, expires_at, token_id, is_first_today = rows[0]
        account = self.directory.accounts_of(structure).get(account_id)
        if account is None or not account.is_active or Purpose(purpose) not in purposes_of(account.role):
            return None
        if is_first_today:
            self._run("UPDATE {api_tokens} SET last_used_on = CURRENT_DATE WHERE token_digest = %s", _digest(token))
        return session_of(account, structure, Purpose(purpose), token_id, expires_at=expires_at, proven=None)

    def of(self, structure: StructureId, account: AccountId) -> list[ApiToken]:
        """List somebody's living tokens, the latest first."""
        query = (
            "SELECT token_id, name, purpose, created_at::date, expires_at::date, last_used_on FROM {api_tokens} AS t"
            " WHERE structure_id = %s AND account_id = %s AND expires_at > clock_timestamp() ORDER BY t.created_at DESC"
        )
        return [ApiToken(*row) for row in self._rows(query, structure, account)]

    def revoke(self, structure: StructureId, account: AccountId, token: UUID | None = None) -> None:
        """Revoke one of somebody's tokens, or all of them."""
        statement = "DELETE FROM {api_tokens} WHERE structure_id = %s AND account_id = %s AND token_id = coalesce(%s, token_id)"
        self._run(statement, structure, account, token)

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        database = self.directory.database
        with database.connection() as connection:
            return connection.execute(database.statement(query), parameters).fetchall()

    def _run(self, statement: str, *parameters: object) -> None:
        database = self.directory.database
        with database.connection() as connection:
            connection.execute(database.statement(statement), parameters)


def must_be_a_session(session: Session) -> None:
    """Refuse to a token what is a session's alone. Raises `TokenIsNoSession`."""
    if session.proven is None:
        raise TokenIsNoSession


def _identifier(structure: StructureId, command: CommandKey) -> UUID:
    digest = hashlib.sha256(structure.bytes + command.account.bytes + command.digest).digest()
    return UUID(bytes=digest[:_IDENTIFIER_BYTES], version=4)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
