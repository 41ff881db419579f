"""Work in the background of a process that also answers people: a little at a time, with a rest in proportion after each."""

import time
from dataclasses import dataclass, field
from typing import Final

_SLICE_SECONDS: Final = 0.000_2
"""What is worked at least before a rest: a shorter one would cost more than it lets through."""


@dataclass
class PartTime:
    """Works `part` of the time, above 0 and up to 1. At 1 it never rests."""

    part: float = 1.0
    _since: float = field(default_factory=time.monotonic)

    @property
    def is_full_time(self) -> bool:
        """Tell whether nobody is to be let through."""
        return self.part >= 1

    def rest(self) -> None:
        """Let others through for as long as what was done since the last rest is worth."""
        worked = time.monotonic() - self._since
        if self.is_full_time or worked < _SLICE_SECONDS:
            return
        time.sleep(worked * (1 / self.part - 1))
        self._since = time.monotonic()
