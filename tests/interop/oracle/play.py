# SPDX-License-Identifier: Apache-2.0
"""Plays steps against two servers at once and reports where they part.

Lock-step: a step is over when both servers have answered all of it, so what several sessions do has one
order. Events are not waited for: a server queues them before the reply to the write that fired them, so
their place among the replies of their own connection is determined, and that is what is compared.

A step is a tuple (all of it literals, so that a reproduction can be printed and read back):
  ("new", slot, timeout_ms, read_only)          a connection with a new session
  ("attach", slot, of, password, zxid)          a connection for the session last held by slot `of`;
                                                password good|bad|short|null, zxid now|zero|ahead
  ("drop", slot)                                the socket is closed, the session stays
  ("ops", slot, [op...])                        requests in one write; then all their answers
  ("fatal", slot, [op...])                      the same, then the server is to close the connection
  ("bytes", slot, data)                         raw bytes, upon which the server is to close it
  ("hello", data)                               raw bytes as the first of a connection
  ("race", [(slot, [op...])...])                bursts in flight together; only sorted results count
  ("expire", slot)                              waits until the session of the slot has timed out
  ("words", [name...])                          four-letter words
An op is (name, arguments...), or ("cut", size, op) to send only `size` bytes of its body, ("pad", bytes,
op) to append some, ("raw", type, bytes) for any body, ("xid", xid, op) for a chosen xid.
"""
import collections
import struct
import time

from tests.interop.lib import zkwire
from tests.interop.oracle import compare, words

SILENCE_S = 8.0


def encode(op, xid):
    """(name to decode the answer by, the frame)."""
    kind = op[0]
    if kind == "xid":
        return encode(op[2], op[1])
    if kind == "raw":
        return zkwire.OP_NAMES.get(op[1], "?"), zkwire.frame(struct.pack(">ii", xid, op[1]) + op[2])
    if kind in ("cut", "pad"):
        name, whole = encode(op[2], xid)
        payload = whole[4:12 + op[1]] if kind == "cut" else whole[4:] + op[1]
        return name, zkwire.frame(payload)
    xid = compare.CONTROL_XIDS.get(kind, xid)
    return kind, zkwire.frame(struct.pack(">ii", xid, zkwire.OPS[kind]) + zkwire.body(*op))


class Side:
    """One server: its connections by slot, what it knows of each slot's session, its labels."""

    def __init__(self, server):
        self.server = server
        self.labels = compare.Labels()
        self.conns = {}
        self.sessions = {}
        self.last_zxid = 0

    def know_session(self, slot, session, label):
        """A session that the server has from its files."""
        self.sessions[slot] = (session, zkwire.session_password(session))
        self.labels.add(session, label)

    def close(self):
        for conn in self.conns.values():
            conn.close()
        self.conns.clear()

    def send_ops(self, slot, ops):
        """Sends a burst; returns the names to decode the answers by."""
        conn = self.conns[slot]
        names, frames = [], []
        for op in ops:
            conn.xid += 1
            name, data = encode(op, conn.xid)
            names.append(name)
            frames.append(data)
        conn.send(b"".join(frames))
        return names

    def read(self, slot, expected):
        """Frames until every name in `expected` has its reply; ends with "closed" or "silent" if they do not come."""
        conn, out, left = self.conns[slot], [], list(expected)
        try:
            while left:
                data = conn.recv_frame(SILENCE_S)
                if data[:4] == b"\xff\xff\xff\xff" and len(data) > 16:
                    out.append(compare.event(data))
                    continue
                out.append(compare.reply(left.pop(0), data, self.labels))
                self._note_zxid(out[-1])
        except zkwire.Closed:
            out.append(("closed",))
        except zkwire.NoAnswer:
            out.append(("silent",))
        return out

    def _note_zxid(self, item):
        if item[0] != "short" and item[1] > self.last_zxid:
            self.last_zxid = item[1]

    def probe(self, slot):
        """Is the connection still open? A ping is answered, or the end is seen."""
        self.send_ops(slot, [("ping",)])
        return self.read(slot, ["ping"])

    def forget(self, slot):
        self.conns.pop(slot).close()

    def connect(self, slot, request, label):
        """Opens a connection in `slot`; it stays there only if it became a session."""
        conn = zkwire.Conn(self.server.port, deadline_s=SILENCE_S)
        conn.send_frame(request)
        try:
            data = conn.recv_frame()
            got = compare.connect_response(data, self.labels, label)
        except zkwire.Closed:
            conn.close()
            return [("closed",)]
        except zkwire.NoAnswer:
            conn.close()
            return [("silent",)]
        response = zkwire.decode_connect_response(data)
        if response.session == 0:
            end = conn.recv_all()
            conn.close()
            return [got, ("closed", end)]
        self.conns[slot] = conn
        self.sessions[slot] = (response.session, response.password)
        return [got]

    def attach_request(self, of, password, zxid):
        session, good = self.sessions[of]
        secret = {"good": good, "bad": b"\x01" * 16, "short": good[:3], "null": None}[password]
        seen = {"now": self.last_zxid, "zero": 0, "ahead": self.last_zxid + 1000}[zxid]
        return zkwire.connect_request(600000, session, secret, seen)


class Difference(Exception):
    """The two servers parted at a step."""

    def __init__(self, index, step, kind, left, right):
        super().__init__(kind)
        self.index, self.step, self.kind, self.left, self.right = index, step, kind, left, right

    def describe(self):
        where, left, right = "", self.left, self.right
        if isinstance(left, list) and isinstance(right, list):
            at = self.first_unequal()
            where = " at %d of %d and %d" % (at, len(left), len(right))
            left, right = left[at:at + 1], right[at:at + 1]
        return "step %d: %s%s\n  java    %r\n  paddock %r\n  step    %.2000r" % (
            self.index, self.kind, where, left, right, self.step)

    def first_unequal(self):
        pairs = enumerate(zip(self.left, self.right))
        return next((at for at, (one, two) in pairs if one != two), min(len(self.left), len(self.right)))


class Player:
    """Two sides in lock-step. `rules` may explain a pair of unequal answers; `explained` counts by rule."""

    def __init__(self, left, right, rules):
        self.sides = (Side(left), Side(right))
        self.rules = rules
        self.explained = {}
        self.ops = 0
        self.history = []
        self.learn = None
        self.seen = collections.Counter()
        self.closing = set()
        self.races = []
        self.index = 0
        self.step = None

    def close(self):
        for side in self.sides:
            side.close()

    def play(self, steps, learn=lambda ops, replies: None):
        """Plays steps, a list or a generator; `learn` is told what the left side answered to each burst."""
        self.learn = learn
        for self.index, self.step in enumerate(steps):
            self.history.append(self.step)
            if self._possible(self.step):
                self._play_one()

    def _play_one(self):
        try:
            getattr(self, "_" + self.step[0])(*self.step[1:])
        except (OSError, Difference):
            time.sleep(0.3)  # a server that is about to exit has gone by then
            self._check_alive()
            raise

    def _possible(self, step):
        """Steps for slots without a connection are skipped: after shrinking, or when a server closed it."""
        conns = self.sides[0].conns
        if step[0] == "race":
            return all(slot in conns for slot, _ in step[1])
        if step[0] == "attach":
            return step[2] in self.sides[0].sessions
        if step[0] == "new":
            return step[1] not in conns
        return step[0] in ("words", "hello") or step[1] in conns

    # -- steps --

    def _new(self, slot, timeout_ms, read_only):
        request = zkwire.connect_request(timeout_ms, read_only=read_only)
        label = "S%d" % self.index
        self._same("connect", *[side.connect(slot, request, label) for side in self.sides])

    def _attach(self, slot, of, password, zxid):
        owner = [s for s in self.sides[0].conns
                 if self.sides[0].sessions[s][0] == self.sides[0].sessions[of][0]]
        if slot in self.sides[0].conns and slot not in owner:
            return
        kept = [{s: side.conns.pop(s) for s in owner} for side in self.sides]
        got = [side.connect(slot, side.attach_request(of, password, zxid), None) for side in self.sides]
        self._same("attach", *got)
        for side, conns in zip(self.sides, kept):
            side.displaced = conns
        if zxid == "ahead":
            self._restore_displaced()
        else:
            self._same("displaced connection", *[self._read_end(side) for side in self.sides])

    def _restore_displaced(self):
        for side in self.sides:
            side.conns.update(side.displaced)

    def _read_end(self, side):
        out = []
        for slot, conn in sorted(side.displaced.items()):
            try:
                while True:
                    out.append(compare.event(conn.recv_frame(SILENCE_S)))
            except zkwire.Closed:
                out.append(("closed", slot))
            except zkwire.NoAnswer:
                out.append(("open", slot))
            conn.close()
        return out

    def _drop(self, slot):
        for side in self.sides:
            side.forget(slot)

    def _ops(self, slot, ops):
        names = [side.send_ops(slot, ops) for side in self.sides][0]
        self.ops += len(ops)
        got = [side.read(slot, names) for side in self.sides]
        if names[-1] == "closeSession" and got[0][-1][0] != "closed":
            self._note_closing(got)
        self._same("answers", *got)
        replies = [item for item in got[0] if item[0] != "event" and len(item) > 2]
        self._count(names, got[0], replies)
        self.learn(ops, replies)
        if names[-1] == "closeSession" or got[0][-1][0] == "closed":
            self._end_of(slot)
        elif got[0][-1][0] == "silent":
            self._drop(slot)

    def _note_closing(self, got):
        self.closing.add(got[0][-1][1])

    def _end_of(self, slot):
        self._same("end of connection", *[self._rest(side, slot) for side in self.sides])

    def _rest(self, side, slot):
        try:
            rest = side.conns[slot].recv_all(SILENCE_S)
        except zkwire.NoAnswer:
            rest = "still open"
        side.forget(slot)
        return rest

    def _fatal(self, slot, ops):
        self._probe(slot)  # a server that closes need not send what is still queued
        self._ops(slot, ops)
        if slot in self.sides[0].conns:
            self._end_of(slot)

    def _probe(self, slot):
        got = [side.probe(slot) for side in self.sides]
        self._same("still open", *got)
        if got[0][-1][0] == "closed":
            self._drop(slot)

    def _bytes(self, slot, data):
        self._probe(slot)
        for side in self.sides:
            side.conns[slot].send(data)
        self.ops += 1
        self._end_of(slot)

    def _hello(self, data):
        self.ops += 1
        self._same("first bytes", *[self._say_hello(side, data) for side in self.sides])

    def _say_hello(self, side, data):
        with zkwire.Conn(side.server.port) as conn:
            conn.send(data)
            try:
                return compare.connect_response(conn.recv_frame(SILENCE_S), side.labels, "H%d" % self.index)
            except zkwire.Closed:
                return "closed"
            except (zkwire.NoAnswer, ValueError) as other:
                return type(other).__name__

    def _race(self, bursts):
        names, before = [], self.sides[0].last_zxid
        for side in self.sides:
            names = [side.send_ops(slot, ops) for slot, ops in bursts]
        self.ops += sum(len(ops) for _, ops in bursts)
        got = []
        for side in self.sides:
            frames = [side.read(slot, expected) for (slot, _), expected in zip(bursts, names)]
            frames += [side.probe(slot) for slot, _ in bursts]
            got.append(self._order_free(frames))
        self.races.append((before, self.sides[0].last_zxid))
        self._same("race", *got)

    @staticmethod
    def _order_free(frames):
        """What of a race must not depend on who won: errors, versions, names; and which zxids were used."""
        facts, zxids = [], []
        for item in (item for burst in frames for item in burst):
            if item[0] != "event" and len(item) > 2:
                zxids.append(item[1])
                item = item[2:]
            facts.append(compare.without_zxids(item))
        return sorted(facts, key=repr), max(zxids, default=0)

    def _expire(self, slot):
        """Both servers end the session in their own time; one transaction, then the connection ends."""
        before = self.sides[0].last_zxid
        self.closing.add(before + 1)
        self._end_of_silent(slot)
        others = sorted(self.sides[0].conns)
        if others:
            self._same("zxid after expiry", *[self._zxid_above(side, others[0], before) for side in self.sides])

    def _end_of_silent(self, slot):
        ends = []
        for side in self.sides:
            side.displaced = {slot: side.conns.pop(slot)}
            ends.append(self._read_end(side))
        self._same("expired connection", *ends)

    @staticmethod
    def _zxid_above(side, slot, before):
        until, out = time.monotonic() + SILENCE_S, []
        while time.monotonic() < until and side.last_zxid <= before:
            out = side.probe(slot)
        return out

    def _words(self, names_):
        for name in names_:
            until = time.monotonic() + 3.0
            while True:
                got = [words.facts(name, side.server.port, side.labels) for side in self.sides]
                if got[0] == got[1] or time.monotonic() > until:
                    break
                time.sleep(0.02)
            self.ops += 1
            self._same("word " + name, *got)

    # -- comparing --

    def _check_alive(self):
        """Both servers must survive everything; a death is a difference even if both die."""
        dead = [not side.server.is_running() for side in self.sides]
        if any(dead):
            logs = [side.server.log_tail().rpartition("Severe")[2][:900] if gone else "alive"
                    for side, gone in zip(self.sides, dead)]
            raise Difference(self.index, self.step, "a server died", *logs)

    def _count(self, names, frames, replies):
        """Which requests were answered with which code, to see what a run has covered."""
        for name, item in zip(names, replies):
            err = item[2]
            if name in ("multi", "multiRead") and err == 0 and len(item) > 3:
                err = next((result[1] for result in item[3] if result[1] not in (0, -2)), 0)
            self.seen[name, err] += 1
        self.seen["event", 0] += sum(item[0] == "event" for item in frames)

    def _same(self, kind, left, right):
        if left == right:
            return
        if isinstance(left, list) and isinstance(right, list):
            left = compare.sort_closing(left, self.closing)
            right = compare.sort_closing(right, self.closing)
            if left == right:
                return
        names, left, right = self.rules.explain(left, right)
        if left != right:
            raise Difference(self.index, self.step, kind, left, right)
        for name in names:
            self.explained[name] = self.explained.get(name, 0) + 1

    def flush(self):
        """Reads what is still queued on every connection."""
        self.step = ("flush",)
        for slot in sorted(self.sides[0].conns):
            self._probe(slot)
