"""What the DPO takes away of the seal, and what it proves without us (R083, R087)."""

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from api.bootstrap import Structure
from api.databases import Databases
from crypto_shredding.journal.merkle import ProofInvalid, verify_consistency, verify_inclusion
from crypto_shredding.journal.notary import leaf_of
from crypto_shredding.journal.sillage_verify import verify
from domain.trail import Role
from tests.given import educator as somebody_of_the_team
from tests.given import filled
from tests.integration.api.people import Person

TAKEN = ("/seal", "/seal/checkpoints", "/seal/growth?tree=1&size=1", "/seal/presence?tree=1&position=1", "/seal/journal")


def decoded(hashes: list[str]) -> list[bytes]:
    return [base64.b64decode(one) for one in hashes]


@pytest.mark.parametrize("path", TAKEN)
def test_the_dpo_takes_it_and_nobody_else_does(
    dpo: Person, person: Callable[..., Person], educator: Person, youth: Person, path: str
) -> None:
    others = [educator, youth, *map(person, (Role.HEAD_OF_SERVICE, Role.ADMINISTRATOR, Role.FUNDER))]

    assert dpo.get(path).status_code == 200
    assert [who.get(path).status_code for who in others] == [404] * len(others)
    operation = "journal.export" if path == "/seal/journal" else "seal.read"
    assert dpo.lines() == [(operation, "granted")]
    assert (operation, "refused") in educator.lines()


def test_what_they_take_verifies_alone_on_a_machine_that_has_nothing_of_ours(dpo: Person, record: str, tmp_path: Path) -> None:
    assert record
    files = {
        "sillage_verify.py": dpo.get("/seal/verifier").content,
        "hier.txt": dpo.get("/seal/checkpoints").content,
        "journal": dpo.get("/seal/journal").content,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    key = dpo.get("/seal").json()["public_key"]

    done = subprocess.run(
        [sys.executable, "-I", "sillage_verify.py", "journal", "--checkpoint", "hier.txt", "--key", key],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "Aucun défaut" in done.stdout


def test_a_file_that_is_not_there_is_named_in_french(dpo: Person, tmp_path: Path) -> None:
    (tmp_path / "sillage_verify.py").write_bytes(dpo.get("/seal/verifier").content)
    command = [sys.executable, "-I", "sillage_verify.py", "journal", "--checkpoint", "sceau.txt"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "Le fichier « sceau.txt » ne s’ouvre pas : vérifiez son nom et son dossier.\n"


def test_the_program_says_in_french_what_is_wrong_and_where(dpo: Person, record: str, tmp_path: Path, databases: Databases) -> None:
    assert record
    (tmp_path / "sillage_verify.py").write_bytes(dpo.get("/seal/verifier").content)
    dpo.get("/seal")
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.access_trail SET role = 'youth' WHERE line = 2")
    (tmp_path / "journal").write_bytes(dpo.get("/seal/journal").content)

    done = subprocess.run([sys.executable, "-I", "sillage_verify.py", "journal"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "Ligne d’accès n° 2" in done.stdout
    assert "son contenu a été changé" in done.stdout


def test_a_tree_is_proven_to_have_grown_from_yesterdays_checkpoint(dpo: Person, structure: Structure) -> None:
    yesterday = {tree["tree"]: tree for tree in dpo.get("/seal").json()["trees"]}
    filled(structure.records, somebody_of_the_team())
    today = {tree["tree"]: tree for tree in dpo.get("/seal").json()["trees"]}
    for number, before in yesterday.items():
        proof = dpo.get(f"/seal/growth?tree={number}&size={before['size']}").json()

        assert proof["earlier_root"] == before["root"]
        assert proof["size"] >= today[number]["size"] > before["size"]
        whole = (before["size"], base64.b64decode(before["root"]), proof["size"], base64.b64decode(proof["root"]))
        verify_consistency(*whole, decoded(proof["proof"]))
        with pytest.raises(ProofInvalid):
            verify_consistency(before["size"], bytes(32), *whole[2:], decoded(proof["proof"]))


def test_one_line_is_proven_to_be_in_its_tree(dpo: Person, structure: Structure, record: str) -> None:
    assert record
    dpo.get("/seal")
    proof = dpo.get("/seal/presence?tree=3&position=1").json()

    assert proof["index"] == 0
    row = structure.notary.follower.next_rows("trail", 0, 1)[0]
    verify_inclusion(leaf_of(row), 0, proof["size"], base64.b64decode(proof["root"]), decoded(proof["proof"]))


@pytest.mark.parametrize("path", ["/seal/growth?tree=1&size=99999", "/seal/presence?tree=1&position=99999", "/seal/growth?tree=77&size=1"])
def test_what_the_tree_has_never_been_is_not_proven(dpo: Person, path: str) -> None:
    answer = dpo.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "proof_impossible")


def test_the_dpos_page_offers_the_four_files(dpo: Person, structure: Structure, tmp_path: Path) -> None:
    filled(structure.records, somebody_of_the_team())
    page = dpo.client.get("/acces/sceau")

    assert page.status_code == 200
    for address in ("points-de-controle.txt", "cle.txt", "journal", "sillage_verify.py"):
        assert f'href="/acces/sceau/{address}"' in page.text
        file = dpo.client.get(f"/acces/sceau/{address}")
        assert file.status_code == 200
        assert file.headers["content-disposition"].startswith("attachment")
        # The command on the page can be copied as it stands: it names the files as they are given.
        named = file.headers["content-disposition"].split('"')[1]
        assert named in page.text.split("<code")[1].split("</code>")[0] or address == "cle.txt"
    kept = dpo.client.get("/acces/sceau/points-de-controle.txt").text
    (tmp_path / "journal").write_bytes(dpo.client.get("/acces/sceau/journal").content)
    key = bytes.fromhex(dpo.client.get("/acces/sceau/cle.txt").text)
    assert verify(tmp_path / "journal", [kept], key, jobs=1).defects == []


def test_the_page_says_that_the_notary_refuses_to_sign(dpo: Person, structure: Structure, databases: Databases, tmp_path: Path) -> None:
    filled(structure.records, somebody_of_the_team())
    dpo.get("/seal")
    with psycopg.connect(databases.main) as owner:
        owner.execute("UPDATE s_alpha.checkpoints SET root = sha256(root) WHERE tree = 1")
    filled(structure.records, somebody_of_the_team())

    assert "Le scelleur refuse de signer" in dpo.client.get("/acces/sceau").text
    assert dpo.get("/seal").json()["trouble"] == "JournalBroken"
    # It is then that they need the journal most.
    (tmp_path / "journal").write_bytes(dpo.get("/seal/journal").content)
    assert verify(tmp_path / "journal", jobs=1).trees
