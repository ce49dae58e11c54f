# SPDX-License-Identifier: Apache-2.0
"""Observers that learn from followers (observerMasterPort): Apache's under ours, ours under Apache's, ours under ours.

Each voter has an address of its own in 127.0.0.0/8, because every follower listens on the same port.
"""
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.ensemble_load import EnsembleLoad
from tests.interop.lib.server_process import free_port

OBSERVER = 4
KINDS = [("paddock", "java"), ("java", "paddock"), ("paddock", "paddock")]
HOSTS = {number: "127.0.0.%d" % (10 + number) for number in (1, 2, 3)}


def ensemble_of(voters, observer, **more):
    cfg = {"observerMasterPort": free_port(), **more.pop("cfg", {})}
    return Ensemble([voters] * 3 + [observer], cfg, observers={OBSERVER}, hosts=HOSTS, **more)


def mntr(ensemble, number):
    answer = zkwire.word(ensemble.ports[number][0], "mntr").decode()
    return dict(line.split("\t", 1) for line in answer.splitlines() if "\t" in line)


def master(ensemble):
    return int(mntr(ensemble, OBSERVER)["zk_observer_master_id"])


@pytest.mark.parametrize("voters, observer", KINDS)
def test_a_follower_serves_the_observer(voters, observer):
    with ensemble_of(voters, observer) as ensemble:
        leader = ensemble.wait_ready()
        first = master(ensemble)
        assert first in (1, 2, 3) and first != leader
        assert mntr(ensemble, first)["zk_synced_observers"] == "1"
        assert mntr(ensemble, leader)["zk_synced_observers"] == "0"
        with zkwire.open_session(ensemble.ports[OBSERVER][0]) as conn, zkwire.open_session(ensemble.ports[leader][0]) as other:
            assert conn.call("create", "/by-the-observer", b"x")[0] == 0
            assert conn.call("create", "/by-the-observer", b"x")[0] == -110  # an error comes back, too
            assert other.call("create", "/by-the-leader", b"y")[0] == 0
            assert conn.call("sync", "/")[0] == 0
            assert conn.call("getData", "/by-the-leader")[1][0] == b"y"
        with EnsembleLoad(ensemble.client_ports()) as load:
            load.progress(300)
        assert load.check(ensemble.client_ports()) == []


@pytest.mark.parametrize("voters, observer", KINDS)
def test_a_session_moves_to_the_observer_and_stays_alive_by_it(voters, observer):
    with ensemble_of(voters, observer) as ensemble:
        leader = ensemble.wait_ready()
        conn = zkwire.open_session(ensemble.ports[leader][0], timeout_ms=2000)
        assert conn.call("create", "/mine", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
        conn.close()
        with zkwire.Conn(ensemble.ports[OBSERVER][0]) as moved:
            session = conn.response.session
            assert moved.connect(2000, session, conn.response.password).session == session
            until = time.monotonic() + 6  # three times the timeout, heard of through the follower alone
            while time.monotonic() < until:
                moved.ping()
                time.sleep(0.3)
            assert moved.call("exists", "/mine")[0] == 0
            assert moved.call("create", "/still-writes", b"")[0] == 0


@pytest.mark.parametrize("voters, observer", KINDS)
def test_the_observer_is_healed_and_finds_another_master_under_load(voters, observer):
    """It comes back with an old log, then with nothing (a snapshot), then its master dies."""
    with ensemble_of(voters, observer, cfg={"snapCount": 200}) as ensemble:
        ensemble.wait_ready()
        with EnsembleLoad(ensemble.client_ports()) as load:
            for wipes in (False, True):
                load.progress(100)
                ensemble[OBSERVER].kill()
                load.progress(100)
                if wipes:
                    ensemble.wipe(OBSERVER)
                ensemble[OBSERVER].launch()
                ensemble.wait_ready()
            dead = master(ensemble)
            ensemble[dead].kill()
            load.progress(100)
            ensemble.wait_ready()
            assert master(ensemble) != dead
            ensemble[dead].launch()
            ensemble.wait_ready()
            load.progress(50)
        assert load.check(ensemble.client_ports()) == []
