"""`Erasure`: what is kept of an oblivion, without content and without a name (design §6).

Closed → effective → purged → irreversible, in that order and once each. Between closed and effective may stand a cooling-off, two
approvals, the archive gate and a hold; until the keys begin to go, it may be cancelled. One path for a whole record, for one category and
for retention (R063).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.categories import Category
from domain.identifiers import AccountId, ErasureId, YouthId
from domain.legal_constants import COOLING_OFF
from domain.refusals import ErasureOutOfOrder, ErasureTooLate, SecondApprover
from domain.stream import Stream
from domain.trail import Role


class Stage(StrEnum):
    """How far an erasure has come."""

    CLOSED = "closed"
    CANCELLED = "cancelled"
    EFFECTIVE = "effective"
    PURGED = "purged"
    IRREVERSIBLE = "irreversible"


class Ground(StrEnum):
    """Why something is erased."""

    DEMAND = "demand"
    """The youth asks, alone or with an educator at their side (RGPD art. 17)."""
    WITHDRAWAL = "withdrawal"
    """The youth takes back their agreement to one category."""
    OFFICE = "office"
    """The youth's demand came by letter or by word of mouth, and the DPO enters it."""
    RETENTION = "retention"
    """The time has come (R060)."""


class Obstacle(StrEnum):
    """What may stand between closed and effective."""

    COOLING_OFF = "cooling_off"
    APPROVALS = "approvals"
    ARCHIVE_GATE = "archive_gate"
    HOLD = "hold"


SELF_SERVICE: Final = frozenset({Ground.DEMAND, Ground.WITHDRAWAL})
"""What the youth decides alone. Anything else takes two people (R069)."""
APPROVERS: Final = (Role.DPO, Role.ADMINISTRATOR)
"""Who approves what the youth did not ask for. Not the head of service, who never receives a row about one youth (invariant 11)."""


class Erasure(Stream):
    """One erasure. `referents` are the accounts that may be told « donnée effacée » afterwards."""

    TOPIC = "er"

    class Event(Stream.Event):
        """Base of the events of an erasure; the structure's key encrypts them."""

        TOPIC = "er.event"
        category = Category.STRUCTURE

    class Closed(Event, Aggregate.Created):
        """Asked for: nobody reads or writes any more. `erased_category` is `None` when the whole record is meant."""

        TOPIC = "er.closed"
        category = Category.STRUCTURE
        class_version = 2
        subject: UUID
        asked_by_role: str
        asked_in_person: bool
        referents: list[UUID]
        ground: str
        erased_category: str | None
        cooling_off_until: datetime | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Version 1 knew demands for a whole record alone, and no cooling-off."""
            state.update(ground=Ground.DEMAND.value, erased_category=None, cooling_off_until=None)

    class Approved(Event):
        """One of the two people that it takes has approved (R069)."""

        TOPIC = "er.approved"
        category = Category.STRUCTURE
        by: UUID
        role: str

        def apply(self, aggregate: "Erasure") -> None:
            """Keep the approval."""
            aggregate.approvals[self.role] = self.by

    class Cancelled(Event):
        """The youth changed their mind in time: the record is open again, whole."""

        TOPIC = "er.cancelled"
        category = Category.STRUCTURE
        by_role: str

        def apply(self, aggregate: "Erasure") -> None:
            """End."""
            aggregate.stage = Stage.CANCELLED
            aggregate.cancelled_at = self.timestamp

    class Begun(Event):
        """Nothing stands in the way any more, and there is no way back.

        `view_rows` is how many rows of lists and figures go; `shown` and `exported` are the times, as the trail has them, that the record
        was shown on somebody's screen or handed out: what cannot be recalled.
        """

        TOPIC = "er.begun"
        category = Category.STRUCTURE
        view_rows: int
        shown: int
        exported: int

        def apply(self, aggregate: "Erasure") -> None:
            """Leave no way back."""
            aggregate.begun = self

    class MadeEffective(Event):
        """The keys are destroyed, the views are purged. `fingerprint` (hexadecimal) names what went without opening anything.

        `epoch` wrapped it when it went; `previews` of imports were removed with it; `is_apart` tells whether the provider's keys and data
        lie on different disks.
        """

        TOPIC = "er.made_effective"
        category = Category.STRUCTURE
        class_version = 2
        fingerprint: str
        epoch: int
        previews: int
        is_apart: bool

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Version 1 knew one epoch and counted nothing."""
            state.update(epoch=1, previews=0, is_apart=False)

        def apply(self, aggregate: "Erasure") -> None:
            """Move on."""
            aggregate.stage = Stage.EFFECTIVE
            aggregate.effect = self
            aggregate.effective_at = self.timestamp

    class Purged(Event):
        """The ciphertexts are nulled: how many events, up to which version of the youth's stream."""

        TOPIC = "er.purged"
        category = Category.STRUCTURE
        purged_events: int
        last_version: int

        def apply(self, aggregate: "Erasure") -> None:
            """Move on."""
            aggregate.stage = Stage.PURGED
            aggregate.purged_events = self.purged_events
            aggregate.purged_at = self.timestamp

    class MadeIrreversible(Event):
        """The key of the epoch that wrapped it is destroyed at `provider`: every older copy is dead. `destroyed_at` is when (UTC)."""

        TOPIC = "er.made_irreversible"
        category = Category.STRUCTURE
        epoch: int
        provider: str
        destroyed_at: datetime

        def apply(self, aggregate: "Erasure") -> None:
            """Move on."""
            aggregate.stage = Stage.IRREVERSIBLE
            aggregate.irreversible = self

    def __init__(
        self,
        *,
        subject: UUID,
        asked_by_role: str,
        asked_in_person: bool,
        referents: list[UUID],
        ground: str,
        erased_category: str | None,
        cooling_off_until: datetime | None,
    ) -> None:
        self.subject = subject
        self.asked_by_role = asked_by_role
        self.asked_in_person = asked_in_person
        self.referents = referents
        self.ground = ground
        self.erased_category = erased_category
        self.cooling_off_until = cooling_off_until
        self.stage = Stage.CLOSED
        self.approvals: dict[str, UUID] = {}
        self.begun: Erasure.Begun | None = None
        self.effect: Erasure.MadeEffective | None = None
        self.irreversible: Erasure.MadeIrreversible | None = None
        self.purged_events: int | None = None
        self.cancelled_at: datetime | None = None
        self.effective_at: datetime | None = None
        self.purged_at: datetime | None = None

    @classmethod
    def close(
        cls,
        erasure: ErasureId,
        subject: YouthId,
        *,
        asked_by: Role,
        asked_in_person: bool,
        referents: list[UUID],
        at: datetime,
        ground: Ground = Ground.DEMAND,
        category: Category | None = None,
    ) -> "Erasure":
        """Begin: the youth's stream, or one category of it, is fenced in the same statement. Who asks in person needs no cooling-off."""
        return cls._create(
            cls.Closed,
            id=erasure,
            timestamp=at,
            subject=subject,
            asked_by_role=asked_by.value,
            asked_in_person=asked_in_person,
            referents=list(referents),
            ground=ground.value,
            erased_category=None if category is None else category.value,
            cooling_off_until=None if asked_in_person else at + COOLING_OFF,
        )

    def approve(self, *, by: AccountId, role: Role, at: datetime) -> None:
        """Approve, as the DPO or as the administrator. Raises `SecondApprover` when it is the same person, `ErasureOutOfOrder` later on."""
        self._must_be_at(Stage.CLOSED)
        if role.value in self.approvals or by in self.approvals.values():
            raise SecondApprover
        self.trigger_event(self.Approved, timestamp=at, by=by, role=role.value)

    def cancel(self, *, by: Role, at: datetime) -> None:
        """Write that it will not be. Raises `ErasureTooLate` once it has begun, `ErasureOutOfOrder` for an agreement taken back."""
        if self.begun is not None:
            raise ErasureTooLate
        self._must_be_at(Stage.CLOSED)
        if not self.is_whole:
            raise ErasureOutOfOrder
        self.trigger_event(self.Cancelled, timestamp=at, by_role=by.value)

    def begin(self, *, view_rows: int, shown: int, exported: int, at: datetime) -> None:
        """Write that it begins. Does nothing when it has. Raises `ErasureOutOfOrder` unless it is closed."""
        self._must_be_at(Stage.CLOSED)
        if self.begun is None:
            self.trigger_event(self.Begun, timestamp=at, view_rows=view_rows, shown=shown, exported=exported)

    def make_effective(self, *, fingerprint: str, epoch: int, previews: int, is_apart: bool, at: datetime) -> None:
        """Write that no key opens it any more. Raises `ErasureOutOfOrder` unless it is closed."""
        self._must_be_at(Stage.CLOSED)
        fields = {"fingerprint": fingerprint, "epoch": epoch, "previews": previews, "is_apart": is_apart}
        self.trigger_event(self.MadeEffective, timestamp=at, **fields)

    def purge(self, *, purged_events: int, last_version: int, at: datetime) -> None:
        """Write that the ciphertexts are gone. Raises `ErasureOutOfOrder` unless it is effective."""
        self._must_be_at(Stage.EFFECTIVE)
        self.trigger_event(self.Purged, timestamp=at, purged_events=purged_events, last_version=last_version)

    def make_irreversible(self, *, epoch: int, provider: str, destroyed_at: datetime, at: datetime) -> None:
        """Write that no older copy opens any more. Raises `ErasureOutOfOrder` unless it is purged."""
        self._must_be_at(Stage.PURGED)
        self.trigger_event(self.MadeIrreversible, timestamp=at, epoch=epoch, provider=provider, destroyed_at=destroyed_at)

    def obstacles(self, at: datetime, *, gate_is_open: bool, is_held: bool) -> tuple[Obstacle, ...]:
        """Name what stands in the way at the moment `at`."""
        standing = {
            Obstacle.COOLING_OFF: self.cooling_off_until is not None and at < self.cooling_off_until,
            Obstacle.APPROVALS: self.ground not in SELF_SERVICE and not all(role.value in self.approvals for role in APPROVERS),
            Obstacle.ARCHIVE_GATE: not gate_is_open,
            Obstacle.HOLD: is_held,
        }
        return tuple(obstacle for obstacle, stands in standing.items() if stands)

    @property
    def is_whole(self) -> bool:
        """Tell whether the whole record is meant, and not one category."""
        return self.erased_category is None

    def may_tell(self, account: AccountId) -> bool:
        """Tell whether `account` was a referent when the record was closed."""
        return account in self.referents

    def _must_be_at(self, stage: Stage) -> None:
        if self.stage != stage:
            raise ErasureOutOfOrder
