"""Files that tests take over, and how they wait for it. Everybody in them is fictional."""

import time
from pathlib import Path
from typing import Any

from tests.given import OF_THE_GATE
from tests.integration.api.people import Person

INPUT = Path(__file__).parents[2] / "input"
WORKBOOK = INPUT / "suivi_jeunes.xlsx"
OLDER_BASE = INPUT / "jeunes_ancienne_base.csv"
NATIONAL_NUMBER = "2 05 12 31 555 123 87"
HEADERS = "N°;Prénom/Surnom;Nom;Né(e) le;Sexe;Quartier;1er contact;Ref;Accord;Remarques"
SMALL = f"""{HEADERS}
1;Titouan;Lecanari;2010;G;Papus;03/03/2025;KB;oui;aime le vélo
2;Nolwenn;Secrète;2009;F;Papus;04/03/2025;ZZ;non;ne veut pas
3;Maël;Muet;2011;G;Papus;05/03/2025;ZZ;;rien de dit""".encode()
TWINS = f"""{HEADERS}
1;Titouan;Lecanari;2010;G;Papus;;KB;oui;un
2;Titouan;Lecanari;2010;G;Papus;;KB;oui;deux""".encode()
ONE = f"""{HEADERS}
1;Titouan;Lecanari;2010;G;;;KB;oui;un mot""".encode()
SECONDS = 60


def upload(person: Person, content: bytes, filename: str = "jeunes.csv") -> Any:
    return person.client.post("/api/v1/imports", files={"file": (filename, content)})


def begun(person: Person, content: bytes = SMALL, filename: str = "jeunes.csv") -> str:
    """The identifier of a new preview."""
    answer = upload(person, content, filename)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def finished(person: Person, preview: str) -> dict[str, Any]:
    """How far an import has come once it is not at work any more."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        said: dict[str, Any] = person.get(f"/imports/{preview}/progress").json()
        if said["state"] != "running":
            return said
        time.sleep(0.05)
    raise TimeoutError


def run(person: Person, preview: str) -> dict[str, Any]:
    answer = person.send("POST", f"/imports/{preview}/run")
    assert answer.status_code == 202, answer.text
    return finished(person, preview)


def taken_over(person: Person, content: bytes = SMALL, filename: str = "jeunes.csv") -> dict[str, Any]:
    """The outcome of a file that is sent and written at once."""
    said = run(person, begun(person, content, filename))
    assert said["state"] == "written", said
    outcome: dict[str, Any] = said["outcome"]
    return outcome


def written_events(person: Person) -> list[str]:
    """Every event of the structure, decrypted, as text."""
    store = person.structure.runner_store
    found = store.recorder.select_notifications(None, 10**6)
    rings = store.mapper.rings_of(found)
    return [str(vars(store.mapper.open_event(row, rings))) for row in found]


def count_events(person: Person) -> int:
    """How many events were written, beside those of the archive gate."""
    database = person.structure.store.database
    with database.connection() as connection:
        row = connection.execute(database.statement("SELECT count(*) FROM {events}")).fetchone()
    return int(row[0]) - OF_THE_GATE if row else 0


def seen(person: Person) -> list[str]:
    """The pseudonyms of a caseload, the views brought up to date."""
    person.structure.runner.run_once()
    return [row.pseudonym for row in person.structure.caseload.of(person.account)]
