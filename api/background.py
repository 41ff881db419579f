"""The work that nobody waits for: the runner of each structure, its chores, its notary."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import psycopg

from api.chores import Chores
from api.logs import report
from crypto_shredding.backups.backup_file import BackupUnusable
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.erasure.ledger_file import LedgerBehind, LedgerTampered, LedgerUnavailable
from crypto_shredding.journal.notary import JournalBroken, Notary
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import ProviderError
from crypto_shredding.signing import SigningKeyMissing
from domain.refusals import DomainError
from projections.runner import Runner

_TICK_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 2.0
_NOTARY_SECONDS: Final = 2.0
_END_SECONDS: Final = 10.0
DELAYED: Final = (
    *(psycopg.Error, DomainError, KeyUnknown, EnvelopeError, ProviderError),
    *(LedgerBehind, LedgerTampered, LedgerUnavailable, BackupUnusable, JournalBroken, SigningKeyMissing, OSError),
)
"""What may keep a chore from being done now, and not for ever."""


@dataclass
class Background:
    """Threads that end when told to."""

    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, runner: Runner, chores: Chores, notary: Notary) -> None:
        """Follow one structure's events, do its chores, and seal its journal."""
        work = (
            (runner.run_forever, (self._stop,)),
            (self._again_and_again, (chores.do, _TICK_SECONDS, "chores.delayed")),
            (self._again_and_again, (notary.do, _NOTARY_SECONDS, "journal.delayed")),
        )
        for target, arguments in work:
            thread = threading.Thread(target=target, args=arguments, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Tell the threads to end, and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._threads.clear()

    def _again_and_again(self, do: Callable[[], None], tick: float, delayed: str) -> None:
        while not self._stop.is_set():
            pause = tick
            try:
                do()
            except DELAYED as failure:
                # Nothing is skipped: the same work is taken up again where it stands, and each try says why it did not get further.
                report(delayed, reason=type(failure).__name__)
                pause = max(tick, _PAUSE_SECONDS)
            self._stop.wait(pause)
