"""Every cell of docs/reference/access-matrix.md against the real use cases: role × relation × operation × category × state (R150).

The page is the specification, read here as text: a right that the policy gives and the page does not is a failure, and the other way round.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import uuid4

import pytest

from domain.access.access_policy import Relation
from domain.categories import YOUTH_CATEGORIES, Category
from domain.identifiers import AccountId, ErasureId
from domain.record.youth_record import YouthRecord
from domain.record_keeping import RecordKeeping
from domain.refusals import DomainError, NotAllowed, RecordClosed, RecordErased
from domain.trail import Actor, Operation, Role
from tests.architecture.access_matrix import CELLS, REFERENCE
from tests.unit.domain.matrix_acts import BY_CATEGORY, BY_REFERENCE, OF_THE_STRUCTURE, WHOLE
from tests.unit.domain.scenes import actor
from tests.unit.domain.standing import STANDS, STATES, Scene, made, who_of


def _rows(head: str) -> Iterator[list[str]]:
    text = REFERENCE.read_text(encoding="utf-8").partition(head)[2].partition("\n## ")[0]
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith(("| role", "| relation")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


SPECIFIED: Final = {
    (role, relation, operation) for role, relation, told, _ in _rows("## By role") for operation in re.findall(r"`([^`]+)`", told)
}
_OPENED: Final = {row[0]: dict(zip(YOUTH_CATEGORIES, row[1:], strict=True)) for row in _rows("## Categories")}


def outcome(act: Callable[[], object]) -> tuple[str, Any]:
    """What came of it: granted, a rule said no, closed, erased, or unknown."""
    kinds = {NotAllowed: "unknown", RecordClosed: "closed", RecordErased: "erased"}
    try:
        return "granted", act()
    except DomainError as refusal:
        return kinds.get(type(refusal), "rule"), None


def expected(role: Role, relation: Relation, operation: Operation, state: str) -> str:
    """What the page says."""
    if (role, relation, operation) not in SPECIFIED:
        told = state == "erased" and (role, relation) in {(Role.EDUCATOR, Relation.REFERENT), (Role.YOUTH, Relation.SELF)}
        return "erased" if told else "unknown"
    if state in {"open", "withdrawn"}:
        return "granted"
    return state if relation in {Relation.REFERENT, Relation.SELF} else "unknown"


def shows(record: YouthRecord, category: Category) -> bool:
    """Whether the canary of that category is anywhere in what was shown, in its state or behind it."""
    return f"canari-{category}" in repr([vars(event) for event in _everything(record)]) + repr(vars(record))


def _everything(record: YouthRecord) -> Iterator[Any]:
    yield from record.notes
    yield from record.contacts
    yield from record.steps.values()
    yield from record.agreements.values()
    if record.identity is not None:
        yield record.identity


def cells_of(role: Role, stands: str, state: str) -> Iterator[tuple[str, str, str]]:
    """Run the cells of one role in one relation to a record in one state: what it was, what the page says, what came of it."""
    relation = STANDS[stands][0]
    scene = made(stands, state)
    for operation, of_category in BY_CATEGORY.items():
        for category in YOUTH_CATEGORIES:
            wanted = expected(role, relation, operation, state)
            scene = scene if operation is Operation.READ_RECORD else made(stands, state)
            act = of_category(category)
            came, shown = outcome(lambda act=act, at=scene: act(at, who_of(role, stands, at)))
            if wanted == "granted" and came == "rule":
                # The right is there, and a rule of the record says no: off, withdrawn, shared already.
                came = "granted" if operation is not Operation.READ_RECORD else came
            yield f"{operation} {category}", wanted, came
            if operation is Operation.READ_RECORD and shown is not None:
                opened = _OPENED[relation][category]
                sees = opened == "yes" or (opened == "named" and category in {Category.CORE, Category.FOLLOW_UP})
                sees = sees and category in {Category.CORE, Category.IDENTITY, Category.FOLLOW_UP}
                sees = sees and not (state == "withdrawn" and category is Category.FOLLOW_UP)
                yield f"shown {category}", str(sees), str(shows(shown, category))
    for name, (operation, act) in {**WHOLE, **BY_REFERENCE}.items():
        by_reference = name in BY_REFERENCE and BY_REFERENCE[name][1] is act
        scene = made(stands, state)
        wanted = _by_reference(role, operation, state) if by_reference else expected(role, relation, operation, state)
        came, _ = outcome(lambda act=act, at=scene: act(at, who_of(role, stands, at)))
        allowed = {"rule", "granted", "closed", "erased"} if by_reference else {"rule"}
        yield name, wanted, "granted" if wanted == "granted" and came in allowed else came
    yield from _of_an_erasure(role, stands, state)


def _by_reference(role: Role, operation: Operation, state: str) -> str:
    return "granted" if state != "erased" and (role, Relation.NONE, operation) in SPECIFIED else "unknown"


def _of_an_erasure(role: Role, stands: str, state: str) -> Iterator[tuple[str, str, str]]:
    """Following and cancelling an erasure: by the youth and by whoever was a referent when the record was closed, and by the DPO."""
    if state not in {"closed", "erased"}:
        return
    relation = STANDS[stands][0] if STANDS[stands][0] in {Relation.REFERENT, Relation.SELF} else Relation.NONE
    acts: dict[Operation, Callable[[Scene, Actor], object]] = {
        Operation.READ_ERASURE: lambda scene, who: scene.records.read_erasure(who, _erasure(scene)),
        Operation.CANCEL_ERASURE: lambda scene, who: scene.records.cancel_erasure(who, _erasure(scene), asked_in_person=True),
        Operation.APPROVE_ERASURE: lambda scene, who: scene.records.approve_erasure(who, _erasure(scene)),
    }
    for operation, act in acts.items():
        scene = made(stands, state)
        who = who_of(role, stands, scene)
        relations = (
            {relation} if relation is Relation.SELF and role is Role.YOUTH else {relation if role is Role.EDUCATOR else Relation.NONE}
        )
        granted = any((role, one, operation) in SPECIFIED for one in relations)
        came, _ = outcome(lambda act=act, at=scene, one=who: act(at, one))
        yield str(operation), "granted" if granted else "unknown", "granted" if granted and came != "unknown" else came


def _erasure(scene: Scene) -> ErasureId:
    assert scene.erasure is not None
    return scene.erasure


ROLES: Final = [role for role in Role if role is not Role.SYSTEM]
"""Nobody signs in as the service itself."""


def how_many(role: Role, stands: str, state: str) -> int:
    """How many cells that makes, from the page alone."""
    relation, categories = STANDS[stands][0], len(YOUTH_CATEGORIES)
    reads = expected(role, relation, Operation.READ_RECORD, state) == "granted"
    of_an_erasure = 3 if state in {"closed", "erased"} else 0
    return len(BY_CATEGORY) * categories + reads * categories + len(WHOLE) + len(BY_REFERENCE) + of_an_erasure


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("stands", STANDS)
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_what_the_page_says(role: Role, stands: str, state: str) -> None:
    cells = list(cells_of(role, stands, state))
    assert [cell for cell in cells if cell[1] != cell[2]] == []
    assert len(cells) == how_many(role, stands, state)


@pytest.mark.parametrize("name", OF_THE_STRUCTURE)
@pytest.mark.parametrize("role", ROLES)
def test_what_touches_no_record_is_what_the_page_says(role: Role, name: str) -> None:
    operation, act = OF_THE_STRUCTURE[name]
    scene = Scene()
    came, _ = outcome(lambda: act(scene, actor(AccountId(uuid4()), role)))
    wanted = "granted" if (role, Relation.NONE, operation) in SPECIFIED else "unknown"
    assert ("granted" if wanted == "granted" and came == "rule" else came) == wanted


def test_the_page_says_how_many_cells_there_are() -> None:
    cells = sum(how_many(role, stands, state) for role in ROLES for stands in STANDS for state in STATES)
    assert cells + len(ROLES) * len(OF_THE_STRUCTURE) == CELLS


RUN_HERE: Final = {
    *("look_at_record", "read_record", "inform", "agree", "give_identity", "make_contact", "add_note", "take_step", "complete_step"),
    *("name_referents", "hand_over", "share_record", "end_share", "teams_to_share_with", "withdraw_agreement", "close_record"),
    *("name_rights_referent", "end_rights_referent", "rights_referents_of", "disclose_names", "mask_names", "names_decision"),
    *("close_by_reference", "place_hold", "lift_hold", "read_hold", "read_erasure", "cancel_erasure", "approve_erasure"),
    *OF_THE_STRUCTURE,
}
RUN_ELSEWHERE: Final = {
    "acknowledge_emergency": "test_glass.py: for the referents who were told",
    **dict.fromkeys(
        ("write_report", "read_report", "countersign_report", "send_report", "release_report"),
        "test_protection_report.py: no record is read",
    ),
    **dict.fromkeys(("record_outing", "record_chantier", "count_presence", "read_activity"), "test_use_cases.py: names no youth"),
    **dict.fromkeys(
        ("preview_import", "known_records", "show_known_records", "records_of_others", "left_to_import", "run_import"), "test_importing.py"
    ),
    **dict.fromkeys(
        ("open_incident", "conclude_incident", "open_breach", "close_breach", "assess_keys", "add_stage", "name_perimeter", "tell_people"),
        "the tests of incidents and breaches: a file of the DPO's, which shows no content",
    ),
    **dict.fromkeys(("decide_not_to_notify", "decide_not_to_tell", "notify_authority", "files", "read_file", "read_files"), "likewise"),
    **dict.fromkeys(("receive_requisition", "deliver_requisition", "refuse_requisition"), "the tests of requisitions: likewise"),
    **dict.fromkeys(
        (
            *("grant_to_read", "names_are_disclosed", "emergencies_to_tell", "emergencies_open_to"),
            *("obstacles_of", "erasure_of", "gate", "has_file"),
        ),
        "discloses nothing by itself: whoever calls it has decided",
    ),
}
THE_DOOR: Final = {"Keeping", "Application"}
"""What the use cases are made of; none of it is called from a route without one of them, but for `disclose` and `must_allow`."""


def test_every_use_case_is_in_the_matrix_or_says_where_else_it_is_tried() -> None:
    kinds = [kind for kind in RecordKeeping.__mro__ if kind.__module__.startswith("domain.") and kind.__name__ not in THE_DOOR]
    found = {name for kind in kinds for name, value in vars(kind).items() if not name.startswith("_") and callable(value)}
    assert found == RUN_HERE | set(RUN_ELSEWHERE)
    assert not RUN_HERE & set(RUN_ELSEWHERE)
