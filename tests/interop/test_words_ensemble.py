# SPDX-License-Identifier: Apache-2.0
"""The words of leader, follower, observer and read-only server beside those of Apache ZooKeeper after the same short history."""
import re
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.test_words import masked

CFG = {"tickTime": 500, "maxSessionTimeout": 600000, "4lw.commands.whitelist": "*"}
LOCAL = dict(CFG, localSessionsEnabled="true", localSessionsUpgradingEnabled="true")
WORDS = ("conf", "dump", "srvr", "stat", "cons", "isro", "mntr", "wchs", "wchc", "wchp", "dirs", "hash", "crst")
READ_ONLY = {"readonlymode.enabled": "true"}
LEARNER_ID = re.compile(r"_\d+(?=_learner_handler_)")


def shape(text):
    text = re.sub(r"127\.0\.0\.1:\d+(:\d+)?", "ADDRESS", text)
    text = re.sub(r"\b(electionPort|quorumPort)=\d+", r"\1=N", masked(text))
    text = re.sub(r"Sets \(\d+\)/\(\d+\)|^\d+ expire", "SETS", text, flags=re.M)
    return [line for line in text.split("\n") if "sessionId: 0x0" not in line and line != "SETS at DATE"]


def history(ensemble):
    """Sessions on a follower and on the observer that stay open; the first has an ephemeral. Everybody has applied it all."""
    conns = [zkwire.open_session(ensemble.ports[number][0], 600000) for number in (1, 4)]
    assert conns[0].call("create", "/a", b"x")[0] == 0
    assert conns[0].call("create", "/a/e", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
    assert conns[1].call("create", "/b", b"xyz")[0] == 0
    assert conns[0].call("getData", "/a", True)[0] == 0
    assert conns[1].call("addWatch", "/a", 1)[0] == 0
    conns += [zkwire.open_session(ensemble.ports[number][0], 600000) for number in (2, 3)]
    for conn in conns:
        assert conn.call("sync", "/")[0] == 0
    time.sleep(1)  # a ping, by which the leader hears of the sessions
    return conns


def answers(kind, cfg):
    """{role: {word: answer}} of an ensemble of this kind: three servers that may lead, and an observer."""
    with Ensemble([kind] * 4, cfg, observers=(4,), properties=READ_ONLY) as ensemble:
        ensemble.wait_ready(90)
        conns = history(ensemble)
        found = {role: {word: zkwire.word(ensemble.ports[number][0], word).decode() for word in WORDS}
                 for number, role in ensemble.roles().items()}
        for number in (2, 3):
            ensemble[number].kill()
        until = time.monotonic() + 30
        while zkwire.word(ensemble.ports[1][0], "isro") != b"ro":
            assert time.monotonic() < until
            time.sleep(0.1)
        found["read-only"] = {word: zkwire.word(ensemble.ports[1][0], word).decode() for word in WORDS}
        for conn in conns:
            conn.close()
        return found


@pytest.fixture(scope="module", params=[CFG, LOCAL], ids=["global", "local"])
def pair(request):
    return answers("java", request.param), answers("paddock", request.param)


ROLES = ("leader", "follower", "observer", "read-only")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("word", ["conf", "dump", "srvr", "isro", "wchs", "crst", "hash"])
def test_answer_is_javas_in_this_role(pair, role, word):
    java, paddock = (shape(side[role][word]) for side in pair)
    assert paddock == java


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("word", ["stat", "cons", "wchc", "wchp", "dirs"])
def test_answer_is_javas_but_for_the_order_of_connections(pair, role, word):
    """Connections of earlier words may still be listed: they have no session and no name here."""
    java, paddock = (sorted(line for line in shape(side[role][word]) if "sid=0x0" not in line) for side in pair)
    assert paddock == java


def numbers(text):
    return dict(line.split("\t") for line in text.splitlines())


@pytest.mark.parametrize("role", ROLES)
def test_mntr_has_javas_keys_in_this_role(pair, role):
    java, paddock = (numbers(side[role]["mntr"]) for side in pair)
    missing = {LEARNER_ID.sub("_N", key) for key in java} - {LEARNER_ID.sub("_N", key) for key in paddock}
    assert [key for key in missing if "_per_namespace" not in key] == []
    assert ("zk_observer_master_id" in paddock) == ("zk_observer_master_id" in java)  # who leads is chance
    gauges = ["zk_server_state", "zk_peer_state", "zk_quorum_size", "zk_learners", "zk_pending_syncs",
              "zk_synced_followers", "zk_synced_non_voting_followers", "zk_synced_observers", "zk_last_proposal_size",
              "zk_min_proposal_size", "zk_max_proposal_size", "zk_znode_count", "zk_ephemerals_count"]
    if role != "read-only":
        gauges += ["zk_proposal_count", "zk_learner_proposal_received_count", "zk_looking_count"]
    assert {key: paddock.get(key) for key in gauges} == {key: java.get(key) for key in gauges}
