"""The register of requisitions, for the DPO: one record a line, what was asked and what was given (N36)."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator, Field

from api.desk.breach_desk import deliver_requisition, receive_requisition
from api.v1.answers import READING, WRITING
from api.v1.incidents import FileNumber, NumberShown
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import Command, SignedIn
from api.web.schemas import Body, Day, Identifier, Line, Sentence
from domain.categories import YOUTH_CATEGORIES
from domain.desk.requisition import MOST_PAGES, RefusalGround, Requisition
from domain.drafts import DeliveryDraft, RequisitionDraft
from domain.trail import Operation

router = APIRouter(prefix="/requisitions", tags=["protection des données"])

_NAMES = [str(category) for category in YOUTH_CATEGORIES]
CategoryNames = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=len(_NAMES))]


def _ground(value: object) -> object:
    return RefusalGround(value) if isinstance(value, str) and value in set(RefusalGround) else value


class RequisitionReceived(Body):
    """Ce qui est demandé : un dossier, par sa référence du journal, ou aucun."""

    received_on: Day
    asked_by: Line
    ground: Line
    scope: CategoryNames
    reference: Identifier | None = None
    first: Day | None = None
    last: Day | None = None


class Delivery(Body):
    """Ce qui a été remis, par qui, à qui. Jamais le contenu."""

    occurred_on: Day
    handed_to: Line
    handed_by: Identifier
    categories: CategoryNames
    pages: Annotated[int, Field(ge=1, le=MOST_PAGES)]


class Refusal(Body):
    """Pourquoi rien n’est remis."""

    because: Annotated[RefusalGround, BeforeValidator(_ground)]
    words: Sentence | None = None


class RequisitionShown(Shown):
    """One requisition. `handed_categories` and the fields after it are those of the delivery, `refused_because` that of the refusal."""

    number: int
    received_on: date
    asked_by: str
    ground: str
    reference: UUID | None
    scope: list[str]
    first: date | None
    last: date | None
    entered_by: UUID
    handed_on: date | None
    handed_to: str | None
    handed_by: UUID | None
    handed_categories: list[str]
    pages: int | None
    refused_because: str | None
    words: str | None

    @classmethod
    def of(cls, number: int, found: Requisition) -> Self:
        """Show one."""
        handed, refused = found.handed, found.refused
        return cls(
            number=number,
            received_on=found.received_on,
            asked_by=found.asked_by,
            ground=found.ground,
            reference=found.reference,
            scope=list(found.scope),
            first=found.first,
            last=found.last,
            entered_by=found.by,
            handed_on=None if handed is None else handed.occurred_on,
            handed_to=None if handed is None else handed.handed_to,
            handed_by=None if handed is None else handed.handed_by,
            handed_categories=[] if handed is None else list(handed.categories),
            pages=None if handed is None else handed.pages,
            refused_because=None if refused is None else refused.because,
            words=None if refused is None else refused.words,
        )


@router.get("", operation_id="listRequisitions", responses=READING)
@leaves(Operation.MANAGE_REQUISITIONS)
def list_requisitions(caller: SignedIn) -> list[RequisitionShown]:
    """Lire le registre des réquisitions, de la plus récente à la plus ancienne."""
    return [RequisitionShown.of(number, found) for number, found in caller.structure.records.read_files(caller.actor, Requisition)]


@router.post("", status_code=201, operation_id="receiveRequisition", responses=WRITING)
@leaves(Operation.MANAGE_REQUISITIONS)
def receive(body: RequisitionReceived, caller: SignedIn, command: Command) -> NumberShown:
    """Noter une réquisition : un dossier par ligne, jamais une liste."""
    draft = RequisitionDraft(body.received_on, body.asked_by, body.ground, tuple(body.scope), body.reference, body.first, body.last)
    return NumberShown(number=receive_requisition(caller, draft, command=command))


@router.post("/{number}/delivery", operation_id="deliverRequisition", responses=WRITING)
@leaves(Operation.MANAGE_REQUISITIONS)
def deliver(number: FileNumber, body: Delivery, caller: SignedIn, command: Command) -> NumberShown:
    """Noter ce qui a été remis : rien d’autre que ce qui était demandé."""
    draft = DeliveryDraft(body.occurred_on, body.handed_to, body.handed_by, tuple(body.categories), body.pages)
    deliver_requisition(caller, number, draft, command=command)
    return NumberShown(number=number)


@router.post("/{number}/refusal", operation_id="refuseRequisition", responses=WRITING)
@leaves(Operation.MANAGE_REQUISITIONS)
def refuse(number: FileNumber, body: Refusal, caller: SignedIn, command: Command) -> NumberShown:
    """Noter que rien n’est remis, et pourquoi."""
    caller.structure.records.refuse_requisition(caller.actor, number, body.because, body.words, command=command)
    return NumberShown(number=number)
