"""What the use cases ask of the sealed event store, which is in `crypto_shredding/`: the domain does not import it, hence protocols.

An append is one statement: events, idempotency row, trail line and fence are written together, or nothing is (design §5).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.identifiers import ErasureId, YouthId
from domain.trail import CommandKey, Fence, TrailLine


class Ledger(Protocol):
    """The recorder, beside the events: trail, idempotency, fences."""

    def write_trail(self, line: TrailLine) -> int:
        """Commit a line before anything is disclosed; give the version of the latest fence of what it names, 0 when there is none.

        Whoever had read an earlier version reads again before disclosing. Raises `TrailUnavailable`.
        """

    def fence_of(self, subject: YouthId) -> ErasureId | None:
        """Give the erasure that closed `subject`, if one did and was not cancelled."""

    def subject_of(self, reference: UUID) -> YouthId | None:
        """Give the record that the trail knows as `reference`, if there is one."""

    def erasures(self, *, before: datetime | None, limit: int) -> Sequence[ErasureId]:
        """List the erasures that were asked for, the latest first."""

    def accepted(self, command: CommandKey) -> tuple[UUID, int] | None:
        """Give the stream and version where `command` was accepted, if it was."""

    def was_imported(self, file_digest: bytes) -> bool:
        """Tell whether this very file was imported before."""


class RecordStore(Protocol):
    """The event store: domain events in and out, sealed in between."""

    def put(
        self, domain_events: Sequence[Any], *, trail: TrailLine, command: CommandKey | None = None, fence: Fence | None = None
    ) -> object:
        """Append. Raises `ConcurrentChange`, `Replayed`, `TrailUnavailable`."""

    def put_bulk(self, domain_events: Sequence[Any], *, trail: TrailLine, import_digest: bytes) -> object:
        """Append a whole import in one transaction, all or nothing. Raises `Replayed` when this very file was imported before."""

    def get(self, originator_id: UUID, *, gt: int | None = None, lte: int | None = None) -> Iterator[Any]:
        """Read a stream in order; a destroyed key gives tombstones."""

    def first_events(self) -> Iterator[Any]:
        """Read the first event of every living stream, to know what was imported before."""
