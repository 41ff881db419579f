"""The DPO's page of what opens a record for a time: which shares run out, which have (N10, N46)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.desk.temporary_accesses import look_at_temporary_accesses
from api.pages.frame import PageCaller, show
from api.web.operations import leaves
from domain.trail import Operation

router = APIRouter()


@router.get("/acces/partages")
@leaves(Operation.LIST_TEMPORARY)
def list_temporary_accesses(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show what ends within thirty days, then what ended within thirty, the last end first."""
    found = look_at_temporary_accesses(caller)
    ending = [one for one in found or () if not one.is_over]
    over = [one for one in reversed(found or ()) if one.is_over]
    return show(request, "temporary_accesses.html", is_whole=found is not None, ending=ending, over=over)
