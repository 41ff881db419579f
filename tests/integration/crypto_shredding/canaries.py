"""A word of its own for each text that can be typed about a youth, and somebody who types them all into the running service."""

import http.client
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from tests.given import today

MARK = "Zoébcdfghjklmnp"
"""What every canary begins with: looking for this alone finds them all, in a small part of the time."""


@dataclass
class Canaries:
    """The words, by where they are typed. Letters alone: enough figures in a row may read as a national identity number."""

    chance: random.Random = field(default_factory=random.Random)
    words: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, where: str) -> str:
        if where not in self.words:
            self.words[where] = MARK + "".join(self.chance.choices("bcdfghjklmnpqrstvwz", k=9))
        return self.words[where]


@dataclass
class Typist:
    """Somebody at a keyboard, over HTTP."""

    port: int
    token: str

    def send(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """Send a request as it stands; give the status and the text of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": str(uuid4())} | headers
        try:
            connection.request(method, path, raw, sent)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def change(self, path: str, body: object, version: int, *, method: str = "POST") -> Any:
        """Send a change that must be accepted."""
        status, text = self.send(method, f"/api/v1{path}", body, **{"If-Match": f'"{version}"'})
        assert status in {200, 201, 202}, (path, status)
        return json.loads(text)


def type_everything(typist: Typist, said: Canaries) -> UUID:
    """Open a record and write something in each of its fields; give its identifier."""
    day = today().isoformat()
    opening = {name: said[f"Opened.{name}"] for name in ("pseudonym", "territory", "met_through")}
    opened = typist.change("/records", opening | {"informed": {"how": said["Informed.how"], "occurred_on": day}}, 0)
    record = f"/records/{opened['id']}"
    agreement = {"category": "identity", "what_was_said": said["Agreed.what_was_said"], "occurred_on": day}
    typist.change(f"{record}/agreements", agreement, 2)
    names = {name: said[f"IdentityGiven.{name}"] for name in ("first_name", "last_name")}
    typist.change(f"{record}/identity", names, 3, method="PUT")
    contact = {name: said[f"ContactMade.{name}"] for name in ("territory", "place", "comment")}
    typist.change(f"{record}/contacts", contact | {"occurred_on": day, "themes": [said["ContactMade.themes"]]}, 4)
    typist.change(f"{record}/notes", {"text": f"{said['NoteAdded.text']} {'long ' * 700}", "occurred_on": day}, 5)
    step = {name: said[f"StepTaken.{name}"] for name in ("theme", "partner", "result")}
    typist.change(f"{record}/steps", step | {"occurred_on": day}, 6)
    _, shown = typist.send("GET", f"/api/v1{record}")
    taken = json.loads(shown)["steps"][0]["id"]
    typist.change(f"{record}/steps/{taken}/result", {"result": said["StepCompleted.result"]}, 7, method="PUT")
    return UUID(opened["id"])


def type_who_may_open(referent: Typist, colleague: Typist, dpo: Typist, successor: UUID, said: Canaries) -> UUID:
    """Open a record, and write all that is written when others come to read it and to accompany; give its identifier.

    `successor` is the colleague's account. The nickname is of this record alone: an emergency opens no record that has a namesake.
    """
    sought = {"pseudonym": said["open to others, pseudonym"], "territory": said["open to others, territory"]}
    informed = {"informed": {"how": said["open to others, informed"], "occurred_on": today().isoformat()}}
    record = UUID(referent.change("/records", sought | informed, 0)["id"])
    opened = colleague.change("/emergencies", sought | {"reason": said["GlassBroken.reason"]}, 2)
    assert UUID(opened["record"]) == record
    _decide_as_dpo(dpo, successor, said)
    grants = {"account": str(successor), "categories": ["follow_up"], "purpose": said["Shared.purpose"], "until": today().isoformat()}
    referent.change(f"/records/{record}/shares", grants | _what_the_youth_knows(said, "Shared"), 6)
    _, read = referent.send("GET", f"/api/v1/records/{record}/accesses")
    assert all(said[text] in read for text in ("Shared.purpose", "GlassReviewed.sentence", "RightsReferentNamed.demand"))
    assert said["Shared.told"] in referent.send("GET", f"/dossiers/{record}/partages")[1]
    referent.change(f"/records/{record}/handover", {"successor": str(successor)} | _what_the_youth_knows(said, "HandedOver"), 7)
    assert colleague.send("GET", f"/dossiers/{record}")[0] == 200
    return record


def _decide_as_dpo(dpo: Typist, reader: UUID, said: Canaries) -> None:
    """Review the one emergency, and decide who reads the record that it opened, which the trail alone names to the DPO."""
    (emergency,) = json.loads(dpo.send("GET", "/api/v1/emergencies")[1])
    assert emergency["reason"] == said["GlassBroken.reason"]
    assert said["GlassBroken.reason"] in dpo.send("GET", f"/acces/urgences/{emergency['access']}")[1]
    review = {"justified": True, "sentence": said["GlassReviewed.sentence"]}
    dpo.change(f"/emergencies/{emergency['access']}/review", review, 3)
    _, trail = dpo.send("GET", "/api/v1/trail?operation=glass.break&outcome=granted")
    (line,) = json.loads(trail)["items"]
    reference = f"/trail/references/{line['reference']}"
    demand = {"account": str(reader), "demand": said["RightsReferentNamed.demand"], "until": today().isoformat()}
    dpo.change(f"{reference}/rights-referents", demand, 4)
    dpo.change(f"{reference}/names", {"reason": said["StaffNamesDisclosed.reason"]}, 5, method="PUT")


def _what_the_youth_knows(said: Canaries, event: str) -> dict[str, str]:
    return {name: said[f"{event}.{name}"] for name in ("told", "not_told_because")}


def write_a_report(typist: Typist, said: Canaries, record: UUID) -> UUID:
    """Write a child-protection report with something in each of its fields, and hand it out; give its identifier."""
    day = today().isoformat()
    words = {name: said[f"Written.{name}"] for name in ("facts", "addressee", "decision", "reasons", "informed", "not_informed_because")}
    report = typist.change("/reports", words | {"subject": str(record)}, 0)
    released = {name: said[f"Released.{name}"] for name in ("released_to", "capacity", "reasons")}
    typist.change(f"/reports/{report['id']}/release", released | {"occurred_on": day}, 1)
    return UUID(report["id"])


def type_what_is_refused(typist: Typist, said: Canaries, record: UUID) -> list[int]:
    """Type into everything that refuses, fails or is not there; give the statuses."""
    notes, day = f"/api/v1/records/{record}/notes", today().isoformat()
    version = {"If-Match": '"8"'}
    tries: list[tuple[str, str, object, dict[str, str]]] = [
        ("POST", notes, {"text": said["too long"] * 1000, "occurred_on": day}, version),
        ("POST", notes, {"text": f"{said['control']}\x00", "occurred_on": day}, version),
        ("POST", notes, {"text": f"{said['number']} 1 84 12 76 451 089 46", "occurred_on": day}, version),
        ("POST", notes, {"text": [said["wrong type"]], "occurred_on": day}, version),
        ("POST", notes, {"text": "x", "occurred_on": said["day"]}, version),
        ("POST", notes, {said["unknown field"]: said["unknown value"]}, version),
        ("POST", notes, {"text": said["stale"], "occurred_on": day}, {"If-Match": '"1"'}),
        ("POST", notes, {"text": said["no version"], "occurred_on": day}, {}),
        ("POST", notes, f'{{"text": "{said["cut json"]}'.encode(), version),
        ("POST", notes, said["not json"].encode() * 90_000, version),
        ("POST", f"/api/v1/records/{uuid4()}/notes", {"text": said["nobody's"], "occurred_on": day}, version),
        ("POST", f"/api/v1/records/{record}/shares", {"purpose": said["share, no day"], "categories": []}, version),
        ("POST", f"/api/v1/records/{record}/handover", {"successor": str(uuid4()), "told": said["handover, nobody"]}, version),
        ("POST", "/api/v1/emergencies", {name: said[f"sought, {name}"] for name in ("pseudonym", "territory", "reason")}, {}),
        ("POST", f"/api/v1/emergencies/{uuid4()}/review", {"justified": True, "sentence": said["review, no DPO"]}, {}),
        ("PUT", f"/api/v1/trail/references/{uuid4()}/names", {"reason": said["names, no DPO"]}, {}),
        ("GET", f"/api/v1/records/{_in_address(said['path'])}", None, {}),
        ("GET", f"/api/v1/caseload?after={_in_address(said['query'])}", None, {}),
        (
            "GET",
            f"/{_in_address(said['page'])}",
            None,
            {"User-Agent": _in_address(said["browser"]), "X-Anything": _in_address(said["header"])},
        ),
    ]
    return [typist.send(method, path, body, **headers)[0] for method, path, body, headers in tries]


def type_into_pages(typist: Typist, said: Canaries, record: UUID) -> list[int]:
    """Look at pages, and send them forms that are refused and give back what was typed; give the statuses."""
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}
    too_long = urlencode({"text": said["page, too long"] * 1000, "occurred_on": today().isoformat(), "version": "8", "key": str(uuid4())})
    unreadable = urlencode({"occurred_on": said["page, day"], "comment": said["page, comment"], "version": "8", "key": str(uuid4())})
    return [
        typist.send("GET", f"/dossiers/{record}")[0],
        typist.send("GET", "/dossiers")[0],
        typist.send("POST", f"/dossiers/{record}/notes", too_long.encode(), **as_form)[0],
        typist.send("POST", f"/dossiers/{record}/contacts/nouveau", unreadable.encode(), **as_form)[0],
    ]


def import_a_file(typist: Typist, said: Canaries) -> None:
    """Bring a file as an old base wrote it, look at its preview, have it written; bring another one and leave it at that."""
    for number, is_written in enumerate((True, False)):
        place = _send_file(typist, said, number)
        assert typist.send("GET", place)[0] == 200
        if is_written:
            typist.send("POST", f"{place}/reprise", b"", **{"Content-Type": "application/x-www-form-urlencoded"})
            _wait_until_written(typist, place)
            assert said[f"file {number}, nickname"] in typist.send("GET", "/api/v1/caseload")[1]


def _send_file(typist: Typist, said: Canaries, number: int) -> str:
    word = {name: said[f"file {number}, {name}"] for name in ("nickname", "name", "district", "remark", "refused", "file name")}
    lines = (
        "N°;Prénom / surnom;Nom;Né(e) le / âge;Sexe;Quartier;1er contact;Comment;Réf.;Situation;Accord;Remarques",
        f"1;{word['nickname']};{word['name']};2010;G;{word['district']};11/01/2024;copain;;;oui;{word['remark']}",
        f"2;{word['refused']};{word['refused']};2009;F;;12/01/2024;;;;non;{word['refused']}",
    )
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{word["file name"]}.csv"\r\n\r\n'.encode()
    body = head + "\r\n".join(lines).encode("cp1252") + b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", typist.port, timeout=20)
    headers = {"Authorization": f"Bearer {typist.token}", "Content-Type": "multipart/form-data; boundary=b"}
    connection.request("POST", "/imports", body, headers)
    response = connection.getresponse()
    place = response.getheader("Location")
    connection.close()
    assert place is not None, response.status
    return place


def _wait_until_written(typist: Typist, place: str) -> None:
    deadline = time.monotonic() + 20
    while "Reprise en cours" in typist.send("GET", f"{place}/avancement")[1]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _in_address(word: str) -> str:
    """An address and a header hold plain letters alone."""
    return word.replace("é", "%C3%A9")
