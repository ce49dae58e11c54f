# SPDX-License-Identifier: Apache-2.0
"""The sessions of mixed ensembles: what tests/integration/test_ensemble_sessions.py demands of Paddock alone, with Java's servers in
some of the places, as leader, as follower, as both."""
import os
import subprocess
import sys

import pytest

from tests.interop.lib.java_server import class_path
from tests.interop.lib.server_process import ROOT

MIXTURES = ["java,paddock,java", "java,java,paddock", "paddock,java,paddock"]  # the last one mostly leads


@pytest.mark.parametrize("kinds", MIXTURES)
def test_sessions_move_expire_and_stay_local_in_a_mixture(kinds):
    class_path()  # fetched before the clock of any server starts
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-ra", "tests/integration/test_ensemble_sessions.py"],
                         cwd=ROOT, env=dict(os.environ, ENSEMBLE_KINDS=kinds), capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout[-4000:]
