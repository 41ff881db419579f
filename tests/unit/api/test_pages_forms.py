"""A form as it was typed: read strictly, kept whole, and never trusted."""

from datetime import date

import pytest

from api.pages.forms import Form, FormUnreadable, parse
from api.pages.frame import is_own_path


def test_what_was_typed_is_read_with_its_accents_its_blanks_and_its_repeats() -> None:
    typed = parse(b"a=%C3%A9t%C3%A9+%2B+%F0%9F%99%82&b=1&b=2&c=")

    assert typed == {"a": ["été + 🙂"], "b": ["1", "2"], "c": [""]}


@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xe9", b"&".join(b"a=1" for _ in range(301))], ids=["not utf-8", "not ascii", "301 fields"])
def test_a_form_that_no_page_of_ours_sends_is_unreadable(body: bytes) -> None:
    with pytest.raises(FormUnreadable):
        parse(body)


@pytest.mark.parametrize("text", ["2026-02-03", "03/02/2026", "3/2/2026"])
def test_a_day_is_read_as_browsers_and_as_people_write_it(text: str) -> None:
    form = Form.filled(on=text)

    assert form.day("on") == date(2026, 2, 3)
    assert form.errors == {}


@pytest.mark.parametrize("text", ["32/01/2026", "2026-13-01", "hier", "1/2", "2026-02-03T00:00", "١/٢/٢٠٢٦x"])
def test_a_day_that_is_none_is_said_at_its_field_and_stays_typed(text: str) -> None:
    form = Form.filled(on=text)

    assert form.day("on") is None
    assert list(form.errors) == ["on"]
    assert form.value("on") == text


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "abc", "²", "12345678901234"])
def test_a_number_is_made_of_digits(text: str) -> None:
    form = Form.filled(minutes=text)

    assert form.number("minutes") is None
    assert list(form.errors) == ["minutes"]


def test_a_blank_number_is_no_number_and_no_fault() -> None:
    form = Form.filled(minutes=" ")

    assert form.number("minutes") is None
    assert form.errors == {}


def test_an_account_that_no_page_offered_is_refused_at_its_field() -> None:
    form = Form.filled(present=["not-an-account"])

    assert form.accounts("present") == ()
    assert list(form.errors) == ["present"]


def test_a_form_comes_back_under_its_own_key_and_version() -> None:
    form = Form.sent({"idempotency_key": ["k"], "expected_version": ["7"]})

    assert (form.key, form.version) == ("k", 7)


def test_two_new_forms_have_two_keys() -> None:
    assert Form().key != Form().key


def test_what_was_typed_shows_in_no_representation() -> None:
    assert "secret" not in repr(Form.filled(text="secret"))


@pytest.mark.parametrize("path", ["//ailleurs.example/x", "https://ailleurs.example", "ailleurs", "/\\ailleurs", "/a?b", "/a#b", "/é"])
def test_an_interrupted_form_goes_on_nowhere_but_here(path: str) -> None:
    assert not is_own_path(path)


def test_an_interrupted_form_goes_on_at_its_own_page() -> None:
    assert is_own_path("/dossiers/0f5a2a9e-0000-4000-8000-000000000001/contacts/nouveau")
