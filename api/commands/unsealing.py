"""The keys opened for a command that needs them: the secret asked for, and what a provider answers told in a sentence (N36)."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.commands.output import say
from api.commands.passphrases import read_secret
from api.commands.troubles import REFUSED, UNAVAILABLE, Trouble
from api.key_providers import providers_of
from api.seal import Sealable, sealables
from api.settings import Settings
from crypto_shredding.keys.passphrase import WeakPassphrase
from crypto_shredding.keys.provider import ProviderUnavailable, WrongSecret

_TRIES: Final = {"file": 3, "pkcs11": 1}
"""How often a secret is asked for. A token blocks itself after a few wrong ones."""


def open_keys(settings: Settings) -> None:
    """Open every provider that is still sealed, for this process alone. Asks nothing where nothing is sealed."""
    leave_no_core()
    with told():
        for number, provider in enumerate(sealables(providers_of(settings))):
            if provider.is_sealed():
                _open(settings, provider, number)


def leave_no_core() -> None:
    """Have the system write no image of this process, or of those it starts, when one of them crashes: it would hold the keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def told() -> Iterator[None]:
    """Turn what a provider answers into a sentence that says what to do."""
    try:
        yield
    except WrongSecret as wrong:
        raise Trouble(str(wrong), "This secret does not open the keys. Nothing has changed: try again.", REFUSED) from None
    except WeakPassphrase as weak:
        raise Trouble(str(weak), "This passphrase is too short.", REFUSED) from None
    except ProviderUnavailable as failure:
        raise Trouble(str(failure), "The folder of keys or the token does not answer. Nothing is lost.", UNAVAILABLE) from None


def _open(settings: Settings, provider: Sealable, number: int) -> None:
    tries = 1 if settings.passphrase_file is not None else _TRIES[provider.name]
    while True:
        tries -= 1
        try:
            return provider.unseal(read_secret(settings, provider.name, number))
        except WrongSecret as wrong:
            if not tries:
                raise
            say(str(wrong))
