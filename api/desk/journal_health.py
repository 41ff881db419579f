"""What `sillage doctor` checks of the journal: that it is signed in time, and that it is what was signed. It looks, and seals nothing."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.bootstrap import Structure
from crypto_shredding.journal.journal_export import StillGrowing, export
from crypto_shredding.journal.notes import NoteInvalid, open_checkpoint
from crypto_shredding.journal.sillage_verify import verify
from crypto_shredding.postgresql.queries import queries
from crypto_shredding.signing import SigningKeyMissing

_LATE: Final = 3
"""Times the usual delay after which a signature is late."""
_A_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """One fact about the journal: whether it holds, and in a few words what was found."""

    name: str
    ok: bool
    detail: str


def journal_checks(structure: Structure) -> Iterator[JournalCheck]:
    """Check the seal of one structure, its files, and every hash. Raises psycopg's errors when the database does not answer."""
    yield _in_time(structure)
    try:
        public = structure.notary.public()
    except SigningKeyMissing:
        yield JournalCheck("journal", ok=False, detail="SigningKeyMissing")
        return
    yield _files(structure, public)
    yield _as_signed(structure, public)


def _in_time(structure: Structure) -> JournalCheck:
    database = structure.notary.database
    with database.connection() as connection:
        row = connection.execute(database.statement(queries("journal")["waiting"])).fetchone()
    waiting, since, was_signed = row or (0, 0.0, False)
    is_late = waiting > 0 and since > _LATE * structure.notary.every_seconds + _A_MINUTE
    when = f"signé il y a {since / _A_MINUTE:.0f} min" if was_signed else "pas encore signé"
    return JournalCheck("seal", not is_late, f"{when}, {waiting} lignes attendent")


def _files(structure: Structure, public: bytes) -> JournalCheck:
    """Compare the folder with the database: a later checkpoint there is an older copy here."""
    try:
        if not structure.notary.files.folder.is_dir():
            return JournalCheck("checkpoint_files", ok=False, detail="le dossier des points de contrôle ne répond pas")
        notes = structure.notary.files.latest()
    except OSError as failure:
        return JournalCheck("checkpoint_files", ok=False, detail=type(failure).__name__)
    database, unknown = structure.notary.database, 0
    for note in notes:
        try:
            found = open_checkpoint(note, public)
        except NoteInvalid:
            unknown += 1
            continue
        with database.connection() as connection:
            known = (found.tree, found.generation, found.size, found.root)
            row = connection.execute(database.statement(queries("journal")["is_known"]), known).fetchone()
        unknown += not (row and row[0])
    detail = f"{len(notes)} points de contrôle, {unknown} que la base ne connaît pas"
    return JournalCheck("checkpoint_files", not unknown, detail)


def _as_signed(structure: Structure, public: bytes) -> JournalCheck:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        try:
            with path.open("wb") as file:
                file.writelines(export(structure.id, structure.store.database, public))
        except StillGrowing:
            return JournalCheck("journal", ok=True, detail="des purges attendent d’être scellées : relancez dans une minute")
        report = verify(path, (), public, jobs=1)
    # What was never signed is the other check's to tell: it may have come a minute ago.
    defects = [defect for defect in report.defects if defect.kind != "unsigned"]
    if not defects:
        return JournalCheck("journal", ok=True, detail=f"{report.leaves} lignes, comme signées")
    return JournalCheck("journal", ok=False, detail=f"{len(defects)} défauts, dont : {defects[0].sentence}")
