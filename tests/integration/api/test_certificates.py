"""The certificate as the service issues it: whose it is, what it says at each stage, and that it is checked offline (R068, R072)."""

import json
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader

from api.bootstrap import Structure
from api.erasures.certificate_page import attached_to
from api.erasures.certificates import certificate_of
from api.erasures.erasure_index import ErasureIndex
from crypto_shredding.erasure.certificate import Copies, Scope, read
from crypto_shredding.signing import public_key_of
from domain.categories import Category
from domain.identifiers import ErasureId
from domain.legal_constants import EVENT_BACKUPS_KEPT
from tests.given import educator as somebody_of_the_team
from tests.given import filled, to_its_end
from tests.integration.api.people import Person


@pytest.fixture
def erasure(educator: Person, record: str) -> str:
    """A record that its educator has read twice, closed for a youth who is there."""
    for _ in range(2):
        educator.get(f"/records/{record}")
    return str(educator.send("POST", f"/records/{record}/erasure", {"asked_in_person": True}, version=2).json()["erasure"])


def finish(structure: Structure, erasure: str) -> None:
    to_its_end(structure, ErasureId(UUID(erasure)))


def end_the_epoch(structure: Structure) -> None:
    structure.rotation.rotate()
    structure.erasures.advance_all()


def test_it_is_signed_by_the_structure_and_says_what_went(youth: Person, erasure: str, structure: Structure) -> None:
    structure.runner.run_once()
    finish(structure, erasure)
    end_the_epoch(structure)

    file = youth.get(f"/erasures/{erasure}/certificate")
    said = read(file.content, expected_public=public_key_of(structure.store.key_store))

    assert (said.reference, said.scope, said.provider, said.copies) == (UUID(erasure), Scope.RECORD, "file", Copies.SAME_DISK)
    assert said.purged == {"events": 4, "view_rows": 2, "previews": 0}
    assert (said.not_recalled.shown, said.not_recalled.exports) == (2, 0)
    assert said.epochs_destroyed == (1,)
    assert said.irreversible_at is not None
    assert said.purged_at is not None
    assert said.closed_at <= said.effective_at <= said.purged_at
    assert said.last_retained_backup_until is not None
    assert said.last_retained_backup_until > (said.purged_at + EVENT_BACKUPS_KEPT).date()


def test_the_fingerprint_is_that_of_the_ring_that_went(youth: Person, record: str, erasure: str, structure: Structure) -> None:
    ring = structure.store.key_store.ring(UUID(record)).fingerprint().hex()
    finish(structure, erasure)

    assert youth.get(f"/erasures/{erasure}/certificate").json()["certificate"]["fingerprints"] == [ring]


def test_it_tells_nothing_of_who_what_and_where(youth: Person, educator: Person, record: str, erasure: str, structure: Structure) -> None:
    finish(structure, erasure)
    end_the_epoch(structure)

    sheet = youth.get(f"/erasures/{erasure}/certificate.pdf")
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(sheet.content)).pages)
    told = youth.get(f"/erasures/{erasure}/certificate").text + words

    names = ("Kiki", "Personne fictive", structure.name, structure.code, record, str(structure.id), str(educator.account))
    assert not [name for name in names if name in told]


def test_the_sheet_holds_the_signed_file_and_both_are_taken_away_under_a_name_that_says_nothing(
    youth: Person, erasure: str, structure: Structure
) -> None:
    finish(structure, erasure)
    addresses = (f"/effacements/{erasure}/attestation.json", f"/effacements/{erasure}/attestation.pdf")

    file, sheet = (youth.client.get(address) for address in addresses)

    assert attached_to(sheet.content) == file.content
    assert [answer.headers["content-disposition"] for answer in (file, sheet)] == [
        f'attachment; filename="attestation.{suffix}"' for suffix in ("json", "pdf")
    ]
    assert file.content == youth.get(f"/erasures/{erasure}/certificate").content
    assert {answer.headers["cache-control"] for answer in (file, sheet)} == {"no-store"}


def test_before_the_end_of_the_epoch_it_says_so(youth: Person, erasure: str, structure: Structure) -> None:
    finish(structure, erasure)

    said = youth.get(f"/erasures/{erasure}/certificate").json()["certificate"]

    assert (said["irreversible_at"], said["epochs_destroyed"], said["provider"]) == (None, [], "file")


def test_there_is_none_while_the_key_exists(youth: Person, erasure: str) -> None:
    answers = [youth.get(f"/erasures/{erasure}/certificate{suffix}") for suffix in ("", ".pdf")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "certificate_not_yet")] * 2


def test_it_is_the_youth_s_and_the_dpo_s_and_not_the_team_s(
    youth: Person, dpo: Person, educator: Person, erasure: str, structure: Structure
) -> None:
    finish(structure, erasure)
    people = (youth, dpo, educator)

    assert [person.get(f"/erasures/{erasure}/certificate").status_code for person in people] == [200, 200, 404]
    assert [person.client.get(f"/effacements/{erasure}/attestation.pdf").status_code for person in people] == [200, 200, 404]
    assert youth.lines()[-1] == ("erasure.certificate", "granted")
    assert educator.lines()[-1] == ("erasure.certificate", "refused")


def test_an_agreement_taken_back_has_one_of_its_own_that_names_no_category(structure: Structure) -> None:
    team = somebody_of_the_team()
    youth = filled(structure.records, team)
    structure.records.withdraw_agreement(team, youth, Category.IDENTITY)
    [erasure] = ErasureIndex.of(structure).of_categories(youth)
    to_its_end(structure, erasure)
    end_the_epoch(structure)

    said = certificate_of(structure.records.find(erasure), ErasureIndex.of(structure).provider_of)

    assert (said.scope, said.purged["events"], said.epochs_destroyed) == (Scope.CATEGORY, 1, (1,))
    assert "identity" not in json.dumps(said.content(), default=str)
