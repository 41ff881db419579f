"""What the youth was told and agreed to, the name they gave, and who accompanies them (N2, N44)."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from api.pages import labels
from api.pages.forms import Form, Sent
from api.pages.frame import colleagues_in, educators_of, go, today_of
from api.pages.record_door import Door, RecordDoor
from api.pages.sentences import N_
from api.web.operations import leaves
from domain.drafts import AgreementDraft, IdentityDraft, InformationDraft
from domain.identifiers import AccountId
from domain.refusals import CategoryOff
from domain.trail import Operation
from domain.vocabulary import GRANTABLE_CATEGORIES

router = APIRouter(prefix="/dossiers/{record_id:uuid}")

_PAGE = "agreements.html"


@router.get("/accords")
@leaves(Operation.READ_RECORD)
def show_agreements(door: Door) -> HTMLResponse:
    """Show what the youth was told and agreed to, and offer to write more."""
    return door.offer(_PAGE, informed_ways=labels.options(labels.INFORMED_WAYS))


@router.post("/accords")
@leaves(Operation.CHANGE_RECORD)
def write_agreement(typed: Sent, door: Door) -> Response:
    """Write one of three acts: told, agreed, taken back."""
    form = Form.sent(typed)
    acts = {"inform": _inform, "agree": _agree, "withdraw": _withdraw}
    act = acts.get(form.value("act"), _inform)
    status, done = act(form, door)
    return door.answer(status, done, form, _PAGE, informed_ways=labels.options(labels.INFORMED_WAYS))


@router.get("/identite")
@leaves(Operation.READ_RECORD)
def new_identity(door: Door) -> HTMLResponse:
    """Offer to write the civil identity, once agreed to."""
    return door.offer("identity.html")


@router.post("/identite")
@leaves(Operation.CHANGE_RECORD)
def give_identity(typed: Sent, door: Door) -> Response:
    """Write the civil identity."""
    form = Form.sent(typed)
    draft = IdentityDraft(form.required("first_name", N_("Écrivez au moins le prénom.")), form.line("last_name"))
    status = door.write(form, door.records.give_identity, draft)
    return door.answer(status, "identite", form, "identity.html")


@router.get("/referents")
@leaves(Operation.READ_RECORD)
def new_referents(door: Door) -> HTMLResponse:
    """Offer to name the referents anew."""
    record = door.read(Operation.NAME_REFERENTS)
    begin = {"referents": [str(account) for account in record.referent_accounts]}
    return door.offer("referents.html", record=record, begin=begin, colleagues=educators_of(door.caller))


@router.post("/referents")
@leaves(Operation.NAME_REFERENTS)
def name_referents(typed: Sent, door: Door) -> Response:
    """Name one or two referents. Whoever leaves goes back to their own list."""
    form = Form.sent(typed)
    named = [AccountId(who) for who in colleagues_in(form, "referents", door.caller)]
    status = door.write(form, door.records.name_referents, named)
    if status is None and door.caller.actor.account not in named:
        return go(door.request, "/dossiers", "referents")
    return door.answer(status, "referents", form, "referents.html", colleagues=educators_of(door.caller))


def _inform(form: Form, door: RecordDoor) -> tuple[int | None, str]:
    how = form.required("how", N_("Dites comment la ou le jeune a été informé·e."))
    draft = InformationDraft(how, today_of(door.request))
    return door.write(form, door.records.inform, draft, act="inform"), "information"


def _agree(form: Form, door: RecordDoor) -> tuple[int | None, str]:
    category = _category(form)
    field = f"said-{category}"
    said = form.required(field, N_("Écrivez ce qui a été dit : l'accord se prouve par ces mots."))
    draft = AgreementDraft(category, said, today_of(door.request))
    status = door.write(form, door.records.agree, draft, act=f"agree {category}")
    if "what_was_said" in form.errors:
        form.errors[field] = form.errors.pop("what_was_said")
    return status, "accord"


def _withdraw(form: Form, door: RecordDoor) -> tuple[int | None, str]:
    category = _category(form)
    return door.write(form, door.records.withdraw_agreement, category, act=f"withdraw {category}"), "repris"


def _category(form: Form) -> str:
    category = form.value("category")
    if category not in GRANTABLE_CATEGORIES:
        raise CategoryOff
    return category
