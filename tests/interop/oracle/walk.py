# SPDX-License-Identifier: Apache-2.0
"""What two servers hold at the end of a run: the whole trees, field by field, and the words."""
from tests.interop.lib import txnlog, zkwire
from tests.interop.oracle import compare, logs, seedtree, values

STEP = 200


def _pipelined(conn, ops):
    """Replies to many requests at once, as (err, fields)."""
    out = []
    for at in range(0, len(ops), STEP):
        part = ops[at:at + STEP]
        for op in part:
            conn.request(*op)
        for op in part:
            reply = conn.recv_reply()
            out.append((reply.err, zkwire.decode_reply(op[0], reply.body) if reply.err == 0 else ()))
    return out


def tree(conn):
    """{path: (data answer, children answer, acl answer)} of all that can be reached."""
    out, level = {}, [b"/"]
    while level:
        ops = [(name, path) for path in level for name in ("getData", "getChildren2", "getACL")]
        answers = _pipelined(conn, ops)
        below = []
        for at, path in enumerate(level):
            triple = answers[3 * at:3 * at + 3]
            out[path] = triple
            if triple[1][0] == 0:
                below += [path.rstrip(b"/") + b"/" + child for child in triple[1][1][0]]
        level = below
    return out


def _comparable(answers, labels):
    data, children, acl = answers
    stat = compare.stat(data[1][1], labels) if data[0] == 0 else None
    return [(data[0], data[1][0] if data[0] == 0 else None, stat, children[0],
             sorted(children[1][0]) if children[0] == 0 else None,
             acl[0], compare.acl(acl[1][0]) if acl[0] == 0 else None)]


def _raw(answers):
    data = answers[0]
    return data[1] if data[0] == 0 else None


def _walk(side):
    """(what is compared of the tree, {path: (data, Stat)} or None if a node is hidden)."""
    with zkwire.open_session(side.server.port, 600000) as conn:
        side.labels.add(conn.response.session, "walker")
        for user in values.USERS:
            conn.add_auth("digest", ("%s:%s" % user).encode())
        answers = tree(conn)
        conn.close_session()
    raw = {path: _raw(triple) for path, triple in answers.items()}
    shown = {path: _comparable(triple, side.labels) for path, triple in answers.items()}
    return shown, None if None in raw.values() else raw


def compare_all(player):
    """Raises Difference where the ends differ."""
    player.step = ("end",)
    walks = [_walk(side) for side in player.sides]
    left, right = [walk[0] for walk in walks]
    player._same("paths of the tree", sorted(left), sorted(right))
    for path in sorted(left):
        player._same("node %r" % path, left[path], right[path])
    player._words(values.WORDS)
    _compare_logs(player, [walk[1] for walk in walks])


def _compare_logs(player, trees):
    folders = [side.server.data_dir / "version-2" for side in player.sides]
    txns = [txnlog.read_logs(folder) for folder in folders]
    player._same("transaction log", *[logs.comparable(log, side.labels, player.races)
                                      for log, side in zip(txns, player.sides)])
    digests = [_digest_is_right(log, nodes) for log, nodes in zip(txns, trees)]
    player._same("digest of the tree", digests, ["right" if d == "wrong" else d for d in digests])


def _digest_is_right(log, nodes):
    last = next((txn.digest for txn in reversed(log) if txn.digest is not None), None)
    if last is None or nodes is None:
        return "unknown"
    owners = {(path, nodes[path][1].czxid): owner for path, owner in seedtree.OWNERS.items()
              if path in nodes and nodes[path][1].czxid < seedtree.ZXID}
    owners.update(logs.special_owners(log))
    return "right" if last == logs.tree_digest(nodes, owners) else "wrong"
