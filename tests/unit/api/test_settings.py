"""What the service refuses to start with, and the sentence that says how to mend it."""

import pytest

from api.settings import SettingsError, read_settings


def given(main: str, keys: str = "dbname=keys host=/run/postgresql", **more: object) -> str:
    try:
        read_settings(database=main, keys_database=keys, **more)
    except SettingsError as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize(
    "address",
    [
        "host=/run/postgresql dbname=main",
        "host=@abstract dbname=main",
        "dbname=main",
        "postgresql://localhost/main",
        "postgresql://127.0.0.1:5433/main",
        "postgresql://[::1]/main",
        "postgresql://db.example.org/main?sslmode=verify-full",
        "host=one.example.org,two.example.org dbname=main sslmode=verify-full",
    ],
)
def test_a_database_nearby_or_behind_a_verified_certificate_is_taken(address: str) -> None:
    assert given(address) == ""


@pytest.mark.parametrize("mode", ["", "disable", "allow", "prefer", "require", "verify-ca"])
@pytest.mark.parametrize("host", ["db.example.org", "10.0.0.7", "localhost,db.example.org"])
def test_a_database_that_somebody_could_listen_to_is_refused(mode: str, host: str) -> None:
    address = f"host={host} dbname=main {f'sslmode={mode}' if mode else ''}"

    assert "sslmode=verify-full" in given(address)
    assert "sslmode=verify-full" in given("dbname=main", keys=address)
    assert given(address, database_tls="none") == ""


def test_an_address_by_number_alone_is_no_way_around() -> None:
    assert "sslmode=verify-full" in given("hostaddr=10.0.0.7 dbname=main")
    assert "sslmode=verify-full" in given("host=localhost hostaddr=10.0.0.7 dbname=main")


def test_no_refusal_repeats_an_address() -> None:
    assert "secret" not in given("postgresql://owner:secret@db.example.org/main")


@pytest.mark.parametrize("contact", ["securite@exemple.org", "mailto:a@b.org\nX: y", "javascript:alert(1)"])
def test_a_contact_that_is_no_address_is_refused(contact: str) -> None:
    with pytest.raises(SettingsError, match="SILLAGE_SECURITY_CONTACT"):
        read_settings(security_contact=contact)
