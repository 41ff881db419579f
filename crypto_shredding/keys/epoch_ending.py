"""The last step of a rotation: the keys of the epochs before are destroyed, where they are seen to be, and nothing more is claimed.

A volume that is not mounted leaves its empty mount point, where nothing is to be destroyed. So an epoch is begun, and one destroyed, only
where the provider still shows the key that it must have, or remembers that it was to be destroyed: before, and once more after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.key_store import KeyStore
from crypto_shredding.keys.provider import Mark, Provider, Providers, ProviderUnavailable
from crypto_shredding.postgresql.queries import queries


class Escrow(Protocol):
    """Keeps the KEK of each living epoch for two of three custodians, and none past its epoch's life."""

    def deposit(self, structure: UUID, epoch: int, kek: bytes) -> None:
        """Keep the KEK of a new epoch."""

    def withdraw(self, structure: UUID, epoch: int) -> None:
        """Destroy what is kept of an epoch."""


@dataclass(frozen=True)
class EpochEnding:
    """Ends the epochs of one structure at their providers, with the saga's login in the keys database."""

    key_store: KeyStore
    escrow: Escrow | None

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        return {name: self.key_store.database.statement(text) for name, text in queries("rotation").items()}

    @property
    def _structure(self) -> UUID:
        return self.key_store.structure

    @property
    def _providers(self) -> Providers:
        return self.key_store.providers

    def undestroyed(self, present: int) -> Sequence[int]:
        """List the epochs before the present one that are not known to be destroyed."""
        return [row[0] for row in self._rows("undestroyed", present)]

    def see_alive(self, epoch: int) -> None:
        """See that the provider of an epoch has its key. Raises `ProviderUnavailable` when it has not, or is not composed."""
        if not self._providers.named(self._holder(epoch)).is_alive(self._structure, epoch):
            raise _not_there(epoch)

    def destroy_before(self, new: int) -> None:
        """Destroy the keys of every epoch before `new`, and say so. Raises `ProviderUnavailable`, and then nothing is said."""
        self.see_alive(new)
        undestroyed = self.undestroyed(new)
        # Lost with their provider: there is nothing to see of them, and nothing is claimed (`recovering.py`).
        lost = {row[0] for row in self._rows("lost", new)}
        holders = {epoch: self._holder_that_knows(epoch) for epoch in undestroyed if epoch not in lost}
        for epoch, holder in holders.items():
            # The holder first: that another one remembers it is a proof, once the holder is gone from the settings.
            holder.destroy_epoch(self._structure, epoch)
        self._destroy_everywhere(undestroyed, new)
        # Unmounted since the first look, it would have destroyed nothing.
        self.see_alive(new)
        for epoch, holder in holders.items():
            if not holder.has_ended(self._structure, epoch):
                raise _not_there(epoch)
        with self.key_store.database.connection() as connection:
            for epoch in undestroyed:
                connection.execute(self._sql["mark_destroyed"], (epoch,))
        self._providers.raise_mark(self._structure, Mark(epoch=new))

    def _destroy_everywhere(self, undestroyed: Sequence[int], new: int) -> None:
        for provider in self._providers.all:
            # Also what a rotation left that was cut short before the database knew of it.
            left = {epoch for epoch in provider.epochs(self._structure) if epoch < new}
            for epoch in sorted(left | set(undestroyed)):
                provider.destroy_epoch(self._structure, epoch)
        if self.escrow is not None:
            for epoch in undestroyed:
                self.escrow.withdraw(self._structure, epoch)

    def _holder_that_knows(self, epoch: int) -> Provider:
        """Give the provider of an epoch, which has its key or remembers its end; once it is gone, another that remembers it."""
        name = self._holder(epoch)
        if name not in {provider.name for provider in self._providers.all}:
            for provider in self._providers.all:
                if provider.has_ended(self._structure, epoch):
                    return provider
        holder = self._providers.named(name)
        if holder.is_alive(self._structure, epoch) or holder.has_ended(self._structure, epoch):
            return holder
        raise _not_there(epoch)

    def _holder(self, epoch: int) -> str:
        for (provider,) in self._rows("holder", epoch):
            return str(provider)
        raise KeyUnknown

    def _rows(self, name: str, epoch: int) -> Sequence[tuple[Any, ...]]:
        with self.key_store.database.connection() as connection:
            return connection.execute(self._sql[name], (epoch,)).fetchall()


def _not_there(epoch: int) -> ProviderUnavailable:
    return ProviderUnavailable(
        f"Le fournisseur de clés n'a pas la clé de l'époque {epoch} : son volume n'est sans doute pas monté. Montez-le, puis recommencez."
        " S'il est perdu, remettez son dossier depuis une copie. Rien n'a été détruit."
    )
