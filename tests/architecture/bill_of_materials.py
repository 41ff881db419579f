"""Writes `docs/reference/sbom.cdx.json` from the lock file: what the service is made of (CycloneDX 1.6, R167).

The digests stand in the lock file, several a part: one for each system that it was built for.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).parents[2]
LOCK = HOUSE / "requirements.lock"
BILL = HOUSE / "docs" / "reference" / "sbom.cdx.json"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\?$", re.MULTILINE)


def bill(lock: str) -> dict[str, Any]:
    """Return the bill of what `lock` pins. It tells no time and no serial number, so that it changes only when the lock does."""
    project = {"type": "application", "name": "sillage", "bom-ref": "sillage", "licenses": [{"license": {"id": "EUPL-1.2"}}]}
    components = list(_components(lock))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": project},
        "components": components,
        "dependencies": [{"ref": "sillage", "dependsOn": [component["bom-ref"] for component in components]}],
    }


def text_of(lock: str) -> str:
    """Return the bill as it is written."""
    return json.dumps(bill(lock), indent=1) + "\n"


def _components(lock: str) -> Iterator[dict[str, Any]]:
    for name, version, condition in _PINNED.findall(lock):
        place = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
        component: dict[str, Any] = {"type": "library", "bom-ref": place, "name": name, "version": version, "purl": place}
        if condition:
            component["properties"] = [{"name": "sillage:only-where", "value": condition.strip()}]
        yield component


if __name__ == "__main__":
    BILL.write_text(text_of(LOCK.read_text("utf-8")), "utf-8")
