"""A preview as its page shows it: sheets with their choices, doubtful lines by reason, likely duplicates, fifty at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from api.imports.import_choices import Choices
from api.imports.import_door import Look
from api.imports.import_mapping import COLUMNS_AT_MOST
from api.imports.import_summary import Doubt, Offer, Other
from api.pages.sentences import N_
from domain.intake import (
    CONSEQUENCE_FR,
    FIELD_FR,
    FIELDS_OF,
    SENTENCES_FR,
    ColumnMapping,
    Consequence,
    Decision,
    ReasonCode,
    SheetKind,
    SheetMapping,
)

SHOWN: Final = 50
"""Lines a page (R163)."""

SHEET_KINDS: Final[Mapping[str, str]] = {
    SheetKind.YOUTHS: N_("Des jeunes"),
    SheetKind.CONTACTS: N_("Des contacts"),
    SheetKind.OUTINGS: N_("Des sorties"),
    SheetKind.CHANTIERS: N_("Des chantiers"),
    SheetKind.IGNORED: N_("Rien à reprendre"),
}
DECISIONS: Final[Mapping[str, str]] = {
    Decision.SEPARATE: N_("Créer un dossier à part"),
    Decision.ATTACH: N_("Rattacher : c'est la même personne"),
    Decision.SKIP: N_("Ne pas reprendre cette ligne"),
}


@dataclass(frozen=True, slots=True, repr=False)
class ColumnView:
    """A column: its select's name, what it is called, what is chosen."""

    name: str
    letter: str
    header: str
    chosen: str


@dataclass(frozen=True, slots=True, repr=False)
class SheetView:
    """A sheet and what can be chosen about it."""

    position: int
    name: str
    kind: str
    header_row: int | None
    columns: Sequence[ColumnView]
    fields: Sequence[tuple[str, str]]
    mapped: int
    """How many columns are taken over."""


@dataclass(frozen=True, slots=True, repr=False)
class OfferView:
    """A likely duplicate, its select's name, and what each choice means."""

    name: str
    sheet: str
    row: int
    label: str | None
    others: Sequence[str]
    decision: str


@dataclass(frozen=True, slots=True)
class Sheaf:
    """One page of something longer. `before` and `after` are page numbers, `None` at either end."""

    page: int
    pages: int

    @property
    def before(self) -> int | None:
        """The page before, if there is one."""
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        """The page after, if there is one."""
        return self.page + 1 if self.page < self.pages else None

    @property
    def slice(self) -> slice:
        """What of the whole is on this page."""
        return slice((self.page - 1) * SHOWN, self.page * SHOWN)

    @classmethod
    def of(cls, page: int | None, whole: int) -> "Sheaf":
        """Open at `page`, or at the nearest one that there is."""
        pages = max(1, -(-whole // SHOWN))
        return cls(min(max(page or 1, 1), pages), pages)


@dataclass(frozen=True, slots=True, repr=False)
class Reason:
    """One reason to doubt, and how many lines it is about."""

    code: str
    sentence: str
    count: int


def sheets_of(choices: Choices) -> list[SheetView]:
    """Show the sheets with what is chosen about each."""
    found = choices.mapping.sheets if choices.mapping else ()
    return [_sheet(position, sheet) for position, sheet in enumerate(found)]


def _sheet(position: int, sheet: SheetMapping) -> SheetView:
    return SheetView(
        position,
        sheet.sheet,
        sheet.kind.value,
        sheet.header_row,
        [_column(column) for column in sheet.columns[:COLUMNS_AT_MOST]],
        [(field.value, FIELD_FR[field]) for field in FIELDS_OF[sheet.kind]],
        sum(column.field is not None for column in sheet.columns),
    )


def _column(column: ColumnMapping) -> ColumnView:
    return ColumnView(f"column-{column.index}", column.letter, column.header, "" if column.field is None else column.field.value)


def reasons_of(look: Look) -> list[Reason]:
    """Show the reasons to doubt, the most frequent first."""
    counted = sorted(look.summary.by_reason, key=lambda pair: -pair[1])
    return [Reason(code, SENTENCES_FR[ReasonCode(code)], count) for code, count in counted]


def doubts_of(look: Look, reason: str) -> list[Doubt]:
    """Give the doubts of one reason."""
    return [doubt for doubt in look.summary.doubts if doubt.reason == reason]


def consequence_of(doubt: Doubt) -> str:
    """Say what becomes of a doubtful line."""
    return CONSEQUENCE_FR[Consequence(doubt.consequence)]


def offers_of(offers: Sequence[Offer], positions: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, list[OfferView]]]:
    """Show likely duplicates, by the sentence that asks about them.

    `positions` are those of the sheets; `names` those of the records that may be shown.
    """
    return [
        (SENTENCES_FR[ReasonCode(reason)], [_offer(offer, positions[offer.sheet], names) for offer in group])
        for reason, group in groupby(offers, key=lambda offer: offer.reason)
    ]


def _offer(offer: Offer, position: int, names: Mapping[str, str]) -> OfferView:
    others = [said for other in offer.others if (said := _other(other, names))]
    return OfferView(offer_name(position, offer.row), offer.sheet, offer.row, offer.label, others, offer.decision)


def offer_name(position: int, row: int) -> str:
    """Name the field of the decision about a line."""
    return f"decision-{position}-{row}"


def _other(other: Other, names: Mapping[str, str]) -> str | None:
    if other.record is not None:
        name = names.get(other.record)
        return None if name is None else f"Dossier « {name} »"
    where = f"{other.sheet}, ligne {other.row}"
    return where if other.label is None else f"{where} : « {other.label} »"
