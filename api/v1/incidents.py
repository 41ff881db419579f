"""Incidents and anomalies, for the DPO: a stated reason before anything about one person is shown (R086, R088)."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BeforeValidator

from api.desk.incident_desk import AnomalyLook, look_at_anomalies, look_at_deeds, open_incident, treat_anomaly
from api.v1.answers import READING, WRITING
from api.v1.trail import HIGHEST_LINE, LineShown, TrailShown
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import Command, SignedIn
from api.web.schemas import Body, Day, Identifier, Sentence
from domain.desk.incident import Conclusion, Incident
from domain.identifiers import AccountId
from domain.trail import Operation
from projections.access_trail import PAGE

router = APIRouter(tags=["protection des données"])

MOST_FILES = 100_000
FileNumber = Annotated[int, Path(ge=1, le=MOST_FILES, description="Le numéro au registre.")]


def _conclusion(value: object) -> object:
    return Conclusion(value) if isinstance(value, str) and value in set(Conclusion) else value


class IncidentDemand(Body):
    """Pourquoi regarder ce qu’une personne a fait, et de quel jour à quel jour."""

    account: Identifier
    first: Day
    last: Day
    reason: Sentence


class ConclusionSaid(Body):
    """Ce qu’il en est."""

    conclusion: Annotated[Conclusion, BeforeValidator(_conclusion)]
    words: Sentence


class AnomalyTreated(Body):
    """Ce qui explique l’alerte ; absent, un incident est ouvert."""

    explained: Sentence | None = None


class NumberShown(Shown):
    """A file of a register, by its number."""

    number: int


class IncidentShown(Shown):
    """An incident."""

    number: int
    account: UUID
    since: datetime
    until: datetime
    reason: str
    anomaly: str | None
    opened_at: datetime
    opened_by: UUID
    conclusion: str | None
    words: str | None

    @classmethod
    def of(cls, number: int, incident: Incident) -> Self:
        """Show one."""
        concluded = incident.concluded
        return cls(
            number=number,
            account=incident.account,
            since=incident.since,
            until=incident.until,
            reason=incident.reason,
            anomaly=incident.anomaly,
            opened_at=incident.created_on,
            opened_by=incident.by,
            conclusion=None if concluded is None else concluded.conclusion,
            words=None if concluded is None else concluded.words,
        )


class AnomalyShown(Shown):
    """One episode. `incident` is where it was treated."""

    key: str
    rule: str
    account: UUID
    role: str
    since: datetime
    until: datetime
    incident: int | None

    @classmethod
    def of(cls, look: AnomalyLook) -> Self:
        """Show one."""
        found = look.anomaly
        return cls(
            key=found.key,
            rule=found.rule.value,
            account=found.account,
            role=found.role,
            since=found.since,
            until=found.until,
            incident=look.incident,
        )


@router.get("/incidents", operation_id="listIncidents", responses=READING)
@leaves(Operation.MANAGE_INCIDENTS)
def list_incidents(caller: SignedIn) -> list[IncidentShown]:
    """Lister les incidents, du plus récent au plus ancien."""
    return [IncidentShown.of(number, incident) for number, incident in caller.structure.records.read_files(caller.actor, Incident)]


@router.post("/incidents", status_code=201, operation_id="openIncident", responses=WRITING)
@leaves(Operation.MANAGE_INCIDENTS)
def begin_incident(body: IncidentDemand, caller: SignedIn, command: Command) -> NumberShown:
    """Ouvrir un incident : une personne, des jours, une raison."""
    return NumberShown(number=open_incident(caller, AccountId(body.account), body.first, body.last, body.reason, command=command))


@router.get("/incidents/{number}/trail", operation_id="readIncidentTrail", responses=READING)
@leaves(Operation.INVESTIGATE)
def read_incident_trail(
    number: FileNumber,
    caller: SignedIn,
    before: Annotated[int | None, Query(ge=1, le=HIGHEST_LINE)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> TrailShown:
    """Lire ce que la personne d’un incident a fait. La ligne de cette lecture renvoie à l’incident."""
    _, page = look_at_deeds(caller, number, before=before, limit=limit)
    return TrailShown(items=[LineShown.of(line) for line in page.lines], next=page.before)


@router.post("/incidents/{number}/conclusion", operation_id="concludeIncident", responses=WRITING)
@leaves(Operation.MANAGE_INCIDENTS)
def conclude_incident(number: FileNumber, body: ConclusionSaid, caller: SignedIn, command: Command) -> NumberShown:
    """Dire ce qu’il en est, une fois."""
    caller.structure.records.conclude_incident(caller.actor, number, body.conclusion, body.words, command=command)
    return NumberShown(number=number)


@router.get("/anomalies", operation_id="listAnomalies", responses=READING)
@leaves(Operation.MANAGE_INCIDENTS)
def list_anomalies(caller: SignedIn) -> list[AnomalyShown]:
    """Lister ce qui sort de l’ordinaire depuis 31 jours, une fois par épisode."""
    return [AnomalyShown.of(look) for look in look_at_anomalies(caller)]


@router.post("/anomalies/{key}/treatment", operation_id="treatAnomaly", responses=WRITING)
@leaves(Operation.MANAGE_INCIDENTS)
def treat(key: Annotated[str, Path(max_length=60)], body: AnomalyTreated, caller: SignedIn, command: Command) -> NumberShown:
    """Terminer une alerte par ce qui l’explique, ou ouvrir un incident. Donne le numéro de l’incident."""
    return NumberShown(number=treat_anomaly(caller, key, body.explained, command=command))
