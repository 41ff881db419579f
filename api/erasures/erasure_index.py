"""What the tables know of erasures beside their events: which ones wait, which epochs have ended. It names nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from api.bootstrap import Structure
from crypto_shredding.postgresql.database import StructureDatabase
from domain.identifiers import ErasureId, YouthId

_WAITING: Final = "SELECT erasure_id FROM {erasure_fences} WHERE effective_at IS NULL AND cancelled_at IS NULL ORDER BY closed_at"
_CLOSED_AT: Final = "SELECT closed_at FROM {erasure_fences} WHERE erasure_id = %s"
_OF_CATEGORIES: Final = "SELECT erasure_id FROM {erasure_fences} WHERE subject_id = %s AND NOT whole ORDER BY closed_at"
_REFERENCE: Final = "SELECT reference FROM {subject_references} WHERE subject_id = %s"
_PROVIDER: Final = "SELECT provider FROM {epochs} WHERE epoch = %s"
_ROTATED: Final = "SELECT max(destroyed_at) FROM {epochs}"
_TO_ROTATE: Final = "SELECT count(*) FROM {erasure_ledger} JOIN {epochs} AS e USING (epoch) WHERE e.destroyed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Rotation:
    """When an epoch's key was last destroyed, `None` for never, and how many destructions wait for the next time."""

    last: datetime | None
    waiting: int


@dataclass(frozen=True)
class ErasureIndex:
    """The tables of one structure, as the application's login reads them."""

    main: StructureDatabase
    keys: StructureDatabase

    @classmethod
    def of(cls, structure: Structure) -> Self:
        """Reach the tables of `structure`."""
        return cls(structure.store.database, structure.store.key_store.database)

    def waiting(self) -> list[ErasureId]:
        """List the erasures whose key still exists, the oldest first."""
        return [ErasureId(row[0]) for row in _rows(self.main, _WAITING)]

    def closed_at(self, erasure: UUID) -> datetime | None:
        """Give the moment of a fence by the database's clock: lists go by it. `None` when there is no such erasure."""
        return next((row[0] for row in _rows(self.main, _CLOSED_AT, erasure)), None)

    def of_categories(self, youth: YouthId) -> list[ErasureId]:
        """List what erased single categories of a record, the oldest first."""
        return [ErasureId(row[0]) for row in _rows(self.main, _OF_CATEGORIES, youth)]

    def reference_of(self, youth: YouthId) -> UUID | None:
        """Give the reference that the trail knows a record by, `None` once it is erased."""
        return next((row[0] for row in _rows(self.main, _REFERENCE, youth)), None)

    def provider_of(self, epoch: int) -> str | None:
        """Name the provider that holds, or held, the key of an epoch."""
        return next((row[0] for row in _rows(self.keys, _PROVIDER, epoch)), None)

    def rotation(self) -> Rotation:
        """Tell of the last end of an epoch, and of what waits for the next."""
        ((last,),), ((waiting,),) = _rows(self.keys, _ROTATED), _rows(self.keys, _TO_ROTATE)
        return Rotation(last, waiting)


def _rows(database: StructureDatabase, text: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
    with database.connection() as connection:
        return connection.execute(database.statement(text), parameters).fetchall()
