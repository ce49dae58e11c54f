# SPDX-License-Identifier: Apache-2.0
"""Leadership moves by a command, with a leader that stops, or with one that is killed, while clients of all servers write.

PADDOCK_HANDOVERS sets how many hand-overs (4), PADDOCK_FAILOVERS how many kills of the leader (4); the printed lines are the distribution
of the longest silence that any writer saw.
"""
import json
import os
import subprocess
import threading
import time

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.paddock_server import PADDOCK

HANDOVERS = int(os.environ.get("PADDOCK_HANDOVERS", "4"))
FAILOVERS = int(os.environ.get("PADDOCK_FAILOVERS", "4"))
CFG = {"tickTime": 2000, "4lw.commands.whitelist": "*,lead"}
TROUBLE = (OSError, zkwire.Closed, zkwire.NoAnswer)


class Steady:
    """Writes through one server, one after the other, on one session; comes back after an error and counts it."""

    def __init__(self, port, name):
        self.port = port
        self.root = "/%s-%x" % (name, time.monotonic_ns())
        self.done = []  # when each write was answered
        self.errors = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        conn = None
        while not self.stop.is_set():
            try:
                if conn is None:
                    conn = zkwire.open_session(self.port)
                    conn.call("create", self.root, b"")
                code = conn.call("create", "%s/%d" % (self.root, len(self.done) + len(self.errors)), b"x")[0]
                assert code == 0, code
                self.done.append(time.monotonic())
            except TROUBLE as error:
                self.errors.append((time.monotonic(), repr(error)))
                conn = None
                time.sleep(0.005)

    def gap_ms(self, since):
        """The longest time between two answers that ended after `since`."""
        times = [t for t in self.done if t >= since - 1.0]
        return max((1000 * (b - a) for a, b in zip(times, times[1:]) if b >= since), default=None)


class Load:
    def __init__(self, ensemble, numbers):
        self.writers = [Steady(ensemble.ports[number][0], "steady-%d" % number) for number in numbers]

    def __enter__(self):
        for w in self.writers:
            w.thread.start()
        self.more(20)
        return self

    def __exit__(self, *exc):
        for w in self.writers:
            w.stop.set()
        for w in self.writers:
            w.thread.join(30)

    def more(self, count, deadline_s=30.0):
        """Until each writer has been answered so many times more."""
        goals = [len(w.done) + count for w in self.writers]
        until = time.monotonic() + deadline_s
        while any(len(w.done) < goal for w, goal in zip(self.writers, goals)):
            assert time.monotonic() < until, [(len(w.done), w.errors[-2:]) for w in self.writers]
            time.sleep(0.01)


def transfer(ensemble, *args):
    servers = ",".join("127.0.0.1:%d" % port for port in ensemble.client_ports())
    done = subprocess.run([str(PADDOCK), "-s", servers, "transfer-leader", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def show(capsys, what, gaps):
    with capsys.disabled():
        gaps = sorted(gaps)
        print("\n%s, %d times: longest silence of a writer %s ms, median %.1f, worst %.1f" % (
            what, len(gaps), " ".join("%.1f" % g for g in gaps), gaps[len(gaps) // 2], gaps[-1]))


def test_clients_write_on_after_a_hand_over(capsys):
    gaps = []
    with Ensemble(["paddock"] * 3, CFG) as ensemble:
        ensemble.wait_ready()
        with Load(ensemble, ensemble.members) as load:
            for turn in range(HANDOVERS):
                before = ensemble.leader()
                since = time.monotonic()
                target = turn % 3 + 1 if turn % 3 + 1 != before else before % 3 + 1
                code, out, err = transfer(ensemble, "--to", str(target))
                assert (code, err) == (0, ""), (out, err, ensemble.logs())
                assert ensemble.leader() == target
                load.more(20)
                gaps.append(max(w.gap_ms(since) for w in load.writers))
    show(capsys, "hand-over", gaps)


def test_the_command_says_why_it_does_not():
    with Ensemble(["paddock"] * 3, CFG) as ensemble:
        leader = ensemble.wait_ready()
        code, out, err = transfer(ensemble, "--to", str(leader))
        assert code == 1 and "that server leads" in err, err
        code, out, err = transfer(ensemble, "--to", "9")
        assert code == 1 and "no synchronised voter" in err, err
        code, out, err = transfer(ensemble, "--to", "one")
        assert code == 2 and "no server id" in err, (code, err)
        code, out, err = transfer(ensemble, "--json")
        assert code == 0, err
        assert json.loads(out)["from"].endswith(":%d" % ensemble.ports[leader][0])
    with Ensemble(["paddock"] * 3, {"4lw.commands.whitelist": "*"}) as ensemble:
        ensemble.wait_ready()
        code, out, err = transfer(ensemble)
        assert code == 1 and "4lw.commands.whitelist" in err, err


def test_a_leader_that_stops_is_not_missed(capsys):
    with Ensemble(["paddock"] * 3, CFG) as ensemble:
        first = ensemble.wait_ready()
        with Load(ensemble, [n for n in ensemble.members if n != first]) as load:
            since = time.monotonic()
            assert ensemble[first].terminate() == 0
            load.more(20)
            show(capsys, "leader told to stop", [max(w.gap_ms(since) for w in load.writers)])
        assert "handed over" in ensemble[first].log_tail(100000)


def test_clients_of_others_write_on_when_the_leader_is_killed(capsys):
    gaps = []
    with Ensemble(["paddock"] * 3, CFG) as ensemble:
        ensemble.wait_ready()
        for _ in range(FAILOVERS):
            leader = ensemble.leader()
            with Load(ensemble, [n for n in ensemble.members if n != leader]) as load:
                since = time.monotonic()
                ensemble[leader].kill()
                load.more(20)
                gaps.append(max(w.gap_ms(since) for w in load.writers))
            ensemble[leader].launch()
            ensemble.wait_ready()
    show(capsys, "leader killed", gaps)
