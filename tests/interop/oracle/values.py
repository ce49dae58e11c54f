# SPDX-License-Identifier: Apache-2.0
"""Pools of values the generator draws from: the interesting ones, valid and invalid."""
import struct

from tests.interop.lib import zkwire
from tests.interop.lib.zkwire import digest_id

EMOJI = "/\U0001f600".encode()
BAD_PATHS = (
    None, "", "a", "//", "/a/", "/a//x", "/a/.", "/a/..", "/./a", "/a/../x", "/...", "/.a", "/a..", "/a/x/",
    "/nix/", "/nix/x", "/nix//x", "/a\0b", "/\0", "/\x01", "/\x1f", "/\x7f", "/\x80", "/\x9f", "/\xa0",
    "/\ud800", "/\ue000", "/\uf8ff", "/\uf900", "/\uffef", "/\ufff0", "/\uffff", "/\ufffd", "/\u2028",
    b"/\xff", b"/a/\xc3", b"/\xc0\xaf", b"/\xed\xa0\xbd\xed\xb8\x80", EMOJI, "/" + "l" * 5000,
    "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "/zookeeper/x", "/", "/zookeeper/quota/a",
)
VERSIONS = (1, 2, 3, 7, 2 ** 31 - 1, -2 ** 31, -2)
TTLS = (1000000, 1, 1099511627775, 1099511627776, 0, -1, -5, 2 ** 62, 5000000)
USERS = (("u1", "p1"), ("u2", "p2"), ("u3", ""), ("super", "test"))
SUPER_DIGEST = digest_id("super", "test")
IDS = tuple(digest_id(*user) for user in USERS)

GOOD_ACLS = (
    ((1, "world", "anyone"),), ((31, "auth", ""),), ((31, "auth", "ignored"), (1, "world", "anyone")),
    ((31, "digest", IDS[0]),), ((31, "digest", IDS[1]), (1, "world", "anyone")),
    ((1, "digest", IDS[0]), (30, "digest", IDS[1])), ((31, "ip", "127.0.0.1"),), ((31, "ip", "127.0.0.0/8"),),
    ((31, "ip", "10.0.0.1"), (5, "world", "anyone")), ((31, "world", "anyone"), (31, "world", "anyone")),
    ((15, "world", "anyone"), (16, "digest", IDS[0])), ((0x7fffffff, "world", "anyone"),),
    ((0, "world", "anyone"),), ((27, "world", "anyone"),), ((6, "world", "anyone"), (25, "digest", IDS[2])),
    ((-1, "world", "anyone"),), ((31, "digest", "a:b"),), ((31, "digest", ":b"),), ((31, "ip", "0.0.0.0/0"),),
)
BAD_ACLS = (
    (), None, ((31, "world", "else"),), ((31, "nix", "x"),), ((31, "digest", "noparts"),),
    ((31, "digest", "a:"),), ((31, "digest", "a:b:c"),), ((31, "ip", "127.0.0"),), ((31, "ip", "host"),),
    ((31, "ip", "127.0.0.1/33"),), ((31, "ip", "1.2.3.4/-1"),), ((31, "ip", "::1"),), ((31, "ip", "1.2.3.256"),),
    ((31, "ip", "01.2.3.4"),), ((31, "ip", ""),), ((31, None, "x"),), ((31, "world", None),),
    ((31, "digest", None),), ((31, "ip", None),), ((31, "super", ""),), ((31, "auth", None),),
    ((31, "sasl", "u"),), ((31, "x509", "CN=a"),), ((31, "world", "anyone"), (31, "nix", "")),
    ((31, "digest", ""),), ((31, "digest", ":"),), ((31, "ip", "fe80::1/64"),), ((31, "ip", "1.2.3.4 "),),
    ((31, "digest", "a:b:"),), ((31, "digest", "é:b"),), ((31, "digest", EMOJI[1:] + b":x"),),
)
AUTHS = tuple(("digest", ("%s:%s" % user).encode()) for user in USERS[:3]) + (
    ("digest", b"nocolon"), ("digest", b""), ("ip", b""), ("ip", b"x"), ("digest", "é:ü".encode()),
    ("digest", b"a:b:c"),
)
FATAL_AUTHS = (
    ("auth", "nix", b"x"), ("auth", "world", b"anyone"), ("auth", "digest", None), ("auth", "sasl", b""),
    ("auth", None, b"x"), ("cut", 5, ("auth", "digest", b"u1:p1")), ("cut", 0, ("auth", "digest", b"x")),
    ("cut", 0, ("sasl", b"")), ("sasl", None), ("auth", "super", b"x"), ("auth", "x509", b"x"),
)
UNKNOWN_TYPES = (0, 10, 13, 23, 99, 108, 1000, -1, -2, -12, 2 ** 31 - 1, -2 ** 31)
FATAL_BYTES = (
    struct.pack(">i", 0), struct.pack(">iI", 4, 1), struct.pack(">i", -1), struct.pack(">i", 1048576),
    struct.pack(">i", 2 ** 31 - 1), struct.pack(">i", -2 ** 31), b"GET / HTTP/1.1\r\n\r\n",
    struct.pack(">i", 7) + b"\0" * 7, b"\x16\x03\x01\x02\x00\x01",
)
HELLOS = (
    struct.pack(">i", 0), struct.pack(">i", 5) + b"12345", struct.pack(">i", -1), b"nope", b"\xff\xf4\xff\xfd",
    zkwire.frame(zkwire.connect_request(5000)[:20]), zkwire.frame(zkwire.connect_request(5000)[:27]),
    zkwire.frame(zkwire.connect_request(600000, session=0x123456, password=zkwire.session_password(0x123456))),
    zkwire.frame(zkwire.connect_request(600000, session=0x123456, password=b"\0" * 16, read_only=None)),
    zkwire.frame(zkwire.connect_request(600000, last_zxid=2 ** 62)),
    zkwire.frame(zkwire.connect_request(600000, session=-1, password=b"")), struct.pack(">i", 2 ** 30),
)
TIMEOUTS = (0, -1, 1, 100, 999, 1000, 4321, 30000, 599999, 600001, 2 ** 31 - 1, -2 ** 31)
BAD_LENGTHS = (b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\x20\0\0",
               b"\x80\0\0\0", b"\0\0\1\0")
RECONFIGS = ((), ("server.2=localhost:1:2;3",), (None, "1"), (None, None, "server.1=localhost:1:2;3"),
             ("", "", ""), ("x", None, None, 5))
WORDS = ("srvr", "stat", "mntr", "dump", "wchc", "wchp", "wchs", "hash", "ruok", "isro")

QUOTAS = ("count=3,bytes=20", "count=-1,bytes=-1=;byteHardLimit=30;countHardLimit=4", "count=2,bytes=-1",
          "countHardLimit=3", "byteHardLimit=10", "garbage", "count=x", "bytes=", "", "count=1;bytes=5,countHardLimit=9")
USAGES = ("count=2,bytes=3", "count=7,bytes=-1=;byteHardLimit=5", "", "count=1;zzz=4,,bytes=8")


def _paths(op):
    """Every string argument of a request, also of those inside a multi or a spoiled one."""
    for value in op[1:]:
        if isinstance(value, tuple) and value and isinstance(value[0], str) and value[0] in zkwire.ENCODERS:
            yield from _paths(value)
        elif isinstance(value, (str, bytes)):
            yield value if isinstance(value, str) else value.decode("latin-1")


def travels_alone(op, config):
    """Requests whose answer depends on whether an earlier one of the same burst is already applied."""
    return op[0] in ("sasl", "auth") or any(area in path for area in config.alone for path in _paths(op))


def ends_burst(op):
    """Requests that leave Apache ZooKeeper's preparation unsure of what follows in the same burst.

    It does not see a pending setACL, and a multi that stumbles over a null id is not rolled back at once.
    """
    if op[0] in ("cut", "pad", "xid"):
        return ends_burst(op[2])
    if op[0] == "multi":
        return any(None in entry for part in op[1:] if part[0].startswith("create") for entry in part[3])
    return op[0] == "setACL" or op[:2] in (("raw", 7), ("raw", 14))


def is_avoided(op):
    """What is never sent, see the avoided rules. A null ACL in a multi takes no zxid there, and of
    two creates in one multi the second sees a wrapped counter. What stops Apache ZooKeeper: a garbled usage node of a quota (at the next change below it), a quota of the root.
    """
    if op[0] in ("cut", "pad", "xid"):
        return is_avoided(op[2])
    if op[0] == "multi" or op[:2] == ("raw", 14):
        if _has_null_acl(op[2] if op[0] == "raw" else zkwire.body(*op)):
            return True
    if op[0] == "multi" and sum(part[0].startswith("create") and str(part[1])[:2] == "/o" for part in op[1:]) > 1:
        return True
    if _watches_null(op):
        return True
    if any(path == "/zookeeper/quota/zookeeper_limits" for path in _paths(op)):
        return True
    return any(path.endswith("/zookeeper_stats") for path in _paths(op)) and any(
        name in repr(op) for name in ("setData", "create", "'raw'", "'cut'"))


def _watches_null(op):
    """A null path where it would make or name a watch, also one that a spoiled length makes."""
    if op[0] == "raw":
        return op[1] in (17, 18, 105, 106) and b"\xff\xff\xff\xff" in op[2]
    if op[0] == "setWatches2":
        return any(None in (paths or ()) for paths in op[5:])
    return op[0] in ("addWatch", "checkWatches", "removeWatches") and op[1] is None


def _has_null_acl(multi):
    """A create with a null ACL before the first thing that does not decode."""
    r = zkwire.In(multi)
    try:
        while True:
            kind, done, _ = struct.unpack(">ibi", r.take(9))
            if done or kind not in (1, 2, 5, 13, 15, 19, 21):
                return False
            r.str()
            if kind in (1, 15, 19, 21):
                r.buf()
                if r.acl() is None:
                    return True
            elif kind == 5:
                r.buf()
            r.take({21: 12}.get(kind, 4))
    except ValueError:
        return False


def is_poison(name, payload):
    """A createTTL without a TTL mode stops Apache ZooKeeper; spoiled bodies must not become one."""
    return name == "createTTL" or name == "multi" and b"\0\0\0\x15\0" in payload


def size_of(step):
    if step[0] in ("ops", "fatal"):
        return len(step[2])
    if step[0] == "race":
        return sum(len(ops) for _, ops in step[1])
    return len(step[1]) if step[0] == "words" else 1
