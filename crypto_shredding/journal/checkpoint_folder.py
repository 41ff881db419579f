"""Checkpoints as files, in a folder that is best off this server: whoever rewrites the database leaves them as they were.

`<code>-dernier.txt` has the latest checkpoint of each tree that grows, one note behind the other, `<code>-2026-11-27.txt` the last of each
day, and `<code>-perdu-….txt` what an older copy of the database knows nothing of.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from crypto_shredding.durable_files import sync_folder
from crypto_shredding.journal.notes import notes_in

_MODE: Final = 0o644
"""Roots and signatures: nothing in it is secret, and whoever carries it away must be able to read it."""


@dataclass(frozen=True)
class CheckpointFolder:
    """The checkpoint files of one structure. Every method raises `OSError` when the folder cannot be reached."""

    folder: Path
    code: str

    def latest(self) -> list[str]:
        """Give the notes that were written last; none when nothing was."""
        try:
            return notes_in(self._latest.read_text("utf-8"))
        except FileNotFoundError:
            return []
        except UnicodeDecodeError:
            return []  # Not what was written: nothing in it is a note, and the next one replaces it.

    def write(self, notes: list[str], at: datetime) -> None:
        """Write the latest notes, whole or not at all."""
        bundle = "\n".join(notes).encode()
        for path in (self.folder / f"{self.code}-{at:%Y-%m-%d}.txt", self._latest):
            self._replace(path, bundle)
        sync_folder(self.folder)

    def set_aside(self, at: datetime) -> None:
        """Keep the latest notes under another name: the database has lost what they vouch for."""
        if self._latest.exists():
            self._latest.replace(self.folder / f"{self.code}-perdu-{at:%Y-%m-%dT%H%M%S-%f}.txt")
        sync_folder(self.folder)

    @property
    def _latest(self) -> Path:
        return self.folder / f"{self.code}-dernier.txt"

    def _replace(self, path: Path, content: bytes) -> None:
        aside = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            os.write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        aside.replace(path)
