"""Who may open a record besides its referents, as it is shown to the referents and to the youth (N10-N12, N18).

To the youth nothing says an hour, and who broke the glass is a role, unless the DPO decided that names are told (R037).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from api.web.requests import Caller
from domain.access.relations import Relation
from domain.categories import Category
from domain.identifiers import YouthId
from domain.record.record_access_events import GlassBroken, RightsReferentNamed, Shared
from domain.record.youth_record import YouthRecord
from domain.trail import Operation


@dataclass(frozen=True, slots=True, repr=False)
class AccessView:
    """One access that lasts. `who` is `None` when it is not to be told; `until` is a last day, `ends_at` a minute."""

    relation: Relation
    access: UUID | None
    account: UUID | None
    team: UUID | None
    who: str | None
    categories: tuple[Category, ...]
    purpose: str | None
    until: date | None = None
    ends_at: datetime | None = None
    told: str | None = None
    not_told_because: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PastEmergency:
    """One emergency of this record: the day, who, the reason, and what the DPO found."""

    day: datetime
    who: str | None
    reason: str
    justified: bool | None
    sentence: str | None


def look_at_accesses(caller: Caller, youth: YouthId) -> tuple[list[AccessView], list[PastEmergency]]:
    """Give a referent who else may open a record in their care. Raises `NotAllowed`, `RecordClosed`, `RecordErased`."""
    caller.structure.records.disclose_about(caller.actor, Operation.SHARE_RECORD, youth)
    record, _ = caller.structure.records.find_access(caller.actor, Operation.SHARE_RECORD, youth)
    return accesses_of(caller, record), emergencies_of(caller, record)


def accesses_of(caller: Caller, record: YouthRecord, *, own: bool = False) -> list[AccessView]:
    """List the accesses to `record` that last now, which the caller has read.

    With `own` it speaks to the youth, whom `emergencies_of` tells of an emergency, the day alone.
    """
    names = _names(caller)
    masked = own and record.names_disclosed is None
    granted = [view for view in _granted(caller, record, names, masked=masked) if not own or view.relation is not Relation.BROKEN_GLASS]
    return [*_replacements(caller, record, names), *granted]


def emergencies_of(caller: Caller, record: YouthRecord, *, own: bool = False) -> list[PastEmergency]:
    """List every emergency of `record`, the last one first."""
    names = _names(caller)
    masked = own and record.names_disclosed is None
    found = []
    for access, granted in reversed(record.accesses.items()):
        if isinstance(granted, GlassBroken):
            review = record.glass_reviews.get(access)
            who = None if masked else names.get(granted.account)
            judged = (None, None) if review is None else (review.justified, review.sentence)
            found.append(PastEmergency(granted.timestamp, who, granted.reason, *judged))
    return found


def _names(caller: Caller) -> dict[UUID, str]:
    return {account.account_id: account.display_name for account in caller.structure.accounts.all()}


def _replacements(caller: Caller, record: YouthRecord, names: Mapping[UUID, str]) -> Iterator[AccessView]:
    replacements = caller.structure.records.circle().replacements
    for named in [] if replacements is None else replacements.living(caller.structure.records.clock()):
        if named.replaced in record.referents:
            who = names.get(named.replacing)
            yield AccessView(Relation.REPLACEMENT, None, named.replacing, None, who, (), None, until=named.until)


def _granted(caller: Caller, record: YouthRecord, names: Mapping[UUID, str], *, masked: bool) -> Iterator[AccessView]:
    records = caller.structure.records
    teams = records.circle().teams
    for access, granted in record.living_accesses(records.clock()).items():
        if isinstance(granted, Shared):
            team = None if teams is None or granted.team is None else teams.teams.get(granted.team)
            relation = Relation.NAMED_SHARE if granted.team is None else Relation.TEAM_SHARE
            who = None if team is None else team.name
            yield AccessView(
                relation,
                access,
                granted.account,
                granted.team,
                who if granted.account is None else names.get(granted.account),
                tuple(Category(name) for name in granted.shared_categories),
                granted.purpose,
                until=granted.until,
                told=granted.told,
                not_told_because=granted.not_told_because,
            )
        elif isinstance(granted, RightsReferentNamed):
            who = None if masked else names.get(granted.account)
            account = None if masked else granted.account
            yield AccessView(Relation.RIGHTS_REFERENT, access, account, None, who, (), granted.demand, until=granted.until)
        else:
            who, account = (None, None) if masked else (names.get(granted.account), granted.account)
            ends_at = None if masked else granted.ends_at
            yield AccessView(Relation.BROKEN_GLASS, access, account, None, who, (), granted.reason, ends_at=ends_at)
