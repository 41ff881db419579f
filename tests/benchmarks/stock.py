"""The library as it comes (eventsourcing 9.5): its own aggregate, application, AES cipher, compressor and PostgreSQL recorder."""

from datetime import date
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.cryptography import AESCipher
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import JSONTranscoder
from psycopg.conninfo import conninfo_to_dict

from domain.transcodings import DateAsISO


class StockRecord(Aggregate):
    """A record with the fields that ours has."""

    class Opened(Aggregate.Created):
        """It exists."""

        pseudonym: str

    class NoteAdded(Aggregate.Event):
        """A note."""

        text: str
        occurred_on: date
        by: UUID

        def apply(self, aggregate: Any) -> None:
            """Keep it."""
            aggregate.notes.append(self)

    def __init__(self, *, pseudonym: str) -> None:
        self.pseudonym = pseudonym
        self.notes: list[StockRecord.NoteAdded] = []

    @classmethod
    def open(cls, pseudonym: str) -> "StockRecord":
        """Open one."""
        return cls._create(cls.Opened, pseudonym=pseudonym)

    def add_note(self, text: str, occurred_on: date, by: UUID) -> None:
        """Write a note."""
        self.trigger_event(self.NoteAdded, text=text, occurred_on=occurred_on, by=by)


class StockApplication(Application[UUID]):
    """The library's application; only the transcoding of a calendar day is added, which it does not have."""

    name = "stock"

    def register_transcodings(self, transcoder: Any) -> None:
        """Register the library's own and the day."""
        super().register_transcodings(transcoder)
        if isinstance(transcoder, JSONTranscoder):
            transcoder.register(DateAsISO())


def environment(address: str, key: str, *, create_tables: bool = True) -> dict[str, str]:
    """Give the library's settings for the database at `address` under the cipher key `key`."""
    parts = conninfo_to_dict(address)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": "1",
        "CREATE_TABLE": "y" if create_tables else "n",
        "CIPHER_KEY": key,
        "CIPHER_TOPIC": "eventsourcing.cryptography:AESCipher",
        "COMPRESSOR_TOPIC": "eventsourcing.compressor:ZlibCompressor",
    }


def new_key() -> str:
    """Draw a cipher key as the library wants it."""
    return AESCipher.create_key(32)
