# SPDX-License-Identifier: Apache-2.0
"""Chaos with real processes: ensembles under troubles and load, judged by the simulator's checkers.

    python3 -m tests.chaos.run --minutes 30                   rounds of three and five paddockd
    python3 -m tests.chaos.run --minutes 30 --mixed           Java 3.9.5 among them
    python3 -m tests.chaos.run --seed 17 --rounds 1           the round of a seed again
    python3 -m tests.chaos.run --plant lone-leader            a server that needs no quorum: must be found

A round: servers on disks and links of their own (network.py, ensemble.py), clients of our library and of kazoo through a
tap (tap.py), troubles of the round's seed (troubles.py). Then everything is healed: each server must serve and write,
each client must get answers; all members must show the same tree; killed at once and started again, the same. At last
`paddock-sim --check` judges what clients saw. What a failed round leaves is in build/chaos/SEED.
"""
import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.chaos import network, troubles
from tests.chaos.ensemble import Ensemble
from tests.chaos.tap import Tap, tap_port
from tests.interop.kazoo.suite import PACKAGES
from tests.interop.lib import install, zkwire
from tests.interop.lib.paddock_server import binary
from tests.interop.lib.server_process import ROOT

LIBRARY_CLIENTS, KAZOO_CLIENTS = 4, 2
SLACK_MS, LAG_MS = 3000, 15000
READY_S, HEALED_S, LEVEL_S, END_S = 60, 90, 60, 60
PROGRESS = 10  # writes through each server, and answers to each client, once all is healed
TRYING = (OSError, zkwire.Closed, zkwire.NoAnswer, ValueError)
# Quotas are checked against what the leader has applied when it gets round to it, which a checker cannot know here.
# A Java leader takes TTL nodes and containers that were just made anew, and does not see a setACL that is under way
# when it checks the next write: rules that it breaks by itself.
LEFT_ALONE = "/z,/zookeeper"
LEFT_ALONE_MIXED = LEFT_ALONE + ",/t,/c,/g"
COUNTED = "counted "
MAY_GO = re.compile("/[ct]/")  # containers and TTL nodes
MIXES = (("java", "paddock", "paddock"), ("java", "java", "paddock"))


class Violation(Exception):
    pass


class Round:
    def __init__(self, seed, options, folder):
        rng = random.Random(seed)
        self.seed = seed
        self.options = options
        self.folder = folder
        self.kinds = self.choose(rng)
        self.story = []
        self.troubles = Counter()
        self.transcript = folder / "transcript"
        self.kept = ROOT / "build" / "chaos" / str(seed)
        self.clients = LIBRARY_CLIENTS + (KAZOO_CLIENTS if options.kazoo else 0)
        self.begun = time.monotonic()

    def choose(self, rng):
        if self.options.mixed:
            kinds = list(rng.choice(MIXES))
            rng.shuffle(kinds)
            return kinds
        return ["paddock"] * (self.options.servers or rng.choice((3, 5)))

    def tell(self, text):
        self.story.append("%7.2f s %s" % (time.monotonic() - self.begun, text))
        if self.options.verbose:
            print(self.story[-1])

    # ---- waiting ----

    def until(self, limit_s, what, is_done):
        """Until is_done returns None; else the last reason why not is the violation."""
        end = time.monotonic() + limit_s
        while True:
            self.ensemble.tend()
            try:
                reason = is_done()
            except TRYING as e:
                reason = repr(e)
            if reason is None:
                self.tell(what)
                return
            if time.monotonic() > end:
                raise Violation("not within %d s: %s: %s" % (limit_s, what, reason))
            time.sleep(0.2)

    def all_have_roles(self):
        return None if all(map(self.ensemble.role, self.ensemble)) else "not all have"

    def all_serve(self):
        roles = {number: self.ensemble.role(number) for number in self.ensemble}
        return None if all(roles.values()) and list(roles.values()).count("leader") == 1 else "roles %s" % roles

    def all_write(self):
        for number in self.ensemble:
            self.ensemble.write_through(number, PROGRESS)

    def trees_equal(self):
        self.trees = {number: self.ensemble.tree(number) for number in self.ensemble}
        first = self.trees[1]
        for number, tree in self.trees.items():
            paths = [p for p in set(first) | set(tree) if first.get(p) != tree.get(p)]
            if paths:
                path = sorted(paths)[0]
                return "servers 1 and %d differ in %d nodes: %s: %s, %s" % (
                    number, len(paths), path, first.get(path), tree.get(path))
        return None

    # ---- the round ----

    def play(self):
        self.network = network.Network(len(self.kinds))
        extra = None
        if self.options.plant == "lone-leader":
            weights = {"weight.%d" % n: 1 if n == 1 else 0 for n in range(1, len(self.kinds) + 1)}
            extra = {1: {"group.1": ":".join(map(str, range(1, len(self.kinds) + 1))), **weights}}
        self.ensemble = Ensemble(self.kinds, self.network, self.folder, extra)
        self.tap = Tap(self.transcript, self.clients + 1, list(self.ensemble), SLACK_MS, LAG_MS)
        self.loads = []
        try:
            for number in self.ensemble:
                self.ensemble.start(number)
            self.until(READY_S, "all have roles", self.all_have_roles)
            self.start_loads()
            self.trouble()
            if not self.options.plant:  # with a planted bug there may be nothing to come together
                self.heal()
            self.stop_loads()
            self.until(LEVEL_S, "audited", self.audit)
            self.tap.flush()
            self.check()
            self.compare()
        except Violation as violation:
            self.tap.flush()
            self.keep(violation)
            raise
        finally:
            for load in self.loads:
                load.kill()
            self.tap.close()
            self.ensemble.stop()
            self.network.close()

    def keep(self, violation):
        """Puts what there is to know where it stays."""
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir(parents=True)
        for path in self.folder.iterdir():
            if path.is_file():
                shutil.copy(path, self.kept)
        (self.kept / "story").write_text("\n".join(self.story + ["VIOLATION: %s" % violation, ""]))
        self.ensemble.keep(self.kept)

    def start_loads(self):
        hosts = [",".join("127.0.0.1:%d" % tap_port(c, s) for s in self.ensemble) for c in range(self.clients)]
        without = LEFT_ALONE_MIXED if self.options.mixed else LEFT_ALONE
        commands = [[str(Path(binary()).parent / "chaos_load"), str(self.seed), without, *hosts[:LIBRARY_CLIENTS]]]
        for client in range(LIBRARY_CLIENTS, self.clients):
            commands.append([str(install.venv("kazoo-venv", *PACKAGES)), str(ROOT / "tests/chaos/kazoo_load.py"), str(self.seed), str(client),
                             hosts[client]])
        with open(self.folder / "loads.log", "w") as log:
            self.loads = [subprocess.Popen(network.WITH_US + c, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                           text=True) for c in commands]
        self.until(READY_S, "all clients work", lambda: None if min(self.answers()) > PROGRESS else self.answers())

    def answers(self):
        return self.tap.answers[:self.clients]

    def trouble(self):
        striker = troubles.Striker(self.ensemble, self.network, self.tap, self.clients)
        plan = troubles.schedule(self.seed, self.options.seconds)
        begun, ends = time.monotonic(), []
        while plan or ends:
            now = time.monotonic() - begun
            if plan and plan[0].at_s <= now:
                trouble = plan.pop(0)
                whom, undo = striker.strike(trouble)
                self.troubles[trouble.kind] += 1
                self.tell("%s: %s" % (trouble, whom))
                ends.append((now + trouble.for_s, trouble, undo))
            for end in [e for e in ends if e[0] <= now]:
                ends.remove(end)
                self.tap.trouble()
                end[2]()
                self.tell("        over: %s" % end[1].kind)
            self.ensemble.tend()
            self.look_at_loads()
            time.sleep(0.02)

    def look_at_loads(self):
        for load in self.loads:
            if load.poll() is not None:
                raise Violation("a load ended with %d: %s" % (load.returncode, (self.folder / "loads.log").read_text()))
        if self.ensemble.crashes():
            raise Violation("a server crashed: %s" % self.ensemble.crashes())

    def heal(self):
        self.tap.trouble()
        before = self.answers()
        self.until(HEALED_S, "healed: all serve", self.all_serve)
        self.until(HEALED_S, "healed: all write", self.all_write)
        self.until(HEALED_S, "healed: all clients work", lambda: None if all(
            now >= then + PROGRESS for now, then in zip(self.answers(), before)) else (before, self.answers()))
        self.look_at_loads()

    def stop_loads(self):
        for load in self.loads:
            load.stdin.close()
        for load in self.loads:
            try:
                if load.wait(END_S) != 0:
                    raise Violation("a load ended with %d" % load.returncode)
            except subprocess.TimeoutExpired:
                raise Violation("a load does not end: requests without an answer") from None
        self.outcomes = Counter()
        for load in self.loads:
            for item in load.stdout.read().split():
                name, value = item.split("=")
                self.outcomes[name] += int(value)
        self.tell("the loads have ended: %s" % dict(self.outcomes))

    def audit(self):
        """Reads every node behind a sync, through the tap: what was acknowledged must be there."""
        for number in self.ensemble:
            with zkwire.Conn(tap_port(self.clients, number), deadline_s=10.0) as conn:
                if conn.connect(timeout_ms=10000).session == 0:
                    return "server %d refuses the audit" % number
                conn.call("sync", "/")
                paths = ["/s/%s" % n for n in ("k0", "k1", "k2", "k3", "k4", "k5", "e0", "e1", "e2")]
                for parent in ("/s", "/q", "/c", "/t", "/g"):
                    code, data = conn.call("getChildren2", parent)
                    paths += ["%s/%s" % (parent, name.decode()) for name in data[0]] if code == 0 else []
                for path in paths:
                    conn.call("getData", path)
                conn.close_session()
        return None

    def compare(self):
        self.until(LEVEL_S, "trees are equal", self.trees_equal)
        before = self.trees[1]
        for number in self.ensemble:
            self.mismatches(number)
            self.ensemble.kill(number)
        for number in self.ensemble:
            self.ensemble.start(number)
        self.until(HEALED_S, "started again: all serve", self.all_serve)
        self.until(LEVEL_S, "started again: trees are equal", self.trees_equal)
        lost = [p for p in before if p not in self.trees[1] and not MAY_GO.match(p) and not before[p][1].ephemeralOwner]
        if lost:
            raise Violation("lost by a kill of all: %s" % lost[:5])

    def mismatches(self, number):
        lines = [line.split() for line in self.ensemble.word(number, "mntr").splitlines()]
        count = next((line[1] for line in lines if line and line[0] == "zk_digest_mismatches_count"), "0")
        if count != "0":
            raise Violation("server %d counts %s digest mismatches" % (number, count))

    def judge(self):
        """What the checkers say."""
        done = subprocess.run([Path(binary()).parent / "paddock-sim", "--check", self.transcript],
                              stdout=subprocess.PIPE, text=True)
        return done.stdout.strip() or "the checkers ended with %d" % done.returncode

    def check(self):
        self.verdict = self.judge()
        if not self.verdict.startswith("transcript: passed"):
            raise Violation(self.verdict)


def play(seed, options):
    """One round, in namespaces of its own. Returns what it counted, "violations" among it."""
    folder = Path(tempfile.mkdtemp(prefix="paddock-chaos-"))
    played = Round(seed, options, folder)
    print("seed %d: %s, %d clients, %d s of troubles" % (seed, " ".join(played.kinds), played.clients, options.seconds))
    violations = 0
    try:
        played.play()
        print("  %s; %s; ended by themselves: %s; %.0f s" % (
            played.verdict, ", ".join("%s %d" % item for item in sorted(played.troubles.items())),
            ", ".join("%s %d" % (kind, code) for _, kind, code in played.ensemble.endings) or "none",
            time.monotonic() - played.begun))
    except Violation as violation:
        violations = 1
        print("VIOLATION of seed %d: %s" % (seed, violation))
        print("  what clients saw: %s" % played.judge())
        print("  history, trace, logs and disks: %s" % played.kept)
        print("  again: make chaos ROUNDS=1 SEED=%d%s" % (seed, " MIXED=1" if options.mixed else ""))
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=False)
    return {"rounds": 1, "violations": violations, "answers": sum(played.tap.answers), **played.troubles,
            **getattr(played, "outcomes", {})}


def play_apart(seed, options):
    """The round in a process of its own; its last line says what it counted."""
    arguments = ["--one", "--seed", str(seed), "--seconds", str(options.seconds), "--servers", str(options.servers)]
    arguments += ["--mixed"] * options.mixed + ["--verbose"] * options.verbose
    arguments += ["--kazoo"] * options.kazoo
    arguments += ["--plant", options.plant] if options.plant else []
    command = network.isolated([sys.executable, "-u", "-m", "tests.chaos.run", *arguments])
    counted = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        for line in child.stdout:
            if line.startswith(COUNTED):
                counted = json.loads(line[len(COUNTED):])
            else:
                print(line, end="", flush=True)
    return counted or {"rounds": 1, "violations": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0, help="begin rounds for so long")
    parser.add_argument("--rounds", type=int, default=0, help="so many rounds")
    parser.add_argument("--seed", type=int, default=None, help="of the first round; the next have the next")
    parser.add_argument("--seconds", type=float, default=60, help="of troubles in a round")
    parser.add_argument("--servers", type=int, default=0, help="3 or 5; each round chooses without it")
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--kazoo", action="store_true", help="clients of kazoo, too, which is fetched once")
    parser.add_argument("--plant", choices=("lone-leader",))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int(time.time())
    if options.one:
        print(COUNTED + json.dumps(play(seed, options)))
        return 0
    end = time.monotonic() + options.minutes * 60
    totals = Counter()
    while totals["rounds"] < options.rounds or time.monotonic() < end:
        totals.update(play_apart(seed + totals["rounds"], options))
    print("chaos: %s" % ", ".join("%s %d" % item for item in sorted(totals.items())))
    return 1 if totals["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
