"""The pages at their HTTP door: who gets which, what strange input gives, and that a refusal says nothing of anybody."""

import re
import unicodedata
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.pages import PARTS
from api.pages.rendering import STATIC, asset
from domain.identifiers import ErasureId
from tests.given import to_its_end
from tests.integration.api.people import DAY, Person

A_RECORD = "/dossiers/{record}"
OF_A_RECORD = [
    A_RECORD + part for part in ("", "/contacts/nouveau", "/notes", "/demarches", "/accords", "/identite", "/referents", "/effacement")
]
EDUCATORS = ["/dossiers", "/dossiers/nouveau", "/dossiers/fermes", "/sorties", "/sorties/nouvelle"]
YOUTHS = ["/mon-dossier", "/mon-dossier/acces", "/mon-dossier/effacement"]
DPOS = ["/acces", "/effacements", "/archives", "/archives/bordereau", "/archives/bordereau.csv"]
REGISTERS = [
    "/registres/traitements",
    "/registres/traitements.csv",
    "/registres/dossier-de-controle",
    "/registres",
    "/violations",
    "/violations/nouvelle",
    "/requisitions",
    "/requisitions/nouvelle",
]
DPO_DESK = ["/acces/motifs", "/acces/export", "/incidents", "/incidents/nouveau", "/alertes", *REGISTERS]
"""What nobody but the DPO opens."""
EVERY_PAGE = [*OF_A_RECORD, *EDUCATORS, *YOUTHS, *DPOS, "/chiffres", "/catalogue", "/feuille-papier"]
WRONG_WORDS = {
    "control characters": "mot\x07mot",
    "one megabyte": "é" * 400_000,
    "too long": "x" * 4_001,
    "a national number": "2 55 08 14 168 025 38",
}

WRONG_FIELDS = (
    ("occurred_on", "demain"),
    ("occurred_on", "9999-12-31"),
    ("occurred_on", ""),
    ("channel", "pigeon"),
    ("initiated_by", ""),
    ("minutes", "-3"),
    ("minutes", "99999"),
    ("present", "personne"),
)
STRANGE_WORDS = ("🙂👍🏽", "مرحبا بك", "Ḗ̸̛l̶o", "<img src=x onerror=alert(1)>", "{{ 7*7 }}", "100 % d'accord")


def contact(**more: str) -> dict[str, str]:
    return {"channel": "street", "initiated_by": "youth", "occurred_on": DAY, "idempotency_key": str(uuid4()), **more}


def test_nobody_sees_a_page_without_a_session(client: TestClient, record: str) -> None:
    for page in EVERY_PAGE:
        answer = client.get(page.format(record=record))

        assert (page, answer.status_code) == (page, 401)
        assert "Kiki" not in answer.text


def test_an_educator_has_the_pages_of_their_own_records(educator: Person, record: str) -> None:
    assert _statuses(educator, record, [*OF_A_RECORD, *EDUCATORS, "/feuille-papier", "/a-propos"]) == {200}


def test_a_record_of_somebody_else_and_no_record_look_the_same(colleague: Person, record: str) -> None:
    for page in OF_A_RECORD:
        foreign = colleague.client.get(page.format(record=record))
        unknown = colleague.client.get(page.format(record=uuid4()))

        assert (page, foreign.status_code, unknown.status_code) == (page, 404, 404)
        assert _without_ids(foreign.text) == _without_ids(unknown.text)


def test_no_title_leaves_a_nickname_in_the_history_of_the_browser(educator: Person, youth: Person, record: str) -> None:
    pages = [(educator, page) for page in [*OF_A_RECORD, *EDUCATORS]] + [(youth, page) for page in YOUTHS]
    for person, page in pages:
        title = re.search(r"<title>(.*?)</title>", person.client.get(page.format(record=record)).text, re.DOTALL)

        assert title is not None
        assert (page, "Kiki" in title[1]) == (page, False)


def test_a_youth_has_their_own_door_and_no_page_of_the_team(youth: Person, record: str) -> None:
    assert _statuses(youth, record, YOUTHS) == {200}
    assert _statuses(youth, record, [*OF_A_RECORD, *EDUCATORS, *DPOS, "/chiffres", "/catalogue"]) == {404}


def test_a_youth_is_never_told_the_name_of_who_looked(youth: Person, educator: Person, record: str) -> None:
    educator.client.get(f"/dossiers/{record}")

    looks = youth.client.get("/mon-dossier").text.partition('id="regards"')[2].partition("</section>")[0]
    all_looks = youth.client.get("/mon-dossier/acces").text.partition("<main")[2]

    assert "dossier lu" in looks
    assert "dossier lu" in all_looks
    assert "Personne fictive" not in looks + all_looks
    assert youth.get(f"/records/{record}/trail").status_code == 404


def test_the_dpo_has_no_page_with_content(dpo: Person, record: str) -> None:
    assert _statuses(dpo, record, [*OF_A_RECORD, *EDUCATORS, *YOUTHS, "/chiffres"]) == {404}
    assert _statuses(dpo, record, [*DPOS, *DPO_DESK]) == {200}


def test_an_educator_has_no_desk_of_erasures_and_the_administrator_its_list_alone(
    educator: Person, administrator: Person, record: str
) -> None:
    assert _statuses(educator, record, [*DPOS, *DPO_DESK]) == {404}
    assert _statuses(administrator, record, DPO_DESK) == {404}
    assert [administrator.client.get(page).status_code for page in DPOS] == [404, 200, 404, 404, 404]


def test_the_trail_names_no_one_who_is_followed(dpo: Person, educator: Person, record: str) -> None:
    educator.client.get(f"/dossiers/{record}")

    page = dpo.client.get("/acces").text

    assert "a lu un dossier" in page
    assert "Kiki" not in page
    assert record not in page


def test_the_dpo_filters_by_role(dpo: Person, educator: Person, record: str) -> None:
    educator.client.get(f"/dossiers/{record}")

    youths, educators = (dpo.client.get(f"/acces?role={role}").text.partition("<main")[2] for role in ("youth", "educator"))

    assert "Aucun accès ne répond" in youths
    assert "a lu un dossier" in educators
    assert "a lu le journal des accès" not in educators
    assert '<option value="educator" selected>' in educators


def test_a_filter_that_makes_no_sense_is_no_failure(dpo: Person) -> None:
    for query in ["from=2026-13-45", "reference=xyz", "avant=abc", "operation=none", "outcome=%00", "role=boss", "to=0001-01-01"]:
        assert (query, dpo.client.get(f"/acces?{query}").status_code) == (query, 200)
        assert (query, dpo.client.get(f"/acces/motifs?{query}").status_code) == (query, 200)


@pytest.mark.parametrize("words", list(WRONG_WORDS))
def test_words_that_may_not_be_written_come_back_in_their_form(educator: Person, record: str, words: str) -> None:
    typed = WRONG_WORDS[words]

    answer = educator.client.post(f"/dossiers/{record}/contacts/nouveau", data=contact(comment=typed))

    if words == "one megabyte":
        assert answer.status_code == 413
        return
    assert answer.status_code == 422
    assert typed in answer.text
    assert 'href="#comment"' in answer.text


def test_a_form_names_no_account_but_a_colleague_s(educator: Person, youth: Person, record: str) -> None:
    account = str(youth.account)
    opening = {"pseudonym": "Lina", "informed": "de vive voix", "second_referent": account, "idempotency_key": str(uuid4())}
    forms = {f"/dossiers/{record}/referents": {"referents": account}, f"/dossiers/{record}/contacts/nouveau": contact(present=account)}

    for page, form in {**forms, "/dossiers/nouveau": opening}.items():
        assert (page, educator.client.post(page, data=form, follow_redirects=False).status_code) == (page, 422)
    assert educator.get(f"/records/{record}").headers["etag"] == '"2"'
    assert "Lina" not in educator.get("/caseload").text


def test_a_field_that_does_not_do_is_named_and_nothing_is_written(educator: Person, record: str) -> None:
    for field, typed in WRONG_FIELDS:
        answer = educator.client.post(f"/dossiers/{record}/contacts/nouveau", data=contact(comment="Gardé.") | {field: typed})

        assert (typed, answer.status_code) == (typed, 422)
        assert f'href="#{field}"' in answer.text
        assert "Gardé." in answer.text
    assert educator.send("GET", f"/records/{record}").json()["contacts"] == []


def test_strange_letters_are_written_and_shown_as_they_are(educator: Person, record: str) -> None:
    for words in STRANGE_WORDS:
        sent = educator.client.post(f"/dossiers/{record}/notes", data={"text": words, "occurred_on": DAY}, follow_redirects=False)
        assert (words, sent.status_code) == (words, 303)

    notes = educator.send("GET", f"/records/{record}").json()["notes"]
    page = educator.client.get(f"/dossiers/{record}").text

    assert [note["text"] for note in notes] == [unicodedata.normalize("NFC", words) for words in STRANGE_WORDS]
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in page


def test_a_form_that_no_page_sends_changes_nothing_and_breaks_nothing(educator: Person, record: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in ("", "a=%ff", "\x00", "&".join(["a=1"] * 400)):
        for page in OF_A_RECORD[1:]:
            answer = educator.client.post(page.format(record=record), content=body, headers=headers)
            assert answer.status_code in {400, 409, 422}

    assert educator.send("GET", f"/records/{record}").json()["version"] == 2


def test_a_form_of_another_kind_is_refused(educator: Person, record: str) -> None:
    answer = educator.client.post(f"/dossiers/{record}/notes", json={"text": "x"})

    assert answer.status_code == 400


def test_two_acts_of_one_page_are_two_acts(educator: Person, record: str) -> None:
    form = {"idempotency_key": "one-page", "act": "agree", "said-identity": "Oui.", "said-follow_up": "Oui."}

    for category in ("identity", "follow_up", "follow_up"):
        sent = educator.client.post(f"/dossiers/{record}/accords", data=form | {"category": category}, follow_redirects=False)
        assert sent.status_code == 303

    agreements = educator.send("GET", f"/records/{record}").json()["agreements"]
    assert [one["category"] for one in agreements] == ["identity", "follow_up"]


def test_an_erasure_is_asked_for_with_the_box_ticked(educator: Person, record: str) -> None:
    unsure = educator.client.post(f"/dossiers/{record}/effacement", data={"idempotency_key": "k"})
    sure = educator.client.post(f"/dossiers/{record}/effacement", data={"idempotency_key": "k", "sure": "oui"}, follow_redirects=False)

    assert unsure.status_code == 422
    assert sure.status_code == 303
    assert educator.client.get(f"/dossiers/{record}").status_code == 410
    assert educator.client.get(sure.headers["location"]).status_code == 200


def test_an_educator_finds_what_was_closed_in_their_care_and_a_colleague_does_not(
    youth: Person, educator: Person, colleague: Person, record: str
) -> None:
    asked = youth.client.post("/mon-dossier/effacement", data={"sure": "oui"}, follow_redirects=False).headers["location"]
    refused = educator.client.get(f"/dossiers/{record}")

    pages = [person.client.get("/dossiers/fermes").text for person in (educator, colleague)]

    assert [asked in page for page in pages] == [True, False]
    assert not [word for word in ("Kiki", record) if word in pages[0]]
    assert (refused.status_code, "Dossier fermé" in refused.text, "/dossiers/fermes" in refused.text) == (410, True, True)


def test_a_youth_is_led_from_their_closed_record_to_its_erasure(youth: Person) -> None:
    asked = youth.client.post("/mon-dossier/effacement", data={"sure": "oui"}, follow_redirects=False)

    for page in YOUTHS:
        led = youth.client.get(page, follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, asked.headers["location"])


def test_an_older_copy_is_spoken_of_until_the_epoch_has_ended_and_only_then_is_there_a_certificate(
    youth: Person, educator: Person, record: str, structure: Structure
) -> None:
    asked = educator.client.post(f"/dossiers/{record}/effacement", data={"sure": "oui"}, follow_redirects=False).headers["location"]
    to_its_end(structure, ErasureId(UUID(asked.rsplit("/", 1)[1])))
    before = youth.client.get(asked).text
    structure.rotation.rotate()
    structure.erasures.advance_all()
    after = youth.client.get(asked).text

    assert ["ancienne copie pourrait encore" in page for page in (before, after)] == [True, False]
    assert ["Au plus tard le" in page for page in (before, after)] == [True, False]
    assert ["attestation.pdf" in page for page in (before, after)] == [False, True]
    assert "attestation" not in educator.client.get(asked).text


def test_a_record_is_kept_once_the_question_is_answered_and_never_after_the_key_went(
    youth: Person, educator: Person, record: str, structure: Structure
) -> None:
    asked = educator.client.post(f"/dossiers/{record}/effacement", data={"sure": "oui"}, follow_redirects=False).headers["location"]
    offered = educator.client.get(f"{asked}/annulation")
    absent = educator.client.post(f"{asked}/annulation", data={"idempotency_key": "k"})
    to_its_end(structure, ErasureId(UUID(asked.rsplit("/", 1)[1])))
    late = youth.client.post(f"{asked}/annulation", data={"idempotency_key": "k"})

    assert (offered.status_code, absent.status_code, late.status_code) == (200, 422, 409)
    assert "trop tard pour annuler" in late.text
    assert youth.client.get(f"{asked}/annulation", follow_redirects=False).headers["location"] == asked


def test_an_outing_is_written_with_its_counts(educator: Person) -> None:
    form = {"kind": "street_work", "occurred_on": DAY, "territory": "Bagatelle", "count:girl:11-15": "3", "count:boy:16-17": ""}

    written = educator.client.post("/sorties/nouvelle", data=form)
    wrong = educator.client.post("/sorties/nouvelle", data=form | {"count:boy:16-17": "trois"})
    unknown = educator.client.post("/sorties/nouvelle", data=form | {"count:cat:0": "1"})

    assert (written.status_code, wrong.status_code, unknown.status_code) == (200, 422, 422)
    assert "Ce qui vient d’être noté" in written.text
    assert 'value="trois"' in wrong.text


def test_outings_are_listed_by_month_the_latest_first(educator: Person, colleague: Person, structure: Structure) -> None:
    shared = {"territory": "Bagatelle", "place": "<b>le stade</b>", "minutes": 90, "educators": [str(educator.account)]}
    for day, kind in (("2026-10-15", "open_door"), ("2026-11-02", "street_work"), ("2026-10-30", "group_action")):
        educator.send("POST", "/activities", shared | {"occurred_on": day, "kind": kind, "counts": {"girl:11-15": 1, "boy:16-17": 5}})
    structure.runner.run_once()

    page = colleague.client.get("/sorties").text.partition("<main")[2]

    told = ("novembre 2026", "Travail de rue", "octobre 2026", "Action collective", "Permanence")
    assert [word for _, word in sorted((page.index(word), word) for word in told)] == list(told)
    assert page.count("octobre 2026") == 1
    assert page.count("&lt;b&gt;le stade&lt;/b&gt;, Bagatelle") == 3
    assert all(page.count(word) == 3 for word in ("1 h 30", "6 jeunes", "Personne fictive"))
    assert "Plus ancien" not in page
    assert colleague.lines() == [("activity.list", "granted")]


def test_an_outing_that_nobody_is_written_down_for_says_who_wrote_it(educator: Person, structure: Structure) -> None:
    educator.send("POST", "/activities", {"occurred_on": DAY})
    structure.runner.run_once()

    assert "noté par Personne fictive" in educator.client.get("/sorties").text


def test_outings_come_fifty_a_page(educator: Person, structure: Structure) -> None:
    for number in range(51):
        educator.send("POST", "/activities", {"occurred_on": "2026-10-15", "minutes": 1 + number})
    structure.runner.run_once()

    first = educator.client.get("/sorties").text
    [following] = re.findall(r'href="(/sorties\?apres=[^"]+)"', first)
    second = educator.client.get(following).text

    minutes = [re.findall(r">(\d+) min<", page) for page in (first, second)]
    assert [len(of_page) for of_page in minutes] == [50, 1]
    assert {int(number) for of_page in minutes for number in of_page} == set(range(1, 52))
    assert "apres=" not in second


def test_a_list_begins_at_the_top_when_its_address_makes_no_sense(educator: Person, structure: Structure) -> None:
    educator.send("POST", "/activities", {"occurred_on": DAY, "territory": "Bagatelle"})
    structure.runner.run_once()

    for address in ("/sorties?apres=abc", "/sorties?apres=", "/sorties?apres=%00"):
        assert "Bagatelle" in educator.client.get(address).text
    assert "Rien de plus ancien" in educator.client.get(f"/sorties?apres={uuid4()}").text


def test_an_outing_is_on_the_page_that_follows_its_form(educator: Person, service: Service) -> None:
    service.start_runners()
    written = educator.client.post("/sorties/nouvelle", data={"kind": "street_work", "occurred_on": DAY, "territory": "Bagatelle"})

    assert written.text.count("Bagatelle") == 2


def test_no_personal_word_is_in_an_address_of_a_page() -> None:
    paths = {route.path for part in PARTS for route in part.routes}  # type: ignore[attr-defined]

    assert {name for path in paths for name in re.findall(r"\{(\w+)", path)} == {
        "record_id",
        "step_id",
        "erasure_id",
        "outing_id",
        "preview_id",
        "reference",
        "report_id",
        "number",
        "act",
        "key",
        "access_id",
        "replacement_id",
        "team_id",
        "account_id",
        "session_id",
        "token_id",
    }


def test_a_file_of_ours_is_kept_by_the_browser_only_under_its_own_digest(client: TestClient) -> None:
    named = client.get(asset("sillage.css"))
    bare = client.get("/static/sillage.css")
    stale = client.get("/static/sillage.css?v=000000000000")

    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (bare.headers["cache-control"], stale.headers["cache-control"]) == ("no-store", "no-store")
    assert named.text == (STATIC / "sillage.css").read_text(encoding="utf-8")


def _without_ids(page: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", page)


def _statuses(person: Person, record: str, pages: list[str]) -> set[int]:
    return {person.client.get(page.format(record=record)).status_code for page in pages}
