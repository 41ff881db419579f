"""The erasure ledger in several places off the server at once: what one volume loses, another has (design §6; R073)."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crypto_shredding.erasure.ledger import LedgerEntry
from crypto_shredding.erasure.ledger_file import LedgerBehind, LedgerFile, LedgerMissing, LedgerTampered, LedgerUnavailable
from crypto_shredding.signing import Signer
from domain.identifiers import StructureId


@dataclass(frozen=True)
class LedgerCopies:
    """The same ledger in several folders, a file named after the structure in each. The copies are identical, byte for byte."""

    folders: tuple[Path, ...]
    structure: StructureId

    @property
    def files(self) -> tuple[LedgerFile, ...]:
        """Each copy."""
        return tuple(LedgerFile(folder / f"{self.structure}.jsonl", self.structure) for folder in self.folders)

    def entries(self, expected_public: bytes) -> list[LedgerEntry]:
        """Give the entries of the longest copy, of which every other one has to be the beginning.

        Raises `LedgerMissing` when no folder has a copy, `LedgerTampered`, and `LedgerUnavailable` for the first that is not reachable.
        """
        longest: list[LedgerEntry] | None = None
        for file in self.files:
            try:
                found = file.entries(expected_public)
            except LedgerMissing:
                continue
            longest = found if longest is None else _longer(longest, found, file.path)
        if longest is None:
            raise LedgerMissing
        return longest

    def append(self, entries: Iterable[LedgerEntry], signer: Signer) -> None:
        """Write to every copy what it lacks. A copy that was away for a while is brought up from the others.

        Where one fails, the others are written all the same; the first failure is raised afterwards: `LedgerUnavailable`, `LedgerTampered`,
        or `LedgerBehind` when every copy ends before `entries` begin.
        """
        given, failures = list(entries), []
        for file in self.files:
            try:
                self._append_to(file, given, signer)
            except (LedgerUnavailable, LedgerTampered, LedgerBehind) as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    def _append_to(self, file: LedgerFile, entries: Sequence[LedgerEntry], signer: Signer) -> None:
        try:
            file.append(entries, signer)
        except LedgerBehind:
            for other in self.files:
                with suppress(LedgerUnavailable, LedgerMissing, LedgerTampered):
                    file.append(other.entries(signer.public), signer)
            file.append(entries, signer)


def _longer(one: list[LedgerEntry], other: list[LedgerEntry], path: Path) -> list[LedgerEntry]:
    for first, second in zip(one, other, strict=False):
        if first != second:
            raise LedgerTampered(path, second.number)
    return max(one, other, key=len)
