"""Outings: hours and head counts of people of whom nothing else is written (N25)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.operations import leaves
from api.representations import AcceptedChange, Shown
from api.requests import Command, SignedIn
from api.schemas import Outing
from api.v1.answers import READING, WRITING, change_answer
from domain.identifiers import ActivityId
from domain.trail import Operation

router = APIRouter(tags=["activités"])


class ActivityShown(Shown):
    """What a team did: when, where, how long."""

    id: UUID
    occurred_on: date
    territory: str | None
    minutes: int | None
    by: UUID


@router.post("/activities", status_code=201, operation_id="recordOuting", responses=WRITING)
@leaves(Operation.RECORD_ACTIVITY)
def record_outing(body: Outing, caller: SignedIn, command: Command, response: Response) -> AcceptedChange:
    """Écrire une sortie de rue ou une action."""
    return change_answer(caller.structure.records.record_outing(caller.actor, body.draft(), command=command), response)


@router.get("/activities/{activity_id}", operation_id="readActivity", responses=READING)
@leaves(Operation.LIST_ACTIVITIES)
def read_activity(activity_id: Annotated[UUID, Path(description="L’identifiant de l’activité.")], caller: SignedIn) -> ActivityShown:
    """Lire une activité."""
    activity = caller.structure.records.read_activity(caller.actor, ActivityId(activity_id))
    return ActivityShown(
        id=activity.id, occurred_on=activity.occurred_on, territory=activity.territory, minutes=activity.minutes, by=activity.by
    )
