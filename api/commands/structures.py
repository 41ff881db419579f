"""`structure add` and `structure list`."""

from typing import Annotated
from uuid import uuid4

import typer

from api.commands.opened import databases_of, service_of
from api.commands.output import AsJson, give, say
from api.commands.unsealing import open_keys
from api.databases import add_structure
from api.key_providers import providers_of
from api.settings import read_settings
from domain.identifiers import StructureId

structure_commands = typer.Typer(no_args_is_help=True, help="Les structures que le service sert.")


@structure_commands.command("add")
def add(
    code: Annotated[str, typer.Argument(help="Un nom court : lettres minuscules, chiffres, « _ ». Il nomme les schémas et les rôles.")],
    name: Annotated[str, typer.Argument(help="Le nom de la structure, comme il s’affiche.")],
) -> None:
    """Créer une structure : schémas, rôles, premières clés. Recommencer ne change rien."""
    settings = read_settings()
    open_keys(settings)
    with databases_of(settings) as databases:
        add_structure(databases, providers_of(settings), StructureId(uuid4()), code, name)
    say(f"La structure « {code} » est prête.")


@structure_commands.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """Lister les structures."""
    with service_of(read_settings(), keys=False) as service:
        rows = [{"code": entry.code, "name": entry.name, "structure": str(entry.structure_id)} for entry in service.directory.structures()]
    give(rows, as_json=as_json, columns=("code", "name", "structure"))
