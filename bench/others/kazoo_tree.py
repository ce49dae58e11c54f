# SPDX-License-Identifier: Apache-2.0
"""Export and import of a subtree with kazoo, as fast as it goes: asynchronous calls, 256 under way.

kazoo_tree.py export|import HOST:PORT PATH FILE
"""
import base64
import collections
import json
import sys

from kazoo.client import KazooClient
from kazoo.security import ACL, Id

WINDOW = 256


def export(zk, root, out):
    """Depth first: data, ACL and children of every node, each node's line when all three are there."""
    waiting, todo = collections.deque(), [root]
    while todo or waiting:
        while todo and len(waiting) < WINDOW:
            path = todo.pop()
            waiting.append((path, zk.get_async(path), zk.get_acls_async(path), zk.get_children_async(path)))
        path, data, acls, children = waiting.popleft()
        value, stat = data.get()
        entries = [[acl.perms, acl.id.scheme, acl.id.id] for acl in acls.get()[0]]
        out.write(json.dumps({"path": path[len(root):], "data": base64.b64encode(value or b"").decode(),
                              "acl": entries, "version": stat.version}) + "\n")
        todo.extend(path + "/" + name for name in sorted(children.get(), reverse=True))


def load(zk, root, lines):
    """Parents come first in the file, and kazoo sends in order."""
    waiting = collections.deque()
    for line in lines:
        node = json.loads(line)
        acl = [ACL(perms, Id(scheme, name)) for perms, scheme, name in node["acl"]]
        waiting.append(zk.create_async(root + node["path"], base64.b64decode(node["data"]), acl=acl))
        if len(waiting) >= WINDOW:
            waiting.popleft().get()
    for answer in waiting:
        answer.get()


def main():
    what, server, root, file = sys.argv[1:]
    zk = KazooClient(hosts=server, timeout=30)
    zk.start()
    if what == "export":
        with open(file, "w") as out:
            export(zk, root, out)
    else:
        with open(file) as lines:
            load(zk, root, lines)
    zk.stop()


if __name__ == "__main__":
    main()
