# SPDX-License-Identifier: Apache-2.0
"""Sessions in an ensemble of three servers: they move, expire, survive leaders, or stay local; and what is read without a quorum.

ENSEMBLE_KINDS=java,paddock,java puts Apache ZooKeeper into any place, to see what it does and that they do it together.
"""
import os
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble

KINDS = os.environ.get("ENSEMBLE_KINDS", "paddock,paddock,paddock").split(",")
NOT_READ_ONLY, EPHEMERAL_ON_LOCAL_SESSION, SESSION_EXPIRED = -119, -120, -112
NOT_SERVING = b"This ZooKeeper instance is not currently serving requests\n"
CFG = {"tickTime": 200, "initLimit": 50, "syncLimit": 25, "maxSessionTimeout": 60000, "4lw.commands.whitelist": "*"}
LOCAL = dict(CFG, localSessionsEnabled="true")


def three(cfg=None, **keywords):
    return Ensemble(KINDS, cfg or CFG, **keywords)


@pytest.fixture(scope="module")
def whole():
    """Three servers that stay up."""
    with three() as ensemble:
        ensemble.wait_ready()
        yield ensemble


def followers(ensemble):
    return [number for number, role in ensemble.roles().items() if role == "follower"]


def port(ensemble, number):
    return ensemble.ports[number][0]


def come_back(ensemble, number, session, **keywords):
    """A connection to that server with the answer to a ConnectRequest for the session."""
    conn = zkwire.Conn(port(ensemble, number))
    conn.connect(keywords.pop("timeout_ms", 30000), session, zkwire.session_password(session), **keywords)
    return conn


def is_closed(conn, deadline_s=60.0):
    try:
        conn.recv_all(deadline_s)
        return True
    except zkwire.NoAnswer:
        return False


def eventually(what, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def exists(ensemble, number, path):
    with zkwire.open_session(port(ensemble, number)) as conn:
        conn.call("sync", "/")
        return conn.call("exists", path)[0] == 0


def word(ensemble, number, name):
    return zkwire.word(port(ensemble, number), name)


# --- moving --------------------------------------------------------------------------------------

def test_session_ids_begin_with_the_servers(whole):
    for number in whole.members:
        with zkwire.open_session(port(whole, number)) as conn:
            assert conn.response.session >> 56 == number


def test_session_moves_from_server_to_server_with_its_ephemeral(whole):
    with zkwire.open_session(port(whole, 1)) as first:
        session = first.response.session
        assert first.call("create", "/moves", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
    for number in (2, 3, 1, 3):
        with come_back(whole, number, session) as conn:
            assert conn.response.session == session
            assert conn.call("setData", "/moves", b"%d" % number)[0] == 0
    with come_back(whole, 2, session) as conn:
        assert conn.call("sync", "/")[0] == 0
        assert conn.call("getData", "/moves")[1][0] == b"3"
        assert conn.close_session().err == 0
    assert not exists(whole, 1, "/moves")


@pytest.mark.parametrize("to_leader", [False, True], ids=["to a follower", "to the leader"])
def test_write_behind_a_move_closes_the_old_connection_without_an_answer(whole, to_leader):
    origin, other = followers(whole)
    target = whole.leader() if to_leader else other
    with zkwire.open_session(port(whole, origin)) as old, come_back(whole, target, old.response.session) as new:
        assert new.response.session == old.response.session
        old.request("create", "/too-late", b"")
        assert old.recv_all() == b""
        assert new.call("create", "/in-time-%d" % target, b"", xid=1000)[0] == 0  # learners match answers by session and xid
        new.close_session()
    assert not exists(whole, 1, "/too-late")


def test_leader_does_not_answer_reads_of_a_session_that_has_moved_away(whole):
    with zkwire.open_session(port(whole, whole.leader())) as old:
        with come_back(whole, followers(whole)[0], old.response.session) as new:
            old.request("ping", xid=zkwire.XID_PING)
            assert old.recv_all() == b""
            assert new.call("setData", "/", b"new")[0] == 0


def test_second_connection_on_a_follower_takes_the_session_over(whole):
    number = followers(whole)[0]
    with zkwire.open_session(port(whole, number)) as old, come_back(whole, number, old.response.session) as new:
        assert is_closed(old)
        assert new.call("exists", "/")[0] == 0


@pytest.mark.parametrize("number", [1, 2, 3])
def test_who_has_no_right_to_a_session_is_refused(whole, number):
    with zkwire.open_session(port(whole, 1)) as conn:
        session = conn.response.session
        with zkwire.Conn(port(whole, number)) as thief:
            assert thief.connect(30000, session, b"\1" * 16).session == 0
            assert is_closed(thief)
        unknown = session + 12345
        with come_back(whole, number, unknown) as ghost:
            assert ghost.response.session == 0 and ghost.response.timeout == 0
            assert is_closed(ghost)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_client_that_has_seen_more_is_closed_without_an_answer(whole, number):
    with zkwire.Conn(port(whole, number)) as conn:
        conn.send_frame(zkwire.connect_request(last_zxid=1 << 60))
        assert conn.recv_all() == b""


def test_session_that_is_being_closed_cannot_move(whole):
    """Whatever the race of the close with the new connection gives: the session ends, with its ephemeral."""
    for turn in range(20):
        path = "/closing-%d" % turn
        with zkwire.open_session(port(whole, 1 + turn % 3)) as old:
            session = old.response.session
            assert old.call("create", path, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
            old.request("closeSession")
            try:
                with come_back(whole, 1 + (turn + 1) % 3, session) as new:
                    assert new.response.session in (0, session)
                    assert is_closed(new)
            except zkwire.Closed:
                pass  # let in, and gone before its answer left
        assert not exists(whole, 2, path)
        with come_back(whole, 3, session) as late:
            assert late.response.session == 0


# --- expiry --------------------------------------------------------------------------------------

def test_pings_to_a_follower_keep_a_session_and_silence_ends_it_everywhere(whole):
    number = followers(whole)[0]
    with zkwire.open_session(port(whole, number), 4000) as conn:
        session = conn.response.session
        assert conn.response.timeout == 4000
        assert conn.call("create", "/alive", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
        until = time.monotonic() + 6
        while time.monotonic() < until:
            conn.ping()
            time.sleep(0.2)
        assert exists(whole, whole.leader(), "/alive")
        assert is_closed(conn)
    for other in whole.members:
        assert eventually(lambda: not exists(whole, other, "/alive"))
        with come_back(whole, other, session) as late:
            assert late.response.session == 0


def test_session_without_a_connection_is_expired_by_the_leader(whole):
    with zkwire.open_session(port(whole, followers(whole)[1]), 4000) as conn:
        assert conn.call("create", "/left", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
    assert exists(whole, 1, "/left")
    assert eventually(lambda: not exists(whole, 1, "/left"))


def test_sessions_outlive_their_leader():
    with three() as ensemble:
        leader = ensemble.wait_ready()
        conns = {number: zkwire.open_session(port(ensemble, number), 20000) for number in ensemble.members}
        for number, conn in conns.items():
            assert conn.call("create", "/of-%d" % number, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
        ensemble[leader].kill()
        assert all(is_closed(conn) for conn in conns.values())  # the role of every server ended
        ensemble.wait_ready()
        survivor = ensemble.leader()
        for number, conn in conns.items():
            for target in (survivor, followers(ensemble)[0]):
                with come_back(ensemble, target, conn.response.session) as again:
                    assert again.response.session == conn.response.session
                    assert again.call("exists", "/of-%d" % number)[0] == 0


# --- words ---------------------------------------------------------------------------------------

def numbers(ensemble, number):
    return dict(line.split("\t") for line in word(ensemble, number, "mntr").decode().splitlines())


def test_words_tell_the_role(whole):
    for number, role in whole.roles().items():
        assert ("Mode: %s\n" % role).encode() in word(whole, number, "srvr")
        assert (b"Proposal sizes last/min/max: " in word(whole, number, "stat")) == (role == "leader")
        mntr = numbers(whole, number)
        assert mntr["zk_server_state"] == role and mntr["zk_quorum_size"] == "3"
        assert mntr["zk_peer_state"] == {"leader": "leading", "follower": "following"}[role] + " - broadcast"
        assert word(whole, number, "isro") == b"rw"
        conf = word(whole, number, "conf").decode()
        assert "serverId=%d\n" % number in conf and "quorumPort=%d\n" % whole.ports[number][1] in conf
        assert conf.endswith("version=0") and "membership: \nserver.1=" in conf
        dump = word(whole, number, "dump")
        assert (b"Session Sets (" in dump) == (role == "leader") and (b"Global Sessions(" in dump) == (role != "leader")
    mntr = numbers(whole, whole.leader())
    assert (mntr["zk_learners"], mntr["zk_synced_followers"], mntr["zk_synced_observers"]) == ("2", "2", "0")
    assert int(mntr["zk_leader_uptime"]) > 0 and int(mntr["zk_last_proposal_size"]) > 0
    assert int(mntr["zk_proposal_count"]) >= int(mntr["zk_commit_count"]) > 0


def test_without_a_role_words_say_so():
    with three() as ensemble:
        ensemble.wait_ready()
        for number in (2, 3):
            ensemble[number].kill()
        assert eventually(lambda: word(ensemble, 1, "srvr") == NOT_SERVING)
        for name in ("stat", "conf", "cons", "dump", "mntr", "wchs", "dirs", "srst"):
            assert word(ensemble, 1, name) == NOT_SERVING
        assert (word(ensemble, 1, "isro"), word(ensemble, 1, "ruok"), word(ensemble, 1, "hash")) == (
            b"null", b"imok", NOT_SERVING[:-1])
        with zkwire.Conn(port(ensemble, 1)) as conn:
            conn.send_frame(zkwire.connect_request())
            assert conn.recv_all() == b""


def test_leader_that_does_not_serve_sends_clients_away():
    with three(CFG, properties={"zookeeper.leaderServes": "no"}) as ensemble:
        assert eventually(lambda: sorted(map(str, ensemble.roles().values())) == ["None", "follower", "follower"])
        leader = [number for number, role in ensemble.roles().items() if role is None][0]
        assert word(ensemble, leader, "srvr") == NOT_SERVING
        with zkwire.Conn(port(ensemble, leader)) as conn:
            conn.send_frame(zkwire.connect_request())
            assert conn.recv_all() == b""
        for number in {1, 2, 3} - {leader}:
            with zkwire.open_session(port(ensemble, number)) as conn:
                assert conn.call("create", "/through-%d" % number, b"")[0] == 0


# --- local sessions ------------------------------------------------------------------------------

@pytest.fixture(scope="module", params=["true", "false"], ids=["upgrading", "without upgrading"])
def local(request):
    with three(dict(LOCAL, localSessionsUpgradingEnabled=request.param)) as ensemble:
        ensemble.wait_ready()
        ensemble.upgrades = request.param == "true"
        yield ensemble


def zxid(ensemble, number):
    lines = word(ensemble, number, "srvr").decode().splitlines()
    return int([line for line in lines if line.startswith("Zxid: ")][0][6:], 16)


def local_count(ensemble, number):
    return int(numbers(ensemble, number)["zk_local_sessions"])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_local_session_costs_no_transaction(local, number):
    before, count = zxid(local, number), local_count(local, number)
    with zkwire.open_session(port(local, number)) as conn:
        session = conn.response.session
        assert conn.call("exists", "/")[0] == 0
        sets, ephemerals = word(local, number, "dump").split(b"ephemeral nodes dump:")
        assert b"Local Session Sets (" in sets and b"\t0x%x\n" % session in sets
        assert b"%x" % session not in b"".join(sets.split(b"Global Session")[1:]) and b"(0)" in ephemerals
        assert local_count(local, number) == count + 1
        with come_back(local, number, session) as again:  # to the same server
            assert again.response.session == session
            with come_back(local, 1 + number % 3, session) as elsewhere:
                assert elsewhere.response.session == 0
            assert again.close_session().err == 0
        with come_back(local, number, session) as late:
            assert late.response.session == 0
    assert zxid(local, number) == before
    assert local_count(local, number) == count


@pytest.mark.parametrize("number", [1, 2, 3])
def test_local_session_writes_through_any_server(local, number):
    with zkwire.open_session(port(local, number)) as conn:
        count, path = local_count(local, number), "/local-%d" % number
        assert conn.call("create", path, b"x")[0] == 0
        assert conn.call("multi", ("setData", path, b"y"), ("create", path + "/a", b""))[0] == 0
        assert conn.call("getData", path)[1][0] == b"y"
        assert local_count(local, number) == count  # it still is one


@pytest.mark.parametrize("number", [1, 2, 3])
def test_ephemeral_upgrades_a_local_session_or_is_refused(local, number):
    path = "/eph-%d" % number
    with zkwire.open_session(port(local, number)) as conn:
        session = conn.response.session
        # The refusal keeps its place among what was asked before and after it.
        xids = [conn.request("create", path + "-p", b""),
                conn.request("create", path, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL),
                conn.request("getData", path + "-p")]
        replies = [conn.recv_reply() for _ in xids]
        assert [reply.xid for reply in replies] == xids
        assert [reply.err for reply in replies] == [0, 0 if local.upgrades else EPHEMERAL_ON_LOCAL_SESSION, 0]
        if local.upgrades:
            with come_back(local, 1 + number % 3, session) as moved:
                assert moved.response.session == session
                assert moved.call("getData", path)[1][1].ephemeralOwner == session
                moved.close_session()
        else:
            err, (parts,) = conn.call("multi", ("create", path, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL))
            refusal = EPHEMERAL_ON_LOCAL_SESSION if number == local.leader() else SESSION_EXPIRED
            assert err == 0 and parts == [("error", refusal, refusal)]
    assert not exists(local, 1, path)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_local_session_expires_where_it_is(local, number):
    with zkwire.open_session(port(local, number), 1000) as conn:
        session = conn.response.session
        assert is_closed(conn)
        with come_back(local, number, session) as late:
            assert late.response.session == 0


# --- read-only mode ------------------------------------------------------------------------------

@pytest.mark.parametrize("cfg", [CFG, LOCAL], ids=["global sessions", "local sessions"])
def test_server_that_looks_in_vain_serves_readers(cfg):
    if KINDS[0] == "java" and cfg is CFG:
        pytest.skip("Java refuses every new session then")
    with three(cfg, properties={"readonlymode.enabled": "true"}) as ensemble:
        ensemble.wait_ready()
        with zkwire.open_session(port(ensemble, 1)) as conn:
            known = conn.response.session
            assert conn.call("create", "/a", b"x")[0] == 0
            assert conn.call("create", "/e", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] in (0, EPHEMERAL_ON_LOCAL_SESSION)
        assert exists(ensemble, 1, "/a")
        for number in (2, 3):
            ensemble[number].kill()
        assert eventually(lambda: word(ensemble, 1, "isro") == b"ro")
        srvr = word(ensemble, 1, "srvr").decode().splitlines()
        assert srvr[1] == "READ-ONLY mode; serving only read-only clients" and "Mode: read-only" in srvr
        assert numbers(ensemble, 1)["zk_server_state"] == "read-only"
        for read_only in (False, None):  # clients that want to write, and old ones
            with zkwire.Conn(port(ensemble, 1)) as conn:
                conn.send_frame(zkwire.connect_request(read_only=read_only))
                assert conn.recv_all() == b""
        if cfg is CFG:  # a session that the others know has to find them
            with zkwire.Conn(port(ensemble, 1)) as conn:
                conn.send_frame(zkwire.connect_request(30000, known, zkwire.session_password(known), read_only=True))
                assert conn.recv_all() == b""
        with zkwire.open_session(port(ensemble, 1), read_only=True) as reader:
            assert reader.response.read_only is True
            assert reader.call("getData", "/a", True)[1][0] == b"x"
            for request in (("create", "/b", b""), ("setData", "/a", b""), ("delete", "/a"), ("sync", "/"), ("setACL", "/a"),
                            ("multi", ("check", "/a", 0)), ("createContainer", "/c", b"", zkwire.OPEN_ACL, 4)):
                assert reader.call(*request)[0] == NOT_READ_ONLY
            assert reader.ping().err == 0
            with zkwire.open_session(port(ensemble, 1), read_only=True) as closing:
                assert closing.close_session().err == 0
            ensemble[2].launch()
            ensemble.wait_ready()
            assert is_closed(reader)
        assert word(ensemble, 1, "isro") == b"rw"
        with zkwire.open_session(port(ensemble, 1), read_only=True) as conn:
            assert conn.response.read_only is False
            assert conn.call("setData", "/a", b"y")[0] == 0
