"""A record, and every way in which somebody stands to it: for the cells of docs/reference/access-matrix.md (R150)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from domain.access.access_policy import Relation
from domain.categories import Category
from domain.drafts import (
    AgreementDraft,
    EmergencyDraft,
    HandingOverDraft,
    IdentityDraft,
    NoteDraft,
    OpeningDraft,
    ShareDraft,
    StepDraft,
)
from domain.identifiers import AccountId, ErasureId, ReplacementId, TeamId, YouthId
from domain.record.youth_record import YouthRecord
from domain.record_keeping import RecordKeeping
from domain.trail import Actor, Role
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


def glass(scene: Scene) -> None:
    draft = EmergencyDraft("canari-core", REASON, birth_year=2009)
    scene.records.break_glass(actor(BRUNO), draft, lambda _sought: [scene.youth])


def _reviewed(scene: Scene) -> None:
    glass(scene)
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
    "glass": (Relation.BROKEN_GLASS, glass),
    "glass after sixty minutes": (Relation.NONE, _then(glass, _later(minutes=60))),
    "glass reviewed": (Relation.NONE, _reviewed),
}
STATES = ("open", "withdrawn", "closed", "erased")


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
