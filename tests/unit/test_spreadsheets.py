import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import openpyxl
import pytest

from api.imports.spreadsheets import LARGEST_FILE, UnreadableWorkbook, read_workbook
from domain.intake import Row

INPUT = Path(__file__).parents[1] / "input"
OLD_FORMAT = Path(__file__).parent / "old_format.xls"
NUMBER_IN_B2, NUMBER_AT_THE_FAR_CORNER = "7e020a00010001001100", "7e020a00ffffff001100"
INTERFACE_HEADER, FILE_PASSWORD = "e1000200b004", "2f000200b004"
INLINE_CELL = b'<c r="A2" t="inlineStr"><is><t>x</t></is></c>'


def xlsx(*rows: Row) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Jeunes"
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Write an archive again with its parts changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return changed.getvalue()


def ods(content: str, manifest: str = "<manifest/>") -> bytes:
    packed = io.BytesIO()
    spaces = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces} xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
            f"<office:spreadsheet>{content}</office:spreadsheet></office:body></office:document-content>",
        )
    return packed.getvalue()


def test_the_real_workbook_keeps_its_row_numbers() -> None:
    sheets = read_workbook((INPUT / "suivi_jeunes.xlsx").read_bytes(), "suivi_jeunes.xlsx")

    assert [(sheet.name, len(sheet.rows)) for sheet in sheets] == [
        ("Jeunes", 553),
        ("Contacts", 9001),
        ("Travail de rue", 621),
        ("Chantiers", 27),
    ]
    assert sheets[0].rows[2][1] == "Prénom / surnom"
    assert sheets[0].rows[4][6] == date(2024, 1, 11)
    assert sheets[0].rows[1][0] is None


def test_the_formula_of_the_real_workbook_is_its_text() -> None:
    rows = read_workbook((INPUT / "suivi_jeunes.xlsx").read_bytes(), "suivi_jeunes.xlsx")[0].rows

    assert rows[549][1] == '=HYPERLINK("http://exemple.invalid","Nadir")'
    assert rows[552][:2] == ("TOTAL", "=COUNTA(B4:B552)")


def test_a_formula_is_its_text_even_when_a_value_was_left_beside_it() -> None:
    with_value = repacked(
        xlsx(("Prénom",), ("x",)),
        lambda name, part: (
            part.replace(INLINE_CELL, b'<c r="A2" t="str"><f>CONCATENATE("Na","dir")</f><v>Nadir</v></c>')
            if name.endswith("sheet1.xml")
            else part
        ),
    )

    assert read_workbook(with_value, "a.xlsx")[0].rows[1] == ('=CONCATENATE("Na","dir")',)


def test_the_older_base_is_read_with_its_accents_and_separators() -> None:
    (sheet,) = read_workbook((INPUT / "jeunes_ancienne_base.csv").read_bytes(), "jeunes_ancienne_base.csv")

    assert (sheet.name, len(sheet.rows)) == ("jeunes_ancienne_base", 81)
    assert sheet.rows[0][1] == "Prénom / surnom"
    assert sheet.rows[1] == (
        "403",
        "Adrien",
        None,
        None,
        "garçon",
        "Empalot",
        "10/12/2024",
        "réseaux sociaux",
        "JD",
        "CFA",
        None,
        "ne pas noter son nom",
    )


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_is_recognised_by_its_separator_and_encoding(separator: str, encoding: str) -> None:
    text = separator.join(("Prénom", "Âge")) + "\r\n" + separator.join((f'"Zoé{separator} dite ""Z"""', "14 ans")) + "\r\n"

    (sheet,) = read_workbook(text.encode(encoding), "base.csv")

    assert sheet.rows == (("Prénom", "Âge"), (f'Zoé{separator} dite "Z"', "14 ans"))


def test_a_byte_that_windows_1252_does_not_define_is_kept_to_be_doubted() -> None:
    (sheet,) = read_workbook(b"Pr\xe9nom\nMa\x81mouna\n", "base.csv")

    assert sheet.rows == (("Prénom",), ("Ma\x81mouna",))


def test_an_old_xls_gives_its_cells_and_marks_its_formulas() -> None:
    (sheet,) = read_workbook(OLD_FORMAT.read_bytes(), "old.xls")

    assert sheet.rows == (("Prénom", None), ("=…", 2.5))


def test_an_ods_gives_its_cells_and_the_text_of_its_formulas() -> None:
    content = ods(
        '<table:table table:name="Jeunes"><table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        "<table:table-row>"
        '<table:table-cell office:value-type="string"><text:p>Lina</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
        '<table:table-cell office:value-type="date" office:date-value="2024-03-02"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT01H30M00S"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1000"/></table:table-row>'
        "</table:table>",
    )

    (sheet,) = read_workbook(content, "a.ods")

    assert len(sheet.rows) == 3
    assert sheet.rows[2] == ("Lina", "=1+1", date(2024, 3, 2), time(1, 30))


def far_cell(name: str, part: bytes) -> bytes:
    return part.replace(b'r="2"', b'r="1048576"').replace(b'"A2"', b'"XFD1048576"') if name.endswith("sheet1.xml") else part


def doctype(name: str, part: bytes) -> bytes:
    head = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]>'
    return head + part[part.index(b"<worksheet") :] if name.endswith("sheet1.xml") else part


def shared_texts(length: int, uses: int) -> bytes:
    """Make a workbook whose cells all point at one shared text."""
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(3, 3 + uses))
    content = repacked(xlsx(("Prénom",), ("x",)), lambda _, part: part.replace(b"</sheetData>", cells + b"</sheetData>"))
    extended = io.BytesIO(content)
    with zipfile.ZipFile(extended, "a", zipfile.ZIP_DEFLATED) as archive:
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}"><si><t>{"y" * length}</t></si></sst>')
    return extended.getvalue()


def huge_part(name: str, part: bytes) -> bytes:
    return part + b"<!--" + b" " * 300_000_000 + b"-->" if name.endswith("styles.xml") else part


BOMBS = {
    "a cell at the far corner": lambda: repacked(xlsx(("Prénom",), ("x",)), far_cell),
    "a huge part": lambda: repacked(xlsx(("Prénom",), ("x",)), huge_part),
    "a long text used often": lambda: shared_texts(1_000_000, 70),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_file_that_unfolds_into_too_much_is_refused_before_it_costs_memory(bomb: str) -> None:
    content = BOMBS[bomb]()
    assert len(content) < 1_000_000

    assert refused_within(content, 20_000_000, "trop grand")


def refused_within(content: bytes, most_memory: int, said: str) -> bool:
    """Tell that a file is refused, and that Python held at most so many bytes at once."""
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableWorkbook, match=said):
            read_workbook(content, "a.xlsx")
        return tracemalloc.get_traced_memory()[1] <= most_memory
    finally:
        tracemalloc.stop()


def test_a_text_that_a_few_cells_share_is_read() -> None:
    (sheet,) = read_workbook(shared_texts(5, 3), "a.xlsx")

    assert sheet.rows[2:] == (("yyyyy",),) * 3


def test_an_ods_that_repeats_a_filled_cell_without_end_is_refused() -> None:
    filled = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    content = ods(
        f'<table:table table:name="A"><table:table-row table:number-rows-repeated="1048576">{filled}</table:table-row></table:table>'
    )

    with pytest.raises(UnreadableWorkbook, match="trop grand"):
        read_workbook(content, "a.ods")


def test_a_document_type_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook):
        read_workbook(repacked(xlsx(("Prénom",), ("x",)), doctype), "a.xlsx")


def truncated() -> bytes:
    return xlsx(("Prénom",))[:-200]


def damaged() -> bytes:
    return repacked(xlsx(("Prénom",)), lambda name, part: part[: len(part) // 2] if name.endswith("sheet1.xml") else part)


UNREADABLE = [
    (b"", "a.xlsx", "vide"),
    (b"%PDF-1.7", "a.pdf", "tableur"),
    (b"Nom;Age\0\0", "a.csv", "texte"),
    (truncated(), "a.xlsx", "abîmé"),
    (damaged(), "a.xlsx", "abîmé"),
    (b"PK\x03\x04 not an archive", "a.xlsx", "abîmé"),
    (OLD_FORMAT.read_bytes()[:700], "a.xls", "abîmé"),
    (bytes.fromhex("d0cf11e0a1b11ae1") + b"\xff" * 3000, "a.xls", "abîmé"),
    (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "mot de passe"),
    (ods("", manifest="<encryption-data/>"), "a.ods", "mot de passe"),
    (b"a" * (LARGEST_FILE + 1), "a.csv", "16 Mo"),
    (b";" * 2_000_001, "a.csv", "trop de cases"),
]


@pytest.mark.parametrize(
    ("content", "filename", "said"), UNREADABLE, ids=[f"{number} {said}" for number, (_, _, said) in enumerate(UNREADABLE)]
)
def test_an_unreadable_file_is_refused_with_a_sentence_in_french(content: bytes, filename: str, said: str) -> None:
    with pytest.raises(UnreadableWorkbook, match=said):
        read_workbook(content, filename)


def claims_to_be_immense() -> bytes:
    """Make an old workbook whose DIMENSIONS record claims four thousand million rows."""
    content = bytearray(OLD_FORMAT.read_bytes())
    record = content.index(bytes.fromhex("00020e00")) + 4
    content[record + 4 : record + 8] = bytes.fromhex("f0ffffff")
    return bytes(content)


def claims_many_texts() -> bytes:
    content = shared_texts(5, 3)
    return repacked(content, lambda name, part: part.replace(b"<sst ", b'<sst uniqueCount="999999999999" ') if "shared" in name else part)


@pytest.mark.parametrize(("content", "filename"), [(claims_to_be_immense(), "a.xls"), (claims_many_texts(), "a.xlsx")], ids=["xls", "xlsx"])
def test_a_file_that_stops_its_reader_does_not_stop_the_service(content: bytes, filename: str) -> None:
    with pytest.raises(UnreadableWorkbook, match="ne peut pas être lu"):
        read_workbook(content, filename)


def test_the_reader_says_nothing_of_what_it_stumbles_on(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadableWorkbook) as refused:
        read_workbook(claims_to_be_immense(), "a.xls")

    assert capfd.readouterr() == ("", "")
    assert refused.value.__cause__ is None


def changed_record(record: str, replacement: str) -> bytes:
    """Make an old workbook with the beginning of one of its records changed; both are in hexadecimal, of one length."""
    content = OLD_FORMAT.read_bytes()
    assert content.count(bytes.fromhex(record)) == 1
    return content.replace(bytes.fromhex(record), bytes.fromhex(replacement))


def test_an_old_workbook_with_a_cell_at_the_far_corner_is_refused_before_it_costs_memory() -> None:
    far = changed_record(NUMBER_IN_B2, NUMBER_AT_THE_FAR_CORNER)

    assert refused_within(far, 1_000_000, "déplié")


def test_an_old_workbook_under_a_password_is_refused_as_such() -> None:
    with pytest.raises(UnreadableWorkbook, match="mot de passe"):
        read_workbook(changed_record(INTERFACE_HEADER, FILE_PASSWORD), "a.xls")


def test_an_archive_that_shows_two_files_under_one_name_is_refused() -> None:
    content = io.BytesIO(xlsx(("Prénom",), ("x",)))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("XL/worksheets/SHEET1.xml", "<worksheet/>")

    with pytest.raises(UnreadableWorkbook, match="abîmé"):
        read_workbook(content.getvalue(), "a.xlsx")


def test_any_cut_of_a_file_is_read_or_refused_and_never_crashes() -> None:
    for content, filename in ((xlsx(("Prénom",), ("x",)), "a.xlsx"), (OLD_FORMAT.read_bytes(), "a.xls")):
        for length in range(1, len(content), 701):
            try:
                read_workbook(content[:length], filename)
            except UnreadableWorkbook as refused:
                assert str(refused).endswith(".")  # noqa: PT017 — reading some cuts is as right as refusing them.
