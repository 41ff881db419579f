"""Who else may open a record: share it, end a share, hand it over (N10, N13)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from api.accesses import accesses_of, emergencies_of
from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import educators_of, go, show, today_of
from api.pages.record_door import Door, RecordDoor
from api.pages.sentences import N_
from api.pages.writing import attempt
from api.team import are_colleagues
from api.web.operations import leaves
from domain.drafts import HandingOverDraft, ShareDraft
from domain.refusals import AccessUnknown, ChoiceUnknown
from domain.trail import Operation
from domain.vocabulary import GRANTABLE_CATEGORIES

router = APIRouter(prefix="/dossiers/{record_id:uuid}")

_TEAM = "team:"
NO_LAST_DAY = N_("Indiquez le dernier jour.")


@router.get("/partages")
@leaves(Operation.SHARE_RECORD)
def show_accesses(door: Door) -> HTMLResponse:
    """Show who else may open the record, and offer to share it."""
    return _page(door)


@router.post("/partages")
@leaves(Operation.SHARE_RECORD)
def share_record(typed: Sent, door: Door) -> Response:
    """Share some categories with a colleague or a team."""
    form = Form.sent(typed)
    account, team = _with_whom(form, door)
    draft = ShareDraft(
        categories=form.values("categories"),
        purpose=form.required("purpose", N_("Dites pour quoi faire.")),
        until=form.day("until", NO_LAST_DAY) or today_of(door.request),
        account=account,
        team=team,
        told=form.line("told"),
        not_told_because=form.line("not_told_because"),
    )
    status = door.write(form, door.records.share_record, draft)
    return go(door.request, f"{door.address}/partages", "partage") if status is None else _page(door, form, status)


@router.post("/partages/{access_id:uuid}/fin")
@leaves(Operation.SHARE_RECORD)
def end_share(access_id: UUID, typed: Sent, door: Door) -> Response:
    """End a share. One that is over already is as it was wanted."""
    form = Form.sent(typed)

    def end() -> None:
        records, key = door.records, door.key(form)
        try:
            records.end_share(door.caller.actor, door.youth, access_id, command=key)
        except AccessUnknown:
            records.find_record(door.caller.actor, Operation.SHARE_RECORD, door.youth)

    status = attempt(form, end)
    return go(door.request, f"{door.address}/partages", "partage-fin") if status is None else _page(door, form, status)


@router.get("/transmission")
@leaves(Operation.READ_RECORD)
def offer_handover(door: Door) -> HTMLResponse:
    """Offer to let a colleague accompany the youth from now on."""
    return door.offer("handover.html", Operation.NAME_REFERENTS, people=_others(door))


@router.post("/transmission")
@leaves(Operation.NAME_REFERENTS)
def hand_over(typed: Sent, door: Door) -> Response:
    """Hand the record over; whoever did so goes back to their own list."""
    form = Form.sent(typed)
    if form.value("sure") != "oui":
        form.refuse("sure", N_("Cochez la case : dès que c'est enregistré, vous ne voyez plus ce dossier."))
    successor = _colleague(form, door, "successor", N_("Dites qui l'accompagne désormais."))
    draft = HandingOverDraft(successor or door.caller.actor.account, form.line("told"), form.line("not_told_because"))
    status = door.write(form, door.records.hand_over, draft)
    if status is None:
        return go(door.request, "/dossiers", "transmis")
    return door.answer(status, "", form, "handover.html", people=_others(door))


def _page(door: RecordDoor, form: Form | None = None, status: int = 200) -> HTMLResponse:
    teams = door.records.teams_to_share_with(door.caller.actor, door.youth)
    look = door.look(Operation.SHARE_RECORD)
    record = door.view(look)
    filled = form or Form.filled(record.version)
    filled.version = record.version
    people = [*_others(door), *((f"{_TEAM}{team.id}", team.name) for team in teams)]
    context: dict[str, Any] = {
        "accesses": accesses_of(door.caller, look.record),
        "emergencies": emergencies_of(door.caller, look.record),
        "people": people,
        "categories": labels.options({category: labels.CATEGORIES[category] for category in GRANTABLE_CATEGORIES}),
    }
    return show(door.request, "accesses.html", status, record=record, form=filled, **context)


def _others(door: RecordDoor) -> list[tuple[str, str]]:
    return [option for option in educators_of(door.caller) if option[0] != str(door.caller.actor.account)]


def _with_whom(form: Form, door: RecordDoor) -> tuple[UUID | None, UUID | None]:
    chosen = form.required("with", N_("Dites avec qui."))
    if not chosen.startswith(_TEAM):
        return _colleague(form, door, "with", N_("Dites avec qui.")), None
    try:
        return None, UUID(chosen.removeprefix(_TEAM))
    except ValueError:
        form.refuse("with", str(ChoiceUnknown("with")))
        return None, None


def _colleague(form: Form, door: RecordDoor, name: str, missing: str) -> UUID | None:
    if not form.value(name):
        form.refuse(name, missing)
        return None
    named = form.accounts(name)[:1]
    if named and not are_colleagues(door.caller, named):
        form.refuse(name, str(ChoiceUnknown(name)))
    return named[0] if named else None
