"""The work that nobody waits for: the runner of each structure, and the worker that carries erasures to their end."""

import threading
from dataclasses import dataclass, field
from typing import Final

import psycopg

from api.logs import report
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.erasure_saga import ErasureSaga
from crypto_shredding.key_ring import KeyUnknown
from domain.refusals import DomainError
from projections.runner import Runner

_ERASURE_TICK_SECONDS: Final = 0.25
_PAUSE_SECONDS: Final = 2.0
_END_SECONDS: Final = 10.0


@dataclass
class Background:
    """Threads that end when told to."""

    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, runner: Runner, erasures: ErasureSaga) -> None:
        """Follow one structure's events, and finish its erasures."""
        for target, argument in ((runner.run_forever, self._stop), (self._finish_erasures, erasures)):
            thread = threading.Thread(target=target, args=(argument,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Tell the threads to end, and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._threads.clear()

    def _finish_erasures(self, erasures: ErasureSaga) -> None:
        while not self._stop.is_set():
            pause = _ERASURE_TICK_SECONDS
            try:
                erasures.advance_all()
            except (psycopg.Error, DomainError, KeyUnknown, EnvelopeError) as failure:
                # Nothing is skipped: the same erasure is taken up again where it stands, and each try says why it did not get further.
                report("erasure.delayed", reason=type(failure).__name__)
                pause = _PAUSE_SECONDS
            self._stop.wait(pause)
