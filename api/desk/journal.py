"""The journal of a structure and its seal, put together: notary, expiry, export. Part of the composition root."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from api.settings import Settings
from crypto_shredding.journal.checkpoint_folder import CheckpointFolder
from crypto_shredding.journal.journal_export import StillGrowing, export
from crypto_shredding.journal.notary import JournalBroken, Notary
from crypto_shredding.journal.trail_expiry import TrailExpiry
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.postgresql.queries import queries
from crypto_shredding.signing import public_key_of, signer_of

_TRIES: Final = 20


def notary_of(settings: Settings, code: str, database: StructureDatabase, key_store: KeyStore, report: Callable[..., None]) -> Notary:
    """Compose the notary of a structure. `database` wears the notary's role; `key_store` is the saga's."""
    return Notary(
        key_store.structure,
        database,
        signer=lambda: signer_of(key_store),
        public=lambda: public_key_of(key_store),
        is_erased=lambda stream, key: _is_erased(key_store.database, stream, key),
        files=CheckpointFolder(folder_of(settings), code),
        every_seconds=settings.checkpoint_seconds,
        report=report,
    )


def expiry_of(settings: Settings, notary: Notary) -> TrailExpiry:
    """Compose the expiry of a structure's trail."""
    return TrailExpiry(notary, settings.trail_days, settings.trail_reason)


def folder_of(settings: Settings) -> Path:
    """Give the folder of the checkpoints. The default one is made; one that the settings name must be there (it is a mount)."""
    if settings.checkpoint_folder is None:
        settings.default_checkpoint_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return settings.checkpoint_folder or settings.default_checkpoint_folder


def journal_file(notary: Notary, database: StructureDatabase) -> Iterator[bytes]:
    """Give the exported journal, part by part, sealed up to this moment. `database` is whoever reads. Raises `StillGrowing`.

    What the notary refuses to sign is exported all the same: it is then that somebody needs to look.
    """
    for _ in range(_TRIES):
        is_broken = False
        try:
            notary.catch_up()
        except JournalBroken:
            is_broken = True
        except OSError:
            pass  # The folder of the checkpoints does not answer: what was signed is in the database.
        parts = export(notary.structure, database, notary.public(), as_it_stands=is_broken)
        try:
            first = next(parts)
        except StillGrowing:
            continue
        yield first
        yield from parts
        return
    raise StillGrowing


def _is_erased(keys: StructureDatabase, stream: UUID, key: bytes | None) -> bool:
    with keys.connection() as connection:
        row = connection.execute(keys.statement(queries("journal")["is_erased"]), {"stream": stream, "key": key}).fetchone()
    return bool(row and row[0])
