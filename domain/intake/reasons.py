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
    Consequence.SET_ASIDE: "Mis de côté : rien n'en est écrit.",
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
    SAME_PERSON_IN_FILE = "same_person_in_file"
    RECORD_EXISTS = "record_exists"
    RECORD_ALIKE = "record_alike"


SENTENCES_FR: dict[ReasonCode, str] = {
    ReasonCode.NATIONAL_NUMBER: "Un numéro de sécurité sociale ne s'écrit jamais ici. Effacez-le aussi de votre fichier.",
    ReasonCode.FORMULA: "Cette case contient une formule, qui n'est pas calculée. Écrivez sa valeur à la place.",
    ReasonCode.UNREADABLE_CHARACTERS: "Un caractère est illisible (souvent une apostrophe ou un accent abîmé). Retapez cette case.",
    ReasonCode.TEXT_TOO_LONG: "Ce texte est trop long pour cette case. Raccourcissez-le.",
    ReasonCode.NAME_MISSING: "Ni prénom ni surnom sur cette ligne. Ajoutez un surnom, même inventé.",
    ReasonCode.NOT_A_NAME: "Ce n'est pas un prénom ni un surnom. Écrivez-en un, même inventé.",
    ReasonCode.SEVERAL_PEOPLE: "Plusieurs personnes semblent écrites ici. Faites une ligne pour chacune.",
    ReasonCode.AGREEMENT_UNCLEAR: "L'accord n'est pas clair. Écrivez « oui », « oral » ou « non ».",
    ReasonCode.AGREEMENT_CONTRADICTED: "Une autre ligne, sans doute de la même personne, dit « non ». Demandez-lui, puis corrigez.",
    ReasonCode.NAME_NOT_TO_BE_WRITTEN: "Une remarque demande de ne pas noter le nom : il n'est pas repris.",
    ReasonCode.NAMES_SOMEBODY_ELSE: "Ce texte semble nommer quelqu'un qui n'a pas donné son accord. Réécrivez-le sans ce nom.",
    ReasonCode.SPEAKS_OF_A_REFUSAL: "La ligne concerne aussi quelqu'un qui n'a pas voulu être inscrit : le commentaire n'est pas repris.",
    ReasonCode.DATE_MISSING: "Il manque la date. Écrivez-la sous la forme 27/03/2025.",
    ReasonCode.DATE_UNREADABLE: "Cette date n'est pas comprise. Écrivez-la sous la forme 27/03/2025.",
    ReasonCode.DATE_IMPOSSIBLE: "Ce jour n'existe pas dans le calendrier. Vérifiez-le.",
    ReasonCode.DATE_INCOMPLETE: "Il manque le jour. Écrivez la date sous la forme 27/03/2025.",
    ReasonCode.DATE_IN_FUTURE: "Cette date n'est pas encore arrivée. Vérifiez l'année.",
    ReasonCode.DATE_TOO_OLD: "Cette date est trop ancienne pour être juste. Vérifiez l'année.",
    ReasonCode.DATES_REVERSED: "La fin est avant le début. Vérifiez les deux dates.",
    ReasonCode.BIRTH_UNREADABLE: "L'année de naissance n'est pas comprise. Écrivez « 2010 », « vers 2010 » ou « 14 ans ».",
    ReasonCode.BIRTH_IMPLAUSIBLE: "Cet âge n'est pas vraisemblable. Vérifiez l'année de naissance.",
    ReasonCode.GENDER_UNREADABLE: "Le sexe n'est pas compris. Écrivez « F », « G », ou laissez vide.",
    ReasonCode.DURATION_UNREADABLE: "La durée n'est pas comprise. Écrivez « 45 min » ou « 1h30 ».",
    ReasonCode.DURATION_TOO_LONG: "Cette durée est trop longue pour être juste. Vérifiez-la.",
    ReasonCode.TIME_UNREADABLE: "L'heure n'est pas comprise. Écrivez « 17h30 ».",
    ReasonCode.COUNT_UNCLEAR: "Un nombre approximatif : seul le plus petit est sûr. Corrigez-le si vous en savez plus.",
    ReasonCode.COUNT_UNREADABLE: "Ce n'est pas un nombre. Écrivez combien de personnes, ou laissez vide.",
    ReasonCode.AMOUNT_UNREADABLE: "La somme n'est pas comprise. Écrivez « 620,50 ».",
    ReasonCode.EDUCATORS_UNREADABLE: "Les initiales ne sont pas comprises. Écrivez « KB + NR ».",
    ReasonCode.PERSON_MISSING: "Aucune personne n'est indiquée. Écrivez un nom, ou « 3 jeunes non connus ».",
    ReasonCode.PERSON_UNKNOWN: "Ce nom n'est ni dans un dossier ni dans la feuille des jeunes. Corrigez-le, ou écrivez « 1 jeune ».",
    ReasonCode.PERSON_AMBIGUOUS: "Plusieurs jeunes portent ce nom. Ajoutez le nom de famille ou le surnom qui les distingue.",
    ReasonCode.SAME_PERSON_IN_FILE: "Une autre ligne du fichier ressemble à celle-ci. Est-ce la même personne ?",
    ReasonCode.RECORD_EXISTS: "Un dossier existe déjà pour cette ligne. Sans décision de votre part, elle n'est pas reprise.",
    ReasonCode.RECORD_ALIKE: "Un dossier qui existe déjà ressemble à cette ligne. Est-ce la même personne ?",
}


def sentence(reason: ReasonCode, read: str = "") -> str:
    """Say in French what was read (`read`, already shortened; empty when it is not to be shown) and what to do."""
    return f"Lu : « {read} ». {SENTENCES_FR[reason]}" if read else SENTENCES_FR[reason]
