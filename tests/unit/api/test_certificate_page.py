"""The sheet that a youth may take away: one page, no name, the signed file inside, the same bytes each time."""

import re
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from api.erasures.certificate_page import as_pdf, attached_to
from api.erasures.certificate_sentences import dates, grouped, introduction, not_recalled
from crypto_shredding.erasure.certificate import Certificate, CertificateInvalid, Copies, NotRecalled, Reason, Scope, issue, read
from tests.unit.crypto_shredding.certificates import EARLY, FILE, SIGNER, WHOLE

PARIS = ZoneInfo("Europe/Paris")
MOST = 2**53 - 1
FULL = replace(
    WHOLE,
    scope=Scope.CATEGORY,
    fingerprints=tuple(f"{number:064x}" for number in range(9)),
    purged=dict.fromkeys(("events", "view_rows", "previews", "drafts", "exports", "uploads", "others", "more"), MOST // 2),
    not_recalled=NotRecalled(MOST, MOST),
    copies=Copies.SAME_DISK,
)
"""Nothing longer can be certified that the sheet would show."""


def sheet(certificate: Certificate) -> bytes:
    return as_pdf(certificate, issue(certificate, SIGNER), PARIS)


def words(text: str) -> str:
    return " ".join(text.replace("\N{NARROW NO-BREAK SPACE}", " ").split())


def text_of(pdf: bytes) -> str:
    (page,) = PdfReader(BytesIO(pdf)).pages
    return words(page.extract_text())


@pytest.mark.parametrize("certificate", [WHOLE, EARLY, FULL], ids=["whole", "early", "full"])
def test_it_is_one_page_that_says_all_of_it(certificate: Certificate) -> None:
    text = text_of(sheet(certificate))

    for line in dates(certificate, PARIS):
        assert words(f"{line.name} {line.when}") in text
        assert words(line.meaning) in text
    for sentence in (introduction(certificate), *not_recalled(certificate)):
        assert words(sentence) in text
    assert str(certificate.reference) in text
    assert grouped(certificate.fingerprints[0]) in text
    assert "sillage verify certificate" in text


@pytest.mark.parametrize("certificate", [WHOLE, EARLY, FULL], ids=["whole", "early", "full"])
def test_nothing_runs_over_the_edges_of_an_a4_page(certificate: Certificate) -> None:
    page = PdfReader(BytesIO(sheet(certificate))).pages[0]
    places: list[tuple[float, float]] = []

    def note(text: str, _matrix: Any, where: Any, *_: Any) -> None:
        if text.strip():
            places.append((where[4], where[5]))

    page.extract_text(visitor_text=note)

    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (595, 842)
    assert min(height for _, height in places) > 40
    assert len(places) > 20


def test_the_hours_are_those_of_the_zone() -> None:
    assert "1er décembre 2026 à 14:05" in text_of(sheet(WHOLE))


def test_french_is_whole_on_the_page() -> None:
    text = text_of(sheet(replace(EARLY, purged={"events": 1_234, "previews": 1, "unheard_of": 2})))

    assert "Attestation d’effacement" in text
    assert "1 234 événements, 1 aperçu, 2 autres éléments." in text
    assert "17 fois" in text
    assert "à l’écran ne peut pas être repris" in text


def test_what_is_said_follows_what_is_certified() -> None:
    nothing_left = replace(WHOLE, not_recalled=NotRecalled(0, 0), last_retained_backup_until=None)

    assert "Rien n’avait été lu" in text_of(sheet(nothing_left))
    assert "Aucune copie" in text_of(sheet(nothing_left))
    assert "jusqu’au" not in text_of(sheet(nothing_left))
    assert "jusqu’au 8 janvier 2027" in text_of(sheet(WHOLE))
    assert "détruites aussi" in text_of(sheet(WHOLE))
    assert "Pas encore" not in text_of(sheet(WHOLE))


def test_before_it_is_irreversible_or_on_one_disk_it_claims_less() -> None:
    early = text_of(sheet(EARLY))

    assert early.count("Pas encore") == 2
    assert "pourraient rendre le contenu" in early
    assert "détruites aussi" not in early
    assert "Si quelqu’un a copié tout ce disque, cette attestation ne dit rien" in early
    assert "tout ce disque" not in text_of(sheet(WHOLE))


def test_the_pdf_carries_the_signed_file() -> None:
    pdf = sheet(WHOLE)

    assert PdfReader(BytesIO(pdf)).attachments == {"attestation.json": [FILE]}
    assert attached_to(pdf) == FILE


def test_one_byte_changed_in_the_pdf_is_refused_or_leaves_what_is_signed() -> None:
    pdf = sheet(WHOLE)
    for position in range(0, len(pdf), 11):
        bent = pdf[:position] + bytes([pdf[position] ^ 1]) + pdf[position + 1 :]

        with suppress(CertificateInvalid):
            assert read(attached_to(bent), expected_public=SIGNER.public) == WHOLE


@pytest.mark.parametrize(
    "spoilt", [b"%PDF-1.3\n", sheet(WHOLE) + FILE, sheet(WHOLE).replace(b"endstream", b"")], ids=["none", "two", "open"]
)
def test_a_pdf_without_one_attachment_certifies_nothing(spoilt: bytes) -> None:
    with pytest.raises(CertificateInvalid) as raised:
        attached_to(spoilt)

    assert raised.value.reason is Reason.MALFORMED


def test_the_same_certificate_gives_the_same_bytes() -> None:
    assert sheet(WHOLE) == sheet(WHOLE)


def test_the_file_tells_nothing_of_the_moment_or_the_machine() -> None:
    pdf = sheet(WHOLE)

    assert PdfReader(BytesIO(pdf)).metadata == {"/Title": "Attestation d’effacement", "/CreationDate": "D:20261205020044Z"}
    assert set(re.findall(rb"D:\d+", pdf)) == {b"D:20261205020044"}
    assert b"xmpmeta" not in pdf
