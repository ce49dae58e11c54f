# SPDX-License-Identifier: Apache-2.0
"""Writers on an ensemble that changes under them, and what must be there afterwards.

Each writer creates numbered nodes one after the other, through one server as long as that serves, else through the next;
it notes what was acknowledged. Afterwards everything acknowledged is on every server, and all servers hold the same.
"""
import threading
import time

from tests.interop.lib import zkwire

TROUBLE = (OSError, zkwire.Closed, zkwire.NoAnswer)


class Writer:
    def __init__(self, ports, name, first):
        self.ports = list(ports)
        self.at = first % len(self.ports)
        self.root = "/" + name
        self.next = 0
        self.acknowledged = set()
        self.moves = 0
        self.longest_gap_s = 0.0

    def prepare(self):
        with zkwire.open_session(self.ports[self.at]) as conn:
            conn.call("create", self.root, b"")

    def run(self, stop):
        last = time.monotonic()
        while not stop.is_set():
            try:
                with zkwire.Conn(self.ports[self.at], deadline_s=5.0) as conn:
                    if conn.connect(timeout_ms=10000).session == 0:
                        raise zkwire.Closed()
                    while not stop.is_set():
                        self.write(conn)
                        now = time.monotonic()
                        self.longest_gap_s = max(self.longest_gap_s, now - last)
                        last = now
            except TROUBLE:
                self.moves += 1
                self.at = (self.at + 1) % len(self.ports)
                time.sleep(0.02)

    def write(self, conn):
        self.next += 1
        code = conn.call("create", "%s/%d" % (self.root, self.next), b"%d" % self.next)[0]
        if code == 0:
            self.acknowledged.add(str(self.next))


class EnsembleLoad:
    def __init__(self, ports, writers=3):
        self.writers = [Writer(ports, "w%d" % number, number) for number in range(writers)]
        self.stop_flag = threading.Event()
        self.threads = []

    def start(self):
        for writer in self.writers:
            writer.prepare()
        self.threads = [threading.Thread(target=w.run, args=(self.stop_flag,)) for w in self.writers]
        for thread in self.threads:
            thread.start()
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        self.stop_flag.set()
        for thread in self.threads:
            thread.join(30)

    def acknowledged(self):
        return sum(len(w.acknowledged) for w in self.writers)

    def progress(self, more, deadline_s=20.0):
        """Wait until `more` further writes have been acknowledged."""
        goal = self.acknowledged() + more
        until = time.monotonic() + deadline_s
        while self.acknowledged() < goal:
            assert time.monotonic() < until, "no progress: %d of %d" % (self.acknowledged(), goal)
            time.sleep(0.02)

    def check(self, ports):
        """On each server after a sync: what is missing, and where servers differ. Empty when all is well."""
        problems = []
        for w in self.writers:
            seen = []
            for port in ports:
                with zkwire.open_session(port) as conn:
                    conn.call("sync", "/")
                    names = {name.decode() for name in conn.call("getChildren", w.root)[1][0]}
                seen.append(names)
                lost = w.acknowledged - names
                if lost:
                    problems.append("port %d, %s: %d acknowledged nodes are lost, %s" % (
                        port, w.root, len(lost), sorted(lost, key=int)[:5]))
            if any(names != seen[0] for names in seen):
                problems.append("%s: servers differ: %s nodes" % (w.root, [len(names) for names in seen]))
        return problems
