"""`docs/reference/sign-in.md` says the figures that the code has, and names files that are there."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from api.accounts.challenges import LIFETIME
from api.accounts.enrolment import RECOVERY_CODES
from api.accounts.password_hashing import PASSWORDS
from api.settings import Settings
from domain.sign_in import password_rules
from domain.sign_in import sign_in_rules as rules
from domain.trail import Role

HOUSE = Path(__file__).parents[2]
PAGE = HOUSE / "docs" / "reference" / "sign-in.md"
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def _of(limits: rules.Limits) -> str:
    return f"{limits.idle // _MINUTE} minutes | {limits.absolute // _HOUR} hours"


SAID = {
    "everybody": f"| educator, head of service, funder, youth | {_of(rules.WORKING_DAY)} |",
    "watch": f"| DPO, administrator | {_of(rules.WATCH)} |",
    "name": f"| this name from this place | {rules.FREE_TRIES} | 1 second, doubled each time | {rules.LONGEST_DELAY // _MINUTE} minutes | "
    f"after {rules.FORGOTTEN_AFTER // _HOUR} hours |",
    "codes": f"| {rules.FREE_CODES} | 1 second, doubled each time | {rules.LONGEST_DELAY // _MINUTE} minutes | "
    f"after {rules.FORGOTTEN_AFTER // _HOUR} hours |",
    "place": f"| {rules.FREE_TRIES_OF_A_PLACE} | 1 second, doubled each time | {rules.LONGEST_DELAY_OF_A_PLACE.seconds} seconds | "
    f"one after every {rules.A_PLACE_FORGIVES_ONE_EVERY // _MINUTE} minutes",
    "first delay": f"{rules.delay_after(rules.FREE_TRIES).seconds} second, doubled",
    "fresh": f"in the last {rules.FRESH_FOR // _MINUTE} minutes",
    "invitation": f"for {rules.INVITATION_FOR // _HOUR} hours",
    "first invitation": f"lasts {rules.FIRST_INVITATION_FOR // _MINUTE} minutes",
    "token": f"for {rules.TOKEN_FOR.days} days at most",
    "challenge": f"for {LIFETIME // _MINUTE} minutes, for one use",
    "password": f"{password_rules.LEAST} to {password_rules.MOST} characters",
    "hash": f"Argon2id, {PASSWORDS.memory // 1024} MiB, {('no', 'one', 'two', 'three')[PASSWORDS.time]} passes",
    "recovery": f"{RECOVERY_CODES} of them",
    "pace": f"{Settings.model_fields['requests_a_minute'].default} requests a minute an account",
}


@pytest.mark.parametrize("what", SAID)
def test_each_figure_is_that_of_the_code(what: str) -> None:
    assert SAID[what] in " ".join(PAGE.read_text("utf-8").split())


def test_the_table_of_sessions_has_every_role_under_its_limits() -> None:
    watching = {role for role, limits in rules.LIMITS.items() if limits == rules.WATCH}

    assert watching == {Role.DPO, Role.ADMINISTRATOR}
    assert {role for role in rules.LIMITS if rules.LIMITS[role] == rules.WORKING_DAY} == set(rules.LIMITS) - watching


def test_each_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:api|domain)/[\w/.]+)`", PAGE.read_text("utf-8"))

    assert len(named) > 15
    assert [path for path in named if not (HOUSE / path).exists()] == []
