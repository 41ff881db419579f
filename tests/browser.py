"""The browser of the tests: the system's own first, else one installed, else a sentence that says what to do.

`./run test` calls this module before pytest (`python -m tests.browser`), so that no test waits for an installation.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_USUAL_PLACES: Final = (
    Path("/usr/bin/chromium"),
    Path("/usr/lib/chromium/chromium"),
    Path("/snap/bin/chromium"),
    Path("/opt/google/chrome/chrome"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
_SENTENCES: Final = (
    "Aucun navigateur pour les tests. Installez Chromium (Debian, Ubuntu : « sudo apt install chromium »), puis relancez « ./run test ».",
    "There is no browser for the tests. Install Chromium (Debian, Ubuntu: sudo apt install chromium), then run ./run test again.",
)


class BrowserMissing(Exception):
    """No browser was found and none could be installed; the message says what to do, in French and English."""

    def __init__(self) -> None:
        super().__init__("\n".join(_SENTENCES))


def find_browser() -> Path:
    """Give the path of a Chromium-like browser that is already here; raise `BrowserMissing` when there is none."""
    found = _of_the_system() or _of_playwright()
    if found is None:
        raise BrowserMissing
    return found


def launch_arguments() -> list[str]:
    """Give the flags that Chromium needs in a test: no window, no sandbox as root, no request of its own."""
    arguments = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        # Containers give /dev/shm 64 MB, less than a page with a chart may take.
        "--disable-dev-shm-usage",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return arguments


def prepare_browser() -> Path:
    """Find a browser, or install one: the system's package as root, else Playwright's own download."""
    for attempt in (_install_package, _download):
        try:
            return find_browser()
        except BrowserMissing:
            attempt()
    return find_browser()


def _of_the_system() -> Path | None:
    for name in _NAMES:
        found = shutil.which(name)
        if found and _answers(Path(found)):
            return Path(found)
    return next((place for place in _USUAL_PLACES if os.access(place, os.X_OK) and _answers(place)), None)


def _answers(browser: Path) -> bool:
    # Ubuntu's package « chromium-browser » is only a script that asks for a snap.
    told = subprocess.run([browser, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return told.returncode == 0 and any(character.isdigit() for character in told.stdout)


def _of_playwright() -> Path | None:
    caches = (Path.home() / ".cache" / "ms-playwright", Path.home() / "Library" / "Caches" / "ms-playwright")
    for cache in caches:
        for pattern in ("chromium-*/chrome-*/chrome", "chromium-*/chrome-*/*.app/Contents/MacOS/*"):
            found = sorted(cache.glob(pattern))
            if found:
                return found[-1]
    return None


def _install_package() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    _tell("Installation de Chromium pour les tests… / Installing Chromium for the tests…")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
    if subprocess.run(install, env=quiet, capture_output=True, check=False).returncode != 0:
        # A machine that never listed its packages, or listed them long ago.
        subprocess.run(["apt-get", "update", "-q"], env=quiet, capture_output=True, check=False)
        subprocess.run(install, env=quiet, capture_output=True, check=False)


def _download() -> None:
    _tell("Téléchargement de Chromium pour les tests… / Downloading Chromium for the tests…")
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False)


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    try:
        prepare_browser()
    except BrowserMissing as missing:
        sys.exit(str(missing))
