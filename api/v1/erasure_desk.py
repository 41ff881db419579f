"""The desk of those who watch over erasures: the list, approvals, demands by reference, the archive gate, holds (R064, R065, R069)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.erasures.erasure_desk import approve, ask_by_reference
from api.erasures.erasure_looks import PAGE, look_at_erasures
from api.v1.answers import READING, WRITING
from api.v1.erasure_schemas import (
    ArchiveAgreement,
    ArchiveGateShown,
    ErasureAsked,
    ErasureShown,
    ErasuresShown,
    HoldDemand,
    HoldShown,
    OfficeDemand,
)
from api.v1.erasures import ErasureReference
from api.web.operations import leaves
from api.web.requests import Caller, Command, SignedIn
from domain.identifiers import ErasureId
from domain.trail import Operation

router = APIRouter(tags=["effacements"])

TrailReference = Annotated[UUID, Path(description="La référence du dossier dans le journal des accès.")]


@router.get("/erasures", operation_id="listErasures", responses=READING)
@leaves(Operation.LIST_ERASURES)
def list_erasures(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=PAGE, description="50 au plus.")] = PAGE,
    after: Annotated[UUID | None, Query(description="Le `next` de la page d’avant.")] = None,
) -> ErasuresShown:
    """Lister les effacements, du plus récent au plus ancien. L’administration ne voit que ceux qui attendent son accord."""
    page = look_at_erasures(caller, after=after, limit=limit)
    return ErasuresShown(items=[ErasureShown.of(look, caller.actor.role) for look in page.looks], next=page.next)


@router.post("/erasures", status_code=202, operation_id="askErasure", responses=WRITING)
@leaves(Operation.ASK_ERASURE)
def ask_erasure(body: OfficeDemand, caller: SignedIn, _command: Command) -> ErasureAsked:
    """Demander un effacement par la référence du journal. Il faut ensuite l’accord d’une deuxième personne."""
    return ErasureAsked(erasure=ask_by_reference(caller, body.reference, body.ground))


@router.post("/erasures/{erasure_id}/approval", operation_id="approveErasure", responses=WRITING)
@leaves(Operation.APPROVE_ERASURE)
def approve_erasure(erasure_id: ErasureReference, caller: SignedIn, _command: Command) -> ErasureShown:
    """Donner son accord, l’un des deux qu’il faut. Recommencer ne change rien."""
    return ErasureShown.of(approve(caller, ErasureId(erasure_id)), caller.actor.role)


@router.get("/archive-gate", operation_id="readArchiveGate", responses=READING)
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def read_archive_gate(caller: SignedIn) -> ArchiveGateShown:
    """Lire l’accord d’archives en cours. Sans accord, rien n’est détruit."""
    caller.structure.records.disclose(caller.actor, Operation.MANAGE_ARCHIVE_GATE)
    return _gate(caller)


@router.put("/archive-gate", operation_id="openArchiveGate", responses=WRITING)
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def open_archive_gate(body: ArchiveAgreement, caller: SignedIn, _command: Command) -> ArchiveGateShown:
    """Noter un accord d’archives : ce qui attendait peut être détruit."""
    caller.structure.records.open_gate(caller.actor, body.ground, body.reference, body.valid_until)
    return _gate(caller)


@router.delete("/archive-gate", operation_id="shutArchiveGate", responses=WRITING)
@leaves(Operation.MANAGE_ARCHIVE_GATE)
def shut_archive_gate(caller: SignedIn, _command: Command) -> ArchiveGateShown:
    """Terminer l’accord d’archives : ce qui n’a pas commencé attend."""
    caller.structure.records.shut_gate(caller.actor)
    return _gate(caller)


@router.get("/holds/{reference}", operation_id="readHold", responses=READING)
@leaves(Operation.MANAGE_HOLDS)
def read_hold(reference: TrailReference, caller: SignedIn) -> HoldShown:
    """Lire la suspension d’un dossier."""
    return _hold(caller, reference)


@router.put("/holds/{reference}", operation_id="placeHold", responses=WRITING)
@leaves(Operation.MANAGE_HOLDS)
def place_hold(reference: TrailReference, body: HoldDemand, caller: SignedIn, _command: Command) -> HoldShown:
    """Suspendre ce qui détruirait un dossier, ou prolonger. Le motif n’est jamais montré au jeune."""
    caller.structure.records.place_hold(caller.actor, reference, body.reason, body.until)
    return HoldShown(active=True, reason=body.reason, until=body.until)


@router.delete("/holds/{reference}", operation_id="liftHold", responses=WRITING)
@leaves(Operation.MANAGE_HOLDS)
def lift_hold(reference: TrailReference, caller: SignedIn, _command: Command) -> HoldShown:
    """Lever la suspension d’un dossier."""
    caller.structure.records.lift_hold(caller.actor, reference)
    return HoldShown(active=False, reason=None, until=None)


def _gate(caller: Caller) -> ArchiveGateShown:
    records = caller.structure.records
    return ArchiveGateShown.of(records.gate(), records.clock())


def _hold(caller: Caller, reference: UUID) -> HoldShown:
    records = caller.structure.records
    return HoldShown.of(records.read_hold(caller.actor, reference), records.clock())
