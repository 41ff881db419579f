"""SoftHSM 2, a PKCS#11 token in software: found, or installed from Debian's packages when we are root, or else its tests are skipped.

The library reads `SOFTHSM2_CONF` when it is initialised: each test process has its own folder of tokens, named before anything is loaded.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/*/softhsm/libsofthsm2.so",
    "/usr/lib*/pkcs11/libsofthsm2.so",
    "/usr/lib*/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
_APT = ("apt-get", "-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15", "-o", "DPkg::Lock::Timeout=60")
PIN = "secret-of-a-test"


@dataclass(frozen=True)
class SoftToken:
    """A fresh token of this process."""

    module: Path
    label: str
    folder: Path
    """Every file of every token of this process: what a thief of the disk has."""


def new_token(label: str) -> SoftToken:
    """Make a token whose PIN is `PIN`; skip the test when there is no SoftHSM to be had."""
    module, folder = _library(), _folder()
    made = subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "administrator"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return SoftToken(module, label, folder)


@cache
def _folder() -> Path:
    # Under the folder of the run, which is removed at its end.
    folder = Path(tempfile.mkdtemp(prefix="softhsm-", dir=os.environ.get("TESTS_OF_SILLAGE_FOLDER")))
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    return folder / "tokens"


def _library() -> Path:
    found, reason = _found_or_reason()
    if found is None:
        pytest.skip(reason)
    return found


@cache
def _found_or_reason() -> tuple[Path | None, str]:
    found = _installed()
    if found is not None:
        return found, ""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None, "SoftHSM 2 is not installed, and only root on a Debian system can install it: apt install softhsm2"
    return _installed_once()


def _installed() -> Path | None:
    if shutil.which("softhsm2-util") is None:
        return None
    return next((path for pattern in _LIBRARIES for path in sorted(Path("/").glob(pattern.removeprefix("/")))), None)


def _installed_once() -> tuple[Path | None, str]:
    # One worker installs, the others wait; what failed once is not tried again in the same run.
    base = Path(os.environ.get("TESTS_OF_SILLAGE_FOLDER") or tempfile.gettempdir())
    failed = base / "softhsm-is-not-to-be-had"
    with (base / "softhsm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed() is None and not failed.exists():
            reason = _install()
            if reason:
                failed.write_text(reason)
    return _installed(), failed.read_text() if failed.exists() else "Debian's package softhsm2 was installed without its library"


def _install() -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        for step in (["update"], ["install", "-y", "--no-install-recommends", "softhsm2"]):
            subprocess.run([*_APT, *step], env=environment, capture_output=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"SoftHSM 2 is not installed, and installing Debian's package softhsm2 failed: {type(error).__name__}"
    return ""
