# SPDX-License-Identifier: Apache-2.0
"""The rows of the table: what is measured, how it is shown, and what Paddock is to reach.

`ratio` is Paddock's value divided by Java's in the same run, `of_limit` divided by the machine's limit, `bound` a target for
the value itself. A row where more is better has targets to reach from below, any other from above.
"""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    key: str
    title: str
    unit: str
    more_is_better: bool = False
    ratio: float = None
    of_limit: float = None
    load: dict = field(default_factory=dict)  # options of bench_load, `mode` among them
    value: str = None                         # the field of its result
    limits: tuple = ()                        # the machine's limit: the best of these
    bound: float = None


READ, LOGGED = ("limit",), ("limit-thread", "limit-inline")
# Rows that share their servers: each is measured on all servers in turn, round after round.
FLOWS = (
    Row("read-1", "reads, 1 outstanding per session", "k/s", True, 2.2, 0.70,
        {"mode": "read", "outstanding": 1}, "per_second", READ),
    Row("read-16", "reads, 16 outstanding", "k/s", True, 7, 0.45,
        {"mode": "read", "outstanding": 16}, "per_second", READ),
    Row("write-1", "writes, 1 outstanding", "k/s", True, 1.8, 0.85,
        {"mode": "write", "outstanding": 1}, "per_second", LOGGED),
    Row("write-16", "writes, 16 outstanding", "k/s", True, 4.5, 0.40,
        {"mode": "write", "outstanding": 16}, "per_second", LOGGED),
    Row("mixed-16", "mixed 90/10, 16 outstanding", "k/s", True, 6.5, 0.40,
        {"mode": "mixed", "outstanding": 16}, "per_second", LOGGED),
    Row("read-latency", "latency of one read, one session", "us", False, 0.6, 1.3,
        {"mode": "read", "sessions": 1}, "p50_us", READ),
    Row("write-latency", "latency of one write, one session", "us", False, 0.6, 1.3,
        {"mode": "write", "sessions": 1}, "p50_us", LOGGED),
    Row("sessions", "sessions opened and closed per second", "k/s", True, 2, None,
        {"mode": "sessions"}, "per_second"),
)
CREATE = Row("create-16", "creates of 100 B, 16 outstanding", "k/s", True, 5.5, None,
             {"mode": "create", "outstanding": 16, "value": 100}, "per_second", LOGGED)
SNAP_P999 = Row("snapshot-p999", "mixed 90/10, 1 outstanding, while snapshots of 1,000,000 znodes are "
                "written: p99.9", "ms", False, 1 / 8)
SNAP_SILENCE = Row("snapshot-silence", "the same: longest time without any answer", "ms", False, 1 / 10)
IDLE_CPU = Row("idle-cpu", "5,000 idle sessions: CPU", "% of a core", False, 1 / 4)
IDLE_MEMORY = Row("idle-memory", "5,000 idle sessions: memory of each", "KiB", False, 1 / 5)
START_MEMORY = Row("start-memory", "resident memory after start", "MiB", False, 1 / 10)
MILLION_MEMORY = Row("million-memory", "resident memory with 1,000,000 znodes of 100 B, built up live",
                     "MiB", False, 1 / 4)
START = Row("start", "start on empty data to the first session", "ms", False, 1 / 20)
RECOVERY = Row("recovery", "recovery of 1,000,000 znodes to the first session", "s", False, 1 / 6)

# In the order of the table.
ROWS = FLOWS[:4] + (CREATE,) + FLOWS[4:7] + (SNAP_P999, SNAP_SILENCE, FLOWS[7], IDLE_CPU, IDLE_MEMORY,
                                            START_MEMORY, MILLION_MEMORY, START, RECOVERY)

# Three servers, 50 sessions spread over them.
ENS_FLOWS = (
    Row("ens-read-16", "reads, 16 outstanding", "k/s", True, 8, None,
        {"mode": "read", "outstanding": 16}, "per_second"),
    Row("ens-write-1", "writes, 1 outstanding per session", "k/s", True, 3.5, None,
        {"mode": "write", "outstanding": 1}, "per_second"),
    Row("ens-write-16", "writes, 16 outstanding", "k/s", True, 6, None,
        {"mode": "write", "outstanding": 16}, "per_second"),
    Row("ens-mixed-16", "mixed 90/10, 16 outstanding", "k/s", True, 7, None,
        {"mode": "mixed", "outstanding": 16}, "per_second"),
    Row("ens-write-latency", "latency of one write, one session", "us", False, 1 / 2, None,
        {"mode": "write", "sessions": 1}, "p50_us"),
    Row("ens-sessions", "sessions opened and closed per second", "k/s", True, 4, None,
        {"mode": "sessions"}, "per_second"),
)
ENS_START = Row("ens-start", "three servers started on empty data until the first session", "ms", False, 1 / 10)
ENS_KILL = Row("ens-kill", "leader killed under write load until the next successful write, median", "ms", bound=60)
ENS_KILL_WORST = Row("ens-kill-worst", "the same, the worst", "ms", bound=250)
ENS_HANDOVER = Row("ens-handover", "planned hand-over under write load: longest time that one of 50 sessions waits", "ms", bound=30)
ENS_HANDOVER_LOST = Row("ens-handover-lost", "the same: connections lost, sessions expired, writes refused", "", bound=0)
ENS_WIPED = Row("ens-wiped", "a wiped follower in sync again, 1,000,000 znodes of 100 B", "s", False, 1 / 5)
ENS_MEMORY = Row("ens-memory", "memory of the largest server with 1,000,000 znodes of 100 B", "MiB", False, 1 / 4)

ENS_ROWS = ENS_FLOWS + (ENS_START, ENS_KILL, ENS_KILL_WORST, ENS_HANDOVER, ENS_HANDOVER_LOST, ENS_WIPED, ENS_MEMORY)
