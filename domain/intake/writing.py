"""From a decided line to the record it opens: a name only where it was agreed, a code everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.intake.directory import Directory, Person
from domain.intake.lines import Line
from domain.intake.mapping import Field
from domain.intake.openings import KnownRecords, Opening, line_code
from domain.intake.plan import Agreement, PlannedYouth
from domain.intake.reasons import Consequence, ReasonCode
from domain.intake.texts import Doubt
from domain.intake.youths import free_text


def directory_of(openings: Sequence[Opening], known: KnownRecords) -> Directory:
    """Gather everybody whom a name of the file may point at, who refused included (they are recognised to be left out)."""
    lines = (Person(o.youth.first_key, o.youth.family_key, _standing(o), o.reference) for o in openings)
    return Directory((*lines, *known.people()))


def _standing(opening: Opening) -> Agreement:
    return Agreement.REFUSED if opening.reference is None else opening.agreement


def guarded(text: str | None, line: Line, field: Field, directory: Directory) -> str | None:
    """Leave out a text that would name somebody who refused or was not asked; what it says is not shown either."""
    if text is None or not directory.gives_away(text):
        return text
    line.doubt(Doubt(ReasonCode.NAMES_SOMEBODY_ELSE), field, Consequence.LEFT_BLANK)
    return None


def write_youths(openings: Iterable[Opening], directory: Directory, taken: Iterable[str]) -> tuple[PlannedYouth, ...]:
    """Plan the records to open or to complete. `taken` are the pseudonyms of the records that exist."""
    codes = set(taken)
    return tuple(_written(opening, directory, codes) for opening in openings if opening.opens or opening.attached)


def _written(opening: Opening, directory: Directory, codes: set[str]) -> PlannedYouth:
    if opening.agreement is Agreement.AGREED:
        return _named(opening, directory)
    youth = opening.youth
    code = _free_code(line_code(youth), codes)
    codes.add(code)
    return PlannedYouth(
        source=youth.source,
        line_digest=youth.line.digest,
        agreement=Agreement.UNKNOWN,
        pseudonym=code,
        birth_year=youth.birth_year,
        birth_year_is_approximate=bool(youth.birth and youth.birth.approximate),
        first_contact=youth.first_contact,
        referents=youth.referents,
        attach_to=opening.reference if opening.attached else None,
    )


def _named(opening: Opening, directory: Directory) -> PlannedYouth:
    youth = opening.youth

    def text(field: Field) -> str | None:
        return guarded(free_text(youth, field), youth.line, field, directory)

    return PlannedYouth(
        source=youth.source,
        line_digest=youth.line.digest,
        agreement=Agreement.AGREED,
        pseudonym=youth.name,
        agreement_read=youth.words,
        first_name=youth.name if youth.family_name else None,
        family_name=youth.family_name,
        birth_year=youth.birth_year,
        birth_year_is_approximate=bool(youth.birth and youth.birth.approximate),
        gender=youth.gender,
        territory=guarded(youth.territory, youth.line, Field.TERRITORY, directory),
        met_at=text(Field.MET_AT),
        first_contact=youth.first_contact,
        referents=youth.referents,
        situation=text(Field.SITUATION),
        remark=text(Field.REMARK),
        attach_to=opening.reference if opening.attached else None,
    )


def _free_code(code: str, taken: set[str]) -> str:
    """Give the code, or the code with the first free number after it."""
    free = code
    number = 2
    while free in taken:
        free = f"{code}-{number}"
        number += 1
    return free
