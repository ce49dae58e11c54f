# SPDX-License-Identifier: Apache-2.0
"""A raw client of the ZooKeeper protocol: frames, records, one blocking connection.

It checks nothing and hides nothing: any opcode, any bytes, any xid can be sent, and what comes back is
kept as it came. Tests that compare servers, or that send what no client library would, build on it.

Strings are bytes on the wire: `str` is encoded as UTF-8 (lone surrogates as three bytes), `bytes` go
out verbatim, None is the null string. What is read back is always bytes or None.
"""
import base64
import hashlib
import socket
import struct
import time
from collections import namedtuple

OPS = {
    "notification": 0, "create": 1, "delete": 2, "exists": 3, "getData": 4, "setData": 5, "getACL": 6,
    "setACL": 7, "getChildren": 8, "sync": 9, "ping": 11, "getChildren2": 12, "check": 13, "multi": 14,
    "create2": 15, "reconfig": 16, "checkWatches": 17, "removeWatches": 18, "createContainer": 19,
    "deleteContainer": 20, "createTTL": 21, "multiRead": 22, "auth": 100, "setWatches": 101, "sasl": 102,
    "getEphemerals": 103, "getAllChildrenNumber": 104, "setWatches2": 105, "addWatch": 106, "whoAmI": 107,
    "createSession": -10, "closeSession": -11, "error": -1,
}
OP_NAMES = {code: name for name, code in OPS.items()}

ERRORS = {
    0: "Ok", -1: "SystemError", -2: "RuntimeInconsistency", -5: "MarshallingError", -6: "Unimplemented",
    -8: "BadArguments", -12: "UnknownSession", -13: "NewConfigNoQuorum", -14: "ReconfigInProgress",
    -101: "NoNode", -102: "NoAuth", -103: "BadVersion", -108: "NoChildrenForEphemerals",
    -110: "NodeExists", -111: "NotEmpty", -112: "SessionExpired", -114: "InvalidACL", -115: "AuthFailed",
    -118: "SessionMoved", -119: "NotReadOnly", -120: "EphemeralOnLocalSession", -121: "NoWatcher",
    -123: "ReconfigDisabled", -124: "SessionClosedRequireSaslAuth", -125: "QuotaExceeded",
    -127: "ThrottledOp",
}

NO_NODE, NO_AUTH, BAD_VERSION, NODE_EXISTS, NOT_EMPTY = -101, -102, -103, -110, -111
PERSISTENT, EPHEMERAL, SEQUENTIAL, EPHEMERAL_SEQUENTIAL, CONTAINER, TTL, TTL_SEQUENTIAL = range(7)
READ, WRITE, CREATE, DELETE, ADMIN, ALL = 1, 2, 4, 8, 16, 31
OPEN_ACL = ((31, "world", "anyone"),)
XID_EVENT, XID_PING, XID_AUTH, XID_SET_WATCHES = -1, -2, -4, -8
EVENT_TYPES = {1: "NodeCreated", 2: "NodeDeleted", 3: "NodeDataChanged", 4: "NodeChildrenChanged"}

Stat = namedtuple("Stat", "czxid mzxid ctime mtime version cversion aversion ephemeralOwner dataLength "
                          "numChildren pzxid")
Reply = namedtuple("Reply", "xid zxid err body")
Event = namedtuple("Event", "zxid type state path")
ConnectResponse = namedtuple("ConnectResponse", "protocol timeout session password read_only")


class Closed(Exception):
    """The server closed the connection."""


class NoAnswer(Exception):
    """Nothing came within the deadline."""


# --- records out ---------------------------------------------------------------------------------

def i32(value):
    return struct.pack(">i", value)


def i64(value):
    return struct.pack(">q", value)


def flag(value):
    return b"\x01" if value else b"\x00"


def ustr(value):
    if value is None:
        return b"\xff\xff\xff\xff"
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    return struct.pack(">i", len(value)) + value


buf = ustr


def vec(items, encode):
    if items is None:
        return b"\xff\xff\xff\xff"
    return struct.pack(">i", len(items)) + b"".join(map(encode, items))


def acl_entry(entry):
    perms, scheme, ident = entry
    return struct.pack(">i", perms) + ustr(scheme) + ustr(ident)


def acl_list(entries):
    return vec(entries, acl_entry)


def _create(path, data=b"", acl=OPEN_ACL, flags=0):
    return ustr(path) + buf(data) + acl_list(acl) + i32(flags)


def _create_ttl(path, data=b"", acl=OPEN_ACL, flags=5, ttl=1000):
    return _create(path, data, acl, flags) + i64(ttl)


def _path_watch(path, watch=False):
    return ustr(path) + flag(watch)


def _path_int(path, value=-1):
    return ustr(path) + i32(value)


def _multi(*ops):
    """Each op is (name, arguments...), encoded as that op's own record."""
    parts = [struct.pack(">ibi", OPS[op[0]], 0, -1) + body(*op) for op in ops]
    return b"".join(parts) + struct.pack(">ibi", -1, 1, -1)


def _set_watches(relative_zxid, *lists):
    return i64(relative_zxid) + b"".join(vec(paths, ustr) for paths in lists)


ENCODERS = {
    "create": _create, "create2": _create, "createContainer": _create, "createTTL": _create_ttl,
    "delete": _path_int, "exists": _path_watch, "getData": _path_watch, "getChildren": _path_watch,
    "getChildren2": _path_watch, "check": _path_int, "checkWatches": _path_int,
    "removeWatches": _path_int, "addWatch": _path_int,
    "setData": lambda path, data=b"", version=-1: ustr(path) + buf(data) + i32(version),
    "setACL": lambda path, acl=OPEN_ACL, version=-1: ustr(path) + acl_list(acl) + i32(version),
    "getACL": ustr, "sync": ustr, "deleteContainer": ustr, "getEphemerals": ustr,
    "getAllChildrenNumber": ustr, "multi": _multi, "multiRead": _multi,
    "reconfig": lambda joining=None, leaving=None, members=None, config=-1:
        ustr(joining) + ustr(leaving) + ustr(members) + i64(config),
    "auth": lambda scheme, data, kind=0: i32(kind) + ustr(scheme) + buf(data),
    "sasl": buf,
    "setWatches": _set_watches, "setWatches2": _set_watches,
    "whoAmI": lambda: b"", "ping": lambda: b"", "closeSession": lambda: b"",
}


def body(name, *arguments):
    """The body of request `name`; ("raw", type, bytes) is handled by the caller."""
    return ENCODERS[name](*arguments)


def connect_request(timeout_ms=30000, session=0, password=b"\0" * 16, last_zxid=0, read_only=False,
                    protocol=0):
    """The ConnectRequest; read_only None leaves the byte out, as clients before 3.4 do."""
    out = struct.pack(">iqiq", protocol, last_zxid, timeout_ms, session) + buf(password)
    return out if read_only is None else out + flag(read_only)


def frame(payload):
    return struct.pack(">i", len(payload)) + payload


# --- records in ----------------------------------------------------------------------------------

class In:
    """A cursor over a record; reading past the end raises ValueError."""

    __slots__ = ("data", "at")

    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def take(self, size):
        end = self.at + size
        if size < 0 or end > len(self.data):
            raise ValueError("record ends early")
        piece = self.data[self.at:end]
        self.at = end
        return piece

    def i32(self):
        return struct.unpack(">i", self.take(4))[0]

    def i64(self):
        return struct.unpack(">q", self.take(8))[0]

    def bool(self):
        return self.take(1) != b"\0"

    def str(self):
        size = self.i32()
        return None if size == -1 else self.take(size)

    buf = str

    def vec(self, read):
        count = self.i32()
        return None if count < 0 else [read() for _ in range(count)]

    def acl(self):
        return self.vec(lambda: (self.i32(), self.str(), self.str()))

    def stat(self):
        return Stat._make(struct.unpack(">qqqqiiiqiiq", self.take(68)))

    def rest(self):
        return self.take(len(self.data) - self.at)


def _read_multi(r):
    results = []
    while True:
        kind, done, err = struct.unpack(">ibi", r.take(9))
        if done:
            return results
        if kind == 1:
            results.append(("create", err, r.str()))
        elif kind in (15, 19, 21):
            results.append((OP_NAMES[kind], err, r.str(), r.stat()))
        elif kind in (2, 13):
            results.append((OP_NAMES[kind], err))
        elif kind == 5:
            results.append(("setData", err, r.stat()))
        elif kind == 8:
            results.append(("getChildren", err, r.vec(r.str)))
        elif kind == 4:
            results.append(("getData", err, r.buf(), r.stat()))
        elif kind == -1:
            results.append(("error", err, r.i32()))
        else:
            raise ValueError("multi result of type %d" % kind)


DECODERS = {
    "create": lambda r: (r.str(),), "create2": lambda r: (r.str(), r.stat()),
    "createContainer": lambda r: (r.str(), r.stat()), "createTTL": lambda r: (r.str(), r.stat()),
    "exists": lambda r: (r.stat(),), "getData": lambda r: (r.buf(), r.stat()),
    "setData": lambda r: (r.stat(),), "getACL": lambda r: (r.acl(), r.stat()),
    "setACL": lambda r: (r.stat(),), "getChildren": lambda r: (r.vec(r.str),),
    "getChildren2": lambda r: (r.vec(r.str), r.stat()), "sync": lambda r: (r.str(),),
    "multi": lambda r: (_read_multi(r),), "multiRead": lambda r: (_read_multi(r),),
    "reconfig": lambda r: (r.buf(), r.stat()), "sasl": lambda r: (r.buf(),),
    "getEphemerals": lambda r: (r.vec(r.str),), "getAllChildrenNumber": lambda r: (r.i32(),),
    "addWatch": lambda r: (r.i32(),), "whoAmI": lambda r: (r.vec(lambda: (r.str(), r.str())),),
}


def decode_reply(name, data):
    """The fields of a reply body as a tuple; a last element of bytes holds what nobody asked for."""
    r = In(data)
    fields = DECODERS[name](r) if name in DECODERS else ()
    return fields + (r.rest(),) if r.at < len(data) else fields


def decode_header(data):
    return struct.unpack(">iqi", data[:16])


def decode_event(data):
    zxid = struct.unpack(">q", data[4:12])[0]
    r = In(data, 16)
    return Event(zxid, r.i32(), r.i32(), r.str())


def decode_connect_response(data):
    r = In(data)
    fields = (r.i32(), r.i32(), r.i64(), r.buf())
    return ConnectResponse(*fields, r.bool() if r.at < len(data) else None)


# --- the connection ------------------------------------------------------------------------------

class Conn:
    """One TCP connection. `connect` makes it a session; `call` asks and waits; events gather in `events`."""

    def __init__(self, port, host="127.0.0.1", deadline_s=60.0):
        self.sock = socket.create_connection((host, port), timeout=deadline_s)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.deadline_s = deadline_s
        self.inbox = bytearray()
        self.events = []
        self.response = None
        self.xid = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # a connection that the server has closed says so when it is read

    def send_frame(self, payload):
        self.send(frame(payload))

    def recv_frame(self, deadline_s=None):
        """The next frame's payload. Raises Closed, or NoAnswer after the deadline."""
        until = time.monotonic() + (self.deadline_s if deadline_s is None else deadline_s)
        while True:
            if len(self.inbox) >= 4:
                size = struct.unpack_from(">i", self.inbox)[0]
                if size < 0:
                    raise ValueError("frame of size %d" % size)
                if len(self.inbox) >= 4 + size:
                    payload = bytes(self.inbox[4:4 + size])
                    del self.inbox[:4 + size]
                    return payload
            self._fill(until)

    def _fill(self, until):
        left = until - time.monotonic()
        if left <= 0:
            raise NoAnswer()
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(1 << 18)
        except socket.timeout:
            raise NoAnswer() from None
        except OSError:
            raise Closed() from None
        if not data:
            raise Closed()
        self.inbox += data

    def recv_all(self, deadline_s=None):
        """All bytes until the server closes."""
        until = time.monotonic() + (self.deadline_s if deadline_s is None else deadline_s)
        try:
            while True:
                self._fill(until)
        except Closed:
            out = bytes(self.inbox)
            self.inbox.clear()
            return out

    def connect(self, *arguments, **keywords):
        """Sends a ConnectRequest and returns the ConnectResponse (session 0 = refused)."""
        self.send_frame(connect_request(*arguments, **keywords))
        self.response = decode_connect_response(self.recv_frame())
        return self.response

    def request(self, name, *arguments, xid=None):
        """Sends without waiting; returns the xid."""
        return self.request_raw(OPS[name], body(name, *arguments), xid)

    def request_raw(self, kind, payload, xid=None):
        if xid is None:
            self.xid += 1
            xid = self.xid
        self.send_frame(struct.pack(">ii", xid, kind) + payload)
        return xid

    def recv_reply(self, deadline_s=None):
        """The next reply; events that come first are put into `events`."""
        while True:
            data = self.recv_frame(deadline_s)
            if struct.unpack_from(">i", data)[0] == XID_EVENT:
                self.events.append(decode_event(data))
            else:
                return Reply(*decode_header(data), data[16:])

    def call(self, name, *arguments, xid=None):
        """Asks and waits: (err, fields). The fields are empty when err is not 0."""
        sent = self.request(name, *arguments, xid=xid)
        reply = self.recv_reply()
        if reply.xid != sent:
            raise ValueError("reply to %d instead of %d" % (reply.xid, sent))
        return reply.err, decode_reply(name, reply.body) if reply.err == 0 else ()

    def ping(self):
        """Everything the server queued before the pong has been read when this returns."""
        self.request("ping", xid=XID_PING)
        return self.recv_reply()

    def add_auth(self, scheme, data):
        self.request("auth", scheme, data, xid=XID_AUTH)
        return self.recv_reply().err

    def close_session(self):
        """Ends the session and waits until the server has closed the connection."""
        self.request("closeSession")
        reply = self.recv_reply()
        self.recv_all()
        self.close()
        return reply


def open_session(port, timeout_ms=30000, **keywords):
    """A connection with a new session."""
    conn = Conn(port)
    if conn.connect(timeout_ms, **keywords).session == 0:
        raise Closed()
    return conn


def word(port, name, extra=b"", host="127.0.0.1", deadline_s=60.0):
    """What a four-letter word answers, as bytes."""
    with Conn(port, host, deadline_s) as conn:
        conn.send(name.encode() + extra)
        return conn.recv_all()


def digest_id(user, password):
    """The id that auth digest `user:password` gives to a connection."""
    whole = ("%s:%s" % (user, password)).encode()
    return user + ":" + base64.b64encode(hashlib.sha1(whole).digest()).decode()


def session_password(session):
    """The password of a session: java.util.Random seeded with the id. Source: ZooKeeperServer.generatePasswd."""
    mask = (1 << 48) - 1
    seed = (session & (1 << 64) - 1) ^ 0xB3415C00
    seed = (seed ^ 0x5DEECE66D) & mask
    out = b""
    for _ in range(4):
        seed = (seed * 0x5DEECE66D + 0xB) & mask
        out += struct.pack("<I", seed >> 16 & 0xFFFFFFFF)
    return out
