# SPDX-License-Identifier: Apache-2.0
"""Writers on an ensemble that changes under them, and what must be there afterwards.

Each writer keeps one session, through one server as long as that serves, else through the next, with its watch set again. In it
it creates numbered nodes one after the other, deletes some, and notes what was acknowledged; it holds an ephemeral node, and it watches a node
that is changed now and then, the bell. Afterwards everything acknowledged is on every server, no session was lost, each ephemeral
is the one that was made, and all servers hold the same.
"""
import threading
import time

from tests.interop.lib import zkwire

TROUBLE = (OSError, zkwire.Closed, zkwire.NoAnswer)
NODE_DATA_CHANGED = 3


class Writer:
    def __init__(self, ports, root, first, bell, pause_s):
        self.ports = list(ports)
        self.at = first % len(self.ports)
        self.root = root
        self.bell = bell
        self.pause_s = pause_s
        self.session = 0
        self.seen_zxid = 0
        self.next = 0
        self.writes = 0
        self.acknowledged = set()  # nodes that must be there
        self.deleted = set()
        self.moves = 0
        self.sessions_lost = 0
        self.xid = 0  # goes on over reconnects: learners know answers by session and xid
        self.rings = 0
        self.must_look = True
        self.seen_bell = None
        self.longest_gap_s = 0.0
        self.acknowledged_at = None
        self.failure = None

    def prepare(self):
        with self.connect() as conn:
            assert conn.call("create", self.root, b"")[0] == 0
            code, fields = conn.call("create2", self.root + "-lives", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
            assert code == 0
            self.ephemeral = fields[1]
            self.look(conn)
            self.xid = conn.xid

    def connect(self):
        """A connection with the one session, its watch set; Closed when this server does not take it."""
        conn = zkwire.Conn(self.ports[self.at], deadline_s=5.0)
        try:
            password = zkwire.session_password(self.session) if self.session else b"\0" * 16
            response = conn.connect(30000, self.session, password, self.seen_zxid)
            if response.session == 0 and self.session:
                self.sessions_lost += 1
            self.session = response.session
            if self.session == 0:
                raise zkwire.Closed()
            conn.xid = self.xid
            if self.seen_bell is not None:
                conn.request("setWatches", self.seen_zxid, [self.bell], [], [], xid=zkwire.XID_SET_WATCHES)
                assert conn.recv_reply().err == 0
            return conn
        except BaseException:
            conn.close()
            raise

    def look(self, conn):
        code, fields = conn.call("getData", self.bell, True)
        assert code == 0, code
        self.seen_bell = fields[0]
        self.must_look = False

    def end(self, ports):
        """Close the session; whether its ephemeral is gone from all servers then."""
        with self.connect() as conn:
            conn.close_session()
        left = []
        for port in ports:
            with zkwire.open_session(port) as conn:
                conn.call("sync", "/")
                left.append(conn.call("exists", self.root + "-lives")[0] != zkwire.NO_NODE)
                conn.close_session()
        return not any(left)

    def run(self, stop):
        while not stop.is_set():
            try:
                with self.connect() as conn:
                    self.work(conn, stop)
            except TROUBLE:
                self.moves += 1
                self.at = (self.at + 1) % len(self.ports)
                time.sleep(0.02)
            except Exception as error:  # an answer that nobody may give
                self.failure = repr(error)
                raise

    def work(self, conn, stop):
        try:
            while not stop.is_set():
                self.listen(conn)
                self.write(conn)
                time.sleep(self.pause_s)
        finally:
            self.xid = conn.xid

    def write(self, conn):
        """The next node, alone or by a multi; now and then an older one goes with it."""
        self.next += 1
        path = "%s/%d" % (self.root, self.next)
        parts = [("create", path, b"%d" % self.next)]
        old = str(self.next - 3)
        if self.next % 5 == 0:
            parts.append(("setData", self.root, b"%d" % self.next))
        if self.next % 5 == 1 and old in self.acknowledged:
            parts.append(("delete", "%s/%s" % (self.root, old)))
            self.acknowledged.remove(old)
        xid = conn.request("multi", *parts) if len(parts) > 1 else conn.request(*parts[0])
        reply = conn.recv_reply()
        assert reply.xid == xid, reply
        if reply.err == 0:
            self.count(parts, old)
        self.seen_zxid = reply.zxid

    def count(self, parts, old):
        now = time.monotonic()
        self.longest_gap_s = max(self.longest_gap_s, now - (self.acknowledged_at or now))
        self.acknowledged_at = now
        self.writes += 1
        self.acknowledged.add(str(self.next))
        if parts[-1][0] == "delete":
            self.deleted.add(old)

    def listen(self, conn):
        while conn.events:
            event = conn.events.pop()
            assert (event.type, event.path) == (NODE_DATA_CHANGED, self.bell.encode()), event
            self.rings += 1
            self.must_look = True
        if self.must_look:
            self.look(conn)


class EnsembleLoad:
    def __init__(self, ports, writers=3, pause_s=0.0, name="/w"):
        self.bell = name + "-bell"
        self.writers = [Writer(ports, name + str(number), number, self.bell, pause_s) for number in range(writers)]
        self.ports = ports
        self.stop_flag = threading.Event()
        self.threads = []
        self.rung = 0
        self.missing = 0  # of what was acknowledged, on any server

    def start(self):
        with zkwire.open_session(self.ports[0]) as conn:
            assert conn.call("create", self.bell, b"0")[0] == 0
            conn.close_session()
        for writer in self.writers:
            with zkwire.open_session(self.ports[writer.at]) as conn:
                conn.call("sync", "/")
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
        return sum(w.writes for w in self.writers)

    def ring(self, port, deadline_s=120.0):
        """Change the bell through this server; returns when every writer has been told and has read it."""
        self.rung += 1
        value = b"%d" % self.rung
        with zkwire.open_session(port) as conn:
            assert conn.call("setData", self.bell, value)[0] == 0
            conn.close_session()
        until = time.monotonic() + deadline_s
        while any(writer.seen_bell != value for writer in self.writers):
            assert time.monotonic() < until, "not told: %s" % [writer.seen_bell for writer in self.writers]
            time.sleep(0.01)

    def progress(self, more, deadline_s=120.0):
        """Wait until `more` further writes have been acknowledged, some to each writer."""
        goals = [(writer, writer.writes + more // len(self.writers)) for writer in self.writers]
        until = time.monotonic() + deadline_s
        while any(writer.writes < goal for writer, goal in goals):
            assert time.monotonic() < until, "no progress: %s" % [(w.writes, goal) for w, goal in goals]
            time.sleep(0.01)

    def sessions_lost(self):
        return sum(writer.sessions_lost for writer in self.writers)

    def longest_gap_s(self):
        return max(writer.longest_gap_s for writer in self.writers)

    def check(self, ports):
        """On each server after a sync: what is missing, and where servers differ. Empty when all is well. Ends the sessions."""
        problems = [writer.failure for writer in self.writers if writer.failure]
        if self.sessions_lost():
            problems.append("%d sessions were lost" % self.sessions_lost())
        for writer in self.writers:
            seen = []
            for port in ports:
                with zkwire.open_session(port) as conn:
                    conn.call("sync", "/")
                    names = {name.decode() for name in conn.call("getChildren", writer.root)[1][0]}
                    lives = conn.call("exists", writer.root + "-lives")
                    conn.close_session()
                seen.append(names)
                lost = writer.acknowledged - names
                self.missing += len(lost)
                if lost:
                    problems.append("port %d, %s: %d acknowledged nodes are lost, %s" % (
                        port, writer.root, len(lost), sorted(lost, key=int)[:5]))
                if writer.deleted & names:
                    problems.append("port %d, %s: deleted and still there: %s" % (port, writer.root, writer.deleted & names))
                if lives != (0, (writer.ephemeral,)):
                    problems.append("port %d, %s: the ephemeral is %s" % (port, writer.root, lives))
            if any(names != seen[0] for names in seen):
                problems.append("%s: servers differ: %s nodes" % (writer.root, [len(names) for names in seen]))
            if not writer.end(ports):
                problems.append("%s: the session was closed and the ephemeral is still there" % writer.root)
        return problems
