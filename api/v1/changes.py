"""Changes of a record. Each needs an Idempotency-Key and the version that was read (If-Match)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.team import must_be_colleagues
from api.v1.answers import WRITING, change_answer
from api.v1.records import RecordId
from api.web.operations import leaves
from api.web.representations import AcceptedChange
from api.web.requests import Caller, Command, ExpectedVersion, SignedIn
from api.web.schemas import Agreement, Contact, Identity, Information, Note, Referents, Step, StepResult
from domain.identifiers import AccountId, YouthId
from domain.keeping import Accepted
from domain.record_keeping import RecordKeeping
from domain.trail import CommandKey, Operation

router = APIRouter(prefix="/records/{record_id}", tags=["dossiers"], responses=WRITING)

CategoryName = Annotated[str, Path(max_length=20, description="identity, follow_up ou vital")]
StepId = Annotated[UUID, Path(description="L’identifiant de la démarche.")]


@dataclass(frozen=True, slots=True)
class _Change:
    """One change that is asked for: by whom, of which record, under which key, about which version."""

    caller: Caller
    youth: YouthId
    command: CommandKey
    expected_version: int
    response: Response

    @property
    def records(self) -> RecordKeeping:
        """The use cases of the caller's structure."""
        return self.caller.structure.records

    def made(self, use_case: Callable[..., Accepted], *content: object) -> AcceptedChange:
        """Do `use_case` with `content`, and answer."""
        accepted = use_case(self.caller.actor, self.youth, *content, command=self.command, expected_version=self.expected_version)
        return change_answer(accepted, self.response)


async def _change(record_id: RecordId, caller: SignedIn, command: Command, version: ExpectedVersion, response: Response) -> _Change:
    return _Change(caller, YouthId(record_id), command, version, response)


Change = Annotated[_Change, Depends(_change)]


@router.post("/information", status_code=201, operation_id="inform")
@leaves(Operation.CHANGE_RECORD)
def inform(body: Information, change: Change) -> AcceptedChange:
    """Noter que le jeune a été informé."""
    return change.made(change.records.inform, body.draft())


@router.post("/agreements", status_code=201, operation_id="agree")
@leaves(Operation.CHANGE_RECORD)
def agree(body: Agreement, change: Change) -> AcceptedChange:
    """Noter l’accord du jeune pour une catégorie."""
    return change.made(change.records.agree, body.draft())


@router.delete("/agreements/{category}", operation_id="withdrawAgreement")
@leaves(Operation.WITHDRAW_AGREEMENT)
def withdraw_agreement(category: CategoryName, change: Change) -> AcceptedChange:
    """Noter que le jeune reprend son accord : le contenu de la catégorie n’est plus montré."""
    return change.made(change.records.withdraw_agreement, category)


@router.put("/identity", operation_id="giveIdentity")
@leaves(Operation.CHANGE_RECORD)
def give_identity(body: Identity, change: Change) -> AcceptedChange:
    """Écrire l’identité civile, après accord."""
    return change.made(change.records.give_identity, body.draft())


@router.post("/contacts", status_code=201, operation_id="makeContact")
@leaves(Operation.CHANGE_RECORD)
def make_contact(body: Contact, change: Change) -> AcceptedChange:
    """Écrire un contact."""
    must_be_colleagues(change.caller, body.present, "present", closed_too=True)
    return change.made(change.records.make_contact, body.draft())


@router.post("/notes", status_code=201, operation_id="addNote")
@leaves(Operation.CHANGE_RECORD)
def add_note(body: Note, change: Change) -> AcceptedChange:
    """Écrire une note."""
    return change.made(change.records.add_note, body.draft())


@router.post("/steps", status_code=201, operation_id="takeStep")
@leaves(Operation.CHANGE_RECORD)
def take_step(body: Step, change: Change) -> AcceptedChange:
    """Écrire une démarche faite avec le jeune."""
    return change.made(change.records.take_step, body.draft())


@router.put("/steps/{step_id}/result", operation_id="completeStep")
@leaves(Operation.CHANGE_RECORD)
def complete_step(step_id: StepId, body: StepResult, change: Change) -> AcceptedChange:
    """Noter ce qu’une démarche a donné."""
    return change.made(change.records.complete_step, step_id, body.result)


@router.put("/referents", operation_id="nameReferents")
@leaves(Operation.NAME_REFERENTS)
def name_referents(body: Referents, change: Change) -> AcceptedChange:
    """Nommer une ou deux personnes référentes."""
    must_be_colleagues(change.caller, body.referents, "referents")
    return change.made(change.records.name_referents, [AccountId(referent) for referent in body.referents])
