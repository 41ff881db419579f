"""Breaking the glass, and what follows: the referent sees it, the DPO reviews it (N12)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.emergencies import Opened, break_glass, opened_by
from api.erasures.erasure_index import ErasureIndex
from api.pages.forms import Form, Sent, new_key
from api.pages.frame import PageCaller, educators_of, go, names_of, show, today_of
from api.pages.sentences import N_, sentences_in
from api.pages.writing import attempt, key_of
from api.web.operations import leaves, leaves_if_refused
from api.web.requests import Caller
from domain.access.glass_commands import Emergency
from domain.drafts import EmergencyDraft
from domain.identifiers import YouthId
from domain.trail import Operation

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Notice:
    """An emergency that somebody is told of: who opened which record, and when. It says nothing of the youth."""

    access: UUID
    record: UUID
    who: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class EmergencyView:
    """One emergency, as the DPO reviews it."""

    access: UUID
    who: str
    at: datetime
    review_by: date
    is_late: bool
    reason: str | None
    reviewed: bool
    justified: bool | None
    sentence: str | None
    reference: UUID | None = None


def notices_of(caller: Caller) -> list[Notice]:
    """Give what waits for the caller, for the page where they begin. A reference or a record is linked by that page alone."""
    waiting = caller.structure.records.emergencies_to_tell(caller.actor)
    names = names_of(caller) if waiting else {}
    return [Notice(one.access, one.subject, names.get(one.account, "–"), one.timestamp) for one in waiting]


@router.get("/urgence")
@leaves_if_refused(Operation.BREAK_GLASS, "an empty form, with the colleagues' names, and the way back to what one has open oneself")
def offer_emergency(request: Request, caller: PageCaller) -> HTMLResponse:
    """Say bluntly what happens, and ask."""
    caller.structure.records.must_allow(caller.actor, Operation.BREAK_GLASS)
    return _emergency(request, caller, Form())


@router.post("/urgence")
@leaves(Operation.BREAK_GLASS)
def open_in_an_emergency(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Open one record to read for an hour, or nothing, with one same answer."""
    form = Form.sent(typed)
    if form.value("sure") != "oui":
        form.refuse("sure", N_("Lisez ce qui se passe, puis cochez la case."))
    referents = form.accounts("referent")
    draft = EmergencyDraft(
        pseudonym=form.required("pseudonym", N_("Écrivez le surnom ou le code, en entier.")),
        reason=form.required("reason", N_("Dites pourquoi, en quelques mots.")),
        birth_year=form.number("year"),
        territory=form.line("territory"),
        referent=referents[0] if referents else None,
    )
    opened: list[Opened] = []
    key = key_of(form, caller, request, _sought(form))
    status = attempt(form, lambda: opened.append(break_glass(caller, draft, key)))
    if status is None:
        return go(request, f"/dossiers/{opened[0].record}")
    form.key = new_key()  # What is sent from the page that says so is another try.
    return _emergency(request, caller, form, status)


@router.post("/urgence/{access_id:uuid}/vu")
@leaves(Operation.ACKNOWLEDGE_GLASS)
def acknowledge(request: Request, access_id: UUID, caller: PageCaller) -> Response:
    """Write that a referent has seen it."""
    caller.structure.records.acknowledge_emergency(caller.actor, access_id)
    return go(request, "/dossiers", "urgence-vue")


@router.get("/acces/urgences")
@leaves(Operation.LIST_GLASS)
def list_emergencies(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show every emergency, the last one first."""
    found = caller.structure.records.list_emergencies(caller.actor)
    return show(request, "emergencies.html", emergencies=[_view(request, caller, one) for one in found])


@router.get("/acces/urgences/{access_id:uuid}")
@leaves(Operation.LIST_GLASS)
def read_emergency(request: Request, access_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Show one emergency, and ask for a judgement."""
    return _review(request, caller, access_id, Form())


@router.post("/acces/urgences/{access_id:uuid}")
@leaves(Operation.REVIEW_GLASS)
def review_emergency(request: Request, typed: Sent, access_id: UUID, caller: PageCaller) -> Response:
    """Write the judgement."""
    form = Form.sent(typed)
    verdict = form.required("justified", N_("Dites si c'était justifié."))
    if verdict and verdict not in {"oui", "non"}:
        form.refuse("justified", N_("Ce choix n'existe pas. Choisissez dans la liste."))
    sentence = form.required("sentence", N_("Dites-le en une phrase."))
    records = caller.structure.records
    status = attempt(form, lambda: records.review_emergency(caller.actor, access_id, sentence, justified=verdict == "oui"))
    return _review(request, caller, access_id, form, status) if status is not None else go(request, "/acces/urgences", "urgence-revue")


def _sought(form: Form) -> str:
    """Say what one try is about: whoever goes back, corrects the nickname and sends the same form tries anew.

    It is kept nowhere but in a digest together with the form's key, which is random: nobody can guess one from the other.
    """
    return "\0".join(form.value(name) for name in ("pseudonym", "year", "territory", "referent"))


def _emergency(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    others = [one for one in educators_of(caller, closed_too=True) if one[0] != str(caller.actor.account)]
    return show(request, "emergency.html", status, form=form, people=others, opened=opened_by(caller))


def _review(request: Request, caller: Caller, access_id: UUID, form: Form, status: int = 200) -> HTMLResponse:
    found = caller.structure.records.read_emergency(caller.actor, access_id)
    say = sentences_in().say
    verdicts = [("oui", say(N_("Oui, la raison tient"))), ("non", say(N_("Non, il fallait faire autrement")))]
    return show(request, "emergency_review.html", status, form=form, one=_view(request, caller, found, linked=True), verdicts=verdicts)


def _view(request: Request, caller: Caller, one: Emergency, *, linked: bool = False) -> EmergencyView:
    entry = one.entry
    reference = ErasureIndex.of(caller.structure).reference_of(YouthId(entry.subject)) if linked else None
    return EmergencyView(
        entry.access,
        names_of(caller).get(entry.account, "–"),
        entry.timestamp,
        entry.review_by,
        is_late=not one.is_reviewed and today_of(request) > entry.review_by,
        reason=None if one.granted is None else one.granted.reason,
        reviewed=one.is_reviewed,
        justified=one.justified,
        sentence=None if one.review is None else one.review.sentence,
        reference=reference,
    )
