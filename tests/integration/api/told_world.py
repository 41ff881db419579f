"""A world in which every field of every youth holds a word of its own, so that whatever is told of anybody can be traced to them."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from starlette.testclient import TestClient

from api.bootstrap import Service, Structure
from domain.identifiers import ErasureId, YouthId
from domain.oblivion.erasure import Stage
from domain.trail import Role
from projections.position import Position
from tests.integration.api.people import Person
from tests.integration.crypto_shredding.canaries import Canaries, Typist, type_everything, write_a_report
from tests.witness import Kind, Owner, Witness

_WORKBOOK = "Prénom / surnom;Né(e) le / âge;Quartier;1er contact;Comment;Accord;Remarques\n{};2010;{};11/01/2024;copain;oui;{}\n"

NOBODY = UUID(int=0)

Make = Callable[..., Person]


@dataclass
class InProcess(Typist):
    """Somebody at a keyboard, without a network between."""

    client: TestClient | None = None

    def send(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        assert self.client is not None
        sent = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4())} | headers
        how: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self.client.request(method, path, headers=sent, follow_redirects=False, **how)
        return answer.status_code, answer.text


@dataclass
class World:
    """Who there is, what each may be told, and every identifier that a stranger could hope to guess."""

    leila: Person
    marc: Person
    stranger: Person
    """An educator of another structure, with a record of their own."""
    youth: Person
    owners: dict[str, Owner] = field(default_factory=dict)
    records: dict[str, UUID] = field(default_factory=dict)
    report: UUID = NOBODY
    erasures: dict[str, UUID] = field(default_factory=dict)
    preview: UUID = NOBODY
    identifiers: dict[str, list[object]] = field(default_factory=dict)

    def words_of(self, *owners: UUID) -> set[str]:
        """Give the words of records, reports and files."""
        return {word for word, owner in self.owners.items() if owner.of in owners}


def told(client: TestClient, person: Make, structure: Structure, other: Structure) -> World:
    """Write it: three records of Leïla's, one closed, one erased; a report; one of Marc's; one in another structure; a file half imported.

    The last record is nobody's who crawls: it lives until the end.
    """
    leila, marc, stranger = person(Role.EDUCATOR), person(Role.EDUCATOR), person(Role.EDUCATOR, within=other)
    written = {}
    owners: dict[str, Owner] = {}
    for name, who in (
        ("hers", leila),
        ("closed", leila),
        ("erased", leila),
        ("his", marc),
        ("elsewhere", stranger),
        ("kept", person(Role.EDUCATOR)),
    ):
        said = Canaries(random.Random(name))  # noqa: S311 - words, not keys.
        written[name] = type_everything(_typist(client, who), said)
        owners |= {word: Owner(Kind.RECORD, written[name]) for word in said.words.values()}
    youth = person(Role.YOUTH, subject=written["hers"])
    world = World(leila, marc, stranger, youth, owners, written)
    _report(client, world)
    _file(client, world)
    _erasures(client, world, structure, person)
    for every in (structure, other):
        assert Position(every.store.database).catch_up(20)
    return world


def _typist(client: TestClient, who: Person) -> InProcess:
    return InProcess(0, token_of(who), client)


def token_of(who: Person) -> str:
    """Give the token that somebody's client bears."""
    return str(who.client.headers["authorization"]).removeprefix("Bearer ")


def _report(client: TestClient, world: World) -> None:
    said = Canaries(random.Random("report"))  # noqa: S311 - words, not keys.
    world.report = write_a_report(_typist(client, world.leila), said, world.records["hers"])
    world.owners |= {word: Owner(Kind.REPORT, world.report) for word in said.words.values()}


def _file(client: TestClient, world: World) -> None:
    said = Canaries(random.Random("file"))  # noqa: S311 - words, not keys.
    rows = _WORKBOOK.format(said["nickname"], said["district"], said["remark"])
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="jeunes.csv"\r\n\r\n' + rows.encode("cp1252") + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Authorization": f"Bearer {token_of(world.leila)}"}
    answer = client.post("/imports", content=body, headers=headers, follow_redirects=False)
    world.preview = UUID(answer.headers["location"].rsplit("/", 1)[1])
    world.owners |= {word: Owner(Kind.FILE, world.preview, frozenset(world.records.values())) for word in said.words.values()}


def _erasures(client: TestClient, world: World, structure: Structure, person: Make) -> None:
    """One that may still be cancelled, one that the service carries to its end."""
    leaving = _typist(client, person(Role.YOUTH, subject=world.records["closed"]))
    world.erasures["closed"] = UUID(leaving.change("/my-record/erasure", None, 8)["erasure"])
    hers = _typist(client, world.leila)
    world.erasures["erased"] = UUID(hers.change(f"/records/{world.records['erased']}/erasure", {"asked_in_person": True}, 8)["erasure"])
    deadline = time.monotonic() + 30
    # To its last date, so that nothing more is written by itself.
    while structure.records.find(ErasureId(world.erasures["erased"])).stage is not Stage.IRREVERSIBLE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


TRIED = ("hers", "closed", "his", "elsewhere", "kept")
"""The records that are tried wherever a record is asked for: an erased one and one that never was are looked at elsewhere."""


def everything_known(world: World, service: Service, structures: list[Structure]) -> dict[str, list[object]]:
    """Give the identifiers of what there is, by the names that parameters have, and one that nobody has where few are."""
    nobody = uuid4()
    records: list[object] = [world.records[name] for name in TRIED]
    references: list[object] = []
    with psycopg.connect(service.databases.main) as owner:
        for structure in structures:
            query = f"SELECT reference FROM s_{structure.code}.subject_references WHERE subject_id = ANY(%s) ORDER BY subject_id = %s DESC"
            references += [row[0] for row in owner.execute(query, (records, records[0])).fetchall()]  # type: ignore[arg-type]
    steps: list[object] = [next(iter(_steps(world.leila, world.records["hers"])))]
    return {
        "record_id": records,
        "step_id": steps,
        "reference": references,
        "report_id": [world.report, nobody],
        "erasure_id": [*world.erasures.values()],
        "preview_id": [world.preview, nobody],
        "activity_id": [nobody],
        "outing_id": [nobody],
        "category": ["identity"],
    }


def _steps(who: Person, record: UUID) -> list[str]:
    return [step["id"] for step in who.get(f"/records/{YouthId(record)}").json()["steps"]]


def witnessed(app: Any, service: Service, structures: list[Structure]) -> Witness:
    """Put a witness at the door of `app`."""
    return Witness(app, service.databases.main, [structure.code for structure in structures])
