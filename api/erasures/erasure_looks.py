"""Erasures as those may see them who asked, accompany or watch over them. Pages and JSON API both come through here (invariant 2).

Decide and commit the line first; then the aggregate, and what stands in its way now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from api.erasures.erasure_index import ErasureIndex
from api.erasures.erasure_progress import Progress, progress_of
from api.web.requests import Caller
from domain.access.access_policy import decides_for, relation_to_erased
from domain.categories import Category
from domain.identifiers import ErasureId, YouthId
from domain.local_time import local
from domain.oblivion.archive_gate import ArchiveGate
from domain.oblivion.erasure import Erasure, Ground, Obstacle, Stage
from domain.oblivion.hold import Hold, hold_of
from domain.trail import Operation, Outcome, Role, TrailLine

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class ErasureLook:
    """One erasure and where it stands."""

    erasure: Erasure
    progress: Progress

    @property
    def awaits_approval(self) -> bool:
        """Tell whether one of the two people that it takes has yet to say yes."""
        return Obstacle.APPROVALS in self.progress.obstacles


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """Some erasures, the latest first. `next` is the one after which the following page begins, `None` on the last one."""

    looks: Sequence[ErasureLook]
    next: UUID | None


@dataclass(frozen=True, slots=True)
class Elimination:
    """One line of the list for the archives administration: how many, asked for between which days, of what. Nobody's (R064)."""

    category: Category | None
    ground: Ground
    count: int
    first: date
    last: date


def look_at_erasure(caller: Caller, erasure: ErasureId) -> ErasureLook:
    """Give one erasure to the youth, the former referents and the DPO. Raises `NotAllowed`, `TrailUnavailable`."""
    return assess(caller, caller.structure.records.read_erasure(caller.actor, erasure))


def look_at_erasures(caller: Caller, *, after: UUID | None = None, limit: int = PAGE) -> ErasurePage:
    """Give a page of the erasures to the DPO; to the administrator, those alone that wait for an approval. Raises `NotAllowed`."""
    records, index = caller.structure.records, ErasureIndex.of(caller.structure)
    if caller.actor.role is Role.DPO:
        # By the clock of the fences, which is the list's: the aggregate's own is another machine's.
        before = None if after is None else index.closed_at(after)
        return _page([assess(caller, found) for found in records.list_erasures(caller.actor, before=before, limit=limit + 1)], limit)
    waiting = [look for look in look_at_waiting(caller) if look.awaits_approval][::-1]
    places = [look.erasure.id for look in waiting]
    begin = places.index(after) + 1 if after in places else 0
    return _page(waiting[begin : begin + limit + 1], limit)


def look_at_waiting(caller: Caller) -> list[ErasureLook]:
    """Give what waits for its key to be destroyed, the oldest first. Raises `NotAllowed`, `TrailUnavailable`."""
    caller.structure.records.disclose(caller.actor, Operation.LIST_ERASURES)
    return waiting_in(caller)


def waiting_in(caller: Caller) -> list[ErasureLook]:
    """Give the same to whoever has left the line of this look already."""
    records = caller.structure.records
    found = (records.find_kind(Erasure, erasure) for erasure in ErasureIndex.of(caller.structure).waiting())
    gate = records.gate()
    return [assess(caller, erasure, gate) for erasure in found if erasure is not None and erasure.stage is Stage.CLOSED]


def look_at_closings(caller: Caller) -> list[ErasureLook]:
    """Give an educator the whole records that were closed in their care and whose key still exists, the latest first: not which youth's.

    It is how they come to cancel with the youth at their side: the caseload does not have them any more. Raises `NotAllowed`.
    """
    records, actor = caller.structure.records, caller.actor
    if actor.role is not Role.EDUCATOR:
        raise records.refused(actor, Operation.READ_ERASURE, Outcome.REFUSED)
    records.ledger.write_trail(TrailLine(actor, Operation.READ_ERASURE))
    return [
        look
        for look in reversed(waiting_in(caller))
        if look.erasure.is_whole and decides_for(actor, Operation.READ_ERASURE, relation_to_erased(actor, look.erasure))
    ]


def assess(caller: Caller, erasure: Erasure, gate: ArchiveGate | None = None) -> ErasureLook:
    """Say where an erasure stands that was disclosed already. `gate` is the structure's, when it was read before."""
    records = caller.structure.records
    at = records.clock()
    if erasure.stage is not Stage.CLOSED or erasure.begun is not None:
        return ErasureLook(erasure, progress_of(erasure, (), None, local(at)))
    gate, hold = gate or records.gate(), records.find_kind(Hold, hold_of(YouthId(erasure.subject)))
    hold_until = hold.until if hold is not None and hold.is_active(at) else None
    obstacles = erasure.obstacles(at, gate_is_open=gate is not None and gate.is_open(at), is_held=hold_until is not None)
    return ErasureLook(erasure, progress_of(erasure, obstacles, hold_until, local(at)))


def look_at_eliminations(caller: Caller) -> list[Elimination]:
    """List what is to be eliminated, for the archives administration: what waits, but for holds. Raises `NotAllowed`."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_ARCHIVE_GATE)
    waiting = [look for look in waiting_in(caller) if Obstacle.HOLD not in look.progress.obstacles]
    days: dict[tuple[str, str], list[datetime]] = {}
    for look in waiting:
        days.setdefault((look.erasure.erased_category or "", look.erasure.ground), []).append(look.erasure.created_on)
    return [
        Elimination(Category(category) if category else None, Ground(ground), len(asked), *_extremes(asked))
        for (category, ground), asked in sorted(days.items())
    ]


def category_erasures(caller: Caller, youth: YouthId) -> dict[str, UUID]:
    """Give the latest erasure of each single category of a record, which was disclosed already."""
    records = caller.structure.records
    found = (records.find_kind(Erasure, erasure) for erasure in ErasureIndex.of(caller.structure).of_categories(youth))
    return {erasure.erased_category: erasure.id for erasure in found if erasure is not None and erasure.erased_category is not None}


def _page(looks: Sequence[ErasureLook], limit: int) -> ErasurePage:
    shown = looks[:limit]
    return ErasurePage(shown, shown[-1].erasure.id if len(looks) > limit else None)


def _extremes(moments: Iterable[datetime]) -> tuple[date, date]:
    days = sorted(local(moment).date() for moment in moments)
    return days[0], days[-1]
