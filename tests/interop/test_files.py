# SPDX-License-Identifier: Apache-2.0
"""One data directory, served in turn by Apache ZooKeeper and by Paddock.

A server fills the directory, ends (SIGTERM or kill -9), the other one opens it, and whoever asks must see the same:
every node with data, ACL and Stat, every ephemeral of a session that still lives. Then the other one writes, ends,
and the first takes the directory back. Snapshots are frequent and in each compression; the digests that the
transactions carry are checked by whoever replays them.

dump_datadir (tests/tools) reads the same files without a server: $DUMP_DATADIR if set, else build/release.
"""
import os
import shutil
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from tests.interop.lib import txnlog, zkwire
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import ROOT, scratch_folder

PROPERTIES = {"zookeeper.extendedTypesEnabled": "true", "zookeeper.snapCount": "60", "zookeeper.preAllocSize": "256"}
OWNER_ACL = ((31, "digest", zkwire.digest_id("owner", "secret")), (1, "world", "anyone"))
TIMEOUT_MS = 40000
DEBIAN_JAR = Path("/usr/share/java/zookeeper.jar")
METHODS = ["", "gz", "snappy"]


class Java38Server(JavaServer):
    """Debian's 3.8.0, whose snapshots end before the last zxid and which dies on an empty last log."""

    kind = "java38"

    def command(self, cfg_path):
        command = super().command(cfg_path)
        at = command.index("-cp")
        jars = [DEBIAN_JAR, *Path("/usr/share/java").glob("slf4j-simple.jar")]
        return command[:at + 1] + [":".join(map(str, jars))] + command[at + 2:]


KINDS = {"paddock": PaddockServer, "java": JavaServer, "java38": Java38Server}


@pytest.fixture
def folder():
    path = scratch_folder("files")
    yield path
    shutil.rmtree(path, ignore_errors=True)


def start(kind, folder, method="", **properties):
    if kind == "java38" and not DEBIAN_JAR.exists():
        pytest.skip("Debian's zookeeper is not installed")
    chosen = {"zookeeper.snapshot.compression.method": method} if method else {}
    return KINDS[kind](properties={**PROPERTIES, **chosen, **properties}, folder=folder).start()


def end(server, how):
    if how == "kill":
        server.kill()
    else:
        server.terminate()


def ok(result):
    assert result[0] == 0, result
    return result[1]


def view(port):
    """path -> (data, Stat, ACL) of everything a client can see."""
    nodes, todo = {}, ["/"]
    conn = zkwire.open_session(port, TIMEOUT_MS)
    assert conn.add_auth("digest", b"owner:secret") == 0
    while todo:
        path = todo.pop()
        data, stat = ok(conn.call("getData", path, False))
        acl = ok(conn.call("getACL", path))[0]
        nodes[path] = (data, stat, acl)
        children = ok(conn.call("getChildren", path, False))[0]
        todo += [path.rstrip("/") + "/" + name.decode() for name in children]
    conn.close()
    return nodes


def fill(port, tag):
    """A little of everything, some of it by a session that stays and one that ends. Returns the open connection."""
    conn = zkwire.open_session(port, TIMEOUT_MS)
    gone = zkwire.open_session(port, TIMEOUT_MS)
    assert conn.add_auth("digest", b"owner:secret") == 0
    top = "/" + tag
    ok(conn.call("create", top, None))
    ok(conn.call("create2", top + "/empty", b""))
    ok(conn.call("create", top + "/large", bytes(range(256)) * 800))
    ok(conn.call("create", top + "/\u00e4\u20ac", b"utf-8"))
    ok(conn.call("create", top + "/owned", b"mine", OWNER_ACL))
    ok(conn.call("createContainer", top + "/box", b"", zkwire.OPEN_ACL, zkwire.CONTAINER))
    ok(conn.call("create", top + "/box/in", b"1"))
    ok(conn.call("createTTL", top + "/ttl", b"t", zkwire.OPEN_ACL, zkwire.TTL, 3600000))
    ok(conn.call("create", top + "/list", b""))
    for i in range(40):
        ok(conn.call("create", top + "/list/seq-", b"%d" % i, zkwire.OPEN_ACL, zkwire.SEQUENTIAL))
        ok(conn.call("setData", top + "/empty", b"v%d" % i))
    for i in range(5):
        ok(conn.call("create", top + "/mortal%d" % i, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL))
        ok(gone.call("create", top + "/gone%d" % i, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL))
    ok(conn.call("delete", top + "/list/seq-0000000003"))
    ok(conn.call("setACL", top + "/large", OWNER_ACL))
    results = ok(conn.call("multi", ("create", top + "/m1", b"a"), ("setData", top + "/m1", b"b"),
                           ("delete", top + "/list/seq-0000000005")))[0]
    assert [result[1] for result in results] == [0, 0, 0]
    results = ok(conn.call("multi", ("create", top + "/m2", b"a"), ("delete", top + "/none")))[0]
    assert results[-1][0] == "error"
    assert conn.call("create", top, b"")[0] == zkwire.NODE_EXISTS
    gone.close_session()
    ok(conn.call("create", top + "/last", b"x"))
    return conn


def dump(folder):
    """What dump_datadir prints for a copy of the directory (it mends what it reads)."""
    tool = os.environ.get("DUMP_DATADIR", str(ROOT / "build" / "release" / "dump_datadir"))
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "data", copy)
    done = subprocess.run([tool, "--ttl", str(copy)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_dump_agrees(folder, nodes, writer):
    """The files hold exactly the nodes that were seen, and lead to the digest of the last transaction.

    Each digest on the way is compared, too. Java writes a snapshot's digest while transactions change the tree, and
    may pair the digest of one with nodes that show the next; at that point alone the snapshot's digest and the
    transaction's may then disagree.
    """
    lines = dump(folder).splitlines()
    found = {unescape(line.split(" ", 1)[0]) for line in lines if line.startswith("/")}
    assert found == {path.encode() for path in nodes}
    summary = dict(item.split("=") for item in lines[-1].split())
    digests = [txn.digest for txn in txnlog.read_logs(version_2(folder)) if txn.digest is not None]
    assert int(summary["digest"], 16) == digests[-1] & 0xffffffffffffffff
    assert int(summary["digest_mismatches"]) <= (0 if writer == "paddock" else 2), lines[-1]


def unescape(text):
    out, at = bytearray(), 0
    while at < len(text):
        if text[at] == "\\":
            out.append(int(text[at + 1:at + 3], 16))
            at += 3
        else:
            out.append(ord(text[at]))
            at += 1
    return bytes(out)


def version_2(folder):
    return folder / "data" / "version-2"


def snapshots(folder, method):
    suffix = "." + method if method else ""
    return [path for path in version_2(folder).glob("snapshot.*")
            if path.name.count(".") == 1 + bool(method) and path.name.endswith(suffix)]


def wait_for_snapshot(folder, method):
    """One that was taken while serving; it is written in the background."""
    until = time.monotonic() + 10
    while not any(path.suffix != ".0" and ".0." not in path.name for path in snapshots(folder, method)):
        assert time.monotonic() < until, "no snapshot after more transactions than snapCount"
        time.sleep(0.01)


def last_log(folder):
    return max(version_2(folder).glob("log.*"), key=lambda path: int(path.suffix[1:], 16))


def assert_no_complaint(server):
    log = server.log_tail(100000)
    for word in ("igests are not matching", "CRC", "corrupt", "not able to find valid", "_failed"):
        assert word.lower() not in log.lower(), log


@pytest.mark.parametrize("how", ["term", "kill"])
@pytest.mark.parametrize("method", METHODS, ids=["plain", "gz", "snappy"])
@pytest.mark.parametrize("first,second", [("java", "paddock"), ("paddock", "java"), ("java38", "paddock"),
                                          ("paddock", "java38")])
def test_directory_goes_there_and_back(folder, first, second, method, how):
    kept, seen = [], None
    for turn, kind in enumerate((first, second, first, second)):
        server = start(kind, folder, method)
        try:
            if seen is not None:
                assert view(server.port) == seen, "%s opened what %s had written" % (kind, (second, first)[turn % 2])
            kept.append(fill(server.port, "turn%d" % turn))
            seen = view(server.port)
            wait_for_snapshot(folder, method)
        finally:
            end(server, how)
        assert_no_complaint(server)
        assert_dump_agrees(folder, seen, kind)
    for conn in kept:
        conn.close()


def cut_record(folder, count):
    """Takes `count` bytes off the last record of the last log, as a crash in the middle of a write does."""
    path = last_log(folder)
    data = path.read_bytes().rstrip(b"\0")
    assert data.endswith(b"B")
    path.write_bytes(data[:-count])


@pytest.mark.parametrize("writer,reader", [("java", "paddock"), ("paddock", "java"), ("paddock", "paddock")])
def test_torn_tail_costs_the_torn_transaction_only(folder, writer, reader):
    server = start(writer, folder)
    conn = zkwire.open_session(server.port, TIMEOUT_MS)
    for i in range(10):
        ok(conn.call("create", "/n%d" % i, b"x" * 100))
    server.kill()
    cut_record(folder, 50)
    with start(reader, folder) as server:
        assert sorted(path for path in view(server.port) if path.startswith("/n")) == ["/n%d" % i for i in range(9)]


def test_java_opens_what_was_cut_after_a_wrong_checksum(folder):
    """A last record with a wrong checksum stops Java; Paddock cuts it off, and Java opens the directory again."""
    with start("java", folder) as server:
        conn = zkwire.open_session(server.port, TIMEOUT_MS)
        for i in range(10):
            ok(conn.call("create", "/n%d" % i, b"x" * 100))
        server.kill()
        path = last_log(folder)
        data = bytearray(path.read_bytes())
        size = len(bytes(data).rstrip(b"\0"))
        data[size - 20] ^= 1
        path.write_bytes(data)
    with start("paddock", folder) as server:
        view(server.port)
        server.kill()
    with start("java", folder) as server:
        assert "/n8" in view(server.port)
        assert "/n9" not in view(server.port)


def test_damage_in_the_middle_is_refused_with_file_and_offset(folder):
    with start("java", folder) as server:
        conn = zkwire.open_session(server.port, TIMEOUT_MS)
        for i in range(30):
            ok(conn.call("create", "/n%d" % i, b"x" * 100))
        server.kill()
    path = last_log(folder)
    data = bytearray(path.read_bytes())
    offset = first_record_after(data, 2000)
    data[offset + 40] ^= 1
    path.write_bytes(data)
    with pytest.raises(RuntimeError) as failure:
        start("paddock", folder)
    assert "%s is damaged at offset %d" % (path.name, offset) in str(failure.value)
    assert "ended with 1" in str(failure.value) or "ended with 3" in str(failure.value)


def first_record_after(data, offset):
    at = 16
    while at < offset:
        checksum, size = struct.unpack_from(">qi", data, at)
        assert zlib.adler32(data[at + 12:at + 12 + size]) == checksum
        at += 13 + size
    return at


@pytest.mark.parametrize("writer,reader", [("java", "paddock"), ("paddock", "java")])
def test_acknowledged_writes_under_load_survive_kill(folder, writer, reader):
    """kill -9 in the middle of a pipelined burst: what was acknowledged is there, in the order of the zxids."""
    server = start(writer, folder)
    conn = zkwire.open_session(server.port, TIMEOUT_MS)
    ok(conn.call("create", "/load", b""))
    for i in range(3000):
        conn.request("create", "/load/n%d" % i, b"x" * 200)
    acknowledged = 0
    while acknowledged < 1500:
        assert conn.recv_reply().err == 0
        acknowledged += 1
    server.kill()
    with start(reader, folder) as server:
        names = {path for path in view(server.port) if path.startswith("/load/")}
        assert len(names) >= acknowledged
        assert names == {"/load/n%d" % i for i in range(len(names))}
        assert_no_complaint(server)
    assert_dump_agrees_with_names(folder, names)


def assert_dump_agrees_with_names(folder, names):
    found = {line.split(" ", 1)[0] for line in dump(folder).splitlines() if line.startswith("/load/")}
    assert found == names


@pytest.mark.parametrize("digest", ["true", "false"])
@pytest.mark.parametrize("last_zxid", ["true", "false"])
def test_every_tail_of_a_java_snapshot_is_read(folder, digest, last_zxid):
    """Four combinations of two switches give the four legal ends of a snapshot."""
    switches = {"zookeeper.digest.enabled": digest, "zookeeper.serializeLastProcessedZxid.enabled": last_zxid}
    with start("java", folder, **switches) as server:
        fill(server.port, "a").close()
        seen = view(server.port)
        server.terminate()
    with start("paddock", folder) as server:
        assert view(server.port) == seen
        assert_no_complaint(server)


@pytest.mark.parametrize("digest", ["true", "false"])
@pytest.mark.parametrize("last_zxid", ["true", "false"])
def test_java_with_the_same_switches_reads_our_tail(folder, digest, last_zxid):
    switches = {"zookeeper.digest.enabled": digest, "zookeeper.serializeLastProcessedZxid.enabled": last_zxid}
    with start("paddock", folder, **switches) as server:
        fill(server.port, "a").close()
        seen = view(server.port)
        server.terminate()
    with start("java", folder, **switches) as server:
        assert view(server.port) == seen
        assert_no_complaint(server)
