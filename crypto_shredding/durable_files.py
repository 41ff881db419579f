"""Files that a kill or a power cut leaves whole or not at all."""

import os
from pathlib import Path


def write_once(path: Path, content: bytes, *, mode: int) -> None:
    """Write a small file durably. Raises `FileExistsError` when there is one: it is never replaced, whoever else writes it just now."""
    aside = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
        os.link(aside, path)
    finally:
        os.close(descriptor)
        aside.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
