from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from domain import texts
from domain.refusals import CharacterRefused, DateInFuture, TextMissing, TextTooLong, TooMany
from tests.unit.domain.scenes import refused


@pytest.mark.parametrize("hidden", ["\x00", "\x1b[31m", "\x92", "\x7f", "\ud800", "\u2028", "\u2029", "\x0b"])
def test_an_invisible_character_is_refused(hidden: str) -> None:
    for clean in (texts.line, texts.prose):
        assert refused(CharacterRefused, lambda clean=clean: clean(f"a{hidden}b", "text")).field == "text"


@pytest.mark.parametrize("value", ["é", "e\u0301"])
def test_two_writings_of_one_letter_become_one(value: str) -> None:
    assert texts.line(value, "place") == "é"


def test_a_line_has_no_line_break_and_a_note_may() -> None:
    refused(CharacterRefused, lambda: texts.line("a\nb", "place"))
    assert texts.prose("a\r\nb\rc\td", "text") == "a\nb\nc\td"


@pytest.mark.parametrize("blank", [None, "", " ", "\t \t", "\u200b\u200d", "\ufeff", "\u202e\u00a0\u2066", "\u00ad"])
def test_a_blank_is_nothing(blank: str | None) -> None:
    assert texts.line(blank, "place") is None
    assert texts.prose(blank, "text") is None
    refused(TextMissing, lambda: texts.required_line(blank, "place"))


def test_the_bound_of_a_note_is_exact_and_said() -> None:
    assert texts.prose("x" * 4_000, "text") == "x" * 4_000
    refusal = refused(TextTooLong, lambda: texts.prose("x" * 4_001, "text"))
    assert "4000" in str(refusal)
    assert "4001" in str(refusal)


def test_a_megabyte_is_refused_before_anything_slow_looks_at_it() -> None:
    refused(TextTooLong, lambda: texts.prose("1 " * 500_000, "text"))


def test_a_refusal_never_repeats_what_was_typed() -> None:
    for refusal, value in ((CharacterRefused, "Inès\x00"), (TextTooLong, "Inès" * 100)):
        assert "Inès" not in str(refused(refusal, lambda value=value: texts.line(value, "place")))


def test_people_are_accounts_or_initials_each_once() -> None:
    account = uuid4()
    assert texts.people([account, "KB", account, "KB"], "present") == [account, "KB"]
    refused(TooMany, lambda: texts.people([str(n) for n in range(13)], "present"))


def test_a_day_is_to_come_only_once_it_has_begun_nowhere() -> None:
    evening = datetime(2026, 11, 22, 9, 59, tzinfo=UTC)
    assert texts.past_day(date(2026, 11, 22), "occurred_on", evening) == date(2026, 11, 22)
    refused(DateInFuture, lambda: texts.past_day(date(2026, 11, 23), "occurred_on", evening))
