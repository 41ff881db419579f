"""A session on a PKCS#11 token: logged in, one operation at a time, opened again after a hiccup.

A process has one session a token, because logging in counts for the whole process (PKCS#11 v2.40 §5.6). It is opened after any fork: a
child that inherited one sees the token locked, and logs in anew.

A token that went away may answer a search with « nothing found » (SoftHSM does). So nothing is concluded from an absence before an object
that must be there, the anchor, was found as well.
"""

import contextlib
import hmac
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass
from pkcs11.exceptions import (
    DeviceRemoved,
    GeneralError,
    MultipleTokensReturned,
    NoSuchToken,
    ObjectHandleInvalid,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
    UserPinNotInitialized,
)

from crypto_shredding.keys.provider import ProviderSealed, ProviderUnavailable, WrongSecret

APPLICATION: Final = "sillage"
NEEDED: Final = {Mechanism.AES_KEY_GEN, Mechanism.AES_GCM}
_ANCHOR: Final = {Attribute.CLASS: ObjectClass.DATA, Attribute.APPLICATION: APPLICATION, Attribute.LABEL: "sillage/anchor"}

_LOGIN_PAUSES_SECONDS: Final = (0.0, 0.02, 0.05, 0.1, 0.2)
_SEARCH_TRIES: Final = 20

_Answer = TypeVar("_Answer")
_tokens: dict[tuple[int, str, str], "Token"] = {}
_locks: dict[tuple[int, str], RLock] = {}
_initialised: dict[str, int] = {}
"""In which process each module was initialised."""


class Token:
    """The token that bears `label`, behind the PKCS#11 library `module`."""

    def __init__(self, module: Path, label: str) -> None:
        self._module = str(module)
        self._label = label
        # The library's lists of slots and sessions are the process's: one lock a library, whatever the token.
        self._lock = _locks.setdefault((os.getpid(), self._module), RLock())
        self._session: pkcs11.Session | None = None
        self._pin: str | None = None
        self._anchor: bytes | None = None

    @property
    def pin(self) -> str | None:
        """The PIN that opened it in this process; `None` when it is locked."""
        return self._pin

    def log_in(self, pin: str) -> None:
        """Open it with its PIN. Raises `WrongSecret`, `ProviderUnavailable`."""
        with self._lock:
            if self._pin is not None:
                # The token would accept any PIN from a process that is logged in.
                if not hmac.compare_digest(self._pin.encode(), pin.encode()):
                    raise _wrong_pin()
                return
            self._session = self._opened(pin)
            self._pin = pin

    def run(self, act: Callable[[pkcs11.Session], _Answer]) -> _Answer:
        """Do `act`, and do it again in a fresh session when the token fails. Raises `ProviderSealed`, `ProviderUnavailable`."""
        with self._lock:
            with contextlib.suppress(PKCS11Error):
                return act(self._live())
            self._session = None
            try:
                return act(self._live())
            except PKCS11Error as error:
                self._session = None
                raise self._unavailable(f"ne répond plus ({type(error).__name__}) : vérifiez qu'il est branché et en état") from error

    def _live(self) -> pkcs11.Session:
        if self._pin is None:
            raise ProviderSealed(f"Le token « {self._label} » est verrouillé : donnez son code PIN.")
        if self._session is None:
            try:
                _initialise_again(self._library())
                self._session = self._opened(self._pin)
            except WrongSecret:
                # Changed on the token meanwhile. Trying once more would only bring the moment nearer when it blocks itself.
                self._pin = None
                raise ProviderSealed(f"Le code PIN du token « {self._label} » a changé : donnez le nouveau.") from None
        return self._session

    def _opened(self, pin: str) -> pkcs11.Session:
        library = self._library()
        try:
            session = self._logged_in(library, pin)
            self._check(session)
        except (PinIncorrect, PinInvalid, PinLenRange):
            # The library keeps the session that it opened for the PIN it then refused.
            with contextlib.suppress(PKCS11Error):
                _initialise_again(library)
            raise _wrong_pin() from None
        except PinLocked:
            raise self._unavailable(
                "est bloqué après trop de codes PIN faux : débloquez-le avec le code de l'administrateur (SO-PIN)"
            ) from None
        except UserPinNotInitialized:
            raise self._unavailable("n'a pas encore de code PIN : donnez-lui-en un avec l'outil de son fabricant") from None
        except NoSuchToken:
            raise self._unavailable("n'est pas là : branchez-le, et vérifiez son nom dans SILLAGE_PKCS11_TOKEN") from None
        except MultipleTokensReturned:
            raise self._unavailable("existe en deux exemplaires : donnez-leur des noms différents, ou débranchez-en un") from None
        except PKCS11Error as error:
            raise self._unavailable(f"ne répond pas ({type(error).__name__}) : vérifiez qu'il est branché et en état") from error
        return session

    def _logged_in(self, library: Any, pin: str) -> pkcs11.Session:
        for pause in (*_LOGIN_PAUSES_SECONDS, None):
            try:
                return self._found(library).open(rw=True, user_pin=pin)
            except (NoSuchToken, UserAlreadyLoggedIn, GeneralError):
                # Plugged in since the library made its list; a session that we lost is still logged in; or another process was writing to
                # the token (SoftHSM). A wrong PIN is none of these: it is tried once.
                if pause is None:
                    raise
                time.sleep(pause)
                _initialise_again(library)
        raise NoSuchToken

    def _found(self, library: Any) -> pkcs11.Token:
        token: pkcs11.Token = library.get_token(token_label=self._label)
        return token

    def _check(self, session: pkcs11.Session) -> None:
        if not session.token.slot.get_mechanisms() >= NEEDED:
            raise self._unavailable("ne sait pas chiffrer en AES-GCM : il en faut un autre")
        if self._anchor is None and not _search(session, _ANCHOR):
            kept = {Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.VALUE: os.urandom(16)}
            session.create_object({**_ANCHOR, **kept})
        anchors = sorted(anchor[Attribute.VALUE] for anchor in _search(session, _ANCHOR))
        if not anchors or (self._anchor is not None and self._anchor not in anchors):
            raise self._unavailable("n'est plus celui qui était ouvert : remettez le premier")
        self._anchor = self._anchor or anchors[0]

    def _library(self) -> Any:
        try:
            library = pkcs11.lib(self._module)
            if _initialised.setdefault(self._module, os.getpid()) != os.getpid():
                _initialise_again(library)
                _initialised[self._module] = os.getpid()
        except PKCS11Error:
            raise ProviderUnavailable(
                f"La bibliothèque PKCS#11 « {self._module} » ne se charge pas : vérifiez SILLAGE_PKCS11_MODULE et l'installation du token."
            ) from None
        return library

    def _unavailable(self, what: str) -> ProviderUnavailable:
        return ProviderUnavailable(f"Le token « {self._label} » {what}. Rien n'est perdu.")


def token_of(module: Path, label: str) -> Token:
    """Give this process's one session on a token."""
    key = os.getpid(), str(module), label
    return _tokens.setdefault(key, Token(module, label))


def find(session: pkcs11.Session, attributes: Mapping[Attribute, Any]) -> list[Any]:
    """Find the objects that have these attributes. Raises `DeviceRemoved` when there is none because the token is gone."""
    found = _search(session, attributes)
    if not found and not _search(session, _ANCHOR):
        raise DeviceRemoved
    return found


def _search(session: pkcs11.Session, attributes: Mapping[Attribute, Any]) -> list[Any]:
    for tries_left in reversed(range(_SEARCH_TRIES)):
        try:
            return list(session.get_objects(dict(attributes)))
        except ObjectHandleInvalid:
            # Another process destroyed one of them between the search and the look at what it is.
            if not tries_left:
                raise
    raise DeviceRemoved


def _initialise_again(library: Any) -> None:
    # Ends every session of this process with the library; each of them opens again when it is next needed.
    if library.initialized:
        with contextlib.suppress(PKCS11Error):
            library.finalize()
    library.initialize()


def _wrong_pin() -> WrongSecret:
    return WrongSecret("Ce code PIN n'ouvre pas le token. Attention : après quelques essais, un token se bloque.")
