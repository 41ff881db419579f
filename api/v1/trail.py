"""The access trail, for the DPO: who accessed what, when, in which role and what for. Never content (N16, R087)."""

from datetime import date, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.desk.csv_file import csv_answer
from api.looks import export_trail, look_at_grounds, look_at_record_trail, look_at_trail
from api.pages.trail import trail_as_csv
from api.v1.answers import READING, READING_A_RECORD
from api.v1.records import RecordId
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn
from domain.identifiers import YouthId
from domain.trail import Operation, Outcome, Role
from projections.access_trail import PAGE, Line, TrailFilter

router = APIRouter(tags=["journal des accès"])

HIGHEST_LINE: Final = 2**63 - 1


class LineShown(Shown):
    """One line of the trail. `about` is the name of the account that it is about, where it is about one."""

    line: int
    at: datetime
    account: UUID
    name: str | None
    role: str
    purpose: str
    operation: str
    outcome: str
    reference: UUID | None
    categories: list[str]
    records: int
    request: UUID
    about: str | None

    @classmethod
    def of(cls, line: Line) -> Self:
        """Show one line."""
        return cls(
            line=line.line,
            at=line.at,
            account=line.account,
            name=line.name,
            role=line.role,
            purpose=line.purpose,
            operation=line.operation,
            outcome=line.outcome,
            reference=line.reference,
            categories=list(line.categories),
            records=line.records,
            request=line.request,
            about=line.about,
        )


class TrailShown(Shown):
    """One page, the latest lines first. `next` is what to send as `before` for the following one."""

    items: list[LineShown]
    next: int | None


class RecordLookShown(Shown):
    """Who opened or changed a record, on which day."""

    day: str
    name: str | None
    role: str
    purpose: str
    operation: str
    outcome: str


class TrailQuery(BaseModel):
    """What the DPO looks for. Absent is whatever; `before` is the `next` of the page before. No account: that is an incident's."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    reference: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    operation: Operation | None = None
    outcome: Outcome | None = None
    before: Annotated[int | None, Field(ge=1, le=HIGHEST_LINE)] = None
    limit: Annotated[int, Field(ge=1, le=PAGE)] = PAGE

    def wanted(self) -> TrailFilter:
        """Return the filter."""
        return TrailFilter(
            role=self.role,
            reference=self.reference,
            since=self.since,
            until=self.until,
            operation=self.operation,
            outcome=self.outcome,
        )


@router.get("/trail", operation_id="readTrail", responses=READING)
@leaves(Operation.READ_TRAIL)
def read_trail(caller: SignedIn, query: Annotated[TrailQuery, Query()]) -> TrailShown:
    """Lire qui a consulté quoi."""
    page = look_at_trail(caller, query.wanted(), before=query.before, limit=query.limit)
    return TrailShown(items=[LineShown.of(line) for line in page.lines], next=page.before)


class GroundShown(Shown):
    """What for, in which role and by which operation, on a day."""

    day: str
    purpose: str
    role: str
    operation: str


@router.get("/trail/grounds", operation_id="readTrailGrounds", responses=READING)
@leaves(Operation.READ_TRAIL)
def read_grounds(
    caller: SignedIn,
    since: Annotated[AwareDatetime, Query()],
    until: Annotated[AwareDatetime, Query()],
    reference: Annotated[UUID | None, Query(description="Celle d’un dossier, dans le journal.")] = None,
) -> list[GroundShown]:
    """Lire pour quels motifs des dossiers ont été ouverts, jour par jour : ni nom, ni nombre."""
    return [
        GroundShown(day=ground.day.isoformat(), purpose=ground.purpose, role=ground.role, operation=ground.operation)
        for ground in look_at_grounds(caller, since, until, reference)
    ]


@router.get("/trail/export", operation_id="exportTrail", responses=READING, response_class=Response)
@leaves(Operation.EXPORT_TRAIL)
def take_export(caller: SignedIn, first: Annotated[date, Query()], last: Annotated[date, Query()]) -> Response:
    """Prendre le journal d’un intervalle de 31 jours au plus, en CSV."""
    return csv_answer(trail_as_csv(export_trail(caller, first, last)), f"acces-{first}-{last}.csv")


@router.get("/records/{record_id}/trail", operation_id="readRecordTrail", responses=READING_A_RECORD)
@leaves(Operation.READ_OWN_TRAIL)
def read_record_trail(record_id: RecordId, caller: SignedIn) -> list[RecordLookShown]:
    """Lire qui a ouvert un dossier que l’on accompagne."""
    return [
        RecordLookShown(
            day=look.day.isoformat(), name=look.name, role=look.role, purpose=look.purpose, operation=look.operation, outcome=look.outcome
        )
        for look in look_at_record_trail(caller, YouthId(record_id))
    ]
