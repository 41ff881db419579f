"""The caseload of an educator: the youths they accompany, those they stand in for somebody with, those shared with them (N8-N11).

The rows are decrypted with the keys of the youths who are on them, and filtered in memory: there is no index of names (design §5). The view
proposes and the clock disposes: what has ended by itself is left out here, and what the view has not folded yet is marked, to be asked of
the record itself.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from domain.access.relations import Relation
from domain.categories import Category
from domain.identifiers import AccountId, YouthId
from domain.local_time import day_of
from domain.texts import plain
from projections import shares_fold
from projections.caseload_fold import TABLE, open_follow_up
from projections.queries import statements
from projections.store import Database, Sealer

_ALL: Final = frozenset({Category.CORE, Category.FOLLOW_UP})
"""The categories that a row is made of."""
_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody sees beyond their own: whom they stand in for and to which day, their teams, and the moment at which that is so."""

    at: datetime
    replaced: Mapping[UUID, date] = field(default_factory=dict)
    teams: Collection[UUID] = ()


@dataclass(frozen=True, slots=True, repr=False)
class CaseloadRow:
    """One youth of a caseload. `last_contact` is the day of the first meeting until a contact was written.

    `until` is the last day of what is not for good. Fields of a category that is not in `categories` are empty. `is_late` says that the
    view may not know everything that decides about it: the record itself is to be asked.
    """

    youth: YouthId
    pseudonym: str
    territory: str | None
    last_contact: date | None
    next_deadline: date | None
    contacts: int
    relation: Relation = Relation.REFERENT
    until: date | None = None
    categories: frozenset[Category] = _ALL
    is_late: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        """Name the class alone: the fields are a person's."""
        return f"<{type(self).__name__}>"

    def within(self, categories: Collection[Category]) -> "CaseloadRow":
        """Give the row without what is of another category."""
        kept = self.categories & frozenset(categories)
        if Category.FOLLOW_UP in kept:
            return replace(self, categories=kept)
        return replace(self, categories=kept, last_contact=None, next_deadline=None, contacts=0)


class Caseload:
    """Reads caseloads. The caller decides who may see one, and commits a line naming each youth before showing any (invariant 2)."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        sql = statements(database, "caseload")
        self._of_accounts, self._shared_with, self._closed = sql["of_accounts"], sql["shared_with"], sql["closed"]
        self._everybody = sql["everybody"]

    def of(self, account: AccountId, search: str = "", reach: Reach | None = None) -> tuple[CaseloadRow, ...]:
        """Give the youths of `account` whose pseudonym contains `search`, accents and case aside, in the order of their pseudonyms.

        With `reach`, those who are theirs for a time as well, each youth once, by the widest relation. A youth whose erasure was asked for
        is not among them, however far the views have come. Raises what the sealer raises.
        """
        replaced = {} if reach is None else reach.replaced
        holders = [] if reach is None else [account, *reach.teams]
        with self._database.connection() as connection:
            stored = connection.execute(self._of_accounts, ([account, *replaced],), prepare=True, binary=True).fetchall()
            shared = connection.execute(self._shared_with, (holders,), prepare=True, binary=True).fetchall() if holders else []
        rings = self._sealer.rings({row[0] for row in (*stored, *shared)})
        found: dict[UUID, CaseloadRow] = {}
        for row in (*self._held(stored, rings, account, replaced), *self._shared(shared, rings, reach)):
            found[row.youth] = _wider(found.get(row.youth), row)
        wanted = plain(search)
        rows = [row for row in found.values() if wanted in plain(row.pseudonym)]
        return tuple(sorted(rows, key=lambda row: (plain(row.pseudonym), row.youth)))

    def named(self, pseudonym: str) -> tuple[YouthId, ...]:
        """Give every record of the structure that bears this very nickname, accents and case aside: for an emergency alone (N12).

        It opens each of them, whether one is found or not: its time says how many youths there are, and nothing of any of them.
        """
        wanted, found = plain(pseudonym), []
        with self._database.connection() as connection:
            stored = connection.execute(self._everybody, prepare=True, binary=True).fetchall()
        for begin in range(0, len(stored), _ROWS_AT_ONCE):
            batch = stored[begin : begin + _ROWS_AT_ONCE]
            rings = self._sealer.rings([subject for subject, _ in batch])
            for subject, core in batch:
                about = None if rings[subject].erased else self._sealer.open(rings[subject], TABLE, subject, core)
                if about is not None and plain(about["pseudonym"]) == wanted:
                    found.append(YouthId(subject))
        return tuple(found)

    def still_open(self, rows: Sequence[CaseloadRow]) -> tuple[CaseloadRow, ...]:
        """Leave out of `rows` whoever's erasure was asked for since they were read: for once the lines that name them are committed."""
        if not rows:
            return ()
        with self._database.connection() as connection:
            found = connection.execute(self._closed, ([row.youth for row in rows],), prepare=True, binary=True).fetchall()
        closed = {subject for (subject,) in found}
        return tuple(row for row in rows if row.youth not in closed)

    def _held(
        self, stored: Sequence[Any], rings: Mapping[UUID, Any], account: AccountId, replaced: Mapping[UUID, date]
    ) -> Iterator[CaseloadRow]:
        for subject, holder, core, seen, is_late in stored:
            if rings[subject].erased:
                continue
            row = replace(self._open(rings[subject], subject, core, seen), is_late=bool(is_late))
            yield row if holder == account else replace(row, relation=Relation.REPLACEMENT, until=replaced[holder])

    def _shared(self, stored: Sequence[Any], rings: Mapping[UUID, Any], reach: Reach | None) -> Iterator[CaseloadRow]:
        for subject, access, sealed, core, seen in stored:
            ring = rings[subject]
            share = None if ring.erased else self._sealer.open(ring, shares_fold.TABLE, shares_fold.place_of(access, subject), sealed)
            if share is None or reach is None or day_of(reach.at) > (until := date.fromisoformat(share["until"])):
                continue
            row = self._open(ring, subject, core, seen).within([Category(name) for name in share["categories"]])
            # Whether it counts for whoever asks, who may have handed this very record over since, only the record knows.
            yield replace(row, relation=Relation.NAMED_SHARE, until=until, is_late=True)

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


_WIDEST_FIRST: Final = (Relation.REFERENT, Relation.REPLACEMENT, Relation.NAMED_SHARE)


def _wider(held: CaseloadRow | None, row: CaseloadRow) -> CaseloadRow:
    """Keep the wider of two rows of one youth; two shares add up."""
    if held is None:
        return row
    if held.relation is row.relation is Relation.NAMED_SHARE:
        wider, other = (held, row) if Category.FOLLOW_UP in held.categories else (row, held)
        days = [day for day in (held.until, row.until) if day is not None]
        return replace(wider, categories=wider.categories | other.categories, until=max(days, default=None))
    return min(held, row, key=lambda one: _WIDEST_FIRST.index(one.relation))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
