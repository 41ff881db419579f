"""The caseload: the youths whom the educator accompanies or may read for a time, in pages (R163)."""

from datetime import date
from typing import Annotated, Final, Self
from uuid import UUID

from fastapi import APIRouter, Query

from api.looks import look_at_caseload
from api.v1.answers import READING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn
from domain.trail import Operation
from projections.caseload import CaseloadRow

router = APIRouter(tags=["dossiers"])

PAGE: Final = 50


class CaseloadRowShown(Shown):
    """One youth of the caseload."""

    id: UUID
    pseudonym: str
    territory: str | None
    last_contact_on: date | None
    next_deadline: date | None
    contacts: int
    relation: str
    categories: list[str]
    until: date | None

    @classmethod
    def of(cls, row: CaseloadRow) -> Self:
        """Show one row."""
        return cls(
            id=row.youth,
            pseudonym=row.pseudonym,
            territory=row.territory,
            last_contact_on=row.last_contact,
            next_deadline=row.next_deadline,
            contacts=row.contacts,
            relation=row.relation.value,
            categories=sorted(row.categories),
            until=row.until,
        )


class CaseloadShown(Shown):
    """One page of the caseload. `next` is what to send as `after` for the following one."""

    items: list[CaseloadRowShown]
    next: UUID | None


@router.get("/caseload", operation_id="readCaseload", responses=READING)
@leaves(Operation.LIST_CASELOAD)
def read_caseload(
    caller: SignedIn,
    limit: Annotated[int, Query(ge=1, le=PAGE, description="50 au plus.")] = PAGE,
    after: Annotated[UUID | None, Query(description="Le `next` de la page d’avant.")] = None,
) -> CaseloadShown:
    """Lister les jeunes que l’on accompagne, que l’on partage ou dont on remplace quelqu’un. Aucun nom ne passe dans une adresse."""
    page = look_at_caseload(caller, after=after, limit=limit)
    return CaseloadShown(items=[CaseloadRowShown.of(row) for row in page.rows], next=page.next)
