"""The structure's catalogue of items: what may be written, what for, who reads it, for how long (N5)."""

from uuid import UUID

from fastapi import APIRouter

from api.v1.answers import READING
from api.web.operations import leaves
from api.web.representations import Shown
from api.web.requests import SignedIn
from domain.trail import Operation

router = APIRouter(tags=["catalogue"])


class ItemShown(Shown):
    """One item."""

    id: UUID
    section: str
    label: str
    is_on: bool
    is_sensitive: bool


class CatalogueShown(Shown):
    """All items, in the order in which they were proposed."""

    version: int
    items: list[ItemShown]


@router.get("/catalogue", operation_id="readCatalogue", responses=READING)
@leaves(Operation.READ_CATALOGUE)
def read_catalogue(caller: SignedIn) -> CatalogueShown:
    """Lire le catalogue d’items de la structure."""
    catalogue = caller.structure.records.read_catalogue(caller.actor)
    items = [
        ItemShown(id=key, section=item.section, label=item.label, is_on=item.is_on, is_sensitive=item.sensitive)
        for key, item in catalogue.items.items()
    ]
    return CatalogueShown(version=catalogue.version, items=items)
