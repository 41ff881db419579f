"""`sillage …`, or `python -m api …`: the service's command line (design §9)."""

import sys

import typer

from api.commands import accounts, importing, keys, saving, sealing, serving, structures, upkeep, verifying
from api.commands.troubles import Trouble, told

app = typer.Typer(
    name="sillage",
    help="Sillage : le dossier d’un jeune, qu’il peut regarder, vérifier et défaire.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serving.serve)
app.command("demo")(serving.demo)
app.command("migrate")(upkeep.migrate)
app.command("import")(importing.import_file)
app.command("rebuild")(upkeep.rebuild)
app.command("erase")(upkeep.erase)
app.command("doctor")(upkeep.doctor)
app.command("backup")(saving.backup)
app.command("restore")(saving.restore)
app.add_typer(structures.structure_commands, name="structure")
keys.key_commands.command("protect")(sealing.protect)
app.add_typer(keys.key_commands, name="keys")
app.add_typer(accounts.account_commands, name="account")
app.add_typer(verifying.verify_commands, name="verify")


def main() -> None:
    """Run one command and leave with its exit code (`api.commands.troubles`)."""
    try:
        with told():
            # The name that people type: help and refusals repeat it.
            app(prog_name="./run sillage")
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        sys.exit(trouble.code)
