"""The page of what to do this week: where the DPO and their deputies begin, and the administrator looks (N46, N39)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.desk.this_week import look_at_week
from api.pages.frame import PageCaller, show, today_of
from api.web.operations import leaves
from api.web.requests import service_of
from domain.trail import Operation

router = APIRouter(prefix="/semaine")


@router.get("")
@leaves(Operation.READ_WEEK)
def read_week(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show one line a thing, with one button."""
    service = service_of(request)
    week = look_at_week(caller, service.settings, service.providers)
    return show(request, "week.html", week=week, today=today_of(request), at=caller.structure.records.clock())
