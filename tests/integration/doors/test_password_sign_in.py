"""The door with name, password and code: what opens it, what does not, what a guesser learns, and what a session is worth (R130-R140)."""

import statistics
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.accounts.accounts import Account
from api.accounts.directory import Directory
from api.accounts.factors import PasswordFactor
from api.accounts.throttle import Throttle, TooManySignIns
from api.bootstrap import Service, Structure
from api.databases import Databases
from domain.sign_in.sign_in_rules import FREE_CODES, FREE_TRIES_OF_A_PLACE, LIMITS, LONGEST_DELAY_OF_A_PLACE
from domain.trail import Role
from tests.integration.doors.doors import COOKIE, NAME, PASSWORD, RECOVERY, SEED, Clock, account_of, browser, come_in, with_password


def lines(structure: Structure) -> list[tuple[Any, ...]]:
    query = structure.store.database.statement("SELECT account, role, operation, outcome FROM {access_trail} ORDER BY line")
    with structure.store.database.connection() as connection:
        return connection.execute(query).fetchall()


def age(databases: Databases, column: str, by: timedelta) -> None:
    """Have every session be older."""
    with psycopg.connect(databases.main) as owner:
        owner.execute(f"UPDATE directory.sessions SET {column} = {column} - %s".encode(), (by,))


def test_password_and_code_together_open_a_session(client: TestClient, clock: Clock, zoe: Account, structure: Structure) -> None:
    answer = come_in(client, NAME, clock.code())

    assert (answer.status_code, answer.headers["location"]) == (303, "/finalite")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in (COOKIE, "HttpOnly", "Secure", "Path=/", "SameSite=strict"))
    assert client.get("/dossiers").status_code == 200
    assert lines(structure)[0] == (zoe.account_id, "educator", "session.open", "granted")


@pytest.mark.parametrize(("password", "code"), [(PASSWORD, "000000"), ("lampe granit vélo rose", None), (PASSWORD, ""), ("", None)])
def test_one_of_the_two_opens_nothing(client: TestClient, clock: Clock, zoe: Account, password: str, code: str | None) -> None:
    answer = come_in(client, NAME, clock.code() if code is None else code, password)

    assert zoe
    assert answer.status_code == 401
    assert COOKIE not in client.cookies


def test_a_code_is_taken_once(app: FastAPI, clock: Clock, zoe: Account) -> None:
    code = clock.code()

    first, second = (come_in(browser(app), NAME, code) for _ in range(2))
    clock.now += timedelta(seconds=30)
    older, newer = come_in(browser(app), NAME, code), come_in(browser(app), NAME, clock.code())

    assert zoe
    assert [answer.status_code for answer in (first, second, older, newer)] == [303, 401, 401, 303]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (0, 303), (1, 303), (2, 401)])
def test_a_phone_s_clock_may_be_one_step_early_or_late(client: TestClient, clock: Clock, zoe: Account, steps: int, status: int) -> None:
    assert zoe
    assert come_in(client, NAME, clock.code(steps_away=steps)).status_code == status


def test_a_recovery_code_stands_for_the_phone_once_and_never_for_the_password(app: FastAPI, zoe: Account, structure: Structure) -> None:
    typed = RECOVERY.lower().replace("-", " ").replace("0", "o")

    without, first, again = (come_in(browser(app), NAME, typed, password) for password in ("", PASSWORD, PASSWORD))

    assert [answer.status_code for answer in (without, first, again)] == [401, 303, 401]
    assert structure.factors.recovery_codes_left(zoe.account_id) == 0
    noticed = structure.accounts.get(zoe.account_id)
    assert noticed is not None
    assert any(notice.endswith("recovery_used") for notice in noticed.notices)


def test_unknown_wrong_and_closed_are_one_answer(app: FastAPI, service: Service, structure: Structure, clock: Clock, zoe: Account) -> None:
    closed = with_password(service, structure, account_of(service, Role.EDUCATOR), "close.d")
    structure.accounts.close(closed.account_id)
    tries = [(NAME, "lampe granit vélo rose"), ("close.d", PASSWORD), ("inconnu.x", PASSWORD)]

    answers = [come_in(browser(app, f"203.0.113.{n}"), name, clock.code(), password) for n, (name, password) in enumerate(tries)]

    assert zoe
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text.replace(name, "…") for answer, (name, _) in zip(answers, tries, strict=True)}) == 1
    [known, closed_line, unknown] = lines(structure)
    assert known == closed_line == unknown
    assert unknown[1:] == ("system", "session.open", "refused")


def test_time_does_not_tell_which_accounts_exist(app: FastAPI, service: Service, structure: Structure, clock: Clock) -> None:
    names = {True: [f"agent.{number}" for number in range(12)], False: [f"inconnu.{number}" for number in range(12)]}
    for name in names[True]:
        with_password(service, structure, account_of(service, Role.EDUCATOR), name)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for known, unknown in zip(names[True], names[False], strict=True):
        for is_known, name in ((True, known), (False, unknown)):
            began = time.perf_counter()
            come_in(browser(app), name, clock.code(), "lampe granit vélo rose")
            taken[is_known].append(time.perf_counter() - began)

    assert all(seconds >= 0.5 for times in taken.values() for seconds in times)
    assert abs(statistics.median(taken[True]) - statistics.median(taken[False])) < 0.1, taken


def test_guesses_wait_longer_each_time_and_a_known_name_as_long_as_an_unknown_one(app: FastAPI, clock: Clock, zoe: Account) -> None:
    statuses = {name: [come_in(browser(app), name, "000000").status_code for _ in range(5)] for name in (NAME, "inconnu.x")}

    assert zoe
    assert statuses[NAME] == statuses["inconnu.x"] == [401] * 4 + [429]
    while come_in(browser(app), NAME, "000000").status_code == 429:
        pass
    answer = come_in(browser(app), NAME, clock.code())
    assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (429, True)


@pytest.mark.usefixtures("zoe")
def test_where_there_is_one_structure_its_code_gives_no_tries_more(
    app: FastAPI, service: Service, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    [alpha] = [entry for entry in service.directory.structures() if entry.structure_id == structure.id]
    monkeypatch.setattr(Directory, "structures", lambda _directory: [alpha])
    sent = {"name": NAME, "password": "x", "code": "000000"}

    answers = [browser(app).post("/connexion/mot-de-passe", data=sent | {"structure": code}) for code in ("", "", "", "", "alpha")]

    assert [answer.status_code for answer in answers] == [401] * 4 + [429]


def test_a_stranger_elsewhere_does_not_make_the_true_person_wait(app: FastAPI, clock: Clock, zoe: Account) -> None:
    guesses = [come_in(browser(app, "198.51.100.1"), NAME, "000000").status_code for _ in range(12)]

    assert zoe
    assert 429 in guesses
    assert come_in(browser(app, "203.0.113.7"), NAME, clock.code()).status_code == 303


def guesses(app: FastAPI, clock: Clock, databases: Databases, password: str) -> list[int]:
    """Send all free codes, none right, each from another line of one /48, as if several more had been sent before."""
    wrong = clock.code(steps_away=100)
    answers = [come_in(browser(app, f"2001:db8:7:{line:x}::1"), NAME, wrong, password).status_code for line in range(FREE_CODES)]
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sign_in_failures SET failures = failures + 6")
    return answers


def test_wrong_codes_behind_the_right_password_wait_wherever_they_come_from(
    app: FastAPI, clock: Clock, zoe: Account, databases: Databases
) -> None:
    assert zoe
    assert guesses(app, clock, databases, PASSWORD) == [401] * FREE_CODES

    answers = [come_in(browser(app, "203.0.113.7"), NAME, code) for code in (clock.code(), RECOVERY)]

    assert [answer.status_code for answer in answers] == [429] * 2
    assert int(answers[0].headers["retry-after"]) > 60


def test_strangers_everywhere_who_have_no_password_make_nobody_wait(app: FastAPI, clock: Clock, zoe: Account, databases: Databases) -> None:
    assert zoe
    assert guesses(app, clock, databases, "lampe granit vélo rose") == [401] * FREE_CODES
    assert come_in(browser(app, "203.0.113.7"), NAME, clock.code()).status_code == 303


def test_another_password_does_not_wait_for_the_codes_behind_the_former_one(  # noqa: PLR0917  # They are fixtures, handed in by name.
    app: FastAPI, service: Service, structure: Structure, clock: Clock, zoe: Account, databases: Databases
) -> None:
    guesses(app, clock, databases, PASSWORD)
    renewed = PasswordFactor(service.hashing.hashed(PASSWORD), SEED, 0)
    structure.factors.set_password(zoe.account_id, renewed, [])

    assert come_in(browser(app, "203.0.113.7"), NAME, clock.code()).status_code == 303


def test_one_place_that_tries_many_names_waits_too(service: Service) -> None:
    throttle = Throttle(service.directory.database)
    for number in range(FREE_TRIES_OF_A_PLACE):
        throttle.begin(f"agent.{number}", "198.51.100.1")

    with pytest.raises(TooManySignIns):
        throttle.begin("agent.x", "198.51.100.1")


def test_a_stolen_cookie_opens_nothing_after_signing_out_or_in_again(app: FastAPI, clock: Clock, zoe: Account) -> None:
    client = browser(app)
    come_in(client, NAME, clock.code())
    stolen = client.cookies[COOKIE]
    clock.now += timedelta(seconds=30)
    come_in(client, NAME, clock.code())
    second = client.cookies[COOKIE]
    client.post("/deconnexion", data={})

    thief = browser(app)
    answers = [thief.get("/dossiers", headers={"Cookie": f"{COOKIE}={token}"}).status_code for token in (stolen, second)]

    assert zoe
    assert stolen != second
    assert answers == [401, 401]


@pytest.mark.parametrize("role", [Role.EDUCATOR, Role.DPO, Role.ADMINISTRATOR])
def test_a_session_ends_when_idle_and_when_old(
    app: FastAPI, service: Service, structure: Structure, databases: Databases, clock: Clock, *, role: Role
) -> None:
    with_password(service, structure, account_of(service, role), NAME)
    client = browser(app)
    come_in(client, NAME, clock.code())

    age(databases, "seen_at", LIMITS[role].idle - timedelta(seconds=30))
    in_use = client.get("/finalite").status_code
    age(databases, "seen_at", LIMITS[role].idle - timedelta(seconds=30))
    refreshed = client.get("/finalite").status_code
    age(databases, "seen_at", LIMITS[role].idle + timedelta(seconds=1))
    idle = client.get("/finalite").status_code
    clock.now += timedelta(minutes=1)
    come_in(client, NAME, clock.code())
    age(databases, "expires_at", LIMITS[role].absolute)
    old = client.get("/finalite").status_code

    assert (in_use, refreshed, idle, old) == (200, 200, 401, 401)


def test_a_closed_account_is_out_at_the_next_request(client: TestClient, clock: Clock, zoe: Account, structure: Structure) -> None:
    come_in(client, NAME, clock.code())
    before = client.get("/dossiers").status_code

    structure.accounts.close(zoe.account_id)

    assert (before, client.get("/dossiers").status_code) == (200, 401)


def test_looking_at_pages_costs_no_commit_for_the_session(client: TestClient, clock: Clock, zoe: Account, databases: Databases) -> None:
    come_in(client, NAME, clock.code())

    seen = []
    for _ in range(3):
        assert client.get("/finalite").status_code == 200
        with psycopg.connect(databases.main) as owner:
            seen.append(owner.execute("SELECT seen_at, xmin::text FROM directory.sessions").fetchone())

    assert zoe
    assert len(set(seen)) == 1


def test_a_session_that_ends_in_a_form_gives_the_form_back(client: TestClient, clock: Clock, zoe: Account) -> None:
    answer = client.post("/sorties/nouvelle", data={"comment": "Sous la pluie.", "idempotency_key": "k"})
    kept = {"reprise": "/sorties/nouvelle", "champ:comment": "Sous la pluie.", "champ:idempotency_key": "k"}
    shown = all(f'value="{value}"' in answer.text for value in kept.values())

    wrong = client.post("/connexion/mot-de-passe", data=kept | {"structure": "alpha", "name": NAME, "password": "x", "code": "1"})
    right = client.post(
        "/connexion/mot-de-passe", data=kept | {"structure": "alpha", "name": NAME, "password": PASSWORD, "code": clock.code()}
    )

    assert zoe
    assert (answer.status_code, shown) == (401, True)
    assert (wrong.status_code, "Sous la pluie." in wrong.text) == (401, True)
    assert (right.status_code, "Vous revoilà" in right.text, "Sous la pluie." in right.text) == (200, True, True)


def test_a_session_that_the_owner_of_the_database_wrote_leaves_its_lines_and_no_signing_in(
    app: FastAPI, zoe: Account, structure: Structure, databases: Databases
) -> None:
    """The limit that `docs/explanation/journal.md` tells."""
    with psycopg.connect(databases.main) as owner:
        owner.execute(
            "INSERT INTO directory.sessions (token_digest, structure_id, account_id, purpose, expires_at, device)"
            " VALUES (sha256('written by hand'), %s, %s, 'accompany', now() + interval '1 day', '')",
            (structure.id, zoe.account_id),
        )

    opened = browser(app).get("/api/v1/caseload", headers={"Authorization": "Bearer written by hand"})

    assert opened.status_code == 200
    assert lines(structure) == [(zoe.account_id, "educator", "caseload.list", "granted")]


def test_a_stolen_database_holds_no_secret_in_clear(zoe: Account, structure: Structure, databases: Databases) -> None:
    with psycopg.connect(databases.main) as owner:
        stored = str(owner.execute("SELECT p, r FROM s_alpha.password_factors AS p, s_alpha.recovery_codes AS r").fetchall())

    assert zoe
    assert structure.factors.password_of(zoe.account_id)
    assert not [part for part in ("argon2", "JBSWY3DP", RECOVERY, PASSWORD) if part in stored]


@pytest.mark.parametrize("name", ["zoe\0m", "\u202ezoe.m", "😀" * 20_000, "' OR 1=1 --"])
def test_a_name_that_nobody_can_bear_is_refused_like_any_other(client: TestClient, clock: Clock, zoe: Account, name: str) -> None:
    assert zoe
    assert come_in(client, name, clock.code()).status_code == 401


def shift_failures(databases: Databases, by: timedelta) -> None:
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE directory.sign_in_failures SET last_at = last_at + %s", (by,))


def test_a_clock_that_is_set_back_makes_nobody_wait_until_then(
    client: TestClient, clock: Clock, zoe: Account, databases: Databases
) -> None:
    come_in(client, NAME, "000000")
    shift_failures(databases, timedelta(hours=1))

    assert zoe
    assert come_in(client, NAME, clock.code()).status_code == 303


def test_mistypes_of_one_building_do_not_add_up_to_a_wait_that_stays(service: Service, databases: Databases) -> None:
    throttle = Throttle(service.directory.database)
    for number in range(3 * FREE_TRIES_OF_A_PLACE):
        throttle.begin(f"agent.{number}", "198.51.100.1")
        shift_failures(databases, -timedelta(minutes=10))

    for number in range(FREE_TRIES_OF_A_PLACE - 1):
        throttle.begin(f"colleague.{number}", "198.51.100.1")


def test_who_guesses_on_is_forgiven_nothing_and_a_right_try_makes_nobody_wait(service: Service, databases: Databases) -> None:
    throttle = Throttle(service.directory.database)
    for number in range(FREE_TRIES_OF_A_PLACE + 6):
        throttle.begin(f"agent.{number}", "198.51.100.1")
        shift_failures(databases, -LONGEST_DELAY_OF_A_PLACE)
    throttle.begin("right", "198.51.100.1")
    throttle.succeeded("right", "198.51.100.1")

    throttle.begin("colleague", "198.51.100.1")
    with pytest.raises(TooManySignIns) as refused:
        throttle.begin("agent.x", "198.51.100.1")
    assert refused.value.seconds == LONGEST_DELAY_OF_A_PLACE.total_seconds()


def test_a_clock_that_is_set_back_leaves_no_factor_fresh_and_no_session_awake(
    client: TestClient, clock: Clock, zoe: Account, databases: Databases
) -> None:
    come_in(client, NAME, clock.code())
    age(databases, "proven_at", -timedelta(hours=1))
    asked = client.post("/mon-compte/cles/retrait", data={"passkey": "00"}).status_code
    awake = client.get("/finalite").status_code
    age(databases, "seen_at", -timedelta(hours=1))

    assert zoe
    assert (asked, awake, client.get("/finalite").status_code) == (401, 200, 401)
