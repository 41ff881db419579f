from datetime import date, datetime, time, timedelta

import pytest

from domain.intake import Cell, Channel, Gender, ReasonCode
from domain.intake.dates import BirthYear, read_birth, read_day
from domain.intake.people import Named, Unnamed, channel_of, read_agreement, read_educators, read_gender, read_people, read_themes
from domain.intake.quantities import Count, minutes_between, read_cents, read_count, read_hours, read_minutes, read_time
from domain.intake.texts import Doubt, name_key, read_name, read_text, shown

TODAY = date(2026, 11, 22)
TOLD_ON = date(2024, 3, 1)


def reason_of(read: object) -> ReasonCode | None:
    return read.reason if isinstance(read, Doubt) else None


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("10/12/2024", date(2024, 12, 10)),
        ("24/07/09", date(2009, 7, 24)),
        ("15.12.2024", date(2024, 12, 15)),
        ("2023-07-29", date(2023, 7, 29)),
        ("30 déc. 2023", date(2023, 12, 30)),
        ("9 févr. 2023", date(2023, 2, 9)),
        ("1er août 2024", date(2024, 8, 1)),
        ("lundi 3 juin 2024", date(2024, 6, 3)),
        (45641.0, date(2024, 12, 15)),
        (date(2024, 1, 11), date(2024, 1, 11)),
        (datetime(2024, 1, 11, 14, 0), date(2024, 1, 11)),  # noqa: DTZ001 — a spreadsheet knows no time zone.
        ("", None),
        (None, None),
    ],
)
def test_a_day_is_read_in_each_of_its_spellings(cell: Cell, day: date | None) -> None:
    assert read_day(cell, TODAY) == day


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("31/02/2024", ReasonCode.DATE_IMPOSSIBLE),
        ("12/31/2024", ReasonCode.DATE_IMPOSSIBLE),
        ("12/2031", ReasonCode.DATE_IN_FUTURE),
        ("23/11/2026", ReasonCode.DATE_IN_FUTURE),
        ("12/2024", ReasonCode.DATE_INCOMPLETE),
        ("hier", ReasonCode.DATE_UNREADABLE),
        (True, ReasonCode.DATE_UNREADABLE),
        (float("nan"), ReasonCode.DATE_UNREADABLE),
        ("01/01/1911", ReasonCode.DATE_TOO_OLD),
        ("=TODAY()", ReasonCode.FORMULA),
    ],
)
def test_a_day_that_cannot_be_is_doubted_with_its_reason(cell: Cell, reason: ReasonCode) -> None:
    assert reason_of(read_day(cell, TODAY)) is reason


@pytest.mark.parametrize(
    ("cell", "year", "approximate"),
    [
        (date(2011, 10, 14), 2011, False),
        ("24/07/09", 2009, False),
        ("05.09.2011", 2011, False),
        (2001.0, 2001, False),
        ("2001", 2001, False),
        ("12/2009", 2009, False),
        ("né en 2009", 2009, False),
        ("vers 2010", 2010, True),
        ("~2010", 2010, True),
        ("2010 ?", 2010, True),
        ("14 ans", 2010, True),
        (14.0, 2010, True),
    ],
)
def test_of_a_birth_the_year_alone_is_kept(cell: Cell, year: int, approximate: bool) -> None:  # noqa: FBT001 — an example's column.
    assert read_birth(cell, told_on=TOLD_ON, today=TODAY) == BirthYear(year, approximate)


def test_an_age_told_on_an_unknown_day_counts_back_from_today() -> None:
    assert read_birth("14 ans", told_on=None, today=TODAY) == BirthYear(2012, approximate=True)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("31/02/2009", ReasonCode.DATE_IMPOSSIBLE),
        ("grand", ReasonCode.BIRTH_UNREADABLE),
        ("2031", ReasonCode.BIRTH_IMPLAUSIBLE),
        ("1931", ReasonCode.BIRTH_IMPLAUSIBLE),
        ("2 ans", ReasonCode.BIRTH_IMPLAUSIBLE if TODAY.year - (TOLD_ON.year - 2) < 4 else None),
    ],
)
def test_a_birth_that_cannot_be_is_doubted(cell: Cell, reason: ReasonCode | None) -> None:
    assert reason_of(read_birth(cell, told_on=TOLD_ON, today=TODAY)) is reason


@pytest.mark.parametrize("cell", ["f", "F", "fille", "Féminin", "FEMME"])
def test_a_girl_is_read_in_each_spelling(cell: str) -> None:
    assert read_gender(cell) is Gender.GIRL


@pytest.mark.parametrize("cell", ["G", "H", "M", "m", "garçon", "Masculin"])
def test_a_boy_is_read_in_each_spelling(cell: str) -> None:
    assert read_gender(cell) is Gender.BOY


def test_a_question_mark_is_no_sex_and_no_doubt() -> None:
    assert read_gender("?") is None
    assert reason_of(read_gender("Papus")) is ReasonCode.GENDER_UNREADABLE


@pytest.mark.parametrize(
    ("cell", "agreement"),
    [
        ("oui", "agreed"),
        ("Oui", "agreed"),
        ("oral", "agreed"),
        (True, "agreed"),
        ("non", "refused"),
        ("NON !", "refused"),
        ("oui mais non", "refused"),
        ("refuse d'être écrit", "refused"),
        (False, "refused"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_agreement_is_read(cell: Cell, agreement: str) -> None:
    read = read_agreement(cell)

    assert not isinstance(read, Doubt)
    assert read.agreement == agreement


@pytest.mark.parametrize("cell", ["à revoir", "non demandé", "?", "oui mais pas sûr"])
def test_an_agreement_that_hesitates_is_doubted(cell: str) -> None:
    assert reason_of(read_agreement(cell)) is ReasonCode.AGREEMENT_UNCLEAR


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("0:15", 15),
        ("45'", 45),
        ("1h", 60),
        ("2 h", 120),
        ("1h30", 90),
        ("20 min", 20),
        ("1:00", 60),
        ("1,5h", 90),
        (time(1, 0), 60),
        (timedelta(minutes=50), 50),
        ("", None),
    ],
)
def test_a_duration_is_read_in_minutes(cell: Cell, minutes: int | None) -> None:
    assert read_minutes(cell) == minutes


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("longtemps", ReasonCode.DURATION_UNREADABLE),
        ("90", ReasonCode.DURATION_UNREADABLE),
        ("1h75", ReasonCode.DURATION_UNREADABLE),
        (timedelta(minutes=-5), ReasonCode.DURATION_UNREADABLE),
        ("25h", ReasonCode.DURATION_TOO_LONG),
    ],
)
def test_a_duration_without_unit_or_sense_is_doubted(cell: Cell, reason: ReasonCode) -> None:
    assert reason_of(read_minutes(cell)) is reason


def test_hours_of_a_chantier_and_of_the_day_are_read() -> None:
    assert (read_hours(105.0), read_hours("70h"), read_hours("7,5")) == (6300, 4200, 450)
    assert (read_time("17h30"), read_time("14h"), read_time(time(9, 5))) == (time(17, 30), time(14), time(9, 5))
    assert reason_of(read_time("26h")) is ReasonCode.TIME_UNREADABLE
    assert minutes_between(time(22), time(1, 30)) == 210


def test_a_count_is_read_and_a_blank_is_not_zero() -> None:
    assert (read_count(3.0), read_count("3-4"), read_count(0.0), read_count("")) == (Count(3, 3), Count(3, 4), Count(0, 0), None)
    assert {reason_of(read_count(cell)) for cell in ("bcp", 2.5, -1.0, True, "4-3", 1e300)} == {ReasonCode.COUNT_UNREADABLE}


def test_a_sum_is_read_in_cents() -> None:
    assert (read_cents("620,50"), read_cents(620.5), read_cents("700 €"), read_cents("")) == (62050, 62050, 70000, None)
    assert reason_of(read_cents("beaucoup")) is ReasonCode.AMOUNT_UNREADABLE


def test_several_people_in_one_cell_are_told_apart() -> None:
    assert read_people("Mamadou, Kiki et Ali") == (Named("Mamadou"), Named("Kiki"), Named("Ali"))
    assert read_people("6 jeunes non connus") == (Unnamed(6),)
    assert read_people("Bob + 2 copains") == (Named("Bob"), Unnamed(2))
    assert read_people("Ève et Etienne") == (Named("Ève"), Named("Etienne"))
    assert read_people("  ") is None


def test_a_group_of_unknown_size_is_doubted() -> None:
    assert read_people("un groupe de jeunes") == (Doubt(ReasonCode.COUNT_UNREADABLE, "un groupe de jeunes"),)


@pytest.mark.parametrize("cell", ["FT + AL", "FT/AL", "FT AL", "FT, AL", "FT et AL", "F.T. & AL", "FT AL FT"])
def test_initials_are_read_however_they_are_joined(cell: str) -> None:
    assert read_educators(cell) == ("FT", "AL")


def test_themes_are_split_but_not_inside_an_acronym() -> None:
    assert read_themes("logement / CMU/AME") == ("logement", "CMU/AME")
    assert read_themes("loisirs+scolarité+logement") == ("loisirs", "scolarité", "logement")
    assert read_themes("écoute, papiers, justice") == ("écoute", "papiers", "justice")


@pytest.mark.parametrize(
    ("place", "channel"),
    [
        ("téléphone", Channel.PHONE),
        ("snap", Channel.NETWORK),
        ("réseaux sociaux", Channel.NETWORK),
        ("SMS", Channel.TEXT_MESSAGE),
        ("rue", Channel.STREET),
        ("hall", Channel.STREET),
        ("city stade", Channel.STREET),
        ("local", Channel.PREMISES),
        ("domicile", Channel.HOME_VISIT),
        ("collège", Channel.SCHOOL),
        ("sortie du collège", Channel.SCHOOL),
        ("mission locale", Channel.PARTNER),
        ("tribunal", Channel.PARTNER),
        ("chantier", Channel.ACTIVITY),
        ("au bord de l'eau", Channel.OTHER),
    ],
)
def test_a_place_says_the_channel(place: str, channel: Channel) -> None:
    assert channel_of(place) is channel


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('=HYPERLINK("http://exemple.invalid","x")', ReasonCode.FORMULA),
        ("@SUM(A1)", ReasonCode.FORMULA),
        ("Ma\x92mouna", ReasonCode.UNREADABLE_CHARACTERS),
        ("Zo\ufffd", ReasonCode.UNREADABLE_CHARACTERS),
        ("\u202eimiM", ReasonCode.UNREADABLE_CHARACTERS),
        ("\ud800", ReasonCode.UNREADABLE_CHARACTERS),
        ("L" * 81, ReasonCode.TEXT_TOO_LONG),
        ("Jean et Paul", ReasonCode.SEVERAL_PEOPLE),
        (date(2010, 1, 1), ReasonCode.NOT_A_NAME),
        (True, ReasonCode.NOT_A_NAME),
    ],
)
def test_what_is_no_name_is_doubted(cell: Cell, reason: ReasonCode) -> None:
    assert reason_of(read_name(cell)) is reason


def test_a_name_is_kept_as_it_is_written() -> None:
    assert read_name("  Petit-Jean ") == "Petit-Jean"
    assert read_name("L" * 80) == "L" * 80
    assert read_name(113.0) == "113"
    assert (read_name("?"), read_name(" - "), read_name(None)) == (None, None, None)


def test_two_spellings_share_one_key() -> None:
    assert name_key("Petit-Jean") == name_key("PETIT  JEAN") == "petit jean"
    assert name_key("Kévin") == name_key("kevin")
    assert name_key("D’Almeida") == name_key("d'almeida")


def test_what_is_shown_is_short_and_never_a_national_number() -> None:
    assert len(shown("L" * 4000)) == 60
    assert shown("sécu 2 06 05 31 555 123 58") == ""
    assert "\x00" not in shown("a\x00b")


def test_free_text_keeps_emoji_and_right_to_left_scripts() -> None:
    assert read_text("👍🏽") == "👍🏽"
    assert read_text("مرحبا") == "مرحبا"
    assert read_text("+2 copains, -16 ans") == "+2 copains, -16 ans"
