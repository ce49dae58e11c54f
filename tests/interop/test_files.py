# SPDX-License-Identifier: Apache-2.0
"""One data directory, served in turn by Apache ZooKeeper and by Paddock.

A server fills the directory, ends (SIGTERM or kill -9), the other one opens it, and whoever asks must see the same:
every node with data, ACL and Stat, every ephemeral of a session that still lives. Then the other one writes, ends,
and the first takes the directory back. Java's part is played by a release of each line from 3.5 to 3.9; snapshots
are frequent and in each compression.

The digests that transactions and snapshots carry are compared without a server as well: by dump_datadir (tests/tools;
$DUMP_DATADIR if set, else build/release) and by the recovery of 3.9.5, and both must come to the same result. None
may differ after Paddock wrote. After Java wrote, one zxid may: Java writes into a snapshot the digest of the last
transaction that it had finished, and the nodes may already show the next one. At that zxid Java's recovery then
reports the snapshot's digest and the transaction's as wrong, and so must ours (DataTree.serializeZxidDigest).
"""
import os
import re
import shutil
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from tests.interop.lib import java_server, txnlog, zkwire
from tests.interop.lib.java_server import JavaServer, Recovery
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import ROOT, scratch_folder

PROPERTIES = {"zookeeper.extendedTypesEnabled": "true", "zookeeper.snapCount": "60", "zookeeper.preAllocSize": "256"}
OWNER_ACL = ((31, "digest", zkwire.digest_id("owner", "secret")), (1, "world", "anyone"))
TIMEOUT_MS = 40000
# The releases that play Java. 3.8.0 is the strictest of its line: it does not survive an empty last log.
RELEASES = ["3.5.10", "3.6.4", "3.7.2", "3.8.0", "3.9.5"]
METHODS = ["", "gz", "snappy"]
EMPTY = {"last_zxid": "0", "digest_mismatches": "0"}
COMPLAINTS = ("CRC", "corrupt", "not able to find valid", "_failed")
DIGEST_COMPLAINTS = ("digests are not matching", "digest mismatch", "digests differ")


@pytest.fixture(scope="module")
def recovery():
    """Java's recovery."""
    asked = Recovery()
    yield asked
    asked.close()


@pytest.fixture
def folder():
    path = scratch_folder("files")
    yield path
    shutil.rmtree(path, ignore_errors=True)


def start(kind, folder, method="", **properties):
    """A server of kind paddock, java (3.9.5) or a release of Java."""
    chosen = {"zookeeper.snapshot.compression.method": method} if method else {}
    properties = {**PROPERTIES, **chosen, **properties}
    if kind == "paddock":
        return PaddockServer(properties=properties, folder=folder).start()
    release = java_server.RELEASE if kind == "java" else kind
    return JavaServer(properties=properties, folder=folder, release=release, log_level="warn").start()


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


def copied(folder, name):
    """A copy of the directory, for those who mend what they read."""
    copy = folder / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "data", copy)
    return copy


def dump(data_dir):
    """The lines that dump_datadir prints, and the last of them as a dictionary."""
    tool = os.environ.get("DUMP_DATADIR", str(ROOT / "build" / "release" / "dump_datadir"))
    done = subprocess.run([tool, "--ttl", str(data_dir)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return lines, dict(item.split("=") for item in lines[-1].split())


def assert_recoveries_agree(folder, nodes, recovery):
    """The files hold exactly the nodes that were seen; zxid, digest and mismatches, which it returns, are Java's."""
    lines, ours = dump(copied(folder, "ours"))
    found = {unescape(line.split(" ", 1)[0]) for line in lines if line.startswith("/")}
    assert found == {path.encode() for path in nodes}
    assert ours == recovery.summary(copied(folder, "java"))
    last = txnlog.read_logs(version_2(folder))[-1]
    assert last.digest is None or int(ours["digest"], 16) == last.digest & 0xffffffffffffffff
    return ours


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


def write_until_snapshot(conn, path, folder, method, last_zxid):
    """Until there is one of a later state than the turn began with: a server that is due while it still writes the
    one before skips it, so that a number of transactions is no promise."""
    name = re.compile(r"snapshot\.([0-9a-f]+)" + ("\\." + method if method else "") + "$")
    until = time.monotonic() + 10
    while not any(int(found[1], 16) > last_zxid for found in map(name.match, os.listdir(version_2(folder))) if found):
        assert time.monotonic() < until, sorted(os.listdir(version_2(folder)))
        ok(conn.call("setData", path, b"again"))


def last_log(folder):
    return max(version_2(folder).glob("log.*"), key=lambda path: int(path.suffix[1:], 16))


def assert_no_complaint(server, opened=EMPTY):
    """`opened`: what was found in the files before the server opened them."""
    log = server.log().lower()
    for word in COMPLAINTS + (DIGEST_COMPLAINTS if opened["digest_mismatches"] == "0" else ()):
        assert word.lower() not in log, log


def exchanges():
    """(first, second, method, how). 3.5 does not compress; of the other old releases, gz and snappy after kill -9."""
    for release in RELEASES:
        for method in METHODS[:1] if release.startswith("3.5.") else METHODS:
            for how in ("term", "kill") if not method or release == java_server.RELEASE else ("kill",):
                yield release, "paddock", method, how
                yield "paddock", release, method, how


@pytest.mark.parametrize("first,second,method,how", list(exchanges()))
def test_directory_goes_there_and_back(folder, recovery, first, second, method, how):
    kept, seen, left = [], None, EMPTY
    for turn, kind in enumerate((first, second, first, second)):
        server = start(kind, folder, method)
        try:
            if seen is not None:
                assert view(server.port) == seen, "%s opened what %s had written" % (kind, (second, first)[turn % 2])
            kept.append(fill(server.port, "turn%d" % turn))
            write_until_snapshot(kept[-1], "/turn%d/last" % turn, folder, method, int(left["last_zxid"], 16))
            seen = view(server.port)
        finally:
            end(server, how)
        assert_no_complaint(server, left)
        left = assert_recoveries_agree(folder, seen, recovery)
        assert kind != "paddock" or left["digest_mismatches"] == "0", left
    for conn in kept:
        conn.close()


def write_pipelined(port, rounds):
    """Creates, changes and deletes 100 nodes per round without waiting for answers in between."""
    conn = zkwire.open_session(port, TIMEOUT_MS)
    ok(conn.call("create", "/kept", b""))
    for turn in range(rounds):
        for i in range(100):
            path = "/node%d-%d" % (turn, i)
            conn.request("create", path, b"x" * 100)
            conn.request("setData", "/kept", path.encode())
            conn.request("delete", path)
        for i in range(300):
            assert conn.recv_reply().err == 0


@pytest.mark.parametrize("writer", ["java", "paddock"])
def test_each_snapshot_taken_under_load_recovers_alike(folder, recovery, writer):
    """As if it were the newest: the whole log is behind it. The last is left out: kill -9 may have cut it short."""
    with start(writer, folder) as server:
        write_pipelined(server.port, 15)
        server.kill()
    overtaken = 0
    taken = [path for path in version_2(folder).glob("snapshot.*") if path.suffix != ".tmp"]  # that is none yet
    taken.sort(key=lambda path: int(path.suffix[1:], 16))
    assert len(taken) > 1
    for snapshot in taken[:-1]:
        alone = folder / ("alone-" + snapshot.name)
        (alone / "version-2").mkdir(parents=True)
        for path in [snapshot, *version_2(folder).glob("log.*")]:
            os.link(path, alone / "version-2" / path.name)
        ours = dump(alone)[1]
        assert ours == recovery.summary(alone), snapshot.name
        overtaken += ours["digest_mismatches"] != "0"
    assert writer == "java" or overtaken == 0


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
    lines, _ = dump(copied(folder, "ours"))
    found = {line.split(" ", 1)[0] for line in lines if line.startswith("/load/")}
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
