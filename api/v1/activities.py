"""Outings and the list of all activities: hours and head counts of people of whom nothing else is written (N24, N25)."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.looks import look_at_activities
from api.team import must_be_colleagues
from api.v1.answers import READING, WRITING, change_answer
from api.web.operations import leaves
from api.web.representations import AcceptedChange, Shown
from api.web.requests import Command, SignedIn
from api.web.schemas import Outing
from domain.identifiers import ActivityId
from domain.trail import Operation
from projections.activities import PAGE, ActivityRow

router = APIRouter(tags=["activités"])


class ActivityShown(Shown):
    """What a team did: when, where, how long."""

    id: UUID
    occurred_on: date
    territory: str | None
    minutes: int | None
    by: UUID


class ActivityRowShown(Shown):
    """One activity of the list. `people` were met or took part; `educators` are accounts and initials."""

    id: UUID
    kind: str
    occurred_on: date
    title: str | None
    territory: str | None
    place: str | None
    minutes: int | None
    people: int
    educators: list[str]
    by: UUID

    @classmethod
    def of(cls, row: ActivityRow) -> Self:
        """Show one row."""
        listed = row.listed
        return cls(
            id=row.activity,
            kind=listed.kind,
            occurred_on=row.occurred_on,
            title=listed.title,
            territory=listed.territory,
            place=listed.place,
            minutes=listed.minutes,
            people=listed.people,
            educators=listed.who,
            by=UUID(listed.by),
        )


class ActivitiesShown(Shown):
    """One page, the latest first. `next` is what to send as `after`; `complete` is false during a rebuild: then nothing is shown."""

    complete: bool
    items: list[ActivityRowShown]
    next: UUID | None


@router.get("/activities", operation_id="listActivities", responses=READING)
@leaves(Operation.LIST_ACTIVITIES)
def list_activities(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=PAGE, description="50 au plus.")] = PAGE,
    after: Annotated[UUID | None, Query(description="Le `next` de la page d’avant.")] = None,
) -> ActivitiesShown:
    """Lister les sorties, les chantiers et les présences comptées, du plus récent au plus ancien."""
    page = look_at_activities(caller, after=after, limit=limit)
    if page is None:
        return ActivitiesShown(complete=False, items=[], next=None)
    return ActivitiesShown(complete=True, items=[ActivityRowShown.of(row) for row in page.rows], next=page.next)


@router.post("/activities", status_code=201, operation_id="recordOuting", responses=WRITING)
@leaves(Operation.RECORD_ACTIVITY)
def record_outing(body: Outing, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Écrire une sortie de rue ou une action."""
    must_be_colleagues(caller, body.educators, "educators", closed_too=True)
    return change_answer(caller.structure.records.record_outing(caller.actor, body.draft(), command=command), response)


@router.get("/activities/{activity_id}", operation_id="readActivity", responses=READING)
@leaves(Operation.LIST_ACTIVITIES)
def read_activity(activity_id: Annotated[UUID, Path(description="L’identifiant de l’activité.")], caller: SignedIn) -> ActivityShown:
    """Lire une activité."""
    activity = caller.structure.records.read_activity(caller.actor, ActivityId(activity_id))
    return ActivityShown(
        id=activity.id, occurred_on=activity.occurred_on, territory=activity.territory, minutes=activity.minutes, by=activity.by
    )
