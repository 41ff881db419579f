"""The provider in a token, on SoftHSM: what the token keeps to itself, and tokens that go away, hiccup, fork and are killed.

What all providers do is in the contract.
"""

import itertools
import os
from pathlib import Path
from uuid import UUID, uuid4

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import AttributeSensitive, PKCS11Error

from crypto_shredding.keys.pkcs11_provider import Pkcs11Provider
from crypto_shredding.keys.provider import Mark, ProviderKeyMissing, ProviderSealed, ProviderUnavailable, WrongSecret
from tests.integration.other_account import answer_as, ourselves
from tests.killing import killed_at_each_step
from tests.softhsm import PIN, SoftToken, new_token

KEK = bytes(range(32))
STRUCTURE = UUID("5a000000-0000-4000-8000-000000000001")
SOURCES = ("pkcs11_provider.py", "token_memory.py")
_numbers = itertools.count()


@pytest.fixture
def token() -> SoftToken:
    return new_token(f"token-{os.getpid()}-{next(_numbers)}")


def opened(token: SoftToken) -> Pkcs11Provider:
    provider = Pkcs11Provider(token.module, token.label)
    provider.unseal(PIN)
    return provider


@pytest.fixture
def provider(token: SoftToken) -> Pkcs11Provider:
    provider = opened(token)
    provider.new_epoch(STRUCTURE, 1)
    return provider


def with_an_epoch(provider: Pkcs11Provider, structure: UUID) -> None:
    provider.new_epoch(structure, 1)
    provider.raise_mark(structure, Mark(1, 2, 3))


def hiccup(token: SoftToken) -> None:
    """The library forgets every session of the process, as it does when a token is pulled out and put back."""
    library = pkcs11.lib(str(token.module))
    library.finalize()
    library.initialize()


def gone(token: SoftToken) -> Path:
    away = token.folder.with_name("away")
    token.folder.rename(away)
    token.folder.mkdir()
    return away


def back(token: SoftToken, away: Path) -> None:
    token.folder.rmdir()
    away.rename(token.folder)


def test_a_key_never_leaves_the_token(provider: Pkcs11Provider) -> None:
    def look(session: pkcs11.Session) -> tuple[bool, ...]:
        (key,) = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
        with pytest.raises(AttributeSensitive):
            key[Attribute.VALUE]
        names = (Attribute.SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.LOCAL, Attribute.TOKEN, Attribute.PRIVATE)
        assert not key[Attribute.EXTRACTABLE]
        assert not key[Attribute.MODIFIABLE]
        return tuple(bool(key[name]) for name in names)

    assert provider._run(look) == (True,) * 5


def test_a_wrong_pin_opens_nothing(token: SoftToken) -> None:
    provider = Pkcs11Provider(token.module, token.label)

    for wrong in ("0000", "", "x" * 500):
        with pytest.raises(WrongSecret):
            provider.unseal(wrong)
        assert provider.is_sealed()
    provider.unseal(PIN)

    assert not provider.is_sealed()


def test_an_open_token_refuses_a_wrong_pin_too(provider: Pkcs11Provider, token: SoftToken) -> None:
    other = Pkcs11Provider(token.module, token.label)

    with pytest.raises(WrongSecret):
        other.unseal("0000")

    assert other.is_sealed()
    assert not provider.is_sealed()


def test_a_missing_library_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProviderUnavailable, match="SILLAGE_PKCS11_MODULE"):
        Pkcs11Provider(tmp_path / "none.so", "token").unseal(PIN)


def test_a_missing_token_is_said(token: SoftToken) -> None:
    with pytest.raises(ProviderUnavailable, match="SILLAGE_PKCS11_TOKEN"):
        Pkcs11Provider(token.module, "another name").unseal(PIN)


def test_two_tokens_of_one_name_are_said(token: SoftToken) -> None:
    new_token(token.label)

    with pytest.raises(ProviderUnavailable, match="deux exemplaires"):
        opened(token)


def test_it_goes_on_after_a_hiccup(provider: Pkcs11Provider, token: SoftToken) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    for asked in (lambda: provider.unwrap(STRUCTURE, 1, wrapped), lambda: provider.raise_mark(STRUCTURE, Mark(1, 2, 3))):
        hiccup(token)
        asked()

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
    assert provider.mark(STRUCTURE) == Mark(1, 2, 3)


def test_nothing_is_concluded_from_a_token_that_is_gone(provider: Pkcs11Provider, token: SoftToken) -> None:
    """SoftHSM answers « nothing found » then: no mark, no epochs, nothing left to destroy would all be wrong."""
    wrapped = provider.wrap(STRUCTURE, 1, KEK)
    provider.raise_mark(STRUCTURE, Mark(1, 2, 3))
    away = gone(token)

    for asked in (
        lambda: provider.mark(STRUCTURE),
        lambda: provider.epochs(STRUCTURE),
        lambda: provider.destroy_epoch(STRUCTURE, 1),
        lambda: provider.unwrap(STRUCTURE, 1, wrapped),
        lambda: provider.new_epoch(STRUCTURE, 2),
    ):
        with pytest.raises(ProviderUnavailable, match="Rien n'est perdu"):
            asked()
    back(token, away)

    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK
    assert provider.mark(STRUCTURE) == Mark(1, 2, 3)
    assert provider.epochs(STRUCTURE) == {1}


def test_another_token_of_the_same_name_is_not_taken_for_it(provider: Pkcs11Provider, token: SoftToken) -> None:
    away = gone(token)
    new_token(token.label)
    answer_as(ourselves(), lambda: str(with_an_epoch(opened(token), STRUCTURE)))

    with pytest.raises(ProviderUnavailable, match="n'est plus celui"):
        provider.mark(STRUCTURE)

    for each in token.folder.iterdir():
        each.rename(away / each.name)
    back(token, away)


def test_a_pin_changed_meanwhile_is_asked_for_anew(provider: Pkcs11Provider, token: SoftToken) -> None:
    provider._run(lambda session: session.set_pin(PIN, "changed meanwhile"))  # type: ignore[attr-defined]
    hiccup(token)

    for _ in range(2):
        with pytest.raises(ProviderSealed):
            provider.mark(STRUCTURE)
    assert provider.is_sealed()
    provider.unseal("changed meanwhile")

    assert provider.epochs(STRUCTURE) == {1}


def test_a_child_that_inherits_an_open_token_opens_it_anew(provider: Pkcs11Provider) -> None:
    wrapped = provider.wrap(STRUCTURE, 1, KEK)

    def in_the_child() -> str:
        sealed = provider.is_sealed()
        with pytest.raises(ProviderSealed):
            provider.unwrap(STRUCTURE, 1, wrapped)
        provider.unseal(PIN)
        return f"{sealed} {provider.unwrap(STRUCTURE, 1, wrapped) == KEK}"

    assert answer_as(ourselves(), in_the_child) == "True True"
    assert provider.unwrap(STRUCTURE, 1, wrapped) == KEK


def test_what_another_process_destroys_is_gone_here(provider: Pkcs11Provider, token: SoftToken) -> None:
    def in_another() -> str:
        opened(token).destroy_epoch(STRUCTURE, 1)
        return "destroyed"

    assert answer_as(ourselves(), in_another) == "destroyed"

    with pytest.raises(ProviderKeyMissing):
        provider.wrap(STRUCTURE, 1, KEK)
    with pytest.raises(ProviderKeyMissing):
        provider.new_epoch(STRUCTURE, 1)


def test_the_wrapped_form_is_the_files(provider: Pkcs11Provider) -> None:
    """nonce(12) | ciphertext(32) | tag(16)"""
    assert len(provider.wrap(STRUCTURE, 1, KEK)) == 60


EVERY_STEP = pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.long), 3])


@EVERY_STEP
def test_a_destruction_killed_anywhere_is_ended_by_the_next(token: SoftToken, every: int) -> None:
    ends, provider, structures = set(), opened(token), [uuid4()]
    with_an_epoch(provider, structures[-1])

    for _ in killed_at_each_step(lambda: opened(token).destroy_epoch(structures[-1], 1), lines_of=SOURCES, every=every):
        structure = structures[-1]
        try:
            assert provider.unwrap(structure, 1, provider.wrap(structure, 1, KEK)) == KEK
            ends.add("alive")
        except ProviderKeyMissing:
            ends.add("marked" if provider.epochs(structure) else "gone")
        provider.destroy_epoch(structure, 1)

        assert provider.epochs(structure) == frozenset()
        assert provider.mark(structure) == Mark(1, 2, 3)
        with pytest.raises(ProviderKeyMissing):
            provider.new_epoch(structure, 1)
        structures.append(uuid4())
        with_an_epoch(provider, structures[-1])
    assert {"alive", "gone"} <= ends
    assert "marked" in ends or every > 1


@EVERY_STEP
def test_a_key_and_a_mark_killed_anywhere_are_made_by_the_next(token: SoftToken, every: int) -> None:
    marks, provider, structures = set(), opened(token), [uuid4()]

    for _ in killed_at_each_step(lambda: with_an_epoch(opened(token), structures[-1]), lines_of=SOURCES, every=every):
        structure = structures[-1]
        marks.add(provider.mark(structure))
        with_an_epoch(provider, structure)

        assert provider.unwrap(structure, 1, provider.wrap(structure, 1, KEK)) == KEK
        assert provider.mark(structure) == Mark(1, 2, 3)
        structures.append(uuid4())
    assert marks <= {Mark(), Mark(1, 2, 3)}
    assert len(marks) + (every > 1) >= 2


def test_whatever_the_library_says_comes_out_as_one_of_ours(provider: Pkcs11Provider) -> None:
    def fails(_: pkcs11.Session) -> None:
        raise PKCS11Error

    with pytest.raises(ProviderUnavailable, match="ne répond plus"):
        provider._run(fails)
