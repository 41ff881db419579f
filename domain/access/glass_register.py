"""`GlassRegister`: the emergencies of a structure that opened a record, without a word of why (N12). The reason stands in the record.

It tells the DPO what is still to be reviewed and the referents what they have not seen yet, never late; and it outlives an erased record.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.categories import Category
from domain.identifiers import AccessId, AccountId, GlassRegisterId, StructureId
from domain.legal_constants import GLASS_LASTS
from domain.local_time import day_of
from domain.refusals import GlassReviewedAlready
from domain.stream import Stream

_SATURDAY: Final = 5


class GlassRegister(Stream):
    """The emergencies, the first one first."""

    TOPIC = "gr"

    class Event(Stream.Event):
        """Base of the events of the register; the structure's key encrypts them."""

        TOPIC = "gr.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """Nothing was broken yet."""

        TOPIC = "gr.begun"
        category = Category.STRUCTURE

    class Entered(Event):
        """`account` opened `subject`. `told` are its referents of that moment; `review_by` is the next working day."""

        TOPIC = "gr.entered"
        category = Category.STRUCTURE
        access: UUID
        subject: UUID
        account: UUID
        told: list[UUID]
        review_by: date

        def apply(self, aggregate: "GlassRegister") -> None:
            """Keep it."""
            aggregate.entered[self.access] = self

        @property
        def ends_at(self) -> datetime:
            """The moment at which what it opened closes by itself."""
            return self.timestamp + GLASS_LASTS

    class Reviewed(Event):
        """The DPO has judged it."""

        TOPIC = "gr.reviewed"
        category = Category.STRUCTURE
        access: UUID
        justified: bool
        by: UUID

        def apply(self, aggregate: "GlassRegister") -> None:
            """Keep the judgement."""
            aggregate.reviewed[self.access] = self

    class Acknowledged(Event):
        """A referent has seen it."""

        TOPIC = "gr.acknowledged"
        category = Category.STRUCTURE
        access: UUID
        by: UUID

        def apply(self, aggregate: "GlassRegister") -> None:
            """Keep who has."""
            aggregate.acknowledged.add((self.access, self.by))

    def __init__(self) -> None:
        self.entered: dict[UUID, GlassRegister.Entered] = {}
        self.reviewed: dict[UUID, GlassRegister.Reviewed] = {}
        self.acknowledged: set[tuple[UUID, UUID]] = set()

    @classmethod
    def begin(cls, register: GlassRegisterId, *, at: datetime) -> "GlassRegister":
        """Begin an empty register."""
        return cls._create(cls.Begun, id=register, timestamp=at)

    def enter(self, access: AccessId, *, subject: UUID, account: AccountId, told: list[UUID], at: datetime) -> None:
        """Enter an emergency that opened a record."""
        fields = {"access": access, "subject": subject, "account": account, "told": list(told), "review_by": next_working_day(at)}
        self.trigger_event(self.Entered, timestamp=at, **fields)

    def review(self, access: UUID, *, justified: bool, by: AccountId, at: datetime) -> None:
        """Write that it was judged. Raises `GlassReviewedAlready`."""
        if access in self.reviewed:
            raise GlassReviewedAlready
        self.trigger_event(self.Reviewed, timestamp=at, access=access, justified=justified, by=by)

    def acknowledge(self, access: UUID, *, by: AccountId, at: datetime) -> None:
        """Write that a referent has seen it, once."""
        if (access, by) not in self.acknowledged:
            self.trigger_event(self.Acknowledged, timestamp=at, access=access, by=by)

    def to_review(self) -> list[Entered]:
        """Give what the DPO has not judged."""
        return [entered for access, entered in self.entered.items() if access not in self.reviewed]

    def not_judged_of(self, account: UUID) -> list[Entered]:
        """Give what `account` opened and the DPO has not judged, long ago or now."""
        return [entered for entered in self.to_review() if entered.account == account]

    def unseen_by(self, account: UUID) -> list[Entered]:
        """Give what a referent was told of and has not acknowledged."""
        return [one for key, one in self.entered.items() if account in one.told and (key, account) not in self.acknowledged]


def next_working_day(at: datetime) -> date:
    """Give the next day from Monday to Friday; public holidays are not known here."""
    day = day_of(at) + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day


def register_of(structure: StructureId) -> GlassRegisterId:
    """Give the identifier of a structure's register."""
    return GlassRegisterId(uuid5(structure, "glass register"))
