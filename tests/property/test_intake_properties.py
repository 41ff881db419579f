"""Whatever the cells hold, planning never fails, never names who refused, never lets a national number through."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.intake import Cell, ImportPlan, KnownRecord, ReasonCode, Row, Sheet, plan_import
from domain.intake.dates import read_birth, read_day
from domain.intake.national_number import holds_national_number, key_of
from domain.intake.people import read_agreement, read_educators, read_gender, read_people, read_themes
from domain.intake.quantities import read_cents, read_count, read_hours, read_minutes, read_time
from domain.intake.texts import Doubt, name_key, read_name, read_text, shown

TODAY = date(2026, 11, 22)
YOUTH_HEADERS: Row = (
    "N°",
    "Prénom",
    "Nom",
    "Âge",
    "Sexe",
    "Quartier",
    "1er contact",
    "Comment",
    "Réf.",
    "Situation",
    "Accord",
    "Remarques",
)
CONTACT_HEADERS: Row = ("Date", "Jeune", "Lieu", "Durée", "Thèmes", "Éducs", "Commentaire")
OUTING_HEADERS: Row = ("Date", "Secteur", "Début", "Fin", "Éducs", "Filles -16", "Garçons -16", "Filles 16-25", "Garçons 16-25")
CHANTIER_HEADERS: Row = ("Intitulé", "Du", "Au", "Jeunes", "Heures", "Donneur d'ordre", "Payé")

usual = st.sampled_from(
    ["oui", "non", "", "?", "14 ans", "vers 2010", "3-4", "Bob", "Bob et Ali", "12/03/2025", "31/02/2025", "1h30", "Total", "=A1"]
)
cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    usual,
    st.text(max_size=30),
    st.text(alphabet="0123456789/.-: hH'an", max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)
names = st.text(alphabet="abcdefghijklmnopqrstuvwxyzàéïôç", min_size=3, max_size=10)


def sheets_of(draw_rows: list[Row]) -> tuple[Sheet, ...]:
    rows = tuple(draw_rows)
    return (
        Sheet("Jeunes", (YOUTH_HEADERS, *rows)),
        Sheet("Contacts", (CONTACT_HEADERS, *rows)),
        Sheet("Rue", (OUTING_HEADERS, *rows)),
        Sheet("Chantiers", (CHANTIER_HEADERS, *rows)),
        Sheet("Autre", rows),
    )


def everything_in(plan: ImportPlan) -> str:
    """All that a plan says, its digests left out: their bytes spell anything."""
    parts = [plan.youths, plan.contacts, plan.presences, plan.outings, plan.chantiers, plan.doubts, plan.duplicates]
    said = [asdict(item) for part in parts for item in part]
    return " ".join(str(value) for item in said for name, value in item.items() if name != "line_digest")


@given(cells)
def test_every_reading_takes_every_cell(cell: Cell) -> None:
    readings = (read_gender, read_agreement, read_educators, read_people, read_themes, read_cents, read_count, read_hours)
    for reading in (*readings, read_minutes, read_time, read_name, read_text):
        reading(cell)
    day = read_day(cell, TODAY)
    birth = read_birth(cell, told_on=None, today=TODAY)

    assert day is None or isinstance(day, Doubt) or day <= TODAY
    assert birth is None or isinstance(birth, Doubt) or birth.year <= TODAY.year
    assert len(shown(cell)) <= 60


@given(st.lists(st.lists(cells, max_size=13).map(tuple), max_size=6))
def test_any_workbook_is_planned_the_same_way_twice(rows: list[Row]) -> None:
    sheets = sheets_of(rows)

    assert plan_import(sheets, mapping=None, today=TODAY) == plan_import(sheets, mapping=None, today=TODAY)


@given(st.dates(date(1970, 1, 1), TODAY), st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%m-%Y"]))
def test_a_day_written_with_its_four_figures_of_year_is_read_back(day: date, spelling: str) -> None:
    assert read_day(day.strftime(spelling), TODAY) == day
    assert read_day(datetime.combine(day, time(12)), TODAY) == day


@given(st.integers(0, 24 * 60))
def test_a_duration_is_read_back_from_each_spelling(minutes: int) -> None:
    hours, rest = divmod(minutes, 60)

    assert read_minutes(f"{hours}:{rest:02d}") == read_minutes(f"{hours}h{rest:02d}") == read_minutes(f"{minutes} min") == minutes
    assert read_minutes(timedelta(minutes=minutes)) == minutes


@st.composite
def national_numbers(draw: st.DrawFn) -> str:
    """A valid number, 13 or 15 characters, with gaps anywhere."""
    department = draw(st.one_of(st.integers(1, 95).map(lambda n: f"{n:02d}"), st.sampled_from(["2A", "2B", "97", "99"])))
    tail = f"{draw(st.integers(1, 999)):03d}{draw(st.integers(1, 999)):03d}"
    number = f"{draw(st.sampled_from('12'))}{draw(st.integers(0, 99)):02d}{draw(st.integers(1, 12)):02d}{department}{tail}"
    full = number + draw(st.sampled_from(["", f"{key_of(number):02d}"]))
    gaps = draw(st.lists(st.sampled_from(["", "", " ", ".", "-", " - ", "\u00a0"]), min_size=len(full), max_size=len(full)))
    return "".join(character + gap for character, gap in zip(full, gaps, strict=True)).strip(" .-\u00a0")


phone_numbers = st.builds(
    lambda start, pairs, gap: gap.join((start, *(f"{pair:02d}" for pair in pairs))),
    st.sampled_from(["06", "07", "01", "05", "+33 6", "+33 7", "0033 6", "+336"]),
    st.lists(st.integers(0, 99), min_size=4, max_size=4),
    st.sampled_from(["", " ", ".", "-"]),
)


@given(
    national_numbers(),
    st.sampled_from(["", "sécu ", "n° ", "tél 06 12 34 56 78, sécu : "]),
    st.sampled_from(["", " !", " (mère)", ", à revoir"]),
)
def test_a_valid_national_number_is_recognised_in_any_text(number: str, before: str, after: str) -> None:
    assert holds_national_number(before + number + after)


@given(phone_numbers)
def test_a_valid_phone_number_passes(number: str) -> None:
    assert not holds_national_number(f"tél {number}")


@given(national_numbers(), st.integers(0, 11), st.lists(cells, min_size=12, max_size=12))
def test_a_national_number_is_refused_in_every_column_of_every_sheet(number: str, column: int, row: list[Cell]) -> None:
    row[column] = number
    sheets = sheets_of([tuple(row)])

    plan = plan_import(sheets, mapping=None, today=TODAY)

    found = {doubt.source.sheet for doubt in plan.doubts if doubt.reason is ReasonCode.NATIONAL_NUMBER}
    assert found == {sheet.name for sheet in sheets}
    assert number not in everything_in(plan)


@given(
    st.lists(names, min_size=2, max_size=6, unique_by=name_key),
    st.sampled_from(["non", "Non", "refus", "ne veut pas", False]),
    st.sampled_from(["{}", "avec {}", "frère de {}", "{}, Lina", "chez {} !", "Lina et {}"]),
    st.booleans(),
)
def test_who_refused_is_named_nowhere(people: list[str], refusal: Cell, phrase: str, with_family: bool) -> None:  # noqa: FBT001
    first, last, *others = (f"zq{name}zq" for name in people)
    family = last if with_family else None
    text = phrase.format(first if not family else f"{first} {last}")
    youths: list[Row] = [(1, first, family, 2010, "F", "Papus", "01/02/2025", text, "KB", text, refusal, text)]
    youths += [(2, "Lina", None, 2009, "F", text, "01/02/2025", text, "KB", text, "oui", text)]
    youths += [(3 + n, other, None, 2008, "G", None, None, None, None, None, "oui", text) for n, other in enumerate(others)]
    contacts: list[Row] = [("12/03/2025", who, text, "1h", text, "KB", text) for who in (text, "Lina", first, f"{first} inconnu", *others)]
    chantiers: list[Row] = [(text, "12/03/2025", None, text, "70h", text, 620)]

    plan = plan_import(
        (
            Sheet("Jeunes", (YOUTH_HEADERS, *youths)),
            Sheet("Contacts", (CONTACT_HEADERS, *contacts)),
            Sheet("Rue", (OUTING_HEADERS, ("12/03/2025", text, "14h", "17h", "KB", 1, 2, 3, 4))),
            Sheet("Chantiers", (CHANTIER_HEADERS, *chantiers)),
        ),
        mapping=None,
        today=TODAY,
    )

    said = name_key(everything_in(plan))
    assert name_key(first) not in said
    assert not with_family or name_key(last) not in said
    assert "lina" in said


@given(
    st.lists(
        st.tuples(names, st.one_of(st.none(), names), st.integers(2000, 2015), st.sampled_from(["oui", "oral", "", "à revoir", "non"])),
        max_size=12,
    )
)
def test_a_second_run_opens_nobody(people: list[tuple[str, str | None, int, str]]) -> None:
    rows: list[Row] = [
        (number, first, last, year, None, None, None, None, None, None, agreed, None)
        for number, (first, last, year, agreed) in enumerate(people, 1)
    ]
    sheet = Sheet("Jeunes", (YOUTH_HEADERS, *rows))
    first_run = plan_import((sheet,), mapping=None, today=TODAY)
    known = [KnownRecord(str(n), y.pseudonym, y.family_name, y.birth_year, y.territory) for n, y in enumerate(first_run.youths)]

    assert plan_import((sheet,), mapping=None, today=TODAY, known=known).youths == ()


@given(st.lists(st.tuples(names, names), min_size=1, max_size=8))
def test_who_was_not_asked_is_named_nowhere(people: list[tuple[str, str]]) -> None:
    rows: list[Row] = [
        (n, f"zq{first}", f"zq{last}", 2010, "F", "Papus", "01/02/2025", None, "KB", None, None, f"voir zq{first}")
        for n, (first, last) in enumerate(people, 1)
    ]
    contacts: list[Row] = [("12/03/2025", f"zq{first} zq{last}", "rue", "1h", None, "KB", f"vu zq{first}") for first, last in people]

    plan = plan_import(
        (Sheet("Jeunes", (YOUTH_HEADERS, *rows)), Sheet("Contacts", (CONTACT_HEADERS, *contacts))), mapping=None, today=TODAY
    )

    assert len(plan.youths) == len(people)
    assert "zq" not in name_key(everything_in(plan))
