"""The DPO's pages of the trail: who looked at this record, on which grounds, what was refused; and its export. Never content (N16, R087).

What one person did is asked inside an incident and nowhere else (`api/pages/incidents.py`): no filter here is by account (R086).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.desk.csv_file import as_csv, csv_answer
from api.desk.trail_interval import interval_of_days, sayable
from api.looks import export_trail, look_at_grounds, look_at_trail
from api.pages import labels
from api.pages.emergencies import notices_of
from api.pages.forms import Form
from api.pages.frame import PageCaller, show, today_of
from api.pages.sentences import N_, sentences_in
from api.pages.trail_view import days_of
from api.web.operations import leaves
from api.web.requests import Caller
from domain.identifiers import AccountId
from domain.local_time import local
from domain.refusals import DateRefused
from domain.trail import Operation, Outcome, Role
from projections.access_trail import Line, TrailFilter

router = APIRouter(prefix="/acces")

A_MONTH: Final = timedelta(days=30)
_FILTERS: Final = ("from", "to", "role", "operation", "outcome", "reference")
_COLUMNS: Final = (
    *(N_("Quand"), N_("Qui"), N_("Rôle"), N_("Quoi"), N_("Issue"), N_("Pour quoi"), N_("Référence"), N_("Domaines"), N_("Dossiers")),
    N_("Demande"),
    N_("Compte concerné"),
)


@router.get("")
@leaves(Operation.READ_TRAIL)
def read_trail(request: Request, caller: PageCaller) -> Response:
    """Show the latest accesses, as filtered. A whole reference alone leads to its record's own page."""
    form = _form(request)
    wanted = _wanted(form)
    if wanted.reference is not None and not form.any_of("role", "operation", "outcome"):
        return RedirectResponse(_with(f"/acces/dossiers/{wanted.reference}", form, "from", "to"), 303)
    page = look_at_trail(caller, wanted, before=_cursor(request))
    following = None if page.before is None else f"/acces?{urlencode({**_chosen(form), 'avant': page.before})}"
    return show(
        request, "trail.html", form=form, selects=_selects(), days=days_of(page.lines), following=following, notices=notices_of(caller)
    )


@router.get("/dossiers/{reference:uuid}")
@leaves(Operation.READ_TRAIL)
def read_trail_of_record(request: Request, reference: UUID, caller: PageCaller) -> HTMLResponse:
    """Show who looked at one record, which only its trail reference names: one that is there, or was, as its lines still say."""
    records = caller.structure.records
    records.must_allow(caller.actor, Operation.READ_TRAIL)
    is_linked = records.ledger.subject_of(reference) is not None
    if not is_linked and not _was_a_record(caller, reference):
        raise records.refused(caller.actor, Operation.READ_TRAIL, Outcome.NOT_FOUND)
    form = _form(request)
    wanted = replace(_wanted(form), reference=reference)
    page = look_at_trail(caller, wanted, before=_cursor(request))
    address = f"/acces/dossiers/{reference}"
    following = None if page.before is None else f"{address}?{urlencode({**_chosen(form), 'avant': page.before})}"
    days = days_of(page.lines)
    return show(request, "trail_of_record.html", form=form, days=days, following=following, reference=reference, is_linked=is_linked)


@router.get("/motifs")
@leaves(Operation.READ_TRAIL)
def read_grounds(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show on which grounds records were looked at: purposes and roles, a day once, of everything or of one record."""
    form = _form(request)
    last = form.day("to") or today_of(request)
    first = form.day("from") or sayable(last) - A_MONTH
    reference = _identifier(form, "reference")
    since, until = interval_of_days(first, last)
    found = look_at_grounds(caller, since, until, reference)
    days = [(day, list(grounds)) for day, grounds in groupby(found, key=lambda ground: ground.day)]
    form.typed = {**form.typed, "from": [first.isoformat()], "to": [last.isoformat()]}
    return show(request, "trail_grounds.html", form=form, days=days)


@router.get("/export")
@leaves(Operation.READ_TRAIL)
def offer_export(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer to take an interval of the trail away."""
    caller.structure.records.disclose(caller.actor, Operation.READ_TRAIL)
    today = today_of(request)
    return show(request, "trail_export.html", form=Form.filled(first=(today - timedelta(days=7)).isoformat(), last=today.isoformat()))


@router.get("/export.csv")
@leaves(Operation.EXPORT_TRAIL)
def take_export(request: Request, caller: PageCaller) -> Response:
    """Give an interval of the trail as a file for a spreadsheet."""
    form = Form({name: [value] for name, value in request.query_params.items() if name in {"first", "last"}})
    first, last = form.day("first", N_("Indiquez le premier jour.")), form.day("last", N_("Indiquez le dernier jour."))
    caller.structure.records.must_allow(caller.actor, Operation.EXPORT_TRAIL)
    if first is None or last is None:
        return show(request, "trail_export.html", 422, form=form)
    try:
        lines = export_trail(caller, first, last)
    except DateRefused as refusal:
        form.refuse(refusal.field, str(refusal))
        return show(request, "trail_export.html", 422, form=form)
    return csv_answer(trail_as_csv(lines), f"acces-{first}-{last}.csv")


def trail_as_csv(lines: Sequence[Line]) -> str:
    """Write lines of the trail for a spreadsheet: whole references, hours of Paris."""
    say = sentences_in().say
    return as_csv([say(column) for column in _COLUMNS], [_row(line) for line in lines])


def _row(line: Line) -> tuple[object, ...]:
    say = sentences_in().say
    role, operation = (say(labels.name_of(value, kind)) for value, kind in ((line.role, "role"), (line.operation, "operation")))
    categories = ", ".join(say(labels.name_of(category, "category")) for category in line.categories)
    outcome, purpose = (say(labels.name_of(value, kind)) for value, kind in ((line.outcome, "outcome"), (line.purpose, "purpose")))
    at = f"{local(line.at):%d/%m/%Y %H:%M:%S}"
    return (at, line.name, role, operation, outcome, purpose, line.reference, categories, line.records, line.request, line.about)


def _was_a_record(caller: Caller, reference: UUID) -> bool:
    """Tell whether lines are left of it; those about an account or a file of the desk are of no record."""
    if caller.structure.accounts.get(AccountId(reference)) is not None or caller.structure.records.has_file(reference):
        return False
    return bool(caller.structure.trail.lines(TrailFilter(reference=reference), limit=1).lines)


def _form(request: Request) -> Form:
    return Form({name: [value] for name, value in request.query_params.items() if name in _FILTERS and value})


def _wanted(form: Form) -> TrailFilter:
    first, last = form.day("from"), form.day("to")
    wanted = TrailFilter(
        since=None if first is None else interval_of_days(first, first)[0],
        until=None if last is None else interval_of_days(last, last)[1],
        reference=_identifier(form, "reference"),
    )
    if form.value("role") in set(Role):
        wanted = replace(wanted, role=Role(form.value("role")))
    if form.value("operation") in set(Operation):
        wanted = replace(wanted, operation=Operation(form.value("operation")))
    if form.value("outcome") in set(Outcome):
        wanted = replace(wanted, outcome=Outcome(form.value("outcome")))
    return wanted


def _identifier(form: Form, name: str) -> UUID | None:
    text = form.value(name).strip()
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        form.refuse(name, N_("Cette référence n'est pas complète : copiez-la depuis l'adresse de la page du dossier."))
        return None


def _cursor(request: Request) -> int | None:
    return Form({"avant": [request.query_params.get("avant", "")]}).number("avant")


def _with(path: str, form: Form, *names: str) -> str:
    kept = {name: form.value(name) for name in names if form.value(name)}
    return f"{path}?{urlencode(kept)}" if kept else path


def _chosen(form: Form) -> Mapping[str, str]:
    return {name: form.value(name) for name in _FILTERS if form.value(name)}


def _selects() -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        ("role", N_("En quel rôle"), labels.options(labels.ROLES)),
        ("operation", N_("Quoi"), labels.options(labels.OPERATIONS)),
        ("outcome", N_("Issue"), labels.options(labels.OUTCOMES)),
    ]
