"""Every cell of docs/reference/access-matrix.md against the real use cases: role × relation × operation × category × state (R150).

The page is the specification, read here as text: a right that the policy gives and the page does not is a failure, and the other way round.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from domain.access.access_policy import Relation
from domain.categories import YOUTH_CATEGORIES, Category
from domain.drafts import (
    AgreementDraft,
    ContactDraft,
    EmergencyDraft,
    HandingOverDraft,
    IdentityDraft,
    InformationDraft,
    NoteDraft,
    OpeningDraft,
    ShareDraft,
    StepDraft,
)
from domain.identifiers import AccountId, ErasureId, ReplacementId, TeamId, YouthId
from domain.oblivion.erasure import Ground
from domain.record.youth_record import YouthRecord
from domain.record_keeping import RecordKeeping
from domain.refusals import DomainError, NotAllowed, RecordClosed, RecordErased
from domain.trail import Actor, Operation, Role
from tests.architecture.access_matrix import CELLS, REFERENCE
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, NOW, TOLD, actor

OWNER, DPO, ADMINISTRATOR = actor(ANNE), actor(AccountId(uuid4()), Role.DPO), actor(AccountId(uuid4()), Role.ADMINISTRATOR)
SOON, LATER = NOW.date() + timedelta(days=7), NOW.date() + timedelta(days=30)
REASON = "appel du foyer cette nuit, pas rentrée"


@dataclass
class Scene:
    """One record, and Bruno who wants something of it."""

    world: World = field(default_factory=World)
    youth: YouthId = field(init=False)
    step: UUID = field(init=False)
    team: TeamId = field(default_factory=lambda: TeamId(uuid4()))
    report: Any = None
    emergency: UUID | None = None
    erasure: ErasureId | None = None
    reference: UUID = field(init=False)

    def __post_init__(self) -> None:
        records = self.records
        self.youth = YouthId(records.open_record(OWNER, OpeningDraft("canari-core", birth_year=2009), informed=TOLD).stream)
        self.reference = self.world.recorder.reference_of(self.youth)
        for category in (Category.IDENTITY, Category.FOLLOW_UP, Category.VITAL):
            records.agree(OWNER, self.youth, AgreementDraft(category, "oui", A_DAY))
        records.give_identity(OWNER, self.youth, IdentityDraft("canari-identity"))
        records.add_note(OWNER, self.youth, NoteDraft("canari-follow_up", A_DAY))
        records.take_step(OWNER, self.youth, StepDraft("logement", A_DAY))
        self.step = next(iter(self.record.steps))
        records.name_team(ADMINISTRATOR, "Nord", self.team)
        records.share_record(OWNER, self.youth, ShareDraft((), "à Carla", SOON, account=CARLA, told="oui"))

    @property
    def records(self) -> RecordKeeping:
        return self.world.records

    @property
    def record(self) -> YouthRecord:
        found: YouthRecord = self.records.find(self.youth)
        return found

    def share(self, **fields: Any) -> UUID:
        draft = ShareDraft(("follow_up",), "à deux", SOON, told="oui", **fields)
        self.records.share_record(OWNER, self.youth, draft)
        return list(self.record.accesses)[-1]


def _later(days: int = 8, **more: int) -> Callable[[Scene], None]:
    def wait(scene: Scene) -> None:
        scene.world.now += timedelta(days=0 if more else days, **more)

    return wait


def _handed_over(scene: Scene) -> None:
    scene.records.name_referents(OWNER, scene.youth, [ANNE, BRUNO])
    scene.records.hand_over(actor(BRUNO), scene.youth, HandingOverDraft(CARLA, told="oui"))


def _replacing(scene: Scene) -> None:
    scene.records.name_replacement(OWNER, replacing=BRUNO, until=SOON)


def _replacement_ended(scene: Scene) -> None:
    _replacing(scene)
    [named] = scene.records.list_replacements(ADMINISTRATOR)
    scene.records.end_replacement(OWNER, ReplacementId(named.replacement))


def _in_the_team(scene: Scene) -> None:
    scene.records.name_members(ADMINISTRATOR, scene.team, (BRUNO,))
    scene.share(team=scene.team)


def _left_the_team(scene: Scene) -> None:
    _in_the_team(scene)
    scene.records.name_members(ADMINISTRATOR, scene.team, ())


def _team_ended(scene: Scene) -> None:
    _in_the_team(scene)
    scene.records.end_team(ADMINISTRATOR, scene.team)


def _named_for_rights(scene: Scene) -> UUID:
    return scene.records.name_rights_referent(DPO, scene.reference, BRUNO, "demande 3", SOON)


def _glass(scene: Scene) -> None:
    draft = EmergencyDraft("canari-core", REASON, birth_year=2009)
    scene.records.break_glass(actor(BRUNO), draft, lambda _sought: [scene.youth])


def _reviewed(scene: Scene) -> None:
    _glass(scene)
    scene.records.review_emergency(DPO, next(iter(scene.records.list_emergencies(DPO))).entry.access, "vu", justified=True)


def _then(*parts: Callable[[Scene], object]) -> Callable[[Scene], None]:
    def do(scene: Scene) -> None:
        for part in parts:
            part(scene)

    return do


def _share_ended(scene: Scene) -> None:
    scene.records.end_share(OWNER, scene.youth, scene.share(account=BRUNO))


def _rights_ended(scene: Scene) -> None:
    scene.records.end_rights_referent(DPO, scene.reference, _named_for_rights(scene))


STANDS: Final[dict[str, tuple[Relation, Callable[[Scene], object]]]] = {
    "none": (Relation.NONE, lambda _scene: None),
    "self": (Relation.SELF, lambda _scene: None),
    "referent": (Relation.REFERENT, lambda scene: scene.records.name_referents(OWNER, scene.youth, [ANNE, BRUNO])),
    "referent no more": (Relation.NONE, _handed_over),
    "replacement": (Relation.REPLACEMENT, _replacing),
    "replacement past its day": (Relation.NONE, _then(_replacing, _later())),
    "replacement ended": (Relation.NONE, _replacement_ended),
    "share": (Relation.NAMED_SHARE, lambda scene: scene.share(account=BRUNO)),
    "share past its day": (Relation.NONE, _then(lambda scene: scene.share(account=BRUNO), _later())),
    "share ended": (Relation.NONE, _share_ended),
    "team": (Relation.TEAM_SHARE, _in_the_team),
    "team left": (Relation.NONE, _left_the_team),
    "team ended": (Relation.NONE, _team_ended),
    "rights": (Relation.RIGHTS_REFERENT, _named_for_rights),
    "rights past its day": (Relation.NONE, _then(_named_for_rights, _later())),
    "rights ended": (Relation.NONE, _rights_ended),
    "glass": (Relation.BROKEN_GLASS, _glass),
    "glass after sixty minutes": (Relation.NONE, _then(_glass, _later(minutes=60))),
    "glass reviewed": (Relation.NONE, _reviewed),
}
STATES = ("open", "withdrawn", "closed", "erased")

Act = Callable[[Scene, Actor], object]


def _change(category: Category) -> Act:
    drafts: dict[Category, Act] = {
        Category.CORE: lambda scene, who: scene.records.inform(who, scene.youth, InformationDraft("redit", A_DAY)),
        Category.IDENTITY: lambda scene, who: scene.records.give_identity(who, scene.youth, IdentityDraft("autre")),
        Category.FOLLOW_UP: lambda scene, who: scene.records.add_note(who, scene.youth, NoteDraft("autre", A_DAY)),
    }
    return drafts.get(category, lambda scene, who: scene.records.agree(who, scene.youth, AgreementDraft(category, "oui", A_DAY)))


def _share(category: Category) -> Act:
    draft = ShareDraft((category,), "voir", NOW.date() + timedelta(days=20), account=AccountId(UUID(int=9)), told="oui")
    return lambda scene, who: scene.records.share_record(who, scene.youth, draft)


def _withdraw(category: Category) -> Act:
    return lambda scene, who: scene.records.withdraw_agreement(who, scene.youth, category)


def _read(_category: Category) -> Act:
    return lambda scene, who: scene.records.read_record(who, scene.youth)


BY_CATEGORY: Final[dict[Operation, Callable[[Category], Act]]] = {
    Operation.READ_RECORD: _read,
    Operation.CHANGE_RECORD: _change,
    Operation.SHARE_RECORD: _share,
    Operation.WITHDRAW_AGREEMENT: _withdraw,
}


def _lifted(scene: Scene, who: Actor) -> None:
    scene.records.place_hold(DPO, scene.reference, "litigation", LATER)
    scene.records.lift_hold(who, scene.reference)


WHOLE: Final[dict[str, tuple[Operation, Act]]] = {
    "contact": (Operation.CHANGE_RECORD, lambda scene, who: scene.records.make_contact(who, scene.youth, ContactDraft(A_DAY))),
    "step": (Operation.CHANGE_RECORD, lambda scene, who: scene.records.take_step(who, scene.youth, StepDraft("emploi", A_DAY))),
    "complete": (Operation.CHANGE_RECORD, lambda scene, who: scene.records.complete_step(who, scene.youth, scene.step, "fait")),
    "referents": (Operation.NAME_REFERENTS, lambda scene, who: scene.records.name_referents(who, scene.youth, [CARLA])),
    "handover": (
        Operation.NAME_REFERENTS,
        lambda scene, who: scene.records.hand_over(who, scene.youth, HandingOverDraft(AccountId(UUID(int=9)), told="oui")),
    ),
    "end of a share": (Operation.SHARE_RECORD, lambda scene, who: scene.records.end_share(who, scene.youth, uuid4())),
    "teams": (Operation.SHARE_RECORD, lambda scene, who: scene.records.teams_to_share_with(who, scene.youth)),
    "erase": (Operation.ERASE_RECORD, lambda scene, who: scene.records.close_record(who, scene.youth, asked_in_person=True)),
    "who looked": (Operation.READ_OWN_TRAIL, lambda scene, who: scene.records.disclose_about(who, Operation.READ_OWN_TRAIL, scene.youth)),
    "look": (Operation.READ_RECORD, lambda scene, who: scene.records.look_at_record(who, scene.youth)),
}
"""What has no category of its own."""
BY_REFERENCE: Final[dict[str, tuple[Operation, Act]]] = {
    "names": (Operation.DECIDE_NAMES, lambda scene, who: scene.records.disclose_names(who, scene.reference, "pesé")),
    "mask": (Operation.DECIDE_NAMES, lambda scene, who: scene.records.mask_names(who, scene.reference)),
    "decision": (Operation.DECIDE_NAMES, lambda scene, who: scene.records.names_decision(who, scene.reference)),
    "rights": (
        Operation.NAME_RIGHTS_REFERENT,
        lambda scene, who: scene.records.name_rights_referent(who, scene.reference, CARLA, "demande 4", NOW.date() + timedelta(days=20)),
    ),
    "rights ended": (Operation.NAME_RIGHTS_REFERENT, lambda scene, who: scene.records.end_rights_referent(who, scene.reference, uuid4())),
    "rights listed": (Operation.NAME_RIGHTS_REFERENT, lambda scene, who: scene.records.rights_referents_of(who, scene.reference)),
    "ask erasure": (Operation.ASK_ERASURE, lambda scene, who: scene.records.close_by_reference(who, scene.reference, Ground.OFFICE)),
    "hold": (Operation.MANAGE_HOLDS, lambda scene, who: scene.records.place_hold(who, scene.reference, "litigation", LATER)),
    "hold lifted": (Operation.MANAGE_HOLDS, _lifted),
    "read hold": (Operation.MANAGE_HOLDS, lambda scene, who: scene.records.read_hold(who, scene.reference)),
}
"""By the trail's reference, whatever the relation: decided with `none`."""


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


def who_of(role: Role, stands: str, scene: Scene) -> Actor:
    return actor(BRUNO, role, scene.youth if stands == "self" else None)


def made(stands: str, state: str) -> Scene:
    scene = Scene()
    relation, arrange = STANDS[stands]
    arrange(scene)
    assert relation in Relation
    owner = OWNER if ANNE in scene.record.referents else actor(CARLA)
    if state == "withdrawn":
        scene.records.withdraw_agreement(owner, scene.youth, Category.FOLLOW_UP)
    if state == "closed":
        scene.erasure = scene.records.close_record(owner, scene.youth, asked_in_person=True)
    if state == "erased":
        scene.erasure = scene.records.close_record(owner, scene.youth, asked_in_person=True)
        scene.world.shred(scene.youth)
        # As the saga does: nothing links the trail's reference to anybody any more.
        scene.world.recorder.references.clear()
    return scene


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


OF_THE_STRUCTURE: Final[dict[str, tuple[Operation, Act]]] = {
    "open_record": (Operation.OPEN_RECORD, lambda scene, who: scene.records.open_record(who, OpeningDraft("Nouveau"))),
    "break_glass": (
        Operation.BREAK_GLASS,
        lambda scene, who: scene.records.break_glass(who, EmergencyDraft("x", REASON, birth_year=2000), lambda _sought: []),
    ),
    "list_emergencies": (Operation.LIST_GLASS, lambda scene, who: scene.records.list_emergencies(who)),
    "read_emergency": (Operation.LIST_GLASS, lambda scene, who: scene.records.read_emergency(who, _an_emergency(scene))),
    "review_emergency": (
        Operation.REVIEW_GLASS,
        lambda scene, who: scene.records.review_emergency(who, _an_emergency(scene), "vu", justified=True),
    ),
    "list_teams": (Operation.MANAGE_TEAMS, lambda scene, who: scene.records.list_teams(who)),
    "name_team": (Operation.MANAGE_TEAMS, lambda scene, who: scene.records.name_team(who, "Sud")),
    "name_members": (Operation.MANAGE_TEAMS, lambda scene, who: scene.records.name_members(who, scene.team, ())),
    "end_team": (Operation.MANAGE_TEAMS, lambda scene, who: scene.records.end_team(who, scene.team)),
    "list_replacements": (Operation.MANAGE_REPLACEMENTS, lambda scene, who: scene.records.list_replacements(who)),
    "name_replacement": (
        Operation.MANAGE_REPLACEMENTS,
        lambda scene, who: scene.records.name_replacement(who, replacing=CARLA, until=SOON),
    ),
    "end_replacement": (
        Operation.MANAGE_REPLACEMENTS,
        lambda scene, who: scene.records.end_replacement(who, ReplacementId(uuid4())),
    ),
    "list_erasures": (Operation.LIST_ERASURES, lambda scene, who: scene.records.list_erasures(who)),
    "open_gate": (
        Operation.MANAGE_ARCHIVE_GATE,
        lambda scene, who: scene.records.open_gate(who, "standing_agreement", "convention", None),
    ),
    "shut_gate": (Operation.MANAGE_ARCHIVE_GATE, lambda scene, who: scene.records.shut_gate(who)),
    "list_reports": (Operation.LIST_REPORTS, lambda scene, who: scene.records.list_reports(who)),
    "read_catalogue": (Operation.READ_CATALOGUE, lambda scene, who: _with_catalogue(scene).read_catalogue(who)),
    "load_catalogue": (Operation.LOAD_CATALOGUE, lambda scene, who: scene.records.load_catalogue(who, [])),
}
"""What touches no record."""


def _an_emergency(scene: Scene) -> UUID:
    if not scene.records.emergencies_to_tell(DPO):
        _glass(scene)
    return scene.records.emergencies_to_tell(DPO)[0].access


def _with_catalogue(scene: Scene) -> RecordKeeping:
    scene.records.load_catalogue(ADMINISTRATOR, [])
    return scene.records


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
        ("grant_to_read", "names_are_disclosed", "emergencies_to_tell", "obstacles_of", "erasure_of", "gate"),
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
