"""What every provider of epoch keys does: one key a structure and epoch, which alone wraps that epoch's KEK (design §6).

A living root above the epochs would only move the problem up: whoever kept an older copy would open it with the root. So each epoch has a
key of its own, made when the epoch begins and destroyed when it ends.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


class ProviderError(Exception):
    """Base of what a provider may answer instead of a key."""


class ProviderKeyMissing(ProviderError):
    """The provider has no key for this structure and epoch: the epoch was destroyed, or it belongs to another provider."""


class ProviderUnavailable(ProviderError):
    """The provider, or one of its replicas, cannot be reached: a folder is not mounted, a token does not answer."""


class ProviderSealed(ProviderError):
    """Nobody has opened the provider since the service started (N36): it answers nothing."""


class WrongSecret(ProviderError):
    """This passphrase (or PIN) does not open the provider."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a structure had come: kept by the provider, apart from the data, so that an older copy of the data shows (design §6).

    `epoch` is the present epoch, `erasures` the number of entries of the erasure ledger, `position` the highest position of the events.
    None of them ever goes down.
    """

    epoch: int = 0
    erasures: int = 0
    position: int = 0

    def joined(self, other: "Mark") -> "Mark":
        """Give the highest of both, field by field."""
        return Mark(max(self.epoch, other.epoch), max(self.erasures, other.erasures), max(self.position, other.position))


class Provider(Protocol):
    """A place for epoch keys.

    Every method may raise `ProviderUnavailable`; those that need a key raise `ProviderSealed` while it is sealed.
    """

    @property
    def name(self) -> str:
        """The kind, as it is stored beside each KEK that it wrapped: `file`, `pkcs11`."""

    def is_sealed(self) -> bool:
        """Tell whether a secret is still needed."""

    def unseal(self, secret: str) -> None:
        """Open it for this process. Raises `WrongSecret`."""

    def new_epoch(self, structure: UUID, epoch: int) -> None:
        """Make the key of an epoch, durably, replicas included. Does nothing when it is there.

        Raises `ProviderKeyMissing` when it was destroyed: an epoch never comes back.
        """

    def wrap(self, structure: UUID, epoch: int, kek: bytes) -> bytes:
        """Wrap the KEK of an epoch. Raises `ProviderKeyMissing`."""

    def unwrap(self, structure: UUID, epoch: int, wrapped: bytes) -> bytes:
        """Unwrap the KEK of an epoch. Raises `ProviderKeyMissing`, or `Tampered` when it is not that structure's and epoch's."""

    def destroy_epoch(self, structure: UUID, epoch: int) -> None:
        """Destroy the key of an epoch, in every replica, and remember that it was. Does nothing when it is gone."""

    def epochs(self, structure: UUID) -> frozenset[int]:
        """List the epochs whose key lives here or in a replica."""

    def is_alive(self, structure: UUID, epoch: int) -> bool:
        """Tell whether the key of this epoch is in its first place and in use. No proves nothing: its volume may not be mounted."""

    def has_ended(self, structure: UUID, epoch: int) -> bool:
        """Tell whether its first place remembers that the key of this epoch was to be destroyed."""

    def mark(self, structure: UUID) -> Mark:
        """Give the high-water mark."""

    def raise_mark(self, structure: UUID, mark: Mark) -> None:
        """Raise the high-water mark, durably, to `mark` where that is higher."""


@dataclass(frozen=True)
class Providers:
    """The providers that a service knows: `current` makes the keys of new epochs, the `others` still open those of older ones."""

    current: Provider
    others: tuple[Provider, ...] = ()

    @property
    def all(self) -> tuple[Provider, ...]:
        """Every provider, the current one first."""
        return (self.current, *self.others)

    def named(self, name: str) -> Provider:
        """Give the provider of this kind. Raises `ProviderUnavailable` when the settings name none."""
        for provider in self.all:
            if provider.name == name:
                return provider
        raise ProviderUnavailable(f"Le fournisseur de clés « {name} » manque : montez son dossier, ou remettez-le dans les réglages.")

    def is_sealed(self) -> bool:
        """Tell whether one of them still needs its secret."""
        return any(provider.is_sealed() for provider in self.all)

    def mark(self, structure: UUID) -> Mark:
        """Give the highest mark that any of them keeps."""
        mark = Mark()
        for provider in self.all:
            mark = mark.joined(provider.mark(structure))
        return mark

    def raise_mark(self, structure: UUID, mark: Mark) -> None:
        """Raise the mark in each of them."""
        for provider in self.all:
            provider.raise_mark(structure, mark)
