"""What the projections ask of the event store. It is handed in: the layers forbid these two neighbours to import each other (design §3).

`crypto_shredding` has the real ones; whoever composes the service brings both together.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

import psycopg

from domain.categories import Category

Connection = psycopg.Connection[tuple[Any, ...]]


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

    def rings(self, subjects: Iterable[UUID]) -> Mapping[UUID, Any]:
        """Fetch the rings of several subjects in one query."""

    def structure_ring(self) -> Any:
        """Fetch the structure's own ring."""

    def seal(self, ring: Any, category: Category, table: str, subject_id: UUID, value: Any) -> bytes:
        """Encrypt a value that JSON can say, bound to its table, subject and category."""

    def open(self, ring: Any, table: str, subject_id: UUID, sealed: bytes) -> Any:
        """Decrypt what `seal` made."""
