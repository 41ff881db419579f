"""A certificate says what it said when it was signed, or it is refused, by name."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_shredding.canonical_json import canonical
from crypto_shredding.erasure.certificate import (
    MOST_BYTES,
    Certificate,
    CertificateInvalid,
    Copies,
    NotRecalled,
    Reason,
    Scope,
    issue,
    public_key_of,
    read,
)
from tests.unit.crypto_shredding.certificates import EARLY, FILE, OTHER_SIGNER, SIGNER, WHOLE, signed_anyway

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "certificate.md"
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # The strategy wants them bare.
COUNTS = st.integers(0, 2**53 - 1)


@st.composite
def certificates(draw: st.DrawFn) -> Certificate:
    closed, effective, *later = sorted(draw(st.lists(MOMENTS, min_size=4, max_size=4)))
    epochs = draw(st.lists(st.integers(1, 10_000), unique=True, max_size=4).map(sorted))
    return Certificate(
        reference=draw(st.uuids()),
        scope=draw(st.sampled_from(Scope)),
        closed_at=closed,
        effective_at=effective,
        purged_at=draw(st.sampled_from([None, *later])),
        irreversible_at=draw(st.sampled_from(later)) if epochs else None,
        fingerprints=tuple(draw(st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=3))),
        epochs_destroyed=tuple(epochs),
        purged=draw(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True), COUNTS, max_size=4)),
        not_recalled=NotRecalled(draw(COUNTS), draw(COUNTS)),
        copies=draw(st.sampled_from(Copies)),
        provider=draw(st.sampled_from(["file", "pkcs11"])),
        last_retained_backup_until=draw(st.none() | st.dates(effective.date(), date(2101, 1, 1))),
    )


def refused(data: bytes, expected_public: bytes | None = None) -> Reason:
    with pytest.raises(CertificateInvalid) as raised:
        read(data, expected_public=expected_public)
    return raised.value.reason


@given(certificates())
def test_what_was_issued_reads_the_same(certificate: Certificate) -> None:
    file = issue(certificate, SIGNER)

    assert read(file, expected_public=SIGNER.public) == certificate
    assert public_key_of(file) == SIGNER.public
    assert issue(certificate, SIGNER) == file


@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_one_byte_changed_is_refused_or_changes_nothing(position: int, byte: int) -> None:
    bent = FILE[:position] + bytes([byte]) + FILE[position + 1 :]

    with suppress(CertificateInvalid):
        assert read(bent, expected_public=None) == WHOLE


def test_every_byte_that_says_something_is_watched() -> None:
    bent = [FILE[:position] + bytes([FILE[position] ^ 1]) + FILE[position + 1 :] for position in range(len(FILE)) if FILE[position] > 0x20]

    assert len(bent) > 700
    for file in bent:
        refused(file)


@given(st.integers(0, len(FILE)), st.binary(max_size=3), st.integers(0, 3))
def test_bytes_put_in_or_taken_out_are_refused_or_change_nothing(position: int, more: bytes, gone: int) -> None:
    with suppress(CertificateInvalid):
        assert read(FILE[:position] + more + FILE[position + gone :], expected_public=None) == WHOLE


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_else_is_malformed(data: bytes) -> None:
    assert refused(data) is Reason.MALFORMED


@pytest.mark.parametrize(
    "spoilt",
    [
        FILE.replace(b'"copies"', b'"copies": "same_disk", "copies"'),
        FILE.replace(b"{", b'{"certificate": {}, ', 1),
        FILE.replace(b'"exports": 1', b'"exports": 1.0'),
        FILE.replace(b'"exports": 1', b'"exports": 1e0'),
        FILE.replace(b'"exports": 1', b'"exports": 01'),
        FILE.replace(b'"exports": 1', b'"exports": NaN'),
        FILE.replace(b'"signature"', b'"signed_by": "x", "signature"'),
        FILE.replace(b"record", b"rec\xffrd"),
        b"\xef\xbb\xbf" + FILE,
        FILE + b"{}",
        FILE + b"\0",
        FILE.decode().encode("utf-16"),
        FILE + b" " * MOST_BYTES,
        b"[" * MOST_BYTES,
        b'{"certificate":' * 4_000,
        b'{"a": ' + b"9" * 20_000 + b"}",
        json.dumps({"certificate": [], "public_key": "00" * 32, "signature": "00" * 64}).encode(),
        json.dumps({"certificate": {"version": 1, "\ud800": 1}, "public_key": "00" * 32, "signature": "00" * 64}).encode(),
        FILE.replace(SIGNER.public.hex().encode(), SIGNER.public.hex().upper().encode()),
        b"",
    ],
)
def test_what_two_readers_could_read_differently_is_malformed(spoilt: bytes) -> None:
    assert spoilt != FILE
    assert refused(spoilt) is Reason.MALFORMED


@pytest.mark.parametrize(
    "changes",
    [
        {"nickname": "x"},
        {"scope": ...},
        {"scope": "identity"},
        {"reference": str(WHOLE.reference).upper()},
        {"reference": f"{{{WHOLE.reference}}}"},
        {"reference": 7},
        {"closed_at": "2026-12-01T13:05:09+00:00"},
        {"closed_at": "2026-12-01T14:05:09Z "},
        {"closed_at": "2026-12-1T13:05:09Z"},
        {"closed_at": None},
        {"irreversible_at": None},
        {"epochs_destroyed": []},
        {"epochs_destroyed": [12, 11]},
        {"epochs_destroyed": [11, 11]},
        {"epochs_destroyed": [True]},
        {"epochs_destroyed": [0]},
        {"fingerprints": []},
        {"fingerprints": ["5D" * 32]},
        {"fingerprints": "5d" * 32},
        {"fingerprints": [None]},
        {"purged": {"Événements": 1}},
        {"purged": {"events": -1}},
        {"purged": {"events": 2**53}},
        {"purged": [["events", 1]]},
        {"purged": {"events": True}},
        {"not_recalled": {"shown": 1}},
        {"not_recalled": {"shown": 1, "exports": 0, "more": 0}},
        {"not_recalled": {"shown": "1", "exports": 0}},
        {"copies": "nowhere"},
        {"provider": "Structure X"},
        {"last_retained_backup_until": "20270108"},
        {"version": ...},
        {"version": True},
        {"version": "1"},
    ],
    ids=str,
)
def test_what_even_the_holder_of_the_key_may_not_sign_is_malformed(changes: dict[str, Any]) -> None:
    assert refused(signed_anyway(**changes)) is Reason.MALFORMED


@pytest.mark.parametrize("version", [0, 2, -1, 10**30])
def test_another_version_is_unknown(version: int) -> None:
    assert refused(signed_anyway(version=version)) is Reason.UNKNOWN_VERSION


def test_a_signature_of_something_else_is_wrong() -> None:
    assert refused(FILE.replace(b'"shown": 17', b'"shown": 16')) is Reason.SIGNATURE_WRONG


def test_a_certificate_of_another_key_is_told_apart() -> None:
    forged = issue(WHOLE, OTHER_SIGNER)

    assert refused(forged, SIGNER.public) is Reason.OTHER_KEY
    assert read(forged, expected_public=None) == WHOLE


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_at": WHOLE.closed_at - timedelta(seconds=1)},
        {"purged_at": WHOLE.effective_at - timedelta(seconds=1)},
        {"irreversible_at": WHOLE.effective_at - timedelta(seconds=1)},
        {"last_retained_backup_until": date(2026, 11, 30)},
    ],
    ids=str,
)
def test_dates_that_do_not_follow_each_other_are_refused_at_both_ends(changes: dict[str, Any]) -> None:
    spelt = {name: f"{at:%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, datetime) else at.isoformat() for name, at in changes.items()}

    with pytest.raises(CertificateInvalid) as raised:
        replace(WHOLE, **changes)
    assert raised.value.reason is Reason.DATES_OUT_OF_ORDER
    assert refused(signed_anyway(**spelt)) is Reason.DATES_OUT_OF_ORDER


def test_purged_and_irreversible_may_come_in_either_order() -> None:
    assert replace(WHOLE, purged_at=WHOLE.irreversible_at, irreversible_at=WHOLE.purged_at).purged_at == WHOLE.irreversible_at


def test_what_has_not_come_is_null() -> None:
    content = json.loads(issue(EARLY, SIGNER))["certificate"]

    assert [content[name] for name in ("purged_at", "irreversible_at", "last_retained_backup_until")] == [None, None, None]


def test_moments_are_utc_to_the_second() -> None:
    paris = timezone(timedelta(hours=1))
    certificate = replace(WHOLE, closed_at=datetime(2026, 12, 1, 14, 5, 9, 999_999, tzinfo=paris))

    assert certificate == WHOLE
    with pytest.raises(CertificateInvalid):
        replace(WHOLE, closed_at=datetime(2026, 12, 1, 14, 5, 9))  # noqa: DTZ001  # Just this is what has to be refused.


def test_white_space_and_the_order_of_the_fields_mean_nothing() -> None:
    file = json.loads(FILE)
    reversed_fields = {name: file[name] for name in reversed(file)}

    assert read(json.dumps(reversed_fields, indent=7).replace("\n", "\r\n").encode(), expected_public=SIGNER.public) == WHOLE


def test_the_reference_page_shows_the_vector_byte_for_byte() -> None:
    blocks = re.findall(r"```(?:json|text)\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)

    assert FILE.decode() in blocks
    assert canonical(WHOLE.content()).decode() in [re.sub(r"\n", "", block) for block in blocks]
