"""What an authenticator is asked to sign: 32 random bytes, drawn here, good once, for a few minutes, one use and one holder."""

import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from crypto_shredding.postgresql.database import StructureDatabase

_BYTES: Final = 32
LIFETIME: Final = timedelta(minutes=5)


class Use(StrEnum):
    """What the signature is for: one drawn for another use is refused."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    PROVE = "prove"


@dataclass(frozen=True)
class Challenges:
    """The living challenges of the whole installation, by digest: any worker may receive the answer."""

    database: StructureDatabase

    def draw(self, use: Use, holder: UUID | None = None) -> bytes:
        """Draw a challenge. `holder` is the account that must answer, if it is known. Those that ran out are swept on the way."""
        challenge = os.urandom(_BYTES)
        insert = "INSERT INTO {challenges} (digest, purpose, holder, expires_at) VALUES (%s, %s, %s, clock_timestamp() + %s)"
        with self.database.connection() as connection:
            connection.execute(self.database.statement("DELETE FROM {challenges} WHERE expires_at < clock_timestamp()"))
            connection.execute(self.database.statement(insert), (_digest(challenge), use.value, holder, LIFETIME))
        return challenge

    def take(self, challenge: bytes, use: Use, holder: UUID | None = None) -> bool:
        """Use a challenge up: of two who answer it at once, one is told yes."""
        statement = (
            "DELETE FROM {challenges} WHERE digest = %s AND purpose = %s AND holder IS NOT DISTINCT FROM %s"
            " AND expires_at > clock_timestamp()"
        )
        with self.database.connection() as connection:
            taken = connection.execute(self.database.statement(statement), (_digest(challenge), use.value, holder))
            return taken.rowcount == 1


def _digest(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()
