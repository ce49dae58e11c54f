# SPDX-License-Identifier: Apache-2.0
"""The rows of three servers: three of Paddock's beside three of Apache's, in alternation."""
import subprocess
import threading

from bench import rows
from bench.servers import KINDS, rss_kib, wait_quiet

ZNODES = 1000000


def scaled(row, value):
    return value / 1000 if row.unit == "k/s" else value


def measure_flow(run, row, trio):
    options = {k: v for k, v in row.load.items() if k != "mode"}
    result = run.bench.load(trio, row.load["mode"], warmup=1, seconds=run.options.seconds, **options)
    run.note(row, trio.kind, scaled(row, result[row.value]))
    run.note_cost(row, trio.kind, result)


def flows(run):
    wanted = [row for row in rows.ENS_FLOWS if run.wants(row)]
    for number in range(run.options.rounds if wanted else 0):
        trios = {kind: run.bench.start(kind, members=3)[0] for kind in KINDS}
        for trio in trios.values():
            run.progress("ensemble, round %d: warming up %s" % (number + 1, trio.kind))
            trio.wait_ready()
            run.warm_up(trio)
        for row in wanted:
            for kind in run.order(number, KINDS):
                run.progress("ensemble, round %d: %s: %s" % (number + 1, row.title, kind))
                try:
                    measure_flow(run, row, trios[kind])
                except RuntimeError as e:  # the other rows are still worth having
                    run.failures.append("%s, round %d: %s" % (row.key, number + 1, e))
        run.bench.end_all()


def starts(run):
    for number in range(run.options.starts if run.wants(rows.ENS_START) else 0):
        for kind in run.order(number, KINDS):
            run.progress("ensemble, start %d: %s" % (number + 1, kind))
            trio, seconds = run.bench.start(kind, members=3)
            run.note(rows.ENS_START, kind, seconds * 1e3)
            run.bench.end(trio)


def kill_leader(run, trio):
    """One kill under load; the member is whole again when this returns."""
    number = trio.wait_ready()
    leader = trio[number]
    result = run.bench.load(trio, "outage", kill=leader.process.pid, warmup=0.3, seconds=60)
    leader.kill()
    run.bench.launch(leader)
    return result


def kills(run):
    """Half of them before the other kind's, half behind."""
    if not run.wants(rows.ENS_KILL, rows.ENS_KILL_WORST):
        return
    counts = {"paddock": run.options.kills, "java": run.options.java_kills}
    trios = {kind: run.bench.start(kind, members=3)[0] for kind in KINDS}
    gaps = {kind: [] for kind in KINDS}
    for trio in trios.values():
        trio.wait_ready()
        run.bench.load(trio, "write", warmup=0, seconds=run.options.jit_seconds / 4)
    steps = max(counts.values())
    for step in range(steps):
        for kind in run.order(step, KINDS):
            if len(gaps[kind]) * steps < (step + 1) * counts[kind]:
                run.progress("leader killed: %s, %d" % (kind, len(gaps[kind]) + 1))
                result = kill_leader(run, trios[kind])
                gaps[kind].append(result["gap_ms"])
                run.fact("leader killed: until the last of 50 sessions writes again, ms", kind,
                         result["all_ms"])
    for kind in KINDS:
        run.note_all(rows.ENS_KILL, kind, gaps[kind])
        run.note(rows.ENS_KILL_WORST, kind, max(gaps[kind], default=0))
    run.bench.end_all()


def can_hand_over(run):
    command = [run.options.build / "paddock", "transfer-leader", "--help"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def hand_over(run, trio):
    """Move the leadership in the middle of a load; what its sessions felt."""
    servers = ",".join("127.0.0.1:%d" % port for port in trio.client_ports())
    command = [run.options.build / "paddock", "-s", servers, "transfer-leader"]
    before, done = trio.wait_ready(), []
    timer = threading.Timer(1.0, lambda: done.append(subprocess.run(command, capture_output=True, text=True, timeout=30)))
    timer.start()
    result = run.bench.load(trio, "outage", warmup=0.5, seconds=1.5)
    timer.join()
    if done[0].returncode != 0 or trio.wait_ready() == before:
        raise RuntimeError("server %d leads on: %s" % (before, done[0].stdout + done[0].stderr))
    return result


def handovers(run):
    """Java has none, so Paddock is alone here."""
    if not run.wants(rows.ENS_HANDOVER, rows.ENS_HANDOVER_LOST):
        return
    if not can_hand_over(run):
        run.fact("paddock transfer-leader: not available; attempts", "paddock", 0)
        return
    trio, _ = run.bench.start("paddock", members=3)
    results = []
    for number in range(run.options.handovers):
        run.progress("planned hand-over %d" % (number + 1))
        results.append(hand_over(run, trio))
        run.fact("planned hand-over: the session that waited longest, ms", "paddock", results[-1]["all_ms"])
    run.note(rows.ENS_HANDOVER, "paddock", max((result["all_ms"] for result in results), default=0))
    lost = sum(result["lost"] + result["expired"] + result["refused"] for result in results)
    run.note(rows.ENS_HANDOVER_LOST, "paddock", lost)
    run.bench.end_all()


def build_million(run, kind):
    run.progress("ensemble, 1,000,000 znodes: %s" % kind)
    trio, _ = run.bench.start(kind, members=3)
    trio.wait_ready()
    result = run.bench.load(trio, "create", count=ZNODES, value=100, outstanding=16)
    run.fact("ensemble: 1,000,000 creates, k/s", kind, result["per_second"] / 1e3)
    run.note_cost(rows.ENS_MEMORY, kind, {**result, "answers": ZNODES})
    wait_quiet(trio)
    run.note(rows.ENS_MEMORY, kind, rss_kib(trio) / 1024)
    return trio


def wipe_follower(run, trio, number):
    """A follower that lost all its files: from its start to the first session that it opens, which it does in sync."""
    roles = trio.roles()
    follower = [n for n in sorted(roles) if roles[n] == "follower"][number % 2]
    trio[follower].kill()
    trio.wipe(follower)
    run.note(rows.ENS_WIPED, trio.kind, run.bench.launch(trio[follower]))
    size = sum(p.stat().st_blocks * 512 for p in (trio[follower].data_dir / "version-2").iterdir())
    run.fact("wiped follower: MiB on its disk afterwards", trio.kind, size / 2**20)
    wait_quiet(trio)


def millions(run):
    if not run.wants(rows.ENS_MEMORY, rows.ENS_WIPED):
        return
    trios = {kind: build_million(run, kind) for kind in KINDS}
    for number in range(run.options.rounds if run.wants(rows.ENS_WIPED) else 0):
        for kind in run.order(number, KINDS):
            run.progress("wiped follower, round %d: %s" % (number + 1, kind))
            wipe_follower(run, trios[kind], number)
    run.bench.end_all()


PHASES = (starts, flows, kills, handovers, millions)
