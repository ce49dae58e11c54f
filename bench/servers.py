# SPDX-License-Identifier: Apache-2.0
"""The processes a benchmark compares: Apache ZooKeeper, paddockd, three of either as an ensemble, and the machine's
limit, all with the same zoo.cfg on the same disk, and one run of the load generator against any of them.
"""
import json
import os
import resource
import shutil
import subprocess
import time
from pathlib import Path

from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import ServerProcess

ZOO_CFG = {"tickTime": 2000, "maxClientCnxns": 0, "4lw.commands.whitelist": "*",
           "admin.enableServer": "false", "autopurge.purgeInterval": 0}
KINDS = ("java", "paddock")
LIMITS = ("limit", "limit-thread", "limit-inline")  # without a log, with one on a thread, and on none


class Limit(ServerProcess):
    """bench_limit under one of the names in LIMITS."""

    def __init__(self, kind, build, folder):
        self.kind = kind
        self.build = build
        super().__init__(folder=folder)

    def command(self, cfg_path):
        sync = {"limit": [], "limit-thread": ["--sync", "thread"], "limit-inline": ["--sync", "inline"]}
        log = [] if self.kind == "limit" else ["--log", str(self.data_dir / "log")]
        return [str(self.build / "bench_limit"), "--port", str(self.port), *log, *sync[self.kind]]


class Trio(Ensemble):
    """Three servers of one kind; to the load generator they are one, with three ports."""

    def __init__(self, kind, folder):
        self.kind = kind
        # `lead` is Paddock's, and must be allowed by name.
        cfg = {**ZOO_CFG, "initLimit": 10, "syncLimit": 5, "4lw.commands.whitelist": "lead,*"}
        super().__init__([kind] * 3, cfg=cfg, folder=folder, jvm=["-Xmx1g"])

    @property
    def port(self):
        return ",".join(map(str, self.client_ports()))

    def launch(self):
        self.start()

    def is_running(self):
        return len(self.running()) == len(self.members)

    def kill(self):
        for member in self.members.values():
            member.kill()

    def log_tail(self):
        return self.logs()


def processes(server):
    """The running ones."""
    members = server.members.values() if isinstance(server, Trio) else [server]
    return [member.process.pid for member in members if member.is_running()]


class Bench:
    """Starts servers in folders of its own under `folder`, and stops what still runs at the end."""

    def __init__(self, build, folder):
        self.build = Path(build).resolve()
        self.folder = Path(folder)
        self.servers = []
        self.number = 0
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        os.environ["PADDOCKD"] = str(self.build / "paddockd")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def new(self, kind, cfg=None, data=None, members=1):
        """A server or an ensemble that is not started yet; `data` is a dataDir to begin with a copy of."""
        self.number += 1
        folder = self.folder / ("%03d-%s" % (self.number, kind))
        folder.mkdir()
        if data is not None:
            shutil.copytree(data, folder / "data")
        if kind in LIMITS:
            server = Limit(kind, self.build, folder)
        elif kind in KINDS and members == 3:
            server = Trio(kind, folder)
        elif kind == "java":
            server = JavaServer(cfg={**ZOO_CFG, **(cfg or {})}, folder=folder, jvm=["-Xmx1g"])
        else:
            server = PaddockServer(cfg={**ZOO_CFG, **(cfg or {})}, folder=folder)
        self.servers.append(server)
        return server

    def start(self, kind, cfg=None, data=None, members=1):
        """Start one and wait for its first session. Returns (server, seconds that took)."""
        server = self.new(kind, cfg, data, members)
        return server, self.launch(server)

    def launch(self, server, deadline_s=120):
        """Start it and wait for its first session. Returns the seconds that took."""
        probe = subprocess.Popen(self._load(server, "first", seconds=deadline_s), stdout=subprocess.PIPE)
        try:
            time.sleep(0.02)  # let the probe be there first
            begun = time.monotonic_ns()
            server.launch()
            out, _ = probe.communicate(timeout=deadline_s + 10)
        finally:
            probe.kill()
        if probe.returncode != 0 or not server.is_running():
            raise RuntimeError("%s did not start:\n%s" % (server.kind, server.log_tail()))
        return (json.loads(out)["established_ns"] - begun) / 1e9

    def end(self, server, keep_files=False):
        server.kill()
        self.servers.remove(server)
        if not keep_files:
            shutil.rmtree(server.folder, ignore_errors=True)

    def end_all(self):
        for server in list(self.servers):
            self.end(server)

    def _load(self, server, mode, **options):
        command = [str(self.build / "bench_load"), "--port", str(server.port)]
        if processes(server):
            command += ["--server-pid", ",".join(map(str, processes(server)))]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        return command + [mode]

    def load(self, server, mode, **options):
        """One run of the generator; its result as a dict."""
        seconds = options.get("seconds", 5) + options.get("warmup", 1) + 300
        done = subprocess.run(self._load(server, mode, **options), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds, text=True)
        if done.returncode != 0:
            raise RuntimeError("load %s on %s: %s\n%s" % (mode, server.kind, done.stderr.strip(),
                                                          server.log_tail()))
        return json.loads(done.stdout)


def rss_kib(server):
    """Of the largest process."""
    texts = [Path("/proc/%d/status" % pid).read_text() for pid in processes(server)]
    return max(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("VmRSS:"))


def cpu_s(server):
    """Of all processes together."""
    texts = [Path("/proc/%d/stat" % pid).read_text() for pid in processes(server)]
    fields = [text.rsplit(")", 1)[1].split() for text in texts]
    return sum(int(some[11]) + int(some[12]) for some in fields) / os.sysconf("SC_CLK_TCK")


def wait_quiet(server, deadline_s=60):
    """Until it used less than 3 % of a core for a second: no snapshot, no compiler, no collector."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        before = cpu_s(server)
        time.sleep(1)
        if cpu_s(server) - before < 0.03:
            return


def snapshots(server):
    """The finished ones; both servers write into version-2."""
    return {p.name for p in (server.data_dir / "version-2").glob("snapshot.*")}
