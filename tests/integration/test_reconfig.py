# SPDX-License-Identifier: Apache-2.0
"""The members of a running ensemble change: who joins, leaves, becomes an observer, moves its ports; and what is on disk then."""
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.server_process import free_port

CFG = {"reconfigEnabled": "true", "skipACL": "yes", "4lw.commands.whitelist": "*"}
OK, BAD_ARGUMENTS, NO_QUORUM, BAD_VERSION, NO_AUTH, DISABLED = 0, -8, -13, -103, -102, -123


class Changing(Ensemble):
    """An ensemble whose members keep the zoo.cfg that they rewrite."""

    def launch(self, number):
        member = self.members[number]
        path = member.folder / "zoo.cfg"
        if path.exists():
            member.write_cfg = lambda: path
        member.launch()

    def line(self, number, role="participant"):
        client, quorum, election = self.ports[number]
        return "server.%d=127.0.0.1:%d:%d:%s;127.0.0.1:%d" % (number, quorum, election, role, client)

    def config(self, number):
        """(text lines, version) of /zookeeper/config on one member."""
        with zkwire.open_session(self.ports[number][0]) as conn:
            err, (data, stat) = conn.call("getData", "/zookeeper/config")
            assert err == OK
        lines = data.decode().split("\n")
        assert lines[-1].startswith("version=")
        assert int(lines[-1][8:], 16) == stat.mzxid
        return sorted(lines[:-1]), stat.mzxid

    def wait_config(self, number, lines, deadline_s=60.0):
        until = time.monotonic() + deadline_s
        while True:
            try:
                if self.config(number)[0] == sorted(lines):
                    return
            except (OSError, zkwire.Closed, zkwire.NoAnswer):
                pass
            assert time.monotonic() < until, "%d: %s\n%s" % (number, lines, self.logs())
            time.sleep(0.05)

    def reconfig(self, number, *arguments, **keywords):
        with zkwire.open_session(self.ports[number][0]) as conn:
            return conn.call("reconfig", *arguments, **keywords)

    def reconfig_roles(self, number, *arguments):
        """One that ends the role of the member asked, which may close the connection before it answers."""
        try:
            assert self.reconfig(number, *arguments)[0] == OK
        except zkwire.Closed:
            pass

    def wait_role(self, number, role, deadline_s=60.0):
        until = time.monotonic() + deadline_s
        while self.role(number) != role:
            assert time.monotonic() < until, self.logs()
            time.sleep(0.05)


@pytest.fixture
def ensemble():
    with Changing(["paddock"] * 3, CFG) as e:
        e.wait_ready()
        yield e


def wait_file(path, is_ready, deadline_s=60.0):
    """Files are written while the ensemble goes on."""
    until = time.monotonic() + deadline_s
    while not is_ready(path.read_text()):
        assert time.monotonic() < until, path.read_text()
        time.sleep(0.02)
    return path.read_text()


def servers_of(text):
    return sorted(line for line in text.split("\n") if line.startswith("server."))


def test_first_configuration_gets_a_version_and_a_file(ensemble):
    for number in ensemble.members:
        lines, version = ensemble.config(number)
        assert len(lines) == 3 and version > 0
        folder = ensemble[number].folder
        dynamic = folder / ("zoo.cfg.dynamic.%x" % version)
        static = wait_file(folder / "zoo.cfg", lambda text: "dynamicConfigFile" in text)
        assert dynamic.read_text() == "\n".join(lines)
        assert static.endswith("dynamicConfigFile=%s\n" % dynamic)
        assert "server." not in static and "clientPort=" in static
        assert "server.1=" in (folder / "zoo.cfg.bak").read_text()


def test_member_leaves_and_comes_back(ensemble):
    leader = ensemble.leader()
    leaving = next(n for n in (1, 2, 3) if n != leader)
    before, version = ensemble.config(leader)
    err, (text, stat) = ensemble.reconfig(leader, None, str(leaving))
    assert err == OK and len(servers_of(text.decode())) == 2 and stat.mzxid > version
    rest = [line for line in before if not line.startswith("server.%d=" % leaving)]
    for number in (1, 2, 3):
        if number != leaving:
            ensemble.wait_config(number, rest)
    err, (text, _) = ensemble.reconfig(leader, ensemble.line(leaving))
    assert err == OK
    for number in (1, 2, 3):
        ensemble.wait_config(number, rest + [ensemble.line(leaving)])


def test_leader_leaves_and_another_one_leads(ensemble):
    leader = ensemble.leader()
    others = [n for n in (1, 2, 3) if n != leader]
    with zkwire.open_session(ensemble.ports[leader][0]) as conn:
        assert conn.call("create", "/before", b"1")[0] == OK
    ensemble.reconfig_roles(others[0], None, str(leader))
    until = time.monotonic() + 60
    while sorted(filter(None, (ensemble.role(n) for n in others))) != ["follower", "leader"]:
        assert time.monotonic() < until, ensemble.logs()
        time.sleep(0.05)
    ensemble[leader].kill()
    for number in others:
        with zkwire.open_session(ensemble.ports[number][0]) as conn:
            assert conn.call("getData", "/before")[1][0] == b"1"
            assert conn.call("create", "/after-%d" % number, b"1")[0] == OK


def test_follower_becomes_an_observer_and_a_follower_again(ensemble):
    leader = ensemble.leader()
    other = next(n for n in (1, 2, 3) if n != leader)
    assert ensemble.reconfig(leader, ensemble.line(other, "observer"))[0] == OK
    ensemble.wait_role(other, "observer")
    ensemble.reconfig_roles(other, ensemble.line(other))
    ensemble.wait_role(other, "follower")


def test_client_port_moves(ensemble):
    leader = ensemble.leader()
    other = next(n for n in (1, 2, 3) if n != leader)
    old, quorum, election = ensemble.ports[other]
    ensemble.ports[other] = (free_port(), quorum, election)
    with zkwire.open_session(old) as stays:
        assert ensemble.reconfig(leader, ensemble.line(other))[0] == OK
        ensemble.wait_config(other, [l for l in ensemble.config(leader)[0]])
        assert stays.call("getData", "/zookeeper/config")[0] == OK
        with pytest.raises(OSError):
            zkwire.open_session(old)
    wait_file(ensemble[other].folder / "zoo.cfg", lambda text: "clientPort" not in text)


@pytest.mark.parametrize("moved", ["follower", "leader"])
def test_quorum_and_election_ports_move(ensemble, moved):
    leader = ensemble.leader()
    other = leader if moved == "leader" else next(n for n in (1, 2, 3) if n != leader)
    ensemble.ports[other] = (ensemble.ports[other][0], free_port(), free_port())
    lines = [line for line in ensemble.config(leader)[0] if not line.startswith("server.%d=" % other)]
    lines.append(ensemble.line(other))
    ensemble.reconfig_roles(leader, ensemble.line(other))
    ensemble.wait_ready()
    for number in (1, 2, 3):
        ensemble.wait_config(number, lines)
    ensemble[ensemble.leader()].kill()  # the next election is held on the new ports
    ensemble.wait_ready()
    with zkwire.open_session(ensemble.ports[ensemble.leader()][0]) as conn:
        assert conn.call("create", "/after", b"1")[0] == OK


def test_newcomer_joins(ensemble):
    leader = ensemble.leader()
    ensemble.ports[4] = (free_port(), free_port(), free_port())
    ensemble.make(4, "paddock")
    ensemble.launch(4)
    until = time.monotonic() + 60
    while ensemble.reconfig(leader, ensemble.line(4))[0] != OK:
        assert time.monotonic() < until, ensemble.logs()
        time.sleep(0.1)
    ensemble.wait_role(4, "follower")
    lines, _ = ensemble.config(leader)
    assert len(lines) == 4
    for number in (1, 2, 3, 4):
        ensemble.wait_config(number, lines)


def test_watch_on_the_configuration_fires(ensemble):
    leader = ensemble.leader()
    with zkwire.open_session(ensemble.ports[leader][0]) as conn:
        assert conn.call("getData", "/zookeeper/config", True)[0] == OK
        assert ensemble.reconfig(leader)[0] == OK
        assert conn.call("sync", "/")[0] == OK
        assert [event[3] for event in conn.events] == [b"/zookeeper/config"]


def test_members_start_again_with_what_they_became(ensemble):
    leader = ensemble.leader()
    leaving = next(n for n in (1, 2, 3) if n != leader)
    assert ensemble.reconfig(leader, None, str(leaving))[0] == OK
    stay = [n for n in (1, 2, 3) if n != leaving]
    lines = ensemble.config(leader)[0]
    assert len(lines) == 2
    for number in stay:
        ensemble.wait_config(number, lines)
        version = "%x" % ensemble.config(number)[1]
        wait_file(ensemble[number].folder / "zoo.cfg", lambda text: version in text)
    for number in ensemble.members:
        ensemble[number].terminate()
    for number in stay:
        ensemble.launch(number)
    ensemble.wait_ready()
    for number in stay:
        assert ensemble.config(number)[0] == lines


def test_refusals(ensemble):
    leader = ensemble.leader()
    follower = next(n for n in (1, 2, 3) if n != leader)
    for number in (leader, follower):
        assert ensemble.reconfig(number, None, "1,2")[0] == BAD_ARGUMENTS
        assert ensemble.reconfig(number, "server.4=127.0.0.1:1:2:participant", None)[0] == BAD_ARGUMENTS
        assert ensemble.reconfig(number, None, "3", None, 1)[0] == BAD_VERSION
        strangers = "server.8=h8:1:2;3,server.9=h9:1:2;3,server.10=h10:1:2;3"
        assert ensemble.reconfig(number, strangers)[0] == NO_QUORUM
    assert len(ensemble.config(leader)[0]) == 3


def test_only_who_may_write_the_node_changes_it():
    with Changing(["paddock"] * 3, {"reconfigEnabled": "true"}) as e:
        leader = e.wait_ready()
        assert e.reconfig(leader, None, "3" if leader != 3 else "2")[0] == NO_AUTH
    with Changing(["paddock"] * 3) as e:
        leader = e.wait_ready()
        assert e.reconfig(leader, None, "3")[0] == DISABLED
        lines, version = e.config(leader)
        assert len(lines) == 3 and version == 0
