# SPDX-License-Identifier: Apache-2.0
"""A server that was stopped (SIGSTOP) for longer than its sessions' timeout: the time in which it did not run is not theirs."""
import os
import signal
import time

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.paddock_server import PaddockServer

TIMEOUT_S, STALL_S = 2, 6


def stall(server, seconds):
    """Stops the process for so long, and makes sure that it did stop."""
    os.kill(server.process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(server.process.pid, signal.SIGCONT)


def with_ephemeral(port, path):
    conn = zkwire.open_session(port, TIMEOUT_S * 1000)
    assert conn.call("create", path, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
    return conn


def test_sessions_survive_a_stall_that_is_longer_than_their_timeout():
    with PaddockServer(cfg={"tickTime": 500}) as server:
        talking, gone = with_ephemeral(server.port, "/talking"), with_ephemeral(server.port, "/gone")
        os.kill(server.process.pid, signal.SIGSTOP)
        gone.close()
        talking.request("ping", xid=zkwire.XID_PING)
        time.sleep(STALL_S)
        os.kill(server.process.pid, signal.SIGCONT)
        assert talking.recv_reply().xid == zkwire.XID_PING
        until = time.monotonic() + 30
        while talking.call("exists", "/gone")[0] == 0:  # whose client is away for good: later, but it ends
            assert time.monotonic() < until
            time.sleep(0.1)
        assert talking.call("exists", "/talking")[0] == 0
        assert "stall" in server.log()


def test_a_client_that_comes_back_after_the_stall_has_its_session():
    with PaddockServer(cfg={"tickTime": 500}) as server:
        conn = with_ephemeral(server.port, "/mine")
        session, password = conn.response.session, conn.response.password
        os.kill(server.process.pid, signal.SIGSTOP)
        conn.close()  # it has lost patience
        time.sleep(STALL_S)
        os.kill(server.process.pid, signal.SIGCONT)
        with zkwire.Conn(server.port) as again:
            assert again.connect(TIMEOUT_S * 1000, session=session, password=password).session == session
            assert again.call("exists", "/mine")[0] == 0


def test_sessions_survive_a_stall_of_all_members():
    with Ensemble(["paddock"] * 3) as ensemble:
        leader = ensemble.wait_ready()
        conns = {n: with_ephemeral(ensemble.ports[n][0], "/of-%d" % n) for n in ensemble.members}
        for member in ensemble.members.values():
            os.kill(member.process.pid, signal.SIGSTOP)
        for conn in conns.values():
            conn.request("ping", xid=zkwire.XID_PING)
        time.sleep(STALL_S)
        for member in ensemble.members.values():
            os.kill(member.process.pid, signal.SIGCONT)
        ensemble.wait_ready()
        for number, conn in conns.items():
            port = ensemble.ports[number][0]
            with zkwire.Conn(port) as again:
                was = conn.response
                assert again.connect(TIMEOUT_S * 1000, session=was.session, password=was.password).session == was.session
                assert again.call("exists", "/of-%d" % number)[0] == 0, "the leader was %d" % leader
