"""Breaking any one rule of the policy makes a test fail (`tests/mutants.py`): minutes, behind `./run test --long`."""

import subprocess
import sys

import pytest

from tests.mutants import EXPLAINED, HOUSE


@pytest.mark.long
def test_every_mutant_of_the_policy_is_noticed_or_explained() -> None:
    # Apart: the mutants fork, and this process may have threads.
    ran = subprocess.run([sys.executable, "-m", "tests.mutants"], cwd=HOUSE, capture_output=True, text=True, check=True)
    said = ran.stdout[ran.stdout.index(" mutants, ") :].splitlines()
    assert set(said[1:]) == set(EXPLAINED)
