"""Who may do what: one table, deny by default (R150, design §8).

Permission comes from the relation to the record, never from the role alone; what is not in the table is refused. How a relation is found
is `domain/access/relations.py`'s. A refusal says the same as an unknown record (N9, invariant 12).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from domain.access.relations import (
    Circle,
    Relation,
    Standing,
    relation_of,
    relation_to_erased,
    relation_to_report,
    standings_of,
)
from domain.categories import YOUTH_CATEGORIES, Category
from domain.trail import Actor, Operation, Purpose, Role

__all__ = [
    "Circle",
    "Grant",
    "Relation",
    "Standing",
    "allows",
    "decide",
    "decides_for",
    "opens",
    "purposes_of",
    "relation_of",
    "relation_to_erased",
    "relation_to_report",
    "standings_of",
]

_EVERYBODY = ((Operation.SIGN_IN, Relation.NONE), (Operation.SIGN_OUT, Relation.NONE))
_STAFF = (
    *_EVERYBODY,
    # About oneself and one's own ways of signing in; a youth's door comes with its claim codes.
    (Operation.ACCEPT_INVITATION, Relation.NONE),
    (Operation.STEP_UP, Relation.NONE),
    (Operation.CHANGE_PURPOSE, Relation.NONE),
    (Operation.MANAGE_SESSIONS, Relation.NONE),
    (Operation.CHANGE_FACTORS, Relation.NONE),
    (Operation.MANAGE_TOKENS, Relation.NONE),
    (Operation.REVOKE_TOKEN, Relation.NONE),
    (Operation.USE_TOKEN, Relation.NONE),
)

_TABLE: Final[dict[Role, frozenset[tuple[Operation, Relation]]]] = {
    Role.EDUCATOR: frozenset(
        {
            *_STAFF,
            (Operation.LIST_CASELOAD, Relation.NONE),
            (Operation.OPEN_RECORD, Relation.NONE),
            (Operation.READ_RECORD, Relation.REFERENT),
            (Operation.CHANGE_RECORD, Relation.REFERENT),
            (Operation.WITHDRAW_AGREEMENT, Relation.REFERENT),
            (Operation.NAME_REFERENTS, Relation.REFERENT),
            (Operation.SHARE_RECORD, Relation.REFERENT),
            # What is temporary reads; a replacement writes as well, under their own name. None of them erases, shares, hands over or
            # names referents, and none takes an agreement back, which destroys a key (N10, N11, N12).
            (Operation.READ_RECORD, Relation.REPLACEMENT),
            (Operation.CHANGE_RECORD, Relation.REPLACEMENT),
            (Operation.READ_RECORD, Relation.NAMED_SHARE),
            (Operation.READ_RECORD, Relation.TEAM_SHARE),
            (Operation.READ_RECORD, Relation.RIGHTS_REFERENT),
            (Operation.READ_RECORD, Relation.BROKEN_GLASS),
            (Operation.BREAK_GLASS, Relation.NONE),
            (Operation.ACKNOWLEDGE_GLASS, Relation.REFERENT),
            (Operation.MANAGE_REPLACEMENTS, Relation.NONE),
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
            *_STAFF,
            (Operation.READ_TRAIL, Relation.NONE),
            (Operation.DECIDE_NAMES, Relation.NONE),
            (Operation.NAME_RIGHTS_REFERENT, Relation.NONE),
            (Operation.LIST_GLASS, Relation.NONE),
            (Operation.REVIEW_GLASS, Relation.NONE),
            (Operation.LIST_TEMPORARY, Relation.NONE),
            (Operation.EXPORT_TRAIL, Relation.NONE),
            (Operation.INVESTIGATE, Relation.NONE),
            (Operation.MANAGE_INCIDENTS, Relation.NONE),
            (Operation.MANAGE_BREACHES, Relation.NONE),
            (Operation.MANAGE_REQUISITIONS, Relation.NONE),
            (Operation.READ_REGISTER, Relation.NONE),
            (Operation.TAKE_CONTROL_FILE, Relation.NONE),
            (Operation.READ_WEEK, Relation.NONE),
            (Operation.READ_SEAL, Relation.NONE),
            (Operation.EXPORT_JOURNAL, Relation.NONE),
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
            *_STAFF,
            (Operation.READ_FIGURES, Relation.NONE),
            # The one exception of invariant 11: a report whose author named the head to countersign it.
            (Operation.LIST_REPORTS, Relation.NONE),
            (Operation.READ_REPORT, Relation.COUNTERSIGNER),
            (Operation.COUNTERSIGN_REPORT, Relation.COUNTERSIGNER),
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            *_STAFF,
            (Operation.READ_CATALOGUE, Relation.NONE),
            (Operation.LOAD_CATALOGUE, Relation.NONE),
            (Operation.PREVIEW_IMPORT, Relation.NONE),
            (Operation.RUN_IMPORT, Relation.NONE),
            (Operation.REBUILD_VIEWS, Relation.NONE),
            (Operation.MANAGE_TEAMS, Relation.NONE),
            (Operation.MANAGE_REPLACEMENTS, Relation.NONE),
            (Operation.READ_WEEK, Relation.NONE),
            (Operation.LIST_ACCOUNTS, Relation.NONE),
            (Operation.MANAGE_ACCOUNTS, Relation.NONE),
            (Operation.REVIEW_ACCOUNTS, Relation.NONE),
            (Operation.APPROVE_ERASURE, Relation.NONE),
            (Operation.LIST_ERASURES, Relation.NONE),
        }
    ),
    Role.FUNDER: frozenset(_STAFF),
    Role.SYSTEM: frozenset(
        {
            (Operation.LOAD_CATALOGUE, Relation.NONE),
            (Operation.REBUILD_VIEWS, Relation.NONE),
            (Operation.CLOSE_UNUSED_ACCOUNTS, Relation.NONE),
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


_WALLED_OFF: Final = frozenset({Category.HEALTH, Category.JUSTICE})
"""Opened to nobody but the referents and the youth, unless a share names them (N14)."""

_OPENS: Final[dict[Relation, frozenset[Category]]] = {
    Relation.REFERENT: frozenset(YOUTH_CATEGORIES),
    Relation.SELF: frozenset(YOUTH_CATEGORIES),
    Relation.REPLACEMENT: frozenset(YOUTH_CATEGORIES) - _WALLED_OFF,
    Relation.RIGHTS_REFERENT: frozenset(YOUTH_CATEGORIES) - _WALLED_OFF,
    Relation.BROKEN_GLASS: frozenset(YOUTH_CATEGORIES) - _WALLED_OFF,
    # A share opens what it names, and nothing else.
    Relation.NAMED_SHARE: frozenset(YOUTH_CATEGORIES),
    Relation.TEAM_SHARE: frozenset(YOUTH_CATEGORIES),
}
"""The categories that each relation can open at most. A relation without a row opens nothing."""

_STATED: Final[dict[Relation, Purpose]] = {
    Relation.BROKEN_GLASS: Purpose.EMERGENCY,
    Relation.RIGHTS_REFERENT: Purpose.HONOUR_RIGHTS,
}
"""Purposes that the access itself states, whatever the session was opened for (N16)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What was decided: by the widest relation that allows it, opening these categories, for this purpose, until then."""

    relation: Relation
    categories: frozenset[Category]
    purpose: Purpose
    until: date | datetime | None = None


def allows(role: Role, operation: Operation, relation: Relation) -> bool:
    """Tell whether somebody of `role` who stands in `relation` to the record may do `operation`."""
    return (operation, relation) in _TABLE[role]


def opens(standing: Standing) -> frozenset[Category]:
    """Give the categories that `standing` opens: what it names, within what its relation can open at most."""
    return standing.categories & _OPENS.get(standing.relation, frozenset())


def purposes_of(role: Role) -> frozenset[Purpose]:
    """Give the purposes that `role` may state (N16). Another purpose is refused, whatever the operation."""
    return _PURPOSES[role]


def decides_for(actor: Actor, operation: Operation, relation: Relation) -> bool:
    """Decide: the role, the relation and the purpose must all allow it."""
    return allows(actor.role, operation, relation) and actor.purpose in purposes_of(actor.role)


def decide(actor: Actor, operation: Operation, standings: Iterable[Standing]) -> Grant | None:
    """Decide over one record: `None` is a refusal. Several standings add up: each opens its own categories.

    The relation, the purpose and the end are those of the one that opens most, in whatever order they were granted.
    """
    allowing = [standing for standing in standings if decides_for(actor, operation, standing.relation)]
    if not allowing:
        return None
    widest = max(allowing, key=lambda standing: len(opens(standing)))
    categories = frozenset().union(*(opens(standing) for standing in allowing))
    return Grant(widest.relation, categories, _STATED.get(widest.relation, actor.purpose), widest.until)
