# SPDX-License-Identifier: Apache-2.0
"""One server process on a free port of the loopback address, whichever implementation it is.

Both kinds get the same zoo.cfg and the same -D properties, so that what a test sees can only come from
the server. Memory of a server's files: `folder`, made by the caller or a temporary one that `stop` removes.
"""
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.interop.lib import zkwire

ROOT = Path(__file__).resolve().parents[3]
DEFAULTS = {"tickTime": 2000, "admin.enableServer": "false", "4lw.commands.whitelist": "*"}


def candidate_ports():
    """Each port below those the kernel gives to connections, once, beginning anywhere: two tests meet rarely."""
    end = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    begin = min(10000, end // 2)
    first = random.randrange(begin, end)
    while True:
        yield from range(first, end)
        yield from range(begin, first)


CANDIDATES = candidate_ports()


def free_port():
    """A port that nobody has, that no connection is given by chance, and that this process was not told lately.

    A port of the kernel's choice would be free again, and may be chosen again, before a server listens on it.
    """
    for port in itertools.islice(CANDIDATES, 1000):
        with socket.socket() as sock:
            try:
                sock.bind(("", port))
            except OSError:
                continue
            return port
    raise RuntimeError("none of 1,000 ports is free")


def scratch_folder(prefix):
    """A fresh folder, in memory where there is a /dev/shm: then a synced write costs nothing."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="paddock-%s-" % prefix, dir=base))


class ServerProcess:
    """Base of JavaServer and PaddockServer, which say how the command line looks."""

    kind = None

    def __init__(self, cfg=None, properties=None, folder=None, port=None):
        self.own_folder = folder is None
        self.folder = scratch_folder(self.kind) if folder is None else Path(folder)
        self.port = port or free_port()
        self.data_dir = self.folder / "data"
        self.cfg = dict(DEFAULTS, dataDir=self.data_dir, clientPort=self.port,
                        clientPortAddress="127.0.0.1")
        self.cfg.update(cfg or {})
        self.properties = dict(properties or {})
        self.log_path = self.folder / (self.kind + ".log")
        self.log_start = 0  # Where the log of this process begins in a file that earlier ones wrote, too.
        self.process = None

    def command(self, cfg_path):
        raise NotImplementedError

    def write_cfg(self):
        path = self.folder / "zoo.cfg"
        lines = ["%s=%s\n" % item for item in self.cfg.items() if item[1] is not None]
        path.write_text("".join(lines))
        return path

    def launch(self):
        """Starts the process without waiting; `wait_ready` follows."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as log:
            self.log_start = log.seek(0, os.SEEK_END)
            self.process = subprocess.Popen(self.command(self.write_cfg()), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder)
        return self

    def start(self, deadline_s=120.0):
        return self.launch().wait_ready(deadline_s)

    def wait_ready(self, deadline_s=120.0):
        """Until `srvr` is answered by a server that serves; raises with the end of the log otherwise."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until and self.process.poll() is None:
            if self._serves():
                return self
            time.sleep(0.01)
        state = "ended with %s" % self.process.poll() if self.process.poll() is not None else "is silent"
        raise RuntimeError("%s server %s:\n%s" % (self.kind, state, self.log_tail()))

    def _serves(self):
        try:
            return b"Mode:" in zkwire.word(self.port, "srvr", deadline_s=2.0)
        except (OSError, zkwire.NoAnswer):
            return False

    def log_tail(self, size=3000):
        return self.log_path.read_bytes()[-size:].decode("utf-8", "replace") if self.log_path.exists() else ""

    def log(self):
        """What this process has logged."""
        return self.log_path.read_bytes()[self.log_start:].decode("utf-8", "replace")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9; the files stay."""
        if self.is_running():
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def suspend(self):
        """The process stands still until it is killed: what is sent to it from now on stays in its sockets."""
        self.process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + 60
        while not self.stands_still():  # the signal reaches its threads one after the other
            if time.monotonic() > until:
                raise RuntimeError("%s does not stand still" % self.kind)
            time.sleep(0.001)

    def stands_still(self):
        stats = Path("/proc/%d/task" % self.process.pid).glob("*/stat")
        return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in stats)

    def terminate(self, deadline_s=60.0):
        """SIGTERM; returns the exit code. The files stay."""
        if self.is_running():
            self.process.terminate()
        try:
            return self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def stop(self):
        """Kills it and removes the folder if it was ours."""
        self.kill()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self if self.process is not None else self.start()

    def __exit__(self, *exc):
        self.stop()
