"""Brings every place of the erasure ledger up to what the keys database holds: main database, files off the server, mark (R073)."""

from dataclasses import dataclass

from crypto_shredding.erasure.destruction import KeyDestruction, row_of
from crypto_shredding.erasure.ledger_copies import LedgerCopies
from crypto_shredding.keys.provider import Mark
from crypto_shredding.postgresql.database import StructureDatabase
from crypto_shredding.postgresql.queries import queries
from crypto_shredding.signing import signer_of


@dataclass(frozen=True)
class LedgerPublishing:
    """The places of one structure's ledger. `database` is the main one, reached as the saga."""

    destruction: KeyDestruction
    database: StructureDatabase
    files: LedgerCopies

    def keep_mark(self) -> None:
        """Have the provider's mark follow the events, so that an older copy shows even when nothing was erased since."""
        key_store = self.destruction.key_store
        query = self.database.statement(queries("erasure")["highest_position"])
        with self.database.connection() as connection:
            row = connection.execute(query).fetchone()
        key_store.providers.raise_mark(key_store.structure, Mark(position=row[0] if row else 0))

    def publish(self) -> None:
        """Enter everywhere what the keys database has. Raises what the files and the provider raise; calling it again goes on."""
        key_store = self.destruction.key_store
        entries = self.destruction.entries()
        sql = {name: self.database.statement(text) for name, text in queries("erasure").items()}
        with self.database.transaction() as connection:
            known = {row[0] for row in connection.execute(sql["ledger_numbers"]).fetchall()}
            for entry in entries:
                if entry.number not in known:
                    connection.execute(sql["enter"], row_of(entry))
            row = connection.execute(sql["highest_position"]).fetchone()
        self.files.append(entries, signer_of(key_store))
        mark = Mark(epoch=key_store.epochs()[-1], erasures=len(entries), position=row[0] if row else 0)
        key_store.providers.raise_mark(key_store.structure, mark)
