# SPDX-License-Identifier: Apache-2.0
"""What servers hold, to be compared: the whole tree of one as a dictionary, and the digests that several have logged."""
from tests.interop.lib import zkwire

LEVEL_AT_ONCE = 500  # requests on their way, so that neither side waits for the other to read


def read_tree(port, root="/"):
    """{path: (data, Stat, ACL)} after a sync; without the configuration, which each server makes for itself."""
    tree = {}
    with zkwire.open_session(port) as conn:
        assert conn.call("sync", "/")[0] == 0
        level = [root.encode()]
        while level:
            below = []
            for at in range(0, len(level), LEVEL_AT_ONCE):
                below += _read_nodes(conn, level[at:at + LEVEL_AT_ONCE], tree)
            level = below
        conn.close_session()
    return tree


def _read_nodes(conn, paths, tree):
    """Puts these into the tree, as far as they are still there; returns the paths of their children."""
    children = []
    for path in paths:
        for name in ("getData", "getACL", "getChildren"):
            conn.request(name, path)
    for path in paths:
        data, acl, names = (conn.recv_reply() for _ in range(3))
        if data.err or acl.err or names.err:
            continue
        value, stat = zkwire.decode_reply("getData", data.body)
        tree[path] = (value, stat, zkwire.decode_reply("getACL", acl.body)[0])
        prefix = b"/" if path == b"/" else path + b"/"
        children += [prefix + name for name in zkwire.decode_reply("getChildren", names.body)[0] if prefix + name != b"/zookeeper/config"]
    return children


def differences(one, other):
    """{path: (of the one, of the other)} of what is not the same in two trees."""
    return {path: (one.get(path), other.get(path)) for path in one.keys() | other.keys() if one.get(path) != other.get(path)}


def digests(port):
    """{zxid: digest} of every 128th transaction that a server has applied, by the word `hash` (3.6 and later)."""
    lines = zkwire.word(port, "hash").decode().splitlines()
    return {int(zxid, 16): int(digest) for zxid, digest in (line.split(": ") for line in lines)}


def common_digests(ports):
    """How many transactions all these servers have a digest of, which must be the same one."""
    each = [digests(port) for port in ports]
    common = set(each[0]).intersection(*each)
    for zxid in common:
        values = [seen[zxid] for seen in each]
        assert len(set(values)) == 1, "at 0x%x: %s" % (zxid, values)
    return len(common)
