"""The escrow as a rotation meets it: the new epoch's KEK goes in, the old one's comes out for good."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from crypto_shredding.keys import escrow


@dataclass(frozen=True)
class EscrowFolder:
    """The folder of an escrow that was founded. Raises `EscrowUnavailable` when it is not mounted: then the rotation waits."""

    folder: Path

    def deposit(self, structure: UUID, epoch: int, kek: bytes) -> None:
        """Keep the KEK of a new epoch."""
        escrow.deposit(self.folder, structure, epoch, kek)

    def withdraw(self, structure: UUID, epoch: int) -> None:
        """Destroy what is kept of an epoch: it never outlives it."""
        escrow.withdraw_deposit(self.folder, structure, epoch)
