# SPDX-License-Identifier: Apache-2.0
"""Locks and elections of Curator, kazoo and ours on the same nodes, while holders, waiters and servers are killed.

Contenders are processes that take turns for as long as they live (tests/tools/contend.c, clients/java/Contend.java,
clients/kazoo/contend.py, and `paddock lock PATH -- contend witness`). Who holds takes a lock of the file system that
nobody ever has to wait for: if it is taken, there are two holders. The log they write to shows the order of the
nodes' numbers and who had how many turns.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.interop.lib import install
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer, binary
from tests.interop.lib.server_process import scratch_folder

HERE = Path(__file__).parent
BUILD = Path(binary()).resolve().parent
SESSION_MS = 2000
TROUBLE_S = float(os.environ.get("PADDOCK_MIXED_SECONDS", 18))
HANDOVERS_MIN = 100
CALM_S = 40  # within which, when nothing is killed any more, everybody must have had a turn
SEED = int(os.environ.get("PADDOCK_SEED", 1))
KINDS = {
    # kazoo has Curator's names
    "locks": {"lib": "lock", "cli": "lock", "curator": "lock", "kazoo": "lock"},
    # kazoo's Lock as it comes, which Curator cannot see
    "kazoo's own locks": {"lib": "lock", "cli": "lock", "kazoo": "own"},
    "elections": {"lib": "latch", "cli": "latch", "curator": "latch", "kazoo": "latch"},
}
SERVERS = {"paddock": PaddockServer, "java": JavaServer}


class Contenders:
    """Processes by their names, started again when they were killed."""

    def __init__(self, programs, server, path, folder):
        self.programs = programs  # {id: command without its last arguments}
        self.path, self.folder, self.server = path, folder, server
        self.processes = {}
        self.kills = Counter()
        for who in programs:
            self.start(who)

    def start(self, who):
        command = [str(word) for word in self.programs[who]]
        self.processes[who] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=open(self.folder / "err", "ab"), start_new_session=True)

    def kill(self, who):
        os.killpg(self.processes[who].pid, signal.SIGKILL)
        self.processes[who].wait()
        self.kills[who.split("-")[0]] += 1

    def close(self):
        for who in self.processes:
            self.kill(who)


def programs_of(kinds, java, kazoo, server, path, folder):
    address = f"127.0.0.1:{server.port}"
    programs = {}
    for name, kind in kinds.items():
        for i in range(2):
            who = f"{name}-{i}"
            tail = [address, path, folder, kind, SESSION_MS, who]
            if name == "lib":
                programs[who] = [BUILD / "contend", *tail]
            elif name == "curator":
                programs[who] = [*java, "Contend", *tail]
            elif name == "kazoo":
                programs[who] = [kazoo, HERE / "clients/kazoo/contend.py", *tail]
            else:
                verb = "elect" if kind == "latch" else "lock"
                line = (f"while :; do {PADDOCK} -s {address} --timeout {SESSION_MS} {verb} {path} -- "
                        f"{BUILD / 'contend'} witness {folder} {who}; done")
                programs[who] = ["sh", "-c", line]
    return programs


def entries(folder):
    log = folder / "log"
    return [line.split(" ", 2) for line in log.read_text().splitlines()] if log.exists() else []


def last_line(folder):
    with open(folder / "log", "rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 400))
        return log.read().decode().splitlines()[-1].split(" ", 2)


def wait_for_holder(folder, limit_s=0.5):
    """Who holds just now; None when nobody does for a while."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        line = last_line(folder)
        if line[0] == "in":
            return line[1]
        time.sleep(0.0005)
    return None


def count_handovers(folder):
    turns = [line for line in entries(folder) if line[0] == "in"]
    return sum(before[1] != after[1] for before, after in zip(turns, turns[1:]))


def cause_trouble(contenders, server, dice):
    """Kills one process after the other, holders more often than chance would, and the server now and then.

    For TROUBLE_S, and on a slow machine until there were HANDOVERS_MIN hand-overs."""
    until = time.monotonic() + TROUBLE_S
    latest = until + 5 * TROUBLE_S
    server_at = [until - TROUBLE_S * share for share in (0.7, 0.3)]
    holders = 0
    while time.monotonic() < until or (count_handovers(contenders.folder) < HANDOVERS_MIN and
                                       time.monotonic() < latest):
        time.sleep(dice.uniform(0.4, 1.0))
        if server_at and time.monotonic() > server_at[0]:
            server_at.pop(0)
            server.kill()
            server.start()
            continue
        holder = wait_for_holder(contenders.folder) if dice.random() < 0.6 else None
        who = holder or dice.choice(sorted(contenders.programs))
        contenders.kill(who)
        holders += last_line(contenders.folder)[:2] == ["in", who]
        contenders.start(who)
    return holders


def wait_for_everybody(contenders):
    begun = len(entries(contenders.folder))
    until = time.monotonic() + CALM_S
    missing = set(contenders.programs)
    while missing and time.monotonic() < until:
        time.sleep(0.1)
        missing -= {line[1] for line in entries(contenders.folder)[begun:] if line[0] == "in"}
    return missing


def number_of(node):
    return int(re.search(r"(\d{10})$", node).group(1))


@pytest.fixture(scope="module")
def java():
    class_path = install.java("contend", HERE / "clients/java/pom.xml", HERE / "clients/java/Contend.java")
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", class_path]


@pytest.fixture(scope="module")
def kazoo():
    return install.venv("kazoo-recipes", "kazoo==2.11.0")


@pytest.fixture(scope="module")
def tally():
    """What all runs together have seen; printed with -s, and held against the least that is worth the name."""
    total = Counter()
    yield total
    print("\nmixed recipes:", ", ".join(f"{count} {what}" for what, count in sorted(total.items())))


@pytest.mark.parametrize("kind", sorted(SERVERS))
@pytest.mark.parametrize("mix", KINDS)
def test_never_two_holders_and_nobody_starves(mix, kind, java, kazoo, tally):
    folder = scratch_folder("mixed")
    path = "/mixed"
    try:
        with SERVERS[kind]({"tickTime": 500}) as server:
            subprocess.run([PADDOCK, "-s", f"127.0.0.1:{server.port}", "create", path], check=True,
                           capture_output=True)  # no container: numbers never begin again
            contenders = Contenders(programs_of(KINDS[mix], java, kazoo, server, path, folder), server, path, folder)
            try:
                assert wait_for_everybody(contenders) == set(), "nobody was killed yet"
                holders = cause_trouble(contenders, server, random.Random(f"{SEED} {mix} {kind}"))
                starved = wait_for_everybody(contenders)
            finally:
                contenders.close()
        log = entries(folder)
        turns = [line for line in log if line[0] == "in"]
        assert [line for line in log if line[0] == "TWO"] == []
        assert starved == set()
        numbers = [number_of(line[2]) for line in turns]
        assert all(before < after for before, after in zip(numbers, numbers[1:])), "fences must grow"
        handovers = count_handovers(folder)
        tally.update({"turns": len(turns), "hand-overs": handovers, "kills": contenders.kills.total(),
                      "kills of holders": holders, "kills of servers": 2})
        print(f"\n{mix} on {kind}: {len(turns)} turns, {handovers} hand-overs, {contenders.kills.total()} kills "
              f"({holders} of holders), 2 kills of the server; {dict(Counter(line[1] for line in turns))}")
        assert handovers >= HANDOVERS_MIN
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_enough_was_tried(tally):
    assert tally["hand-overs"] >= 1000
    assert tally["kills of holders"] >= 10
