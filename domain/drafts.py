"""What a person types, before the record has judged it. The fields are those of the forms; nothing is mandatory but the act itself (N4)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.silent import Silent
from domain.vocabulary import Channel, Initiative


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
