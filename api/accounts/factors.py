"""What people sign in with, in one structure's tables. Every secret is sealed under the structure's key and bound to its account.

A password and a one-time code are one factor row, a passkey is possession and verification at once: nothing opens with less (R130).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crypto_shredding.envelope import Tampered
from crypto_shredding.keys.key_ring import KeyRing
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.sealing import Sealer
from domain.categories import Category
from domain.identifiers import AccountId

_PASSWORD: Final = "password_factors.password"  # noqa: S105  # The place that a sealed value is bound to.
_SEED: Final = "password_factors.totp_seed"
_PASSKEY: Final = "passkeys.public_key"
_ENROLMENT: Final = "enrolment.totp_seed"


@dataclass(frozen=True, slots=True, repr=False)
class PasswordFactor:
    """The password's Argon2id hash, the seed of the one-time codes (base 32), and the latest step whose code was taken."""

    encoded: str
    seed: str
    last_step: int


@dataclass(frozen=True, slots=True, repr=False)
class Passkey:
    """One authenticator of one account. `sign_count` is what it last said of itself."""

    credential_id: bytes
    account: AccountId
    public_key: bytes
    sign_count: int
    name: str
    added_on: date | None = None
    last_used_on: date | None = None


@dataclass(frozen=True)
class Factors:
    """The factors of one structure's accounts."""

    database: StructureDatabase
    sealer: Sealer

    def password_of(self, account: AccountId) -> PasswordFactor | None:
        """Find an account's password and seed. The key is fetched for an account that has none, too: both take as long."""
        query = self.database.statement("SELECT password, totp_seed, totp_last_step FROM {password_factors} WHERE account_id = %s")
        with self.database.connection() as connection:
            row = connection.execute(query, (account,)).fetchone()
        ring = self.sealer.structure_ring()
        if row is None:
            return None
        return PasswordFactor(
            self.sealer.open(ring, _PASSWORD, account, row[0]), self.sealer.open(ring, _SEED, account, row[1]), int(row[2])
        )

    def set_password(self, account: AccountId, factor: PasswordFactor, recovery: Collection[bytes]) -> None:
        """Give an account a password, a seed and recovery codes (by digest), in place of those that it had."""
        ring = self.sealer.structure_ring()
        sealed = (
            self.sealer.seal(ring, Category.STRUCTURE, _PASSWORD, account, factor.encoded),
            self.sealer.seal(ring, Category.STRUCTURE, _SEED, account, factor.seed),
        )
        with self.database.transaction() as connection:
            for table in ("password_factors", "recovery_codes"):
                connection.execute(self.database.statement(f"DELETE FROM {{{table}}} WHERE account_id = %s"), (account,))
            insert = "INSERT INTO {password_factors} (account_id, password, totp_seed, totp_last_step) VALUES (%s, %s, %s, %s)"
            connection.execute(self.database.statement(insert), (account, *sealed, factor.last_step))
            codes = "INSERT INTO {recovery_codes} (account_id, digest) SELECT %s, unnest(%s::bytea[])"
            connection.execute(self.database.statement(codes), (account, list(recovery)))

    def take_step(self, account: AccountId, step: int) -> bool:
        """Take the code of this step, once: two who send the same code at once are one who gets in (R137)."""
        statement = "UPDATE {password_factors} SET totp_last_step = %s WHERE account_id = %s AND totp_last_step < %s"
        return self._changed(statement, step, account, step)

    def use_recovery_code(self, account: AccountId, digest: bytes) -> bool:
        """Use up a recovery code."""
        statement = "UPDATE {recovery_codes} SET used_at = clock_timestamp() WHERE account_id = %s AND digest = %s AND used_at IS NULL"
        return self._changed(statement, account, digest)

    def has_recovery_code(self, account: AccountId, digest: bytes) -> bool:
        """Tell whether this code is the account's and not used yet."""
        query = "SELECT FROM {recovery_codes} WHERE account_id = %s AND digest = %s AND used_at IS NULL"
        with self.database.connection() as connection:
            return connection.execute(self.database.statement(query), (account, digest)).fetchone() is not None

    def recovery_codes_left(self, account: AccountId) -> int:
        """Count the recovery codes that still serve."""
        query = "SELECT count(*) FROM {recovery_codes} WHERE account_id = %s AND used_at IS NULL"
        with self.database.connection() as connection:
            row = connection.execute(self.database.statement(query), (account,)).fetchone()
        return int(row[0]) if row else 0

    def passkeys_of(self, account: AccountId) -> Sequence[Passkey]:
        """List an account's passkeys, the oldest first."""
        return self._passkeys("account_id = %s ORDER BY added_on, credential_id", account)

    def passkey(self, credential_id: bytes) -> Passkey | None:
        """Find a passkey by what its authenticator calls it."""
        return next(iter(self._passkeys("credential_id = %s", credential_id)), None)

    def ways(self) -> dict[AccountId, tuple[str, ...]]:
        """Say for each account what it can sign in with: `passkey`, `password`."""
        query = (
            "SELECT account_id, array_agg(DISTINCT way ORDER BY way) FROM (SELECT account_id, 'passkey' AS way FROM {passkeys}"
            " UNION ALL SELECT account_id, 'password' FROM {password_factors}) AS factors GROUP BY account_id"
        )
        with self.database.connection() as connection:
            return {AccountId(row[0]): tuple(row[1]) for row in connection.execute(self.database.statement(query)).fetchall()}

    def add_passkey(self, key: Passkey) -> bool:
        """Add a passkey; say whether it is a new one."""
        ring = self.sealer.structure_ring()
        # The identifier is sealed with the key: whoever writes the table cannot put one in the place of another.
        value = [key.credential_id.hex(), key.public_key.hex()]
        sealed = self.sealer.seal(ring, Category.STRUCTURE, _PASSKEY, key.account, value)
        statement = (
            "INSERT INTO {passkeys} (credential_id, account_id, public_key, sign_count, name) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING"
        )
        return self._changed(statement, key.credential_id, key.account, sealed, key.sign_count, key.name)

    def count_use(self, key: Passkey, sign_count: int) -> bool:
        """Note what the authenticator says it signed. An authenticator that counts, and did not count on, is a copy: no."""
        statement = (
            "UPDATE {passkeys} SET sign_count = %s, last_used_on = CURRENT_DATE"
            " WHERE credential_id = %s AND (sign_count < %s OR (sign_count = 0 AND %s = 0))"
        )
        return self._changed(statement, sign_count, key.credential_id, sign_count, sign_count)

    def remove_passkey(self, account: AccountId, credential_id: bytes) -> bool:
        """Remove one of an account's passkeys, unless nothing else would let the person in. Two who remove one each wait for each other."""
        lock = "SELECT FROM {passkeys} WHERE account_id = %s ORDER BY credential_id FOR UPDATE"
        statement = (
            "DELETE FROM {passkeys} WHERE account_id = %s AND credential_id = %s"
            " AND (EXISTS (SELECT FROM {password_factors} AS p WHERE p.account_id = %s)"
            " OR EXISTS (SELECT FROM {passkeys} AS p WHERE p.account_id = %s AND p.credential_id <> %s))"
        )
        with self.database.transaction() as connection:
            connection.execute(self.database.statement(lock), (account,))
            parameters = (account, credential_id, account, account, credential_id)
            return connection.execute(self.database.statement(statement), parameters).rowcount == 1

    def forget(self, account: AccountId) -> None:
        """Remove everything that an account signs in with."""
        with self.database.transaction() as connection:
            for table in ("passkeys", "recovery_codes", "password_factors"):
                connection.execute(self.database.statement(f"DELETE FROM {{{table}}} WHERE account_id = %s"), (account,))

    def seal_seed(self, account: AccountId, seed: str) -> str:
        """Seal a seed that the page of an enrolment carries: it comes back as ours, for this account, or not at all."""
        return self.sealer.seal(self.sealer.structure_ring(), Category.STRUCTURE, _ENROLMENT, account, seed).hex()

    def open_seed(self, account: AccountId, sealed: str) -> str:
        """Open what `seal_seed` sealed. Raises `ValueError`, `EnvelopeError`, `KeyUnknown` for anything else."""
        return str(self.sealer.open(self.sealer.structure_ring(), _ENROLMENT, account, bytes.fromhex(sealed)))

    def _passkeys(self, condition: str, value: object) -> list[Passkey]:
        query = "SELECT credential_id, account_id, public_key, sign_count, name, added_on, last_used_on FROM {passkeys} WHERE "
        with self.database.connection() as connection:
            rows = connection.execute(self.database.statement(query + condition), (value,)).fetchall()
        ring = self.sealer.structure_ring()
        return [self._opened(ring, row) for row in rows]

    def _opened(self, ring: KeyRing, row: tuple[Any, ...]) -> Passkey:
        credential_id, account, sealed, *rest = row
        named, public_key = self.sealer.open(ring, _PASSKEY, account, sealed)
        if bytes.fromhex(named) != credential_id:
            raise Tampered("the passkey of another row")
        return Passkey(credential_id, account, bytes.fromhex(public_key), *rest)

    def _changed(self, statement: str, *parameters: object) -> bool:
        with self.database.connection() as connection:
            return connection.execute(self.database.statement(statement), parameters).rowcount == 1
