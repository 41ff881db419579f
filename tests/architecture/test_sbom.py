"""`docs/reference/sbom.cdx.json` is what the lock file pins, and what is installed is what it says (R167, ASVS 15.1.2)."""

import json
import re
from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.architecture.bill_of_materials import BILL, HOUSE, LOCK, bill, text_of

PINS = LOCK.read_text("utf-8")


def test_the_bill_of_materials_is_that_of_the_lock_file() -> None:
    assert text_of(PINS) == BILL.read_text("utf-8"), "python -m tests.architecture.bill_of_materials writes it anew"


def test_nothing_of_the_lock_file_is_left_out_and_each_part_has_its_digests() -> None:
    components = json.loads(BILL.read_text("utf-8"))["components"]
    pinned = re.split(r"^(?=\S)", PINS, flags=re.MULTILINE)

    assert len(components) == sum("==" in one for one in pinned) > 20
    assert [one.partition("=")[0] for one in pinned if "==" in one and "--hash=sha256:" not in one] == []


def test_what_the_service_asks_for_is_in_the_bill() -> None:
    names = {component["purl"].removeprefix("pkg:pypi/").partition("@")[0] for component in bill(PINS)["components"]}
    wanted = re.findall(r"^([A-Za-z0-9._-]+)", (HOUSE / "requirements.in").read_text("utf-8"), re.MULTILINE)

    assert {re.sub(r"[-_.]+", "-", name).lower() for name in wanted} <= names


def test_what_runs_here_is_what_the_bill_says() -> None:
    for component in bill(PINS)["components"]:
        try:
            installed = version(component["name"])
        except PackageNotFoundError:
            if "properties" in component:
                continue  # It is for another system.
            pytest.fail(f"{component['name']} is in the bill and not installed")
        assert installed == component["version"], component["name"]
