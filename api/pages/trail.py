"""The DPO's page: who accessed what, when and what for. Never content (N16, R087)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.local_time import zone
from api.looks import look_at_trail
from api.operations import leaves
from api.pages import labels
from api.pages.forms import Form
from api.pages.frame import PageCaller, show
from api.pages.sentences import N_
from api.requests import Caller
from domain.identifiers import AccountId
from domain.trail import Operation, Outcome, Role
from projections.access_trail import Line, TrailFilter

router = APIRouter(prefix="/acces")

_FILTERS: Final = ("from", "to", "account", "role", "operation", "outcome", "reference")


@dataclass(frozen=True, slots=True)
class LineView:
    """One line, with a name for whoever it was."""

    at: datetime
    name: str
    role: str
    operation: str
    categories: Sequence[str]
    reference: UUID | None
    records: int
    purpose: str
    outcome: str


@router.get("")
@leaves(Operation.READ_TRAIL)
def read_trail(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the latest accesses, as filtered."""
    form = Form({name: [value] for name, value in request.query_params.items() if name in _FILTERS and value})
    wanted = _wanted(form)
    page = look_at_trail(caller, wanted, before=_cursor(request))
    following = None if page.before is None else f"/acces?{urlencode({**_chosen(form), 'avant': page.before})}"
    lines = [_view(line) for line in page.lines]
    return show(
        request, "trail.html", form=form, selects=_selects(caller), lines=lines, following=following, reference=None, is_linked=False
    )


@router.get("/dossiers/{reference:uuid}")
@leaves(Operation.READ_TRAIL)
def read_trail_of_record(request: Request, reference: UUID, caller: PageCaller) -> HTMLResponse:
    """Show the accesses to one record, which only its trail reference names."""
    page = look_at_trail(caller, TrailFilter(reference=reference), before=_cursor(request))
    following = None if page.before is None else f"/acces/dossiers/{reference}?avant={page.before}"
    lines = [_view(line) for line in page.lines]
    is_linked = caller.structure.records.ledger.subject_of(reference) is not None
    return show(request, "trail.html", form=Form(), selects=(), lines=lines, following=following, reference=reference, is_linked=is_linked)


def _wanted(form: Form) -> TrailFilter:
    first, last = form.day("from"), form.day("to")
    wanted = TrailFilter(
        since=None if first is None else _begin(first),
        until=None if last is None else _begin(last + timedelta(days=1)),
        reference=_identifier(form, "reference"),
    )
    if form.value("role") in set(Role):
        wanted = replace(wanted, role=Role(form.value("role")))
    if form.value("operation") in set(Operation):
        wanted = replace(wanted, operation=Operation(form.value("operation")))
    if form.value("outcome") in set(Outcome):
        wanted = replace(wanted, outcome=Outcome(form.value("outcome")))
    account = _identifier(form, "account")
    return wanted if account is None else replace(wanted, account=AccountId(account))


def _begin(day: date) -> datetime:
    """Return the first moment of `day` where the people are."""
    return datetime.combine(day, time(), zone())


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


def _chosen(form: Form) -> Mapping[str, str]:
    return {name: form.value(name) for name in _FILTERS if form.value(name)}


def _selects(caller: Caller) -> list[tuple[str, str, list[tuple[str, str]]]]:
    accounts = [account for account in caller.structure.accounts.all() if account.role is not Role.YOUTH]
    return [
        ("account", N_("Qui"), [(str(account.account_id), account.display_name) for account in accounts]),
        ("role", N_("En quel rôle"), labels.options(labels.ROLES)),
        ("operation", N_("Quoi"), labels.options(labels.OPERATIONS)),
        ("outcome", N_("Issue"), labels.options(labels.OUTCOMES)),
    ]


def _view(line: Line) -> LineView:
    # A youth's account bears no name: the role alone says who it was.
    return LineView(
        at=line.at,
        name=line.name or "",
        role=line.role,
        operation=line.operation,
        categories=line.categories,
        reference=line.reference,
        records=line.records,
        purpose=line.purpose,
        outcome=line.outcome,
    )
