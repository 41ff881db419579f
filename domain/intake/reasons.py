"""Why a line is doubtful: stable codes, and the French sentence that says what was read and what to do."""

from __future__ import annotations

from enum import StrEnum


class Consequence(StrEnum):
    """What becomes of a doubtful line when nothing is done about it."""

    SET_ASIDE = "set_aside"
    WRITTEN_ANONYMOUS = "written_anonymous"
    LEFT_BLANK = "left_blank"
    READ_AS = "read_as"
    COUNTED_ONLY = "counted_only"


CONSEQUENCE_FR: dict[Consequence, str] = {
    Consequence.SET_ASIDE: "La ligne est mise de côté : rien n'en est écrit.",
    Consequence.WRITTEN_ANONYMOUS: "La personne est inscrite sous un code, sans son nom.",
    Consequence.LEFT_BLANK: "Cette case est laissée vide, le reste de la ligne est repris.",
    Consequence.READ_AS: "Le plus petit nombre est retenu.",
    Consequence.COUNTED_ONLY: "La personne est seulement comptée, sans être reliée à un dossier.",
}
"""The consequence in French, for the preview."""


class ReasonCode(StrEnum):
    """Stable codes. A code is never renamed: people's notes and programs point at it."""

    NATIONAL_NUMBER = "national_number"
    FORMULA = "formula"
    UNREADABLE_CHARACTERS = "unreadable_characters"
    TEXT_TOO_LONG = "text_too_long"
    NAME_MISSING = "name_missing"
    NOT_A_NAME = "not_a_name"
    SEVERAL_PEOPLE = "several_people"
    AGREEMENT_UNCLEAR = "agreement_unclear"
    AGREEMENT_CONTRADICTED = "agreement_contradicted"
    NAME_NOT_TO_BE_WRITTEN = "name_not_to_be_written"
    NAMES_SOMEBODY_ELSE = "names_somebody_else"
    SPEAKS_OF_A_REFUSAL = "speaks_of_a_refusal"
    DATE_MISSING = "date_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_INCOMPLETE = "date_incomplete"
    DATE_IN_FUTURE = "date_in_future"
    DATE_TOO_OLD = "date_too_old"
    DATES_REVERSED = "dates_reversed"
    BIRTH_UNREADABLE = "birth_unreadable"
    BIRTH_IMPLAUSIBLE = "birth_implausible"
    GENDER_UNREADABLE = "gender_unreadable"
    DURATION_UNREADABLE = "duration_unreadable"
    DURATION_TOO_LONG = "duration_too_long"
    TIME_UNREADABLE = "time_unreadable"
    COUNT_UNCLEAR = "count_unclear"
    COUNT_UNREADABLE = "count_unreadable"
    AMOUNT_UNREADABLE = "amount_unreadable"
    EDUCATORS_UNREADABLE = "educators_unreadable"
    PERSON_MISSING = "person_missing"
    PERSON_UNKNOWN = "person_unknown"
    PERSON_AMBIGUOUS = "person_ambiguous"
    PERSON_SET_ASIDE = "person_set_aside"
    TITLE_MISSING = "title_missing"
    TERRITORY_MISSING = "territory_missing"
    SAME_PERSON_IN_FILE = "same_person_in_file"
    RECORD_EXISTS = "record_exists"
    RECORD_ALIKE = "record_alike"
    REFUSED_ELSEWHERE = "refused_elsewhere"
