"""What the DPO decides about one record that only its trail reference names: names for the youth, rights referents (R037, design §8)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, educators_of, go, names_of, show, today_of
from api.pages.sentences import N_
from api.pages.writing import attempt
from api.team import must_be_educators
from api.web.operations import leaves
from api.web.requests import Caller
from domain.identifiers import AccountId
from domain.trail import Operation

router = APIRouter(prefix="/acces/dossiers/{reference:uuid}/decisions")


@dataclass(frozen=True, slots=True)
class RightsReferentView:
    """One rights referent whose access lasts, by name."""

    access: UUID
    who: str
    demand: str
    until: date


@router.get("")
@leaves(Operation.DECIDE_NAMES)
def read_decisions(request: Request, reference: UUID, caller: PageCaller) -> HTMLResponse:
    """Show what was decided about this record."""
    return _page(request, caller, reference, Form())


@router.post("/noms")
@leaves(Operation.DECIDE_NAMES)
def disclose_names(request: Request, typed: Sent, reference: UUID, caller: PageCaller) -> Response:
    """Let the youth read names, for a reason."""
    form = Form.sent(typed)
    reason = form.required("reason", N_("Dites pourquoi les noms sont nécessaires."))
    status = attempt(form, lambda: caller.structure.records.disclose_names(caller.actor, reference, reason))
    return _answer(request, caller, reference, form, status)


@router.post("/noms/fin")
@leaves(Operation.DECIDE_NAMES)
def mask_names(request: Request, typed: Sent, reference: UUID, caller: PageCaller) -> Response:
    """Let the youth read roles again."""
    form = Form.sent(typed)
    status = attempt(form, lambda: caller.structure.records.mask_names(caller.actor, reference))
    return _answer(request, caller, reference, form, status)


@router.post("/referents")
@leaves(Operation.NAME_RIGHTS_REFERENT)
def name_rights_referent(request: Request, typed: Sent, reference: UUID, caller: PageCaller) -> Response:
    """Let an educator read for one demand."""
    form, records = Form.sent(typed), caller.structure.records
    records.referred(caller.actor, Operation.NAME_RIGHTS_REFERENT, reference)
    form.required("account", N_("Dites qui."))
    demand = form.required("demand", N_("Dites pour quelle demande."))
    until = form.day("until", N_("Indiquez le dernier jour.")) or today_of(request)
    named = form.accounts("account")[:1]

    def write() -> None:
        must_be_educators(caller, named, "account")
        records.name_rights_referent(caller.actor, reference, AccountId(named[0]), demand, until)

    return _answer(request, caller, reference, form, attempt(form, write))


@router.post("/referents/{access_id:uuid}/fin")
@leaves(Operation.NAME_RIGHTS_REFERENT)
def end_rights_referent(request: Request, typed: Sent, reference: UUID, access_id: UUID, caller: PageCaller) -> Response:
    """End such an access now."""
    form = Form.sent(typed)
    status = attempt(form, lambda: caller.structure.records.end_rights_referent(caller.actor, reference, access_id))
    return _answer(request, caller, reference, form, status)


def _answer(request: Request, caller: Caller, reference: UUID, form: Form, status: int | None) -> Response:
    if status is not None:
        return _page(request, caller, reference, form, status)
    return go(request, f"/acces/dossiers/{reference}/decisions", "decision")


def _page(request: Request, caller: Caller, reference: UUID, form: Form, status: int = 200) -> HTMLResponse:
    records, names = caller.structure.records, names_of(caller)
    decision = records.names_decision(caller.actor, reference)
    found = records.rights_referents_of(caller.actor, reference)
    views = [RightsReferentView(one.access, names.get(one.account, "–"), one.demand, one.until) for one in found]
    people = educators_of(caller)
    return show(request, "decisions.html", status, form=form, reference=reference, decision=decision, rights_referents=views, people=people)
