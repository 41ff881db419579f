"""What a stranger tries first: another's session, another site's form, a forged host, a strange path, a key or a version that was guessed.

R160, R161, R165; OWASP ASVS 5.0 §3.3, §3.5, §3.7, §4.1, §4.2, §7.2, §13.4, §15.3.
"""

import itertools
import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from api.pages.rendering import asset
from domain.trail import Role
from tests.integration.api.crawling import path_of, routes_of
from tests.integration.api.people import DAY, Person
from tests.integration.api.told_world import token_of

ODD_KINDS = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "",
    "application/json; x=y",
]


def cookie_of(who: Person) -> dict[str, str]:
    return {"Cookie": f"sillage_session={token_of(who)}"}


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    """A browser on another site: it says so, and has no header of ours."""
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False, headers={"Sec-Fetch-Site": "cross-site"})


def test_no_form_of_another_site_changes_anything_whatever_it_says_it_sends(
    stranger: TestClient, app: FastAPI, educator: Person, record: str
) -> None:
    before = educator.get(f"/records/{record}").json()["version"]
    changing = [(route, method) for route in routes_of(app) for method in sorted(route.methods - {"GET"})]
    for (route, method), kind in itertools.product(changing, ODD_KINDS):
        path = path_of(route).replace("{record_id}", record).replace("{record_id:uuid}", record)
        headers = {**cookie_of(educator), "Content-Type": kind, "Idempotency-Key": "k", "If-Match": f'"{before}"'}
        answer = stranger.request(method, path, content=b'{"text": "x"}', headers=headers)
        assert answer.status_code == 403, (method, path)
    assert educator.get(f"/records/{record}").json()["version"] == before


def test_an_empty_authorization_does_not_carry_the_cookie_past_the_check_of_origin(
    stranger: TestClient, educator: Person, record: str
) -> None:
    for authorization in ("", " ", "Basic x", "Bearer", "bearer  ", "Digest a=b"):
        headers = {**cookie_of(educator), "Authorization": authorization, "Idempotency-Key": "k", "If-Match": '"2"'}
        answer = stranger.post(f"/api/v1/records/{record}/notes", json={"text": "x", "occurred_on": DAY}, headers=headers)
        assert answer.status_code in {401, 403}, authorization


def test_a_preflight_of_another_site_is_promised_nothing(stranger: TestClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = stranger.options("/api/v1/records", headers=asked)

    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_session_that_was_planted_is_not_taken_over(client: TestClient, service: Service, educator: Person) -> None:
    planted = "a" * 43
    account = str(educator.account)
    client.cookies.set("sillage_session", planted)

    answer = client.post("/api/v1/session", json={"account": account}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 201
    assert planted not in answer.headers["set-cookie"]
    assert service.directory.session(planted) is None
    former = answer.json()["token"]
    again = client.post(
        "/api/v1/session", json={"account": account}, headers={"Idempotency-Key": "k2", "Cookie": f"sillage_session={former}"}
    )
    assert again.json()["token"] != former
    assert service.directory.session(former) is None, "signing in again ends the session that was there"


def test_a_cookie_of_before_the_sign_out_opens_nothing(educator: Person, client: TestClient) -> None:
    stolen = cookie_of(educator)
    assert client.get("/dossiers", headers=stolen).status_code == 200

    left = client.post("/deconnexion", headers=stolen, follow_redirects=False)

    assert client.get("/dossiers", headers=stolen).status_code == 401
    assert left.headers["clear-site-data"] == '"cache", "cookies", "storage"'


def test_over_https_the_cookie_makes_every_promise_and_the_site_stays_on_https(app: FastAPI, educator: Person) -> None:
    secure = TestClient(app, base_url="https://127.0.0.1", headers={"Sec-Fetch-Site": "same-origin"})

    answer = secure.post("/api/v1/session", json={"account": str(educator.account)}, headers={"Idempotency-Key": "k"})

    [(name, cookie)] = SimpleCookie(answer.headers["set-cookie"]).items()
    assert name == "__Host-sillage_session"
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, True, "strict", "/", "")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_what_a_proxy_would_say_is_not_believed_of_a_stranger(client: TestClient, educator: Person) -> None:
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "10.0.0.1",
        "X-Original-URL": "/acces",
        "X-Rewrite-URL": "/acces",
        "X-HTTP-Method-Override": "DELETE",
        "X-Request-ID": str(uuid4()),
        "X-User-Id": str(uuid4()),
        "Forwarded": "host=evil.example;proto=https",
    }
    answer = client.get("/", headers={**cookie_of(educator), **forged}, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/dossiers")
    assert answer.headers["x-request-id"] != forged["X-Request-ID"]
    assert "evil" not in str(answer.headers)


HOSTS = ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "localhost@evil.example", "[::1].evil.example", "localhost:x"]


def test_the_demonstration_answers_to_no_foreign_name(client: TestClient) -> None:
    assert {host: client.get("/", headers={"Host": host}).status_code for host in HOSTS} == dict.fromkeys(HOSTS, 400)
    assert {client.get("/", headers={"Host": host}).status_code for host in ("localhost:8000", "[::1]:8000", "127.0.0.1")} == {200}


PATHS = [
    *("/static/../../pyproject.toml", "/static/%2e%2e/%2e%2e/pyproject.toml", "/static/..%2f..%2fpyproject.toml", "/static//etc/passwd"),
    *("/static/", "/static", "/static/.", "/.git/config", "/.env", "/pyproject.toml", "/docs", "/redoc", "/openapi.json", "/metrics"),
    *("/debug", "/admin", "/api", "/api/v1", "/api/v1/", "/api/v2/caseload", "//dossiers", "/dossiers/", "/dossiers;x=1", "/dossiers%00"),
    *("/DOSSIERS", "/%64ossiers/..%2facces", "/dossiers/../acces", "/dossiers%0d%0aX-Injected:1", "/api/v1/records/../trail"),
]  # fmt: skip


def test_no_strange_path_leads_anywhere(client: TestClient, educator: Person) -> None:
    for path in PATHS:
        answer = client.request("GET", f"http://127.0.0.1{path}", headers=cookie_of(educator), follow_redirects=False)
        assert answer.status_code in {404, 405}, path
        assert "x-injected" not in answer.headers
        assert not [word for word in ("root:", "[project]") if word in answer.text], path


def test_a_method_that_nobody_offers_does_nothing(client: TestClient, educator: Person) -> None:
    for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "HEAD", "PATCH"):
        answer = client.request(method, "/dossiers", headers={**cookie_of(educator), "X-Secret": "canari"})
        assert answer.status_code == 405, method
        assert "canari" not in answer.text


TARGETS = ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/a\r\nX: evil"]


def test_no_one_is_led_to_another_site(client: TestClient, educator: Person) -> None:
    for target in TARGETS:
        typed = {"account": str(educator.account), "reprise": target, "champ:text": "x"}
        answer = client.post("/connexion", data=typed, follow_redirects=False)
        led = client.get("/", params={"next": target, "url": target, "fait": target}, headers=cookie_of(educator), follow_redirects=False)
        assert answer.headers.get("location", "/") == "/"
        assert "evil" not in answer.text
        assert "alert" not in answer.text
        assert led.headers["location"] == "/dossiers"


def test_a_key_of_idempotency_belongs_to_its_account_and_its_route(educator: Person, colleague: Person, record: str) -> None:
    body = {"pseudonym": "Kiki", "informed": {"how": "de vive voix", "occurred_on": DAY}}
    first = educator.send("POST", "/records", body, key="guessed")

    theirs = colleague.send("POST", "/records", {"pseudonym": "Autre"}, key="guessed")
    abused = colleague.send("POST", f"/records/{record}/notes", {"text": "x", "occurred_on": DAY}, key="guessed", version=2)

    assert (theirs.status_code, theirs.json()["replayed"]) == (201, False)
    assert theirs.json()["id"] != first.json()["id"]
    assert abused.status_code == 404
    assert educator.send("POST", "/records", body, key="guessed").json()["replayed"] is True


def test_a_guessed_version_tells_nothing_of_a_record_that_is_not_ones_own(educator: Person, colleague: Person, record: str) -> None:
    note = {"text": "x", "occurred_on": DAY}
    bodies = set()
    for path, version in itertools.product((record, str(uuid4())), (0, 1, 2, 3, 10**17)):
        answer = colleague.send("POST", f"/records/{path}/notes", note, version=version)
        assert answer.status_code == 404
        assert "etag" not in answer.headers
        bodies.add(answer.json()["code"] + answer.json()["detail"])
    assert len(bodies) == 1
    assert educator.get(f"/records/{record}", headers={"If-None-Match": '"2"'}).status_code == 200


def test_a_parameter_given_twice_is_no_way_around_its_limit(educator: Person) -> None:
    assert educator.client.get("/api/v1/caseload?limit=1&limit=1000").status_code == 422
    assert educator.client.get("/api/v1/caseload?limit=1000&limit=1").status_code in {200, 422}
    assert educator.client.get("/api/v1/activities?limit=1000&limit=1000").status_code == 422


def test_only_an_asset_under_its_own_digest_is_kept_and_never_a_refusal(client: TestClient, educator: Person) -> None:
    address = asset("sillage.css")
    kept = client.get(address)
    assert "immutable" in kept.headers["cache-control"]
    for poisoned in (address.partition("?")[0], f"{address}x", f"{address}&x=1", "/static/nothing.css?v=1"):
        assert client.get(poisoned, headers=cookie_of(educator)).headers["cache-control"] == "no-store", poisoned
    for forged in ({"X-Forwarded-Host": "evil.example"}, {"X-Forwarded-Prefix": "/evil"}, {"Accept-Language": "evil"}):
        assert client.get(address, headers=forged).content == kept.content
    assert "set-cookie" not in kept.headers


def test_a_head_that_is_too_long_or_full_of_cookies_is_refused_or_borne(client: TestClient, educator: Person) -> None:
    many = "; ".join(f"c{number}=x" for number in range(500))
    answer = client.get("/dossiers", headers={"Cookie": f"{many}; sillage_session={token_of(educator)}"})

    assert answer.status_code == 200
    assert client.get("/dossiers", headers={"Cookie": f"sillage_session={'x' * 60_000}"}).status_code == 401
    assert educator.client.get(f"/api/v1/caseload?after={'x' * 20_000}").status_code == 422


FIELDS = [{"account": str(uuid4())}, {"role": "dpo"}, {"referents": []}, {"version": 1}, {"erased": True}, {"by": "x"}]


def test_nobody_gives_themselves_a_field_that_the_form_does_not_have(educator: Person, record: str) -> None:
    for more in FIELDS:
        note = educator.send("POST", f"/records/{record}/notes", {"text": "x", "occurred_on": DAY, **more}, version=2)
        assert (note.status_code, note.json()["code"]) == (422, "malformed"), more


FILLED = {"category": "identity", ":int": "1"}


def test_every_route_but_the_doors_is_closed_to_whoever_is_not_signed_in(app: FastAPI, client: TestClient) -> None:
    answered: dict[str, set[int]] = {}
    for route, token in itertools.product(routes_of(app), ("", "x", "0" * 43, "é")):
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: FILLED.get(found[2] or found[1]) or str(uuid4()), path_of(route))
        headers = {"Idempotency-Key": "k", "If-Match": '"1"', "Authorization": f"Bearer {token}".encode() if token else b""}
        form = {"Content-Type": "application/x-www-form-urlencoded"} if not path.startswith("/api/") else {}
        answer = client.request(min(route.methods), path, content=b"" if form else b"{}", headers=headers | form)
        answered.setdefault(path_of(route), set()).add(answer.status_code)
    not_closed = {path for path, statuses in answered.items() if not statuses <= {401, 422}}
    # A body that does not do is said before anybody is asked who they are: it tells nothing.
    doors = {"/", "/a-propos", "/connexion", "/invitation", "/ouverture", "/.well-known/security.txt", "/api/v1/session"}
    assert {path for path in not_closed if not path.startswith(("/connexion/", "/invitation/"))} <= doors
    assert sum(statuses == {401} for statuses in answered.values()) > 60


def test_the_contact_for_flaws_is_told_where_an_operator_gave_one(client: TestClient, service: Service, structure: Structure) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
    named = service.settings.model_copy(update={"security_contact": "mailto:securite@exemple.org"})
    object.__setattr__(service, "settings", named)

    answer = client.get("/.well-known/security.txt")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert lines["Contact"] == "mailto:securite@exemple.org"
    assert f"{service.clock():%Y-%m-%d}" < lines["Expires"] < f"{service.clock().year + 1}-12-31"
    assert structure.code not in answer.text


def test_no_role_reads_what_another_ones_session_would(person: Callable[..., Person], educator: Person, record: str) -> None:
    youth = person(Role.YOUTH, subject=record)
    both = {"Authorization": f"Bearer {token_of(youth)}", **cookie_of(educator)}

    assert youth.client.get("/api/v1/caseload", headers=both).status_code == 404
    assert youth.client.get("/api/v1/my-record", headers=both).status_code == 200
