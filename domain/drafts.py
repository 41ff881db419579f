"""What a person types, before the record has judged it. The fields are those of the forms; nothing is mandatory but the act itself (N4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from domain.silent import Silent
from domain.vocabulary import Channel, Initiative, OutingKind


@dataclass(frozen=True, slots=True, repr=False)
class OpeningDraft(Silent):
    """A new record: a code or a nickname alone is enough (R010). `birth_year` is a year, never a date (R011)."""

    pseudonym: str
    birth_year: int | None = None
    gender: str | None = None
    territory: str | None = None
    met_through: str | None = None
    first_contact_on: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class InformationDraft(Silent):
    """The youth was told: `how` is a short sentence (« dit de vive voix, feuille remise »)."""

    how: str
    occurred_on: date


@dataclass(frozen=True, slots=True, repr=False)
class AgreementDraft(Silent):
    """The youth agreed to one `category` after hearing `what_was_said` (N2)."""

    category: str
    what_was_said: str
    occurred_on: date


@dataclass(frozen=True, slots=True, repr=False)
class IdentityDraft(Silent):
    """Civil identity. At least one of the two names."""

    first_name: str | None = None
    last_name: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ContactDraft(Silent):
    """A contact: when is enough. `present` holds accounts, or initials of colleagues who have none."""

    occurred_on: date
    channel: str = Channel.STREET
    initiated_by: str = Initiative.OTHER
    present: tuple[UUID | str, ...] = ()
    territory: str | None = None
    place: str | None = None
    minutes: int | None = None
    themes: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class NoteDraft(Silent):
    """A note: facts, up to 4 000 characters."""

    text: str
    occurred_on: date


@dataclass(frozen=True, slots=True, repr=False)
class StepDraft(Silent):
    """A step made with the youth (démarche). `due_on` is the day by which something is expected."""

    theme: str
    occurred_on: date
    partner: str | None = None
    result: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SourceDraft(Silent):
    """Where an imported line came from: `line` as a person finds it again, `digest` in hexadecimal to know it again."""

    line: str
    digest: str


@dataclass(frozen=True, slots=True, repr=False)
class OutingDraft(Silent):
    """A street outing. `counts` gives how many unidentified people, by « sex:band » such as « girl:11-15 »; no free text (N25)."""

    occurred_on: date
    kind: str = OutingKind.STREET_WORK
    minutes: int | None = None
    territory: str | None = None
    place: str | None = None
    educators: tuple[UUID | str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    source: SourceDraft | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ChantierDraft(Silent):
    """A chantier éducatif. `paid_cents` is what the youths earned together, in euro cents."""

    title: str
    starts_on: date
    ends_on: date | None = None
    minutes: int | None = None
    territory: str | None = None
    partner: str | None = None
    paid_cents: int | None = None
    youths: int = 0
    source: SourceDraft | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PresenceDraft(Silent):
    """`count` people met, of whom nothing else is known or written (N1, N3)."""

    occurred_on: date
    count: int
    channel: str = Channel.STREET
    minutes: int | None = None
    territory: str | None = None
    place: str | None = None
    themes: tuple[str, ...] = ()
    educators: tuple[UUID | str, ...] = ()
    source: SourceDraft | None = None


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item proposed for the catalogue: where it stands, what it is called, where the idea came from. It concerns no person."""

    section: str
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class ItemDescriptionDraft:
    """What an item must say before it can be switched on (N5). `readers` are roles; `retention_months` is at most that of a record."""

    purpose: str
    need: str
    readers: tuple[str, ...]
    retention_months: int
    definition: str
    sensitive: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ReportDraft(Silent):
    """A child-protection report.

    `informed` says how child and parents were told before, `not_informed_because` why they were not: one of the two at least (R015).
    `addressee` is the service or the person whom it goes to, in plain words; the accounts are of people of this structure who may read it.
    `subject` is the record that it is about, if there is one.
    """

    facts: str
    addressee: str
    decision: str
    reasons: str
    informed: str | None = None
    not_informed_because: str | None = None
    countersigner: UUID | None = None
    addressee_account: UUID | None = None
    subject: UUID | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HandoverDraft(Silent):
    """A report was handed over to its addressee."""

    occurred_on: date
    channel: str


@dataclass(frozen=True, slots=True, repr=False)
class ReleaseDraft(Silent):
    """A report was given to somebody in person: to whom, in which `capacity` (« la mère »), for which `reasons`."""

    occurred_on: date
    released_to: str
    capacity: str
    reasons: str


@dataclass(frozen=True, slots=True, repr=False)
class ShareDraft(Silent):
    """A share with one colleague (`account`) or one `team`, of some `categories`, for a purpose, to the last day `until` (N10).

    `told` says how the youth was told, `not_told_because` why they were not: one of the two at least.
    """

    categories: tuple[str, ...]
    purpose: str
    until: date
    account: UUID | None = None
    team: UUID | None = None
    told: str | None = None
    not_told_because: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class HandingOverDraft(Silent):
    """Somebody else accompanies the youth from now on (N13). One of the two texts at least, as for a share."""

    successor: UUID
    told: str | None = None
    not_told_because: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class EmergencyDraft(Silent):
    """Somebody must read a record that is not theirs (N12): the exact nickname, one more detail at least, and a reason in words."""

    pseudonym: str
    reason: str
    birth_year: int | None = None
    territory: str | None = None
    referent: UUID | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RequisitionDraft(Silent):
    """A requisition about one record, or about none that is named: who asks, on which ground, for which categories and days (N36)."""

    received_on: date
    asked_by: str
    ground: str
    scope: tuple[str, ...]
    reference: UUID | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class DeliveryDraft(Silent):
    """What was given for a requisition: which categories, how many pages, by which colleague, to whom."""

    occurred_on: date
    handed_to: str
    handed_by: UUID
    categories: tuple[str, ...]
    pages: int
