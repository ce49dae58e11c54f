# SPDX-License-Identifier: Apache-2.0
"""Elections between Paddock and Apache ZooKeeper: old releases, groups and weights, several addresses, and how long it takes
when they start one after the other, so that a better vote comes while some have decided and others wait.
"""
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble

INIT_LIMIT_S = 10  # of Ensemble: 20 ticks of 0.5 s. Who led or followed nobody would notice after that


class ManyAddresses(Ensemble):
    """Each server at 127.0.0.1 and 127.0.0.2."""

    def make(self, number, kind):
        member = super().make(number, kind)
        for key in [key for key in member.cfg if key.startswith("server.")]:
            member.cfg[key] = "%s|%s" % (member.cfg[key], member.cfg[key].replace("127.0.0.1", "127.0.0.2"))
        return member


def assert_all_serve_the_same(ensemble):
    with zkwire.open_session(ensemble.ports[1][0]) as conn:
        code = conn.call("setData", "/mixed", b"again")[0]
        assert code == 0 or conn.call("create", "/mixed", b"again")[0] == 0
    for number in ensemble.running():
        with zkwire.open_session(ensemble.ports[number][0]) as conn:
            assert conn.call("sync", "/")[0] == 0
            assert conn.call("getData", "/mixed")[1][0] == b"again"


def succession(ensemble):
    """The leader dies, another one leads, the first comes back and follows."""
    first = ensemble.wait_ready()
    ensemble[first].kill()
    until = time.monotonic() + 30
    while ensemble.leader() in (None, first):
        assert time.monotonic() < until, ensemble.logs()
        time.sleep(0.02)
    second = ensemble.leader()
    ensemble[first].launch()
    assert ensemble.wait_ready() == second
    assert_all_serve_the_same(ensemble)


@pytest.mark.parametrize("release", ["3.5.10", "3.6.4", "3.8.0"])
def test_elects_with_old_releases(release):
    with Ensemble(["java", "paddock", "java"], releases={1: release, 3: release}) as ensemble:
        succession(ensemble)
        succession(ensemble)


def test_groups_and_weights_count_alike():
    """Two of three groups; the first server weighs nothing and never leads."""
    cfg = {"group.1": "1:2:3", "group.2": "4", "group.3": "5", "weight.1": "0"}
    with Ensemble(["paddock", "java", "paddock", "java", "paddock"], cfg) as ensemble:
        succession(ensemble)
        leader = ensemble.leader()
        for number in (1, 2, 3):
            if number != leader:
                ensemble[number].kill()
        if leader in (4, 5):  # the groups of one server each
            ensemble[leader].kill()
            ensemble[leader].launch()
            ensemble.wait_ready()
            assert ensemble.leader() in (4, 5)


@pytest.mark.parametrize("kinds", [("java", "paddock", "java"), ("paddock", "java", "paddock")], ids="-".join)
def test_several_addresses(kinds):
    cfg = {"multiAddress.enabled": "true"}
    with ManyAddresses(kinds, cfg, properties={"zookeeper.multiAddress.enabled": "true"}) as ensemble:
        succession(ensemble)


@pytest.mark.parametrize("delay_s", [0.0, 0.06, 0.15, 0.25])
@pytest.mark.parametrize("late", ["paddock", "java"])
def test_late_better_vote_costs_no_init_limit(late, delay_s):
    """All have run before, so a server is looking as soon as its process runs. Ours waits a tenth of what Java waits."""
    with Ensemble(["java", "paddock", late]) as ensemble:
        ensemble.wait_ready()
        for member in ensemble.members.values():
            member.terminate()
        ensemble[1].launch()
        time.sleep(0.8)  # a JVM starts that much slower than paddockd
        ensemble[2].launch()
        time.sleep(delay_s)
        ensemble[3].launch()
        began = time.monotonic()
        ensemble.wait_ready()
        assert time.monotonic() - began < INIT_LIMIT_S
        assert_all_serve_the_same(ensemble)
