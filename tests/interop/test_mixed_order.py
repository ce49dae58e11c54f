# SPDX-License-Identifier: Apache-2.0
"""The order of answers on every member of a mixed ensemble: clients send many requests at once, writes that fail,
reads, syncs and bytes that do not decode among them, and each answer must come at its place with a fitting code.

A learner knows its answers by session and cxid, at the head of its queue; a leader that lets a commit overtake the
answer to a sync, or that forgets to answer a request it cannot read, blocks a Java learner for ever.
"""
import random
import time
from contextlib import contextmanager

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.java_server import RELEASES

ROUNDS = 40
CLIENTS = 3  # on each member
NOT_DECODABLE = zkwire.i32(1000)  # the length of a path that is not there
MAY_ANSWER = {
    "create": (0, zkwire.NODE_EXISTS), "setData": (0, zkwire.NO_NODE), "delete": (0, zkwire.NO_NODE), "sync": (0,),
    "exists": (0, zkwire.NO_NODE), "getData": (0, zkwire.NO_NODE), "sequential": (0,), "broken": (-5,),
}


@contextmanager
def led_by_the_second(kinds, releases=None):
    """The first two begin alone, so the second, with the higher id, leads; then the third comes."""
    ensemble = Ensemble(kinds, releases=releases)
    try:
        for number in (1, 2):
            ensemble[number].launch()
        assert ensemble.wait_ready() == 2
        ensemble[3].launch()
        ensemble.wait_ready()
        yield ensemble
    finally:
        ensemble.stop()


def send_one(conn, rng):
    kind = rng.choice(list(MAY_ANSWER))
    path = "/w%d" % rng.randrange(20)
    if kind == "create":
        xid = conn.request("create", path, b"x")
    elif kind == "setData":
        xid = conn.request("setData", path, b"y" * rng.randrange(100), -1)
    elif kind == "sequential":
        xid = conn.request("create", "/s-", b"", zkwire.OPEN_ACL, zkwire.SEQUENTIAL)
    elif kind == "broken":
        xid = conn.request_raw(zkwire.OPS["setData"], NOT_DECODABLE)
    elif kind == "delete":
        xid = conn.request("delete", path, -1)
    else:
        xid = conn.request(kind, path)
    return xid, kind


def talk(ports, seed):
    rng = random.Random(seed)
    conns = [zkwire.open_session(port) for port in ports for _ in range(CLIENTS)]
    for _ in range(ROUNDS):
        sent = [[send_one(conn, rng) for _ in range(rng.randrange(1, 12))] for conn in conns]
        for conn, requests in zip(conns, sent):
            newest = 0
            for xid, kind in requests:
                answer = conn.recv_reply()
                assert answer.xid == xid, (answer, kind)
                assert answer.err in MAY_ANSWER[kind], (answer, kind)
                if kind != "broken":  # a Java server answers what it refuses with an older zxid
                    assert answer.zxid >= newest
                    newest = answer.zxid
    for conn in conns:
        conn.close_session()
        conn.close()


def wait_for_equal_trees(ensemble, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while True:
        reads = []
        for port in ensemble.client_ports():
            with zkwire.open_session(port) as conn:
                conn.call("sync", "/")
                names = sorted(conn.call("getChildren", "/")[1][0])
                reads.append([(name, conn.call("getData", b"/" + name)) for name in names if name.startswith(b"w")])
                conn.close_session()
        if reads[0] == reads[1] == reads[2]:
            return
        assert time.monotonic() < until, reads


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("leader, learner", [("paddock", "java"), ("java", "paddock")])
def test_answers_come_in_order_on_every_member(leader, learner, release):
    kinds = ["paddock", leader, learner]
    releases = {number: release for number, kind in enumerate(kinds, 1) if kind == "java"}
    with led_by_the_second(kinds, releases) as ensemble:
        ports = ensemble.client_ports()
        # What does not decode may be sent to any server but a Java leader, which would stop at it.
        safe = ports if leader == "paddock" else [ports[0], ports[2]]
        for seed in range(3):
            talk(safe, seed)
        wait_for_equal_trees(ensemble)
