# SPDX-License-Identifier: Apache-2.0
"""Load whose outcome can be checked after the server died under it.

Each writer has a session and a parent node of its own. It keeps a window of requests unanswered and
notes what the server acknowledged:

    created   names of nodes whose create was answered with OK
    counter   the largest value that a setData of the writer's counter was answered with OK for
    pairs     numbers n for which a multi {create a-n, create b-n} was answered with OK

`check` compares that with a server that came back: everything acknowledged is there, and of a pair
there are both halves or none.
"""
import random
import struct
import threading

from tests.interop.lib import zkwire

WINDOW = 32  # requests unanswered per session


class Writer:
    def __init__(self, port, name, rng):
        self.port = port
        self.root = "/" + name
        self.rng = rng
        self.next = 0
        self.created = set()
        self.counter = 0
        self.pairs = set()
        self.waiting = {}
        self.acknowledged = 0

    def prepare(self):
        with zkwire.open_session(self.port) as conn:
            for path in (self.root, self.root + "/n", self.root + "/p", self.root + "/c"):
                conn.call("create", path, b"0")

    def run(self, stop):
        """Until the server is gone or `stop` is set."""
        try:
            with zkwire.open_session(self.port, timeout_ms=10000) as conn:
                self.waiting.clear()
                while not stop.is_set():
                    while len(self.waiting) < WINDOW:
                        self.ask(conn)
                    self.take(conn.recv_reply())
                while self.waiting:
                    self.take(conn.recv_reply())
        except (zkwire.Closed, zkwire.NoAnswer, OSError):
            pass

    def ask(self, conn):
        self.next += 1
        n = self.next
        kind = self.rng.randrange(3)
        if kind == 0:
            xid = conn.request("create", "%s/n/%d" % (self.root, n), b"x" * self.rng.randrange(2000))
        elif kind == 1:
            xid = conn.request("setData", self.root + "/c", str(n).encode(), -1)
        else:
            xid = conn.request("multi", *[("create", "%s/p/%s-%d" % (self.root, half, n)) for half in "ab"])
        self.waiting[xid] = (kind, n)

    def take(self, reply):
        kind, n = self.waiting.pop(reply.xid)
        if reply.err != 0:
            return
        self.acknowledged += 1
        if kind == 0:
            self.created.add(str(n))
        elif kind == 1:
            self.counter = max(self.counter, n)
        else:
            assert struct.unpack_from(">i", reply.body)[0] == 1, "a pair failed: %r" % reply.body
            self.pairs.add(str(n))

    def check(self, conn):
        """Problems found, as texts."""
        problems = []
        names = set(children(conn, self.root + "/n"))
        for lost in self.created - names:
            problems.append("lost: %s/n/%s" % (self.root, lost))
        err, fields = conn.call("getData", self.root + "/c")
        if err != 0 or int(fields[0]) < self.counter:
            problems.append("lost: counter of %s is %r, %d was acknowledged" % (self.root, fields[:1], self.counter))
        halves = {"a": set(), "b": set()}
        for name in children(conn, self.root + "/p"):
            halves[name[0]].add(name[2:])
        for half in halves["a"] ^ halves["b"]:
            problems.append("half of a multi: %s/p/%s" % (self.root, half))
        for lost in self.pairs - halves["a"]:
            problems.append("lost: pair %s/p/%s" % (self.root, lost))
        return problems


def children(conn, path):
    err, fields = conn.call("getChildren", path)
    assert err == 0, "getChildren %s: %d" % (path, err)
    return [name.decode() for name in fields[0]]


class Load:
    """Writers side by side on one server."""

    def __init__(self, port, writers, seed):
        rng = random.Random(seed)
        self.writers = [Writer(port, "w%d" % i, random.Random(rng.random())) for i in range(writers)]
        self.threads = []
        self.stop = threading.Event()

    def prepare(self):
        for writer in self.writers:
            writer.prepare()

    def start(self):
        self.stop.clear()
        self.threads = [threading.Thread(target=w.run, args=(self.stop,), daemon=True) for w in self.writers]
        for thread in self.threads:
            thread.start()

    def join(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive(), "a writer hangs"

    def check(self, port):
        with zkwire.open_session(port) as conn:
            return [problem for writer in self.writers for problem in writer.check(conn)]

    def acknowledged(self):
        return sum(writer.acknowledged for writer in self.writers)
