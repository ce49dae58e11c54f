# SPDX-License-Identifier: Apache-2.0
"""The transaction logs two servers wrote in a run, and whether the digest in them is that of the tree.

Logs must agree record by record: the same transactions under the same zxids with the same bodies. Digests
depend on times and cannot be compared across servers; each server's last one is computed anew from its own
tree as a client sees it.
"""
import struct
import zlib

from tests.interop.lib import txnlog
from tests.interop.oracle import compare, seedtree

CONTAINER, TTL = 19, 21


def _comparable(txn, labels):
    """A transaction without times and digest; what a session id is depends on the server."""
    body = txn.body
    if txn.type == txnlog.CLOSE_SESSION and body is not None:
        body = tuple(sorted(body))
    elif txn.type == txnlog.MULTI:
        body = tuple((kind, _body(part)) for kind, part in body)
    elif body is not None:
        body = _body(body)
    return (txn.zxid, labels.of(txn.client), txn.cxid, txn.type, body, txn.digest is not None)


def _body(fields):
    return tuple(tuple(compare.acl(field)) if isinstance(field, list) else field for field in fields)


def comparable(txns, labels, races):
    """The log as a list; inside races only the number of records counts."""
    return [("race", txn.zxid) if any(low < txn.zxid <= high for low, high in races)
            else _comparable(txn, labels) for txn in txns]


def special_owners(txns):
    """{(path, zxid): stored owner} of the containers and TTL nodes made in the log."""
    out = {}
    for txn in txns:
        parts = txn.body if txn.type == txnlog.MULTI else ((txn.type, txn.body),)
        for kind, body in parts:
            if kind == CONTAINER:
                out[body[0], txn.zxid] = seedtree.CONTAINER_OWNER
            elif kind == TTL:
                out[body[0], txn.zxid] = (0xFF << 56 | body[4]) - 2 ** 64
    return out


def node_digest(path, data, stat, owner):
    """CRC-32 over path, data and the stored Stat, pzxid third. Source: DigestCalculator.calculateDigest."""
    stored = (stat.cversion + stat.numChildren & 0xFFFFFFFF) >> 1
    fields = struct.pack(">qqqqqiiiq", stat.czxid, stat.mzxid, stat.pzxid, stat.ctime, stat.mtime,
                         stat.version, stored, stat.aversion, owner)
    return zlib.crc32((b"" if path == b"/" else path) + (data or b"") + fields)


def tree_digest(nodes, owners):
    """The signed digest of {path: (data, Stat)}."""
    total = 0
    for path, (data, stat) in nodes.items():
        if not path.startswith(b"/zookeeper/"):
            owner = owners.get((path, stat.czxid), stat.ephemeralOwner)
            total += node_digest(path, data, stat, owner)
    total &= 2 ** 64 - 1
    return total - 2 ** 64 if total >> 63 else total
