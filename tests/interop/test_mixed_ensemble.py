# SPDX-License-Identifier: Apache-2.0
"""Paddock and Apache ZooKeeper in one ensemble: every role, leaders that change both ways, servers replaced in place under load.
"""
import pytest

from tests.interop.lib import zkwire
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


def test_java_ensemble_is_replaced_and_comes_back_under_load(capsys):
    with Ensemble(["java"] * 3) as ensemble:
        ensemble.wait_ready()
        with EnsembleLoad(ensemble.client_ports()) as load:
            for kind in ("paddock", "java"):
                for number in (1, 2, 3):
                    load.progress(30)
                    ensemble.replace(number, kind)
                load.progress(30)
        assert load.check(ensemble.client_ports()) == []
        with capsys.disabled():
            print("\nreplaced twice: %d writes acknowledged, none lost; longest silence of a writer %.1f s" % (
                load.acknowledged(), max(w.longest_gap_s for w in load.writers)))


@pytest.mark.parametrize("kinds", [("java", "java", "paddock"), ("paddock", "paddock", "java")], ids="-".join)
def test_wiped_server_gets_a_snapshot_from_the_other_kind(kinds):
    """The third leads, so the wiped first one gets its snapshot from it."""
    with Ensemble(kinds, {"snapCount": 100}) as ensemble:
        ensemble.wait_ready()
        with EnsembleLoad(ensemble.client_ports()) as load:
            load.progress(1000)
            ensemble[1].kill()
            ensemble.wipe(1)
            (ensemble[1].data_dir / "initialize").write_text("")
            ensemble[1].launch()
            ensemble.wait_ready()
            load.progress(100)
        assert load.check(ensemble.client_ports()) == []


@pytest.mark.parametrize("observer", ["java", "paddock"])
def test_observer_of_the_other_kind(observer):
    voters = "paddock" if observer == "java" else "java"
    with Ensemble([voters, voters, voters, observer], observers={4}) as ensemble:
        ensemble.wait_ready()
        assert ensemble.role(4) == "observer"
        with zkwire.open_session(ensemble.ports[4][0]) as conn:
            assert conn.call("create", "/by-the-observer", b"x")[0] == 0
            assert conn.call("getData", "/by-the-observer")[1][0] == b"x"
        with EnsembleLoad(ensemble.client_ports()) as load:
            load.progress(200)
        assert load.check(ensemble.client_ports()) == []
