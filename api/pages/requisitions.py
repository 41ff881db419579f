"""The register of requisitions: who asked, on which ground, for what exactly, and what was given or why nothing was (N36)."""

from datetime import date
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.desk.breach_desk import deliver_requisition, receive_requisition
from api.pages import desk_labels, labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, names_of, show, today_of
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.web.operations import leaves
from api.web.requests import Caller
from domain.categories import YOUTH_CATEGORIES
from domain.desk.requisition import Requisition
from domain.drafts import DeliveryDraft, RequisitionDraft
from domain.trail import Operation, Role

router = APIRouter(prefix="/requisitions")

NO_DAY: Final = N_("Indiquez ce jour.")
NO_TEXT: Final = N_("Écrivez-le : c'est ce qui prouvera ce qui a été fait.")
NO_GIVER: Final = N_("Dites qui a remis.")
NO_PAGES: Final = N_("Combien de pages ont été remises ?")
NO_CHOICE: Final = N_("Choisissez une raison.")
NO_REFERENCE: Final = N_("Cette référence n'est pas complète : copiez-la depuis l'adresse de la page du dossier.")


@router.get("")
@leaves(Operation.MANAGE_REQUISITIONS)
def list_requisitions(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the register, what waits for an answer first."""
    found = caller.structure.records.read_files(caller.actor, Requisition)
    found.sort(key=lambda one: not one[1].is_open)
    return show(request, "requisitions.html", requisitions=found)


@router.get("/nouvelle")
@leaves(Operation.MANAGE_REQUISITIONS)
def offer_requisition(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer to enter a requisition about one record."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_REQUISITIONS)
    return _new(request, Form.filled(received_on=today_of(request).isoformat()))


@router.post("/nouvelle")
@leaves(Operation.MANAGE_REQUISITIONS)
def enter_requisition(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Enter it."""
    form, numbers = Form.sent(typed), list[int]()
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_REQUISITIONS)
    draft = _draft(form)
    command = key_of(form, caller, request)
    status = attempt(form, lambda: numbers.append(receive_requisition(caller, draft, command=command)))
    return _new(request, form, status) if status is not None else go(request, f"/requisitions/{numbers[0]}", "requisition")


@router.get("/{number:int}")
@leaves(Operation.MANAGE_REQUISITIONS)
def read_requisition(request: Request, number: int, caller: PageCaller) -> HTMLResponse:
    """Show one requisition."""
    return _requisition(request, caller, number, Form.filled(occurred_on=today_of(request).isoformat()))


@router.post("/{number:int}/remise")
@leaves(Operation.MANAGE_REQUISITIONS)
def deliver(request: Request, typed: Sent, number: int, caller: PageCaller) -> Response:
    """Note exactly what was given, by whom and to whom."""
    form = Form.sent(typed)
    day, to = form.day("occurred_on", NO_DAY), form.required("handed_to", NO_TEXT)
    form.required("handed_by", NO_GIVER)
    givers, pages = form.accounts("handed_by"), form.number("pages")
    if pages is None:
        form.refuse("pages", NO_PAGES)

    def write() -> None:
        draft = DeliveryDraft(day or date.min, to, givers[0], form.values("categories"), pages or 0)
        deliver_requisition(caller, number, draft, command=key_of(form, caller, request, "remise"))

    status = attempt(form, write)
    return _requisition(request, caller, number, form, status) if status is not None else go(request, f"/requisitions/{number}", "registre")


@router.post("/{number:int}/refus")
@leaves(Operation.MANAGE_REQUISITIONS)
def refuse(request: Request, typed: Sent, number: int, caller: PageCaller) -> Response:
    """Note that nothing is given, and why."""
    form = Form.sent(typed)
    because, command = form.required("because", NO_CHOICE), key_of(form, caller, request, "refus")
    records = caller.structure.records
    status = attempt(form, lambda: records.refuse_requisition(caller.actor, number, because, form.line("words"), command=command))
    return _requisition(request, caller, number, form, status) if status is not None else go(request, f"/requisitions/{number}", "registre")


def _draft(form: Form) -> RequisitionDraft:
    return RequisitionDraft(
        received_on=form.day("received_on", NO_DAY) or date.min,
        asked_by=form.required("asked_by", NO_TEXT),
        ground=form.required("ground", NO_TEXT),
        scope=form.values("scope"),
        reference=_reference(form),
        first=form.day("first"),
        last=form.day("last"),
    )


def _reference(form: Form) -> UUID | None:
    text = form.line("reference")
    try:
        return None if text is None else UUID(text)
    except ValueError:
        form.refuse("reference", NO_REFERENCE)
        return None


def _new(request: Request, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "requisition_new.html", status, form=form, categories=_categories(YOUTH_CATEGORIES))


def _requisition(request: Request, caller: Caller, number: int, form: Form, status: int = 200) -> HTMLResponse:
    found = caller.structure.records.read_file(caller.actor, Requisition, number)
    staff = [account for account in caller.structure.accounts.all() if account.role is not Role.YOUTH]
    return show(
        request,
        "requisition.html",
        status,
        number=number,
        requisition=found,
        names=names_of(caller),
        accounts=[(str(account.account_id), account.display_name) for account in staff],
        categories=_categories(found.scope),
        grounds=labels.options(desk_labels.REFUSAL_GROUNDS),
        form=form,
    )


def _categories(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, name) for value, name in labels.options(labels.CATEGORIES) if value in values]
