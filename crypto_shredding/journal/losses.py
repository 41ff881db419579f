"""What the files of the checkpoints know and the database does not: an older copy stands in its place, or somebody took its end away.

Which of the two it was cannot be told from here. It is stated, the statement is sealed, and the tree goes on in another generation: a log
never signs two stories under one name (C2SP tlog-checkpoint).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crypto_shredding.journal.checkpoint_folder import CheckpointFolder
from crypto_shredding.journal.notes import Checkpoint, NoteInvalid, open_checkpoint
from crypto_shredding.postgresql.database import RoleConnection, StructureDatabase, lock_key
from crypto_shredding.postgresql.queries import queries
from domain.identifiers import StructureId


@dataclass(frozen=True)
class Losses:
    """Finds and states the losses of one structure. `database` wears the notary's role."""

    structure: StructureId
    database: StructureDatabase
    public: Callable[[], bytes]
    files: CheckpointFolder

    @cached_property
    def _sql(self) -> Mapping[str, bytes]:
        names = ("is_known", "is_stated", "tree", "state_restoration", "next_generation")
        return {name: self.database.statement(queries("journal")[name]) for name in names}

    def found(self) -> list[Checkpoint]:
        """Give the checkpoints in the files that the database has never signed."""
        notes = self.files.latest()
        public = self.public() if notes else b""
        return [checkpoint for note in notes for checkpoint in self._own(note, public) if not self._is_known(checkpoint)]

    def state(self, connection: RoleConnection, lost: Checkpoint) -> None:
        """State one loss, once, in the caller's transaction, and have its tree go on under another name."""
        if _first(connection, self._sql["is_stated"], (lost.tree, lost.generation))[0]:
            return
        generation, kept = _first(connection, self._sql["tree"], (lost.tree,)) or (0, 0)
        loss = {"tree": lost.tree, "generation": lost.generation, "kept": kept, "size": lost.size, "root": lost.root}
        connection.execute(self._sql["state_restoration"], loss | {"lock": lock_key(self.structure)})
        if generation:
            connection.execute(self._sql["next_generation"], (max(generation, lost.generation) + 1, lost.tree))

    def _own(self, note: str, public: bytes) -> list[Checkpoint]:
        """Read a note. Another structure's, or a damaged one, says nothing about this database."""
        try:
            checkpoint = open_checkpoint(note, public)
        except NoteInvalid:
            return []
        return [checkpoint] if checkpoint.origin.split("/")[1] == str(self.structure) else []

    def _is_known(self, checkpoint: Checkpoint) -> bool:
        known = (checkpoint.tree, checkpoint.generation, checkpoint.size, checkpoint.root)
        with self.database.connection() as connection:
            return bool(_first(connection, self._sql["is_known"], known)[0])


def _first(connection: RoleConnection, statement: bytes, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """Give the first row, empty when there is none."""
    return connection.execute(statement, parameters).fetchone() or ()
