"""What the DPO decides about one record that only its trail reference names: names for the youth, a rights referent (R037, design §8)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.team import must_be_educators
from api.v1.access_schemas import DecisionShown, NamesDecision, RightsReferentDemand, RightsReferentShown
from api.v1.answers import READING_A_RECORD, WRITING
from api.web.operations import leaves
from api.web.requests import Command, SignedIn
from domain.identifiers import AccountId
from domain.trail import Operation

router = APIRouter(prefix="/trail/references/{reference}", tags=["décisions du DPO"])

TrailReference = Annotated[UUID, Path(description="La référence du dossier dans le journal des accès.")]
AccessId = Annotated[UUID, Path(description="L’identifiant de l’accès.")]


@router.get("/names", operation_id="readNamesDecision", responses=READING_A_RECORD)
@leaves(Operation.DECIDE_NAMES)
def read_names(reference: TrailReference, caller: SignedIn) -> DecisionShown:
    """Lire si ce jeune lit les noms de qui a consulté son dossier, et pourquoi."""
    return _decision(caller, reference)


@router.put("/names", operation_id="discloseNames", responses=WRITING)
@leaves(Operation.DECIDE_NAMES)
def disclose_names(reference: TrailReference, body: NamesDecision, caller: SignedIn, _command: Command) -> DecisionShown:
    """Décider que ce jeune lit les noms, et dire pourquoi."""
    caller.structure.records.disclose_names(caller.actor, reference, body.reason)
    return _decision(caller, reference)


@router.delete("/names", operation_id="maskNames", responses=WRITING)
@leaves(Operation.DECIDE_NAMES)
def mask_names(reference: TrailReference, caller: SignedIn, _command: Command) -> DecisionShown:
    """Décider que ce jeune lit de nouveau les rôles seuls."""
    caller.structure.records.mask_names(caller.actor, reference)
    return _decision(caller, reference)


@router.get("/rights-referents", operation_id="listRightsReferents", responses=READING_A_RECORD)
@leaves(Operation.NAME_RIGHTS_REFERENT)
def list_rights_referents(reference: TrailReference, caller: SignedIn) -> list[RightsReferentShown]:
    """Lire qui prépare la réponse à une demande sur ce dossier."""
    return [RightsReferentShown.of(named) for named in caller.structure.records.rights_referents_of(caller.actor, reference)]


@router.post("/rights-referents", status_code=201, operation_id="nameRightsReferent", responses=WRITING)
@leaves(Operation.NAME_RIGHTS_REFERENT)
def name_rights_referent(
    reference: TrailReference, body: RightsReferentDemand, caller: SignedIn, _command: Command
) -> list[RightsReferentShown]:
    """Nommer qui lit ce dossier pour préparer une réponse : ni un·e référent·e, ni qui y a écrit."""
    records = caller.structure.records
    records.referred(caller.actor, Operation.NAME_RIGHTS_REFERENT, reference)
    must_be_educators(caller, [body.account], "account")
    records.name_rights_referent(caller.actor, reference, AccountId(body.account), body.demand, body.until)
    return [RightsReferentShown.of(named) for named in records.rights_referents_of(caller.actor, reference)]


@router.delete("/rights-referents/{access_id}", operation_id="endRightsReferent", responses=WRITING)
@leaves(Operation.NAME_RIGHTS_REFERENT)
def end_rights_referent(reference: TrailReference, access_id: AccessId, caller: SignedIn, _command: Command) -> list[RightsReferentShown]:
    """Terminer cet accès dès maintenant."""
    records = caller.structure.records
    records.end_rights_referent(caller.actor, reference, access_id)
    return [RightsReferentShown.of(named) for named in records.rights_referents_of(caller.actor, reference)]


def _decision(caller: SignedIn, reference: UUID) -> DecisionShown:
    found = caller.structure.records.names_decision(caller.actor, reference)
    return DecisionShown(disclosed=found is not None, reason=None if found is None else found.reason)
