"""The register of breaches and that of requisitions, as pages and JSON API both come to them (R005, R006, N36)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from api.web.requests import Caller
from domain.desk.breach import Breach
from domain.drafts import DeliveryDraft, RequisitionDraft
from domain.identifiers import AccountId
from domain.keeping import Accepted
from domain.refusals import ChoiceUnknown, FieldRefused
from domain.trail import CommandKey, Operation, Role
from projections.access_trail import TouchedRecord


def look_at_touched(caller: Caller, number: int) -> tuple[Breach, Sequence[TouchedRecord]]:
    """Give the records that a breach touched, straight from the trail: the accounts and intervals of its perimeter. Raises `NotAllowed`.

    The line of this look refers to the breach: it is what one person did, for a stated reason (R086).
    """
    breach = caller.structure.records.read_file(caller.actor, Breach, number, Operation.INVESTIGATE)
    found = [
        record
        for perimeter in breach.perimeters
        for record in caller.structure.trail.touched(perimeter.account, perimeter.since, perimeter.until)
    ]
    return breach, _merged(found)


def name_perimeter(
    caller: Caller, number: int, account: AccountId, interval: tuple[datetime, datetime], *, command: CommandKey | None = None
) -> Accepted:
    """Add an account and an interval to a breach. Raises `ChoiceUnknown` for nobody of this structure."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_BREACHES)
    if caller.structure.accounts.get(account) is None:
        raise ChoiceUnknown("account")
    return caller.structure.records.name_perimeter(caller.actor, number, account, interval, command=command)


def receive_requisition(caller: Caller, draft: RequisitionDraft, *, command: CommandKey | None = None) -> int:
    """Enter a requisition. Raises `FieldRefused` for a reference that no record answers to: nobody hands over what is not there."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_REQUISITIONS)
    if draft.reference is not None and caller.structure.records.ledger.subject_of(draft.reference) is None:
        raise FieldRefused("reference", "Aucun dossier ne répond à cette référence. Vérifiez-la, ou laissez vide.")
    return caller.structure.records.receive_requisition(caller.actor, draft, command=command)


def deliver_requisition(caller: Caller, number: int, draft: DeliveryDraft, *, command: CommandKey | None = None) -> Accepted:
    """Note what was given. Raises `ChoiceUnknown` when nobody of the staff gave it."""
    caller.structure.records.must_allow(caller.actor, Operation.MANAGE_REQUISITIONS)
    giver = caller.structure.accounts.get(AccountId(draft.handed_by))
    if giver is None or giver.role is Role.YOUTH:
        raise ChoiceUnknown("handed_by")
    return caller.structure.records.deliver_requisition(caller.actor, number, draft, command=command)


def _merged(found: Sequence[TouchedRecord]) -> list[TouchedRecord]:
    """Give each record once, from the first moment to the last: two intervals, or two accounts, may have touched it."""
    merged: dict[UUID, TouchedRecord] = {}
    for record in found:
        known = merged.get(record.reference, record)
        operations = tuple(sorted({*known.operations, *record.operations}))
        merged[record.reference] = TouchedRecord(record.reference, min(known.first, record.first), max(known.last, record.last), operations)
    return sorted(merged.values(), key=lambda record: (record.first, record.reference))
