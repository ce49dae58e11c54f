# SPDX-License-Identifier: Apache-2.0
"""The snapshot from which every second run starts, written for both servers byte for byte alike.

It holds what no client could bring about in a short run: counters a few steps before their overflow,
a session with ephemerals, ephemerals of a session that is gone, quotas to be counted at load, and null data.
"""
import struct
import zlib

from tests.interop.lib import zkwire
from tests.interop.oracle import values

ZXID = 0x64
SESSION = 0x0100000000000ABC
DEAD_SESSION = 0x01000000DEAD0000
SESSION_SLOT = 80
CONTAINER_OWNER = -2 ** 63
TTL_OWNER = (0xFF << 56 | 5000000) - 2 ** 64
PAST_MS = 1600000000000
ACLS = {1: ((1, "world", "anyone"),), 2: ((31, "world", "anyone"),),
        3: ((31, "digest", values.IDS[0]), (1, "world", "anyone"))}
ROOTS = ("/o", "/o/v", "/o/full", "/o/max", "/o/cont", "/o/null")
OWNERS = {b"/o/cont": CONTAINER_OWNER, b"/o/ttl": TTL_OWNER}


def _nodes(config):
    """(path, data, acl id, (czxid, mzxid, version, cversion, aversion, owner, pzxid)), parents first."""
    yield "", b"", -1, (0, 0, 0, 3, 0, 0, 0x50)
    yield "/zookeeper", b"", -1, (0, 0, 0, 0, 0, 0, 0)
    yield "/zookeeper/quota", b"", -1, (0, 0, 0, 1, 0, 0, 0x30)
    yield "/zookeeper/quota/o", b"", 2, (0x30, 0x30, 0, 2, 0, 0, 0x32)
    yield "/zookeeper/quota/o/zookeeper_limits", b"count=40,bytes=500", 2, (0x31, 0x31, 0, 0, 0, 0, 0x31)
    yield "/zookeeper/quota/o/zookeeper_stats", b"count=1,bytes=0", 2, (0x32, 0x32, 0, 0, 0, 0, 0x32)
    yield "/zookeeper/config", b"", 1, (0, 0, -1, 0, -1, 0, 0)
    yield "/o", b"root", 2, (0x10, 0x40, 2 ** 31 - 3, 2 ** 31 - 8, 2 ** 31 - 2, 0, 0x41)
    yield "/o/v", b"v", 2, (0x11, 0x42, -3, 0, -3, 0, 0x11)
    yield "/o/full", None, 2, (0x12, 0x12, 0, 2 ** 31 - 1, 0, 0, 0x12)
    yield "/o/max", b"max", 3, (0x13, 0x43, 2 ** 31 - 1, 7, 2 ** 31 - 1, 0, 0x13)
    yield "/o/cont", b"", 2, (0x14, 0x14, 0, 0, 0, CONTAINER_OWNER, 0x14)
    yield "/o/eph", b"e", 2, (0x15, 0x15, 0, 0, 0, SESSION, 0x15)
    yield "/o/dead", b"d", 2, (0x16, 0x16, 0, 0, 0, DEAD_SESSION, 0x16)
    yield "/o/null", None, 2, (0x17, 0x17, 0, 0, 0, 0, 0x17)
    if config.properties.get("zookeeper.extendedTypesEnabled") == "true":
        yield "/o/ttl", b"t", 2, (0x18, 0x18, 0, 0, 0, TTL_OWNER, 0x18)


def _node(path, data, acl, stat):
    czxid, mzxid, version, cversion, aversion, owner, pzxid = stat
    time_ms = PAST_MS if czxid else 0
    return (zkwire.ustr(path) + zkwire.buf(data) + zkwire.i64(acl) + struct.pack(
        ">qqqqiiiqq", czxid, mzxid, time_ms, time_ms + (mzxid - czxid), version, cversion, aversion, owner, pzxid))


def _seal(out):
    return out + struct.pack(">q", zlib.adler32(out)) + b"\0\0\0\1/"


def snapshot(config):
    """The bytes of the file: sessions, ACLs, nodes, and the three seals."""
    out = b"ZKSN" + struct.pack(">iq", 2, -1)
    out += struct.pack(">iqi", 1, SESSION, 600000)
    out += zkwire.i32(len(ACLS)) + b"".join(zkwire.i64(ident) + zkwire.acl_list(acl) for ident, acl in ACLS.items())
    out += b"".join(_node(*node) for node in _nodes(config)) + b"\0\0\0\1/"
    out = _seal(out)
    if config.properties.get("zookeeper.digest.enabled") != "false":
        out = _seal(out + struct.pack(">qiq", 0, 2, 0))
    return _seal(out + zkwire.i64(ZXID))


def write(config, data_dir):
    folder = data_dir / "version-2"
    folder.mkdir(parents=True)
    (folder / ("snapshot.%x" % ZXID)).write_bytes(snapshot(config))
