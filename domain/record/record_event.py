"""The base of the events of a `YouthRecord`, apart from it: its events stand in more than one file."""

from domain.stream import Stream


class RecordEvent(Stream.Event):
    """Base of the events of a record."""

    TOPIC = "yr.event"
