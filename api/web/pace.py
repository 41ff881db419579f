"""How many requests one account and one structure may make (R163; OWASP API4:2023, ASVS 5.0 §2.4): a bucket of tokens each.

Generous for people, tight for scripts: a bucket holds one minute of requests, so that a busy morning passes and a program that copies
records does not. Each worker process has its own buckets: with several workers a limit is at most that many times as high.
"""

import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

_BUCKETS_AT_MOST: Final = 10_000
"""Beyond it the full buckets are let go of: who asked for nothing during a minute is as good as new."""
_MINUTE: Final = 60.0


class Pace:
    """The buckets of one worker process. A limit of 0 means none."""

    def __init__(self, for_account: int, for_structure: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = (for_account, for_structure)
        self._clock = clock
        self._buckets: dict[UUID, tuple[float, float]] = {}
        """What is left in each bucket, and when that was so."""
        self._taking = threading.Lock()

    def allows(self, account: UUID, structure: UUID) -> bool:
        """Take one request out of both buckets; tell whether there was one in each. A refused request costs nothing."""
        asked = [(key, limit) for key, limit in zip((account, structure), self._limits, strict=True) if limit]
        now = self._clock()
        with self._taking:
            left = {key: self._left(key, limit, now) for key, limit in asked}
            if any(level < 1 for level in left.values()):
                return False
            self._buckets.update({key: (level - 1, now) for key, level in left.items()})
            if len(self._buckets) > _BUCKETS_AT_MOST:
                self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < _MINUTE}
        return True

    def _left(self, key: UUID, limit: int, now: float) -> float:
        level, then = self._buckets.get(key, (float(limit), now))
        return min(float(limit), level + (now - then) * limit / _MINUTE)
