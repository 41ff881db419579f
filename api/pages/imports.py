"""Taking over old files: choose one, look at what it would come to, change what was misunderstood, import, see what was written (N30)."""

from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.imports.import_choices import Choices
from api.imports.import_door import RUNNING, WAITING, Edit, ImportDoor, Look, door_of
from api.imports.import_mapping import changed_sheet
from api.imports.spreadsheets import LARGEST_FILE
from api.pages import import_view, labels
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, educators_of, go, show
from api.pages.import_view import Sheaf
from api.pages.sentences import N_
from api.pages.writing import UNREADABLE_FIELD
from api.web.errors import status_of
from api.web.operations import leaves, leaves_nothing
from api.web.uploads import Uploaded
from domain.identifiers import AccountId
from domain.intake import Decision, Field, Sheet, SheetKind, SourceLine
from domain.refusals import DomainError, FieldRefused, NotAllowed
from domain.trail import Operation

router = APIRouter(prefix="/imports")

_ALL: Final = "decision-all"


def _door(request: Request, caller: PageCaller) -> ImportDoor:
    return door_of(request, caller)


Door = Annotated[ImportDoor, Depends(_door)]


@router.get("")
@leaves_nothing("It shows nobody: the names of the files that this very session began with.")
def choose_file(request: Request, door: Door) -> HTMLResponse:
    """Offer to choose a file."""
    door.must_preview()
    return _choose(request, door, Form())


@router.post("")
@leaves(Operation.PREVIEW_IMPORT)
def send_file(request: Request, door: Door, upload: Uploaded) -> Response:
    """Read a file, keep it sealed, and show what it would come to."""
    form = Form()
    try:
        if not upload.filename and not upload.content:
            raise FieldRefused("file", N_("Choisissez d'abord un fichier."))
        preview = door.begin(upload)
    except NotAllowed:
        raise
    except DomainError as refusal:
        form.refuse("file", str(refusal))
        return _choose(request, door, form, status_of(type(refusal)))
    return go(request, f"/imports/{preview}")


@router.get("/{preview_id:uuid}")
@leaves(Operation.PREVIEW_IMPORT)
def look(request: Request, preview_id: UUID, door: Door) -> Response:
    """Show a preview. One that is written, or being written, leads to how far it has come."""
    if door.follow(preview_id)[0].state != WAITING:
        return RedirectResponse(f"/imports/{preview_id}/avancement", 303)
    return _preview(request, door, preview_id, Form())


@router.post("/{preview_id:uuid}/colonnes")
@leaves(Operation.PREVIEW_IMPORT)
def choose_columns(request: Request, typed: Sent, preview_id: UUID, door: Door) -> Response:
    """Change what one sheet holds and which column is which."""
    form = Form.sent(typed)

    def edit(choices: Choices, sheets: tuple[Sheet, ...]) -> Choices:
        position, before = form.number("sheet"), choices.mapping.sheets if choices.mapping else ()
        if position is None or position >= len(before):
            raise NotAllowed
        kind = SheetKind(form.value("kind")) if form.value("kind") in set(SheetKind) else before[position].kind
        fields = {column.index: _field(form, column.index, column.field) for column in before[position].columns}
        return choices.with_sheet(position, changed_sheet(sheets[position], before[position], kind, form.number("header_row"), fields))

    return _changed(request, preview_id, door, form, edit) or go(request, f"/imports/{preview_id}", "colonnes")


@router.post("/{preview_id:uuid}/doublons")
@leaves(Operation.PREVIEW_IMPORT)
def decide(request: Request, typed: Sent, preview_id: UUID, door: Door) -> Response:
    """Decide what becomes of the likely duplicates: one by one, or all of them."""
    form = Form.sent(typed)
    summary = door.look(preview_id).summary

    def edit(choices: Choices, _sheets: tuple[Sheet, ...]) -> Choices:
        positions = _positions(choices)
        named = {offer.line: import_view.offer_name(positions[offer.sheet], offer.row) for offer in summary.offers}
        said = {line: form.value(_ALL) or form.value(name) for line, name in named.items()}
        decided: dict[SourceLine, Decision] = {line: Decision(word) for line, word in said.items() if word in set(Decision)}
        return replace(choices, decisions={**choices.decisions, **decided})

    return _changed(request, preview_id, door, form, edit) or go(request, f"/imports/{preview_id}", "doublons")


@router.post("/{preview_id:uuid}/reprise")
@leaves(Operation.RUN_IMPORT)
def run(request: Request, typed: Sent, preview_id: UUID, door: Door) -> Response:
    """Begin to write. A second click finds the same import at work."""
    form = Form.sent(typed)
    if door.desk.names_a_referent and form.value("fallback"):
        [*named] = form.accounts("fallback")
        if not named:
            return _preview(request, door, preview_id, form, UNREADABLE_FIELD)
        door.change(preview_id, lambda choices, _: replace(choices, fallback=AccountId(named[0])))
    door.run(preview_id)
    return go(request, f"/imports/{preview_id}/avancement")


@router.get("/{preview_id:uuid}/avancement")
@leaves_nothing("It shows numbers and one sentence about the author's own file, and no record.")
def follow(request: Request, preview_id: UUID, door: Door) -> Response:
    """Show how far an import has come, and what it came to. What could not be written leads back to the preview, which says why."""
    advance, outcome = door.follow(preview_id)
    if advance.state == WAITING:
        return RedirectResponse(f"/imports/{preview_id}", 303)
    return show(request, "imports_progress.html", advance=advance, running=advance.state == RUNNING, outcome=outcome)


@router.post("/{preview_id:uuid}/abandon")
@leaves_nothing("It forgets what its author's own session had sealed.")
def give_up(request: Request, _typed: Sent, preview_id: UUID, door: Door) -> Response:
    """Forget a preview."""
    door.give_up(preview_id)
    return go(request, "/imports", "abandon")


def _choose(request: Request, door: ImportDoor, form: Form, status: int = 200) -> HTMLResponse:
    return show(request, "imports.html", status, form=form, kept=door.kept(), largest=LARGEST_FILE)


def _changed(request: Request, preview: UUID, door: ImportDoor, form: Form, edit: Edit) -> Response | None:
    """Change what is chosen. `None` when it is done; else the preview as it was, which says why not."""
    try:
        door.change(preview, edit)
    except NotAllowed:
        raise
    except DomainError as refusal:
        form.refusal = str(refusal)
        return _preview(request, door, preview, form, status_of(type(refusal)))
    return None


def _preview(request: Request, door: ImportDoor, preview: UUID, form: Form, status: int = 200) -> HTMLResponse:
    found = door.look(preview)
    if form.refusal is None and found.outcome is not None:
        form.refusal = found.outcome.refusal
    return show(request, "imports_preview.html", status, form=form, look=found, **_doubts(request, found), **_context(request, door, found))


def _context(request: Request, door: ImportDoor, found: Look) -> dict[str, Any]:
    sheaf = Sheaf.of(_page(request, "doublons"), len(found.summary.offers))
    offers = found.summary.offers[sheaf.slice]
    return {
        "sheets": import_view.sheets_of(found.choices),
        "sheet_kinds": labels.options(import_view.SHEET_KINDS),
        "decisions": labels.options(import_view.DECISIONS),
        "offers": import_view.offers_of(offers, _positions(found.choices), door.names(offers)),
        "offer_pages": sheaf,
        "offers_open": "doublons" in request.query_params,
        "colleagues": educators_of(door.caller) if door.desk.names_a_referent and found.summary.lacks_fallback else [],
        "fallback": found.choices.fallback,
    }


def _doubts(request: Request, found: Look) -> dict[str, Any]:
    reason = request.query_params.get("motif", "")
    chosen = import_view.doubts_of(found, reason)
    sheaf = Sheaf.of(_page(request, "page"), len(chosen))
    lines = [(doubt, import_view.consequence_of(doubt)) for doubt in chosen[sheaf.slice]]
    return {"reasons": import_view.reasons_of(found), "reason": reason if chosen else "", "lines": lines, "line_pages": sheaf}


def _page(request: Request, name: str) -> int | None:
    return Form({name: [request.query_params.get(name, "")]}).number(name)


def _positions(choices: Choices) -> dict[str, int]:
    return {sheet.sheet: position for position, sheet in enumerate(choices.mapping.sheets if choices.mapping else ())}


def _field(form: Form, index: int, before: Field | None) -> Field | None:
    name = f"column-{index}"
    if name not in form.typed:
        return before
    return Field(form.value(name)) if form.value(name) in set(Field) else None
