"""`verify export` and `verify journal`: whether anybody changed what was sealed. The first needs nothing but the file."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.commands.opened import service_of, structure_named
from api.commands.output import AsJson, say
from api.commands.troubles import REFUSED, USAGE, Trouble
from api.desk.journal import journal_file
from api.settings import read_settings
from crypto_shredding.journal.sillage_verify import Report, Unreadable, as_json, as_text, verify

Checkpoints = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="Un point de contrôle gardé à part ; autant qu’on veut.", exists=True, dir_okay=False, readable=True),
]
Key = Annotated[str | None, typer.Option("--key", help="La clé de signature que la structure publie : 64 chiffres hexadécimaux.")]
Export = Annotated[Path, typer.Argument(help="Le journal exporté.", exists=True, dir_okay=False, readable=True)]
Keep = Annotated[Path | None, typer.Option("--keep", help="Où garder le journal exporté.", dir_okay=False)]
Code = Annotated[str | None, typer.Option("--structure", help="Le code de la structure, s’il y en a plusieurs.")]


def check_export(file: Export, checkpoint: Checkpoints = None, key: Key = None, *, as_json: AsJson = False) -> None:
    """Vérifier un journal exporté, sans clé et sans base de données. Code 1 si quelque chose a été changé."""
    _tell(_report(file, checkpoint, key), as_program=as_json, key_compared=key is not None)


def check_journal(
    structure: Code = None, checkpoint: Checkpoints = None, keep: Keep = None, key: Key = None, *, as_json: AsJson = False
) -> None:
    """Sceller ce qui ne l’est pas encore, exporter le journal et le vérifier. Code 1 si quelque chose a été changé."""
    with tempfile.TemporaryDirectory() as folder:
        path = keep or Path(folder) / "journal"
        with service_of(read_settings()) as service:
            one = structure_named(service, structure)
            # Who did what to which reference: for its owner's eyes.
            path.touch(mode=0o600)
            with path.open("wb") as file:
                file.writelines(journal_file(one.notary, one.store.database))
            own = one.notary.public().hex()
        _tell(_report(path, checkpoint, key or own), as_program=as_json, key_compared=True)


def _report(file: Path, checkpoints: Sequence[Path] | None, key: str | None) -> Report:
    try:
        return verify(file, [path.read_text("utf-8") for path in checkpoints or ()], None if key is None else bytes.fromhex(key))
    except Unreadable:
        raise Trouble(
            "Ce fichier n’est pas un journal exporté, ou son début est abîmé. Exportez-le de nouveau.",
            "This file is no exported journal, or its beginning is damaged. Export it again.",
            REFUSED,
        ) from None
    except (ValueError, UnicodeDecodeError):
        raise Trouble(
            "Une clé a 64 chiffres hexadécimaux, et un point de contrôle est un fichier de texte : l’un des deux n’est pas cela.",
            "A key has 64 hexadecimal digits, and a checkpoint is a text file: one of both is not.",
            USAGE,
        ) from None


def _tell(report: Report, *, as_program: bool, key_compared: bool) -> None:
    for line in [as_json(report)] if as_program else as_text(report, key_compared=key_compared):
        say(line)
    if report.defects:
        sys.exit(REFUSED)
