"""A database that really comes back from a backup: the journal says what was lost, and goes on (R074, R183)."""

from pathlib import Path

from crypto_shredding.backups.backup_file import Kind
from domain.stream import ErasedStream
from tests.given import educator, filled
from tests.integration.crypto_shredding.drills import Drill
from tests.journals import bundle, checked, kinds


def test_a_restore_is_stated_and_erased_again_and_the_journal_goes_on(drill: Drill, tmp_path: Path) -> None:
    early = bundle(drill.structure)
    drill.back_up()
    drill.erase()
    filled(drill.structure.records, educator())
    late = bundle(drill.structure)
    assert checked(drill.structure, tmp_path, early, late).defects == []
    drill.restore(Kind.MAIN, Kind.KEYS)

    drill.open_whole()

    assert isinstance(drill.structure.records.find(drill.erased), ErasedStream)
    report = checked(drill.structure, tmp_path, early)
    assert report.defects == []
    assert any("copie plus ancienne" in said for said in report.said)
    assert kinds(checked(drill.structure, tmp_path, late)) == {"restored"}


def test_without_the_files_only_a_checkpoint_kept_elsewhere_knows_of_a_restore(drill: Drill, tmp_path: Path) -> None:
    drill.back_up()
    filled(drill.structure.records, educator())
    late = bundle(drill.structure)
    drill.restore(Kind.MAIN)
    for file in drill.structure.notary.files.folder.iterdir():
        file.unlink()
    drill.open_whole()
    filled(drill.structure.records, educator())

    assert checked(drill.structure, tmp_path).defects == []
    assert kinds(checked(drill.structure, tmp_path, late)) == {"rewritten"}
