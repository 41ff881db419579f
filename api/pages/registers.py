"""The hub of the registers that a structure must be able to show, and the register of processing (RGPD art. 30; R004)."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.desk.csv_file import as_csv, csv_answer
from api.desk.processing_register import Measure, ProcessingLine, Register, look_at_register
from api.pages import desk_labels, labels
from api.pages.frame import PageCaller, show, today_of
from api.pages.sentences import N_, sentences_in
from api.web.operations import leaves
from api.web.requests import service_of
from api.wording import SOURCE, day_in
from domain.trail import Operation

router = APIRouter(prefix="/registres")

_COLUMNS: Final = (
    *(N_("Traitement"), N_("Finalités"), N_("Domaine"), N_("Base légale"), N_("Fondement particulier"), N_("Destinataires")),
    N_("Durée"),
)


@router.get("")
@leaves(Operation.READ_REGISTER)
def list_registers(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show where each register is."""
    caller.structure.records.disclose(caller.actor, Operation.READ_REGISTER)
    return show(request, "registers.html")


@router.get("/traitements")
@leaves(Operation.READ_REGISTER)
def read_register(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the register of processing, as the service is now; it prints on paper."""
    register = _drawn(request, caller)
    kept = {line.name: kept_in_words(line) for line in register.processings}
    details = {measure.name: detail_in_words(measure) for measure in register.measures}
    return show(request, "processing_register.html", register=register, kept=kept, details=details, today=today_of(request))


@router.get("/traitements.csv")
@leaves(Operation.READ_REGISTER)
def take_register(request: Request, caller: PageCaller) -> Response:
    """Give it as a file for a spreadsheet."""
    return csv_answer(register_as_csv(_drawn(request, caller)), "registre-des-traitements.csv")


def register_as_csv(register: Register) -> str:
    """Write a line a processing and category."""
    say = sentences_in().say
    return as_csv([say(column) for column in _COLUMNS], _rows(register))


def kept_in_words(line: ProcessingLine) -> str:
    """Say how long the data of a processing are kept."""
    say = sentences_in().say
    since = say(desk_labels.KEPT_SINCE[line.since])
    if line.unit == "months":
        return say(N_("%(number)d mois %(since)s")) % {"number": line.kept, "since": since}
    if line.unit == "days":
        return say(N_("%(number)d jours %(since)s")) % {"number": line.kept, "since": since}
    return since


def detail_in_words(measure: Measure) -> str:
    """Say what a measure adds: a day as people say it, anything else as it is."""
    try:
        return day_in(SOURCE, date.fromisoformat(measure.detail), "d MMMM y")
    except ValueError:
        return measure.detail


def _drawn(request: Request, caller: PageCaller) -> Register:
    service = service_of(request)
    return look_at_register(caller, service.settings, service.providers)


def _rows(register: Register) -> Iterator[tuple[object, ...]]:
    for line in register.processings:
        purposes, recipients = _names(line.purposes, "purpose"), _names(line.recipients, "role")
        for one in line.categories:
            name, category = _names((line.name,), "processing"), _names((one.category,), "category")
            yield name, purposes, category, one.basis, one.ground, recipients, kept_in_words(line)


def _names(values: tuple[str, ...], kind: str) -> str:
    say = sentences_in().say
    return ", ".join(say(labels.name_of(value, kind)) for value in values)
