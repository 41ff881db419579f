"""A server killed while it writes an import: nothing is half done, the page says so, and the same preview is written afterwards."""

import multiprocessing
import time
from collections.abc import Callable, Mapping
from typing import Any
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
    at_work = _seen(educator, preview, _is_half_way)
    process.kill()
    process.join()
    # PostgreSQL ends what it is at before it notices that nobody is there any more.
    said = _seen(educator, preview, lambda said: said["state"] != "running")

    assert at_work["state"] == "running"
    assert (said["state"], said["outcome"]["code"]) == ("waiting", "interrupted")
    assert count_events(educator) == 0
    assert run(educator, preview)["outcome"]["opened"] == 492


def _is_half_way(said: Mapping[str, Any]) -> bool:
    return said["state"] == "written" or (said["state"] == "running" and said["done"] not in {0, said["total"]})


def _seen(person: Person, preview: str, is_awaited: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
    """Look at how far the import is until what is awaited is seen."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        said: Mapping[str, Any] = person.get(f"/imports/{preview}/progress").json()
        if is_awaited(said):
            return said
        time.sleep(0.02)
    raise TimeoutError
