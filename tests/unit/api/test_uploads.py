"""A form with a file, read in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.uploads import UploadUnreadable, parse

TYPE = "multipart/form-data; boundary=limite"


def form(content: bytes, filename: str = "jeunes.csv", name: str = "file") -> bytes:
    head = f'--limite\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: text/csv\r\n\r\n'
    return head.encode() + content + b"\r\n--limite--\r\n"


@given(st.binary(max_size=2_000).filter(lambda content: b"--limite" not in content))
def test_a_file_comes_out_as_it_went_in(content: bytes) -> None:
    assert parse(form(content), TYPE).content == content


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("été.csv", "été.csv"), ("C:\\Dossiers\\a.xlsx", "a.xlsx"), ("../../etc/a.ods", "a.ods"), ("", ""), ("a" * 900, "a" * 200)],
)
def test_a_file_keeps_the_last_part_of_its_name(sent: str, kept: str) -> None:
    assert parse(form(b"1", sent.replace("\\", "\\\\")), TYPE).filename == kept


def test_another_field_is_not_the_file() -> None:
    upload = parse(form(b"1", name="photo"), TYPE)

    assert (upload.content, upload.filename) == (b"", "")


@given(st.binary(max_size=400), st.sampled_from([TYPE, "multipart/form-data", "text/plain", "", "multipart/form-data; boundary=é"]))
def test_anything_else_is_refused_with_a_sentence(body: bytes, kind: str) -> None:
    with pytest.raises(UploadUnreadable):
        parse(body, kind)


def test_a_body_that_was_cut_short_is_refused() -> None:
    with pytest.raises(UploadUnreadable):
        parse(form(b"12345")[:-12], TYPE)


def test_neither_content_nor_name_shows_in_a_repr() -> None:
    assert "jeunes" not in repr(parse(form(b"Titouan"), TYPE))
    assert "Titouan" not in repr(parse(form(b"Titouan"), TYPE))
