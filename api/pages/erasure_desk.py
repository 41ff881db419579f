"""The desk of those who watch over erasures: what waits and for what, approvals, demands by reference, holds (N46, R064, R065, R069)."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.erasures.erasure_desk import approve, ask_by_reference, must_be_askable
from api.erasures.erasure_index import ErasureIndex
from api.erasures.erasure_looks import ErasureLook, look_at_erasures, look_at_waiting, waiting_in
from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, show
from api.pages.sentences import N_
from api.pages.writing import attempt
from api.web.operations import leaves, leaves_if_refused
from api.web.requests import Caller
from domain.identifiers import ErasureId, YouthId
from domain.legal_constants import HOLD_AT_MOST, IRREVERSIBLE_WITHIN
from domain.local_time import day_of
from domain.oblivion.erasure import Stage
from domain.trail import Operation, Role

router = APIRouter(prefix="/effacements")
by_reference = APIRouter(prefix="/acces/dossiers/{reference:uuid}")

NOT_SURE = N_("Cochez la case : quand la clé est détruite, on ne revient pas en arrière.")
NO_GROUND = N_("Dites pourquoi ce dossier est à effacer.")
NO_REASON = N_("Dites pourquoi ce dossier est gardé.")
NO_LAST_DAY = N_("Indiquez le dernier jour de la suspension.")


@router.get("")
@leaves(Operation.LIST_ERASURES)
def list_erasures(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show what waits and what was done; to the administrator, what waits for the second approval and nothing else."""
    after = _cursor(request)
    page = look_at_erasures(caller, after=after)
    following = None if page.next is None else f"/effacements?apres={page.next}"
    if caller.actor.role is not Role.DPO:
        return show(request, "erasures.html", waiting=page.looks, ended=(), following=following, rotation=None, oversees=False)
    # One look, one line: the page is what was disclosed.
    waiting = waiting_in(caller) if after is None else ()
    ended = [look for look in page.looks if look.erasure.stage is not Stage.CLOSED]
    rotation = ErasureIndex.of(caller.structure).rotation()
    return show(request, "erasures.html", waiting=waiting, ended=ended, following=following, rotation=rotation, oversees=True)


@router.get("/{erasure_id:uuid}/accord")
@leaves(Operation.LIST_ERASURES)
def ask_to_approve(request: Request, erasure_id: UUID, caller: PageCaller) -> Response:
    """Show what is to be approved, to either of the two. What no approval is needed for leads back to the list."""
    look = _waiting_for_approval(caller, erasure_id)
    return go(request, "/effacements") if look is None else _approval(request, look, Form())


@router.post("/{erasure_id:uuid}/accord")
@leaves(Operation.APPROVE_ERASURE)
def give_approval(request: Request, typed: Sent, erasure_id: UUID, caller: PageCaller) -> Response:
    """Give one's approval."""
    form = _sure(typed)
    status = attempt(form, lambda: approve(caller, ErasureId(erasure_id)))
    if status is not None:
        return _approval(request, _waiting_for_approval(caller, erasure_id), form, status)
    return go(request, "/effacements", "approuve")


@by_reference.get("/effacement")
@leaves_if_refused(Operation.ASK_ERASURE, "a question about a reference, with nothing of the record")
def ask_for_a_reference(request: Request, reference: UUID, caller: PageCaller) -> Response:
    """Offer to ask for the erasure of a record that only its reference names."""
    asked = must_be_askable(caller, reference)
    if asked is not None:
        # That it is closed is something of the record: no empty form is shown.
        caller.structure.records.disclose(caller.actor, Operation.ASK_ERASURE, about=reference)
        return go(request, f"/effacements/{asked}")
    return _demand(request, reference, Form())


@by_reference.post("/effacement")
@leaves(Operation.ASK_ERASURE)
def erase_a_reference(request: Request, typed: Sent, reference: UUID, caller: PageCaller) -> Response:
    """Close it; a second person approves."""
    form = _sure(typed)
    ground = form.required("ground", NO_GROUND)
    asked: list[ErasureId] = []
    status = attempt(form, lambda: asked.append(ask_by_reference(caller, reference, ground)))
    if status is not None:
        must_be_askable(caller, reference)
        return _demand(request, reference, form, status)
    return go(request, f"/effacements/{asked[0]}", "demande")


@by_reference.get("/suspension")
@leaves(Operation.MANAGE_HOLDS)
def read_hold(request: Request, reference: UUID, caller: PageCaller) -> HTMLResponse:
    """Show whether a record is kept from being destroyed."""
    return _hold(request, caller, reference)


@by_reference.post("/suspension")
@leaves(Operation.MANAGE_HOLDS)
def place_hold(request: Request, typed: Sent, reference: UUID, caller: PageCaller) -> Response:
    """Place a hold, or go on with it."""
    form = Form.sent(typed)
    reason, until = form.required("reason", NO_REASON), form.day("until", NO_LAST_DAY)
    status = attempt(form, lambda: caller.structure.records.place_hold(caller.actor, reference, reason, until or date.min))
    return _hold(request, caller, reference, form, status) if status is not None else go(request, _address(reference), "suspension")


@by_reference.post("/suspension/fin")
@leaves(Operation.MANAGE_HOLDS)
def lift_hold(request: Request, typed: Sent, reference: UUID, caller: PageCaller) -> Response:
    """End a hold."""
    form = Form.sent(typed)
    status = attempt(form, lambda: caller.structure.records.lift_hold(caller.actor, reference))
    return _hold(request, caller, reference, form, status) if status is not None else go(request, _address(reference), "suspension-fin")


def show_desk(request: Request, caller: Caller, look: ErasureLook) -> HTMLResponse:
    """Show one erasure to the DPO, which they have read already: its dates, what stands in its way, and the one button for each."""
    approved = look.erasure.approvals.get(caller.actor.role.value)
    reference = ErasureIndex.of(caller.structure).reference_of(YouthId(look.erasure.subject))
    return show(
        request,
        "erasure_desk.html",
        look=look,
        may_approve=look.awaits_approval and approved is None,
        reference=reference,
        limit_days=IRREVERSIBLE_WITHIN.days,
    )


def _waiting_for_approval(caller: Caller, erasure_id: UUID) -> ErasureLook | None:
    """Give what waits for an approval, `None` when it does not any more. Raises `NotAllowed` for whoever does not approve."""
    found = look_at_waiting(caller)
    return next((look for look in found if look.erasure.id == erasure_id and look.awaits_approval), None)


def _approval(request: Request, look: ErasureLook | None, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "erasure_approve.html", status, form=form, look=look)


def _demand(request: Request, reference: UUID, form: Form, status: int = 200) -> HTMLResponse:
    grounds = labels.options(labels.OFFICE_GROUNDS)
    return show(request, "erasure_by_reference.html", status, form=form, reference=reference, grounds=grounds)


def _hold(request: Request, caller: Caller, reference: UUID, form: Form | None = None, status: int = 200) -> HTMLResponse:
    records = caller.structure.records
    found = records.read_hold(caller.actor, reference)
    hold = found if found is not None and found.is_active(records.clock()) else None
    begin = Form() if hold is None else Form.filled(reason=hold.reason)
    reasons, latest = labels.options(labels.HOLD_REASONS), day_of(records.clock()) + HOLD_AT_MOST
    return show(request, "hold.html", status, form=form or begin, reference=reference, hold=hold, reasons=reasons, latest=latest)


def _sure(typed: Sent) -> Form:
    form = Form.sent(typed)
    if form.value("sure") != "oui":
        form.refuse("sure", NOT_SURE)
    return form


def _address(reference: UUID) -> str:
    return f"/acces/dossiers/{reference}/suspension"


def _cursor(request: Request) -> UUID | None:
    try:
        return UUID(request.query_params.get("apres", ""))
    except ValueError:
        return None
