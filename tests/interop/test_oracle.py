# SPDX-License-Identifier: Apache-2.0
"""The oracle in short: some thousands of requests in each configuration, and what it never sends to Java.

The long run is a command: python3 -m tests.interop.oracle --seed 1 --ops 100000
"""
import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import ROOT
from tests.interop.oracle import play, rules
from tests.interop.oracle import run as run_module
from tests.interop.oracle.configs import CONFIGS
from tests.interop.oracle.run import run

OPS = 6000
FIRST_SEED = 1001  # odd: the first episode starts from the snapshot, the second from nothing


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_paddock_answers_as_java(name):
    said = []
    result = run(FIRST_SEED, OPS, CONFIGS[name], shrink_s=30, say=said.append)
    assert not result.differences, "\n".join(said)
    assert result.ops > OPS / 2
    assert len(result.seen) > 80, "too few kinds of answers for a meaningful comparison"


def test_a_server_that_differs_is_found_and_the_report_replays_it(monkeypatch):
    """The second server does not check ACLs: the oracle must notice and come down to a few steps."""
    def crooked(config, against, snapshot):
        properties = dict(config.properties, **{"zookeeper.skipACL": "yes"})
        return [JavaServer(config.cfg, config.properties).start(), PaddockServer(config.cfg, properties).start()]
    monkeypatch.setattr(run_module, "make_servers", crooked)
    said = []
    result = run(2, 3000, CONFIGS["default"], shrink_s=120, say=said.append)
    assert len(result.differences) == 1
    assert any(line.startswith("replay: python3 -m tests.interop.oracle --config default --seed 2") for line in said)
    smaller = next(line for line in said if line.startswith("smaller ("))
    assert int(smaller.split()[1].strip("(")) < len(result.differences[0].step) + result.differences[0].index


@pytest.fixture(scope="module")
def paddock():
    config = CONFIGS["default"]
    with PaddockServer(config.cfg, config.properties) as server:
        yield server


@pytest.mark.parametrize("rule", [rule for rule in rules.AVOIDED if rule.requests], ids=lambda rule: rule.name)
def test_what_java_cannot_be_asked(paddock, rule):
    """Codes only, and the server must survive. All rules ask the same server, so some nodes exist already."""
    side = play.Side(paddock)
    side.connect(0, zkwire.connect_request(60000), "S0")
    got = []
    for request in rule.requests:
        frames = side.read(0, side.send_ops(0, [request]))
        got += [item[2] if len(item) > 2 else item[0] for item in frames]
    if rule.codes[-1] == "closed":
        assert side.conns[0].recv_all() == b""
        got.append("closed")
    assert [0 if code == zkwire.NODE_EXISTS else code for code in got] == rule.codes
    side.close()
    assert paddock.is_running() and zkwire.word(paddock.port, "ruok") == b"imok"


def test_differences_page_is_made_from_the_rules():
    assert (ROOT / "docs" / "differences.md").read_text() == rules.document()
