"""Emergencies through the pages and the JSON API: told at once, reviewed, and no way to ask who is followed (N9, N12)."""

import re
from datetime import datetime
from typing import Any

import pytest

from api import emergencies
from api.bootstrap import Structure
from domain.local_time import local
from tests.integration.api.people import CANARY, Person

REASON = "appel du foyer cette nuit, pas rentrée"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of a hundredth of a second, for the tests that do not measure them."""
    monkeypatch.setattr(emergencies, "TICK_SECONDS", 0.01)


def broken(who: Person, **fields: Any) -> Any:
    return who.send("POST", "/emergencies", {"pseudonym": "Kiki", "birth_year": 2009, "reason": REASON} | fields)


def must_lead_nowhere(who: Person, record: str) -> None:
    pages = [who.client.get(path) for path in ("/dossiers", "/urgence")]
    assert {page.status_code for page in pages} == {200}
    assert not [words for words in ("Un dossier ouvert en urgence", record) for page in pages if words in page.text]


@pytest.mark.usefixtures("late_views", "quick", "kept")
def test_an_emergency_is_on_the_next_page_of_the_dpo_and_of_the_referent_and_the_youth_sees_it(
    educator: Person, colleague: Person, dpo: Person, youth: Person, structure: Structure
) -> None:
    structure.runner.run_once()
    opened = broken(colleague)
    assert opened.status_code == 201
    assert "Accès d’urgence, à lire seulement" in colleague.client.get(f"/dossiers/{opened.json()['record']}").text

    assert "a ouvert en urgence un dossier que vous accompagnez" in educator.client.get("/dossiers").text
    assert "1 accès d’urgence à revoir" in dpo.client.get("/acces").text
    mine = youth.client.get("/mon-dossier").text.partition("<main")[2]
    assert REASON in mine
    assert not re.search(r"\b[0-2]\d:[0-5]\d\b", mine)
    [past] = youth.get("/my-record/accesses").json()["emergencies"]
    assert (past["who"], past["reason"]) == (None, REASON)


@pytest.mark.usefixtures("late_views", "quick")
def test_whoever_left_the_page_of_an_emergency_finds_it_again_and_asking_again_answers_it_as_opened(
    colleague: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    first = broken(colleague)
    assert [broken(colleague).json() for _ in range(3)] == [first.json()] * 3

    pages = [colleague.client.get(path).text for path in ("/dossiers", "/urgence")]

    hour = f"{local(datetime.fromisoformat(first.json()['ends_at'])):%H:%M}"
    for page in pages:
        assert f'<a href="/dossiers/{kept}">Un dossier ouvert en urgence, jusqu’à {hour}</a>' in page
        assert not [word for word in (CANARY, "Kiki", "Inès") if word in page.partition("<main")[2].partition("<form")[0]]


@pytest.mark.usefixtures("late_views", "quick")
def test_an_emergency_that_is_judged_is_shown_as_open_no_more(colleague: Person, dpo: Person, kept: str, structure: Structure) -> None:
    structure.runner.run_once()
    broken(colleague)
    [one] = dpo.get("/emergencies").json()
    dpo.send("POST", f"/emergencies/{one['access']}/review", {"justified": True, "sentence": "appel vérifié"})

    must_lead_nowhere(colleague, kept)


@pytest.mark.usefixtures("late_views", "quick")
def test_an_emergency_whose_record_is_closed_is_shown_as_open_no_more(
    educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    broken(colleague)
    educator.send("POST", f"/records/{kept}/erasure", {"asked_in_person": True}, version=educator.version_of(kept))

    must_lead_nowhere(colleague, kept)


@pytest.mark.usefixtures("late_views", "quick", "kept")
def test_a_miss_on_the_page_is_one_try_however_often_it_is_sent_and_a_corrected_one_is_another(
    colleague: Person, structure: Structure
) -> None:
    structure.runner.run_once()
    form = {"pseudonym": "Kiko", "year": "2009", "reason": REASON, "sure": "oui", "idempotency_key": "one random form"}
    misses = [colleague.client.post("/urgence", data=form) for _ in range(5)]
    [key] = set(re.findall(r'name="idempotency_key" value="([^"]+)"', misses[-1].text))

    corrected = colleague.client.post("/urgence", data=form | {"pseudonym": "Kiki"}, follow_redirects=False)

    assert [answer.status_code for answer in misses] == [409] * 5
    assert key != "one random form"
    assert corrected.status_code == 303


@pytest.mark.usefixtures("late_views")
def test_the_dpo_reviews_an_emergency_and_never_meets_a_content(
    educator: Person, colleague: Person, dpo: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    broken(colleague)
    [one] = dpo.get("/emergencies").json()
    address = f"/acces/urgences/{one['access']}"
    pages = dpo.client.get("/acces/urgences").text + dpo.client.get(address).text
    assert REASON in pages
    assert not [word for word in (CANARY, "Kiki", "Inès", kept) if word in pages]
    assert dpo.client.post(address, data={"justified": "oui"}).status_code == 422

    judged = dpo.client.post(address, data={"justified": "non", "sentence": "il fallait appeler"}, follow_redirects=False)

    assert judged.status_code == 303
    assert colleague.get(f"/records/{kept}").status_code == 404
    assert "à revoir" not in dpo.client.get("/acces").text.partition("<main")[2]
    assert "il fallait appeler" in educator.client.get(f"/dossiers/{kept}/partages").text
    for stranger in (educator, colleague):
        answers = [stranger.client.get(path).status_code for path in ("/acces/urgences", address)]
        answers.append(stranger.send("POST", f"/emergencies/{one['access']}/review", {"justified": True, "sentence": "x"}).status_code)
        assert answers == [404, 404, 404]


@pytest.mark.usefixtures("late_views", "quick")
def test_while_an_erasure_is_asked_for_the_dpo_is_told_to_judge_later_and_what_they_typed_is_kept(
    educator: Person, colleague: Person, dpo: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    broken(colleague)
    educator.send("POST", f"/records/{kept}/erasure", {"asked_in_person": True}, version=educator.version_of(kept))
    [one] = dpo.get("/emergencies").json()

    page = dpo.client.post(f"/acces/urgences/{one['access']}", data={"justified": "non", "sentence": "il fallait appeler"})
    answer = dpo.send("POST", f"/emergencies/{one['access']}/review", {"justified": False, "sentence": "il fallait appeler"})

    assert (page.status_code, answer.status_code, answer.json()["code"]) == (409, 409, "review_must_wait")
    assert "Il reste à revoir" in page.text
    assert "il fallait appeler" in page.text
    assert not dpo.get("/emergencies").json()[0]["reviewed"]


@pytest.mark.usefixtures("late_views", "quick")
def test_the_referent_says_that_they_have_seen_it(educator: Person, colleague: Person, kept: str, structure: Structure) -> None:
    structure.runner.run_once()
    assert broken(colleague).json()["record"] == kept
    [seen] = re.findall(r"/urgence/[0-9a-f-]+/vu", educator.client.get("/dossiers").text)

    answers = [who.client.post(seen, follow_redirects=False).status_code for who in (colleague, educator, educator)]

    assert answers == [404, 303, 303]
    assert "a ouvert en urgence" not in educator.client.get("/dossiers").text


@pytest.mark.usefixtures("late_views", "quick")
def test_own_closed_and_unknown_are_one_answer_and_the_fourth_try_is_refused(
    educator: Person, colleague: Person, kept: str, structure: Structure
) -> None:
    structure.runner.run_once()
    own, unknown = broken(educator), broken(educator, pseudonym="Personne")
    educator.send("POST", f"/records/{kept}/erasure", {"asked_in_person": True}, version=educator.version_of(kept))
    closed, wrong = broken(colleague), broken(colleague, birth_year=2001)

    told = [answer.json() | {"request_id": ""} for answer in (own, unknown, closed, wrong)]
    assert told == [told[0]] * 4
    assert {answer.status_code for answer in (own, unknown, closed, wrong)} == {409}
    assert broken(colleague).status_code == 409
    spent = broken(colleague)
    assert (spent.status_code, spent.json()["code"]) == (429, "tries_spent")


@pytest.mark.usefixtures("kept", "late_views")
def test_whatever_opens_nothing_is_answered_on_a_whole_second(educator: Person, colleague: Person, structure: Structure) -> None:
    structure.runner.run_once()
    for who, fields in ((educator, {}), (colleague, {"birth_year": 2001}), (colleague, {"pseudonym": "Personne"})):
        answer = broken(who, **fields)
        assert answer.status_code == 409
        assert answer.elapsed.total_seconds() >= emergencies.TICK_SECONDS
