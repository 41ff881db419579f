"""The notary seals what is written, and a file that anybody can check tells what was changed since (R083, R183; design §7)."""

from pathlib import Path

from api.bootstrap import Structure
from tests.given import closed, educator, filled, to_its_end
from tests.journals import bundle, checked


def test_a_journal_that_nobody_touched_is_sound(structure: Structure, tmp_path: Path) -> None:
    filled(structure.records, educator())

    report = checked(structure, tmp_path)

    assert report.defects == []
    assert [tree.signed == tree.count > 0 for tree in report.trees] == [False, True, True]


def test_it_is_still_sound_after_an_erasure(structure: Structure, tmp_path: Path) -> None:
    kept = bundle(structure)
    erasure = closed(structure.records, filled(structure.records, educator()))
    to_its_end(structure, erasure)

    report = checked(structure, tmp_path, kept)

    assert report.defects == []
    assert any("sous un effacement scellé" in said for said in report.said)
