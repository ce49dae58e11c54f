# SPDX-License-Identifier: Apache-2.0
"""The test suites of other projects: what passes on Java must pass on Paddock, at once (see lib/baseline.py).

`make interop` runs each whole; `-k kazoo` and the like pick one. Logs stay in build/interop/<suite>.
"""
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.interop.cclient import suite as c_suite
from tests.interop.gozk import suite as go_suite
from tests.interop.javaquorum import suite as java_quorum_suite
from tests.interop.javasuite import suite as java_suite
from tests.interop.kazoo import suite as kazoo_suite
from tests.interop.kazoo_ensemble import suite as kazoo_ensemble_suite
from tests.interop.lib import baseline

SUITES = {"java": java_suite, "javaquorum": java_quorum_suite, "kazoo": kazoo_suite,
          "kazoo_ensemble": kazoo_ensemble_suite, "c": c_suite, "go": go_suite}
WAITING = ("kazoo", "kazoo_ensemble", "c", "go")  # They wait most of their time: for timeouts, for reconnecting.


@pytest.fixture(scope="module")
def waiting_runs(request, server_kind):
    """Those of WAITING that were chosen, running beside each other: {name: future of the results}."""
    chosen = [item.callspec.params["name"] for item in request.session.items if item.module is request.module]
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(SUITES[name].run, server_kind) for name in chosen if name in WAITING}


@pytest.mark.parametrize("name", SUITES)
def test_what_passes_on_java_passes_here(name, server_kind, request):
    suite = SUITES[name]
    if name in WAITING:
        results = request.getfixturevalue("waiting_runs")[name].result()
    else:
        results = suite.run(server_kind)
    wrong, chance = baseline.differences(Path(suite.__file__).parent, results, server_kind)
    for test, reason in chance.items():
        warnings.warn("failed by chance, see racy.txt: %s: %s" % (test, reason))
    assert not wrong, "\n".join("%s: %s" % item for item in wrong.items())
