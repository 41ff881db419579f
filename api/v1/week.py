"""What there is to do this week, for the DPO and the administrator (N46)."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from starlette.requests import Request

from api.desk.this_week import Task, look_at_week
from api.v1.answers import READING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn, service_of
from domain.trail import Operation

router = APIRouter(tags=["protection des données"])


class TaskShown(Shown):
    """One thing to do. `due` is its last day; `number` a file's; `now` is false for what waits for the working hours."""

    kind: str
    due: str | None
    number: int | None
    since: datetime | None
    emergency: bool
    now: bool

    @classmethod
    def of(cls, task: Task, *, now: bool) -> Self:
        """Show one."""
        due = None if task.last_day is None else task.last_day.isoformat()
        return cls(kind=task.kind.value, due=due, number=task.number, since=task.since, emergency=task.is_emergency, now=now)


@router.get("/this-week", operation_id="readThisWeek", responses=READING)
@leaves(Operation.READ_WEEK)
def read_week(request: Request, caller: SignedIn) -> list[TaskShown]:
    """Lire ce qu’il y a à faire cette semaine."""
    service = service_of(request)
    week = look_at_week(caller, service.settings, service.providers)
    return [*(TaskShown.of(task, now=True) for task in week.now), *(TaskShown.of(task, now=False) for task in week.later)]
