"""The ciphertext format, byte by byte: what another implementation must open, and what it must refuse, each with the failure's name.

`tests/golden/ciphertexts.json` is frozen for ever, like the format (docs/reference/ciphertext-format.md).
"""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding import envelope
from crypto_shredding.envelope import MalformedEnvelope, Tampered, read_header, unseal
from crypto_shredding.keys import key_ring
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.key_ring import DestroyedKey
from domain.categories import Category

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "ciphertexts.json").read_text("utf-8"))
KEYS = VECTORS["keys"]
FAILURES = {"MalformedEnvelope": MalformedEnvelope, "Tampered": Tampered}
STRUCTURE, YOUTH = UUID(KEYS["structure"]), UUID(KEYS["youth"])
PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "ciphertext-format.md").read_text("utf-8")


def opened(sealed: str, where: str) -> bytes:
    read_header(bytes.fromhex(sealed))
    return unseal(bytes.fromhex(sealed), cipher=AESGCM(bytes.fromhex(KEYS["key"])), where=bytes.fromhex(where))


def ring_of(slots: str, subject: UUID, epoch: int) -> key_ring.KeyRing:
    kek = AESGCM(bytes.fromhex(KEYS["kek"]))
    return key_ring.unwrap(bytes.fromhex(slots), subject=subject, kek=kek, structure=STRUCTURE, epoch=epoch)


@pytest.mark.parametrize("name", ["event", "view"])
def test_a_sealed_content_opens(name: str) -> None:
    vector = VECTORS[name]

    assert opened(vector["sealed"], vector["place"]).hex() == vector["content"]
    assert read_header(bytes.fromhex(vector["sealed"])).key_id.hex() == KEYS["key_id"]


def test_the_places_are_spelt_as_the_page_says() -> None:
    version = (7).to_bytes(8, "big")

    assert envelope.place(b"sillage/v1/event", STRUCTURE.bytes, YOUTH.bytes, version).hex() == VECTORS["event"]["place"]
    assert envelope.place(b"sillage/v1/view", STRUCTURE.bytes, b"caseload", YOUTH.bytes).hex() == VECTORS["view"]["place"]


def test_a_ring_opens_with_what_it_remembers_of_destroyed_keys() -> None:
    ring = ring_of(VECTORS["ring"]["slots"], YOUTH, KEYS["epoch"])

    assert [[key.category, key.key_id.hex(), key.secret.hex()] for key in ring.keys] == VECTORS["ring"]["living"]
    assert ring.destroyed == tuple(DestroyedKey(bytes.fromhex(key_id), Category(name)) for name, key_id in VECTORS["ring"]["destroyed"])
    assert ring.fingerprint().hex() == VECTORS["ring"]["fingerprint"]
    assert ring.keys[0].fingerprint().hex() == VECTORS["ring"]["key_fingerprint"]


def test_a_kek_opens_with_the_providers_key(tmp_path: Path) -> None:
    folder = tmp_path / str(STRUCTURE)
    folder.mkdir()
    (folder / f"{KEYS['epoch']:06d}.key").write_bytes(bytes.fromhex(KEYS["provider_key"]))

    kek = FileProvider(tmp_path).unwrap(STRUCTURE, KEYS["epoch"], bytes.fromhex(VECTORS["kek"]["wrapped"]))

    assert kek.hex() == KEYS["kek"]


@pytest.mark.parametrize("vector", VECTORS["envelopes_refused"], ids=lambda vector: vector["what"])
def test_an_envelope_that_is_not_what_was_sealed_is_refused_by_its_name(vector: dict[str, str]) -> None:
    with pytest.raises(FAILURES[vector["failure"]]) as raised:
        opened(vector["sealed"], vector["place"])

    assert type(raised.value).__name__ == vector["failure"]


@pytest.mark.parametrize("vector", VECTORS["rings_refused"], ids=lambda vector: vector["what"])
def test_a_ring_that_is_not_what_was_wrapped_is_refused_by_its_name(vector: dict[str, Any]) -> None:
    with pytest.raises(FAILURES[vector["failure"]]):
        ring_of(vector["slots"], UUID(vector["subject"]), vector["epoch"])


def test_the_page_shows_the_vectors() -> None:
    shown = (VECTORS["event"]["sealed"], VECTORS["ring"]["slots"][: 2 * key_ring.SLOT_BYTES], VECTORS["kek"]["wrapped"])

    assert all(value in PAGE.replace("\n", "").replace(" ", "") for value in shown)
