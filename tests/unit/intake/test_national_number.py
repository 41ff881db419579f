import pytest

from domain.intake.national_number import holds_national_number, key_of


@pytest.mark.parametrize(
    "text",
    [
        "206053155512321",
        "2060531555123",
        "sécu 2 06 05 31 555 123 58",
        "2.06.05.31.555.123.21",
        "2-06-05-31-555-123",
        "n°2060531555123 merci",
        "1 85 05 2A 004 123",
        "185052b00412345",
        "２０６０５３１５５５１２３２１",
        "2\u00a006\u00a005\u00a031\u00a0555\u00a0123",
        "2060\u200b531555123",
        "306053155512368",
    ],
)
def test_a_national_number_is_recognised_however_it_is_spaced(text: str) -> None:
    assert holds_national_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78",
        "+33 6 12 34 56 78",
        "0033612345678",
        "tél 06 12 34 56 78 ou 05 61 22 33 44",
        "06.12.34.56.78 / 07.11.22.33.44",
        "552 100 554 00013",
        "12/05/2024",
        "du 12/05/2024 au 13/05/2024",
        "du 2024-05-12 au 2024-05-13",
        "31000 Toulouse",
        "",
    ],
)
def test_phone_numbers_and_dates_pass(text: str) -> None:
    assert not holds_national_number(text)


def test_the_key_of_corsica_counts_as_18_and_19() -> None:
    assert key_of("2060531555123") == 21
    assert key_of("1850519004123") == key_of("185052A004123")
    assert key_of("1850518004123") == key_of("185052B004123")
