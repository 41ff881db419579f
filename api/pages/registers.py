"""The hub of the registers that a structure must be able to show, and the register of processing (RGPD art. 30; R004)."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.operations import leaves
from api.pages.frame import PageCaller, show
from domain.trail import Operation

router = APIRouter(prefix="/registres")


@router.get("")
@leaves(Operation.READ_REGISTER)
def list_registers(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show where each register is."""
    caller.structure.records.disclose(caller.actor, Operation.READ_REGISTER)
    return show(request, "registers.html")
