"""Wrong tries wait, longer each time; the right passkey never does (R140). Kept in the database: any worker may answer the next try.

A try is counted before it is looked at, so that a hundred at once are a hundred; the right one takes its count back. What is counted: this
name from this place, and this place whatever the name. A name from anywhere is not: a stranger elsewhere could keep the true person out,
and gains nothing by coming from many places, since a guess needs a password of fifteen characters and a code at once. Names and places are
digests, counted alike whether or not such an account exists; a day later they are forgotten. A place forgives one after another, or the
mistypes of forty people in one building would add up to a wait that never ends.

Codes behind the right password are counted wherever they come from: six digits alone are guessed soon by whoever has the password and many
addresses. That person can keep the true one out, who comes in with a passkey or an invitation anew; another password begins at nothing.

A passkey is looked at first, and counted when it is refused: nobody guesses a key, and whoever holds the right one comes in at once,
whatever others tried. What is counted of the refused ones keeps them from filling the trail.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta

from api.web.request_refusals import RequestRefused
from crypto_shredding.postgresql.database import RoleConnection, StructureDatabase
from domain.sign_in.sign_in_rules import (
    A_PLACE_FORGIVES_ONE_EVERY,
    FORGOTTEN_AFTER,
    FREE_CODES,
    FREE_TRIES,
    FREE_TRIES_OF_A_PLACE,
    LONGEST_DELAY,
    LONGEST_DELAY_OF_A_PLACE,
    TOLD_AFTER,
    delay_after,
)


class TooManySignIns(RequestRefused):
    """Trop d’essais : attendez avant de recommencer. Avec une clé d’accès, vous entrez tout de suite."""

    status = 429
    code = "too_many_tries"

    def __init__(self, seconds: int) -> None:
        """Say how long to wait."""
        super().__init__()
        self.headers = {"Retry-After": str(seconds)}  # type: ignore[misc]  # This one's own, not its class's.
        self.seconds = seconds

    @property
    def detail(self) -> str:
        """Say how long, in whole seconds."""
        return f"Trop d’essais : attendez {self.seconds} s avant de recommencer. Avec une clé d’accès, vous entrez tout de suite."


class TooManyPasskeys(TooManySignIns):
    """Trop d’essais avec une clé d’accès qui n’ouvre pas : attendez avant de recommencer. La bonne clé entre tout de suite."""

    @property
    def detail(self) -> str:
        """Say how long, in whole seconds."""
        return f"Trop d’essais avec une clé d’accès qui n’ouvre pas : attendez {self.seconds} s. La bonne clé entre tout de suite."


@dataclass(frozen=True, slots=True)
class _Counted:
    subject: bytes
    free: int
    longest: timedelta
    forgives_one_every: timedelta


@dataclass(frozen=True)
class Throttle:
    """The failed attempts of the whole installation."""

    database: StructureDatabase

    def begin(self, name: str, place: str) -> None:
        """Count a try by `name` from `place`. Raises `TooManySignIns` when it comes too early; then it is not counted."""
        with self.database.transaction() as connection:
            # A clock that was set back leaves tries of the future, which would have everybody wait until then.
            sweep = "DELETE FROM {sign_in_failures} WHERE last_at < clock_timestamp() - %s OR last_at > clock_timestamp()"
            connection.execute(self.database.statement(sweep), (FORGOTTEN_AFTER,))
            for counted in _counted(name, place):
                self._count(connection, counted)

    def is_repeated(self, name: str, place: str) -> bool:
        """Tell whether `name` failed so often from `place` that its owner is told."""
        query = self.database.statement("SELECT failures FROM {sign_in_failures} WHERE subject = %s")
        with self.database.connection() as connection:
            row = connection.execute(query, (_counted(name, place)[0].subject,)).fetchone()
        return row is not None and row[0] >= TOLD_AFTER

    def succeeded(self, name: str, place: str) -> None:
        """Take the count of a right try back, and forget the wrong ones of this name from this place."""
        pair, where = (counted.subject for counted in _counted(name, place))
        with self.database.transaction() as connection:
            connection.execute(self.database.statement("DELETE FROM {sign_in_failures} WHERE subject = %s"), (pair,))
            # And nobody of the same place waits for it.
            take_back = "UPDATE {sign_in_failures} SET failures = greatest(failures - 1, 0), last_at = last_at - %s WHERE subject = %s"
            connection.execute(self.database.statement(take_back), (LONGEST_DELAY_OF_A_PLACE, where))

    def forget(self, name: str, place: str) -> None:
        """Forget the wrong tries of `name` from `place`, where the right one was not counted."""
        self._forget(_counted(name, place)[0])

    def begin_code(self, encoded: str) -> None:
        """Count a code behind the password kept as `encoded`, wherever it comes from. Raises `TooManySignIns` as `begin` does."""
        with self.database.transaction() as connection:
            self._count(connection, _behind(encoded))

    def took_code(self, encoded: str) -> None:
        """Forget the wrong codes behind this password: the right one was shown."""
        self._forget(_behind(encoded))

    def _forget(self, counted: _Counted) -> None:
        with self.database.connection() as connection:
            connection.execute(self.database.statement("DELETE FROM {sign_in_failures} WHERE subject = %s"), (counted.subject,))

    def _count(self, connection: RoleConnection, counted: _Counted) -> None:
        statement = self.database.statement
        add = "INSERT INTO {sign_in_failures} (subject, failures) VALUES (%s, 0) ON CONFLICT DO NOTHING"
        connection.execute(statement(add), (counted.subject,))
        look = "SELECT failures, clock_timestamp() - last_at FROM {sign_in_failures} WHERE subject = %s FOR UPDATE"
        row = connection.execute(statement(look), (counted.subject,)).fetchone()
        counted_before, since = row or (0, timedelta())
        failures = max(counted_before - since // counted.forgives_one_every, 0)
        waits = delay_after(failures, free=counted.free, longest=counted.longest) - since
        if failures and waits > timedelta():
            raise TooManySignIns(math.ceil(waits.total_seconds()))
        write = "UPDATE {sign_in_failures} SET failures = %s, last_at = clock_timestamp() WHERE subject = %s"
        connection.execute(statement(write), (failures + 1, counted.subject))


def _counted(name: str, place: str) -> tuple[_Counted, _Counted]:
    """In one order always, so that two tries never wait for each other."""
    return (
        _Counted(_digest("pair", name, place), FREE_TRIES, LONGEST_DELAY, FORGOTTEN_AFTER),
        _Counted(_digest("place", place), FREE_TRIES_OF_A_PLACE, LONGEST_DELAY_OF_A_PLACE, A_PLACE_FORGIVES_ONE_EVERY),
    )


def _behind(encoded: str) -> _Counted:
    return _Counted(_digest("password", encoded), FREE_CODES, LONGEST_DELAY, FORGOTTEN_AFTER)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
