"""The register of breaches: its clock, what is known in stages, the decisions, the records touched (RGPD art. 33 and 34; R005, R006)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.desk.breach_desk import look_at_touched, name_perimeter
from api.desk.csv_file import as_csv, csv_answer
from api.desk.incident_desk import name_in
from api.pages import desk_labels, labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, names_of, show
from api.pages.sentences import N_, sentences_in
from api.pages.writing import attempt, key_of
from api.web.operations import leaves
from api.web.requests import Caller
from domain.desk.breach import Breach
from domain.identifiers import AccountId
from domain.local_time import local
from domain.refusals import NotAllowed
from domain.trail import CommandKey, Operation, Role

router = APIRouter(prefix="/violations")

NO_MOMENT: Final = N_("Indiquez le jour et l'heure.")
NO_WORDS: Final = N_("Écrivez-le en une phrase.")
NO_ACCOUNT: Final = N_("Choisissez le compte.")
NO_CHOICE: Final = N_("Choisissez une réponse.")
_COLUMNS: Final = (N_("Référence"), N_("Premier accès"), N_("Dernier accès"), N_("Quoi"))
_NOWHEN: Final = datetime.fromisoformat("2000-01-01T00:00+00:00")
"""Stands for a moment that was not typed: the form is refused before it is used."""

Act = Callable[[Caller, int, Form, CommandKey], object]


@router.get("")
@leaves(Operation.MANAGE_BREACHES)
def list_breaches(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the register, the clocks that run first."""
    at = caller.structure.records.clock()
    found = caller.structure.records.read_files(caller.actor, Breach)
    found.sort(key=lambda one: (not one[1].runs(), one[1].closed_at is not None))
    return show(request, "breaches.html", breaches=found, at=at)


@router.get("/nouvelle")
@leaves(Operation.MANAGE_BREACHES)
def offer_breach(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer to open a breach."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_BREACHES)
    now = local(caller.structure.records.clock())
    return show(request, "breach_new.html", form=Form.filled(aware_at=f"{now:%Y-%m-%dT%H:%M}"))


@router.post("/nouvelle")
@leaves(Operation.MANAGE_BREACHES)
def open_breach(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Start its clock."""
    records, form = caller.structure.records, Form.sent(typed)
    records.must_allow(caller.actor, Operation.MANAGE_BREACHES)
    aware_at, what = form.moment("aware_at", NO_MOMENT), form.required("what", NO_WORDS)
    command, opened = key_of(form, caller, request), list[int]()
    status = attempt(form, lambda: opened.append(records.open_breach(caller.actor, aware_at or _NOWHEN, what, command=command)))
    if status is not None:
        return show(request, "breach_new.html", status, form=form)
    return go(request, f"/violations/{opened[0]}", "violation")


@router.get("/{number:int}")
@leaves(Operation.MANAGE_BREACHES)
def read_breach(request: Request, number: int, caller: PageCaller) -> HTMLResponse:
    """Show one breach and what is still to be decided."""
    return _breach(request, caller, number, Form())


@router.get("/{number:int}/dossiers")
@leaves(Operation.INVESTIGATE)
def read_touched(request: Request, number: int, caller: PageCaller) -> HTMLResponse:
    """Show the records touched, by their references."""
    _, records = look_at_touched(caller, number)
    return show(request, "breach_records.html", number=number, records=records)


@router.get("/{number:int}/dossiers.csv")
@leaves(Operation.INVESTIGATE)
def take_touched(number: int, caller: PageCaller) -> Response:
    """Give the same as a file for a spreadsheet."""
    say = sentences_in().say
    _, records = look_at_touched(caller, number)
    rows = [
        (
            record.reference,
            f"{local(record.first):%d/%m/%Y %H:%M}",
            f"{local(record.last):%d/%m/%Y %H:%M}",
            ", ".join(say(labels.name_of(operation, "operation")) for operation in record.operations),
        )
        for record in records
    ]
    return csv_answer(as_csv([say(column) for column in _COLUMNS], rows), f"violation-{number}-dossiers.csv")


@router.post("/{number:int}/{act}")
@leaves(Operation.MANAGE_BREACHES)
def go_on(request: Request, typed: Sent, number: int, act: str, caller: PageCaller) -> Response:
    """Write what is known, or one of the decisions."""
    form = Form.sent(typed)
    if act not in ACTS:
        raise NotAllowed
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_BREACHES)
    check, write = ACTS[act]
    check(form)
    command = key_of(form, caller, request, act)
    status = attempt(form, lambda: write(caller, number, form, command))
    if status is not None:
        return _breach(request, caller, number, form, status, act=act)
    return go(request, f"/violations/{number}", "registre")


def _perimeter(caller: Caller, number: int, form: Form, command: CommandKey) -> object:
    since, until = form.moment("since") or _NOWHEN, form.moment("until") or _NOWHEN
    return name_perimeter(caller, number, AccountId(form.accounts("account")[0]), (since, until), command=command)


def _notified(caller: Caller, number: int, form: Form, command: CommandKey) -> object:
    at = form.moment("notified_at") or _NOWHEN
    said = (form.line("reference"), form.line("late_because"))
    return caller.structure.records.notify_authority(caller.actor, number, at, *said, command=command)


def _told(caller: Caller, number: int, form: Form, command: CommandKey) -> object:
    day = form.day("occurred_on") or date.min
    return caller.structure.records.tell_people(caller.actor, number, day, form.value("how"), command=command)


ACTS: Final[Mapping[str, tuple[Callable[[Form], object], Act]]] = {
    "etape": (
        lambda form: form.required("text", NO_WORDS),
        lambda caller, n, form, key: caller.structure.records.add_stage(caller.actor, n, form.value("text"), command=key),
    ),
    "perimetre": (
        lambda form: (form.required("account", NO_ACCOUNT), form.moment("since", NO_MOMENT), form.moment("until", NO_MOMENT)),
        _perimeter,
    ),
    "cles": (
        lambda form: form.required("compromised", NO_CHOICE),
        lambda caller, n, form, key: caller.structure.records.assess_keys(caller.actor, n, form.value("compromised"), command=key),
    ),
    "cnil": (lambda form: form.moment("notified_at", NO_MOMENT), _notified),
    "sans-cnil": (
        lambda form: form.required("unlikely_because", NO_WORDS),
        lambda caller, n, form, key: caller.structure.records.decide_not_to_notify(
            caller.actor, n, form.value("unlikely_because"), command=key
        ),
    ),
    "personnes": (lambda form: (form.day("occurred_on", NO_MOMENT), form.required("how", NO_WORDS)), _told),
    "sans-personnes": (
        lambda form: (form.required("because", NO_CHOICE), form.required("words", NO_WORDS)),
        lambda caller, n, form, key: caller.structure.records.decide_not_to_tell(
            caller.actor, n, form.value("because"), form.value("words"), command=key
        ),
    ),
    "fin": (lambda _form: None, lambda caller, n, _form, key: caller.structure.records.close_breach(caller.actor, n, command=key)),
}
"""What each form must have in it, and what it writes."""


def _breach(request: Request, caller: Caller, number: int, form: Form, status: int = 200, *, act: str = "") -> HTMLResponse:
    breach = caller.structure.records.read_file(caller.actor, Breach, number)
    staff = [account for account in caller.structure.accounts.all() if account.role is not Role.YOUTH]
    return show(
        request,
        "breach.html",
        status,
        breach=breach,
        number=number,
        at=caller.structure.records.clock(),
        names=names_of(caller),
        by=name_in(caller, AccountId(breach.by)),
        accounts=[(str(account.account_id), account.display_name) for account in staff],
        keys=labels.options(desk_labels.KEYS_COMPROMISED),
        grounds=labels.options(desk_labels.NOT_TOLD_BECAUSE),
        form=form,
        act=act,
        new_form=Form,
    )
