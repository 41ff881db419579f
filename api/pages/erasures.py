"""Erasing a record at the youth's demand, and following the erasure to its end (N17, N20)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.operations import leaves
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, show
from api.pages.record_door import Door
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.requests import Caller
from domain.identifiers import ErasureId, YouthId
from domain.trail import Operation

router = APIRouter()
of_a_record = APIRouter(prefix="/dossiers/{record_id:uuid}/effacement")

NOT_SURE = N_("Cochez la case : un effacement ne se défait pas.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an erasure has come."""

    closed_at: datetime
    effective_at: datetime | None
    purged_at: datetime | None


@of_a_record.get("")
@leaves(Operation.READ_RECORD)
def ask_for_a_youth(door: Door) -> HTMLResponse:
    """Ask whether the youth is there and wants it."""
    record = door.read()
    return show(door.request, "erasure_ask.html", form=Form.filled(record.version), **_of_a_youth(record.id))


@of_a_record.post("")
@leaves(Operation.ERASE_RECORD)
def erase_for_a_youth(typed: Sent, door: Door) -> Response:
    """Close the record of a youth who is there."""
    return erase(door.request, door.caller, door.youth, Form.sent(typed), **_of_a_youth(door.youth))


@router.get("/effacements/{erasure_id:uuid}")
@leaves(Operation.READ_ERASURE)
def follow(request: Request, erasure_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Show how far an erasure has come."""
    erasure = caller.structure.records.read_erasure(caller.actor, ErasureId(erasure_id))
    progress = Progress(erasure.created_on, erasure.effective_at, erasure.purged_at)
    return show(request, "erasure.html", state=progress, erasure_id=erasure_id)


def erase(request: Request, caller: Caller, youth: YouthId, form: Form, **context: Any) -> Response:
    """Close a record for good once the box is ticked, and go on to the erasure's own page."""
    if form.value("sure") != "oui":
        form.refuse("sure", NOT_SURE)
    asked: list[ErasureId] = []

    def write() -> None:
        # No version is asked for: what was written meanwhile is to be erased too.
        key = key_of(form, caller, request)
        asked.append(caller.structure.records.close_record(caller.actor, youth, asked_in_person=True, command=key))

    status = attempt(form, write)
    if status is not None:
        return show(request, "erasure_ask.html", status, form=form, **context)
    return go(request, f"/effacements/{asked[0]}")


def _of_a_youth(youth: UUID) -> dict[str, Any]:
    address = f"/dossiers/{youth}"
    return {"own": False, "back": address, "action": f"{address}/effacement"}
