"""Who may do what: one table, deny by default (R150, design §8).

Permission comes from the relation to the record, never from the role alone; what is not in the table is refused.
A refusal says the same as an unknown record (N9, invariant 12).
"""

from enum import StrEnum
from typing import Final

from domain.erasure import Erasure
from domain.protection_report import ProtectionReport
from domain.trail import Actor, Operation, Purpose, Role
from domain.youth_record import YouthRecord


class Relation(StrEnum):
    """What somebody is to a record. Operations that touch no record are asked with `NONE`."""

    REFERENT = "referent"
    SELF = "self"
    AUTHOR = "author"
    """Of a child-protection report; so are the two that follow (N38)."""
    COUNTERSIGNER = "countersigner"
    ADDRESSEE = "addressee"
    NONE = "none"


_EVERYBODY = ((Operation.SIGN_IN, Relation.NONE), (Operation.SIGN_OUT, Relation.NONE))

_TABLE: Final[dict[Role, frozenset[tuple[Operation, Relation]]]] = {
    Role.EDUCATOR: frozenset(
        {
            *_EVERYBODY,
            (Operation.LIST_CASELOAD, Relation.NONE),
            (Operation.OPEN_RECORD, Relation.NONE),
            (Operation.READ_RECORD, Relation.REFERENT),
            (Operation.CHANGE_RECORD, Relation.REFERENT),
            (Operation.ERASE_RECORD, Relation.REFERENT),
            (Operation.CANCEL_ERASURE, Relation.REFERENT),
            (Operation.READ_ERASURE, Relation.REFERENT),
            (Operation.READ_OWN_TRAIL, Relation.REFERENT),
            (Operation.LIST_REPORTS, Relation.NONE),
            (Operation.WRITE_REPORT, Relation.NONE),
            (Operation.READ_REPORT, Relation.AUTHOR),
            (Operation.READ_REPORT, Relation.COUNTERSIGNER),
            (Operation.READ_REPORT, Relation.ADDRESSEE),
            (Operation.COUNTERSIGN_REPORT, Relation.COUNTERSIGNER),
            (Operation.SEND_REPORT, Relation.AUTHOR),
            (Operation.RELEASE_REPORT, Relation.AUTHOR),
            (Operation.LIST_ACTIVITIES, Relation.NONE),
            (Operation.RECORD_ACTIVITY, Relation.NONE),
            (Operation.READ_CATALOGUE, Relation.NONE),
            (Operation.PREVIEW_IMPORT, Relation.NONE),
            (Operation.RUN_IMPORT, Relation.NONE),
        }
    ),
    Role.YOUTH: frozenset(
        {
            *_EVERYBODY,
            (Operation.READ_RECORD, Relation.SELF),
            (Operation.ERASE_RECORD, Relation.SELF),
            (Operation.CANCEL_ERASURE, Relation.SELF),
            (Operation.READ_ERASURE, Relation.SELF),
            (Operation.READ_CERTIFICATE, Relation.SELF),
            (Operation.READ_OWN_TRAIL, Relation.SELF),
        }
    ),
    Role.DPO: frozenset(
        {
            *_EVERYBODY,
            (Operation.READ_TRAIL, Relation.NONE),
            (Operation.ASK_ERASURE, Relation.NONE),
            (Operation.APPROVE_ERASURE, Relation.NONE),
            (Operation.LIST_ERASURES, Relation.NONE),
            (Operation.READ_ERASURE, Relation.NONE),
            (Operation.READ_CERTIFICATE, Relation.NONE),
            (Operation.MANAGE_HOLDS, Relation.NONE),
            (Operation.MANAGE_ARCHIVE_GATE, Relation.NONE),
            (Operation.READ_CATALOGUE, Relation.NONE),
        }
    ),
    Role.HEAD_OF_SERVICE: frozenset(
        {
            *_EVERYBODY,
            (Operation.READ_FIGURES, Relation.NONE),
            # The one exception of invariant 11: a report whose author named the head to countersign it.
            (Operation.LIST_REPORTS, Relation.NONE),
            (Operation.READ_REPORT, Relation.COUNTERSIGNER),
            (Operation.COUNTERSIGN_REPORT, Relation.COUNTERSIGNER),
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            *_EVERYBODY,
            (Operation.READ_CATALOGUE, Relation.NONE),
            (Operation.LOAD_CATALOGUE, Relation.NONE),
            (Operation.PREVIEW_IMPORT, Relation.NONE),
            (Operation.RUN_IMPORT, Relation.NONE),
            (Operation.REBUILD_VIEWS, Relation.NONE),
            (Operation.APPROVE_ERASURE, Relation.NONE),
            (Operation.LIST_ERASURES, Relation.NONE),
        }
    ),
    Role.FUNDER: frozenset(_EVERYBODY),
    Role.SYSTEM: frozenset(
        {
            (Operation.LOAD_CATALOGUE, Relation.NONE),
            (Operation.REBUILD_VIEWS, Relation.NONE),
        }
    ),
}

_PURPOSES: Final[dict[Role, frozenset[Purpose]]] = {
    Role.EDUCATOR: frozenset({Purpose.ACCOMPANY, Purpose.TAKE_OVER_FILES, Purpose.HONOUR_RIGHTS}),
    Role.YOUTH: frozenset({Purpose.OWN_RECORD}),
    Role.DPO: frozenset({Purpose.REVIEW_ACCESS, Purpose.HONOUR_RIGHTS}),
    Role.HEAD_OF_SERVICE: frozenset({Purpose.STEER}),
    Role.ADMINISTRATOR: frozenset({Purpose.RUN_SERVICE, Purpose.TAKE_OVER_FILES}),
    Role.FUNDER: frozenset({Purpose.STEER}),
    Role.SYSTEM: frozenset({Purpose.RUN_SERVICE}),
}


def allows(role: Role, operation: Operation, relation: Relation) -> bool:
    """Tell whether somebody of `role` who stands in `relation` to the record may do `operation`."""
    return (operation, relation) in _TABLE[role]


def purposes_of(role: Role) -> frozenset[Purpose]:
    """Give the purposes that `role` may state (N16). Another purpose is refused, whatever the operation."""
    return _PURPOSES[role]


def relation_of(actor: Actor, record: YouthRecord) -> Relation:
    """Say what `actor` is to `record`."""
    if actor.role is Role.YOUTH and actor.subject == record.id:
        return Relation.SELF
    if actor.role is Role.EDUCATOR and actor.account in record.referents:
        return Relation.REFERENT
    return Relation.NONE


def relation_to_erased(actor: Actor, erasure: Erasure) -> Relation:
    """Say what `actor` was to the record that `erasure` closed: all that is left to know it by."""
    if actor.role is Role.YOUTH and (actor.subject == erasure.subject or actor.erasure == erasure.id):
        return Relation.SELF
    if actor.role is Role.EDUCATOR and erasure.may_tell(actor.account):
        return Relation.REFERENT
    return Relation.NONE


def relation_to_report(actor: Actor, report: ProtectionReport) -> Relation:
    """Say what `actor` is to a child-protection report. Having the youth's record in one's care is nothing here."""
    named = {
        report.author: Relation.AUTHOR,
        report.countersigner: Relation.COUNTERSIGNER,
        report.addressee_account: Relation.ADDRESSEE,
    }
    return named.get(actor.account, Relation.NONE)


def decides_for(actor: Actor, operation: Operation, relation: Relation) -> bool:
    """Decide: the role, the relation and the purpose must all allow it."""
    return allows(actor.role, operation, relation) and actor.purpose in purposes_of(actor.role)
