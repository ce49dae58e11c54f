# SPDX-License-Identifier: Apache-2.0
"""What of an answer must be equal on two servers, and what may differ without a difference of behaviour.

May differ: session ids (each becomes a label, S0 is the first session of the run), times (only "zero or
not", and that creation and modification time agree when their zxids do), and orders that Apache
ZooKeeper leaves to a hash table: children, ephemerals, the ids of a connection, the ephemerals of a
closing session. Everything else is compared as it came, down to bytes that no field claims.
"""
from tests.interop.lib import zkwire

CONTROL_XIDS = {"ping": zkwire.XID_PING, "auth": zkwire.XID_AUTH, "setWatches": zkwire.XID_SET_WATCHES,
                "setWatches2": zkwire.XID_SET_WATCHES}


class Labels:
    """Session ids of one server and their labels."""

    def __init__(self):
        self.names = {0: "-"}

    def add(self, session, label):
        self.names[session] = label

    def of(self, session):
        return self.names.get(session, session)


def stat(s, labels):
    """A Stat without what may differ."""
    same_time = s.ctime == s.mtime if s.czxid == s.mzxid else None
    return s._replace(ctime=s.ctime != 0, mtime=(s.mtime != 0, same_time),
                      ephemeralOwner=labels.of(s.ephemeralOwner))


def acl(entries):
    """An ACL; neighbours of scheme digest with equal permissions may come from one `auth` entry and are sorted."""
    if entries is None:
        return None
    out, run = [], []
    for entry in entries:
        if run and (entry[1] != b"digest" or entry[0] != run[0][0]):
            out += sorted(run)
            run = []
        if entry[1] == b"digest":
            run.append(entry)
        else:
            out.append(entry)
    return out + sorted(run)


def names(items):
    """A list without order; None for the null vector, entries may be None."""
    return None if items is None else sorted(items, key=lambda item: (item is not None, item))


def _multi(results, labels):
    out = []
    for result in results:
        fields = [stat(f, labels) if isinstance(f, zkwire.Stat) else names(f) if isinstance(f, list) else f
                  for f in result]
        out.append(tuple(fields))
    return out


def _field(name, value, labels):
    if isinstance(value, zkwire.Stat):
        return stat(value, labels)
    if isinstance(value, list):
        if name in ("multi", "multiRead"):
            return _multi(value, labels)
        return acl(value) if name == "getACL" else names(value)
    return value


def reply(name, data, labels):
    """(xid, zxid, err, fields...) of the answer to request `name`."""
    if len(data) < 16:
        return ("short", data)
    xid, zxid, err = zkwire.decode_header(data)
    rest = data[16:]
    if not rest or err != 0 and name not in ("multiRead", "sasl"):
        return (xid, zxid, err) + ((rest,) if rest else ())
    try:
        fields = zkwire.decode_reply(name, rest)
    except ValueError as why:
        return (xid, zxid, err, "undecodable: %s" % why, rest)
    return (xid, zxid, err) + tuple(_field(name, field, labels) for field in fields)


def event(data):
    """An event; who won a race decides which zxid fired what inside its home, so those zxids do not count."""
    got = zkwire.decode_event(data)
    zxid = None if got.path and got.path.startswith(b"/race") else got.zxid
    return ("event", zxid, zkwire.EVENT_TYPES.get(got.type, got.type), got.state, got.path)


def sort_closing(frames, closing_zxids):
    """Events of one closing session, whose ephemerals go in no particular order, are sorted."""
    out, run, zxid = [], [], None
    for item in frames:
        is_run = isinstance(item, tuple) and item[0] == "event" and item[1] in closing_zxids
        if run and not (is_run and item[1] == zxid):
            out += sorted(run, key=repr)
            run = []
        if is_run:
            run.append(item)
            zxid = item[1]
        else:
            out.append(item)
    return out + sorted(run, key=repr)


def without_zxids(value):
    """A decoded answer without the zxids of its Stats, for races."""
    if isinstance(value, zkwire.Stat):
        return value._replace(czxid=0, mzxid=0, pzxid=0, mtime=0)
    if isinstance(value, (list, tuple)):
        return tuple(without_zxids(item) for item in value)
    return value


def connect_response(data, labels, label):
    """Gives a new session its label. The password must be the function of the id that every server computes."""
    got = zkwire.decode_connect_response(data)
    if got.session and got.session not in labels.names:
        labels.add(got.session, label)
    good = got.password == (zkwire.session_password(got.session) if got.session else b"\0" * 16)
    return ("connected", got.protocol, got.timeout, labels.of(got.session), "password " + str(good),
            got.read_only, len(data))
