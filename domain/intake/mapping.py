"""Which sheet holds what, and which column is which field: proposed by the headers, changed by the person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SheetKind(StrEnum):
    """What the lines of a sheet are."""

    YOUTHS = "youths"
    CONTACTS = "contacts"
    OUTINGS = "outings"
    CHANTIERS = "chantiers"
    IGNORED = "ignored"


class Field(StrEnum):
    """What a column holds. ``FIELDS_OF`` says which fields a kind of sheet may have."""

    NUMBER = "number"
    PSEUDONYM = "pseudonym"
    FAMILY_NAME = "family_name"
    BIRTH = "birth"
    GENDER = "gender"
    TERRITORY = "territory"
    FIRST_CONTACT = "first_contact"
    MET_AT = "met_at"
    REFERENTS = "referents"
    SITUATION = "situation"
    AGREEMENT = "agreement"
    REMARK = "remark"
    DATE = "date"
    PEOPLE = "people"
    PLACE = "place"
    DURATION = "duration"
    THEMES = "themes"
    EDUCATORS = "educators"
    COMMENT = "comment"
    START = "start"
    END = "end"
    GIRLS_UNDER_16 = "girls_under_16"
    BOYS_UNDER_16 = "boys_under_16"
    GIRLS_16_25 = "girls_16_25"
    BOYS_16_25 = "boys_16_25"
    TITLE = "title"
    HOURS = "hours"
    PARTNER = "partner"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One column: 0-based ``index``, its letter, its header as read, its field or None when left out."""

    index: int
    letter: str
    header: str
    field: Field | None


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """One sheet: its kind, the row number of its headers (1-based, None when ignored) and its columns."""

    sheet: str
    kind: SheetKind
    header_row: int | None
    columns: tuple[ColumnMapping, ...] = ()

    def field_columns(self) -> dict[Field, int]:
        """Give the 0-based column of each field that is mapped."""
        return {column.field: column.index for column in self.columns if column.field is not None}


@dataclass(frozen=True, slots=True)
class WorkbookMapping:
    """The mapping of a whole workbook, in the order of its sheets."""

    sheets: tuple[SheetMapping, ...]
