"""The fixture that restore drills begin with."""

from collections.abc import Iterator

import pytest

from api.bootstrap import build
from api.databases import Databases
from api.settings import Settings
from tests.conftest import ALPHA
from tests.given import educator, filled
from tests.integration.crypto_shredding.drills import Drill


@pytest.fixture
def drill(settings: Settings, databases: Databases) -> Iterator[Drill]:
    service = build(settings, databases)
    records = service.structure(ALPHA).records
    erased, staying = filled(records, educator()), filled(records, educator())
    service.structure(ALPHA).runner.run_once()
    drill = Drill(settings, databases, service, erased, staying)
    drill.back_up()
    yield drill
    drill.service.close()
