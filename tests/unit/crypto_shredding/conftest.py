"""A journal that is made up, and the verifier that looks at it."""

from datetime import date
from pathlib import Path

import pytest

from crypto_shredding.journal.sillage_verify import Report, verify
from tests.unit.crypto_shredding.made_up_journal import (
    CORE,
    FOLLOW_UP,
    LIVING,
    SIGNER,
    TODAY,
    YOUTH,
    Check,
    Journal,
    Tree,
    event,
    line,
    month,
    purge,
    record_of,
)


@pytest.fixture
def journal() -> Journal:
    """An erased record (all of it), an erased category, two living rows; a month that is gone, one that is closed, one that grows."""
    events = [
        event(1, YOUTH, 1, CORE, is_there=False),
        event(2, LIVING, 1, CORE),
        event(4, YOUTH, 2, FOLLOW_UP, is_there=False),
        event(5, LIVING, 2, FOLLOW_UP, is_there=False),
        event(7, LIVING, 3, CORE),
    ]
    statements = [purge(1, YOUTH, None, (1, 2)), purge(2, LIVING, FOLLOW_UP, (2, 2))]
    gone = month(3, "2025-10", None, [line(1), line(2)])
    closed = month(4, "2026-10", gone, [line(3), line(4), line(5)])
    growing = month(5, "2026-11", closed, [line(6), line(8)])
    gone.record, gone.notes = record_of(gone), [gone.note(2)]
    gone.rows, gone.sealed = [], []
    return Journal([Tree(2, statements), Tree(1, events, sizes=(2, 5)), gone, closed, growing])


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def checked(journal: Journal | bytes, *checkpoints: str, key: bytes | None = SIGNER.public, today: date = TODAY) -> Report:
        path = tmp_path / "journal"
        path.write_bytes(journal if isinstance(journal, bytes) else journal.content())
        return verify(path, checkpoints, key, jobs=1, today=today)

    return checked
