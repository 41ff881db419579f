"""A record of Anne's, and who wants to read it: for the tests of accesses."""

from datetime import timedelta
from uuid import UUID, uuid4

from domain.categories import Category
from domain.drafts import AgreementDraft, ContactDraft, IdentityDraft, OpeningDraft
from domain.identifiers import AccountId, YouthId
from domain.record.youth_record import YouthRecord
from domain.refusals import NotAllowed
from domain.trail import Actor, Outcome, Role
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, CARLA, NOW, TOLD, actor, refused

SOON = NOW.date() + timedelta(days=7)
ME, COLLEAGUE, THIRD = actor(ANNE), actor(BRUNO), actor(CARLA)
ADMINISTRATOR, DPO = actor(AccountId(uuid4()), Role.ADMINISTRATOR), actor(AccountId(uuid4()), Role.DPO)


def a_record(world: World) -> YouthId:
    """A record of Anne's with something in the core, the identity and the follow-up."""
    youth = YouthId(world.records.open_record(ME, OpeningDraft("Kiki"), informed=TOLD).stream)
    world.records.agree(ME, youth, AgreementDraft(Category.IDENTITY, "pour la mission locale", A_DAY))
    world.records.give_identity(ME, youth, IdentityDraft("Inès", "Durand"))
    world.records.make_contact(ME, youth, ContactDraft(A_DAY, comment="parle de son stage"))
    return youth


def read(world: World, who: Actor, youth: YouthId) -> YouthRecord:
    return world.records.read_record(who, youth)


def sees_nothing(world: World, who: Actor, youth: YouthId) -> None:
    refused(NotAllowed, lambda: read(world, who, youth))
    assert world.last_line.outcome is Outcome.REFUSED


def reference_of(world: World, youth: YouthId) -> UUID:
    return world.recorder.reference_of(youth)
