# SPDX-License-Identifier: Apache-2.0
"""Three and five servers on loopback: they elect, serve, and lose nothing that was acknowledged when one dies under load.

PADDOCK_KILLS sets how many kills of the leader and of followers (12); PADDOCK_SEED the seed (1).
"""
import os
import random
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.ensemble_load import EnsembleLoad

KILLS = int(os.environ.get("PADDOCK_KILLS", "12"))
SEED = int(os.environ.get("PADDOCK_SEED", "1"))


def test_what_one_server_is_told_all_know():
    with Ensemble(["paddock"] * 3) as ensemble:
        ensemble.wait_ready()
        for number, port in enumerate(ensemble.client_ports(), 1):
            with zkwire.open_session(port) as conn:
                assert conn.call("create", "/from-%d" % number, b"%d" % number)[0] == 0
        for port in ensemble.client_ports():
            with zkwire.open_session(port) as conn:
                assert conn.call("sync", "/")[0] == 0
                for number in ensemble.members:
                    assert conn.call("getData", "/from-%d" % number)[1][0] == b"%d" % number


def test_leader_that_stops_hands_over():
    with Ensemble(["paddock"] * 3) as ensemble:
        first = ensemble.wait_ready()
        assert ensemble[first].terminate() == 0
        second = ensemble.wait_ready()
        assert second != first
        ensemble[first].launch()
        assert ensemble.wait_ready() == second  # who comes back follows


@pytest.mark.parametrize("servers", [3, 5])
def test_nothing_acknowledged_is_lost_when_servers_die(servers, capsys):
    rng = random.Random(SEED)
    with Ensemble(["paddock"] * servers, {"snapCount": 500, "preAllocSize": 64}) as ensemble:
        ensemble.wait_ready()
        with EnsembleLoad(ensemble.client_ports()) as load:
            for kill in range(KILLS // 2):
                load.progress(50)
                victim = ensemble.leader() if kill % 2 == 0 else rng.choice(ensemble.running())
                ensemble[victim or 1].kill()
                load.progress(50)
                ensemble[victim or 1].launch()
                ensemble.wait_ready()
        assert load.check(ensemble.client_ports()) == []
        with capsys.disabled():
            print("\n%d servers: %d kills, %d writes acknowledged, none lost; longest silence of a writer %.2f s" % (
                servers, KILLS // 2, load.acknowledged(), max(w.longest_gap_s for w in load.writers)))


def test_wiped_server_gets_everything_again():
    with Ensemble(["paddock"] * 3, {"snapCount": 200}) as ensemble:
        ensemble.wait_ready()
        with EnsembleLoad(ensemble.client_ports()) as load:
            load.progress(1500)
            for number in ensemble.members:
                ensemble[number].kill()
                ensemble.wipe(number)
                (ensemble[number].data_dir / "initialize").write_text("")
                ensemble[number].launch()
                ensemble.wait_ready()
                load.progress(50)
        assert load.check(ensemble.client_ports()) == []


def test_without_a_quorum_nobody_serves():
    with Ensemble(["paddock"] * 3) as ensemble:
        ensemble.wait_ready()
        for number in (1, 2):
            ensemble[number].kill()
        until = time.monotonic() + 60
        while ensemble.role(3) is not None:
            assert time.monotonic() < until, "server 3 still has a role:\n" + ensemble.logs()
            time.sleep(0.05)
        assert not ensemble.serves(3)
        ensemble[1].launch()
        ensemble.wait_ready()
