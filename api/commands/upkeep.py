"""`migrate`, `rebuild`, `erase`, `doctor`: what keeps a service in order."""

import sys
import time
from typing import Annotated, Final
from uuid import UUID, uuid4

import typer

from api.accounts.sign_in import USUAL_PURPOSE
from api.bootstrap import Structure
from api.commands.opened import databases_of, service_of, structure_named
from api.commands.output import AsJson, give, must_confirm, progress_bar, say
from api.commands.troubles import REFUSED, UNAVAILABLE, USAGE, Trouble
from api.databases import migrate as bring_up_to_date
from api.health import Check, checks_of
from api.key_providers import providers_of
from api.settings import read_settings
from domain.identifiers import AccountId, ErasureId, RequestId, YouthId
from domain.oblivion.erasure import Erasure, Obstacle, Stage
from domain.refusals import ConcurrentChange
from domain.trail import Actor
from projections.rebuild import rebuild as rebuild_views
from projections.runner import AnotherRunnerLeads, Stopped

_TICK_SECONDS: Final = 0.2
_WAITS_FOR: Final = {
    Obstacle.COOLING_OFF: "la fin du délai de réflexion",
    Obstacle.APPROVALS: "l’accord d’une deuxième personne",
    Obstacle.ARCHIVE_GATE: "l’accord des archives, que la personne déléguée à la protection des données saisit dans « Archives »",
    Obstacle.HOLD: "la fin d’une suspension",
}

Code = Annotated[str | None, typer.Option("--structure", help="Le code de la structure, s’il y en a plusieurs.")]


def migrate() -> None:
    """Mettre les deux bases à jour. Recommencer ne change rien."""
    settings = read_settings()
    with databases_of(settings) as databases:
        bring_up_to_date(databases, providers_of(settings))
    say("Les bases sont à jour.")


def rebuild(structure: Code = None) -> None:
    """Jeter les vues et les reconstruire depuis les événements, à l’identique."""
    with service_of(read_settings()) as service:
        one = structure_named(service, structure)
        try:
            with progress_bar("Reconstruction") as progress:
                position = rebuild_views(one.runner_store.database, one.runner, progress)
        except Stopped as stop:
            raise Trouble(
                f"L’événement {stop.position} ne peut pas être traité ({stop.reason}). Rien n’est perdu : lancez « ./run sillage doctor ».",
                f"The event {stop.position} cannot be processed ({stop.reason}). Nothing is lost: run './run sillage doctor'.",
                REFUSED,
            ) from None
    say(f"Les vues de « {one.code} » sont reconstruites jusqu’à l’événement {position}.")


def erase(
    record: Annotated[UUID, typer.Argument(help="L’identifiant du dossier.")],
    account: Annotated[UUID, typer.Option(help="Le compte de la personne référente, en présence du jeune.")],
    structure: Code = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander confirmation.")] = False,
) -> None:
    """Effacer un dossier en présence du jeune, et attendre que sa clé soit détruite et ses chiffrés annulés."""
    if not yes:
        must_confirm("On ne revient pas d’un effacement : la clé du dossier sera détruite. Effacer ?")
    with service_of(read_settings()) as service:
        one = structure_named(service, structure)
        erasure = one.records.close_record(_actor(one, AccountId(account)), YouthId(record), asked_in_person=True)
        say(f"Dossier fermé. Effacement {erasure}…")
        carry_to_its_end(one, erasure)
    say("Donnée effacée : la clé est détruite, les chiffrés sont annulés.")


def doctor(structure: Code = None, *, as_json: AsJson = False) -> None:
    """Vérifier le service : bases, migrations, clés, vues, effacements, journal. Code 1 si quelque chose ne va pas."""
    with service_of(read_settings()) as service:
        found: list[Check] = [check for one in service.structures() if structure in {None, one.code} for check in checks_of(service, one)]
    rows = [{"structure": check.structure, "check": check.name, "ok": check.ok, "detail": check.detail} for check in found]
    give(rows, as_json=as_json, columns=("structure", "check", "ok", "detail"))
    if not all(check.ok for check in found):
        sys.exit(REFUSED)


def carry_to_its_end(structure: Structure, erasure: ErasureId) -> None:
    """Carry an erasure on until it is purged, beside a running service. Raises `Trouble` when it waits for somebody, or was cancelled."""
    while not _advanced(structure, erasure):
        _leave_if_something_stands_in_the_way(structure, erasure)
        time.sleep(_TICK_SECONDS)
    found = structure.records.find_kind(Erasure, erasure)
    if found is not None and found.stage is Stage.CANCELLED:
        raise Trouble(
            "L’effacement vient d’être annulé : le dossier est de nouveau ouvert, entier. Rien n’a été détruit.",
            "The erasure was cancelled a moment ago: the record is open again, whole. Nothing was destroyed.",
            REFUSED,
        )


def _actor(structure: Structure, account_id: AccountId) -> Actor:
    account = structure.accounts.get(account_id)
    if account is None or account.role not in USUAL_PURPOSE:
        raise Trouble("Ce compte n’existe pas dans cette structure.", "There is no such account in this structure.", USAGE)
    return Actor(account.account_id, account.role, USUAL_PURPOSE[account.role], RequestId(uuid4()))


def _leave_if_something_stands_in_the_way(structure: Structure, erasure: ErasureId) -> None:
    found = structure.records.find_kind(Erasure, erasure)
    waiting = () if found is None or found.begun is not None else structure.records.obstacles_of(found)
    if waiting:
        reasons = ", ".join(_WAITS_FOR[obstacle] for obstacle in waiting)
        raise Trouble(
            f"Le dossier est fermé, plus personne ne peut l’ouvrir. L’effacement attend {reasons} ; il reprendra de lui-même ensuite.",
            "The record is closed and nobody can open it. The erasure waits for what is said above, and goes on by itself afterwards.",
            REFUSED,
        )


def _advanced(structure: Structure, erasure: ErasureId) -> bool:
    try:
        structure.runner.run_once()
    except AnotherRunnerLeads:
        pass  # The running service carries the views past the fence by itself.
    except Stopped as stop:
        raise Trouble(
            f"Le dossier est fermé, mais les vues sont arrêtées à l’événement {stop.position} ({stop.reason}) : l’effacement reprendra.",
            f"The record is closed, but the views stopped at event {stop.position} ({stop.reason}): the erasure goes on afterwards.",
            UNAVAILABLE,
        ) from None
    try:
        return structure.erasures.advance(erasure)
    except ConcurrentChange:
        return False  # The running service was faster; what is left is found in the databases.
