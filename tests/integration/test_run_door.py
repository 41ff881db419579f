"""The one door, really opened: in a copy of the project, with a PATH, a disk or a network that lacks something."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ["sh", "dirname", "cmp", "cat", "df", "awk", "mktemp", "rm", "ls", "find", "grep", "cp", "tail", "env", "uname"]
REAL_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
SERVICE = """
import sys, os
print("api", *sys.argv[1:], os.environ["SILLAGE_DATA_FOLDER"])
sys.exit(3)
"""


@dataclass(frozen=True)
class Copy:
    """A copy of the door in a folder of its own, and a PATH that holds nothing but what a test puts there."""

    root: Path
    path: Path

    def add_program(self, name: str, script: str) -> None:
        program = self.path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def add_python(self, name: str = "python3") -> None:
        self.add_program(name, f'exec "{REAL_PYTHON}" "$@"')

    def pretend_installed(self, script: str) -> None:
        """Put `script` in the place of the virtual environment's Python, with the locks marked as installed."""
        (self.root / ".venv" / "bin").mkdir(parents=True)
        program = self.root / ".venv" / "bin" / "python"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        for lock in ("requirements.lock", "requirements-dev.lock"):
            shutil.copy(self.root / lock, self.root / ".venv" / f"installed-{lock}")

    def run(
        self, *arguments: str, user: int | None = None, given: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        clean = {"PATH": str(self.path), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", **given}
        return subprocess.run(
            ["/bin/sh", self.root / "run", *arguments],
            env=clean,
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            timeout=100,
        )


@pytest.fixture
def door(tmp_path: Path) -> Copy:
    return copy_into(tmp_path)


def copy_into(place: Path) -> Copy:
    """Copy the door into `place`, with a service that only tells what it was given."""
    copy = Copy(place / "projet", place / "path")
    for folder in (copy.root, copy.path, copy.root / "api"):
        folder.mkdir()
    for file in ("run", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / file, copy.root / file)
    (copy.root / "api" / "__main__.py").write_text(SERVICE)
    for tool in TOOLS:
        (copy.path / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    return copy


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    yield place
    subprocess.run(["umount", place], check=True)


def wheel_of_ours(folder: Path, version: str) -> str:
    """Write a wheel of one empty module and give its SHA-256."""
    folder.mkdir(exist_ok=True)
    wheel = folder / f"petit-{version}-py3-none-any.whl"
    about = f"petit-{version}.dist-info"
    files = {
        "petit.py": b"",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: petit\nVersion: {version}\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={digest(content)},{len(content)}" for name, content in files.items()]
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{about}/RECORD", "\n".join([*lines, f"{about}/RECORD,,"]) + "\n")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def lock_of(version: str, sha256: str) -> str:
    return f"petit=={version} \\\n    --hash=sha256:{sha256}\n"


def test_without_python_the_remedy_is_said_in_french_and_english(door: Copy) -> None:
    answer = door.run()

    assert answer.returncode == 69
    assert "Il faut Python 3.11 ou plus récent" in answer.stderr
    assert "Python 3.11 or later is needed" in answer.stderr
    assert "apt install python3" in answer.stderr


def test_a_python_that_is_too_old_is_not_taken(door: Copy) -> None:
    door.add_program("python3", "exit 1")

    answer = door.run()

    assert answer.returncode == 69
    assert "Python 3.11 or later is needed" in answer.stderr


def test_without_the_venv_module_the_package_to_install_is_named(door: Copy) -> None:
    door.add_program("python3", f'case "$2" in *ensurepip*) exit 1 ;; esac\nexec "{REAL_PYTHON}" "$@"')

    answer = door.run()

    assert answer.returncode == 69
    assert "Le module venv de Python manque" in answer.stderr
    assert "Python's venv module is missing" in answer.stderr
    assert f"apt install {REAL_PYTHON.name}-venv" in answer.stderr


def test_a_read_only_folder_is_said_with_the_way_to_install_elsewhere() -> None:
    with tempfile.TemporaryDirectory(prefix="sillage-") as folder:
        # Root writes everywhere, so the door is then opened as somebody else, who must be able to walk here.
        Path(folder).chmod(0o755)
        door = copy_into(Path(folder))
        door.root.chmod(0o555)
        answer = door.run(user=65534 if os.geteuid() == 0 else None)
        door.root.chmod(0o755)

    assert answer.returncode == 73
    assert "est en lecture seule" in answer.stderr
    assert "is read-only" in answer.stderr
    assert "SILLAGE_VENV=$HOME" in answer.stderr


def test_a_disk_without_enough_space_is_said_before_anything_is_installed(door: Copy, small_disk: Path) -> None:
    door.add_python()

    answer = door.run(given={"SILLAGE_VENV": str(small_disk / "venv")})

    assert answer.returncode == 73
    assert "plus assez de place" in answer.stderr
    assert "not enough space left" in answer.stderr
    assert not (small_disk / "venv").exists()


def test_without_network_the_first_installation_says_so(door: Copy) -> None:
    door.add_python()

    answer = door.run(given={"PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_TIMEOUT": "2"})

    assert answer.returncode == 69
    assert "a besoin du réseau" in answer.stderr
    assert "needs the network" in answer.stderr


def test_a_package_that_is_not_the_expected_one_is_not_installed(door: Copy, tmp_path: Path) -> None:
    door.add_python()
    wheel_of_ours(tmp_path / "wheels", "1.0")
    (door.root / "requirements.lock").write_text(lock_of("1.0", "0" * 64))

    answer = door.run(given={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels")})

    assert answer.returncode == 69
    assert "empreinte différente" in answer.stderr
    assert "its digest differs" in answer.stderr


def test_the_first_start_installs_the_second_does_not_and_a_new_lock_does(door: Copy, tmp_path: Path) -> None:
    door.add_python()
    wheels = tmp_path / "wheels"
    (door.root / "requirements.lock").write_text(lock_of("1.0", wheel_of_ours(wheels, "1.0")))
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}

    first, second = door.run(given=local), door.run(given=local)
    (door.root / "requirements.lock").write_text(lock_of("2.0", wheel_of_ours(wheels, "2.0")))
    third = door.run(given=local)

    assert ["Installation" in answer.stderr for answer in (first, second, third)] == [True, False, True]
    assert [answer.returncode for answer in (first, second, third)] == [3, 3, 3]
    assert len(list((door.root / ".venv").glob("lib/*/site-packages/petit-2.0.dist-info"))) == 1


def test_a_folder_that_holds_something_else_is_never_emptied(door: Copy, tmp_path: Path) -> None:
    door.add_python()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("x")

    answer = door.run(given={"SILLAGE_VENV": str(precious)})

    assert answer.returncode == 64
    assert "contient autre chose" in answer.stderr
    assert "holds something else" in answer.stderr
    assert (precious / "letter.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "reached"),
    [
        ((), "api demo"),
        (("--port", "8010"), "api demo --port 8010"),
        (("demo", "--port", "8010"), "api demo --port 8010"),
        (("sillage", "import", "fichier.xlsx"), "api import fichier.xlsx"),
    ],
    ids=["nothing", "an option", "demo", "sillage"],
)
def test_the_service_gets_its_arguments_and_its_data_folder_and_gives_its_exit_code(
    door: Copy, arguments: tuple[str, ...], reached: str
) -> None:
    door.pretend_installed(f'exec "{REAL_PYTHON}" "$@"')

    answer = door.run(*arguments)

    assert answer.stdout.strip() == f"{reached} {door.root / 'donnees'}"
    assert answer.returncode == 3


def test_a_data_folder_named_by_the_caller_is_the_callers(door: Copy) -> None:
    door.pretend_installed(f'exec "{REAL_PYTHON}" "$@"')

    assert door.run(given={"SILLAGE_DATA_FOLDER": "ici"}).stdout.split()[-1] == str(door.path / "ici")


def test_the_door_adds_less_than_three_tenths_of_a_second_to_a_later_start(door: Copy) -> None:
    door.pretend_installed("exit 0")

    begun = time.perf_counter()
    answer = door.run()

    assert answer.returncode == 0
    assert time.perf_counter() - begun < 0.3


def test_the_checks_go_on_after_a_failure_and_name_what_failed(door: Copy) -> None:
    door.pretend_installed('case "$*" in *mypy*|*lint_imports*|*architecture*) exit 1 ;; esac')

    answer = door.run("check")

    assert answer.returncode == 1
    assert "To be mended: mypy imports architecture" in answer.stderr
    assert "À corriger : mypy imports architecture" in answer.stderr


def test_the_checks_pass_when_each_passes(door: Copy) -> None:
    door.pretend_installed("exit 0")

    assert door.run("check").returncode == 0


def test_failing_tests_fail_the_door(door: Copy) -> None:
    door.pretend_installed('case "$*" in *pytest*) exit 1 ;; esac')

    assert door.run("test", "--long").returncode == 1


def test_an_unknown_word_shows_the_help_and_fails(door: Copy) -> None:
    answer = door.run("tset")

    assert answer.returncode == 64
    assert "n'est pas connu" in answer.stderr
    assert "does not know" in answer.stderr
    assert "./run test" in answer.stderr


def test_the_lock_files_name_no_host_and_give_a_digest_of_each_part() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("-")]
        parts = [number for number, line in enumerate(lines) if "==" in line and not line.startswith(" ")]
        assert parts
        assert all("--hash=sha256:" in lines[number + 1] for number in parts)
