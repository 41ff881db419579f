"""Rules of the house that a reader of the sources can check."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOMS = {"domain", "crypto_shredding", "projections", "api", "tests", "docs"}
SOURCES = sorted(path for room in ("domain", "crypto_shredding", "projections", "api") for path in (HOUSE / room).rglob("*.py"))


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=HOUSE, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("this copy of the house is no git repository: what is tracked cannot be listed")
    return listing.stdout.splitlines()


def named(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def handlers(path: Path) -> Iterator[ast.ExceptHandler]:
    return (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ExceptHandler))


def test_no_other_room_was_built() -> None:
    folders = {path.split("/")[0] for path in tracked() if "/" in path}

    assert folders <= ROOMS | {".ci"}


def reads_environment(path: Path) -> bool:
    """Handing a value down to child processes (`os.environ[...] = ...`) is no reading."""
    tree = ast.parse(path.read_text("utf-8"))
    handed_down = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    touched = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and id(node) not in handed_down)
    return any(ast.unparse(node).startswith(("os.environ", "os.getenv")) for node in touched)


def test_the_environment_has_one_reader() -> None:
    assert {named(path) for path in SOURCES if reads_environment(path)} <= {"api/settings.py"}


def test_connections_leave_the_pool_through_one_door() -> None:
    takers = {named(path) for path in SOURCES if any(re.search(r"pool\.(connection|getconn)$", call) for call in calls(path))}

    assert takers == {"crypto_shredding/postgresql/database.py"}


def test_files_stay_readable() -> None:
    # The verifier runs alone, on a machine that has nothing of ours: it is one file, or it is none.
    at_most = {"crypto_shredding/journal/sillage_verify.py": 700}
    long = {named(path): lines for path in SOURCES if (lines := len(path.read_text("utf-8").splitlines())) > at_most.get(named(path), 400)}

    assert not long


def test_everything_is_caught_at_the_outermost_boundaries_alone() -> None:
    catching_all = {
        named(path)
        for path in SOURCES
        for handler in handlers(path)
        if handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}
        if not isinstance(handler.body[-1], ast.Raise)  # Cleaning up and letting it pass is no catching.
    }

    assert catching_all <= {"api/web/boundary.py", "projections/runner.py", "api/imports/imports.py"}


def test_no_module_bears_a_name_that_says_nothing() -> None:
    assert not {named(path) for path in SOURCES if path.stem in {"utils", "util", "helpers", "common", "manager", "base", "misc"}}


@pytest.mark.parametrize("forbidden", [r"https?://[^\s\"')]*(pypi\.org|pythonhosted|npmjs|debian\.org)", r"(?<![\w.])/(work|farm|root)/"])
def test_no_registry_and_no_machine_is_named(forbidden: str) -> None:
    guilty = []
    for name in tracked():
        path = HOUSE / name
        if path.suffix in {".xlsx", ".png", ".mo", ".woff2"} or not path.exists() or path == Path(__file__):
            continue
        if re.search(forbidden, path.read_text("utf-8", errors="replace")):
            guilty.append(name)

    assert not guilty
