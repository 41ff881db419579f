"""Child-protection reports: one's own list, a form, one report and what became of it (N38). No page of a record leads here."""

from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.looks import look_at_caseload
from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, colleagues_in, educators_of, go, names_of, show, today_of
from api.pages.report_view import ReportView, view_of
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.team import COUNTERSIGNERS, are_colleagues
from api.web.operations import leaves
from api.web.requests import Caller
from domain.drafts import HandoverDraft, ReleaseDraft, ReportDraft
from domain.identifiers import ReportId
from domain.keeping import Accepted
from domain.refusals import ChoiceUnknown, PriorInformationMissing, StoreUnavailable, TrailUnavailable
from domain.reports.protection_report import FACTS
from domain.trail import Operation, Outcome, Role

router = APIRouter(prefix="/informations-preoccupantes")

_HOME: Final = "/informations-preoccupantes"
_DAY_MISSING: Final = N_("Dites quel jour.")


@router.get("")
@leaves(Operation.LIST_REPORTS)
def list_reports(request: Request, caller: PageCaller, apres: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """Show the reports that the caller wrote, is to countersign or received."""
    after = _cursor(apres)
    page = caller.structure.records.list_reports(caller.actor, after=after)
    names = names_of(caller)
    rows = [view_of(report, names, caller.actor.account) for report in page.reports]
    following = None if page.next is None else f"{_HOME}?apres={page.next}"
    may_write = caller.actor.role is Role.EDUCATOR
    return show(request, "reports.html", rows=rows, following=following, first=after is None, may_write=may_write)


@router.get("/nouvelle")
@leaves(Operation.LIST_CASELOAD)
def new_report(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer an empty report."""
    caller.structure.records.must_allow(caller.actor, Operation.WRITE_REPORT)
    return _new_report(request, caller, Form())


@router.post("/nouvelle")
@leaves(Operation.WRITE_REPORT)
def write_report(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Write a report."""
    form = Form.sent(typed)
    draft = _draft(form, caller)
    written: list[Accepted] = []

    def write() -> None:
        written.append(caller.structure.records.write_report(caller.actor, draft, command=key_of(form, caller, request)))

    status = attempt(form, write)
    if status is not None:
        caller.structure.records.must_allow(caller.actor, Operation.WRITE_REPORT)
        return _new_report(request, caller, form, status)
    return go(request, f"{_HOME}/{written[0].stream}", "signalement")


@router.get("/{report_id:uuid}")
@leaves(Operation.READ_REPORT)
def read_report(request: Request, report_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Show one report whole."""
    return show(request, "report.html", report=_read(report_id, caller), form=Form())


@router.post("/{report_id:uuid}/contresignature")
@leaves(Operation.COUNTERSIGN_REPORT)
def countersign_report(request: Request, report_id: UUID, typed: Sent, caller: PageCaller) -> Response:
    """Sign a report that one was named for."""
    form, records = Form.sent(typed), caller.structure.records
    key = key_of(form, caller, request)
    status = attempt(form, lambda: records.countersign_report(caller.actor, ReportId(report_id), command=key))
    if status is not None:
        return show(request, "report.html", status, report=_read(report_id, caller), form=form)
    return go(request, f"{_HOME}/{report_id}", "contresignature")


@router.get("/{report_id:uuid}/remise")
@leaves(Operation.READ_REPORT)
def new_handover(request: Request, report_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Offer to write that a report was handed over."""
    _must_be_own(report_id, caller, Operation.SEND_REPORT)
    return _handover(request, report_id, Form.filled(occurred_on=today_of(request).isoformat()))


@router.post("/{report_id:uuid}/remise")
@leaves(Operation.SEND_REPORT)
def send_report(request: Request, report_id: UUID, typed: Sent, caller: PageCaller) -> Response:
    """Write that a report was handed over. Sillage sends nothing by itself."""
    form, records = Form.sent(typed), caller.structure.records
    day = form.day("occurred_on", _DAY_MISSING) or today_of(request)
    draft = HandoverDraft(day, form.required("channel", N_("Dites comment vous l'avez remise.")))
    key = key_of(form, caller, request)
    status = attempt(form, lambda: records.send_report(caller.actor, ReportId(report_id), draft, command=key))
    return _handover(request, report_id, form, status) if status is not None else go(request, f"{_HOME}/{report_id}", "remise")


@router.get("/{report_id:uuid}/communication")
@leaves(Operation.READ_REPORT)
def new_release(request: Request, report_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Offer to write that a report was given to somebody in person."""
    _must_be_own(report_id, caller, Operation.RELEASE_REPORT)
    return _release(request, report_id, Form.filled(occurred_on=today_of(request).isoformat()))


@router.post("/{report_id:uuid}/communication")
@leaves(Operation.RELEASE_REPORT)
def release_report(request: Request, report_id: UUID, typed: Sent, caller: PageCaller) -> Response:
    """Write that a report was given to somebody in person, and why."""
    form, records = Form.sent(typed), caller.structure.records
    draft = ReleaseDraft(
        occurred_on=form.day("occurred_on", _DAY_MISSING) or today_of(request),
        released_to=form.required("released_to", N_("Dites à qui vous l'avez donnée.")),
        capacity=form.required("capacity", N_("Dites en quelle qualité cette personne l'a reçue.")),
        reasons=form.required("reasons", N_("Écrivez pourquoi vous avez décidé de la donner.")),
    )
    key = key_of(form, caller, request)
    status = attempt(form, lambda: records.release_report(caller.actor, ReportId(report_id), draft, command=key))
    return _release(request, report_id, form, status) if status is not None else go(request, f"{_HOME}/{report_id}", "communication")


def _draft(form: Form, caller: Caller) -> ReportDraft:
    facts = form.required("facts", N_("Écrivez les faits."))
    addressee = form.required("addressee", N_("Dites à qui elle va."))
    decision = form.required("decision", N_("Écrivez ce que vous décidez."))
    reasons = form.required("reasons", N_("Écrivez pourquoi vous le décidez."))
    informed, not_informed_because = form.line("informed"), form.line("not_informed_because")
    if informed is None and not_informed_because is None:
        form.refuse("informed", str(PriorInformationMissing("informed")))
    countersigner = _one(form.accounts("countersigner"))
    if countersigner is not None and not are_colleagues(caller, [countersigner], COUNTERSIGNERS):
        form.refuse("countersigner", str(ChoiceUnknown("countersigner")))
    addressee_account = _one(colleagues_in(form, "addressee_account", caller))
    subject = _one(form.accounts("subject"))
    return ReportDraft(facts, addressee, decision, reasons, informed, not_informed_because, countersigner, addressee_account, subject)


def _new_report(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    colleagues = [option for option in educators_of(caller) if option[0] != str(caller.actor.account)]
    accounts = caller.structure.accounts.all()
    heads = [(str(account.account_id), account.display_name) for account in accounts if account.role is Role.HEAD_OF_SERVICE]
    return show(
        request,
        "report_new.html",
        status,
        form=form,
        colleagues=colleagues,
        countersigners=[*colleagues, *heads],
        records=_records(caller, form),
        facts_limit=FACTS,
    )


def _records(caller: Caller, form: Form) -> list[tuple[str, str]]:
    """Return the caller's youths as choices; when no list may be shown, what was chosen before stays chosen and nothing is lost."""
    with suppress(TrailUnavailable, StoreUnavailable):
        return [(str(row.youth), row.pseudonym) for row in look_at_caseload(caller).rows]
    chosen = form.value("subject")
    return [(chosen, N_("le dossier choisi"))] if chosen else []


def _handover(request: Request, report_id: UUID, form: Form, status: int = 200) -> HTMLResponse:
    today, channels = today_of(request).isoformat(), labels.options(labels.HANDOVERS)
    return show(request, "report_sent.html", status, form=form, report_id=report_id, channels=channels, today=today)


def _release(request: Request, report_id: UUID, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "report_release.html", status, form=form, report_id=report_id, today=today_of(request).isoformat())


def _read(report_id: UUID, caller: Caller) -> ReportView:
    report = caller.structure.records.read_report(caller.actor, ReportId(report_id))
    return view_of(report, names_of(caller), caller.actor.account)


def _must_be_own(report_id: UUID, caller: Caller, operation: Operation) -> None:
    if not _read(report_id, caller).is_own:
        raise caller.structure.records.refused(caller.actor, operation, Outcome.REFUSED)


def _one(chosen: tuple[UUID, ...]) -> UUID | None:
    return chosen[0] if chosen else None


def _cursor(text: str) -> ReportId | None:
    """Read where the page begins; what is no identifier begins it at the top."""
    try:
        return ReportId(UUID(text))
    except ValueError:
        return None
