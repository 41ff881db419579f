"""What a command works on: settings read, databases found or started, a service composed; all of it ended afterwards.

Several commands may work on one data folder at a time. Each holds a shared lock on it; the one that leaves last stops the embedded server.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.bootstrap import Service, Structure, build
from api.commands.troubles import UNAVAILABLE, USAGE, Trouble
from api.commands.unsealing import open_keys
from api.databases import Databases, find_databases, migrate
from api.key_providers import providers_of
from api.settings import Settings
from crypto_shredding.keys.provider import ProviderSealed

_LOCK = "en-service.lock"


@contextmanager
def databases_of(settings: Settings) -> Iterator[Databases]:
    """Lend the databases of `settings`. An embedded server is started, brought up to date, and stopped by the last command that uses it."""
    if not settings.embedded:
        yield find_databases(settings)
        return
    with _presence(settings.data_folder) as is_last:
        databases = find_databases(settings)
        try:
            _bring_up_to_date(settings, databases)
            yield databases
        finally:
            if is_last():
                databases.stop()


@contextmanager
def service_of(settings: Settings, *, keys: bool = True) -> Iterator[Service]:
    """Lend a composed service. Its keys are opened first, unless the command needs none of them."""
    if keys:
        open_keys(settings)
    with databases_of(settings) as databases:
        service = build(settings, databases)
        try:
            yield service
        finally:
            service.close()


def is_in_use(settings: Settings) -> bool:
    """Tell whether a service or another command works on the data folder. Of a database that is not embedded nobody can tell: no."""
    try:
        lock = os.open(settings.data_folder / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _IsLast(lock)()
    finally:
        os.close(lock)


def structure_named(service: Service, code: str | None) -> Structure:
    """Find the structure of this code; without a code, the only one there is."""
    structures = service.structures()
    found = [structure for structure in structures if code in {None, structure.code}]
    if len(found) == 1:
        _must_be_open(service, found[0])
        return found[0]
    if not structures:
        raise Trouble(
            'Il n’y a encore aucune structure. Créez-la : « ./run sillage structure add asso "Notre association" », puis recommencez.',
            "There is no structure yet. Add one with './run sillage structure add CODE NAME', then try again.",
            USAGE,
        )
    codes = ", ".join(structure.code for structure in structures)
    raise Trouble(f"Précisez la structure avec --structure : {codes}.", f"Name the structure with --structure: {codes}.", USAGE)


def _must_be_open(service: Service, structure: Structure) -> None:
    """Refuse a structure that came back from a backup and could not be opened again."""
    service.open_structures()
    if structure.id in service.locked:
        raise Trouble(service.locked[structure.id], "The structure is locked: the sentence above says why and what to do.", UNAVAILABLE)


def _bring_up_to_date(settings: Settings, databases: Databases) -> None:
    try:
        migrate(databases, providers_of(settings))
    except ProviderSealed:
        # A structure whose keys were never founded: its making was cut short.
        open_keys(settings)
        migrate(databases, providers_of(settings))


@contextmanager
def _presence(folder: Path) -> Iterator["_IsLast"]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Trouble(
            f"Le dossier de données n’est pas utilisable ({error.strerror}). Donnez-en un autre avec SILLAGE_DATA_FOLDER.",
            f"The data folder cannot be used ({error.strerror}). Name another one with SILLAGE_DATA_FOLDER.",
            UNAVAILABLE,
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield _IsLast(lock)
    finally:
        os.close(lock)


class _IsLast:
    """Tells whether no other command is present. The lock is kept until the file is closed, so that whoever comes waits for the end."""

    def __init__(self, lock: int) -> None:
        self._lock = lock

    def __call__(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
