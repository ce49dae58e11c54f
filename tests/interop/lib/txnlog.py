# SPDX-License-Identifier: Apache-2.0
"""Reads transaction logs as Apache ZooKeeper writes them, record by record, with the checksum checked.

`read_logs(version-2 folder)` gives every transaction in file order. A zero length or a torn tail ends a
file, as it does for a server; a wrong checksum raises.
"""
import struct
import zlib
from collections import namedtuple
from pathlib import Path

from tests.interop.lib.zkwire import In

# body is a tuple, see _BODIES; digest is None or the tree digest as a signed 64-bit number.
Txn = namedtuple("Txn", "client cxid zxid time type body digest")

MULTI, CLOSE_SESSION = 14, -11
_BODIES = {
    1: lambda r: (r.str(), r.buf(), r.acl(), r.bool(), r.i32()),
    15: lambda r: (r.str(), r.buf(), r.acl(), r.bool(), r.i32()),
    19: lambda r: (r.str(), r.buf(), r.acl(), r.i32()),
    21: lambda r: (r.str(), r.buf(), r.acl(), r.i32(), r.i64()),
    2: lambda r: (r.str(),), 20: lambda r: (r.str(),),
    5: lambda r: (r.str(), r.buf(), r.i32()), 16: lambda r: (r.str(), r.buf(), r.i32()),
    7: lambda r: (r.str(), r.acl(), r.i32()), 13: lambda r: (r.str(), r.i32()),
    -10: lambda r: (r.i32(),), -1: lambda r: (r.i32(),),
}


def log_files(folder):
    return sorted(Path(folder).glob("log.*"), key=lambda path: int(path.name[4:], 16))


def read_logs(folder):
    return [txn for path in log_files(folder) for txn in read_file(path)]


def read_file(path):
    data = Path(path).read_bytes()
    if data[:4] != b"ZKLG":
        raise ValueError("%s is no transaction log" % path)
    out, at = [], 16
    while at + 12 <= len(data):
        checksum, size = struct.unpack_from(">qi", data, at)
        body = data[at + 12:at + 12 + size]
        if size <= 0 or data[at + 12 + size:at + 13 + size] != b"B":
            break
        if zlib.adler32(body) != checksum:
            raise ValueError("wrong checksum in %s at %d" % (path, at))
        out.append(decode(body))
        at += 13 + size
    return out


def decode(record):
    r = In(record)
    client, cxid, zxid, time_ms, kind = struct.unpack(">qiqqi", r.take(32))
    body = _body(kind, r)
    digest = None
    if r.at < len(record):
        version, digest = struct.unpack(">iq", r.take(12))
        if version != 2 or r.at != len(record):
            raise ValueError("digest of version %d, %d bytes left" % (version, len(record) - r.at))
    return Txn(client, cxid, zxid, time_ms, kind, body, digest)


def _body(kind, r):
    if kind == MULTI:
        return _multi(r)
    if kind == CLOSE_SESSION:
        left = len(r.data) - r.at
        if left == 0 or left == 12 and r.data[r.at:r.at + 4] == b"\0\0\0\2":
            return None
        return tuple(r.vec(r.str) or ())
    return _BODIES[kind](r)


def _multi(r):
    out = []
    for _ in range(r.i32()):
        kind = r.i32()
        out.append((kind, _part(kind, r.buf())))
    return tuple(out)


def _part(kind, data):
    r = In(data)
    body = _BODIES[kind](r)
    if r.at != len(data):
        raise ValueError("%d bytes left of a sub-transaction of type %d" % (len(data) - r.at, kind))
    return body
