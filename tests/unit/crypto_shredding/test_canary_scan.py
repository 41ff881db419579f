"""A scan that cannot find is worth nothing: each form, each edge."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from crypto_shredding.canary_scan import CHUNK_BYTES, Finding, forms, scan

CANARY = "Zoé-Œillet-7731"
WRITTEN = {
    "utf-8": CANARY.encode(),
    "windows-1252": CANARY.encode("cp1252"),
    "utf-16, little": CANARY.encode("utf-16-le"),
    "utf-16, big": CANARY.encode("utf-16-be"),
    "json": json.dumps({"a": CANARY}).encode(),
    "json, capitals": b'"Zo\\u00E9-\\u0152illet-7731"',
    "url": b"/?q=" + quote(CANARY).encode(),
    "capitals": CANARY.upper().encode(),
    "without accents": b"zoe-\xc5\x93illet-7731",
    "decomposed": "Zoe\u0301-Œillet-7731".encode(),
    "hexadecimal": b"\\\\x" + CANARY.encode().hex().encode(),
    "base64": base64.b64encode(CANARY.encode()),
    "base64, one byte later": base64.b64encode(b"." + CANARY.encode() + b"."),
    "base64, two bytes later": base64.b64encode(b".." + CANARY.encode() + b"."),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_canary_is_found_in_every_form_that_a_program_may_write(tmp_path: Path, form: str) -> None:
    (tmp_path / "file").write_bytes(b"before " + WRITTEN[form] + b" after")
    assert scan(tmp_path, ["nobody-here", CANARY])
    assert {finding.canary for finding in scan(tmp_path, ["nobody-here", CANARY])} == {1}


def test_latin_1_is_a_form_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes("Gaëlle".encode("latin-1"))
    assert scan(tmp_path, ["Gaëlle"]) == [Finding(tmp_path / "file", 0, "latin-1", 0)]


@pytest.mark.parametrize("shift", range(-20, 2))
def test_a_canary_is_found_across_the_edge_of_a_chunk_and_told_once(tmp_path: Path, shift: int) -> None:
    (tmp_path / "file").write_bytes(bytes(CHUNK_BYTES + shift) + b"a-plain-canary" + bytes(CHUNK_BYTES))
    assert scan(tmp_path, ["a-plain-canary"]) == [Finding(tmp_path / "file", 0, "utf-8", CHUNK_BYTES + shift)]


def test_folders_hidden_files_and_the_names_of_files_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    (tmp_path / "deep" / ".hidden" / "file").write_text("a-plain-canary")
    (tmp_path / "upload-of-a-plain-canary.csv").write_text("")
    assert sorted(finding.offset for finding in scan(tmp_path, ["a-plain-canary"])) == [-1, 0]


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 5000)
    (tmp_path / "empty").write_bytes(b"")
    assert scan(tmp_path, [CANARY]) == []


def test_a_scan_refuses_to_skip(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="6 characters"):
        scan(tmp_path, ["short"])
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "nowhere", [CANARY])


def test_plain_letters_have_no_form_twice() -> None:
    patterns = list(forms("plainletters").values())
    assert len(patterns) == len(set(patterns))
