"""Folds what opens a record for a time into rows for the DPO: who, to which day, which categories; nothing of the youth (N10, design §8).

They are sealed under the structure's key, so that the list is read without a key of any youth. A register in a stream of the structure, as
emergencies have one, would stay when the youth is erased, and would not know what was shared before it began: a view does neither.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from domain.access.relations import Relation
from domain.categories import Category
from domain.local_time import day_of
from domain.record.record_access_events import AccessEnded, RightsReferentNamed, Shared
from projections.queries import statements
from projections.store import Connection, Database, Handlers, Sealer

TABLE: Final = "temporary_accesses"


class TemporaryFold:
    """The shares and the rights referents' accesses that a batch grants and ends."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._sealer = sealer
        self._sql = statements(database, TABLE)
        self._granted: dict[UUID, tuple[UUID, dict[str, object]]] = {}
        self._ended: dict[UUID, tuple[UUID, datetime]] = {}
        self.handlers: Handlers = {Shared: self._shared, RightsReferentNamed: self._rights_referent_named, AccessEnded: self._access_ended}

    def begin(self) -> None:
        """Begin a batch."""
        self._granted, self._ended = {}, {}

    def store(self, connection: Connection) -> None:
        """Write what changed, in the transaction of `connection`: what begins before what ends."""
        ring = self._sealer.structure_ring() if self._granted or self._ended else None
        granted = [
            (access, youth, self._sealer.seal(ring, Category.STRUCTURE, TABLE, granted_in(access, youth), value))
            for access, (youth, value) in self._granted.items()
        ]
        ended = [
            (access, self._sealer.seal(ring, Category.STRUCTURE, TABLE, ended_in(access, youth), day_of(at).isoformat()))
            for access, (youth, at) in self._ended.items()
        ]
        for statement, rows in (("store", granted), ("end", ended)):
            if rows:
                connection.execute(self._sql[statement], [list(column) for column in zip(*rows, strict=True)], prepare=True)

    def _shared(self, event: Shared) -> None:
        relation = Relation.NAMED_SHARE if event.team is None else Relation.TEAM_SHARE
        self._grant(event, relation, event.team or event.account, event.shared_categories)

    def _rights_referent_named(self, event: RightsReferentNamed) -> None:
        self._grant(event, Relation.RIGHTS_REFERENT, event.account, [])

    def _grant(self, event: Shared | RightsReferentNamed, relation: Relation, holder: UUID | None, categories: list[str]) -> None:
        value: dict[str, object] = {"relation": relation, "holder": str(holder), "until": event.until.isoformat(), "categories": categories}
        self._granted[event.access] = event.originator_id, value

    def _access_ended(self, event: AccessEnded) -> None:
        self._ended[event.access] = event.originator_id, event.timestamp


def granted_in(access: UUID, youth: UUID) -> str:
    """Say which column of which row a sealed access belongs to."""
    return f"granted {access} {youth}"


def ended_in(access: UUID, youth: UUID) -> str:
    """Say which column of which row a sealed day belongs to."""
    return f"ended {access} {youth}"
