# SPDX-License-Identifier: Apache-2.0
"""Reconfiguration of ensembles of paddockd and Apache ZooKeeper: each kind leads, and each understands what the other one made of it."""
import time

import pytest

from tests.integration.test_reconfig import CFG, OK, Changing, wait_file
from tests.interop.lib import zkwire
from tests.interop.lib.java_server import RELEASES

KINDS = ("java", "paddock")


def lead(ensemble, kind):
    """Until a member of this kind leads; its number. Who leads and is of the other kind is started again."""
    for _ in range(6):
        leader = ensemble.wait_ready()
        if ensemble[leader].kind == kind:
            return leader
        ensemble[leader].terminate()
        ensemble.wait_ready()
        ensemble.launch(leader)
    raise RuntimeError("no %s leads:\n%s" % (kind, ensemble.logs()))


def same_everywhere(ensemble, numbers, lines):
    for number in numbers:
        ensemble.wait_config(number, lines)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("release", RELEASES)
def test_members_leave_and_join_under_either_leader(kind, release):
    """The follower of each kind is taken out and let in again."""
    with Changing(["java", "paddock", "java", "paddock"], CFG, releases={1: release, 3: release}) as ensemble:
        leader = lead(ensemble, kind)
        lines, version = ensemble.config(leader)
        same_everywhere(ensemble, ensemble.members, lines)
        for leaving in [next(n for n in ensemble.members if n != leader and ensemble[n].kind == k) for k in KINDS]:
            rest = [line for line in lines if not line.startswith("server.%d=" % leaving)]
            assert ensemble.reconfig(leader, None, str(leaving))[0] == OK
            same_everywhere(ensemble, [n for n in ensemble.members if n != leaving], rest)
            lines = rest + [ensemble.line(leaving)]
            assert ensemble.reconfig(leader, ensemble.line(leaving))[0] == OK
            same_everywhere(ensemble, ensemble.members, lines)
        assert ensemble.config(leader)[1] > version


@pytest.mark.parametrize("kind", KINDS)
def test_leader_leaves_to_the_other_kind(kind):
    with Changing(["java", "paddock", "java", "paddock"], CFG) as ensemble:
        leader = lead(ensemble, kind)
        with zkwire.open_session(ensemble.ports[leader][0]) as conn:
            assert conn.call("create", "/before", b"1")[0] == OK
        others = [n for n in ensemble.members if n != leader]
        ensemble.reconfig_roles(others[0], None, str(leader))
        until = time.monotonic() + 30
        while sorted(ensemble.role(n) or "" for n in others) != ["follower", "follower", "leader"]:
            assert time.monotonic() < until, ensemble.logs()
            time.sleep(0.1)
        ensemble[leader].kill()
        for number in others:
            with zkwire.open_session(ensemble.ports[number][0]) as conn:
                assert conn.call("getData", "/before")[1][0] == b"1"
                assert conn.call("create", "/after-%d" % number, b"1")[0] == OK


@pytest.mark.parametrize("kind", KINDS)
def test_follower_of_the_other_kind_becomes_an_observer_and_back(kind):
    with Changing(["java", "paddock", "java", "paddock"], CFG) as ensemble:
        leader = lead(ensemble, kind)
        other = next(n for n in ensemble.members if ensemble[n].kind != kind)
        assert ensemble.reconfig(leader, ensemble.line(other, "observer"))[0] == OK
        ensemble.wait_role(other, "observer")
        assert ensemble.reconfig(leader, ensemble.line(other))[0] == OK
        ensemble.wait_role(other, "follower")


def test_files_that_one_kind_wrote_start_the_other():
    with Changing(["java", "paddock", "java"], CFG) as ensemble:
        leader = ensemble.wait_ready()
        assert ensemble.reconfig(leader)[0] == OK  # the same members, a new version
        lines, version = ensemble.config(leader)
        for number in ensemble.members:
            ensemble.wait_config(number, lines)
            wait_file(ensemble[number].folder / "zoo.cfg", lambda text: "dynamic.%x" % version in text)
        before = {n: (ensemble[n].folder / ("zoo.cfg.dynamic.%x" % version)).read_bytes() for n in ensemble.members}
        assert len(set(before.values())) == 1, before
        for number, kind in ((1, "paddock"), (2, "java")):
            ensemble[number].terminate()
            ensemble.wait_ready()
            ensemble.make(number, kind)
            ensemble.launch(number)
            ensemble.wait_ready()
            assert ensemble.config(number)[0] == lines
