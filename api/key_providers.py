"""The providers of epoch keys that the settings name: the one that makes new keys, and those that still open older epochs (design §6).

Moving from one to the other is a rotation: the new epoch is made by the current one, while the other still opens the old.
"""

from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from api.databases import Databases, structures_in
from api.settings import Settings
from crypto_shredding.backups.backup_key import BackupKey, backup_key
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.pkcs11_provider import Pkcs11Provider
from crypto_shredding.keys.provider import Provider, Providers

_composing: Final = Lock()


def providers_of(settings: Settings) -> Providers:
    """Compose the providers. The same settings give the same objects in a process: what a secret opened is open for the whole service."""
    with _composing:
        file = _file_provider(settings.provider_folder.absolute(), settings.keys_replicas)
        token = _token_provider(settings.pkcs11_module, settings.pkcs11_token)
    if token is None:
        return Providers(file)
    if settings.provider == "file":
        return Providers(file, (token,))
    # Once the last file epoch has been destroyed, its folder may go: there is nothing left for it to open.
    others: tuple[Provider, ...] = (file,) if settings.provider_folder.exists() else ()
    return Providers(token, others)


def backup_key_of(settings: Settings, databases: Databases, backups: Path) -> BackupKey:
    """Give the key of the backups, made on first use, but not on a mount point that is bare or beside backups that it would not open.

    Raises `BackupKeyDamaged`, `ProviderUnavailable`.
    """
    only_files = {provider.name for provider in providers_of(settings).all} == {"file"}
    return backup_key(settings.provider_folder, beside=backups, among_keys=only_files and bool(structures_in(databases)))


@cache
def _file_provider(folder: Path, replicas: tuple[Path, ...]) -> FileProvider:
    return FileProvider(folder, replicas)


@cache
def _token_provider(module: Path | None, label: str | None) -> Pkcs11Provider | None:
    return None if module is None or label is None else Pkcs11Provider(module, label)
