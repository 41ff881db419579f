"""The sealed start as an association lives it: real processes, a real terminal, a real browser, and a thief (N36)."""

import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

import psycopg
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, expect

from api.accounts.accounts import Account
from api.bootstrap import Service, build
from api.commands.opened import databases_of
from api.databases import Databases, add_structure
from api.key_providers import providers_of
from api.seal import Patience, Seal
from api.settings import Settings
from api.web.app import create_app
from crypto_shredding.keys.file_provider import FileProvider
from crypto_shredding.keys.passphrase import CHEAPEST
from crypto_shredding.keys.provider import WrongSecret
from crypto_shredding.postgresql.embedded_postgresql import start
from crypto_shredding.postgresql.postgresql_account import server_account
from crypto_shredding.postgresql.postgresql_cluster import take_over
from domain.drafts import OpeningDraft
from domain.identifiers import AccountId, RequestId, StructureId
from domain.trail import Actor, Purpose, Role
from tests.e2e.conftest import PHONE
from tests.e2e.sealed_server import PATIENCE, Server, content_of, served, sillage, typed
from tests.e2e.test_every_page import AXE, GRAVE, TOO_SMALL
from tests.fault.attack import attack, secrets_in
from tests.fault.copied_server import copied_hot
from tests.fault.loot import Loot

STRUCTURE = StructureId(UUID("a1fa0000-0000-4000-8000-000000000001"))
PHRASE = "une barque verte dort sous le pont"
CANARY = "Canari du pont vert"


@dataclass
class House:
    """A data folder with one record in it, its PostgreSQL running, its keys under a passphrase."""

    folder: Path
    token: str
    databases: Databases
    before: Path
    """A copy of the folder of keys as it was without a passphrase."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("sillage")
    settings = Settings(data_folder=home / "donnees", pool_size=4)
    with databases_of(settings) as databases:
        add_structure(databases, providers_of(settings), STRUCTURE, "alpha", "Structure alpha")
        service = build(settings, databases)
        token = write_a_record(service)
        service.close()
        shutil.copytree(settings.provider_folder, home / "avant")
        FileProvider(settings.provider_folder, costs=CHEAPEST).set_passphrase(PHRASE)
        yield House(settings.data_folder, token, databases, home / "avant")


def write_a_record(service: Service) -> str:
    structure, account = service.structure(STRUCTURE), AccountId(uuid4())
    structure.accounts.add(Account(account, Role.EDUCATOR, "Personne fictive"))
    actor = Actor(account, Role.EDUCATOR, Purpose.ACCOMPANY, RequestId(uuid4()))
    structure.records.open_record(actor, OpeningDraft(CANARY, birth_year=2010))
    structure.runner.run_once()
    return service.directory.open_session(STRUCTURE, account, Purpose.ACCOMPANY, timedelta(hours=1))


def test_keys_that_nothing_protects_are_not_served(tmp_path: Path) -> None:
    refused = sillage(tmp_path / "donnees", "serve", "--port", "0")

    assert refused.returncode == 2
    assert "sillage keys protect" in refused.stderr
    assert "SILLAGE_SEALING=none" in refused.stderr
    assert not (tmp_path / "donnees").exists()


def test_the_passphrase_is_typed_twice_and_changed_at_the_terminal(tmp_path: Path) -> None:
    provider, other = tmp_path / "cles", "sept autres mots que tout le monde oublie"

    differs = typed(tmp_path, PHRASE, PHRASE.upper())
    assert (differs[0], FileProvider(provider).is_protected()) == (1, False), differs[1]
    chosen = typed(tmp_path, PHRASE, PHRASE)
    assert (chosen[0], FileProvider(provider).is_protected()) == (0, True), chosen[1]
    changed = typed(tmp_path, PHRASE, other, other)

    assert changed[0] == 0, changed[1]
    assert PHRASE not in differs[1] + chosen[1] + changed[1]
    with pytest.raises(WrongSecret):
        FileProvider(provider).unseal(PHRASE)
    FileProvider(provider).unseal(other)


def test_commands_ask_for_the_secret_when_they_need_keys_and_only_then(house: House, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(PHRASE, "utf-8")
    file.chmod(0o600)

    refused = sillage(house.folder, "doctor")
    listed = sillage(house.folder, "keys", "status", "--json")
    opened = sillage(house.folder, "doctor", "--json", SILLAGE_PASSPHRASE_FILE=str(file))

    assert (refused.returncode, listed.returncode, opened.returncode) == (2, 0, 0), listed.stderr + opened.stderr
    assert "SILLAGE_PASSPHRASE_FILE" in refused.stderr
    assert json.loads(listed.stdout)[0]["epoch"] == 1
    assert {check["check"]: check["ok"] for check in json.loads(opened.stdout)}["structure_key"]


def test_one_worker_that_is_opened_opens_all_and_those_that_come_after(house: House) -> None:
    with served(house.folder, 2) as server:
        wrong = server.give(f"{PHRASE}s")
        right = server.give(PHRASE)
        all_open = server.wait_for(401, times=30, seconds=3)
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
            deadline = time.monotonic() + PATIENCE
            while worker in server.workers() or len(server.workers()) < 2:
                assert time.monotonic() < deadline, "the worker did not come back"
                time.sleep(0.05)
        come_back = server.wait_for(401, times=30)
        record = server.status("/api/v1/caseload", Authorization=f"Bearer {house.token}")

        assert (wrong[0], right[0], all_open, come_back) == (422, 303, True, True)
        assert "recommencez" in wrong[1]
        assert (record[0], CANARY in record[1]) == (200, True)
        assert_told_to_nobody(server, house)


def assert_told_to_nobody(server: Server, house: House) -> None:
    """Nothing that opens is in a process's environment or command line, in the log, or in any file."""
    provider = FileProvider(house.folder / "cles")
    provider.unseal(PHRASE)
    told = [PHRASE.encode(), PHRASE.replace(" ", "+").encode(), provider.hand_over(), provider.hand_over().hex().encode()]
    running = [Path(f"/proc/{process}") for process in (server.process.pid, *server.workers())]
    files = [path for place in (house.folder, server.temporary) for path in place.rglob("*") if path.is_file()]
    for path in [*(one / name for one in running for name in ("environ", "cmdline")), server.log, *files]:
        content = content_of(path)
        assert not [secret for secret in told if secret in content], path.name


@pytest.fixture(scope="module")
def stolen(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder, copied while the service runs and is open."""
    target = tmp_path_factory.mktemp("vol") / "donnees"
    with served(house.folder, 1) as server:
        server.give(PHRASE)
        assert server.wait_for(401)
        copy_everything(house, target)
    return target


@pytest.mark.usefixtures("stolen")
def test_it_is_sealed_again_after_a_restart_and_gives_nothing(house: House) -> None:
    with served(house.folder, 1) as server:
        page = server.status("/dossiers", Accept="text/html", Authorization=f"Bearer {house.token}")
        record = server.status("/api/v1/caseload", Authorization=f"Bearer {house.token}")
        server.give(PHRASE)
        opened = server.status("/api/v1/caseload", Authorization=f"Bearer {house.token}")

    assert (page[0], record[0], json.loads(record[1])["code"]) == (503, 503, "sealed")
    assert CANARY not in page[1] + record[1]
    assert CANARY in opened[1]


def test_a_data_folder_copied_while_it_serves_gives_nothing_without_the_passphrase(house: House, stolen: Path) -> None:
    loot, keys = read_loot(stolen), FileProvider(stolen / "cles")
    everything = secrets_in([path for path in stolen.iterdir() if path.is_dir() and path.name != "postgresql"])

    nothing = attack(loot, everything)
    without_a_passphrase = attack(loot, secrets_in([house.before]))
    refused = sum(opens_nothing(keys, secret) for secret in everything)
    keys.unseal(PHRASE)
    with_it = attack(loot, [keys._found(STRUCTURE, 1) or b""])

    assert (len(loot.keks), len(loot.sealed) > 0, len(everything) > 100) == (1, True, True)
    assert (nothing.keys, nothing.plaintexts, refused) == ({}, {}, len(everything))
    assert CANARY.encode() in without_a_passphrase.text()
    assert CANARY.encode() in with_it.text()


def copy_everything(house: House, target: Path) -> None:
    """Copy the data folder as it stands, its server at work, and see that no word of the record stands anywhere in it."""
    target.mkdir()
    with psycopg.connect(house.databases.main, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    for path in house.folder.iterdir():
        if path.name == "postgresql":
            copied_hot(path, target / path.name)
        elif path.is_dir():
            shutil.copytree(path, target / path.name, ignore=lambda folder, names: [one for one in names if Path(folder, one).is_socket()])
        else:
            shutil.copy(path, target)
    assert not [path for path in target.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def read_loot(stolen: Path) -> Loot:
    """Start PostgreSQL on a stolen data folder, and take all it has."""
    data = stolen / "postgresql"
    take_over(data, server_account(data))
    server = start(stolen)
    try:
        loot = Loot(STRUCTURE, "s_alpha")
        loot.read_server(server.address("postgres", "postgres"))
    finally:
        server.stop()
    return loot


def opens_nothing(keys: FileProvider, secret: bytes) -> bool:
    """Try a secret as the key that seals the key files."""
    with pytest.raises(WrongSecret):
        keys.take_over(secret)
    return keys.is_sealed()


@pytest.fixture
def sealed_site(settings: Settings, databases: Databases) -> Iterator[str]:
    """The address of a sealed service in this process."""
    FileProvider(settings.provider_folder, costs=CHEAPEST).set_passphrase(PHRASE)
    service = build(settings.model_copy(update={"demonstration": False}), databases)
    app = create_app(service, Seal(service.providers, patience=Patience(least=0)))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=15)
    service.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_somebody_of_the_service_opens_it_on_a_phone(
    browser: Browser, sealed_site: str, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    phone: ViewportSize = {"width": PHONE, "height": 844}
    context = browser.new_context(base_url=sealed_site, viewport=phone, color_scheme=scheme, locale="fr-FR")
    page = context.new_page()
    page.goto("/dossiers")
    faults = faults_of(page, tmp_path / f"scelle-{scheme}.png")
    give(page, "une barque rouge")
    expect(page.get_by_role("alert")).to_contain_text("Vérifiez les majuscules")
    expect(page.get_by_label("Phrase de passe")).to_have_value("")
    faults += faults_of(page, tmp_path / f"faux-{scheme}.png")
    give(page, PHRASE)

    expect(page.get_by_label("Phrase de passe")).to_have_count(0)
    page.goto("/a-propos")
    expect(page.get_by_role("heading", name="Comment Sillage protège")).to_be_visible()
    context.close()
    assert faults == []


def test_the_door_opens_without_scripts(browser: Browser, sealed_site: str) -> None:
    context = browser.new_context(base_url=sealed_site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")

    give(page, PHRASE)

    expect(page.get_by_label("Phrase de passe")).to_have_count(0)
    page.goto("/a-propos")
    expect(page.get_by_role("heading", name="Comment Sillage protège")).to_be_visible()
    context.close()


def give(page: Page, secret: str) -> None:
    page.get_by_label("Phrase de passe").fill(secret)
    page.get_by_role("button", name="Ouvrir le service").click()


def faults_of(page: Page, picture: Path) -> list[str]:
    """Say what keeps people from using the page that is open."""
    page.screenshot(path=picture, full_page=True)
    small = page.evaluate(TOO_SMALL)
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.evaluate(AXE)
    found = [one["id"] for one in page.evaluate("axe.run()")["violations"] if one["impact"] in GRAVE]
    return [*small, *found, *(["wider than the screen"] if wider > 0 else [])]
