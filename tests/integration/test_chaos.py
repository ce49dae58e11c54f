# SPDX-License-Identifier: Apache-2.0
"""Troubles for real processes, for half a minute: `make chaos MINUTES=n` has them for longer (tests/chaos/run.py)."""
import subprocess
import sys

import pytest

from tests.chaos import network
from tests.interop.lib.server_process import ROOT

pytestmark = pytest.mark.skipif(not network.possible(), reason="this user may not make namespaces")


def chaos(*arguments):
    return subprocess.run([sys.executable, "-u", "-m", "tests.chaos.run", "--rounds", "1", *arguments], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_no_violation_in_half_a_minute_of_troubles():
    done = chaos("--seed", "7", "--seconds", "30", "--servers", "3")
    assert done.returncode == 0, done.stdout
    assert "transcript: passed" in done.stdout


def test_a_server_that_needs_no_quorum_is_found():
    done = chaos("--seed", "3", "--seconds", "10", "--servers", "3", "--plant", "lone-leader")
    assert done.returncode == 1, done.stdout
    assert "property" in done.stdout, done.stdout  # said by a checker, from what clients saw
