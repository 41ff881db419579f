"""How the values of an event become JSON, and come back the same."""

from datetime import date
from typing import Any

from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Transcoding, UUIDAsHex


class DateAsISO(Transcoding):
    """A calendar day, as ISO 8601 writes it."""

    type = date
    name = "date_iso"

    def encode(self, obj: date) -> str:
        """Write `obj` as YYYY-MM-DD."""
        return obj.isoformat()

    def decode(self, data: Any) -> date:
        """Read YYYY-MM-DD. Raises `ValueError` on anything else."""
        return date.fromisoformat(data)


def transcoder() -> JSONTranscoder:
    """Give the one transcoder of all events. The names of its transcodings are frozen: stored events bear them."""
    result = JSONTranscoder()
    result.register(UUIDAsHex())
    result.register(DatetimeAsISO())
    result.register(DateAsISO())
    return result
