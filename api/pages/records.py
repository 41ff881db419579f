"""The educator's youths: the list, a new record."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.emergencies import opened_by
from api.looks import look_at_caseload
from api.pages import labels
from api.pages.emergencies import notices_of
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, colleagues_in, educators_of, go, show, today_of
from api.pages.record_view import due_state
from api.pages.sentences import N_
from api.pages.writing import attempt, key_of
from api.web.operations import leaves, leaves_if_refused
from api.web.requests import Caller
from domain.categories import Category
from domain.drafts import InformationDraft, OpeningDraft
from domain.identifiers import AccountId
from domain.keeping import Accepted
from domain.trail import Operation

router = APIRouter(prefix="/dossiers")

NOT_YET = "pas-encore"


@router.get("")
@leaves(Operation.LIST_CASELOAD)
def list_records(request: Request, caller: PageCaller) -> HTMLResponse:
    """Show the youths whom the caller accompanies, or may see for a time."""
    today = today_of(request)
    rows = [
        {
            "id": row.youth,
            "pseudonym": row.pseudonym,
            "territory": row.territory,
            "last_contact": row.last_contact,
            "next_deadline": row.next_deadline,
            "due": due_state(row.next_deadline, today),
            "relation": row.relation.value,
            "until": row.until,
            "follow_up": Category.FOLLOW_UP in row.categories,
        }
        for row in look_at_caseload(caller).rows
    ]
    due = sorted((row for row in rows if row["due"]), key=lambda row: str(row["next_deadline"]))
    return show(request, "caseload.html", rows=rows, due=due, notices=notices_of(caller), opened=opened_by(caller))


@router.get("/nouveau")
@leaves_if_refused(Operation.OPEN_RECORD, "an empty form, with the colleagues' names")
def new_record(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer an empty record."""
    caller.structure.records.must_allow(caller.actor, Operation.OPEN_RECORD)
    return _new_record(request, caller, Form())


@router.post("/nouveau")
@leaves(Operation.OPEN_RECORD)
def open_record(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Open a record under a pseudonym alone."""
    form = Form.sent(typed)
    draft = OpeningDraft(
        pseudonym=form.required("pseudonym", N_("Écrivez un surnom ou un code.")),
        birth_year=form.number("birth_year"),
        gender=form.line("gender"),
        territory=form.line("territory"),
        met_through=form.line("met_through"),
    )
    how = form.required("informed", N_("Dites si la ou le jeune a été informé·e, même si ce n'est pas encore fait."))
    informed = None if how == NOT_YET else InformationDraft(how, today_of(request))
    referents = [caller.actor.account, *(AccountId(second) for second in colleagues_in(form, "second_referent", caller))]
    opened: list[Accepted] = []

    def write() -> None:
        key = key_of(form, caller, request)
        opened.append(caller.structure.records.open_record(caller.actor, draft, informed=informed, referents=referents, command=key))

    status = attempt(form, write)
    if status is not None:
        return _new_record(request, caller, form, status)
    return go(request, f"/dossiers/{opened[0].stream}", "dossier")


def _new_record(request: Request, caller: Caller, form: Form, status: int = 200) -> HTMLResponse:
    others = [option for option in educators_of(caller) if option[0] != str(caller.actor.account)]
    ways = [*labels.options(labels.INFORMED_WAYS), (NOT_YET, N_("pas encore"))]
    genders = labels.options(labels.GENDERS)
    return show(request, "record_new.html", status, form=form, informed_ways=ways, genders=genders, colleagues=others)
