# SPDX-License-Identifier: Apache-2.0
"""The servers: processes on hosts of a network, each with a small disk of its own.

They may be killed, stopped, paused and robbed of their disks; one that ends by itself is started again, as by a
supervisor, and how it ended is remembered.
"""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.chaos.network import WITH_US, address
from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import KINDS, ROLES
from tests.interop.lib.paddock_server import binary

DISK = "48m"
CFG = {"tickTime": 400, "initLimit": 15, "syncLimit": 5, "snapCount": 2000, "preAllocSize": 256,
       "autopurge.purgeInterval": 1, "maxClientCnxns": 0, "maxSessionTimeout": 20000,
       "znode.container.checkIntervalMs": 1000}
PROPERTIES = {"zookeeper.extendedTypesEnabled": "true", "znode.container.checkIntervalMs": "1000"}
CRASHES = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
RESTART_S = 0.5
SLOW_SYNC = Path(binary()).resolve().parent / "libslow_sync.so"


class Member:
    def __init__(self, server, disk, slow):
        self.server = server
        self.disk = disk
        self.slow = slow  # how long its syncs take, while it is there: tests/preload/slow_sync.c
        self.filler = disk / "filler"
        self.wants_run = False
        self.ended_at = None

    def pid(self):
        return self.server.process.pid


class Ensemble:
    """`extra`: lines of zoo.cfg by server number."""

    def __init__(self, kinds, network, folder, extra=None):
        self.network = network
        self.members = {}
        self.endings = []  # (number, kind, return code) of those that ended by themselves
        for number, kind in enumerate(kinds, 1):
            self.members[number] = self.make(number, kind, folder / str(number), len(kinds), (extra or {}).get(number))

    def make(self, number, kind, folder, count, extra):
        disk = folder / "data"
        disk.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + DISK, "chaos-%d" % number, disk], check=True)
        (disk / "myid").write_text("%d\n" % number)
        cfg = dict(CFG, clientPortAddress=address(number), **(extra or {}))
        for other in range(1, count + 1):
            cfg["server.%d" % other] = "%s:2888:3888" % address(other)
        more = {"jvm": ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")} if kind == "java" else {}
        server = KINDS[kind](cfg, properties=PROPERTIES, folder=folder, port=2181, **more)
        inner = server.command
        member = Member(server, disk, folder / "slow")
        preload = ["env", "LD_PRELOAD=%s" % SLOW_SYNC, "SLOW_SYNC_MS=%s" % member.slow] if SLOW_SYNC.exists() else []
        server.command = lambda path: self.network.inside(number) + WITH_US + preload + inner(path)
        return member

    def __iter__(self):
        return iter(self.members)

    def start(self, number):
        member = self.members[number]
        member.wants_run = True
        member.ended_at = None
        if not member.server.is_running():
            member.server.launch()

    def kill(self, number):
        self.members[number].wants_run = False
        self.members[number].server.kill()

    def terminate(self, number):
        member = self.members[number]
        member.wants_run = False
        if member.server.is_running():
            member.server.process.terminate()

    def pause(self, number, is_paused):
        if self.members[number].server.is_running():
            os.kill(self.members[number].pid(), signal.SIGSTOP if is_paused else signal.SIGCONT)

    def fill(self, number):
        """Takes all room that the disk has left."""
        with open(self.members[number].filler, "ab") as f:
            for size in (1 << 20, 1 << 16, 1 << 12):
                try:
                    while True:
                        os.write(f.fileno(), bytes(size))
                except OSError:
                    continue

    def empty(self, number):
        self.members[number].filler.unlink(missing_ok=True)

    def slow(self, number, sync_ms):
        """How long each sync takes; 0: as long as it takes."""
        if sync_ms > 0:
            self.members[number].slow.write_text("%d\n" % sync_ms)
        else:
            self.members[number].slow.unlink(missing_ok=True)

    def tend(self):
        """Starts again what ended by itself."""
        for number, member in self.members.items():
            if not member.wants_run or member.server.is_running():
                continue
            if member.ended_at is None:
                member.ended_at = time.monotonic()
                self.endings.append((number, member.server.kind, member.server.process.returncode))
            elif time.monotonic() > member.ended_at + RESTART_S:
                self.start(number)

    def crashes(self):
        return [e for e in self.endings if -e[2] in CRASHES]

    def stop(self):
        for member in self.members.values():
            member.wants_run = False
            member.server.kill()
            subprocess.run(["umount", member.disk], check=False)

    def keep(self, to):
        """Logs and disks as they are."""
        for number, member in self.members.items():
            if member.server.log_path.exists():
                shutil.copy(member.server.log_path, to / ("server-%d-%s.log" % (number, member.server.kind)))
            shutil.copytree(member.disk, to / ("disk-%d" % number), ignore=shutil.ignore_patterns("filler"))

    # ---- what they say ----

    def word(self, number, name):
        try:
            return zkwire.word(2181, name, host=address(number), deadline_s=1.0).decode("utf-8", "replace")
        except (OSError, zkwire.Closed, zkwire.NoAnswer):
            return ""

    def role(self, number):
        modes = [line[6:] for line in self.word(number, "srvr").splitlines() if line.startswith("Mode: ")]
        return modes[0] if modes and modes[0] in ROLES else None

    def leader(self):
        """One that says that it leads; None."""
        running = [n for n in self if self.members[n].server.is_running()]
        return next((n for n in running if self.role(n) == "leader"), None)

    def session(self, number):
        conn = zkwire.Conn(2181, address(number), deadline_s=5.0)
        if conn.connect(timeout_ms=10000).session == 0:
            raise zkwire.Closed()
        return conn

    def write_through(self, number, count):
        """So many writes through that server; raises what is in the way."""
        with self.session(number) as conn:
            for _ in range(count):
                code = conn.call("create2", "/progress-", b"", zkwire.OPEN_ACL, zkwire.SEQUENTIAL)[0]
                if code != 0:
                    raise zkwire.NoAnswer("create answers %d" % code)
            conn.close_session()

    def tree(self, number):
        """Everything: path > (data, stat), after a sync."""
        with self.session(number) as conn:
            conn.call("sync", "/")
            tree, paths = {}, ["/"]
            while paths:
                path = paths.pop()
                code, data = conn.call("getData", path)
                children = conn.call("getChildren", path)[1] if code == 0 else None
                if not children:
                    continue
                tree[path] = data
                if not path.startswith("/zookeeper"):
                    paths += [path.rstrip("/") + "/" + name.decode() for name in children[0]]
            conn.close_session()
        return tree
