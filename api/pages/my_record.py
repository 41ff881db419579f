"""The youth's own door: what is written about me, who read it, erase it (N16, N17, N18)."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.accesses import accesses_of, emergencies_of
from api.erasures.erasure_looks import category_erasures
from api.looks import look_at_own_trail, own_record
from api.pages.erasures import erase, show_demand
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, names_of, show, today_of
from api.pages.record_view import view_of
from api.pages.sentences import sentences_in
from api.web.operations import leaves, leaves_if_refused
from api.web.requests import Caller
from domain.identifiers import ErasureId
from domain.refusals import RecordClosed, RecordErased
from domain.trail import Operation

router = APIRouter(prefix="/mon-dossier")

LOOKS_SHOWN = 5


@router.get("")
@leaves(Operation.READ_RECORD)
def read_my_record(request: Request, caller: PageCaller) -> Response:
    """Show a youth all that is written about them."""
    try:
        youth = own_record(caller, Operation.READ_RECORD)
        record = caller.structure.records.read_record(caller.actor, youth)
        looks = look_at_own_trail(caller)
    except (RecordClosed, RecordErased) as refusal:
        return _to_its_erasure(caller, refusal)
    view = view_of(record, names_of(caller), sentences_in(), today_of(request), own=True)
    return show(
        request,
        "my_record.html",
        record=view,
        looks=looks[:LOOKS_SHOWN],
        going=category_erasures(caller, youth),
        accesses=accesses_of(caller, record, own=True),
        emergencies=emergencies_of(caller, record, own=True),
    )


@router.get("/acces")
@leaves(Operation.READ_OWN_TRAIL)
def read_my_trail(request: Request, caller: PageCaller) -> Response:
    """Show a youth who looked at their record: day, role, purpose; no hour and no name (R037)."""
    try:
        looks = look_at_own_trail(caller)
    except (RecordClosed, RecordErased) as refusal:
        return _to_its_erasure(caller, refusal)
    return show(request, "my_trail.html", looks=looks)


@router.get("/effacement")
@leaves_if_refused(Operation.ERASE_RECORD, "a question, with nothing of the record")
def ask_for_mine(request: Request, caller: PageCaller) -> Response:
    """Say what erasing does, and ask once."""
    try:
        youth = own_record(caller, Operation.ERASE_RECORD)
        caller.structure.records.find_record(caller.actor, Operation.ERASE_RECORD, youth)
    except (RecordClosed, RecordErased) as refusal:
        return _to_its_erasure(caller, refusal)
    return show_demand(request, Form(), **_CONTEXT)


@router.post("/effacement")
@leaves(Operation.ERASE_RECORD)
def erase_mine(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Close the youth's own record."""
    youth = own_record(caller, Operation.ERASE_RECORD)
    return erase(request, caller, youth, Form.sent(typed), **_CONTEXT)


_CONTEXT: dict[str, Any] = {"own": True, "back": "/mon-dossier", "action": "/mon-dossier/effacement"}


def _to_its_erasure(caller: Caller, refusal: Exception) -> Response:
    """Lead a youth from a record that is closed or erased to the page that says so. Raises `refusal` when there is none."""
    subject = caller.actor.subject
    erasure: ErasureId | None = caller.actor.erasure
    if erasure is None and subject is not None:
        erasure = caller.structure.records.erasure_of(subject)
    if erasure is None:
        raise refusal
    return RedirectResponse(f"/effacements/{erasure}", 303)
