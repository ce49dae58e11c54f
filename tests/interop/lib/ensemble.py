# SPDX-License-Identifier: Apache-2.0
"""An ensemble on loopback whose members are paddockd or Apache ZooKeeper, each as it likes, and may change that.

    with Ensemble(["java", "paddock", "java"]) as ensemble:
        ensemble.wait_ready()
        ensemble.leader().kill()

Server ids are 1, 2, ...; `ensemble[1]` is the first member. Ports, folders and configurations stay when a member changes
its kind: that is what replacing a server in place means.
"""
import re
import shutil
import time

from tests.interop.lib import zkwire
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import free_port, scratch_folder

KINDS = {"java": JavaServer, "paddock": PaddockServer}
ROLES = ("leader", "follower", "observer")
SMALL_JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Ensemble:
    def __init__(self, kinds, cfg=None, observers=(), releases=None, properties=None, folder=None, jvm=SMALL_JVM,
                 hosts=None):
        """`hosts`: id: address between servers, where it is not 127.0.0.1."""
        self.folder = scratch_folder("ensemble") if folder is None else folder
        self.jvm = jvm
        self.cfg = {"tickTime": 500, "initLimit": 20, "syncLimit": 10, "maxSessionTimeout": 60000, **(cfg or {})}
        self.properties = properties or {}
        self.releases = releases or {}
        self.hosts = hosts or {}
        self.ports = {}  # id: (client, quorum, election)
        self.observers = set(observers)
        self.members = {}
        for number, _ in enumerate(kinds, 1):
            self.ports[number] = (free_port(), free_port(), free_port())
        for number, kind in enumerate(kinds, 1):
            self.make(number, kind)

    def make(self, number, kind):
        """The member's process as one of this kind, not started; its files stay."""
        cfg = dict(self.cfg)
        for other, (_, quorum, election) in self.ports.items():
            role = ":observer" if other in self.observers else ""
            cfg["server.%d" % other] = "%s:%d:%d%s" % (self.hosts.get(other, "127.0.0.1"), quorum, election, role)
        if number in self.observers:
            cfg["peerType"] = "observer"
        folder = self.folder / str(number)
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "myid").write_text("%d\n" % number)
        more = {"release": self.releases[number]} if kind == "java" and number in self.releases else {}
        if kind == "java":
            more["jvm"] = self.jvm
        member = KINDS[kind](cfg, properties=self.properties, folder=folder, port=self.ports[number][0], **more)
        self.members[number] = member
        return member

    def __getitem__(self, number):
        return self.members[number]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def start(self):
        for member in self.members.values():
            member.launch()
        return self

    def stop(self):
        for member in self.members.values():
            member.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def running(self):
        return [number for number, member in self.members.items() if member.is_running()]

    def client_ports(self):
        return [self.ports[number][0] for number in sorted(self.ports)]

    # ---- roles ----

    def role(self, number):
        """leader, follower, observer; None while it has none."""
        try:
            answer = zkwire.word(self.ports[number][0], "srvr", deadline_s=2.0).decode()
        except (OSError, zkwire.Closed, zkwire.NoAnswer):
            return None
        modes = [line[6:] for line in answer.splitlines() if line.startswith("Mode: ")]
        return modes[0] if modes and modes[0] in ROLES else None

    def roles(self):
        return {number: self.role(number) for number in self.running()}

    def leader(self):
        """The number of the one leader that serves; None without."""
        leaders = [number for number, role in self.roles().items() if role == "leader"]
        return leaders[0] if len(leaders) == 1 else None

    def wait_ready(self, deadline_s=120.0):
        """Until every running member has a role, one of them leads, and each serves a session. Returns the leader's number."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            roles = self.roles()
            if all(roles.values()) and list(roles.values()).count("leader") == 1 and all(map(self.serves, roles)):
                return self.leader()
            time.sleep(0.05)
        raise RuntimeError("no ensemble after %d s: %s\n%s" % (deadline_s, self.roles(), self.logs()))

    def serves(self, number):
        try:
            with zkwire.Conn(self.ports[number][0], deadline_s=10.0) as conn:
                return conn.connect().session != 0 and conn.call("sync", "/")[0] == 0 and conn.close_session().err == 0
        except (OSError, zkwire.Closed, zkwire.NoAnswer):
            return False

    def write_everywhere(self):
        """A write that every running member has applied when this returns."""
        with zkwire.open_session(self.ports[self.running()[0]][0]) as conn:
            assert conn.call("setData", "/", b"")[0] == 0
            conn.close_session()
        assert all(map(self.serves, self.running()))

    def wait_noted(self, number, deadline_s=60.0):
        """Until a paddockd has noted how far its log goes, which it does a second after its last write."""
        port = self.ports[number][0]
        with zkwire.open_session(port) as conn:
            assert conn.call("sync", "/")[0] == 0
        zxid = int(re.search(rb"Zxid: 0x([0-9a-f]+)", zkwire.word(port, "srvr"))[1], 16)
        note = self[number].data_dir / "version-2" / "paddock.end"
        until = time.monotonic() + deadline_s
        while not note.exists() or int(note.read_text()[:16], 16) < zxid:
            assert time.monotonic() < until, self.logs()
            time.sleep(0.02)

    def logs(self, size=2500):
        return "\n".join("---- %d %s\n%s" % (number, member.kind, member.log_tail(size))
                         for number, member in self.members.items())

    # ---- changes ----

    def lead(self, number):
        """Make a voter the leader, of an ensemble without load: whoever leads instead is killed and comes back, and the highest id of
        the others follows it. All have written the same before."""
        for _ in range(6):
            leader = self.wait_ready()
            if leader == number:
                return
            self.write_everywhere()
            self[leader].kill()
            self.wait_ready()
            self[leader].launch()
        raise RuntimeError("%d does not lead:\n%s" % (number, self.logs()))

    def replace(self, number, kind, deadline_s=120.0):
        """Stop the member and start one of `kind` on its files; returns when the ensemble is whole again."""
        self.members[number].terminate()
        self.make(number, kind).launch()
        return self.wait_ready(deadline_s)

    def wipe(self, number):
        """All files of a stopped member but its myid."""
        shutil.rmtree(self.members[number].data_dir / "version-2", ignore_errors=True)
