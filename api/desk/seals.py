"""What the DPO takes away of the seal: checkpoints, the journal, the program that checks it (R083). Decide, write the line, give."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from itertools import chain
from typing import Any, Final, Self

from api.desk.journal import journal_file
from api.web.request_refusals import RequestRefused
from api.web.requests import Caller
from crypto_shredding.envelope import EnvelopeError
from crypto_shredding.journal.journal_export import StillGrowing
from crypto_shredding.journal.merkle import HASH_BYTES, consistency_proof, inclusion_proof, root_of
from crypto_shredding.journal.notary import JournalBroken
from crypto_shredding.journal.notes import Checkpoint, open_checkpoint
from crypto_shredding.keys.key_ring import KeyUnknown
from crypto_shredding.keys.provider import ProviderError
from crypto_shredding.postgresql.queries import queries
from crypto_shredding.signing import SigningKeyMissing
from domain.trail import Operation

NOT_SIGNED: Final = (JournalBroken, ProviderError, EnvelopeError, KeyUnknown, SigningKeyMissing, StillGrowing, OSError)
"""What keeps the notary from signing now, or from writing its files. What was signed before is there all the same."""


class ProofImpossible(RequestRefused):
    """Cet arbre n’a pas cette feuille, ou n’a jamais eu cette taille. Prenez un nombre plus petit."""

    status = 404
    code = "proof_impossible"


class SealOutOfReach(RequestRefused):
    """Le journal ne peut pas être scellé en ce moment. Réessayez ; si cela dure, prévenez qui s’occupe du serveur."""

    status = 503
    code = "seal_out_of_reach"


@dataclass(frozen=True, slots=True)
class SealedTree:
    """How far one tree was signed. `month` is the first day of a month of the trail, `None` for the other two."""

    tree: int
    kind: str
    month: date | None
    generation: int
    size: int
    root: bytes

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Self:
        """Read a checkpoint: its origin says what it is about."""
        _, _, kind, _, *month, _ = checkpoint.origin.split("/")
        first = date.fromisoformat(f"{month[0]}-01") if month else None
        return cls(checkpoint.tree, kind, first, checkpoint.generation, checkpoint.size, checkpoint.root)


@dataclass(frozen=True, slots=True)
class SealLook:
    """How far each tree was signed. `trouble` names what keeps the notary from signing or writing now, `None` when nothing does."""

    trees: tuple[SealedTree, ...]
    sealed_at: datetime | None
    public: str
    trouble: str | None


def look_at_seal(caller: Caller) -> SealLook:
    """Sign what is there, and say how far that is. Raises `NotAllowed`, `TrailUnavailable`."""
    caller.structure.records.disclose(caller.actor, Operation.READ_SEAL)
    trouble = _sealed_up_to_now(caller)
    notary = caller.structure.notary
    public = notary.public()
    trees = tuple(SealedTree.of(open_checkpoint(note, public)) for note in notary.latest_notes())
    return SealLook(trees, _sealed_at(caller), public.hex(), trouble)


def take_checkpoints(caller: Caller) -> str:
    """Give the latest checkpoints, one note behind the other. Raises `NotAllowed`, `TrailUnavailable`."""
    caller.structure.records.disclose(caller.actor, Operation.READ_SEAL)
    _sealed_up_to_now(caller)
    return "\n".join(caller.structure.notary.latest_notes())


def take_journal(caller: Caller) -> Iterator[bytes]:
    """Give the exported journal, part by part. Raises `NotAllowed`, `TrailUnavailable`, `SealOutOfReach`."""
    caller.structure.records.disclose(caller.actor, Operation.EXPORT_JOURNAL)
    parts = journal_file(caller.structure.notary, caller.structure.store.database)
    try:
        # The first part is made here: what goes wrong before it is a refusal, and no file that was cut.
        return chain([next(parts)], parts)
    except NOT_SIGNED:
        raise SealOutOfReach from None


def verifier_source() -> bytes:
    """Give the program that checks a journal, which runs alone."""
    return (resources.files("crypto_shredding.journal") / "sillage_verify.py").read_bytes()


def prove_growth(caller: Caller, tree: int, size: int) -> tuple[int, bytes, bytes, list[bytes]]:
    """Prove that a tree begins with its first `size` leaves: size and root now, root then, proof. May raise `ProofImpossible`."""
    caller.structure.records.disclose(caller.actor, Operation.READ_SEAL)
    hashes = _hashes(caller, tree)[1]
    if not 0 < size <= len(hashes):
        raise ProofImpossible
    return len(hashes), root_of(hashes), root_of(hashes[:size]), consistency_proof(hashes, size)


def prove_presence(caller: Caller, tree: int, position: int) -> tuple[int, int, bytes, bytes, list[bytes]]:
    """Prove that the row at `position` is in a tree: its index, size and root now, the leaf's hash, proof. Raises `ProofImpossible`."""
    caller.structure.records.disclose(caller.actor, Operation.READ_SEAL)
    positions, hashes = _hashes(caller, tree)
    if position not in positions:
        raise ProofImpossible
    index = positions.index(position)
    return index, len(hashes), root_of(hashes), hashes[index], inclusion_proof(hashes, index)


def spelt(one: bytes) -> str:
    """Spell a hash as a checkpoint does."""
    return base64.b64encode(one).decode()


def _sealed_up_to_now(caller: Caller) -> str | None:
    try:
        caller.structure.notary.catch_up()
    except NOT_SIGNED as failure:
        return type(failure).__name__
    return None


def _sealed_at(caller: Caller) -> datetime | None:
    return _rows(caller, "sealed_at")[0][0]  # type: ignore[no-any-return]


def _hashes(caller: Caller, tree: int) -> tuple[list[int], list[bytes]]:
    _sealed_up_to_now(caller)
    rows = _rows(caller, "leaves", tree)
    positions, hashes = (b"".join(bytes(row[column]) for row in rows) for column in (0, 1))
    return (
        [int.from_bytes(positions[at : at + 8], "big", signed=True) for at in range(0, len(positions), 8)],
        [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)],
    )


def _rows(caller: Caller, name: str, *parameters: object) -> list[tuple[Any, ...]]:
    database = caller.structure.store.database
    with database.connection() as connection:
        return connection.execute(database.statement(queries("journal")[name]), parameters).fetchall()
