"""`account first-administrator`: the one way into a fresh installation (R155)."""

from typing import Annotated

import typer

from api.accounts.inviting import invite_first_administrator, link_of
from api.commands.opened import service_of, structure_named
from api.commands.output import say
from api.commands.upkeep import Code
from api.settings import read_settings
from domain.sign_in.sign_in_rules import FIRST_INVITATION_FOR

account_commands = typer.Typer(no_args_is_help=True, help="Les comptes : le premier, les autres étant invités depuis le service.")


@account_commands.callback()
def accounts() -> None:
    """Les comptes."""  # The help's own sentence; it makes the group take a command's name.


@account_commands.command("first-administrator")
def first_administrator(
    name: Annotated[str, typer.Option(help="Le nom de la personne, comme il s’affichera.")],
    initials: Annotated[str, typer.Option(help="Ses initiales.")],
    structure: Code = None,
) -> None:
    """Donner le lien d’invitation de la première personne qui administre. Il sert une fois, pendant 15 minutes."""
    with service_of(read_settings()) as service:
        one = structure_named(service, structure)
        code = invite_first_administrator(service, one, name, initials)
        minutes = int(FIRST_INVITATION_FOR.total_seconds() // 60)
        say(f"\n  {link_of(service, code)}\n\n  Ouvrez ce lien dans les {minutes} minutes ; il sert une fois.")
        say(f"  Ou ouvrez {service.settings.address}/invitation et tapez : {code}\n")
