"""Folds shares into rows, for the lists of those they are with. Everything but who and whom is sealed under the core's key (design §5)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from domain.categories import Category
from domain.record.record_access_events import AccessEnded, Shared
from domain.record.youth_record import YouthRecord
from projections.queries import statements
from projections.store import Connection, Database, Handlers, Sealer

TABLE: Final = "caseload_shares"


class SharesFold:
    """The shares that a batch grants and ends."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._sealer = sealer
        self._sql = statements(database, "shares")
        self._granted: dict[UUID, tuple[UUID, UUID, bytes]] = {}
        self._ended: set[UUID] = set()
        self._rings: Mapping[UUID, Any] = {}
        self.handlers: Handlers = {YouthRecord.Shared: self._shared, YouthRecord.AccessEnded: self._access_ended}

    def begin(self, rings: Mapping[UUID, Any]) -> None:
        """Begin a batch."""
        self._granted, self._ended, self._rings = {}, set(), rings

    def store(self, connection: Connection) -> None:
        """Write what changed, in the transaction of `connection`."""
        rows = [(access, *row) for access, row in self._granted.items() if access not in self._ended]
        if rows:
            connection.execute(self._sql["store"], [list(column) for column in zip(*rows, strict=True)], prepare=True)
        if self._ended:
            connection.execute(self._sql["drop"], (sorted(self._ended),), prepare=True)

    def _shared(self, event: Shared) -> None:
        youth = event.originator_id
        value = {"until": event.until.isoformat(), "categories": event.shared_categories}
        # Bound to the access and not to the youth alone: no row passes for another share of the same record.
        core = self._sealer.seal(self._rings[youth], Category.CORE, TABLE, place_of(event.access, youth), value)
        self._granted[event.access] = (event.account or event.team or youth, youth, core)

    def _access_ended(self, event: AccessEnded) -> None:
        self._ended.add(event.access)


def place_of(access: UUID, youth: UUID) -> str:
    """Say which row a sealed share belongs to."""
    return f"{access} {youth}"
