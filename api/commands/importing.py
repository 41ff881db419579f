"""`import`: a structure's file becomes records, from a terminal. Looked at first, confirmed, then written whole or not at all (N30)."""

import json
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer

from api.accounts.accounts import Account
from api.bootstrap import Structure
from api.commands.opened import service_of, structure_named
from api.commands.output import AsJson, confirmed, progress_bar, say
from api.commands.troubles import UNAVAILABLE, USAGE, Trouble
from api.commands.upkeep import Code
from api.imports.import_choices import Choices, mapping_from_json, mapping_to_json
from api.imports.import_mapping import completed_mapping
from api.imports.import_outcome import UNCHANGED, Outcome
from api.imports.import_summary import Doubt, Summary
from api.imports.imports import Desk
from api.settings import read_settings
from domain.identifiers import RequestId
from domain.intake import CONSEQUENCE_FR, SENTENCES_FR, Consequence, ReasonCode, Sheet
from domain.refusals import AlreadyImported, NothingToWrite
from domain.trail import Actor, Purpose, Role
from projections.runner import AnotherRunnerLeads, Stopped

_IMPORTERS: Final = (Role.EDUCATOR, Role.ADMINISTRATOR)
_EXAMPLES: Final = 3
"""Doubtful lines that are printed for each reason; `--json` gives all of them."""
_LABELS: Final = {
    "agreed": "dossiers avec accord",
    "anonymous": "dossiers sous un code (accord non noté)",
    "completed": "dossiers complétés",
    "contacts": "contacts",
    "presences": "contacts sans dossier, comptés",
    "outings": "sorties",
    "chantiers": "chantiers",
    "refused": "personnes qui ont refusé : jamais écrites",
    "set_aside": "lignes mises de côté",
    "skipped": "jeunes qui ont déjà un dossier",
    "known": "lignes déjà reprises",
    "duplicates": "ressemblances : rien n’est fusionné",
}

File = Annotated[Path, typer.Argument(help="Un fichier xlsx, xls, ods ou csv.", exists=True, dir_okay=False, readable=True)]
Importer = Annotated[str | None, typer.Option("--as", help="Les initiales de la personne qui reprend le fichier.")]
Referent = Annotated[str | None, typer.Option(help="Les initiales de qui accompagne les jeunes dont les initiales ne sont à personne.")]
MappingFile = Annotated[
    Path | None, typer.Option(help="Un fichier JSON qui dit quelle colonne est quoi, comme --json le montre.", exists=True, dir_okay=False)
]


def import_file(
    file: File,
    structure: Code = None,
    importer: Importer = None,
    referent: Referent = None,
    mapping: MappingFile = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Écrire sans demander confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Reprendre un tableur ou l’export d’une ancienne base : aperçu, confirmation, puis tout ou rien."""
    with service_of(read_settings()) as service:
        one = structure_named(service, structure)
        person = _person(one, importer, _IMPORTERS)
        desk = Desk(one, Actor(person.account_id, person.role, Purpose.TAKE_OVER_FILES, RequestId(uuid4())))
        fallback = None if referent is None else _person(one, referent, (Role.EDUCATOR,)).account_id
        said: dict[str, Any] = {}
        _take_over(desk, file, Choices(file.name, fallback=fallback), mapping, said, yes=yes, as_json=as_json)
    if as_json:
        say(json.dumps(said, ensure_ascii=False))


def _take_over(desk: Desk, file: Path, begun: Choices, mapping: Path | None, said: dict[str, Any], *, yes: bool, as_json: bool) -> None:
    _bring_views_up(desk.structure)
    desk.structure.records.preview_import(desk.actor)
    content = file.read_bytes()
    try:
        choices, summary = _looked_at(desk, desk.open(content, file.name), begun, mapping)
        said["preview"] = _preview(choices, summary)
        if not as_json:
            _print(choices, summary)
        if not yes and (as_json or not confirmed("Écrire tout cela ?")):
            return
        with progress_bar("Reprise") as progress:
            outcome = Outcome.of(desk.write(content, choices, progress))
    except (AlreadyImported, NothingToWrite):
        outcome = UNCHANGED
    said["outcome"] = {
        name: getattr(outcome, name) for name in ("unchanged", "opened", "completed", "contacts", "activities", "lines_known")
    }
    _bring_views_up(desk.structure)
    if not as_json:
        say(_sentence(outcome))


def _looked_at(desk: Desk, sheets: tuple[Sheet, ...], choices: Choices, mapping: Path | None) -> tuple[Choices, Summary]:
    proposed, summary = desk.preview(sheets, choices)
    if mapping is None or proposed.mapping is None:
        return proposed, summary
    try:
        said = mapping_from_json(json.loads(mapping.read_text("utf-8")))
    except (ValueError, KeyError, TypeError):
        raise Trouble(
            f"{mapping.name} ne dit pas quelle colonne est quoi. Partez de ce que « ./run sillage import FICHIER --json » donne.",
            f"{mapping.name} does not say which column is which. Begin with what --json gives under 'mapping'.",
            USAGE,
        ) from None
    return desk.preview(sheets, Choices(choices.filename, completed_mapping(said, proposed.mapping, sheets), {}, choices.fallback))


def _person(structure: Structure, initials: str | None, roles: tuple[Role, ...]) -> Account:
    """Find who this is; without initials, the only one who may import."""
    able = [account for account in structure.accounts.all() if account.role in roles and account.initials]
    found = [account for account in able if initials is None or account.initials == initials]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(str(account.initials) for account in able)) or "–"
    raise Trouble(
        f"Dites qui reprend ce fichier avec --as, et à qui confier avec --referent : {known}.",
        f"Name who takes this file over with --as, and whom to entrust with --referent: {known}.",
        USAGE,
    )


def _bring_views_up(structure: Structure) -> None:
    """Bring the lists up to date, which a file is compared with. A running service does it by itself."""
    try:
        structure.runner.run_once()
    except AnotherRunnerLeads:
        return
    except Stopped as stop:
        raise Trouble(
            f"Les vues sont arrêtées à l’événement {stop.position} ({stop.reason}). Rien n’est perdu : lancez « ./run sillage doctor ».",
            f"The views stopped at event {stop.position} ({stop.reason}). Nothing is lost: run './run sillage doctor'.",
            UNAVAILABLE,
        ) from None


def _preview(choices: Choices, summary: Summary) -> dict[str, Any]:
    return {
        "filename": choices.filename,
        "counts": summary.counts,
        "mapping": [] if choices.mapping is None else mapping_to_json(choices.mapping),
        "unknown_initials": list(summary.strangers),
        "doubts": [
            {**_where(doubt), "reason": doubt.reason, "sentence": SENTENCES_FR[ReasonCode(doubt.reason)]} for doubt in summary.doubts
        ],
        "duplicates": [{"sheet": offer.sheet, "row": offer.row, "reason": offer.reason} for offer in summary.offers],
    }


def _where(doubt: Doubt) -> dict[str, Any]:
    return {"sheet": doubt.sheet, "row": doubt.row, "column": doubt.column, "read": doubt.read, "consequence": doubt.consequence}


def _print(choices: Choices, summary: Summary) -> None:
    say(f"\n{choices.filename} – rien n’est encore écrit.\n")
    for name, label in _LABELS.items():
        if summary.counts[name] or name in {"agreed", "anonymous", "contacts"}:
            say(f"  {summary.counts[name]:>6}  {label}")
    by_reason = sorted(summary.doubts, key=lambda doubt: doubt.reason)
    for reason, group in groupby(by_reason, key=lambda doubt: doubt.reason):
        doubts = list(group)
        say(f"\n  {len(doubts)} × {SENTENCES_FR[ReasonCode(reason)]}")
        for doubt in doubts[:_EXAMPLES]:
            say(
                f"      {_place(doubt)}{f' : lu « {doubt.read} »' if doubt.read else ''} → {CONSEQUENCE_FR[Consequence(doubt.consequence)]}"
            )
    say("")


def _place(doubt: Doubt) -> str:
    return f"{doubt.sheet}, ligne {doubt.row}{f', colonne {doubt.column}' if doubt.column else ''}"


def _sentence(outcome: Outcome) -> str:
    if outcome.unchanged:
        return "Ce fichier a déjà été repris : rien n’a changé."
    return (
        f"Repris : {outcome.opened} dossiers ouverts, {outcome.completed} complétés, {outcome.contacts} contacts,"
        f" {outcome.activities} sorties, chantiers et contacts sans dossier ; {outcome.lines_known} lignes étaient déjà là."
    )
