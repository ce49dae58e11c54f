# SPDX-License-Identifier: Apache-2.0
"""A network of the test's own: each server in a namespace, all on one bridge, in a namespace that `isolated` makes.

    unshare: this process ── 10.77.0.254 ── bridge ──┬── 10.77.0.1   server 1
                                                     ├── 10.77.0.2   server 2 ...

A cut is one way: what `a` sends to `b` goes to an address of nobody, so it is lost in silence, as on a broken link. It
takes nothing but `ip`. Nothing outside sees any of this, and it is gone with the process: a namespace lives as long as
the child that holds it, and that child ends with this one's pipe.
"""
import os
import subprocess

CLIENTS = 254  # the bridge: where the clients are
NOBODY = "02:00:00:00:ff:%02x"


def isolated(command):
    """The same command in namespaces of its own; who is not root becomes it in there."""
    user = ["--user", "--map-root-user"] if os.geteuid() != 0 else []
    return ["unshare", *user, "--net", "--mount", "--propagation", "private", *command]


WITH_US = ["setpriv", "--pdeathsig", "KILL"]  # before a command that must not outlive this process


def possible():
    """Whether this user may make namespaces, links and mounts."""
    script = "ip link add br0 type bridge && ip link add v1 type veth peer name e1 && mount -t tmpfs none /tmp"
    return subprocess.run(isolated(["sh", "-c", script]), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def address(number):
    return "10.77.0.%d" % number


def hardware(number):
    return "02:00:00:00:00:%02x" % number


def ip(lines, prefix=()):
    subprocess.run([*prefix, "ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


class Network:
    def __init__(self, servers):
        self.numbers = list(range(1, servers + 1))
        self.holders = {}
        self.cuts = set()
        ip(["link set lo up", "link add br0 type bridge",
            "link set br0 address %s up" % hardware(CLIENTS), "addr add %s/24 dev br0" % address(CLIENTS)])
        for number in self.numbers:
            self.add_host(number)
        for number in self.numbers:
            self.reach(number, [n for n in self.numbers + [CLIENTS] if n != number])
        self.reach(CLIENTS, self.numbers)

    def add_host(self, number):
        # It says that it is there when it has its own namespace.
        holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec cat"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        holder.stdout.readline()
        self.holders[number] = holder
        ip(["link add v%d type veth peer name e%d" % (number, number), "link set v%d master br0 up" % number,
            "link set e%d netns %d" % (number, holder.pid)])
        ip(["link set lo up", "link set e%d address %s up" % (number, hardware(number)),
            "addr add %s/24 dev e%d" % (address(number), number)], self.inside(number))

    def inside(self, number):
        """What to put before a command so that it runs on that host."""
        return [] if number == CLIENTS else ["nsenter", "--net=/proc/%d/ns/net" % self.holders[number].pid]

    def reach(self, number, others, is_cut=False):
        device = "br0" if number == CLIENTS else "e%d" % number
        ip(["neigh replace %s lladdr %s dev %s nud permanent" % (
            address(n), (NOBODY % n) if is_cut else hardware(n), device) for n in others], self.inside(number))

    # ---- cuts: pairs (from, to) ----

    def cut(self, pairs):
        self.change(set(pairs) - self.cuts, True)

    def mend(self, pairs):
        self.change(set(pairs) & self.cuts, False)

    def change(self, pairs, is_cut):
        for number in {a for a, _ in pairs}:
            self.reach(number, [b for a, b in pairs if a == number], is_cut)
        self.cuts = self.cuts | pairs if is_cut else self.cuts - pairs

    def close(self):
        for holder in self.holders.values():
            holder.stdin.close()
            holder.wait()
