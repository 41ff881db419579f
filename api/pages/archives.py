"""The archive gate: what the archives administration agreed to, and the list of what waits to be eliminated (R064)."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.desk.csv_file import as_csv, csv_answer
from api.erasures.erasure_looks import Elimination, look_at_eliminations
from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, go, show, today_of
from api.pages.sentences import N_, sentences_in
from api.pages.writing import attempt
from api.web.operations import leaves
from api.web.requests import Caller
from domain.trail import Operation

router = APIRouter(prefix="/archives")

WHOLE: Final = N_("Dossier entier")
PART: Final = N_("Partie d'un dossier : %(category)s")
NO_GROUND: Final = N_("Dites ce qui a été accordé.")
NO_REFERENCE: Final = N_("Écrivez la référence du document : c'est elle qui prouve l'accord.")
NOT_SURE: Final = N_("Cochez la case pour terminer cet accord.")
_COLUMNS: Final = (N_("Catégorie"), N_("Motif"), N_("Nombre"), N_("Première demande"), N_("Dernière demande"))


@router.get("")
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def read_gate(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show whether anything may be destroyed, and offer to enter an agreement."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_ARCHIVE_GATE)
    return _gate(request, caller, Form())


@router.post("")
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def open_gate(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Enter an agreement."""
    records, form = caller.structure.records, Form.sent(typed)
    records.must_allow(caller.actor, Operation.MANAGE_ARCHIVE_GATE)
    ground, reference = form.required("ground", NO_GROUND), form.required("reference", NO_REFERENCE)
    last_day = form.day("valid_until")
    status = attempt(form, lambda: records.open_gate(caller.actor, ground, reference, last_day))
    return _gate(request, caller, form, status) if status is not None else go(request, "/archives", "archives")


@router.post("/fin")
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def shut_gate(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """End the agreement."""
    records, form = caller.structure.records, Form.sent(typed)
    records.must_allow(caller.actor, Operation.MANAGE_ARCHIVE_GATE)
    if form.value("sure") != "oui":
        form.refuse("sure", NOT_SURE)
    status = attempt(form, lambda: records.shut_gate(caller.actor))
    return _gate(request, caller, form, status) if status is not None else go(request, "/archives", "archives-fin")


@router.get("/bordereau")
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def read_list(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the list for the archives administration, to print."""
    lines = [(_category(line), line) for line in look_at_eliminations(caller)]
    total = sum(line.count for _, line in lines)
    gate = caller.structure.records.gate()
    agreement = None if gate is None or not gate.is_open(caller.structure.records.clock()) else gate.agreement
    return show(request, "elimination.html", lines=lines, total=total, agreement=agreement, today=today_of(request))


@router.get("/bordereau.csv")
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def take_list(caller: PageCaller) -> Response:
    """Give the same list as a file for a spreadsheet."""
    return csv_answer(_as_csv(look_at_eliminations(caller)), "bordereau-elimination.csv")


def _gate(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    records = caller.structure.records
    gate = records.gate()
    return show(
        request,
        "archives.html",
        status,
        form=form,
        agreement=None if gate is None else gate.agreement,
        is_open=gate is not None and gate.is_open(records.clock()),
        grounds=labels.options(labels.ARCHIVE_GROUNDS),
    )


def _as_csv(lines: Sequence[Elimination]) -> str:
    say = sentences_in().say
    rows = [
        (_category(line), say(labels.name_of(line.ground, "ground")), line.count, f"{line.first:%d/%m/%Y}", f"{line.last:%d/%m/%Y}")
        for line in lines
    ]
    return as_csv([say(column) for column in _COLUMNS], rows)


def _category(line: Elimination) -> str:
    say = sentences_in().say
    if line.category is None:
        return say(WHOLE)
    return say(PART) % {"category": say(labels.name_of(line.category, "category"))}
