"""`sillage account first-administrator`, as it is typed: one link, for a quarter of an hour, none once somebody administrates (R155)."""

import re
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from api.accounts.inviting import AdministratorExists
from api.bootstrap import Service, Structure
from api.commands.accounts import account_commands
from api.databases import Databases
from api.settings import Settings
from api.web.app import create_app
from domain.trail import Role
from tests.integration.doors.doors import ADDRESS, account_of, browser, with_password


def typed(databases: Databases, settings: Settings, folder: Path) -> Result:
    named = {
        "SILLAGE_DATABASE": databases.main,
        "SILLAGE_KEYS_DATABASE": databases.keys,
        "SILLAGE_DATA_FOLDER": str(folder / "donnees"),
        "SILLAGE_KEYS_FOLDER": str(settings.provider_folder),
        "SILLAGE_PUBLIC_ADDRESS": ADDRESS,
    }
    words = ["first-administrator", "--name", "Léo A.", "--initials", "LA", "--structure", "alpha"]
    return CliRunner().invoke(account_commands, words, env=named)


def test_the_command_prints_one_link_and_refuses_once_somebody_administrates(
    service: Service, structure: Structure, databases: Databases, settings: Settings, tmp_path: Path
) -> None:
    printed = typed(databases, settings, tmp_path)
    found = re.search(rf"{ADDRESS}/invitation#([0-9A-Z-]{{29}})", printed.output)

    assert found, printed.exception
    assert "15 minutes" in printed.output
    assert browser(create_app(service)).post("/invitation", data={"invitation": found[1]}).status_code == 200
    with_password(service, structure, account_of(service, Role.ADMINISTRATOR, "Ana B."), "ana.b")
    assert isinstance(typed(databases, settings, tmp_path).exception, AdministratorExists)
