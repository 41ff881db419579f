"""Proposing a mapping from the headers, and checking the one that a person has changed."""

from __future__ import annotations

from collections.abc import Sequence

from domain.intake.cells import Row, Sheet, column_letter, is_blank
from domain.intake.mapping import ColumnMapping, Field, SheetKind, SheetMapping, WorkbookMapping
from domain.intake.texts import name_key, shown
from domain.refusals import DomainError

_HEADER_SEARCHED_ROWS = 30
_FEWEST_HEADERS = 2

_HEADERS: dict[SheetKind, dict[Field, tuple[str, ...]]] = {
    SheetKind.YOUTHS: {
        Field.NUMBER: ("n", "no", "num", "numero", "id", "code", "n dossier"),
        Field.PSEUDONYM: ("prenom surnom", "prenom", "surnom", "prenom ou surnom", "pseudo", "pseudonyme", "jeune"),
        Field.FAMILY_NAME: ("nom", "nom de famille", "nom famille"),
        Field.BIRTH: ("ne e le age", "ne le", "ne e le", "nee le", "date de naissance", "naissance", "annee de naissance", "age", "ddn"),
        Field.GENDER: ("sexe", "genre", "f g", "g f", "h f", "f h", "m f"),
        Field.TERRITORY: ("quartier", "secteur", "territoire", "ville", "commune"),
        Field.FIRST_CONTACT: ("1er contact", "premier contact", "date 1er contact", "rencontre le", "date de rencontre"),
        Field.MET_AT: ("comment", "lieu de rencontre", "rencontre", "origine", "orientation", "rencontre par"),
        Field.REFERENTS: ("ref", "referent", "referents", "referente", "educ", "educs", "educateur", "educateurs"),
        Field.SITUATION: ("situation", "statut", "scolarite", "situation scolaire"),
        Field.AGREEMENT: ("accord", "consentement", "ok", "autorisation"),
        Field.REMARK: ("remarques", "remarque", "commentaire", "commentaires", "observations", "notes", "note"),
    },
    SheetKind.CONTACTS: {
        Field.DATE: ("date", "jour", "le"),
        Field.PEOPLE: ("jeune", "jeunes", "nom", "prenom", "qui", "prenom surnom", "jeune s"),
        Field.PLACE: ("lieu", "ou", "endroit", "place"),
        Field.DURATION: ("duree", "temps", "temps passe"),
        Field.THEMES: ("themes", "theme", "sujet", "sujets", "objet", "motif"),
        Field.EDUCATORS: ("educs", "educ", "educateurs", "educateur", "ref", "par", "qui etait la"),
        Field.COMMENT: ("commentaire", "commentaires", "remarques", "remarque", "notes", "note", "observations"),
    },
    SheetKind.OUTINGS: {
        Field.DATE: ("date", "jour", "le"),
        Field.TERRITORY: ("secteur", "quartier", "territoire", "lieu"),
        Field.START: ("debut", "heure debut", "heure de debut", "de"),
        Field.END: ("fin", "heure fin", "heure de fin", "a"),
        Field.EDUCATORS: ("educs", "educ", "educateurs", "educateur", "equipe", "binome"),
        Field.GIRLS_UNDER_16: ("filles 16", "filles moins de 16", "f 16", "filles moins de 16 ans"),
        Field.BOYS_UNDER_16: ("garcons 16", "garcons moins de 16", "g 16", "garcons moins de 16 ans"),
        Field.GIRLS_16_25: ("filles 16 25", "f 16 25", "filles de 16 a 25", "filles 16 a 25 ans"),
        Field.BOYS_16_25: ("garcons 16 25", "g 16 25", "garcons de 16 a 25", "garcons 16 a 25 ans"),
    },
    SheetKind.CHANTIERS: {
        Field.TITLE: ("intitule", "chantier", "titre", "nom du chantier", "action"),
        Field.START: ("du", "debut", "date debut", "date de debut", "date"),
        Field.END: ("au", "fin", "date fin", "date de fin"),
        Field.PEOPLE: ("jeunes", "participants", "jeune", "participant s"),
        Field.HOURS: ("heures", "nb heures", "nombre d heures", "h"),
        Field.PARTNER: ("donneur d ordre", "partenaire", "commanditaire", "employeur"),
        Field.PAID: ("paye", "paye eur", "remuneration", "montant", "salaire", "somme"),
    },
}

FIELDS_OF: dict[SheetKind, tuple[Field, ...]] = {kind: tuple(fields) for kind, fields in _HEADERS.items()} | {SheetKind.IGNORED: ()}
"""The fields that a column may have, by kind of sheet, in the order a page offers them."""

REQUIRED_OF: dict[SheetKind, tuple[Field, ...]] = {
    SheetKind.YOUTHS: (Field.PSEUDONYM,),
    SheetKind.CONTACTS: (Field.DATE, Field.PEOPLE),
    SheetKind.OUTINGS: (Field.DATE, Field.START),
    SheetKind.CHANTIERS: (Field.START, Field.TITLE),
    SheetKind.IGNORED: (),
}
"""The fields without which lines of a kind cannot be read. Everything else is optional (N4)."""


class MappingRefused(DomainError):
    """Ce choix de colonnes ne va pas avec le fichier. Revoyez-le, puis recommencez."""

    code = "mapping_refused"


def propose_mapping(sheets: Sequence[Sheet]) -> WorkbookMapping:
    """Propose a kind, a header row and fields for each sheet; what is not recognised is ignored."""
    return WorkbookMapping(tuple(_propose(sheet) for sheet in sheets))


def columns_at(sheet: Sheet, header_row: int, kind: SheetKind) -> tuple[ColumnMapping, ...]:
    """List the columns under a header row (1-based) with the fields that their headers suggest for a kind."""
    headers = sheet.rows[header_row - 1] if 1 <= header_row <= len(sheet.rows) else ()
    fields = _fields_suggested(headers, kind)
    return tuple(
        ColumnMapping(index, column_letter(index), shown(header), fields.get(index))
        for index, header in enumerate(headers)
        if not is_blank(header)
    )


def _fields_suggested(headers: Row, kind: SheetKind) -> dict[int, Field]:
    """Give each field to the first column whose header names it, the field's usual names first."""
    keys = [name_key(header) if isinstance(header, str) else "" for header in headers]
    taken: dict[int, Field] = {}
    for field, synonyms in _HEADERS.get(kind, {}).items():
        column = next((keys.index(synonym) for synonym in synonyms if synonym in keys and keys.index(synonym) not in taken), None)
        if column is not None:
            taken[column] = field
    return taken


def _propose(sheet: Sheet) -> SheetMapping:
    best: tuple[int, int, SheetKind] | None = None
    for row, cells in enumerate(sheet.rows[:_HEADER_SEARCHED_ROWS], 1):
        for kind, required in REQUIRED_OF.items():
            fields = set(_fields_suggested(cells, kind).values())
            readable = len(fields) >= _FEWEST_HEADERS and fields.issuperset(required)
            if readable and (best is None or len(fields) > best[0]):
                best = (len(fields), row, kind)
    if best is None:
        return SheetMapping(sheet.name, SheetKind.IGNORED, None)
    _, row, kind = best
    return SheetMapping(sheet.name, kind, row, columns_at(sheet, row, kind))


def check_mapping(mapping: WorkbookMapping, sheets: Sequence[Sheet]) -> None:
    """Refuse a mapping that does not fit the sheets.

    Raises `MappingRefused`, with a sentence that names the sheet and the column's letter, never a cell's content.
    """
    if [sheet.sheet for sheet in mapping.sheets] != [sheet.name for sheet in sheets]:
        raise MappingRefused("Les feuilles choisies ne sont pas celles du fichier. Rechargez le fichier, puis recommencez.")
    for chosen, sheet in zip(mapping.sheets, sheets, strict=True):
        _check_sheet(chosen, sheet)


def _check_sheet(chosen: SheetMapping, sheet: Sheet) -> None:
    if chosen.kind is SheetKind.IGNORED:
        return
    if chosen.header_row is None or not 0 <= chosen.header_row <= len(sheet.rows):
        raise MappingRefused(f"Feuille « {chosen.sheet} » : indiquez la ligne des en-têtes (0 s'il n'y en a pas).")
    fields = [column.field for column in chosen.columns if column.field is not None]
    wrong = next((c.letter for c in chosen.columns if c.field is not None and c.field not in FIELDS_OF[chosen.kind]), None)
    if wrong is not None or any(column.index < 0 for column in chosen.columns):
        raise MappingRefused(f"Feuille « {chosen.sheet} » : la colonne {wrong or '?'} ne convient pas à cette sorte de feuille.")
    if len(fields) != len(set(fields)):
        raise MappingRefused(f"Feuille « {chosen.sheet} » : deux colonnes sont choisies pour la même chose. Gardez-en une.")
    missing = [field for field in REQUIRED_OF[chosen.kind] if field not in fields]
    if missing:
        names = ", ".join(FIELD_FR[field] for field in missing)
        raise MappingRefused(f"Feuille « {chosen.sheet} » : choisissez la colonne pour : {names}.")


FIELD_FR: dict[Field, str] = {
    Field.NUMBER: "numéro",
    Field.PSEUDONYM: "prénom ou surnom",
    Field.FAMILY_NAME: "nom de famille",
    Field.BIRTH: "naissance ou âge",
    Field.GENDER: "sexe",
    Field.TERRITORY: "quartier",
    Field.FIRST_CONTACT: "premier contact",
    Field.MET_AT: "lieu ou moyen de la rencontre",
    Field.REFERENTS: "référents",
    Field.SITUATION: "situation",
    Field.AGREEMENT: "accord",
    Field.REMARK: "remarque",
    Field.DATE: "date",
    Field.PEOPLE: "jeunes",
    Field.PLACE: "lieu",
    Field.DURATION: "durée",
    Field.THEMES: "thèmes",
    Field.EDUCATORS: "éducateurs présents",
    Field.COMMENT: "commentaire",
    Field.START: "début",
    Field.END: "fin",
    Field.GIRLS_UNDER_16: "filles de moins de 16 ans",
    Field.BOYS_UNDER_16: "garçons de moins de 16 ans",
    Field.GIRLS_16_25: "filles de 16 à 25 ans",
    Field.BOYS_16_25: "garçons de 16 à 25 ans",
    Field.TITLE: "intitulé",
    Field.HOURS: "heures",
    Field.PARTNER: "donneur d'ordre",
    Field.PAID: "somme payée",
}
"""What a field is called on screen."""
