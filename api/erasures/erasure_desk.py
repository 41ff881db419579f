"""What people do about erasures beyond asking for their own: stop one, approve one, ask for one by a trail reference (design §6, R069).

Each act done twice is done once: what it would write is seen to be written already. A race with the erasure itself is run again (a
cancelling does so by itself), so that the answer is about the erasure and not about a version that nobody chose.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from api.erasures.erasure_looks import ErasureLook, assess
from api.web.requests import Caller
from domain.identifiers import ErasureId
from domain.oblivion.erasure import Erasure, Ground
from domain.refusals import ConcurrentChange, ErasureOutOfOrder, NotAllowed, RecordClosed, SecondApprover
from domain.texts import choice
from domain.trail import Operation, Outcome

_TRIES: Final = 50


def cancel(caller: Caller, erasure: ErasureId, *, asked_in_person: bool) -> ErasureLook:
    """Stop an erasure that has not begun. Raises `NotAllowed`, `PresenceRequired`, `ErasureTooLate`, `ErasureOutOfOrder`."""
    caller.structure.records.cancel_erasure(caller.actor, erasure, asked_in_person=asked_in_person)
    return _found(caller, erasure)


def approve(caller: Caller, erasure: ErasureId) -> ErasureLook:
    """Give one's approval. Raises `NotAllowed`, `SecondApprover` when it is somebody else's place, `ErasureOutOfOrder`."""
    records = caller.structure.records
    try:
        _raced(lambda: records.approve_erasure(caller.actor, erasure))
    except (SecondApprover, ErasureOutOfOrder):
        # Their own approval may have been written by an earlier try, and the erasure gone on since.
        found = records.find_kind(Erasure, erasure)
        if found is None or found.approvals.get(caller.actor.role.value) != caller.actor.account:
            raise
    return _found(caller, erasure)


def ask_by_reference(caller: Caller, reference: UUID, ground: str) -> ErasureId:
    """Ask for the erasure of the record that the trail knows as `reference`. Raises `NotAllowed`, `ChoiceUnknown`, `RecordClosed`."""
    records, chosen = caller.structure.records, choice(ground, "ground", Ground)
    asked: list[ErasureId] = []
    try:
        _raced(lambda: asked.append(records.close_by_reference(caller.actor, reference, chosen)))
    except RecordClosed:
        asked += _asked_before(caller, reference, chosen)
        if not asked:
            raise
    return asked[0]


def must_be_askable(caller: Caller, reference: UUID) -> ErasureId | None:
    """Decide whether the form of such a demand is shown; give the erasure that was asked for already. Raises `NotAllowed`."""
    records = caller.structure.records
    records.must_allow(caller.actor, Operation.ASK_ERASURE)
    youth = records.ledger.subject_of(reference)
    if youth is None:
        raise records.refused(caller.actor, Operation.ASK_ERASURE, Outcome.NOT_FOUND)
    return records.erasure_of(youth)


def _asked_before(caller: Caller, reference: UUID, ground: Ground) -> list[ErasureId]:
    """Find the erasure that this very person has asked for on this ground."""
    erasure = must_be_askable(caller, reference)
    found = None if erasure is None else caller.structure.records.read_erasure(caller.actor, erasure)
    is_theirs = found is not None and found.ground == ground and caller.actor.account in found.approvals.values()
    return [erasure] if erasure is not None and is_theirs else []


def _found(caller: Caller, erasure: ErasureId) -> ErasureLook:
    found = caller.structure.records.find_kind(Erasure, erasure)
    if found is None:
        raise NotAllowed
    return assess(caller, found)


def _raced(act: Callable[[], object]) -> None:
    for tries_left in reversed(range(_TRIES)):
        try:
            act()
        except ConcurrentChange:
            if not tries_left:
                raise
        else:
            return
