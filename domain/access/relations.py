"""What somebody is to one record at one moment, and how that is found: from the record first, then from the structure (design §8).

A relation is never stored by itself. It follows from the events of the record (referents, shares, emergencies, rights referents), and for
teams and replacements from two small streams of the structure, all of them read when the decision is made: none of it can be late (R152).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from domain.access.replacements import Replacements
from domain.access.teams import Teams
from domain.categories import YOUTH_CATEGORIES, Category
from domain.oblivion.erasure import Erasure
from domain.record.record_access_events import RightsReferentNamed, Shared
from domain.record.youth_record import YouthRecord
from domain.reports.protection_report import ProtectionReport
from domain.trail import Actor, Role


class Relation(StrEnum):
    """What somebody is to a record. Operations that touch no record are asked with `NONE`."""

    REFERENT = "referent"
    SELF = "self"
    REPLACEMENT = "replacement"
    """Stands in for a referent (N11)."""
    NAMED_SHARE = "named_share"
    """A referent shared it with this colleague (N10)."""
    TEAM_SHARE = "team_share"
    """A referent shared it with a team, and this is one of its members at this moment."""
    RIGHTS_REFERENT = "rights_referent"
    """Prepares the answer to a demand of rights, by the DPO's decision (design §8)."""
    BROKEN_GLASS = "broken_glass"
    """Opened it in an emergency, less than sixty minutes ago (N12)."""
    AUTHOR = "author"
    """Of a child-protection report; so are the two that follow (N38)."""
    COUNTERSIGNER = "countersigner"
    ADDRESSEE = "addressee"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """One relation to one record, which categories it could open at most, and until when: a last day, a minute, or no end."""

    relation: Relation
    categories: frozenset[Category] = frozenset(YOUTH_CATEGORIES)
    until: date | datetime | None = None


@dataclass(frozen=True)
class Circle:
    """The structure's teams and replacements, read when a decision first asks for them."""

    read_teams: Callable[[], Teams | None]
    read_replacements: Callable[[], Replacements | None]

    @cached_property
    def teams(self) -> Teams | None:
        """The teams as they are now."""
        return self.read_teams()

    @cached_property
    def replacements(self) -> Replacements | None:
        """The replacements, for the clock to tell which of them last."""
        return self.read_replacements()

    def replaced_by(self, account: UUID, at: datetime) -> dict[UUID, date]:
        """Give whom `account` stands in for, each with the last day."""
        return {} if self.replacements is None else self.replacements.replaced_by(account, at)

    def teams_of(self, account: UUID) -> frozenset[UUID]:
        """Give the teams that `account` is in."""
        return frozenset() if self.teams is None else self.teams.of(account)


def standings_of(actor: Actor, record: YouthRecord, circle: Circle, at: datetime) -> tuple[Standing, ...]:
    """Give all that `actor` is to `record` at the moment `at`; nothing for whoever is nothing to it."""
    nearest = relation_of(actor, record)
    if nearest is not Relation.NONE:
        return (Standing(nearest),)
    if actor.role is not Role.EDUCATOR:
        return ()
    return (*_replacing(actor, record, circle, at), *_granted(actor, record, circle, at))


def relation_of(actor: Actor, record: YouthRecord) -> Relation:
    """Say whether `actor` is the youth of `record` or its referent, for good; `NONE` for whoever else, temporary access or not."""
    if actor.role is Role.YOUTH and actor.subject == record.id:
        return Relation.SELF
    if actor.role is Role.EDUCATOR and actor.account in record.referents:
        return Relation.REFERENT
    return Relation.NONE


def relation_to_erased(actor: Actor, erasure: Erasure) -> Relation:
    """Say what `actor` was to the record that `erasure` closed: all that is left to know it by."""
    if actor.role is Role.YOUTH and (actor.subject == erasure.subject or actor.erasure == erasure.id):
        return Relation.SELF
    if actor.role is Role.EDUCATOR and erasure.may_tell(actor.account):
        return Relation.REFERENT
    return Relation.NONE


def relation_to_report(actor: Actor, report: ProtectionReport) -> Relation:
    """Say what `actor` is to a child-protection report. Having the youth's record in one's care is nothing here."""
    named = {
        report.author: Relation.AUTHOR,
        report.countersigner: Relation.COUNTERSIGNER,
        report.addressee_account: Relation.ADDRESSEE,
    }
    return named.get(actor.account, Relation.NONE)


def _replacing(actor: Actor, record: YouthRecord, circle: Circle, at: datetime) -> Iterator[Standing]:
    replaced = circle.replaced_by(actor.account, at)
    days = [replaced[referent] for referent in record.referents if referent in replaced]
    if days:
        yield Standing(Relation.REPLACEMENT, until=max(days))


def _granted(actor: Actor, record: YouthRecord, circle: Circle, at: datetime) -> Iterator[Standing]:
    for granted in record.accesses_for(actor.account, at):
        if isinstance(granted, Shared):
            categories = frozenset(Category(name) for name in granted.shared_categories)
            if granted.account == actor.account:
                yield Standing(Relation.NAMED_SHARE, categories, granted.until)
            elif granted.team is not None and granted.team in circle.teams_of(actor.account):
                yield Standing(Relation.TEAM_SHARE, categories, granted.until)
        elif granted.account != actor.account:
            continue
        elif isinstance(granted, RightsReferentNamed):
            yield Standing(Relation.RIGHTS_REFERENT, until=granted.until)
        else:
            yield Standing(Relation.BROKEN_GLASS, until=granted.ends_at)
