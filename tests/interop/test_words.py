# SPDX-License-Identifier: Apache-2.0
"""The 18 four-letter words of Paddock beside those of Apache ZooKeeper after the same short history.

What is compared is the shape of an answer: its lines in their order, their keys and how values are written.
Values that cannot be equal on two machines at two moments are masked; all others count.
"""
import contextlib
import re

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer

CFG = {"tickTime": 500, "maxSessionTimeout": 600000}
QUOTA_EXCEEDED = -125
PORTED = ("conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst", "srvr",
          "stat", "stmk", "wchc", "wchp", "wchs")
MASKS = (
    (r"Zookeeper version: 3\.9\.\S+, built on \d{4}-\d\d-\d\d \d\d:\d\d UTC", "VERSION"),
    (r"0x[0-9a-f]{11,16}\b", "SESSION"), (r"\b(lzxid=0x|Zxid: 0x|lcxid=0x)[0-9a-f]+", r"\1N"),
    (r"127\.0\.0\.1:\d+", "PEER"), (r"\b(est|lresp|minlat|avglat|maxlat|llat)=\d+", r"\1=N"),
    (r"(expire at) \w{3} \w{3} \d\d \d\d:\d\d:\d\d [A-Z]+ \d{4}:", r"\1 DATE"),
    (r"(Latency min/avg/max:) \d+/\d+\.\d+/\d+", r"\1 NUMBERS"), (r"((?:Received|Sent):) \d+", r"\1 N"),
    (r"((?:data|log)dir_size:) \d+", r"\1 N"), (r"((?:dataDir|dataLog)Size)=\d+", r"\1=N"),
    (r"(clientPort)=\d+", r"\1=N"), (r"((?:dataDir|dataLogDir))=/\S+/version-2", r"\1=FOLDER"),
)


def masked(text):
    for pattern, to in MASKS:
        text = re.sub(pattern, to, text)
    return text


def history(port):
    """A session with an ephemeral, watches, an error; it stays open."""
    conn = zkwire.open_session(port, 600000)
    conn.call("create", "/a", b"x")
    conn.call("create", "/a/e", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
    conn.call("getData", "/a", True)
    conn.call("addWatch", "/b", 1)
    conn.call("getData", "/missing")
    return conn


@contextlib.contextmanager
def two_servers():
    """The ports and the sessions of both, after the history."""
    with JavaServer(CFG) as java, PaddockServer(CFG) as paddock:
        conns = [history(server.port) for server in (java, paddock)]
        yield (java.port, paddock.port), conns
        for conn in conns:
            conn.close()


@pytest.fixture(scope="module")
def pair():
    with two_servers() as (ports, _):
        yield ports


@pytest.fixture(scope="module", params=["as started", "after srst"])
def counted(request):
    """For mntr. Java goes on listing the namespaces it saw before srst, with zeros; Paddock forgets them."""
    with two_servers() as (ports, conns):
        if request.param == "after srst":
            ask(ports, "srst")
            for conn in conns:
                conn.call("getData", "/a")
                conn.call("setData", "/a", b"x")
        yield ports


def ask(pair, word, extra=b""):
    return [zkwire.word(port, word, extra).decode() for port in pair]


def settled(pair, word):
    """Connections of earlier words may still be in the lists for a moment: asked until only ours are there."""
    for _ in range(200):
        answers = ask(pair, word)
        if all(answer.count("127.0.0.1:") <= 2 for answer in answers):
            break
    return answers


@pytest.mark.parametrize("word", ["conf", "crst", "dirs", "gtmk", "hash", "isro", "ruok", "srst", "srvr", "wchs"])
def test_answer_is_javas_line_by_line(pair, word):
    java, paddock = ask(pair, word)
    assert masked(paddock) == masked(java)
    assert java or word == "hash"


@pytest.mark.parametrize("word", ["stat", "cons", "wchc", "wchp"])
def test_answer_is_javas_but_for_the_order_of_connections(pair, word):
    java, paddock = [masked(answer).split("\n") for answer in settled(pair, word)]
    assert sorted(paddock) == sorted(java)
    assert [line for line in paddock if line[:1] not in " \t/"] == [line for line in java if line[:1] not in " \t/"]


def test_dump_lists_sessions_ephemerals_and_connections(pair):
    """Sets are counted by the moment the word is asked, so their numbers are masked."""
    def shape(text):
        text = re.sub(r"Sets \(\d+\)/\(\d+\)|^\d+ expire", "SETS", masked(text), flags=re.M)
        return [line for line in text.split("\n") if "sessionId: 0x0" not in line and line != "SETS at DATE"]
    java, paddock = settled(pair, "dump")
    assert shape(paddock) == shape(java)
    assert "ephemeral nodes dump:\nSessions with Ephemerals (1):\nSESSION:\n\t/a/e\n" in masked(paddock)


def test_envi_has_the_keys_of_java(pair):
    java, paddock = [[line.split("=")[0] for line in answer.split("\n")] for answer in ask(pair, "envi")]
    assert paddock == java


def test_mntr_has_every_key_of_java_with_numbers_written_alike(counted):
    def values(text):
        return dict(line.split("\t") for line in text.splitlines())

    def writing(value):
        return "double" if re.fullmatch(r"-?\d+\.\d+(E-?\d+)?", value) else re.sub(r"\d+", "9", value)
    java, paddock = [values(answer) for answer in ask(counted, "mntr")]
    assert sorted(set(java) - set(paddock)) == []
    differ = {key: (java[key], paddock[key]) for key in java
              if key != "zk_version" and writing(java[key]) != writing(paddock[key])}
    assert differ == {}


def test_mntr_gauges_of_the_tree_are_javas(counted):
    java, paddock = [dict(line.split("\t") for line in answer.splitlines()) for answer in ask(counted, "mntr")]
    for key in ("znode_count", "watch_count", "ephemerals_count", "approximate_data_size", "global_sessions"):
        assert paddock["zk_" + key] == java["zk_" + key]


def test_trace_mask_is_kept(pair):
    mask = zkwire.i64(1234)
    assert ask(pair, "stmk", mask) == ["1234", "1234"]
    assert ask(pair, "gtmk") == ["1234", "1234"]
    assert ask(pair, "stmk", zkwire.i64(306)) == ["306", "306"]


def test_a_newline_behind_a_word_is_ignored(pair):
    assert ask(pair, "ruok", b"\n") == ["imok", "imok"]


def test_what_is_no_word_is_taken_for_a_length(pair):
    assert ask(pair, "nope") == ["", ""]


def telnet_interrupt(port):
    with zkwire.Conn(port) as conn:
        conn.send(b"\xff\xf4\xff\xfd")
        return conn.recv_all()


def test_telnet_interrupt_closes_without_a_byte(pair):
    assert [telnet_interrupt(port) for port in pair] == [b"", b""]


@pytest.fixture(scope="module", params=["srvr", "ruok, wchs"])
def restricted(request):
    cfg = dict(CFG, **{"4lw.commands.whitelist": request.param})
    with JavaServer(cfg) as java, PaddockServer(cfg) as paddock:
        yield java.port, paddock.port


@pytest.mark.parametrize("word", PORTED)
def test_whitelist_decides_as_javas(restricted, word):
    java, paddock = ask(restricted, word, zkwire.i64(306) if word == "stmk" else b"")
    assert masked(paddock) == masked(java)


def quota_lines(port):
    """What mntr says of quotas when one is nearly full and has refused a create."""
    with zkwire.open_session(port) as conn:
        for path, data in (("/q", b"1"), ("/q/x", b"12345"), ("/q/x/c", b""), ("/zookeeper/quota/q", b""),
                           ("/zookeeper/quota/q/x", b""),
                           ("/zookeeper/quota/q/x/zookeeper_limits", b"count=9,bytes=50=;countHardLimit=2"),
                           ("/zookeeper/quota/q/x/zookeeper_stats", b"count=0,bytes=0")):
            assert conn.call("create", path, data)[0] == 0
        assert conn.call("create", "/q/x/d")[0] == QUOTA_EXCEEDED
    return sorted(line for line in zkwire.word(port, "mntr").decode().splitlines() if "_quota_" in line)


def test_mntr_tells_limits_usage_and_refusals_of_quotas():
    properties = {"zookeeper.enforceQuota": "true"}
    with JavaServer(CFG, properties) as java, PaddockServer(CFG, properties) as paddock:
        lines = quota_lines(java.port)
        assert len(lines) == 5 and quota_lines(paddock.port) == lines
