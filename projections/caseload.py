"""The caseload of an educator: the youths they are a referent of, with the last contact and the next deadline (N8, N9).

The rows are decrypted with the keys of the youths who are on them, and filtered in memory: there is no index of names (design §5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.identifiers import AccountId, YouthId
from domain.texts import plain
from projections.caseload_fold import TABLE, open_follow_up
from projections.queries import statements
from projections.store import Database, Sealer


@dataclass(frozen=True, slots=True, repr=False)
class CaseloadRow:
    """One youth of a caseload. `last_contact` is the day of the first meeting until a contact was written."""

    youth: YouthId
    pseudonym: str
    territory: str | None
    last_contact: date | None
    next_deadline: date | None
    contacts: int

    def __repr__(self) -> str:
        """Name the class alone: the fields are a person's."""
        return f"<{type(self).__name__}>"


class Caseload:
    """Reads caseloads. The caller decides who may see one, and commits a line naming each youth before showing any (invariant 2)."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        sql = statements(database, "caseload")
        self._of_account, self._closed = sql["of_account"], sql["closed"]

    def of(self, account: AccountId, search: str = "") -> tuple[CaseloadRow, ...]:
        """Give the youths of `account` whose pseudonym contains `search`, accents and case aside, in the order of their pseudonyms.

        A youth whose erasure was asked for is not among them, however far the views have come. Raises what the sealer raises.
        """
        with self._database.connection() as connection:
            stored = connection.execute(self._of_account, (account,), prepare=True, binary=True).fetchall()
        rings = self._sealer.rings([subject for subject, _, _ in stored])
        rows = [self._open(rings[subject], subject, core, seen) for subject, core, seen in stored if not rings[subject].erased]
        wanted = plain(search)
        return tuple(sorted((row for row in rows if wanted in plain(row.pseudonym)), key=lambda row: (plain(row.pseudonym), row.youth)))

    def still_open(self, rows: Sequence[CaseloadRow]) -> tuple[CaseloadRow, ...]:
        """Leave out of `rows` whoever's erasure was asked for since they were read: for once the lines that name them are committed."""
        if not rows:
            return ()
        with self._database.connection() as connection:
            found = connection.execute(self._closed, ([row.youth for row in rows],), prepare=True, binary=True).fetchall()
        closed = {subject for (subject,) in found}
        return tuple(row for row in rows if row.youth not in closed)

    def _open(self, ring: Any, subject: UUID, core: bytes, sealed_follow_up: bytes | None) -> CaseloadRow:
        about = self._sealer.open(ring, TABLE, subject, core)
        follow_up = open_follow_up(self._sealer, ring, subject, sealed_follow_up)
        return CaseloadRow(
            youth=YouthId(subject),
            pseudonym=about["pseudonym"],
            territory=about["territory"],
            last_contact=_day(follow_up.last_contact or about["first_contact"]),
            next_deadline=_day(min(follow_up.deadlines.values(), default=None)),
            contacts=follow_up.contacts,
        )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
