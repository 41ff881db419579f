"""Emergencies: open a record, review it, say that one has seen it (N12)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.emergencies import break_glass
from api.v1.access_schemas import EmergencyDemand, EmergencyOpened, EmergencyShown, Review
from api.v1.answers import READING, WRITING
from api.web.operations import leaves
from api.web.requests import Command, SignedIn
from domain.trail import Operation

router = APIRouter(prefix="/emergencies", tags=["urgences"])

EmergencyId = Annotated[UUID, Path(description="L’identifiant de l’accès d’urgence.")]


@router.post("", status_code=201, operation_id="breakGlass", responses=WRITING)
@leaves(Operation.BREAK_GLASS)
def open_in_an_emergency(body: EmergencyDemand, caller: SignedIn, command: Command) -> EmergencyOpened:
    """Ouvrir un dossier en urgence, une heure, à lire. DPO, référent·es et jeune le voient. Trois essais par jour, un par clé."""
    opened = break_glass(caller, body.draft(), command)
    return EmergencyOpened(record=opened.record, ends_at=opened.ends_at)


@router.get("", operation_id="listEmergencies", responses=READING)
@leaves(Operation.LIST_GLASS)
def list_emergencies(caller: SignedIn) -> list[EmergencyShown]:
    """Lister les accès d’urgence, du plus récent au plus ancien."""
    return [EmergencyShown.of(one) for one in caller.structure.records.list_emergencies(caller.actor)]


@router.post("/{access_id}/review", operation_id="reviewEmergency", responses=WRITING)
@leaves(Operation.REVIEW_GLASS)
def review_emergency(access_id: EmergencyId, body: Review, caller: SignedIn, _command: Command) -> EmergencyShown:
    """Juger un accès d’urgence, une fois. S’il est encore ouvert, il se ferme."""
    records = caller.structure.records
    records.review_emergency(caller.actor, access_id, body.sentence, justified=body.justified)
    return EmergencyShown.of(records.read_emergency(caller.actor, access_id))


@router.post("/{access_id}/acknowledgement", status_code=204, operation_id="acknowledgeEmergency", responses=WRITING)
@leaves(Operation.ACKNOWLEDGE_GLASS)
def acknowledge_emergency(access_id: EmergencyId, caller: SignedIn, _command: Command) -> None:
    """Dire que l’on a vu l’accès d’urgence à un dossier que l’on accompagne."""
    caller.structure.records.acknowledge_emergency(caller.actor, access_id)
