"""What the tests of oblivion begin with: a structure whose archive gate is open, and the three who act in it."""

from uuid import UUID

from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, NoteDraft, OpeningDraft
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.archive_gate import ArchiveGround
from domain.oblivion.erasure import Erasure, Obstacle
from domain.trail import Actor, Role
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, BRUNO, CARLA, TOLD, actor

DPO = actor(BRUNO, Role.DPO)
ADMINISTRATOR = actor(CARLA, Role.ADMINISTRATOR)


def a_structure() -> World:
    """A structure in memory whose archive gate is open."""
    world = World()
    world.records.open_gate(DPO, ArchiveGround.STANDING_AGREEMENT, "convention 2026-1", None)
    return world


def filled(world: World) -> YouthId:
    """A record with something in every category, which Anne accompanies."""
    youth = YouthId(world.records.open_record(actor(), OpeningDraft("Kiki"), informed=TOLD).stream)
    for category in ("identity", "follow_up"):
        world.records.agree(actor(), youth, AgreementDraft(category, "oui", A_DAY))
    world.records.give_identity(actor(), youth, IdentityDraft("Inès"))
    world.records.make_contact(actor(), youth, ContactDraft(A_DAY))
    world.records.add_note(actor(), youth, NoteDraft("vu", A_DAY))
    return youth


def themselves(youth: YouthId) -> Actor:
    return actor(CARLA, Role.YOUTH, youth)


def asked_alone(world: World, youth: YouthId) -> ErasureId:
    return world.records.close_record(themselves(youth), youth)


def asked_in_person(world: World, youth: YouthId) -> ErasureId:
    return world.records.close_record(actor(), youth, asked_in_person=True)


def reference(world: World, youth: YouthId) -> UUID:
    return world.recorder.reference_of(youth)


def the(world: World, erasure: ErasureId) -> Erasure:
    found = world.records.find_kind(Erasure, erasure)
    assert found is not None
    return found


def obstacles(world: World, erasure: ErasureId) -> tuple[Obstacle, ...]:
    return world.records.obstacles_of(the(world, erasure))
