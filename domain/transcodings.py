"""How the values of an event become JSON, and come back the same."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

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


class QuickUUIDAsHex(UUIDAsHex):
    """The library's identifiers, in the same 32 digits, without the many spellings that a general reader tries first."""

    def decode(self, data: Any) -> UUID:
        """Read 32 hexadecimal digits. Raises `ValueError` on anything else."""
        return UUID(bytes=bytes.fromhex(data))


class QuickJSONTranscoder(JSONTranscoder):
    """The library's JSON, byte for byte; reading back looks each kind of value up once. A record of 1 000 events has thousands."""

    def __init__(self) -> None:
        self._readers: dict[str, Callable[[Any], Any]] = {}
        super().__init__()

    def register(self, transcoding: Transcoding) -> None:
        """Register a transcoding."""
        super().register(transcoding)
        self._readers[transcoding.name] = transcoding.decode

    def decode(self, data: bytes) -> Any:
        """Read back what `encode` wrote. Raises `ValueError` on anything else."""
        text = data.decode()
        # `JSONDecoder.decode` would look for white space around it, with a regular expression, twice.
        value, end = self.decoder.raw_decode(text)
        if end != len(text):
            raise ValueError("something stands after the value")
        return value

    def _decode_obj(self, d: dict[str, Any]) -> Any:
        if len(d) == 2 and "_data_" in d:  # noqa: PLR2004 - the pair that a transcoding writes.
            reader = self._readers.get(d.get("_type_", ""))
            if reader is not None:
                return reader(d["_data_"])
            # The library refuses a kind that nobody registered.
            return super()._decode_obj(d)
        return d


def transcoder() -> JSONTranscoder:
    """Give the one transcoder of all events. The names of its transcodings are frozen: stored events bear them."""
    result = QuickJSONTranscoder()
    result.register(QuickUUIDAsHex())
    result.register(DatetimeAsISO())
    result.register(DateAsISO())
    return result
