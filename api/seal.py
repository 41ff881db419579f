"""The service's seal: it answers nothing until somebody of the service has given the secret that its host does not have (N36).

    sealed     a provider still needs its secret: no route but the door answers, no work in the background has begun
    opening    the keys open; what comes before the first answer is being done (a structure that came back from a backup is mended)
    open       until the process ends, or until a provider says that it needs its secret again

With several workers, what opened one of them is held by their parent (`seal_agent.py`), where each of the others looks for it.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, cast

import psycopg
import structlog
from anyio import to_thread

from api.seal_agent import AgentDoor
from api.web.problems import Problem
from crypto_shredding.keys.provider import ProviderError, Providers, ProviderUnavailable, WrongSecret

log = structlog.get_logger("sillage.seal")

SEALED: Final = Problem(
    503,
    "sealed",
    "Service scellé",
    "Personne n’a encore ouvert le service depuis son démarrage : rien n’est perdu, et rien ne peut être lu. Une personne de l’équipe"
    " l’ouvre à l’adresse /ouverture, avec le secret que le service garde.",
)
_LOOK_SECONDS: Final = 0.5
"""How long a worker takes at most to find out that another one was opened."""
_PAUSE_SECONDS: Final = 2.0
_END_SECONDS: Final = 10.0


class Sealable(Protocol):
    """What a provider does beside holding keys, for the seal alone."""

    @property
    def name(self) -> str:
        """The kind: `file`, `pkcs11`."""

    def is_protected(self) -> bool:
        """Tell whether there is a secret, given or still to be given."""

    def is_sealed(self) -> bool:
        """Tell whether a secret is still needed."""

    def unseal(self, secret: str) -> None:
        """Open it for this process. Raises `WrongSecret`, `ProviderUnavailable`."""

    def hand_over(self) -> bytes:
        """Give what opens another process of the same service: secret, MUST pass through memory alone."""

    def take_over(self, handed: bytes) -> None:
        """Open it with what `hand_over` gave in another process. Raises `WrongSecret`."""


def sealables(providers: Providers) -> tuple[Sealable, ...]:
    """Give the providers as the seal sees them, the current one first."""
    return tuple(cast("Sealable", provider) for provider in providers.all)


class Seal:
    """The seal of this process. `agent` is where the parent of several workers holds what opened one of them."""

    def __init__(self, providers: Providers, agent: AgentDoor | None = None, patience: "Patience | None" = None) -> None:
        self.providers = providers
        self.patience = patience or Patience()
        self._agent = agent
        self._open = threading.Event()
        self._woken = threading.Event()
        self.missing: tuple[str, ...] = ()
        """The providers that still needed their secret when they were last looked at, the one to be asked for first."""
        if not self._look():
            self._open.set()

    def is_open(self) -> bool:
        """Tell whether the service may answer. Asks nobody: it is looked at before each request."""
        return self._open.is_set()

    def open(self, name: str, secret: str, patience: float = _END_SECONDS) -> None:
        """Give a provider its secret; when it was the last one, wait until the service answers, or so many seconds.

        Raises `WrongSecret`, `ProviderUnavailable`. A provider that is open already is not asked: nobody learns from it whether a guess
        was right.
        """
        for provider in sealables(self.providers):
            if provider.name == name and provider.is_sealed():
                provider.unseal(secret)
                log.info("seal.unsealed", reason=name)
                if self._agent is not None:
                    self._agent.keep(name, provider.hand_over())
        still_missing = self._look()
        self._woken.set()
        if not still_missing:
            self._open.wait(patience)

    def close_again(self) -> None:
        """Look at the providers again: one of them has answered that it needs its secret (a passphrase or a PIN was changed)."""
        if self.is_open() and self._look():
            log.warning("seal.closed")
            self._open.clear()
            self._woken.set()

    @contextmanager
    def followed(self, begin: Callable[[], None]) -> Iterator[None]:
        """Call `begin` once the keys open, and only then answer. Already open: call it at once, and let it raise what it raises."""
        begun = self.is_open()
        if begun:
            begin()
        else:
            log.warning("seal.sealed")
        stop = threading.Event()
        thread = threading.Thread(target=self._follow, args=(begin, stop), kwargs={"begun": begun}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            self._woken.set()
            thread.join(_END_SECONDS)

    def _follow(self, begin: Callable[[], None], stop: threading.Event, *, begun: bool) -> None:
        while not stop.is_set():
            pause: float | None = None
            try:
                if not self.is_open() and self._keys_open():
                    if not begun:
                        begin()
                        begun = True
                    self._open.set()
                    log.info("seal.opened")
                elif not self.is_open():
                    pause = _LOOK_SECONDS
            except (psycopg.Error, ProviderError) as failure:
                log.warning("seal.delayed", reason=type(failure).__name__)
                pause = _PAUSE_SECONDS
            self._woken.wait(pause)
            self._woken.clear()

    def _keys_open(self) -> bool:
        if self._look() and self._agent is not None:
            self._take_over(self._agent)
        return not self._look()

    def _look(self) -> tuple[str, ...]:
        self.missing = tuple(provider.name for provider in sealables(self.providers) if provider.is_sealed())
        return self.missing

    def _take_over(self, agent: AgentDoor) -> None:
        held = agent.held()
        for provider in sealables(self.providers):
            handed = held.get(provider.name)
            if handed is None or not provider.is_sealed():
                continue
            try:
                provider.take_over(handed)
            except WrongSecret:
                # A token counts wrong PINs and blocks itself: what failed once is not tried by anybody again.
                agent.forget(provider.name, handed)
                log.warning("seal.refused", reason=provider.name)


class Patience:
    """Tries at the secret, one at a time: each waits a little, and longer after wrong ones; nobody is ever locked out.

    The waiting holds no thread, so that a crowd of tries keeps nobody from the page. What makes guessing hopeless is the passphrase and
    the cost of Argon2id; this keeps the machine from spending itself on it.
    """

    def __init__(self, *, least: float = 0.5, longest: float = 8.0, quiet: float = 600.0, most: int = 16) -> None:
        self._least, self._longest, self._quiet, self._most = least, longest, quiet, most
        self._wrong = 0
        self._last_wrong = 0.0
        self._waiting = 0
        self._turn = asyncio.Lock()

    def delay(self) -> float:
        """Say how many seconds the next try waits: the least, doubled with each wrong try since the last quiet time."""
        if time.monotonic() - self._last_wrong > self._quiet:
            self._wrong = 0
        return min(self._least * 2.0**self._wrong, self._longest)

    async def tried(self, act: Callable[[], None]) -> None:
        """Do `act` in a thread, in its turn. Raises `TooManyTries`, and what `act` raises."""
        if self._waiting >= self._most:
            raise TooManyTries
        self._waiting += 1
        try:
            await asyncio.sleep(self.delay())
            async with self._turn:
                await self._counted(act)
        finally:
            self._waiting -= 1

    async def _counted(self, act: Callable[[], None]) -> None:
        try:
            await to_thread.run_sync(act)
        except WrongSecret:
            # No further than makes the delay its longest: the number must not grow without end.
            self._wrong = min(self._wrong + 1, 32)
            self._last_wrong = time.monotonic()
            log.warning("seal.wrong_secret", count=self._wrong)
            raise
        except ProviderUnavailable as failure:
            log.warning("seal.unavailable", reason=type(failure).__name__)
            raise
        self._wrong = 0


class TooManyTries(Exception):
    """Too many tries at the secret are waiting for their turn at this moment."""
