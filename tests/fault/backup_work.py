"""Processes that take and put back backups, and stop at each step until they are told to go on: there they are killed."""

from multiprocessing.connection import Connection
from pathlib import Path

from api.databases import Databases
from crypto_shredding.backups.backup import structures_of, take_keys, take_main
from crypto_shredding.backups.backup_file import Kind
from domain.identifiers import StructureId
from tests.integration.crypto_shredding.backups import Vault

FREE = "free"
"""Said once to a process that need not stop any more."""


class Steps:
    """Tells each step to whoever watches, and waits for the word to go on."""

    def __init__(self, watched: Connection) -> None:
        self._watched = watched
        self._free = False

    def reached(self, step: str) -> None:
        if not self._free:
            self._watched.send(step)
            self._free = self._watched.recv() == FREE


def take(folder: Path, provider_folder: Path, databases: Databases, watched: Connection) -> None:
    vault, steps = Vault(folder, provider_folder), Steps(watched)
    steps.reached("begun")
    take_main(databases.main, folder, vault.key, progress=lambda done, whole: steps.reached(f"main {done} of {whole}"))
    steps.reached("main taken")
    structures = structures_of(databases.main)
    take_keys(databases.keys, folder, vault.key, structures, progress=lambda done, whole: steps.reached(f"keys {done} of {whole}"))
    steps.reached("ended")


def put_back(folder: Path, provider_folder: Path, databases: Databases, structure: StructureId, watched: Connection) -> None:
    vault, steps = Vault(folder, provider_folder), Steps(watched)
    files = {"main": vault.found(Kind.MAIN, structure)[0], "keys": vault.found(Kind.KEYS, structure)[0]}
    steps.reached("begun")
    told = {"progress": lambda done, whole: steps.reached(f"{done} of {whole}"), "reached": steps.reached}
    vault.restore(databases, structure, replace=True, **files, **told)
    steps.reached("ended")
