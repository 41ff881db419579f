"""The events of a record that say who may open it beside the youth: each is granted, and ends, under the key of the core (N10-N13)."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from domain.categories import Category
from domain.local_time import day_of
from domain.record.record_event import RecordEvent

if TYPE_CHECKING:
    from domain.record.youth_record import YouthRecord

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far ahead of this machine's another one's clock may be."""


class ReferentsNamed(RecordEvent):
    """The one or two educators who accompany the youth, and who alone see the record (N8, N44)."""

    TOPIC = "yr.referents_named"
    category = Category.CORE
    referents: list[UUID]
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """Replace those before."""
        aggregate.replace_referents(self.referents)


class Shared(RecordEvent):
    """A colleague, or the members of a team, may read some categories until the last day `until` (N10). `core` is among them always.

    Exactly one of `account` and `team`. The youth was told, or it is written why not.
    """

    TOPIC = "yr.shared"
    category = Category.CORE
    access: UUID
    account: UUID | None
    team: UUID | None
    shared_categories: list[str]
    purpose: str
    until: date
    told: str | None
    not_told_because: str | None
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """Keep it."""
        aggregate.accesses[self.access] = self

    def is_living(self, at: datetime) -> bool:
        """Tell whether it lasts at the moment `at`: to the end of its last day."""
        return day_of(at) <= self.until


class AccessEnded(RecordEvent):
    """An access ends before its time."""

    TOPIC = "yr.access_ended"
    category = Category.CORE
    access: UUID
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """End it."""
        aggregate.ended_accesses.add(self.access)


class HandedOver(RecordEvent):
    """The successor accompanies the youth from now on, the former referent does no more: the thread goes on (N13)."""

    TOPIC = "yr.handed_over"
    category = Category.CORE
    former: UUID
    successor: UUID
    referents: list[UUID]
    told: str | None
    not_told_because: str | None

    def apply(self, aggregate: "YouthRecord") -> None:
        """Replace the referents."""
        aggregate.replace_referents(self.referents)


class GlassBroken(RecordEvent):
    """Somebody opened it in an emergency, to read, for a while (bris de glace, N12). `reason` is in words and says nothing of the youth."""

    TOPIC = "yr.glass_broken"
    category = Category.CORE
    access: UUID
    account: UUID
    reason: str
    ends_at: datetime

    def apply(self, aggregate: "YouthRecord") -> None:
        """Keep it."""
        aggregate.accesses[self.access] = self

    def is_living(self, at: datetime) -> bool:
        """Tell whether it lasts at the moment `at`. One that a wrong clock granted ahead of now does not begin later: it is over."""
        return self.timestamp - CLOCKS_DIFFER <= at < self.ends_at


class GlassReviewed(RecordEvent):
    """The DPO has judged an emergency, in a sentence that says nothing of the youth. What was still open is over."""

    TOPIC = "yr.glass_reviewed"
    category = Category.CORE
    access: UUID
    justified: bool
    sentence: str
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """Keep the judgement, and end the access."""
        aggregate.glass_reviews[self.access] = self
        aggregate.ended_accesses.add(self.access)


class RightsReferentNamed(RecordEvent):
    """By the DPO's decision an educator may read, to prepare the answer to one demand of rights, which `demand` names (design §8)."""

    TOPIC = "yr.rights_referent_named"
    category = Category.CORE
    access: UUID
    account: UUID
    demand: str
    until: date
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """Keep it."""
        aggregate.accesses[self.access] = self

    def is_living(self, at: datetime) -> bool:
        """Tell whether it lasts at the moment `at`: to the end of its last day."""
        return day_of(at) <= self.until


class StaffNamesDisclosed(RecordEvent):
    """By the DPO's decision, with its reason, the youth reads who looked by name (R037)."""

    TOPIC = "yr.staff_names_disclosed"
    category = Category.CORE
    reason: str
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """Keep the decision."""
        aggregate.names_disclosed = self


class StaffNamesMasked(RecordEvent):
    """The decision is over: the youth reads roles again."""

    TOPIC = "yr.staff_names_masked"
    category = Category.CORE
    by: UUID

    def apply(self, aggregate: "YouthRecord") -> None:
        """Drop the decision."""
        aggregate.names_disclosed = None


ABOUT_ACCESS = (
    Shared,
    AccessEnded,
    HandedOver,
    GlassBroken,
    GlassReviewed,
    RightsReferentNamed,
    StaffNamesDisclosed,
    StaffNamesMasked,
)
"""What is told to the referents and to the youth alone: who else reads, and why, is no content of a share."""

Granted = Shared | GlassBroken | RightsReferentNamed
"""What grants a temporary access, each under an identifier of its own."""
