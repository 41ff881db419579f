"""What an import would write, before anything is written.

A plan is a value: the same sheets, mapping, decisions, known records and day give the same plan. What belongs
to a person never shows in a ``repr``, so that a plan cannot leak through a log or a traceback.

Nobody who refused is in a plan by name (N3); whoever was not asked is there under a code (N2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from domain.age_bands import WideBand
from domain.intake.cells import SourceLine
from domain.intake.mapping import WorkbookMapping
from domain.intake.reasons import Consequence, ReasonCode
from domain.vocabulary import Channel, Gender


class Agreement(StrEnum):
    """What the file says of the youth's agreement; ``UNKNOWN`` (blank or doubtful) is written anonymous."""

    AGREED = "agreed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Decision(StrEnum):
    """What the person decides about a line that looks like somebody who is already there."""

    SEPARATE = "separate"
    ATTACH = "attach"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record that exists already and that the importing person may open. ``reference`` is opaque."""

    reference: str
    pseudonym: str = field(repr=False)
    family_name: str | None = field(default=None, repr=False)
    birth_year: int | None = field(default=None, repr=False)
    territory: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class YouthReference:
    """Whose it is: a line of this plan (``source``) or a record that exists (``record``), never both."""

    source: SourceLine | None = None
    record: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedYouth:
    """A record to open, or to complete when ``attach_to`` is set.

    Under ``Agreement.UNKNOWN``, only the pseudonym (a code), birth year, first contact and referents are set.
    ``first_name`` and ``family_name`` are set together, only when a family name was agreed to be written.
    ``agreement_read`` is what the agreement's cell says, such as « oral ».
    """

    source: SourceLine
    line_digest: bytes = field(repr=False)
    agreement: Agreement
    pseudonym: str = field(repr=False)
    agreement_read: str | None = None
    first_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    birth_year: int | None = field(default=None, repr=False)
    birth_year_is_approximate: bool = False
    gender: Gender | None = field(default=None, repr=False)
    territory: str | None = field(default=None, repr=False)
    met_at: str | None = field(default=None, repr=False)
    first_contact: date | None = field(default=None, repr=False)
    referents: tuple[str, ...] = ()
    situation: str | None = field(default=None, repr=False)
    remark: str | None = field(default=None, repr=False)
    attach_to: YouthReference | None = None


@dataclass(frozen=True, slots=True)
class PlannedContact:
    """A contact with one youth. A line that names several gives one each, told apart by ``part`` (0, 1…).

    ``minutes`` is a whole number of minutes. A contact with somebody written anonymous carries no comment.
    """

    source: SourceLine
    line_digest: bytes = field(repr=False)
    part: int
    youth: YouthReference
    occurred_on: date
    place: str | None = None
    channel: Channel | None = None
    minutes: int | None = None
    themes: tuple[str, ...] = field(default=(), repr=False)
    educators: tuple[str, ...] = ()
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PlannedPresence:
    """A contact with ``count`` people about whom nothing is written: unknown, or who refused (N1, N3)."""

    source: SourceLine
    line_digest: bytes = field(repr=False)
    occurred_on: date
    count: int
    place: str | None = None
    channel: Channel | None = None
    minutes: int | None = None
    themes: tuple[str, ...] = ()
    educators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeadCount:
    """How many unidentified people of one sex and band were met; ``None`` is not counted, which is not zero."""

    gender: Gender
    band: WideBand
    count: int | None


@dataclass(frozen=True, slots=True)
class PlannedOuting:
    """A street outing: hours as read, minutes between them (an outing may end after midnight), head counts."""

    source: SourceLine
    line_digest: bytes = field(repr=False)
    occurred_on: date
    territory: str | None = None
    starts_at: time | None = None
    ends_at: time | None = None
    minutes: int | None = None
    educators: tuple[str, ...] = ()
    counts: tuple[HeadCount, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedChantier:
    """A chantier éducatif. ``youth_count`` counts everybody named; ``participants`` are those who have a record.

    ``paid_cents`` is in euro cents, ``minutes`` in minutes. Participations are written one event a youth.
    """

    source: SourceLine
    line_digest: bytes = field(repr=False)
    title: str
    starts_on: date
    ends_on: date | None = None
    minutes: int | None = None
    partner: str | None = None
    paid_cents: int | None = None
    youth_count: int = 0
    participants: tuple[YouthReference, ...] = ()


@dataclass(frozen=True, slots=True)
class DoubtfulLine:
    """Something that was not understood. ``read`` is at most 60 characters and empty when it must not be shown.

    ``column`` and ``header`` are None when the whole line is meant.
    """

    source: SourceLine
    reason: ReasonCode
    sentence: str = field(repr=False)
    consequence: Consequence
    column: str | None = None
    header: str | None = None
    read: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DuplicateOffer:
    """A line that looks like ``others``, the most alike first. Nothing is merged unless a person decides it.

    ``attach`` completes ``others[0]``; ``skip`` writes nothing of the line and its contacts go to ``others[0]``;
    ``separate`` opens a record of its own. ``decision`` is what this plan applies, ``default`` what it would without a decision.
    """

    source: SourceLine
    others: tuple[YouthReference, ...]
    reason: ReasonCode
    sentence: str
    default: Decision
    decision: Decision


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line of which nothing is written because its person is already there."""

    source: SourceLine
    youth: YouthReference


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """How many of each, for the preview. ``doubts`` gives each reason's number, in a stable order."""

    youths_read: int = 0
    youths_agreed: int = 0
    youths_anonymous: int = 0
    youths_refused: int = 0
    youths_set_aside: int = 0
    youths_skipped: int = 0
    contact_lines_read: int = 0
    contact_lines_set_aside: int = 0
    contacts: int = 0
    presences: int = 0
    outings: int = 0
    outings_set_aside: int = 0
    chantiers: int = 0
    chantiers_set_aside: int = 0
    duplicates: int = 0
    doubts: tuple[tuple[ReasonCode, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """All that an import would write, all that it doubts, and the mapping it was made with."""

    mapping: WorkbookMapping
    youths: tuple[PlannedYouth, ...] = ()
    contacts: tuple[PlannedContact, ...] = ()
    presences: tuple[PlannedPresence, ...] = ()
    outings: tuple[PlannedOuting, ...] = ()
    chantiers: tuple[PlannedChantier, ...] = ()
    doubts: tuple[DoubtfulLine, ...] = ()
    duplicates: tuple[DuplicateOffer, ...] = ()
    skipped: tuple[SkippedLine, ...] = ()
    counts: PlanCounts = field(default_factory=PlanCounts)
