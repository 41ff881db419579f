"""The accounts of one structure. A youth's account carries no name: the record's identifier, and after an erasure its receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from crypto_shredding.postgresql.database import RoleConnection, StructureDatabase
from domain.identifiers import AccountId, YouthId
from domain.refusals import DomainError, FieldRefused
from domain.trail import Role

_COLUMNS: Final = (
    "account_id, role, display_name, initials, subject_id, erasure_id, sign_in_name, created_at::date, last_used_on, reviewed_on,"
    " deactivated_at IS NULL, notices"
)
_ONE_AT_A_TIME: Final = 0x51_11_AC_C0
"""Any constant does: the acts that could leave a structure without an administrator take the same advisory lock."""
_CAN_ADMINISTER: Final = (
    "SELECT account_id FROM {accounts} AS a WHERE role = 'administrator' AND deactivated_at IS NULL AND ("
    " EXISTS (SELECT FROM {passkeys} AS p WHERE p.account_id = a.account_id)"
    " OR EXISTS (SELECT FROM {password_factors} AS p WHERE p.account_id = a.account_id))"
)
_UNUSED: Final = "deactivated_at IS NULL AND role <> 'youth' AND coalesce(last_used_on, created_at::date) < CURRENT_DATE - %s"
_NOTICES_AT_MOST: Final = 10


class LastAdministrator(DomainError):
    """C'est le dernier compte d'administration : sans lui, plus personne ne pourrait inviter. Invitez d'abord quelqu'un d'autre."""

    code = "last_administrator"


class SignInNameTaken(FieldRefused):
    """Cet identifiant est déjà pris dans votre structure. Choisissez-en un autre."""

    code = "sign_in_name_taken"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. `initials` are how colleagues write each other's names in their files."""

    account_id: AccountId
    role: Role
    display_name: str
    initials: str | None = None
    subject: YouthId | None = None
    erasure: UUID | None = None
    sign_in_name: str | None = None
    created_on: date | None = None
    last_used_on: date | None = None
    """A day and nothing finer: nobody's work is measured (R086)."""
    reviewed_on: date | None = None
    is_active: bool = True
    notices: tuple[str, ...] = ()
    """What changed about the ways of signing in and was not seen yet: « day kind »."""


@dataclass(frozen=True)
class Accounts:
    """The table of accounts of one structure."""

    database: StructureDatabase

    def all(self) -> list[Account]:
        """List the accounts, by role and name, the closed ones too: what they wrote bears their names."""
        query = self.database.statement(f"SELECT {_COLUMNS} FROM {{accounts}} ORDER BY role, display_name, account_id")
        with self.database.connection() as connection:
            return [_account(row) for row in connection.execute(query).fetchall()]

    def get(self, account: AccountId) -> Account | None:
        """Find an account."""
        query = self.database.statement(f"SELECT {_COLUMNS} FROM {{accounts}} WHERE account_id = %b")
        with self.database.connection() as connection:
            rows = connection.rows(query, (account,))
        return _account(rows[0]) if rows else None

    def named(self, sign_in_name: str) -> Account | None:
        """Find the account that signs in under this name."""
        query = self.database.statement(f"SELECT {_COLUMNS} FROM {{accounts}} WHERE sign_in_name = %b")
        with self.database.connection() as connection:
            rows = connection.rows(query, (sign_in_name,))
        return _account(rows[0]) if rows else None

    def add(self, account: Account) -> None:
        """Create an account. Does nothing when it is there already."""
        statement = self.database.statement(
            "INSERT INTO {accounts} (account_id, role, display_name, initials, subject_id) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
        )
        with self.database.connection() as connection:
            connection.execute(statement, (account.account_id, account.role.value, account.display_name, account.initials, account.subject))

    def must_be_free(self, name: str, account: AccountId, field: str = "sign_in_name") -> None:
        """Look whether `account` may sign in under `name`. Raises `SignInNameTaken`."""
        holder = self.named(name)
        if holder is not None and holder.account_id != account:
            raise SignInNameTaken(field)

    def give_sign_in_name(self, account: AccountId, name: str, field: str = "sign_in_name") -> None:
        """Have an account sign in under `name`. Raises `SignInNameTaken`."""
        try:
            self._run("UPDATE {accounts} SET sign_in_name = %s WHERE account_id = %s", name, account)
        except psycopg.errors.UniqueViolation:
            raise SignInNameTaken(field) from None

    def change_role(self, account: AccountId, role: Role) -> None:
        """Give an account another role. Raises `LastAdministrator`."""
        with self.database.transaction() as connection:
            if role is not Role.ADMINISTRATOR:
                self._must_leave_an_administrator(connection, account)
            connection.execute(self.database.statement("UPDATE {accounts} SET role = %s WHERE account_id = %s"), (role.value, account))

    def close(self, account: AccountId) -> None:
        """Close an account; nothing of it opens from now on. Raises `LastAdministrator`."""
        with self.database.transaction() as connection:
            self._must_leave_an_administrator(connection, account)
            statement = "UPDATE {accounts} SET deactivated_at = clock_timestamp() WHERE account_id = %s AND deactivated_at IS NULL"
            connection.execute(self.database.statement(statement), (account,))

    def reopen(self, account: AccountId) -> None:
        """Open a closed account again, as if it had been used today; any other is left alone."""
        statement = "UPDATE {accounts} SET deactivated_at = NULL, last_used_on = CURRENT_DATE"
        self._run(f"{statement} WHERE account_id = %s AND deactivated_at IS NOT NULL", account)

    def unused(self, unused_for: timedelta) -> Sequence[AccountId]:
        """Give the open accounts of staff that nobody used for so long, the longest unused first (R156)."""
        in_order = "ORDER BY coalesce(last_used_on, created_at::date)"
        query = self.database.statement(f"SELECT account_id FROM {{accounts}} WHERE {_UNUSED} {in_order}")
        with self.database.connection() as connection:
            return [AccountId(row[0]) for row in connection.execute(query, (unused_for.days,)).fetchall()]

    def clock_is_believed(self) -> bool | None:
        """Tell whether the database has told about this time for a day; `None` when it sealed nothing for forty days to judge it by."""
        with self.database.connection() as connection:
            believed: bool | None = connection.execute(self.database.statement("SELECT {clock_is_believed}()")).fetchall()[0][0]
        return believed

    def close_unused(self, account: AccountId, unused_for: timedelta) -> bool:
        """Close an account that nobody used for so long. Somebody who came in meanwhile keeps it. Raises `LastAdministrator`."""
        statement = f"UPDATE {{accounts}} SET deactivated_at = clock_timestamp() WHERE {_UNUSED} AND account_id = %s"
        with self.database.transaction() as connection:
            self._must_leave_an_administrator(connection, account)
            return connection.execute(self.database.statement(statement), (unused_for.days, account)).rowcount == 1

    def mark_used(self, account: AccountId) -> None:
        """Note that the account was used today. Writes once a day at most."""
        self._run(
            "UPDATE {accounts} SET last_used_on = CURRENT_DATE WHERE account_id = %s AND last_used_on IS DISTINCT FROM CURRENT_DATE",
            account,
        )

    def mark_reviewed(self, account: AccountId) -> None:
        """Note that somebody confirmed today that this account is still needed, in this role."""
        self._run("UPDATE {accounts} SET reviewed_on = CURRENT_DATE WHERE account_id = %s", account)

    def tell(self, account: AccountId, kind: str) -> None:
        """Leave a notice for the person's next page. The oldest give way."""
        self._run(
            "UPDATE {accounts} SET notices = (notices || (CURRENT_DATE::text || ' ' || %s::text))[greatest(1, cardinality(notices) - %s):]"
            " WHERE account_id = %s",
            *(kind, _NOTICES_AT_MOST - 2, account),
        )

    def tell_of_failure(self, account: AccountId, kind: str = "failed") -> None:
        """Leave one notice a day that somebody tried to sign in and failed. Writes nothing for an account that is not there."""
        self._run(
            "UPDATE {accounts} SET notices = notices || (CURRENT_DATE::text || ' ' || %s::text) WHERE account_id = %s"
            " AND NOT (CURRENT_DATE::text || ' ' || %s::text) = ANY(notices) AND cardinality(notices) < %s",
            *(kind, account, kind, _NOTICES_AT_MOST),
        )

    def forget_notices(self, account: AccountId, but: str = "") -> None:
        """Forget what the person has seen, `but` the notices of one kind."""
        kept = "ARRAY(SELECT notice FROM unnest(notices) AS notice WHERE split_part(notice, ' ', 2) = %s)"
        self._run(f"UPDATE {{accounts}} SET notices = {kept} WHERE account_id = %s", but, account)

    def administrators(self) -> set[AccountId]:
        """Give who can sign in as an administrator."""
        with self.database.connection() as connection:
            return {AccountId(row[0]) for row in connection.execute(self.database.statement(_CAN_ADMINISTER)).fetchall()}

    def may_close(self, account: AccountId) -> bool:
        """Tell whether somebody who administrates would be left without this account, as it stands now."""
        try:
            with self.database.transaction() as connection:
                self._must_leave_an_administrator(connection, account)
        except LastAdministrator:
            return False
        return True

    def _must_leave_an_administrator(self, connection: RoleConnection, leaving: AccountId) -> None:
        connection.execute(b"SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_ONE_AT_A_TIME & 0x7FFFFFFF, self.database.schema))
        found = connection.execute(self.database.statement("SELECT role FROM {accounts} WHERE account_id = %s"), (leaving,)).fetchone()
        if found is None or found[0] != Role.ADMINISTRATOR.value:
            return
        left = {row[0] for row in connection.execute(self.database.statement(_CAN_ADMINISTER)).fetchall()} - {leaving}
        if not left:
            raise LastAdministrator

    def _run(self, statement: str, *parameters: object) -> None:
        with self.database.connection() as connection:
            connection.execute(self.database.statement(statement), parameters)


def _account(row: tuple[Any, ...]) -> Account:
    account_id, role, name, initials, subject, erasure, *rest = row
    sign_in_name, created_on, last_used_on, reviewed_on, is_active, notices = rest
    return Account(
        AccountId(account_id),
        Role(role),
        name,
        initials,
        subject,
        erasure,
        sign_in_name=sign_in_name,
        created_on=created_on,
        last_used_on=last_used_on,
        reviewed_on=reviewed_on,
        is_active=is_active,
        notices=tuple(notices),
    )
