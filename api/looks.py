"""Looks at what is no single record: a list, figures, the trail. In this order: decide, commit the line, show (invariant 2).

The use cases of one record are `domain.record_keeping`'s. Pages and JSON API both come through here, so that neither shows anything unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from api.desk.trail_interval import MOST_LINES, bounded_interval
from api.web.requests import Caller
from domain.categories import Category
from domain.identifiers import YouthId
from domain.refusals import DateRefused, NotAllowed, RecordErased
from domain.trail import Operation, Outcome, Role
from projections import activities
from projections.access_trail import PAGE, Line, Look, NamedLook, Page, StatedGround, TrailFilter
from projections.caseload import CaseloadRow, Reach
from projections.figures import MonthOfFigures
from projections.position import Position


@dataclass(frozen=True, slots=True)
class CaseloadPage:
    """Some youths of a caseload. `next` is the youth after whom the following page begins, `None` on the last one."""

    rows: Sequence[CaseloadRow]
    next: UUID | None


def look_at_caseload(caller: Caller, search: str = "", *, after: UUID | None = None, limit: int | None = None) -> CaseloadPage:
    """Give the caller's youths. Each one that is shown is named in the trail first. Raises `NotAllowed`, `TrailUnavailable`."""
    structure, actor = caller.structure, caller.actor
    structure.records.must_allow(actor, Operation.LIST_CASELOAD)
    Position(structure.store.database).catch_up()
    circle, at = structure.records.circle(), structure.records.clock()
    reach = Reach(at, circle.replaced_by(actor.account, at), circle.teams_of(actor.account))
    rows = [row for found in structure.caseload.of(actor.account, search, reach) for row in _decided_again(caller, found)]
    page = _page(rows, after, limit)
    for categories in {row.categories for row in page.rows} or {frozenset((Category.CORE, Category.FOLLOW_UP))}:
        youths = [row.youth for row in page.rows if row.categories == categories]
        structure.records.disclose(actor, Operation.LIST_CASELOAD, subjects=youths, categories=sorted(categories))
    # Whoever was closed between the reading and the lines is not shown (invariant 4).
    return CaseloadPage(structure.caseload.still_open(page.rows), page.next)


def _decided_again(caller: Caller, row: CaseloadRow) -> Sequence[CaseloadRow]:
    """Ask the record itself about a row that the view may be late with: a list never shows what was ended before it was read (R152)."""
    if not row.is_late:
        return (row,)
    grant = caller.structure.records.grant_to_read(caller.actor, row.youth)
    return () if grant is None else (row.within(grant.categories),)


def look_at_figures(caller: Caller, first: date, last: date) -> Sequence[MonthOfFigures] | None:
    """Give the published figures from month `first` to month `last`, or `None` while the views are being rebuilt."""
    caller.structure.records.disclose(caller.actor, Operation.READ_FIGURES)
    Position(caller.structure.store.database).catch_up()
    return caller.structure.figures.of_months(first, last)


def look_at_activities(caller: Caller, *, after: UUID | None = None, limit: int = activities.PAGE) -> activities.ActivityPage | None:
    """Give a page of what the team did, the latest first, or `None` while the views are being rebuilt."""
    caller.structure.records.disclose(caller.actor, Operation.LIST_ACTIVITIES)
    Position(caller.structure.store.database).catch_up()
    return caller.structure.activities.page(after=after, limit=limit)


def look_at_trail(caller: Caller, wanted: TrailFilter, *, before: int | None = None, limit: int = PAGE) -> Page:
    """Give a page of the trail to the DPO: who accessed what, without content (R087)."""
    caller.structure.records.disclose(caller.actor, Operation.READ_TRAIL)
    return caller.structure.trail.lines(wanted, before=before, limit=limit)


def look_at_grounds(caller: Caller, since: datetime, until: datetime, reference: UUID | None = None) -> Sequence[StatedGround]:
    """Tell the DPO on which grounds records were looked at, a day once: the purposes that were stated, in which role."""
    caller.structure.records.disclose(caller.actor, Operation.READ_TRAIL)
    return caller.structure.trail.grounds(since, until, reference)


def export_trail(caller: Caller, first: date, last: date) -> Sequence[Line]:
    """Give the trail of an interval to be taken away, days both within. Raises `DateRefused` beyond 31 days or 20 000 lines."""
    return _taken_away(caller, Operation.EXPORT_TRAIL, first, last)


def trail_for_control(caller: Caller, first: date, last: date) -> Sequence[Line]:
    """Give the trail of an interval for the dossier de contrôle, whole or not at all. Raises what `export_trail` raises."""
    return _taken_away(caller, Operation.TAKE_CONTROL_FILE, first, last)


def _taken_away(caller: Caller, operation: Operation, first: date, last: date) -> Sequence[Line]:
    caller.structure.records.must_allow(caller.actor, operation)
    since, until = bounded_interval(first, last)
    lines = caller.structure.trail.exported(since, until, limit=MOST_LINES + 1)
    if len(lines) > MOST_LINES:
        raise DateRefused("first", "Plus de 20 000 lignes : prenez un intervalle plus court, ou exportez en plusieurs fois.")
    caller.structure.records.disclose(caller.actor, operation)
    return lines


def look_at_own_trail(caller: Caller) -> Sequence[Look]:
    """Tell a youth who looked at their record: day, role, purpose; names by the DPO's decision alone (R037).

    Raises `NotAllowed`, `RecordClosed`, `RecordErased`.
    """
    youth = own_record(caller, Operation.READ_OWN_TRAIL)
    caller.structure.records.disclose_about(caller.actor, Operation.READ_OWN_TRAIL, youth)
    by_name = caller.structure.records.names_are_disclosed(youth)
    return caller.structure.trail.seen_by_the_youth(youth, by_name=by_name)


def look_at_record_trail(caller: Caller, youth: YouthId) -> Sequence[NamedLook]:
    """Tell a referent who looked at a record in their care. Raises `NotAllowed`, `RecordClosed`, `RecordErased`."""
    # A youth is told by `look_at_own_trail`: the day and the role, never a name (R037).
    if caller.actor.role is not Role.EDUCATOR:
        raise caller.structure.records.refused(caller.actor, Operation.READ_OWN_TRAIL, Outcome.REFUSED, youth)
    caller.structure.records.disclose_about(caller.actor, Operation.READ_OWN_TRAIL, youth)
    return caller.structure.trail.seen_by_the_referent(youth)


def own_record(caller: Caller, operation: Operation) -> YouthId:
    """Give the youth's own record. Raises `RecordErased` once it is erased, `NotAllowed` for whoever is no youth; both leave a line."""
    if caller.actor.subject is not None:
        return caller.actor.subject
    refusal = caller.structure.records.refused(caller.actor, operation, Outcome.REFUSED)
    if caller.actor.erasure is not None:
        raise RecordErased
    raise refusal if isinstance(refusal, NotAllowed) else NotAllowed


def _page(rows: Sequence[CaseloadRow], after: UUID | None, limit: int | None) -> CaseloadPage:
    places = [row.youth for row in rows]
    begin = places.index(YouthId(after)) + 1 if after in places else 0
    shown = rows[begin:] if limit is None else rows[begin : begin + limit]
    return CaseloadPage(shown, shown[-1].youth if shown and begin + len(shown) < len(rows) else None)
