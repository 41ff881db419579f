"""A server killed while it writes an import: nothing is half done, the page says so, and the same preview is written afterwards."""

import multiprocessing
import time
from uuid import UUID

from api.databases import Databases
from api.settings import Settings
from tests.integration.api import import_process
from tests.integration.api.import_files import WORKBOOK, begun, count_events, run
from tests.integration.api.people import Person

SECONDS = 60


def test_an_import_whose_process_is_killed_wrote_nothing_and_can_be_started_again(
    educator: Person, settings: Settings, databases: Databases
) -> None:
    preview = begun(educator, WORKBOOK.read_bytes(), WORKBOOK.name)
    token = educator.client.headers["authorization"].removeprefix("Bearer ")
    process = multiprocessing.get_context("spawn").Process(target=import_process.write, args=(settings, databases, token, UUID(preview)))

    process.start()
    at_work = _half_way(educator, preview)
    process.kill()
    process.join()
    said = educator.get(f"/imports/{preview}/progress").json()

    assert at_work["state"] == "running"
    assert (said["state"], said["outcome"]["code"]) == ("waiting", "interrupted")
    assert count_events(educator) == 0
    assert run(educator, preview)["outcome"]["opened"] == 492


def _half_way(person: Person, preview: str) -> dict[str, object]:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        said: dict[str, object] = person.get(f"/imports/{preview}/progress").json()
        if said["state"] == "written" or (said["state"] == "running" and said["done"] not in {0, said["total"]}):
            return said
        time.sleep(0.02)
    raise TimeoutError
