# SPDX-License-Identifier: Apache-2.0
"""Paddock and Apache ZooKeeper in ensembles of three, each member killed under load. test_mixed_releases.py has the whole matrix."""
import pytest

from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.ensemble_load import EnsembleLoad

MIXTURES = [
    ("paddock", "java", "java"),  # a follower of ours under Java's leader
    ("java", "java", "paddock"),  # Java's followers under a leader of ours
    ("paddock", "java", "paddock"),
    ("java", "paddock", "paddock"),
]


@pytest.mark.parametrize("kinds", MIXTURES, ids="-".join)
def test_each_serves_elects_and_synchronises(kinds, capsys):
    """Each member dies once under load and comes back; the last word is that all hold the same."""
    with Ensemble(kinds) as ensemble:
        ensemble.wait_ready()
        leaders = []
        with EnsembleLoad(ensemble.client_ports()) as load:
            for number in (3, 2, 1):
                load.progress(30)
                leaders.append(ensemble[ensemble.leader() or number].kind)
                ensemble[number].kill()
                load.progress(30)
                ensemble[number].launch()
                ensemble.wait_ready()
        assert load.check(ensemble.client_ports()) == []
        with capsys.disabled():
            print("\n%s: led by %s; %d writes acknowledged, none lost" % (
                ", ".join(kinds), ", ".join(leaders), load.acknowledged()))
