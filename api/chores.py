"""What a service does by itself for one structure: carry erasures on, let go of ended keys, keep the mark, rotate keys, end months."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from crypto_shredding.erasure.erasure_saga import ErasureSaga
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.keys.part_time import PartTime
from crypto_shredding.keys.rotation import AnotherRotates, KeyRotation
from domain.legal_constants import EPOCH_AT_MOST

_MARK_SECONDS: Final = 60.0
_ROTATION_SECONDS: Final = 30.0
_AT_ONCE_SECONDS: Final = 1.0
_EXPIRY_SECONDS: Final = 3600.0
_NIGHT: Final = range(1, 6)
"""The hours when a rotation disturbs nobody, where the people are."""
_ZONE: Final = ZoneInfo("Europe/Paris")
PACE: Final = 0.4
"""The part of the time that a rotation works, so that requests of the same process are let through."""


@dataclass
class Chores:
    """The chores of one structure, in one process. `rotates_at_once` is for the demonstration, whose visitors do not wait for the night.

    `is_behind` tells whether an older copy stands in the place of a database (a failover to a copy that lagged). Then `lock` is called,
    once, and no chore is done any more: the next start mends it.
    """

    erasures: ErasureSaga
    rotation: KeyRotation
    key_stores: Sequence[KeyStore]
    clock: Callable[[], datetime]
    rotates_at_once: bool = False
    expire_trail: Callable[[], object] = lambda: None
    """Lets go of the months of the trail whose time is over (R085)."""
    close_unused_accounts: Callable[[], object] = lambda: None
    """Closes the accounts that nobody used for sixty days (R156)."""
    is_behind: Callable[[], bool] = lambda: False
    lock: Callable[[], None] = lambda: None
    _is_locked: bool = field(default=False)
    _next_mark: float = field(default=0.0)
    _next_rotation: float = field(default=0.0)
    _next_expiry: float = field(default=0.0)

    def do(self) -> None:
        """Do what is due now. Raises what keeps a chore from being done: the next call takes it up again."""
        now = time.monotonic()
        marks = now >= self._next_mark
        if self._is_locked or (marks and self._must_lock()):
            return
        for key_store in self.key_stores:
            key_store.forget_ended_epochs()
        self.erasures.advance_all()
        if marks:
            self._next_mark = now + _MARK_SECONDS
            self.erasures.copies.keep_mark()
        if now >= self._next_rotation:
            self._next_rotation = now + (_AT_ONCE_SECONDS if self.rotates_at_once else _ROTATION_SECONDS)
            self._rotate_if_due()
        if now >= self._next_expiry:
            self._next_expiry = now + _EXPIRY_SECONDS
            self.close_unused_accounts()
            # Last: a month that is refused is refused every hour, until somebody has looked why.
            self.expire_trail()

    def _must_lock(self) -> bool:
        if self.is_behind():
            self._is_locked = True
            self.lock()
        return self._is_locked

    def _rotate_if_due(self) -> None:
        is_time = self.rotates_at_once or self.clock().astimezone(_ZONE).hour in _NIGHT or self.rotation.is_under_way()
        if is_time and self.rotation.is_needed(EPOCH_AT_MOST.total_seconds()):
            try:
                self.rotation.rotate(PartTime(PACE))
            except AnotherRotates:
                return  # Another worker is at it.
            self.erasures.conclude()
