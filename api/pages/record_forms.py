"""One record, and what is written in it as the days go: contacts, notes, steps (N23, N44)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from api.accesses import accesses_of
from api.looks import look_at_record_trail
from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import colleagues_in, educators_of, show, today_of
from api.pages.record_door import Door, RecordDoor
from api.pages.record_view import OpenStep, RecordView
from api.pages.sentences import N_
from api.web.operations import leaves
from domain.drafts import ContactDraft, NoteDraft, StepDraft
from domain.refusals import StepUnknown
from domain.texts import NOTE
from domain.trail import Operation

router = APIRouter(prefix="/dossiers/{record_id:uuid}")

LOOKS_SHOWN = 8
_DAY_MISSING = N_("Dites quel jour.")


@router.get("")
@leaves(Operation.READ_RECORD)
def read_record(door: Door) -> HTMLResponse:
    """Show what may be seen of one record; to its referents all of it, who opened it and who else may."""
    look = door.look()
    record = door.view(look)
    if Operation.READ_OWN_TRAIL not in record.may:
        return show(door.request, "record.html", record=record, looks=(), accesses=())
    looks, accesses = look_at_record_trail(door.caller, door.youth), accesses_of(door.caller, look.record)
    return show(door.request, "record.html", record=record, looks=looks[:LOOKS_SHOWN], older_looks=looks[LOOKS_SHOWN:], accesses=accesses)


@router.get("/contacts/nouveau")
@leaves(Operation.READ_RECORD)
def new_contact(door: Door) -> HTMLResponse:
    """Offer a contact: today, with whoever types."""
    begin = {"occurred_on": _today(door), "present": [str(door.caller.actor.account)]}
    return door.offer("contact_new.html", begin=begin, **_for_contact(door))


@router.post("/contacts/nouveau")
@leaves(Operation.CHANGE_RECORD)
def make_contact(typed: Sent, door: Door) -> Response:
    """Write a contact."""
    form = Form.sent(typed)
    draft = ContactDraft(
        occurred_on=form.day("occurred_on", _DAY_MISSING) or today_of(door.request),
        channel=form.required("channel", N_("Dites par où le contact s'est fait.")),
        initiated_by=form.required("initiated_by", N_("Dites qui est allé vers l'autre.")),
        present=colleagues_in(form, "present", door.caller, closed_too=True),
        territory=form.line("territory"),
        minutes=form.number("minutes"),
        themes=form.values("themes"),
        comment=form.line("comment"),
    )
    status = door.write(form, door.records.make_contact, draft)
    return door.answer(status, "contact", form, "contact_new.html", **_for_contact(door))


@router.get("/notes")
@leaves(Operation.READ_RECORD)
def new_note(door: Door) -> HTMLResponse:
    """Offer a note."""
    return door.offer("note_new.html", begin={"occurred_on": _today(door)}, today=_today(door))


@router.post("/notes")
@leaves(Operation.CHANGE_RECORD)
def add_note(typed: Sent, door: Door) -> Response:
    """Write a note."""
    form = Form.sent(typed)
    text = form.required("text", N_("La note est vide. Écrivez-la, ou revenez au dossier."))
    draft = NoteDraft(text, form.day("occurred_on", _DAY_MISSING) or today_of(door.request))
    status = door.write(form, door.records.add_note, draft)
    return door.answer(status, "note", form, "note_new.html", today=_today(door))


@router.get("/demarches")
@leaves(Operation.READ_RECORD)
def new_step(door: Door) -> HTMLResponse:
    """Offer a step."""
    return door.offer("step_new.html", begin={"occurred_on": _today(door)}, **_for_step(door))


@router.post("/demarches")
@leaves(Operation.CHANGE_RECORD)
def take_step(typed: Sent, door: Door) -> Response:
    """Write a step made with the youth."""
    form = Form.sent(typed)
    draft = StepDraft(
        theme=form.required("theme", N_("Dites à propos de quoi.")),
        occurred_on=form.day("occurred_on", _DAY_MISSING) or today_of(door.request),
        partner=form.line("partner"),
        result=form.line("result"),
        due_on=form.day("due_on"),
    )
    status = door.write(form, door.records.take_step, draft)
    return door.answer(status, "demarche", form, "step_new.html", **_for_step(door))


@router.get("/demarches/{step_id:uuid}/resultat")
@leaves(Operation.READ_RECORD)
def new_result(step_id: UUID, door: Door) -> HTMLResponse:
    """Ask what came of a step. Raises `StepUnknown` when it is not open."""
    record = door.read(Operation.CHANGE_RECORD)
    return door.offer("step_result.html", record=record, step=_open_step(record, step_id))


@router.post("/demarches/{step_id:uuid}/resultat")
@leaves(Operation.CHANGE_RECORD)
def complete_step(step_id: UUID, typed: Sent, door: Door) -> Response:
    """Write what came of a step."""
    form = Form.sent(typed)
    result = form.required("result", N_("Écrivez une phrase, même courte."))
    status = door.write(form, door.records.complete_step, step_id, result)
    return door.answer(status, "resultat", form, "step_result.html", step=OpenStep(step_id, "", None, None, ""))


def _open_step(record: RecordView, step_id: UUID) -> OpenStep:
    for step in record.deadlines:
        if step.id == step_id:
            return step
    raise StepUnknown


def _today(door: RecordDoor) -> str:
    return today_of(door.request).isoformat()


def _for_contact(door: RecordDoor) -> dict[str, Any]:
    return {
        "channels": labels.options(labels.CHANNELS),
        "initiatives": labels.options(labels.INITIATIVES),
        "themes": labels.options(labels.THEMES),
        "durations": labels.options(labels.DURATIONS),
        "colleagues": educators_of(door.caller),
        "today": _today(door),
        "comment_limit": NOTE,
    }


def _for_step(door: RecordDoor) -> dict[str, Any]:
    return {"themes": labels.options(labels.THEMES), "today": _today(door)}
