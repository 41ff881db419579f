"""What the cells of docs/reference/access-matrix.md try: each use case, by category, on a whole record, by reference, on the structure."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from domain.categories import Category
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
from domain.identifiers import AccountId, ReplacementId
from domain.oblivion.erasure import Ground
from domain.record_keeping import RecordKeeping
from domain.trail import Actor, Operation
from tests.unit.domain.scenes import A_DAY, CARLA, NOW
from tests.unit.domain.standing import ADMINISTRATOR, DPO, LATER, REASON, SOON, Scene, glass

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
    "rename_team": (Operation.MANAGE_TEAMS, lambda scene, who: scene.records.rename_team(who, scene.team, "Est")),
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
        glass(scene)
    return scene.records.emergencies_to_tell(DPO)[0].access


def _with_catalogue(scene: Scene) -> RecordKeeping:
    scene.records.load_catalogue(ADMINISTRATOR, [])
    return scene.records
