"""`Catalogue`: the items of a structure, each off until it says what it is for, and the sensitive ones until two people agree (N5, N6)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain import texts
from domain.categories import Category
from domain.drafts import ItemDescriptionDraft, ItemDraft
from domain.identifiers import AccountId, CatalogueId
from domain.legal_constants import RETENTION_MONTHS
from domain.refusals import ApprovalMissing, ItemNotDescribed, ItemUnknown, TextMissing
from domain.stream import Stream
from domain.trail import Role

SENSITIVE_ITEMS: Final = frozenset(
    {
        "santé mentale",
        "estime de soi",
        "rapport à la loi",
        "comportement en institution scolaire",
        "relation à la famille",
        "sociabilité numérique",
        "nationalité / droit des étrangers",
    }
)
"""The items that shocked educators (N6): they judge a person instead of telling a fact."""

SENSITIVE_WORDS: Final = ("santé", "nationalité", "étranger", "religion", "origine", "sexualité", "justice", "à la loi")
"""An item that bears one of these words is sensitive too (GDPR 9 and 10; R021, R022)."""


class Capacity(StrEnum):
    """In which capacity somebody approves a sensitive item. Both are needed, from two people (N6)."""

    EDUCATORS = "educators"
    DPO = "dpo"


@dataclass(slots=True)
class Item:
    """An item as it stands. It is about no person, so it may show."""

    item_id: UUID
    section: str
    label: str
    source: str
    sensitive: bool
    is_on: bool = False
    description: "Catalogue.ItemDescribed | None" = None
    approvals: dict[str, UUID] = field(default_factory=dict)

    @property
    def is_approved(self) -> bool:
        """Tell whether both capacities approved it; `Catalogue.approve` has seen to it that they are two people."""
        return self.approvals.keys() >= {*Capacity}


class Catalogue(Stream):
    """The catalogue of one structure."""

    TOPIC = "ca"

    class Event(Stream.Event):
        """Base of the events of a catalogue."""

        TOPIC = "ca.event"
        category = Category.STRUCTURE

    class Begun(Event, Aggregate.Created):
        """The structure has a catalogue, empty so far."""

        TOPIC = "ca.begun"
        category = Category.STRUCTURE

    class ItemProposed(Event):
        """An item is proposed. It is off."""

        TOPIC = "ca.item_proposed"
        category = Category.STRUCTURE
        item_id: UUID
        section: str
        label: str
        source: str
        sensitive: bool
        by: UUID

        def apply(self, aggregate: "Catalogue") -> None:
            """Add it."""
            aggregate.items[self.item_id] = Item(self.item_id, self.section, self.label, self.source, self.sensitive)

    class ItemDescribed(Event):
        """What an item is for, why it is needed, who reads it, how long it is kept, what it means exactly (N5, N26)."""

        TOPIC = "ca.item_described"
        category = Category.STRUCTURE
        item_id: UUID
        purpose: str
        need: str
        readers: list[str]
        retention_months: int
        definition: str
        sensitive: bool
        by: UUID

        def apply(self, aggregate: "Catalogue") -> None:
            """Keep the last description; approvals of an earlier one fall, and so does the item."""
            item = aggregate.items[self.item_id]
            item.description, item.sensitive = self, self.sensitive
            item.approvals, item.is_on = {}, False

    class ItemApproved(Event):
        """Somebody approved a sensitive item as it is described."""

        TOPIC = "ca.item_approved"
        category = Category.STRUCTURE
        item_id: UUID
        capacity: str
        by: UUID

        def apply(self, aggregate: "Catalogue") -> None:
            """Keep who."""
            aggregate.items[self.item_id].approvals[self.capacity] = self.by

    class ItemSwitchedOn(Event):
        """The item may be used from now on."""

        TOPIC = "ca.item_switched_on"
        category = Category.STRUCTURE
        item_id: UUID
        by: UUID

        def apply(self, aggregate: "Catalogue") -> None:
            """Switch on."""
            aggregate.items[self.item_id].is_on = True

    class ItemSwitchedOff(Event):
        """The item may be used no more."""

        TOPIC = "ca.item_switched_off"
        category = Category.STRUCTURE
        item_id: UUID
        by: UUID

        def apply(self, aggregate: "Catalogue") -> None:
            """Switch off; a sensitive item will need its two approvals again."""
            item = aggregate.items[self.item_id]
            item.is_on, item.approvals = False, {}

    def __init__(self) -> None:
        self.items: dict[UUID, Item] = {}

    @classmethod
    def begin(cls, catalogue: CatalogueId, *, at: datetime) -> "Catalogue":
        """Begin an empty catalogue."""
        return cls._create(cls.Begun, id=catalogue, timestamp=at)

    def has(self, draft: ItemDraft) -> bool:
        """Tell whether an item of this section and label is there, whatever the capitals."""
        return any(_same(item.section, draft.section) and _same(item.label, draft.label) for item in self.items.values())

    def propose(self, item: UUID, draft: ItemDraft, *, by: AccountId, at: datetime) -> None:
        """Propose an item. It is off, and sensitive when N6 names it or one of its words says so."""
        label = texts.required_line(draft.label, "label")
        self.trigger_event(
            self.ItemProposed,
            timestamp=at,
            item_id=item,
            section=texts.required_line(draft.section, "section"),
            label=label,
            source=texts.line(draft.source, "source") or "",
            sensitive=is_sensitive(label),
            by=by,
        )

    def describe(self, item: UUID, draft: ItemDescriptionDraft, *, by: AccountId, at: datetime) -> None:
        """Describe an item. What was sensitive stays so: no description lifts it."""
        known = self._item(item)
        readers = [texts.choice(reader, "readers", Role).value for reader in draft.readers]
        if not readers:
            raise TextMissing("readers")
        self.trigger_event(
            self.ItemDescribed,
            timestamp=at,
            item_id=item,
            purpose=texts.required_line(draft.purpose, "purpose", texts.SENTENCE),
            need=texts.required_line(draft.need, "need", texts.SENTENCE),
            readers=readers,
            retention_months=texts.whole_number(draft.retention_months, "retention_months", 1, RETENTION_MONTHS),
            definition=texts.required_line(draft.definition, "definition", texts.SENTENCE),
            sensitive=draft.sensitive or known.sensitive,
            by=by,
        )

    def approve(self, item: UUID, capacity: Capacity, *, by: AccountId, at: datetime) -> None:
        """Approve an item as it is described. Raises `ItemNotDescribed`; `ApprovalMissing` when one person would approve twice."""
        known = self._item(item)
        if known.description is None:
            raise ItemNotDescribed
        if any(who == by for other, who in known.approvals.items() if other != capacity):
            raise ApprovalMissing
        self.trigger_event(self.ItemApproved, timestamp=at, item_id=item, capacity=capacity.value, by=by)

    def switch_on(self, item: UUID, *, by: AccountId, at: datetime) -> None:
        """Switch an item on. Raises `ItemNotDescribed` (N5), `ApprovalMissing` (N6)."""
        known = self._item(item)
        if known.description is None:
            raise ItemNotDescribed
        if known.sensitive and not known.is_approved:
            raise ApprovalMissing
        self.trigger_event(self.ItemSwitchedOn, timestamp=at, item_id=item, by=by)

    def switch_off(self, item: UUID, *, by: AccountId, at: datetime) -> None:
        """Switch an item off. Raises `ItemUnknown`."""
        self._item(item)
        self.trigger_event(self.ItemSwitchedOff, timestamp=at, item_id=item, by=by)

    def _item(self, item: UUID) -> Item:
        if item not in self.items:
            raise ItemUnknown
        return self.items[item]


def is_sensitive(label: str) -> bool:
    """Tell whether an item of this label is sensitive."""
    folded = label.casefold()
    return folded in SENSITIVE_ITEMS or any(word in folded for word in SENSITIVE_WORDS)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
