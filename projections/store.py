"""What the projections ask of the event store. It is handed in: the layers forbid these two neighbours to import each other (design §3).

`crypto_shredding` has the real ones; whoever composes the service brings both together.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

import psycopg
from eventsourcing.persistence import Notification, StoredEvent

from domain.categories import Category

Connection = psycopg.Connection[tuple[Any, ...]]
Handlers = Mapping[Any, Callable[[Any], None]]
"""What a fold does with each kind of event, by the event's class."""


class Database(Protocol):
    """One structure's schema in the main database, reached as one login."""

    def connection(self) -> AbstractContextManager[Connection]:
        """Lend a connection that commits each statement by itself."""

    def statement(self, text: str) -> bytes:
        """Compose a statement: each `{name}` becomes that table of this structure."""


class Ring(Protocol):
    """The keys of one youth, or of the structure."""

    @property
    def subject(self) -> UUID:
        """Whose keys they are."""

    @property
    def erased(self) -> bool:
        """Whether they were destroyed lawfully."""


class Sealer(Protocol):
    """Seals the fields of a view under their category's key. It raises for an unknown key and for a changed ciphertext."""

    def rings(self, subjects: Collection[UUID]) -> Mapping[UUID, Any]:
        """Fetch the rings of several subjects in one query."""

    def structure_ring(self) -> Any:
        """Fetch the structure's own ring."""

    def seal(self, ring: Any, category: Category, table: str, subject: Any, value: Any) -> bytes:
        """Encrypt a JSON value, bound to its table and its subject: the row's UUID, or its text for a row about no youth."""

    def open(self, ring: Any, table: str, subject: Any, sealed: bytes) -> Any:
        """Decrypt what `seal` made; `None` when the key of its category was destroyed."""


class Follower(Protocol):
    """Reads the stored events in the order of their positions, none missed."""

    def next_batch(self, after: int, limit: int) -> Sequence[Notification]:
        """Read at most `limit` events after the position `after`; empty when there are none yet."""


class EventReader(Protocol):
    """Opens stored events: the event, or `ErasedEvent` when its key was destroyed lawfully."""

    def rings_of(self, stored_events: Collection[StoredEvent]) -> Mapping[UUID, Any]:
        """Fetch in one query the rings that these events were sealed with, by subject."""

    def open_event(self, stored: StoredEvent, rings: Mapping[UUID, Any]) -> Any:
        """Open one event with the rings of its batch."""
