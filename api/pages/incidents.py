"""The DPO's pages of incidents and alerts: a reason first, then what the person did; an alert is told once, and treated (R086, R088)."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.desk.incident_desk import look_at_anomalies, look_at_deeds, name_in, open_incident, treat_anomaly
from api.desk.trail_interval import last_day_of
from api.pages import desk_labels, labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, show, today_of
from api.pages.sentences import N_
from api.pages.trail_view import days_of
from api.pages.writing import attempt, key_of
from api.web.operations import leaves
from api.web.requests import Caller
from domain.desk.incident import Incident
from domain.identifiers import AccountId
from domain.trail import Operation, Role

router = APIRouter(prefix="/incidents")
alerts = APIRouter(prefix="/alertes")

NO_ACCOUNT: Final = N_("Choisissez la personne.")
NO_REASON: Final = N_("Dites pourquoi : sans raison, personne ne regarde ce qu'une autre personne a fait.")
NO_DAY: Final = N_("Indiquez ce jour.")
NO_CONCLUSION: Final = N_("Dites ce qu'il en est.")
NO_WORDS: Final = N_("Écrivez-le en une phrase.")


@router.get("")
@leaves(Operation.MANAGE_INCIDENTS)
def list_incidents(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the incidents, those that go on first."""
    found = [(number, incident, name_in(caller, incident.account)) for number, incident in _read(caller)]
    found.sort(key=lambda one: one[1].concluded is not None)
    return show(request, "incidents.html", incidents=found)


@router.get("/nouveau")
@leaves(Operation.MANAGE_INCIDENTS)
def offer_incident(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer to state a reason."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_INCIDENTS)
    today = today_of(request).isoformat()
    return _new(request, caller, Form.filled(first=today, last=today))


@router.post("/nouveau")
@leaves(Operation.MANAGE_INCIDENTS)
def begin_incident(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Open an incident, and lead to what the person did."""
    form = Form.sent(typed)
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_INCIDENTS)
    accounts = form.accounts("account")
    if not accounts:
        form.refuse("account", NO_ACCOUNT)
    reason, first, last = form.required("reason", NO_REASON), form.day("first", NO_DAY), form.day("last", NO_DAY)
    opened: list[int] = []

    def write() -> None:
        if first is not None and last is not None:
            command = key_of(form, caller, request)
            opened.append(open_incident(caller, AccountId(accounts[0]), first, last, reason, command=command))

    status = attempt(form, write)
    return _new(request, caller, form, status) if status is not None else go(request, f"/incidents/{opened[0]}", "incident")


@router.get("/{number:int}")
@leaves(Operation.INVESTIGATE)
def read_incident(request: Request, number: int, caller: PageCaller) -> HTMLResponse:
    """Show the reason, then what the person did within the interval."""
    return _incident(request, caller, number, Form())


@router.post("/{number:int}/conclusion")
@leaves(Operation.MANAGE_INCIDENTS)
def conclude(request: Request, typed: Sent, number: int, caller: PageCaller) -> Response:
    """Say what came of it. A breach goes on in its own register."""
    form = Form.sent(typed)
    chosen, words = form.required("conclusion", NO_CONCLUSION), form.required("words", NO_WORDS)
    command = key_of(form, caller, request)
    status = attempt(form, lambda: caller.structure.records.conclude_incident(caller.actor, number, chosen, words, command=command))
    if status is not None:
        return _incident(request, caller, number, form, status)
    return go(request, "/violations/nouvelle" if chosen == "breach" else f"/incidents/{number}", "conclusion")


@alerts.get("")
@leaves(Operation.MANAGE_INCIDENTS)
def list_alerts(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show what is unusual, each episode once, in a sentence."""
    return _alerts(request, caller, Form())


@alerts.post("/{key}")
@leaves(Operation.MANAGE_INCIDENTS)
def treat(request: Request, typed: Sent, key: str, caller: PageCaller) -> Response:
    """Close an alert with what explains it, or open an incident about it."""
    form = Form.sent(typed)
    is_explained = form.value("treatment") != "incident"
    explained = form.required("words", NO_WORDS) if is_explained else None
    done: list[int] = []
    status = attempt(form, lambda: done.append(treat_anomaly(caller, key, explained, command=key_of(form, caller, request))))
    if status is not None:
        return _alerts(request, caller, form, status, wrong=key)
    return go(request, "/alertes", "alerte") if is_explained else go(request, f"/incidents/{done[0]}", "incident")


def _read(caller: Caller) -> list[tuple[int, Incident]]:
    return caller.structure.records.read_files(caller.actor, Incident)


def _new(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    staff = [account for account in caller.structure.accounts.all() if account.role is not Role.YOUTH]
    accounts = [(str(account.account_id), account.display_name) for account in staff]
    return show(request, "incident_new.html", status, form=form, accounts=accounts)


def _incident(request: Request, caller: Caller, number: int, form: Form, status: int = 200) -> HTMLResponse:
    before = Form({"avant": [request.query_params.get("avant", "")]}).number("avant")
    incident, page = look_at_deeds(caller, number, before=before)
    following = None if page.before is None else f"/incidents/{number}?{urlencode({'avant': page.before})}"
    return show(
        request,
        "incident.html",
        status,
        form=form,
        number=number,
        incident=incident,
        name=name_in(caller, incident.account),
        by=name_in(caller, AccountId(incident.by)),
        last=last_day_of(incident.until),
        days=days_of(page.lines),
        following=following,
        conclusions=labels.options(desk_labels.CONCLUSIONS),
    )


def _alerts(request: Request, caller: Caller, form: Form, status: int = 200, wrong: str | None = None) -> HTMLResponse:
    looks = look_at_anomalies(caller)
    waiting = [look.anomaly for look in looks if look.incident is None]
    treated = [look for look in looks if look.incident is not None]
    return show(request, "alerts.html", status, waiting=waiting, treated=treated, form=form, wrong=wrong, new_form=Form)
