"""Reading the sheet of youths: who agreed, who refused, who was not asked, and what may be kept of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from domain.intake.cells import Cell, SourceLine, plain_text
from domain.intake.dates import BirthYear, read_birth, read_day
from domain.intake.lines import Line
from domain.intake.mapping import Field
from domain.intake.people import AgreementRead, read_agreement, read_educators, read_gender
from domain.intake.plan import Agreement
from domain.intake.reasons import Consequence, ReasonCode
from domain.intake.texts import Doubt, doubt, name_key, read_label, read_name, read_text
from domain.vocabulary import Gender

_NUMBER_DIGITS = 8
_WRITE = r"(?:noter|ecrire|inscrire|nommer|citer|etre (?:note|ecrit|inscrit|nomme|cite)\w*|qu on (?:note|ecrive|inscrive))"
_ASKS_FOR_NO_NAME = re.compile(
    rf"\b(?:ne (?:pas|surtout pas|veut pas|souhaite pas) (?:le |la |l |que )?{_WRITE}"
    r"|pas (?:noter|ecrire) (?:son|le) nom|(?:veut|souhaite|doit) rester anonyme)",
)


@dataclass(frozen=True, slots=True)
class YouthLine:
    """A line of the sheet of youths, read. `agreement` is what its own cells say, the remark included."""

    line: Line = field(repr=False)
    agreement: Agreement
    words: str | None
    name: str = field(repr=False)
    family_name: str | None = field(repr=False)
    first_key: str = field(repr=False)
    family_key: str = field(repr=False)
    birth: BirthYear | None = field(repr=False)
    gender: Gender | None = field(repr=False)
    territory: str | None = field(repr=False)
    first_contact: date | None = field(repr=False)
    referents: tuple[str, ...]
    number: str | None = field(repr=False)

    @property
    def source(self) -> SourceLine:
        """Where it was read."""
        return self.line.source

    @property
    def birth_year(self) -> int | None:
        """The year of birth alone."""
        return self.birth.year if self.birth else None


def read_youth(line: Line, today: date) -> YouthLine | None:
    """Read a youth's line; None when it is set aside, its doubt noted.

    A line that says no is read for its name alone, so that no other line writes that name; what was read of it is not shown.
    """
    said = read_agreement(line.cell(Field.AGREEMENT))
    agreement = said.agreement if isinstance(said, AgreementRead) else Agreement.UNKNOWN
    if agreement is Agreement.REFUSED:
        line.withhold()
    name = _name(line, Consequence.LEFT_BLANK if agreement is Agreement.REFUSED else Consequence.SET_ASIDE)
    if name is None and agreement is not Agreement.REFUSED:
        return None
    if isinstance(said, Doubt):
        line.doubt(said, Field.AGREEMENT, Consequence.WRITTEN_ANONYMOUS)
    if agreement is Agreement.AGREED and _ASKS_FOR_NO_NAME.search(name_key(plain_text(line.cell(Field.REMARK)))):
        line.doubt(doubt(ReasonCode.NAME_NOT_TO_BE_WRITTEN, line.cell(Field.REMARK)), Field.REMARK, Consequence.WRITTEN_ANONYMOUS)
        agreement = Agreement.UNKNOWN
    return _read_rest(line, today, agreement, said.words if isinstance(said, AgreementRead) else None, name or "")


def _name(line: Line, consequence: Consequence) -> str | None:
    name = read_name(line.cell(Field.PSEUDONYM))
    if isinstance(name, str):
        return name
    line.doubt(name or Doubt(ReasonCode.NAME_MISSING), Field.PSEUDONYM, consequence)
    return None


def _read_rest(line: Line, today: date, agreement: Agreement, words: str | None, name: str) -> YouthLine:
    first_contact = line.value(Field.FIRST_CONTACT, lambda cell: read_day(cell, today))
    birth = line.value(Field.BIRTH, lambda cell: read_birth(cell, told_on=first_contact, today=today))
    family_name = line.value(Field.FAMILY_NAME, read_name)
    return YouthLine(
        line=line,
        agreement=agreement,
        words=words if agreement is Agreement.AGREED else None,
        name=name,
        family_name=family_name,
        first_key=name_key(name),
        family_key=name_key(family_name or ""),
        birth=birth,
        gender=line.value(Field.GENDER, read_gender) if agreement is Agreement.AGREED else None,
        territory=line.value(Field.TERRITORY, read_label),
        first_contact=first_contact,
        referents=line.value(Field.REFERENTS, read_educators) or (),
        number=_number(line.cell(Field.NUMBER)),
    )


def _number(cell: Cell) -> str | None:
    """Keep a number made of digits alone: anything else might hold something of the name."""
    text = plain_text(cell)
    return text if text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS else None


def free_text(youth: YouthLine, field: Field) -> str | None:
    """Read a free text of the line; its doubts are noted now, once it is known to be written."""
    return youth.line.value(field, read_text if field is Field.REMARK else read_label)
