"""What the team did, by month, and the form of an outing: hours and head counts, nobody named but the team (N24, N25, N26)."""

from itertools import groupby
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.looks import look_at_activities
from api.pages import labels
from api.pages.activity_view import views_of
from api.pages.forms import Form, Sent
from api.pages.frame import PageCaller, colleagues_in, educators_of, go, names_of, show, today_of
from api.pages.sentences import N_, sentences_in
from api.pages.writing import attempt, key_of
from api.web.operations import leaves, leaves_if_refused
from api.web.requests import Caller
from domain.activity import Activity
from domain.age_bands import AgeBand, WideBand
from domain.drafts import OutingDraft
from domain.identifiers import ActivityId
from domain.keeping import Accepted
from domain.trail import Operation

router = APIRouter(prefix="/sorties")

_COUNT: Final = "count:"
_BANDS = {band: name for band, name in labels.AGES.items() if band not in set(WideBand)}


@router.get("")
@leaves(Operation.LIST_ACTIVITIES)
def list_activities(request: Request, caller: PageCaller, apres: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """Show what the team did, the latest first."""
    return _show_list(request, caller, after=_cursor(apres))


@router.get("/nouvelle")
@leaves_if_refused(Operation.RECORD_ACTIVITY, "an empty form, with the colleagues' names")
def new_outing(request: Request, caller: PageCaller) -> HTMLResponse:
    """Offer an outing: today, with whoever types."""
    caller.structure.records.must_allow(caller.actor, Operation.RECORD_ACTIVITY)
    form = Form.filled(occurred_on=today_of(request).isoformat(), educators=[str(caller.actor.account)])
    return show(request, "outing_new.html", form=form, **_choices(request, caller))


@router.post("/nouvelle")
@leaves(Operation.RECORD_ACTIVITY)
def record_outing(request: Request, typed: Sent, caller: PageCaller) -> Response:
    """Write an outing."""
    form = Form.sent(typed)
    draft = OutingDraft(
        occurred_on=form.day("occurred_on", N_("Dites quel jour.")) or today_of(request),
        kind=form.required("kind", N_("Dites ce que c'était.")),
        minutes=form.number("minutes"),
        territory=form.line("territory"),
        place=form.line("place"),
        educators=colleagues_in(form, "educators", caller, closed_too=True),
        counts=_counts(form),
    )
    written: list[Accepted] = []

    def write() -> None:
        written.append(caller.structure.records.record_outing(caller.actor, draft, command=key_of(form, caller, request)))

    status = attempt(form, write)
    if status is not None:
        return show(request, "outing_new.html", status, form=form, **_choices(request, caller))
    return go(request, f"/sorties/{written[0].stream}", "sortie")


@router.get("/{outing_id:uuid}")
@leaves(Operation.LIST_ACTIVITIES)
def read_outing(request: Request, outing_id: UUID, caller: PageCaller) -> HTMLResponse:
    """Show an outing that was just written, above the list."""
    return _show_list(request, caller, outing=caller.structure.records.read_activity(caller.actor, ActivityId(outing_id)))


def _show_list(request: Request, caller: Caller, *, after: UUID | None = None, outing: Activity | None = None) -> HTMLResponse:
    page = look_at_activities(caller, after=after)
    following = None if page is None or page.next is None else f"/sorties?apres={page.next}"
    views = () if page is None else views_of(page.rows, names_of(caller), sentences_in())
    months = [(month, list(of_month)) for month, of_month in groupby(views, key=lambda view: view.on.replace(day=1))]
    return show(request, "outings.html", outing=outing, months=months, following=following, whole=page is not None, first=after is None)


def _cursor(text: str) -> UUID | None:
    """Read where the page begins; what is no identifier begins it at the top."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _counts(form: Form) -> dict[str, int]:
    """Return the cells that were filled in, by « sex:band »."""
    counts: dict[str, int] = {}
    for name in form.typed:
        if name.startswith(_COUNT) and form.value(name).strip():
            number = form.number(name)
            if number is None:
                form.errors.pop(name, None)
                form.refuse("counts", N_("Écrivez les nombres de jeunes en chiffres, sans virgule ni signe."))
            else:
                counts[name.removeprefix(_COUNT)] = number
    return counts


def _choices(request: Request, caller: Caller) -> dict[str, Any]:
    return {
        "kinds": labels.options(labels.OUTINGS),
        "durations": labels.options(labels.DURATIONS),
        "colleagues": educators_of(caller),
        "sexes": labels.options(labels.SEXES),
        "bands": labels.options({band: name for band, name in _BANDS.items() if band in set(AgeBand)}),
        "today": today_of(request).isoformat(),
    }
