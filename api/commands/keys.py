"""`keys status`, `keys rotate`, `keys escrow`, `keys recover`: the keys, without ever showing one, but the shares of the escrow, once."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import click
import typer

from api.bootstrap import Structure
from api.commands.opened import databases_of, service_of, structure_named
from api.commands.output import AsJson, give, say
from api.commands.troubles import REFUSED, UNAVAILABLE, USAGE, Trouble
from api.commands.unsealing import open_keys
from api.commands.upkeep import Code
from api.databases import structures_in
from api.key_providers import providers_of
from api.settings import Settings, read_settings
from crypto_shredding.backups.backup_file import BackupUnusable
from crypto_shredding.backups.backup_key import BackupKeyDamaged
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.keys import escrow
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import ProviderError, ProviderKeyMissing, ProviderSealed, ProviderUnavailable
from crypto_shredding.keys.recovering import take_in
from crypto_shredding.keys.rotation import AnotherRotates
from crypto_shredding.postgresql.database import schema_of
from domain.refusals import ConcurrentChange

key_commands = typer.Typer(no_args_is_help=True, help="Les clés, sans jamais les montrer.")


@key_commands.command("status")
def status(*, as_json: AsJson = False) -> None:
    """Dire, par structure, l’époque des clés, qui la garde, et combien de trousseaux vivent ou sont effacés."""
    with service_of(read_settings(), keys=False) as service:
        rows = [{"structure": structure.code, **_state(structure)} for structure in service.structures()]
    give(rows, as_json=as_json, columns=("structure", "epoch", "provider", "begun_at", "active", "erased", "waiting"))


@key_commands.command("rotate")
def rotate(structure: Code = None) -> None:
    """Finir l’époque : les trousseaux vivants passent à une clé neuve, l’ancienne est détruite. Le service peut tourner."""
    with service_of(read_settings()) as service:
        one = structure_named(service, structure)
        try:
            epoch = one.rotation.rotate()
            if one.rotation.is_present_lost():
                # What was under way ended on an epoch that had been in people's hands.
                epoch = one.rotation.rotate()
        except AnotherRotates:
            raise Trouble("Une rotation est déjà en cours.", "A rotation is under way already.", REFUSED) from None
        except (ProviderError, BackupUnusable, BackupKeyDamaged, EnvelopeError, KeyUnknown, OSError) as failure:
            raise _stopped(failure) from None
        # What is not written now is written by the service or by the next rotation: the epoch has ended all the same.
        with contextlib.suppress(ConcurrentChange):
            one.erasures.conclude()
        lost = one.rotation.erased_in_lost_epochs()
    say(f"« {one.code} » est à l’époque {epoch}. Ce qui a été effacé avant est irréversible : aucune ancienne copie ne s’ouvre plus.")
    if lost:
        say(
            f"Sauf {lost} : leur clé est partie avec un support perdu, et qui a ce support avec une ancienne copie de la base les ouvre"
            " encore. Ils ne seront pas dits irréversibles : notez-le au registre."
        )


@key_commands.command("escrow")
def found_escrow(*, yes: Annotated[bool, typer.Option("--yes", help="Montrer les trois parts à la suite, sans attendre.")] = False) -> None:
    """Fonder le secours : trois parts à remettre à trois personnes, dont deux suffisent. Elles ne sont montrées qu’une fois."""
    settings = read_settings()
    folder = _escrow_folder(settings)
    try:
        shares = escrow.found(folder)
    except escrow.AlreadyFounded as refusal:
        raise Trouble(str(refusal), "This escrow exists already: take a new folder and destroy this one.", REFUSED) from None
    for number, words in enumerate(shares, start=1):
        say(f"\nPart {number} sur {len(shares)}, pour une seule personne, sur papier :\n\n{words}\n")
        if not yes:
            typer.confirm("Recopiée et relue ? L’écran va être effacé avant la part suivante")
            click.clear()
    say("Lancez « ./run sillage keys rotate » maintenant : l’époque qui commence sera la première que le secours peut rendre.")


@key_commands.command("escrow-check")
def check_escrow() -> None:
    """Vérifier que deux parts ouvrent le secours, sans rien changer."""
    folder = _escrow_folder(read_settings())
    try:
        escrow.check_shares(folder, _two_shares())
    except escrow.SharesRefused as refusal:
        raise Trouble(str(refusal), "These shares do not go together, or are too few.", REFUSED) from None
    say("Ces deux parts ouvrent le secours.")


@key_commands.command("recover")
def recover(structure: Code = None) -> None:
    """Reprendre avec deux parts du secours quand le fournisseur de clés est perdu. Une rotation suit aussitôt."""
    settings = read_settings()
    folder = _escrow_folder(settings)
    open_keys(settings)
    shares = _two_shares()
    with databases_of(settings) as databases:
        found = [one for one in structures_in(databases) if structure in {None, one[1]}]
        if len(found) != 1:
            raise Trouble("Précisez la structure avec --structure.", "Name the structure with --structure.", USAGE)
        identifier, code = found[0]
        try:
            provider = providers_of(settings).current
            take_in(databases.keys, schema_of(code), identifier, provider, lambda epoch: escrow.recover(folder, identifier, epoch, shares))
        except escrow.SharesRefused as refusal:
            raise Trouble(str(refusal), "These shares do not go together, or are too few.", REFUSED) from None
        except ProviderKeyMissing:
            raise Trouble(
                "Le secours ne garde pas toutes les époques qui vivent dans cette base. S’il en existe une autre copie, montez-la.",
                "The escrow does not keep every epoch that lives in this database. If there is another copy of its folder, mount it.",
                REFUSED,
            ) from None
        except (EnvelopeError, KeyUnknown):
            raise Trouble(
                "Ce que le secours garde n’ouvre pas cette base : elle est plus ancienne ou plus récente que lui.",
                "What the escrow keeps does not open this database: one is older than the other.",
                REFUSED,
            ) from None
    rotate(code)


@key_commands.command("forget-replica")
def forget_replica(
    folder: Annotated[Path, typer.Argument(help="Le dossier de la copie, comme il était écrit dans SILLAGE_KEYS_REPLICAS.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander confirmation.")] = False,
) -> None:
    """Ne plus attendre une copie du dossier des clés, une fois son support détruit. Rien n’est écrit ni effacé sur ce support."""
    settings = read_settings()
    if not yes:
        typer.confirm("Son support est-il détruit ? Sinon ce qui a été effacé s’ouvrirait encore avec lui. Oublier cette copie", abort=True)
    provider = FileProvider(settings.provider_folder.absolute(), settings.keys_replicas)
    try:
        was_known = provider.forget_replica(folder)
    except ProviderError as failure:
        raise Trouble(str(failure), f"The folder of keys does not answer ({type(failure).__name__}).", UNAVAILABLE) from None
    if not was_known:
        raise Trouble("Aucune copie n’est connue à cet endroit.", "No replica is known in this place.", REFUSED)
    say("Oubliée. Lancez « ./run sillage keys rotate » : la rotation ne l’attend plus.")


def _stopped(failure: Exception) -> Trouble:
    # A refusal of the provider, and no other text, is written for people.
    why = str(failure) if isinstance(failure, ProviderUnavailable | ProviderSealed) else ""
    if isinstance(failure, OSError):
        why = f"Un dossier ne répond pas ({failure.strerror}) : vérifiez la place qui y reste et les droits du service."
    if isinstance(failure, EnvelopeError):
        why = "Un trousseau est abîmé : « ./run sillage doctor » dit combien."
    kind = type(failure).__name__
    return Trouble(
        f"La rotation s’est arrêtée ({kind}) ; rien n’est perdu et l’ancienne clé vit encore. {why or 'Levez la cause.'} Puis recommencez :"
        " elle reprendra où elle en était.",
        f"The rotation stopped ({kind}); nothing is lost and the old key still lives. Mend the cause and run it again: it goes on from"
        " where it stood.",
        UNAVAILABLE,
    )


def _two_shares() -> list[str]:
    return [typer.prompt(f"Part {number}", hide_input=sys.stdin.isatty()) for number in (1, 2)]


def _escrow_folder(settings: Settings) -> Any:
    if settings.escrow_folder is None:
        raise Trouble(
            "Dites où le secours est gardé : SILLAGE_ESCROW_FOLDER, sur un support à part.",
            "Say where the escrow is kept: SILLAGE_ESCROW_FOLDER, on a medium of its own.",
            USAGE,
        )
    return settings.escrow_folder


def _state(structure: Structure) -> dict[str, Any]:
    keys = structure.store.key_store.database
    query = keys.statement(
        "SELECT e.epoch, e.provider, e.begun_at, (SELECT count(*) FILTER (WHERE state = 'active') FROM {key_rings}),"
        " (SELECT count(*) FILTER (WHERE state = 'erased') FROM {key_rings}),"
        " (SELECT count(*) FROM {erasure_ledger} JOIN {epochs} AS w USING (epoch) WHERE w.destroyed_at IS NULL)"
        " FROM {epochs} AS e ORDER BY e.epoch DESC LIMIT 1"
    )
    with keys.connection() as connection:
        row = connection.execute(query).fetchone() or (0, "–", None, 0, 0, 0)
    return dict(zip(("epoch", "provider", "begun_at", "active", "erased", "waiting"), row, strict=True))
