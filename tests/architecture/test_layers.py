"""The layers of design §3, kept by import-linter; each contract is shown to notice a violation planted in a copy of the house."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
PACKAGES = ("domain", "crypto_shredding", "projections", "api")
PLANTED = {
    "the domain imports a neighbour": ("domain/planted.py", "import projections.runner"),
    "the projections import the store": ("projections/planted.py", "import crypto_shredding.envelope"),
    "the store imports the projections": ("crypto_shredding/planted.py", "import projections.runner"),
    "the store imports the web": ("crypto_shredding/planted.py", "import api.settings"),
    "cryptography is imported by the web": ("api/planted.py", "import cryptography.fernet"),
    "the domain imports the database driver": ("domain/planted.py", "import psycopg"),
    "the projections import the web framework": ("projections/planted.py", "import fastapi"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(folder), "PATH": ""})


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(HOUSE / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(HOUSE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "static", "templates", "locales"))
    return folder


def test_the_house_keeps_its_layers(copied_house: Path) -> None:
    result = lint(copied_house)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("file", "line"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_is_noticed(copied_house: Path, file: str, line: str) -> None:
    planted = copied_house / file
    planted.write_text(f"{line}\n", "utf-8")
    try:
        assert "BROKEN" in lint(copied_house).stdout
    finally:
        planted.unlink()
