"""What the JSON API reads and answers about accesses, emergencies, teams and replacements (R157)."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.accesses import AccessView, PastEmergency
from api.web.representations import Shown
from api.web.schemas import Body, Day, Identifier, Line, Sentence, Year
from domain.access.glass_commands import Emergency
from domain.access.replacements import Replacements
from domain.access.teams import Team
from domain.drafts import EmergencyDraft, HandingOverDraft, ShareDraft
from domain.local_time import day_of
from domain.record.record_access_events import RightsReferentNamed

_CATEGORIES_AT_MOST = 6
_MEMBERS_AT_MOST = 60


class Share(Body):
    """Un partage : avec une personne ou une équipe, des catégories, un but, un dernier jour, et ce que le jeune en sait (N10)."""

    account: Identifier | None = None
    team: Identifier | None = None
    categories: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=_CATEGORIES_AT_MOST)]
    purpose: Sentence
    until: Day
    told: Sentence | None = None
    not_told_because: Sentence | None = None

    def draft(self) -> ShareDraft:
        """Return what the domain judges."""
        return ShareDraft(tuple(self.categories), self.purpose, self.until, self.account, self.team, self.told, self.not_told_because)


class HandingOver(Body):
    """La personne qui accompagne désormais ce jeune (N13)."""

    successor: Identifier
    told: Sentence | None = None
    not_told_because: Sentence | None = None

    def draft(self) -> HandingOverDraft:
        """Return what the domain judges."""
        return HandingOverDraft(self.successor, self.told, self.not_told_because)


class EmergencyDemand(Body):
    """Ouvrir un dossier en urgence : le surnom exact, un détail au moins, la raison en quelques mots (N12)."""

    pseudonym: Line
    reason: Sentence
    birth_year: Year | None = None
    territory: Line | None = None
    referent: Identifier | None = None

    def draft(self) -> EmergencyDraft:
        """Return what the domain judges."""
        return EmergencyDraft(self.pseudonym, self.reason, self.birth_year, self.territory, self.referent)


class Review(Body):
    """Le jugement du DPO : justifié ou non, et une phrase qui ne dit rien du jeune."""

    justified: bool
    sentence: Sentence


class TeamName(Body):
    """Le nom d’une équipe."""

    name: Line


class TeamMembers(Body):
    """Les membres d’une équipe, tous : qui n’y est pas n’en est plus."""

    members: Annotated[list[Identifier], Field(max_length=_MEMBERS_AT_MOST)]


class ReplacementDemand(Body):
    """Qui remplace, jusqu’à quel dernier jour. `replaced` n’est lu que de l’administration."""

    replacing: Identifier
    until: Day
    replaced: Identifier | None = None


class NamesDecision(Body):
    """Pourquoi ce jeune lit les noms (R037)."""

    reason: Sentence


class RightsReferentDemand(Body):
    """Qui prépare la réponse à quelle demande, jusqu’à quel dernier jour."""

    account: Identifier
    demand: Line
    until: Day


class AccessShown(Shown):
    """Un accès en cours, en plus des référent·es."""

    relation: str
    access: UUID | None
    account: UUID | None
    team: UUID | None
    who: str | None
    categories: list[str]
    purpose: str | None
    until: date | None
    ends_at: datetime | None
    told: str | None
    not_told_because: str | None

    @classmethod
    def of(cls, view: AccessView) -> Self:
        """Show one access."""
        return cls(
            relation=view.relation.value,
            access=view.access,
            account=view.account,
            team=view.team,
            who=view.who,
            categories=[category.value for category in view.categories],
            purpose=view.purpose,
            until=view.until,
            ends_at=view.ends_at,
            told=view.told,
            not_told_because=view.not_told_because,
        )


class PastEmergencyShown(Shown):
    """Un accès d’urgence passé : le jour, jamais l’heure."""

    day: date
    who: str | None
    reason: str
    justified: bool | None
    sentence: str | None

    @classmethod
    def of(cls, past: PastEmergency) -> Self:
        """Show one."""
        return cls(day=day_of(past.day), who=past.who, reason=past.reason, justified=past.justified, sentence=past.sentence)


class AccessesShown(Shown):
    """Qui peut ouvrir ce dossier, et qui l’a ouvert en urgence."""

    accesses: list[AccessShown]
    emergencies: list[PastEmergencyShown]

    @classmethod
    def of(cls, views: list[AccessView], past: list[PastEmergency]) -> Self:
        """Show both lists."""
        return cls(accesses=[AccessShown.of(view) for view in views], emergencies=[PastEmergencyShown.of(one) for one in past])


class EmergencyOpened(Shown):
    """Le dossier est ouvert, à lire, jusqu’à cette minute."""

    record: UUID
    ends_at: datetime


class EmergencyShown(Shown):
    """Un accès d’urgence tel que le DPO le relit. `reason` manque quand le dossier est fermé ou effacé depuis."""

    access: UUID
    at: datetime
    account: UUID
    review_by: date
    reason: str | None
    reviewed: bool
    justified: bool | None
    sentence: str | None

    @classmethod
    def of(cls, emergency: Emergency) -> Self:
        """Show one."""
        entry = emergency.entry
        return cls(
            access=entry.access,
            at=entry.timestamp,
            account=entry.account,
            review_by=entry.review_by,
            reason=None if emergency.granted is None else emergency.granted.reason,
            reviewed=emergency.is_reviewed,
            justified=emergency.justified,
            sentence=None if emergency.review is None else emergency.review.sentence,
        )


class TeamShown(Shown):
    """Une équipe et ses membres."""

    id: UUID
    name: str
    members: list[UUID]

    @classmethod
    def of(cls, team: Team) -> Self:
        """Show one team."""
        return cls(id=team.id, name=team.name, members=sorted(team.members))


class ReplacementShown(Shown):
    """Un remplacement en cours."""

    id: UUID
    replaced: UUID
    replacing: UUID
    until: date

    @classmethod
    def of(cls, named: Replacements.Named) -> Self:
        """Show one replacement."""
        return cls(id=named.replacement, replaced=named.replaced, replacing=named.replacing, until=named.until)


class DecisionShown(Shown):
    """Si le jeune lit les noms, et pourquoi."""

    disclosed: bool
    reason: str | None


class RightsReferentShown(Shown):
    """Une personne nommée pour préparer la réponse à une demande."""

    access: UUID
    account: UUID
    demand: str
    until: date

    @classmethod
    def of(cls, named: RightsReferentNamed) -> Self:
        """Show one."""
        return cls(access=named.access, account=named.account, demand=named.demand, until=named.until)
