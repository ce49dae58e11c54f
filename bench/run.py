#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Paddock beside Apache ZooKeeper 3.9.5 and beside this machine's limits, in one run.

Both servers get the same zoo.cfg, the same disk and the same load, in alternation: each round measures each row
on each server, so that a change of the machine's mood meets all of them. See docs/benchmarks.md.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import ensemble, report, rows  # noqa: E402
from bench.servers import KINDS, Bench, rss_kib, snapshots, wait_quiet  # noqa: E402

ZNODES = 1000000
# So low that one snapshot of a million znodes follows the other while the mix runs.
SNAP_COUNT = 10000


class Run:
    """What was measured: values[row][kind] is a list with one entry for each round."""

    def __init__(self, options):
        self.options = options
        self.bench = Bench(options.build, ROOT / "build" / "bench" / "servers")
        self.values = {}
        self.cost = {}  # row -> list of (CPU of the generator, CPU of paddockd), in cores
        self.cpu = {}   # row -> kind -> list of the servers' seconds of CPU for 100,000 answers
        self.facts = {}
        self.failures = []
        self.begun = time.monotonic()

    def wants(self, *some):
        return any(row.key in self.options.rows for row in some)

    def note(self, row, kind, value):
        if self.wants(row):
            self.values.setdefault(row.key, {}).setdefault(kind, []).append(value)

    def note_all(self, row, kind, values):
        for value in values:
            self.note(row, kind, value)

    def note_cost(self, row, kind, result):
        """What a run of the generator cost both sides."""
        if not self.wants(row) or result["answers"] == 0:
            return
        if kind == "paddock":
            cores = [result["load_cpu_s"] / result["seconds"], result["server_cpu_s"] / result["seconds"]]
            self.cost.setdefault(row.key, []).append(cores)
        cpu = result["server_cpu_s"] / result["answers"] * 1e5
        self.cpu.setdefault(row.key, {}).setdefault(kind, []).append(cpu)

    def fact(self, name, kind, value):
        self.facts.setdefault(name, {}).setdefault(kind, []).append(round(value, 1))

    def progress(self, text):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K%4.0f s  %s" % (time.monotonic() - self.begun, text))
            sys.stderr.flush()

    def warm_up(self, server):
        """Let the caches fill, and Java's compiler see every path, before it counts."""
        seconds = self.options.jit_seconds if server.kind == "java" else 2
        for mode, outstanding in (("write", 16), ("read", 16), ("read", 1), ("write", 1)):
            self.bench.load(server, mode, outstanding=outstanding, warmup=0, seconds=seconds / 4)

    def order(self, round_number, kinds):
        """Another one begins in each round."""
        shift = round_number % len(kinds)
        return kinds[shift:] + kinds[:shift]


def scaled(row, value):
    return value / 1000 if row.unit == "k/s" else value


def measure_flow(run, row, server, window):
    options = {k: v for k, v in row.load.items() if k != "mode"}
    result = run.bench.load(server, row.load["mode"], **window, **options)
    run.note(row, server.kind, scaled(row, result[row.value]))
    run.note_cost(row, server.kind, result)


def flows(run):
    """All rows of rows.FLOWS on servers that live for one round."""
    wanted = [row for row in rows.FLOWS if run.wants(row)]
    kinds = KINDS + tuple(sorted({kind for row in wanted for kind in row.limits}))
    window = {"warmup": 1, "seconds": run.options.seconds}
    for number in range(run.options.rounds if wanted else 0):
        servers = {kind: run.bench.start(kind)[0] for kind in kinds}
        run.progress("round %d: warming up" % (number + 1))
        for kind in KINDS:
            run.warm_up(servers[kind])
        for row in wanted:
            for kind in run.order(number, KINDS + row.limits):
                run.progress("round %d: %s: %s" % (number + 1, row.title, kind))
                measure_flow(run, row, servers[kind], window)
        run.bench.end_all()


def creates(run):
    """On servers of their own, so that no other row carries the nodes that this one leaves."""
    window = {"warmup": 1, "seconds": min(run.options.seconds, 4), "tag": "c"}
    for number in range(run.options.rounds if run.wants(rows.CREATE) else 0):
        for kind in run.order(number, KINDS + rows.CREATE.limits):
            run.progress("round %d: %s: %s" % (number + 1, rows.CREATE.title, kind))
            server, _ = run.bench.start(kind)
            if kind in KINDS:
                run.warm_up(server)
            measure_flow(run, rows.CREATE, server, window)
            run.bench.end(server)


def starts(run):
    for number in range(run.options.starts if run.wants(rows.START, rows.START_MEMORY) else 0):
        for kind in run.order(number, KINDS):
            run.progress("start %d: %s" % (number + 1, kind))
            server, seconds = run.bench.start(kind)
            run.note(rows.START, kind, seconds * 1e3)
            time.sleep(1)
            run.note(rows.START_MEMORY, kind, rss_kib(server) / 1024)
            run.bench.end(server)


def idle(run):
    for number in range(run.options.rounds if run.wants(rows.IDLE_CPU, rows.IDLE_MEMORY) else 0):
        for kind in run.order(number, KINDS):
            run.progress("idle sessions, round %d: %s" % (number + 1, kind))
            server, _ = run.bench.start(kind)
            run.bench.load(server, "read", warmup=0, seconds=1)
            wait_quiet(server)
            before = rss_kib(server)
            count = run.options.idle_sessions
            result = run.bench.load(server, "idle", sessions=count, warmup=4, seconds=8)
            run.note(rows.IDLE_CPU, kind, 100 * result["server_cpu_s"] / result["seconds"])
            run.note(rows.IDLE_MEMORY, kind, (result["server_rss_kib"] - before) / count)
            run.bench.end(server)


def measure_under_snapshots(run, kind, data, number):
    run.progress("mix while snapshots are written, round %d: %s" % (number + 1, kind))
    server, _ = run.bench.start(kind, cfg={"snapCount": SNAP_COUNT}, data=data)
    run.bench.load(server, "mixed", warmup=0, seconds=run.options.jit_seconds)
    before = snapshots(server)
    result = run.bench.load(server, "mixed", warmup=1, seconds=2 * run.options.seconds)
    made = len(snapshots(server) - before)
    run.fact("snapshots in the window", kind, made)
    run.note(rows.SNAP_P999, kind, result["p999_us"] / 1e3)
    run.note(rows.SNAP_SILENCE, kind, result["silence_ms"])
    run.bench.end(server)


def build_million(run, kind):
    """A server with a million znodes, measured and killed. Returns it; its dataDir stays."""
    run.progress("1,000,000 znodes: %s" % kind)
    server, _ = run.bench.start(kind)
    result = run.bench.load(server, "create", count=ZNODES, value=100, outstanding=16)
    run.fact("1,000,000 creates, k/s", kind, result["per_second"] / 1e3)
    wait_quiet(server)
    run.note(rows.MILLION_MEMORY, kind, rss_kib(server) / 1024)
    run.bench.end(server, keep_files=True)
    return server


def millions(run):
    if not run.wants(rows.MILLION_MEMORY, rows.RECOVERY, rows.SNAP_P999, rows.SNAP_SILENCE):
        return
    built = {kind: build_million(run, kind) for kind in KINDS}
    for number in range(run.options.rounds if run.wants(rows.RECOVERY) else 0):
        for kind in run.order(number, KINDS):
            run.progress("recovery, round %d: %s" % (number + 1, kind))
            server, seconds = run.bench.start(kind, data=built[kind].data_dir)
            run.note(rows.RECOVERY, kind, seconds)
            run.bench.end(server)
    for number in range(run.options.rounds if run.wants(rows.SNAP_P999, rows.SNAP_SILENCE) else 0):
        for kind in run.order(number, KINDS):
            measure_under_snapshots(run, kind, built[kind].data_dir, number)


def machine():
    java = subprocess.run(["java", "-version"], stderr=subprocess.PIPE, text=True, check=True)
    return {"kernel": platform.release(), "cores": os.cpu_count(), "load before": os.getloadavg()[0],
            "java": java.stderr.splitlines()[0], "date": time.strftime("%Y-%m-%d")}


def parse():
    alone, together = [row.key for row in rows.ROWS], [row.key for row in rows.ENS_ROWS]
    keys = alone + together
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=ROOT / "build" / "release", type=Path,
                        help="folder with paddockd, bench_load, bench_limit")
    parser.add_argument("--rows", default=keys, type=lambda text: text.split(","),
                        help="some of: " + " ".join(keys))
    parser.add_argument("--standalone", dest="rows", action="store_const", const=alone, help="the rows of one server")
    parser.add_argument("--ensemble", dest="rows", action="store_const", const=together, help="the rows of three servers")
    parser.add_argument("--kills", default=50, type=int, help="of a leading paddockd")
    parser.add_argument("--java-kills", default=5, type=int)
    parser.add_argument("--handovers", default=10, type=int)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--starts", default=7, type=int, help="rounds of the start rows")
    parser.add_argument("--seconds", default=4.0, type=float, help="of one window")
    parser.add_argument("--jit-seconds", default=10.0, type=float, help="of load before a server counts")
    parser.add_argument("--idle-sessions", default=5000, type=int)
    parser.add_argument("--chart", action="store_true", help="also write build/bench/result.svg")
    options = parser.parse_args()
    unknown = set(options.rows) - set(keys)
    if unknown:
        parser.error("no such row: " + " ".join(sorted(unknown)))
    return options


def main():
    options = parse()
    run = Run(options)
    facts = machine()
    try:
        for phase in (starts, flows, creates, idle, millions, *ensemble.PHASES):
            try:
                phase(run)
            except (RuntimeError, subprocess.TimeoutExpired) as e:  # the others are still worth having
                run.failures.append("%s.%s: %s" % (phase.__module__, phase.__name__, e))
                run.bench.end_all()
    finally:
        run.bench.end_all()
        run.progress("")
    result = {"machine": facts, "seconds": options.seconds, "rounds": options.rounds,
              "values": run.values, "cost": run.cost, "cpu": run.cpu, "facts": run.facts}
    folder = ROOT / "build" / "bench"
    (folder / "result.json").write_text(json.dumps(result, indent=1))
    print(report.tables(result))
    if options.chart:
        (folder / "result.svg").write_text(report.chart(result))
    for failure in run.failures:
        print("FAILED " + failure, file=sys.stderr)
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
