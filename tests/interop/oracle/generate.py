# SPDX-License-Identifier: Apache-2.0
"""Makes the steps of one run from a seed: pure, no server is asked.

A light model of the tree (which paths probably exist, how many children they had, what version they have)
steers about two thirds of the requests to where they can succeed; the rest is taken from pools of bad
paths, wrong versions and strange values. The model may be wrong: it only shapes the mixture.
Areas: /o comes from the starting snapshot and holds counters about to overflow; /q has quotas; requests
there travel alone, because Apache ZooKeeper's answer to several in flight depends on its threads.
"""
import random

from tests.interop.lib import zkwire
from tests.interop.oracle import values

SLOTS = 6
SESSION_MS = 600000
LETTERS = ("x", "y", "zé", "名", "n-1")


class Model:
    """What probably exists: path -> [version, creates of children, ephemeral]."""

    def __init__(self, roots):
        self.nodes = {"/": [0, 0, False]}
        for path in roots:
            self.nodes[path] = [0, 0, False]

    def create(self, path, flags):
        parent = path.rpartition("/")[0] or "/"
        up = self.nodes.get(parent)
        if up is None or up[2]:
            return None
        if flags in (2, 3, 6):
            path += "%010d" % up[1]
        if path in self.nodes:
            return None
        up[1] += 1
        self.nodes[path] = [0, 0, flags in (1, 3)]
        return path

    def delete(self, path):
        if path in self.nodes and path != "/" and not any(p.startswith(path + "/") for p in self.nodes):
            del self.nodes[path]

    def bump(self, path):
        if path in self.nodes:
            self.nodes[path][0] += 1


class Generator:
    def __init__(self, seed, config):
        self.rng = random.Random(seed)
        self.config = config
        self.model = Model(config.roots)
        self.connected = set()
        self.held = set()
        self.super_slots = set()
        self.steps = []

    # -- choosing --

    def pick(self, items):
        return items[self.rng.randrange(len(items))]

    def chance(self, share):
        return self.rng.random() < share

    def weighted(self, table):
        names, weights = zip(*table)
        return self.rng.choices(names, weights)[0]

    def existing(self):
        return self.pick(list(self.model.nodes))

    def fresh(self):
        """A path that probably does not exist, under a parent that probably does."""
        for _ in range(4):
            parent = self.existing()
            if parent.count("/") < 4:
                break
        return parent.rstrip("/") + "/" + self.pick(LETTERS)

    def path(self, share_existing=0.7):
        roll = self.rng.random()
        if roll < 0.03:
            return self.pick(values.BAD_PATHS)
        if roll < 0.03 + share_existing:
            return self.existing()
        return self.fresh()

    def version(self, path):
        return self.weighted(((-1, 5), (self.model.nodes.get(path, [0])[0], 4), (0, 1),
                              (self.pick(values.VERSIONS), 0.5)))

    def data(self):
        roll = self.rng.random()
        if roll < 0.1:
            return None
        if roll < 0.2:
            return b""
        if roll < 0.97:
            return b"%d" % self.rng.randrange(1000) * self.rng.randrange(1, 8)
        return b"d" * self.rng.randrange(100, 9000)

    def acl(self):
        if self.chance(0.75):
            return zkwire.OPEN_ACL
        if self.chance(0.75):
            return self.pick(values.GOOD_ACLS)
        return self.pick(values.BAD_ACLS)

    # -- single requests --

    def create(self, name=None):
        name = name or self.weighted((("create", 4), ("create2", 4), ("createContainer", 1), ("createTTL", 1)))
        flags = {"createContainer": 4, "createTTL": self.pick((5, 5, 6))}.get(name)
        if flags is None:
            flags = self.weighted(((0, 8), (1, 3), (2, 4), (3, 2), (5, 0.1), (7, 0.1), (-1, 0.1)))
        path = self.fresh() if self.chance(0.85) else self.path()
        if self.chance(0.3) and flags in (2, 3, 6) and isinstance(path, str):
            path = path.rpartition("/")[0] + "/"
        acl = self.acl()
        if isinstance(path, str) and acl not in values.BAD_ACLS:
            self.model.create(path, flags)
        op = (name, path, self.data(), acl, flags)
        return op + (self.pick(values.TTLS),) if name == "createTTL" else op

    def delete(self):
        path = self.path(0.9)
        version = self.version(path)
        self.model.delete(path)
        return ("delete", path, version)

    def set_data(self):
        path = self.path(0.9)
        version = self.version(path)
        self.model.bump(path)
        return ("setData", path, self.data(), version)

    def set_acl(self):
        return ("setACL", self.path(0.9), self.acl(), self.weighted(((-1, 6), (0, 2), (1, 1), (5, 0.3))))

    def read(self):
        name = self.weighted((("exists", 4), ("getData", 4), ("getChildren", 2), ("getChildren2", 2),
                              ("getACL", 2), ("getAllChildrenNumber", 1), ("sync", 0.5),
                              ("getEphemerals", 0.7), ("whoAmI", 0.3), ("ping", 0.3)))
        if name in ("whoAmI", "ping"):
            return (name,)
        if name == "getEphemerals":
            return (name, self.pick((None, "", " ", "/", "/a", "/a/", "/nix", self.existing())))
        path = self.path(0.75)
        if name in ("getACL", "getAllChildrenNumber", "sync"):
            return (name, path)
        return (name, path, self.chance(0.4))

    def watch(self):
        name = self.weighted((("addWatch", 3), ("checkWatches", 2), ("removeWatches", 2), ("setWatches", 1),
                              ("setWatches2", 1)))
        if name == "addWatch":
            return (name, self.path(), self.weighted(((0, 4), (1, 4), (2, 0.2), (-1, 0.2))))
        if name in ("checkWatches", "removeWatches"):
            return (name, self.path(0.9), self.pick((1, 2, 3, 3, 4, 5, 0, 6)))
        lists = [tuple(self.path() for _ in range(self.rng.randrange(4)))
                 for _ in range(3 if name == "setWatches" else 5)]
        if self.chance(0.03):
            lists[self.rng.randrange(len(lists))] = None
        zxid = self.weighted(((0, 1), (self.rng.randrange(1, 3 * len(self.steps) + 9), 3), (2 ** 62, 2), (-1, 0.3)))
        return (name, zxid, *lists)

    def multi(self):
        makers = ((self.create, 4), (self.delete, 3), (self.set_data, 3), (self.check, 2))
        ops = [self.weighted(makers)() for _ in range(self.rng.randrange(0, 7))]
        if self.chance(0.05):
            ops.insert(self.rng.randrange(len(ops) + 1), self.pick((
                ("getData", "/a", False), ("setACL", "/a"), ("getChildren", "/", True), ("exists", "/a"))))
        return ("multi", *ops)

    def check(self):
        path = self.path(0.9)
        return ("check", path, self.version(path))

    def multi_read(self):
        ops = [(self.pick(("getData", "getChildren")), self.path(0.8), self.chance(0.2))
               for _ in range(self.rng.randrange(0, 6))]
        if self.chance(0.06):
            ops.insert(self.rng.randrange(len(ops) + 1), self.pick((
                ("delete", "/a", 0), ("create", "/mr"), ("exists", "/a", True), ("getACL", "/a"))))
        return ("multiRead", *ops)

    def rare(self):
        return self.pick((
            lambda: ("deleteContainer", self.path(0.9)),
            lambda: ("reconfig", *self.pick(values.RECONFIGS)),
            lambda: ("sasl", self.pick((b"", b"token"))),
            lambda: ("xid", self.pick((0, -2, -5, 2 ** 31 - 1, -2 ** 31)), self.read()),
            lambda: ("xid", 7, ("setWatches", 0, ("/a",), (), ())),
            lambda: (self.pick(("create", "create2")), self.fresh(), b"", zkwire.OPEN_ACL, 4),
            lambda: ("createContainer", self.fresh(), b"", zkwire.OPEN_ACL, self.pick((0, 1, 2, 3))),
        ))()

    def malformed(self):
        op = self.weighted(((self.create, 3), (self.delete, 1), (self.set_data, 1), (self.set_acl, 1),
                            (self.multi, 3), (self.multi_read, 2), (self.read, 3), (self.watch, 3)))()
        size = len(zkwire.body(*op))
        if self.chance(0.2):
            return ("pad", b"extra", op)
        if self.chance(0.75) or size == 0:
            return ("cut", self.rng.randrange(size + 1), op)
        spoiled = bytearray(zkwire.body(*op))
        at = self.rng.randrange(size)
        spoiled[at:at + 4] = self.pick(values.BAD_LENGTHS)[:size - at]
        return None if values.is_poison(op[0], bytes(spoiled)) else ("raw", zkwire.OPS[op[0]], bytes(spoiled))

    def request(self):
        maker = self.weighted(((self.create, 22), (self.delete, 12), (self.set_data, 12), (self.set_acl, 4),
                               (self.read, 26), (self.watch, 8), (self.multi, 7), (self.multi_read, 3),
                               (self.rare, 1), (self.malformed, 3)))
        return maker() or self.read()

    # -- steps --

    def burst(self):
        slot = self.some_slot()
        size = self.weighted(((1, 3), (self.rng.randrange(2, 5), 4), (self.rng.randrange(5, 20), 3)))
        ops, alone = [], []
        for _ in range(size):
            op = self.request()
            (alone if values.travels_alone(op, self.config) else ops).append(op)
        if ops:
            self.steps.append(("ops", slot, ops))
        self.steps += [("ops", slot, [op]) for op in alone]

    def some_slot(self):
        return self.pick(sorted(self.connected))

    def connect(self):
        free = sorted(set(range(SLOTS)) - self.connected)
        if not free:
            return self.disconnect()
        slot = self.pick(free)
        if slot in self.held and self.chance(0.6):
            return self.steps.append(("attach", slot, slot, "good", self.pick(("now", "zero"))))
        self.steps.append(("new", slot, SESSION_MS, self.pick((False, False, True, None))))
        self.connected.add(slot)
        self.held.add(slot)
        self.super_slots.discard(slot)

    def attach(self):
        """Re-attachment, also to a session that has a connection, with right and wrong secrets."""
        if not self.held:
            return
        of = self.pick(sorted(self.held))
        slot = self.pick(sorted({of} | (set(range(SLOTS)) - self.connected)))
        password = self.weighted((("good", 6), ("bad", 1), ("short", 0.5), ("null", 0.5)))
        zxid = self.weighted((("now", 6), ("zero", 1), ("ahead", 1)))
        if slot != of and of in self.connected and zxid != "ahead":
            self.connected.discard(of)
        if zxid == "ahead":
            if slot == of or slot not in self.connected:
                self.steps.append(("attach", slot, of, password, zxid))
            return
        self.steps.append(("attach", slot, of, password, zxid))
        if password == "good":
            self.connected.add(slot)
            self.held.add(slot)
        else:
            self.connected.discard(slot)
        self.super_slots.discard(slot)

    def disconnect(self):
        if len(self.connected) < 3:
            return
        slot = self.pick(sorted(self.connected))
        if self.chance(0.5):
            self.steps.append(("drop", slot))
        else:
            ops = [self.read() for _ in range(self.rng.randrange(3))]
            self.steps.append(("ops", slot, ops + [("closeSession",)]))
        self.connected.discard(slot)

    def authenticate(self):
        slot = self.some_slot()
        scheme, data = self.pick(values.AUTHS)
        if self.chance(0.3) and self.config.has_super:
            scheme, data = "digest", b"super:test"
        self.steps.append(("ops", slot, [("auth", scheme, data)]))

    def fatal(self):
        """What a server answers by closing; the session lives on and the slot may attach to it again."""
        slot = self.some_slot()
        kind = self.rng.randrange(4)
        if kind == 0:
            self.steps.append(("fatal", slot, [("raw", self.pick(values.UNKNOWN_TYPES), b"")]))
        elif kind == 1:
            self.steps.append(("fatal", slot, [self.pick(values.FATAL_AUTHS)]))
        elif kind == 2:
            self.steps.append(("bytes", slot, self.pick(values.FATAL_BYTES)))
        else:
            return self.steps.append(("hello", self.pick(values.HELLOS)))
        self.connected.discard(slot)

    def negotiate(self):
        self.steps.append(("new", 90, self.pick(values.TIMEOUTS), False))
        self.steps.append(("ops", 90, [("closeSession",)]))

    def race(self):
        """Two sessions at once on nodes of their own, which a third step removes again."""
        if len(self.connected) < 2:
            return
        one, two = self.rng.sample(sorted(self.connected), 2)
        home = "/race%d" % len(self.steps)
        self.steps.append(("ops", one, [("create", home, b""), ("create", home + "/d", b"")]))
        count = self.rng.randrange(2, 9)
        kind = self.rng.randrange(4)
        burst, leftovers = {
            0: lambda: ([("create", home + "/s-", b"", zkwire.OPEN_ACL, 2)] * count,
                        ["/s-%010d" % i for i in range(1, 2 * count + 1)]),
            1: lambda: ([("setData", home + "/d", b"v", -1)] * count, []),
            2: lambda: ([("create", home + "/one%d" % i) for i in range(count)],
                        ["/one%d" % i for i in range(count)]),
            3: lambda: ([("multi", ("check", home + "/d", i), ("setData", home + "/d", b"m", i))
                         for i in range(count)], []),
        }[kind]()
        self.steps.append(("race", [(one, burst), (two, burst)]))
        gone = [("delete", home + path) for path in leftovers + ["/d", ""]]
        self.steps.append(("ops", one, gone))

    def expire(self):
        ops = [("create", self.fresh(), b"", zkwire.OPEN_ACL, 1) for _ in range(3)]
        watcher = self.some_slot()
        self.steps.append(("ops", watcher, [("addWatch", "/", 1)]))
        self.steps.append(("new", 91, 1, False))
        self.steps.append(("ops", 91, ops))
        self.steps.append(("expire", 91))

    def words(self):
        self.steps.append(("words", self.rng.sample(values.WORDS, 3)))

    def large(self):
        slot = self.some_slot()
        size = self.pick((1048575 - 8 - 4 - 4 - 2 - 4, 70000, 300000))
        self.steps.append(("ops", slot, [("create", "/big", b"", zkwire.OPEN_ACL, 0)]))
        self.steps.append(("ops", slot, [("setData", "/big"[:2 + 2 * (size < 400000)], b"L" * size, -1)]))
        self.steps.append(("ops", slot, [("getData", "/big", False), ("delete", "/big", -1)]))

    def make(self, ops):
        """Steps with about `ops` requests."""
        done = 0
        for _ in range(3):
            self.connect()
        for path in self.config.setup:
            self.steps.append(("ops", self.some_slot(), [path]))
        table = ((self.burst, 100), (self.connect, 4), (self.disconnect, 3), (self.attach, 2),
                 (self.authenticate, 4), (self.fatal, 1.5), (self.negotiate, 0.5), (self.race, 1.5),
                 (self.words, 0.7), (self.large, 0.05), (self.expire, 0.03))
        seen = 0
        while done < ops:
            if len(self.connected) < 2:
                self.connect()
            else:
                self.weighted(table)()
            done += sum(values.size_of(step) for step in self.steps[seen:])
            seen = len(self.steps)
        return self.steps
