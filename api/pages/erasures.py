"""Erasing a record at the youth's demand, stopping it in time, following it to its end, taking its certificate (N17, N20)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.erasures.certificates import issue_certificate, sheet, signed_file
from api.erasures.erasure_desk import cancel
from api.erasures.erasure_looks import look_at_closings, look_at_erasure
from api.pages.erasure_desk import show_desk
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, show
from api.pages.record_door import Door
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.web.operations import leaves
from api.web.requests import Caller
from domain.identifiers import ErasureId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.oblivion.erasure import Stage
from domain.trail import Operation, Outcome, Role

of_a_record = APIRouter(prefix="/dossiers/{record_id:uuid}/effacement")
of_the_team = APIRouter(prefix="/dossiers/fermes")
of_an_erasure = APIRouter(prefix="/effacements/{erasure_id:uuid}")

NOT_SURE = N_("Cochez la case : quand la clé est détruite, on ne revient pas en arrière.")
NOT_SURE_OF_MINE = N_("Coche la case : quand la clé est détruite, on ne revient pas en arrière.")
NOT_PRESENT = N_("Cochez la case : un effacement ne s'annule qu'avec la ou le jeune à vos côtés.")
_COOLING_OFF_HOURS = int(COOLING_OFF.total_seconds() // 3600)


@of_a_record.get("")
@leaves(Operation.READ_RECORD)
def ask_for_a_youth(door: Door) -> HTMLResponse:
    """Ask whether the youth is there and wants it."""
    record = door.read()
    return show_demand(door.request, Form.filled(record.version), **_of_a_youth(record.id))


@of_a_record.post("")
@leaves(Operation.ERASE_RECORD)
def erase_for_a_youth(typed: Sent, door: Door) -> Response:
    """Close the record of a youth who is there."""
    return erase(door.request, door.caller, door.youth, Form.sent(typed), **_of_a_youth(door.youth))


@of_the_team.get("")
@leaves(Operation.READ_ERASURE)
def list_closings(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show an educator what was closed in their care and can still be followed or cancelled, without saying whose."""
    return show(request, "closings.html", looks=look_at_closings(caller))


@of_an_erasure.get("")
@leaves(Operation.READ_ERASURE)
def follow(request: Request, erasure_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Show how far an erasure has come: to the youth, to the former referents, to the DPO."""
    look = look_at_erasure(caller, ErasureId(erasure_id))
    if caller.actor.role is Role.DPO:
        return show_desk(request, caller, look)
    is_waiting = look.progress.is_imminent or look.erasure.stage is Stage.EFFECTIVE
    return show(request, "erasure.html", look=look, own=_is_own(caller), is_waiting=is_waiting)


@of_an_erasure.get("/annulation")
@leaves(Operation.READ_ERASURE)
def ask_to_keep(request: Request, erasure_id: UUID, caller: PageCaller) -> Response:
    """Ask once more before the record is opened again. Once it is too late, the erasure's own page says so."""
    look = look_at_erasure(caller, ErasureId(erasure_id))
    if caller.actor.role is Role.DPO:
        raise caller.structure.records.refused(caller.actor, Operation.CANCEL_ERASURE, Outcome.REFUSED)
    if not look.progress.is_cancellable:
        return go(request, f"/effacements/{erasure_id}")
    return _ask_to_keep(request, caller, erasure_id, Form())


@of_an_erasure.post("/annulation")
@leaves(Operation.CANCEL_ERASURE)
def keep(request: Request, typed: Sent, erasure_id: UUID, caller: PageCaller) -> Response:
    """Stop an erasure that has not begun: the youth, or an educator with the youth at their side."""
    form = Form.sent(typed)
    own, present = _is_own(caller), form.value("present") == "oui"
    if not own and not present:
        form.refuse("present", NOT_PRESENT)
    status = attempt(form, lambda: cancel(caller, ErasureId(erasure_id), asked_in_person=present))
    if status is not None:
        return _ask_to_keep(request, caller, erasure_id, form, status)
    return go(request, "/mon-dossier", "garde") if own else go(request, "/dossiers", "rouvert")


@of_an_erasure.get("/attestation.json")
@leaves(Operation.READ_CERTIFICATE)
def take_signed_file(erasure_id: UUID, caller: PageCaller) -> Response:
    """Give the certificate as the file that is signed."""
    return signed_file(issue_certificate(caller, ErasureId(erasure_id)))


@of_an_erasure.get("/attestation.pdf")
@leaves(Operation.READ_CERTIFICATE)
def take_sheet(erasure_id: UUID, caller: PageCaller) -> Response:
    """Give the certificate as a page to read or to print."""
    return sheet(issue_certificate(caller, ErasureId(erasure_id)))


def show_demand(request: Request, form: Form, status: int = 200, **context: Any) -> HTMLResponse:
    """Say what erasing does, and ask once. `context` says whose record it is and where the form goes."""
    return show(request, "erasure_ask.html", status, form=form, hours=_COOLING_OFF_HOURS, **context)


def erase(request: Request, caller: Caller, youth: YouthId, form: Form, **context: Any) -> Response:
    """Close a record once the box is ticked, and go on to the erasure's own page."""
    if form.value("sure") != "oui":
        form.refuse("sure", NOT_SURE_OF_MINE if context["own"] else NOT_SURE)
    asked: list[ErasureId] = []

    def write() -> None:
        # No version is asked for: what was written meanwhile is to be erased too.
        key = key_of(form, caller, request)
        asked.append(caller.structure.records.close_record(caller.actor, youth, asked_in_person=True, command=key))

    status = attempt(form, write)
    if status is not None:
        return show_demand(request, form, status, **context)
    return go(request, f"/effacements/{asked[0]}")


def _ask_to_keep(request: Request, caller: Caller, erasure_id: UUID, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "erasure_keep.html", status, form=form, erasure_id=erasure_id, own=_is_own(caller))


def _is_own(caller: Caller) -> bool:
    return caller.actor.role is Role.YOUTH


def _of_a_youth(youth: UUID) -> dict[str, Any]:
    address = f"/dossiers/{youth}"
    return {"own": False, "back": address, "action": f"{address}/effacement"}
