"""What `sillage doctor` says of damage: a red check, and what to do; never an error that stops it."""

import psycopg
import pytest

from api.bootstrap import Service, Structure, build
from api.databases import Databases
from api.health import Check, checks_of
from api.settings import Settings
from crypto_shredding.envelope import Tampered
from domain.identifiers import YouthId
from tests.conftest import ALPHA
from tests.given import educator, filled


def failing(service: Service, structure: Structure) -> dict[str, Check]:
    return {check.name: check for check in checks_of(service, structure) if not check.ok}


def damage_the_ring(databases: Databases, youth: YouthId) -> None:
    with psycopg.connect(databases.keys) as owner:
        owner.execute("UPDATE s_alpha.key_rings SET slots = set_byte(slots, 20, get_byte(slots, 20) # 1) WHERE subject_id = %s", (youth,))


def test_a_damaged_ring_is_counted_while_its_copies_still_open(service: Service, structure: Structure, databases: Databases) -> None:
    youths = [filled(structure.records, educator()) for _ in range(2)]
    structure.runner.run_once()
    assert failing(service, structure) == {}

    damage_the_ring(databases, youths[0])

    check = failing(service, structure)["damaged_rings"]
    assert check.detail.startswith("1 ; ")
    assert "restaurez une sauvegarde des clés" in check.detail
    with pytest.raises(Tampered):
        structure.rotation.rotate()
    provider = structure.store.key_store.providers.current
    assert provider.is_alive(ALPHA, 1), "a copy of the ring from before the damage still opens"


def test_a_ring_of_another_record_is_counted_too(service: Service, structure: Structure, databases: Databases) -> None:
    youth = filled(structure.records, educator())
    with psycopg.connect(databases.keys) as owner:
        owner.execute("UPDATE s_alpha.key_rings SET fingerprint = sha256('another') WHERE subject_id = %s", (youth,))

    assert failing(service, structure)["damaged_rings"].detail.startswith("1 ; ")


def test_a_damaged_key_file_is_told_and_stops_nothing(settings: Settings, databases: Databases) -> None:
    path = settings.provider_folder / str(ALPHA) / "000001.key"
    path.chmod(0o600)
    path.write_bytes(b"half a k")
    service = build(settings, databases)

    found = failing(service, service.structure(ALPHA))

    assert found["structure_key"].detail == found["damaged_rings"].detail == "ProviderUnavailable"
    assert "streams_without_key" in found
    service.close()
