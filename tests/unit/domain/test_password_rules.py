"""What a password must be (R136), codes that people carry, how long a wrong try waits, and what asks for a fresh factor."""

from datetime import timedelta

import pytest

from domain.sign_in.one_time_codes import digest_of, new_code
from domain.sign_in.password_rules import PasswordCommon, PasswordNamesSomebody, PasswordTooLong, PasswordTooShort, must_be_strong, spelled
from domain.sign_in.sign_in_names import SignInNameRefused, sign_in_name, suggested_from
from domain.sign_in.sign_in_rules import LIMITS, LONGEST_DELAY, delay_after, needs_fresh_factor
from domain.trail import Operation, Role

NAMES = ("Jeanne D.", "Association Le Fil", "le_fil", "Sillage")
COMMON = (
    "motdepasse123456",
    "azertyuiop123456789",
    "AZERTYUIOP qsdfghjklm",
    "jetaimejetaime123",
    "P@ssw0rdP@ssw0rd1",
    "soleil2024soleil2024!",
    "Marseille13Marseille13",
    "aaaaaaaaaaaaaaaaaaa",
    "abababababababab",
    "Bienvenue2026!!!!",
    "chocolat-chocolat",
    "123456789012345678",
    "qwertyuiop[]asdfgh",
    "iloveyouiloveyou1",
    "01011990 01011990",
)
STRONG = (
    "lampe granit vélo cerf",
    "xK7#pQ9!vR2$mN5zT",
    "correct horse battery staple",
    "soleil chocolat panda neige",
    "مظلة قطار نافذة ليمون",
    "a" + "bcé 🙂 granit vélo" * 3,
)


@pytest.mark.parametrize("password", COMMON)
def test_what_everybody_would_try_is_refused(password: str) -> None:
    with pytest.raises(PasswordCommon):
        must_be_strong(password, NAMES)


def test_what_is_built_of_two_common_words_and_a_year_is_refused_in_any_order() -> None:
    words, years = (
        ("motdepasse", "bonjour", "doudou", "marseille", "football", "princesse", "chocolat", "azerty"),
        ("1998", "2024", "75013"),
    )
    built = [f"{one}{mark}{two}{year}" for one in words for two in words for year in years for mark in ("", "-", "_", "!")]
    built += [f"{year}{two.capitalize()}{one}!" for one in words for two in words for year in years]
    long_enough = [password for password in built if len(password) >= 15]

    kept = [password for password in long_enough if _is_kept(password)]

    assert len(long_enough) > 500
    assert kept == []


@pytest.mark.parametrize("password", STRONG)
def test_a_phrase_or_a_manager_s_password_is_taken_without_any_rule_of_composition(password: str) -> None:
    must_be_strong(password, NAMES)


def test_length_is_the_first_rule() -> None:
    with pytest.raises(PasswordTooShort):
        must_be_strong("granit vélo ce", NAMES)
    with pytest.raises(PasswordTooLong):
        must_be_strong("granit vélo cerf " * 20, NAMES)


@pytest.mark.parametrize("password", ["jeanne granit vélo", "Sillage granit vélo", "J3anne granit vélo", "l'association granit"])
def test_the_names_of_person_structure_and_product_are_refused(password: str) -> None:
    with pytest.raises(PasswordNamesSomebody):
        must_be_strong(password, NAMES)


def test_two_keyboards_spell_one_password() -> None:
    assert spelled("v\u00e9lo") == spelled("ve\u0301lo")


def test_a_code_is_long_enough_and_read_whatever_its_writing() -> None:
    code = new_code()

    assert len(code.replace("-", "")) * 5 >= 112
    assert len({new_code() for _ in range(100)}) == 100
    assert digest_of(code.lower().replace("-", " ").replace("1", "l").replace("0", "o")) == digest_of(code)


def test_a_wrong_try_waits_twice_as_long_each_time() -> None:
    delays = [delay_after(number) for number in range(16)]

    assert delays[:4] == [timedelta()] * 4
    assert delays[4:7] == [timedelta(seconds=seconds) for seconds in (1, 2, 4)]
    assert delay_after(10_000) == LONGEST_DELAY


def test_a_name_is_read_whatever_its_capitals_and_accents() -> None:
    assert sign_in_name(" Zoé.M ") == "zoe.m"
    assert suggested_from("Jeanne D.") == "jeanne.d"
    for wrong in ("", "z", "zoé m", "<b>", "a" * 41):
        with pytest.raises(SignInNameRefused):
            sign_in_name(wrong)


def test_every_role_that_signs_in_has_limits_and_who_sees_all_accounts_has_the_shorter_ones() -> None:
    assert set(LIMITS) == set(Role) - {Role.SYSTEM}
    assert LIMITS[Role.DPO] == LIMITS[Role.ADMINISTRATOR]
    assert LIMITS[Role.DPO].idle < LIMITS[Role.EDUCATOR].idle


@pytest.mark.parametrize(
    "operation",
    [Operation.ERASE_RECORD, Operation.SHARE_RECORD, Operation.MANAGE_ACCOUNTS, Operation.CHANGE_FACTORS, Operation.MANAGE_TOKENS],
)
def test_grave_acts_ask_for_a_fresh_factor_and_looking_at_their_form_does_not(operation: Operation) -> None:
    assert needs_fresh_factor(operation, changes=True)
    assert not needs_fresh_factor(operation, changes=False)
    assert needs_fresh_factor(Operation.EXPORT_TRAIL, changes=False)
    assert not needs_fresh_factor(Operation.CHANGE_RECORD, changes=True)
    assert not needs_fresh_factor(None, changes=True)


def _is_kept(password: str) -> bool:
    try:
        must_be_strong(password, ())
    except PasswordCommon:
        return False
    return True
