"""Anne's record of Kiki, and Bruno who breaks the glass to it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from domain.drafts import EmergencyDraft, NoteDraft, OpeningDraft
from domain.identifiers import AccountId, YouthId
from domain.trail import Actor, Role
from tests.unit.domain.in_memory import World
from tests.unit.domain.scenes import A_DAY, ANNE, BRUNO, TOLD, actor

REASON = "appel du foyer cette nuit, le jeune n'est pas rentré"
ME, COLLEAGUE = actor(ANNE), actor(BRUNO)
DPO = actor(AccountId(uuid4()), Role.DPO)
RIGHT = EmergencyDraft("Kiki", REASON, birth_year=2009)


def opened(world: World, pseudonym: str = "Kiki", birth_year: int = 2009) -> YouthId:
    draft = OpeningDraft(pseudonym, birth_year=birth_year, territory="Quai Nord")
    youth = YouthId(world.records.open_record(ME, draft, informed=TOLD).stream)
    world.records.add_note(ME, youth, NoteDraft("vu au local", A_DAY))
    return youth


def everybody(world: World) -> list[YouthId]:
    return [YouthId(one) for one in world.rings]


def broken(world: World, who: Actor = COLLEAGUE, draft: EmergencyDraft = RIGHT, found: Sequence[YouthId] | None = None) -> UUID:
    candidates = everybody(world) if found is None else found
    return world.records.break_glass(who, draft, lambda _sought: candidates).stream
