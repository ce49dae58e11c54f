# SPDX-License-Identifier: Apache-2.0
"""What two servers hold at the end of a run: the whole trees, field by field, and the words."""
from tests.interop.lib import zkwire
from tests.interop.oracle import compare, values

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
    return (data[0], data[1][0] if data[0] == 0 else None, stat, children[0],
            sorted(children[1][0]) if children[0] == 0 else None,
            acl[0], compare.acl(acl[1][0]) if acl[0] == 0 else None)


def compare_all(player):
    """Raises Difference where the ends differ."""
    player.step = ("end",)
    trees = []
    for side in player.sides:
        with zkwire.open_session(side.server.port, 600000) as conn:
            side.labels.add(conn.response.session, "walker")
            for user in values.USERS:
                conn.add_auth("digest", ("%s:%s" % user).encode())
            trees.append({path: _comparable(answers, side.labels) for path, answers in tree(conn).items()})
            conn.close_session()
    player._same("paths of the tree", sorted(trees[0]), sorted(trees[1]))
    for path in sorted(trees[0]):
        player._same("node %r" % path, trees[0][path], trees[1][path])
    player._words(values.WORDS)
