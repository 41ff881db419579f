"""The work that nobody waits for: the runner of each structure, and the worker that carries erasures to their end."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg

from api.logs import report
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.erasure_saga import ErasureSaga
from crypto_shredding.key_ring import KeyUnknown
from crypto_shredding.key_store import KeyStore
from crypto_shredding.ledger_file import LedgerBehind, LedgerTampered, LedgerUnavailable
from crypto_shredding.provider import ProviderError
from domain.refusals import DomainError
from projections.runner import Runner

_ERASURE_TICK_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 2.0
_END_SECONDS: Final = 10.0
LEDGER_ERRORS: Final = (LedgerBehind, LedgerTampered, LedgerUnavailable)


@dataclass
class Background:
    """Threads that end when told to."""

    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, runner: Runner, erasures: ErasureSaga, key_stores: Sequence[KeyStore]) -> None:
        """Follow one structure's events, finish its erasures, and let go of the keys of epochs that have ended."""
        for target, arguments in ((runner.run_forever, (self._stop,)), (self._finish_erasures, (erasures, key_stores))):
            thread = threading.Thread(target=target, args=arguments, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Tell the threads to end, and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._threads.clear()

    def _finish_erasures(self, erasures: ErasureSaga, key_stores: Sequence[KeyStore]) -> None:
        while not self._stop.is_set():
            pause = _ERASURE_TICK_SECONDS
            try:
                for key_store in key_stores:
                    key_store.forget_ended_epochs()
                erasures.advance_all()
            except (psycopg.Error, DomainError, KeyUnknown, EnvelopeError, ProviderError, *LEDGER_ERRORS) as failure:
                # Nothing is skipped: the same erasure is taken up again where it stands, and each try says why it did not get further.
                report("erasure.delayed", reason=type(failure).__name__)
                pause = _PAUSE_SECONDS
            self._stop.wait(pause)
