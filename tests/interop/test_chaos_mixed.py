# SPDX-License-Identifier: Apache-2.0
"""Troubles for an ensemble of Java and Paddock: `make chaos MIXED=1 MINUTES=n` has them for longer (tests/chaos/run.py)."""
import subprocess
import sys

import pytest

from tests.chaos import network
from tests.interop.lib.server_process import ROOT


@pytest.mark.skipif(not network.possible(), reason="this user may not make namespaces")
def test_no_violation_in_half_a_minute_of_troubles():
    done = subprocess.run([sys.executable, "-u", "-m", "tests.chaos.run", "--rounds", "1", "--seed", "7", "--seconds", "30",
                           "--mixed", "--kazoo"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert "transcript: passed" in done.stdout
