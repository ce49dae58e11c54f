# SPDX-License-Identifier: Apache-2.0
"""The matrix: each line of Apache ZooKeeper beside Paddock, either leading, and the other kind as follower and as observer.

Of one ensemble server 2 is Paddock's and server 3 Apache's, 4 and 5 are observers of each, and the first makes up the majority of
one kind. So who leads of 2 and 3 leads a follower and an observer of the other kind. In ensembles with a majority of Java's the
sessions are local until they have to be global.
"""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.ensemble_load import EnsembleLoad
from tests.interop.lib.java_server import RELEASES
from tests.interop.lib.trees import common_digests, differences, read_tree

VOTER = {"paddock": 2, "java": 3}
OBSERVER = {"paddock": 4, "java": 5}
OTHER = {"paddock": "java", "java": "paddock"}
MAJORITIES = ("paddock", "java")
CFG = {"localSessionsUpgradingEnabled": "true"}
PROPERTIES = {
    "zookeeper.extendedTypesEnabled": "true", "znode.container.checkIntervalMs": "200", "zookeeper.preAllocSize": "64",
    "org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.Learner": "info",
}
KEPT_IN_MEMORY = 500  # transactions for learners; who lacks more gets them from the files, or a snapshot where that is smaller
SEED = 20, 100000  # nodes and their bytes: more than a third of a snapshot, less than any log file has that is written later
SAID = {  # by the learner, of what the leader sends
    ("java", "DIFF"): "Getting a diff from the leader", ("java", "SNAP"): "Getting a snapshot from leader",
    ("java", "TRUNC"): "Truncating log to get in sync with the leader",
    ("paddock", "DIFF"): "the leader's history differs up to", ("paddock", "SNAP"): "taking over the leader's snapshot",
    ("paddock", "TRUNC"): "cutting our history back to the leader's",
}


def figures(ensemble):
    """For TESTING.md: how learners of each kind came up to date, under leaders of both, and what the loads saw."""
    got = {kind: ["%s %d" % (how, sum(member.log_path.read_text(errors="replace").count(SAID[kind, how])
                                      for member in ensemble.members.values() if member.kind == kind))
                  for how in ("DIFF", "SNAP", "TRUNC")] for kind in VOTER}
    return "%s: Paddock's learners %s; Java's %s; %d writes acknowledged, %d missing; %d sessions, %d lost; longest gap %.2f s" % (
        ensemble.release, ", ".join(got["paddock"]), ", ".join(got["java"]),
        sum(load.acknowledged() for load in ensemble.loads), sum(load.missing for load in ensemble.loads),
        sum(len(load.writers) for load in ensemble.loads), sum(load.sessions_lost() for load in ensemble.loads),
        max([load.longest_gap_s() for load in ensemble.loads], default=0))


def knows(release, since):
    return tuple(map(int, release.split("."))) >= since


@pytest.fixture(scope="module", params=[(r, m) for r in RELEASES for m in MAJORITIES], ids=lambda p: "%s with a majority of %s" % p)
def ensemble(request):
    release, majority = request.param
    kinds = [majority, "paddock", "java", "paddock", "java"]
    cfg = dict(CFG, localSessionsEnabled="true" if majority == "java" else "false")
    with Ensemble(kinds, cfg, observers={4, 5}, releases=dict.fromkeys((1, 3, 5), release), properties=PROPERTIES) as ensemble:
        ensemble.release = release
        ensemble.has_local_sessions = majority == "java"
        ensemble.wait_ready()
        with zkwire.open_session(ensemble.ports[1][0]) as conn:
            for number in range(SEED[0]):
                assert conn.call("create", "/seed-%d" % number, b"s" * SEED[1])[0] == 0
            conn.close_session()
        ensemble.loads = []
        yield ensemble
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print("\n" + figures(ensemble))


@pytest.fixture(scope="module", params=["java", "paddock"], ids="%s leads".__mod__)
def leading(request):
    return request.param


@pytest.fixture
def leader(ensemble, leading):
    for number in set(ensemble.members) - set(ensemble.running()):  # a test before this one has failed
        ensemble[number].launch()
    ensemble.lead(VOTER[leading])
    return leading


def write_many(ensemble, path, count):
    with zkwire.open_session(ensemble.ports[1][0]) as conn:
        assert conn.call("create", path, b"")[0] in (0, zkwire.NODE_EXISTS)
        for i in range(count):
            conn.request("setData", path, b"%50d" % i)
        assert {conn.recv_reply().err for _ in range(count)} == {0}
        conn.close_session()


def eventually(what, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def assert_all_hold_the_same(ensemble):
    """Trees, Stats and ACLs of all members; where the release has digests, every digest that all have logged, one at least."""
    ports = ensemble.client_ports()
    write_many(ensemble, "/counted", 128)  # each 128th is logged
    with ThreadPoolExecutor(len(ports)) as pool:
        first, *others = pool.map(read_tree, ports)
    for other in others:
        assert differences(first, other) == {}
    if knows(ensemble.release, (3, 6)):
        assert common_digests(ports) > 0
        for port in ports:
            assert b"zk_digest_mismatches_count\t0\n" in zkwire.word(port, "mntr")


# --- what a client finds ---------------------------------------------------------------------------


def zxid(ensemble, number):
    lines = zkwire.word(ensemble.ports[number][0], "srvr").decode().splitlines()
    return int(next(line for line in lines if line.startswith("Zxid: "))[6:], 16)


def test_roles_and_sessions(ensemble, leader):
    """A session moves over all members in its turn, with an ephemeral and with a watch that is set again."""
    roles = ensemble.roles()
    assert roles[VOTER[leader]] == "leader" and roles[VOTER[OTHER[leader]]] == "follower"
    assert roles[4] == roles[5] == "observer"
    path = "/moves-%s" % leader
    for first in ensemble.members:
        ensemble.write_everywhere()
        before = zxid(ensemble, first)
        conn = zkwire.open_session(ensemble.ports[first][0])
        session = conn.response.session
        assert (zxid(ensemble, first) == before) == ensemble.has_local_sessions
        assert conn.call("create", path, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
        for number in sorted(ensemble.members, key=lambda n: (n - first) % 5):
            conn.close()
            conn = zkwire.Conn(ensemble.ports[number][0])
            conn.xid = 100 * number
            assert conn.connect(30000, session, zkwire.session_password(session)).session == session
            assert conn.call("sync", "/")[0] == 0
            assert conn.call("getData", path, True)[1][1].ephemeralOwner == session
            assert conn.call("setData", path, b"%d" % number)[0] == 0
            assert [(event.type, event.path) for event in conn.events] == [(3, path.encode())]
        assert conn.close_session().err == 0
        with zkwire.open_session(ensemble.ports[1 + first % 5][0]) as other:
            assert other.call("sync", "/")[0] == 0 and other.call("exists", path)[0] == zkwire.NO_NODE
            other.close_session()


def watcher(ensemble, number, path):
    """A session on this member that is told of the node's creation, and of everything below it where the release can."""
    conn = zkwire.open_session(ensemble.ports[number][0])
    assert conn.call("sync", "/")[0] == 0
    assert conn.call("exists", path, True)[0] == zkwire.NO_NODE
    if knows(ensemble.release, (3, 6)) or ensemble[number].kind == "paddock":
        assert conn.call("addWatch", path, 1)[0] == 0  # persistent and recursive
    return conn


def set_quota(conn, path):
    """As zkCli does: a soft limit, beside it what is used."""
    quota = "/zookeeper/quota" + path
    for node, data in ((quota, b""), (quota + "/zookeeper_limits", b"count=100,bytes=100000"),
                       (quota + "/zookeeper_stats", b"count=0,bytes=0")):
        assert conn.call("create", node, data)[0] == 0


def test_nodes_and_watches_of_all_kinds(ensemble, leader):
    """Through each member: plain, container, TTL, ephemeral and sequential nodes, multi; told to watchers on every member. What
    belongs to a session that is silent goes with it."""
    silent = ["/%s-silent-%d" % (leader, number) for number in ensemble.members]
    for number, path in zip(ensemble.members, silent):
        with zkwire.open_session(ensemble.ports[number][0], 1000) as conn:
            assert conn.call("create", path, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
    for number in ensemble.members:
        root = "/%s-%d" % (leader, number)
        watchers = [watcher(ensemble, other, root) for other in ensemble.members]
        with zkwire.open_session(ensemble.ports[number][0]) as conn:
            set_quota(conn, root)
            assert conn.call("create", root, b"")[0] == 0
            guarded = ((zkwire.READ, "world", "anyone"), (zkwire.ALL, "digest", zkwire.digest_id("one", "secret")))
            assert conn.call("create", "/guarded" + root[1:], b"", guarded)[0] == 0
            assert conn.call("createTTL", root + "/ttl", b"", zkwire.OPEN_ACL, zkwire.TTL, 300)[0] == 0
            assert conn.call("createContainer", root + "/container", b"", zkwire.OPEN_ACL, zkwire.CONTAINER)[0] == 0
            assert conn.call("create", root + "/container/child", b"")[0] == 0
            assert conn.call("create", root + "/s-", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL_SEQUENTIAL)[1][0].endswith(b"0000000002")
            err, (results,) = conn.call("multi", ("check", root, 0), ("create", root + "/m", b""), ("setData", root, b"m"))
            assert err == 0 and [result[:2] for result in results] == [("check", 0), ("create", 0), ("setData", 0)]
            err, (results,) = conn.call("multi", ("delete", root + "/m"), ("check", root, 77))
            assert err == 0 and results[1][2] == zkwire.BAD_VERSION
            assert conn.call("delete", root + "/container/child", -1)[0] == 0
            conn.close_session()
        for conn in watchers:
            with conn:
                def gone():
                    return conn.call("getChildren", root)[1][0] == [b"m"]
                assert conn.call("sync", "/")[0] == 0
                eventually(gone)
                told = [(event.type, event.path.decode()[len(root):]) for event in conn.events]
                assert told.count((1, "")) == 1 and told[0] == (1, "")
                if len(told) > 1:
                    assert {(1, "/ttl"), (2, "/ttl"), (1, "/container"), (2, "/container"), (1, "/container/child"), (1, "/m"),
                            (3, ""), (2, "/container/child"), (1, "/s-0000000002"), (2, "/s-0000000002")} == set(told[1:])
                conn.close_session()
    for number in ensemble.members:
        with zkwire.open_session(ensemble.ports[number][0]) as conn:
            eventually(lambda: all(conn.call("exists", path)[0] == zkwire.NO_NODE for path in silent))
            conn.close_session()
    assert_all_hold_the_same(ensemble)


# --- how learners come up to date ------------------------------------------------------------------


def said(ensemble, number, how):
    member = ensemble[number]
    return member.log().count(SAID[member.kind, how])


def test_difference(ensemble, leader):
    learners = [VOTER[OTHER[leader]], OBSERVER[OTHER[leader]]]
    for number in learners:
        ensemble[number].kill()
    write_many(ensemble, "/%s-diff" % leader, 50)
    for number in learners:
        ensemble[number].launch()
    ensemble.wait_ready()
    for number in learners:
        assert said(ensemble, number, "DIFF") == 1 and said(ensemble, number, "SNAP") + said(ensemble, number, "TRUNC") == 0
    assert_all_hold_the_same(ensemble)


def test_snapshot(ensemble, leader):
    learners = [VOTER[OTHER[leader]], OBSERVER[OTHER[leader]]]
    for number in learners:
        ensemble[number].kill()
        ensemble.wipe(number)
    write_many(ensemble, "/%s-snap" % leader, KEPT_IN_MEMORY + 100)
    for number in learners:
        ensemble[number].launch()
    ensemble.wait_ready()
    for number in learners:
        assert said(ensemble, number, "SNAP") == 1
    assert_all_hold_the_same(ensemble)


def log_for_itself(ensemble, number, path):
    """This leader logs what the other voters do not even get; all of them are dead then."""
    others = {1, *VOTER.values()} - {number}
    with zkwire.open_session(ensemble.ports[number][0], 60000) as conn:  # a session that expired would be written
        ensemble.write_everywhere()
        for other in others:
            ensemble[other].suspend()
        for i in range(3):
            conn.request("create", "%s-%d" % (path, i), b"")
        last = b"%s-2" % path.encode()
        eventually(lambda: any(last in log.read_bytes() for log in ensemble[number].data_dir.glob("version-2/log.*")))
        for other in others | {number}:
            ensemble[other].kill()


def test_cut_back(ensemble, leader):
    """The other kind led and logged what nobody else has. It is taken back from it by the new leader, which has written nothing
    since: else Java's sends a snapshot, for a log is never cut back over the beginning of an epoch."""
    led = VOTER[OTHER[leader]]
    for attempt in range(4):
        path = "/nobody-else-has-it-%s-%d" % (leader, attempt)
        ensemble.lead(led)
        log_for_itself(ensemble, led, path)
        for number in (1, VOTER[leader]):
            ensemble[number].launch()
        eventually(ensemble.leader)
        ensemble[led].launch()
        # On a slow machine the first server may lead on the second try, or a session of before expire, which is a write.
        if ensemble.wait_ready() == VOTER[leader] and said(ensemble, led, "TRUNC") == 1:
            break
    assert [said(ensemble, led, how) for how in ("DIFF", "SNAP", "TRUNC")] == [0, 0, 1]
    with zkwire.open_session(ensemble.ports[led][0]) as conn:
        assert conn.call("exists", path + "-0")[0] == zkwire.NO_NODE
        conn.close_session()
    assert_all_hold_the_same(ensemble)


# --- leaders that change under load ----------------------------------------------------------------


def test_leader_dies_and_comes_back_under_load(ensemble, leader):
    with EnsembleLoad(ensemble.client_ports(), name="/load-%s-" % leader) as load:
        ensemble.loads.append(load)
        load.progress(30)
        ensemble[VOTER[leader]].kill()
        load.progress(30)
        ensemble[VOTER[leader]].launch()
        ensemble.wait_ready()
        load.progress(30)
        load.ring(ensemble.ports[5][0])
    assert load.check(ensemble.client_ports()) == []
    assert_all_hold_the_same(ensemble)
