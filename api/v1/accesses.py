"""Who may open a record: shares, handover, and the list of accesses for the referent and for the youth (N10, N13, N18)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.accesses import accesses_of, emergencies_of, look_at_accesses
from api.looks import own_record
from api.team import must_be_colleagues
from api.v1.access_schemas import AccessesShown, HandingOver, Share
from api.v1.answers import READING_A_RECORD, WRITING
from api.v1.changes import Change
from api.v1.own_record_schemas import OwnAccessesShown
from api.v1.records import RecordId
from api.web.operations import leaves
from api.web.representations import AcceptedChange
from api.web.requests import SignedIn
from domain.identifiers import YouthId
from domain.trail import Operation

router = APIRouter(tags=["accès"])
of_a_record = APIRouter(prefix="/records/{record_id}")

AccessId = Annotated[UUID, Path(description="L’identifiant du partage.")]


@of_a_record.get("/accesses", operation_id="listAccesses", responses=READING_A_RECORD)
@leaves(Operation.SHARE_RECORD)
def list_accesses(record_id: RecordId, caller: SignedIn) -> AccessesShown:
    """Lire qui d’autre peut ouvrir un dossier que l’on accompagne, pourquoi et jusqu’à quand."""
    return AccessesShown.of(*look_at_accesses(caller, YouthId(record_id)))


@of_a_record.post("/shares", status_code=201, operation_id="shareRecord", responses=WRITING)
@leaves(Operation.SHARE_RECORD)
def share_record(body: Share, change: Change) -> AcceptedChange:
    """Partager des catégories avec une personne ou une équipe, jusqu’à un dernier jour."""
    if body.account is not None:
        must_be_colleagues(change.caller, [body.account], "with")
    return change.made(change.records.share_record, body.draft())


@of_a_record.delete("/shares/{access_id}", operation_id="endShare", responses=WRITING)
@leaves(Operation.SHARE_RECORD)
def end_share(access_id: AccessId, change: Change) -> AcceptedChange:
    """Terminer un partage : il ne vaut plus rien dès cet instant."""
    return change.made(change.records.end_share, access_id)


@of_a_record.post("/handover", status_code=201, operation_id="handOver", responses=WRITING)
@leaves(Operation.NAME_REFERENTS)
def hand_over(body: HandingOver, change: Change) -> AcceptedChange:
    """Transmettre un dossier : on ne le voit plus dès cet instant, et le fil continue."""
    must_be_colleagues(change.caller, [body.successor], "successor")
    return change.made(change.records.hand_over, body.draft())


@router.get("/my-record/accesses", operation_id="listMyAccesses", responses=READING_A_RECORD)
@leaves(Operation.READ_RECORD)
def list_my_accesses(caller: SignedIn) -> OwnAccessesShown:
    """Lire qui peut ouvrir mon dossier, pourquoi et jusqu’à quand."""
    youth = own_record(caller, Operation.READ_RECORD)
    record = caller.structure.records.read_record(caller.actor, youth)
    return OwnAccessesShown.of(accesses_of(caller, record, own=True), emergencies_of(caller, record, own=True))


router.include_router(of_a_record)
