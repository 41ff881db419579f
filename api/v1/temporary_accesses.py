"""Which shares run out, for the DPO: dates and references, without content (N10)."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter

from api.desk.temporary_accesses import TemporaryLook, look_at_temporary_accesses
from api.v1.answers import READING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn
from domain.trail import Operation

router = APIRouter(tags=["protection des données"])


class TemporaryAccessShown(Shown):
    """One access. `last_day` is `until`, or the day on which somebody ended it before; a replacement names no record."""

    relation: str
    who: str | None
    replaced: str | None
    reference: UUID | None
    categories: list[str]
    until: str
    last_day: str
    over: bool

    @classmethod
    def of(cls, look: TemporaryLook) -> Self:
        """Show one."""
        return cls(
            relation=look.relation.value,
            who=look.who,
            replaced=look.replaced,
            reference=look.reference,
            categories=[category.value for category in look.categories],
            until=look.until.isoformat(),
            last_day=look.last_day.isoformat(),
            over=look.is_over,
        )


class TemporaryAccessesShown(Shown):
    """What ends within thirty days, then what ended within thirty. `whole` is false while it is made again: then it is empty."""

    whole: bool
    items: list[TemporaryAccessShown]


@router.get("/temporary-accesses", operation_id="listTemporaryAccesses", responses=READING)
@leaves(Operation.LIST_TEMPORARY)
def list_temporary_accesses(caller: SignedIn) -> TemporaryAccessesShown:
    """Lister les partages, accès de référent·e des droits et remplacements qui se terminent, par référence du journal."""
    found = look_at_temporary_accesses(caller)
    return TemporaryAccessesShown(whole=found is not None, items=[TemporaryAccessShown.of(look) for look in found or ()])
