# SPDX-License-Identifier: Apache-2.0
"""Runs of the oracle: episodes on fresh servers, the report, the replay line, shrinking.

An episode with an odd seed starts from seedtree's snapshot, the others from nothing.
"""
import argparse
import collections
import time

from tests.interop.lib import zkwire
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.oracle import rules, seedtree, shrink, walk
from tests.interop.oracle.configs import CONFIGS
from tests.interop.oracle.generate import Generator
from tests.interop.oracle.play import Difference, Player

EPISODE_OPS = 5000


class Result:
    """What some episodes came to."""

    def __init__(self):
        self.ops = 0
        self.episodes = 0
        self.explained = {}
        self.differences = []
        self.seen = collections.Counter()

    def add(self, player):
        self.ops += player.ops
        self.seen.update(player.seen)
        for rule, count in player.explained.items():
            self.explained[rule] = self.explained.get(rule, 0) + count


def make_servers(config, against, snapshot):
    """Apache ZooKeeper and the server that is compared with it, both started, on fresh folders."""
    other = PaddockServer if against == "paddock" else JavaServer
    pair = [kind(config.cfg, config.properties) for kind in (JavaServer, other)]
    try:
        for server in pair:
            if snapshot:
                seedtree.write(config, server.data_dir)
            server.launch()
        return [server.wait_ready() for server in pair]
    except BaseException:
        for server in pair:
            server.stop()
        raise


def play_once(steps, config, against, snapshot, learn=None, result=None):
    """Plays steps on fresh servers; returns (the first Difference or None, the steps played)."""
    servers = make_servers(config, against, snapshot)
    player = Player(*servers, rules)
    if snapshot:
        for side in player.sides:
            side.know_session(seedtree.SESSION_SLOT, seedtree.SESSION, "snap")
            side.know_session(seedtree.SESSION_SLOT + 1, seedtree.DEAD_SESSION, "dead")
    try:
        player.play(steps, learn or (lambda ops, replies: None))
        player.flush()
        walk.compare_all(player)
        return None, player.history
    except Difference as difference:
        return difference, player.history
    finally:
        if result is not None:
            result.add(player)
        player.close()
        for server in servers:
            server.stop()


def run(seed, ops, config, against="paddock", max_differences=1, shrink_s=120, say=print):
    """Episodes until `ops` requests have been played. Returns the Result."""
    result = Result()
    while result.ops < ops and len(result.differences) < max_differences:
        size = min(ops - result.ops, EPISODE_OPS)
        snapshot = seed % 2 == 1
        generator = Generator(seed, config, snapshot)
        difference, steps = play_once(generator.make(size), config, against, snapshot, generator.learn, result)
        result.episodes += 1
        if difference is not None:
            result.differences.append(difference)
            say(difference.describe())
            say("replay: python3 -m tests.interop.oracle --config %s --seed %d --ops %d --against %s" % (
                config.name, seed, size, against))
            if shrink_s:
                shrink.report(steps, difference, lambda trial: play_once(trial, config, against, snapshot)[0],
                              shrink_s, say)
        seed += 1
    return result


def print_coverage(seen):
    by_name = {}
    for (name, err), count in seen.items():
        by_name.setdefault(name, []).append((count, zkwire.ERRORS.get(err, err)))
    for name, counts in sorted(by_name.items()):
        print("    %-20s %s" % (name, ", ".join("%s %d" % (err, n) for n, err in sorted(counts, reverse=True))))


def main(arguments):
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ops", type=int, default=EPISODE_OPS)
    parser.add_argument("--config", choices=sorted(CONFIGS) + ["all"], default="all")
    parser.add_argument("--against", choices=("paddock", "java"), default="paddock",
                        help="java: a second Apache ZooKeeper, to test the oracle itself")
    parser.add_argument("--differences", type=int, default=1, help="stop after so many")
    parser.add_argument("--shrink", type=int, default=120, help="seconds for a smaller reproduction; 0: none")
    parser.add_argument("--coverage", action="store_true", help="which requests got which answers")
    parser.add_argument("--docs", action="store_true", help="print docs/differences.md and end")
    options = parser.parse_args(arguments)
    if options.docs:
        print(rules.document(), end="")
        return 0
    chosen = sorted(CONFIGS) if options.config == "all" else [options.config]
    failed = False
    for name in chosen:
        begin = time.monotonic()
        result = run(options.seed, options.ops // len(chosen), CONFIGS[name], options.against,
                     options.differences, options.shrink)
        print("%-10s %6d operations in %d episodes, %d unexplained differences, explained: %s, %.0f s" % (
            name, result.ops, result.episodes, len(result.differences), result.explained or "none",
            time.monotonic() - begin), flush=True)
        if options.coverage:
            print_coverage(result.seen)
        failed = failed or bool(result.differences)
    return 1 if failed else 0
