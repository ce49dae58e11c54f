# SPDX-License-Identifier: Apache-2.0
"""Makes the steps of one run from a seed, and learns from Apache ZooKeeper's answers what exists.

A model of the tree (which nodes exist, their versions, who watches what) steers most requests to where they
can succeed; the rest is taken from pools of bad paths, wrong versions and strange values. The same seed
makes the same run, since the answers it learns from are the same each time; the steps of a run are kept, so
that a part of them can be played again without this module.
Areas: /o comes from the starting snapshot and holds counters about to overflow; /q has quotas; requests
there travel alone, because Apache ZooKeeper's answer to several in flight depends on its threads.
"""
import random

from tests.interop.lib import zkwire
from tests.interop.oracle import seedtree, values

SLOTS = 6
SESSION_MS = 600000
LETTERS = ("x", "y", "zé", "名", "n-1")


class Model:
    """What exists as far as is known: path -> [version, ephemeral]. Optimistic within a burst."""

    def __init__(self, roots):
        self.nodes = {"/": [0, False]}
        for path in roots:
            self.nodes[path] = [0, False]

    def create(self, path, flags):
        if flags not in (2, 3, 6):
            self.nodes.setdefault(path, [0, flags == 1])

    def delete(self, path):
        if path != "/":
            self.nodes.pop(path, None)

    def bump(self, path):
        if path in self.nodes:
            self.nodes[path][0] = (self.nodes[path][0] + 1 + 2 ** 31) % 2 ** 32 - 2 ** 31

    def learn(self, op, err, fields):
        """An answer: `fields` are what followed the error code."""
        name, path = op[0], op[1] if len(op) > 1 else None
        if name in ("cut", "pad", "xid") or not isinstance(path, str) or path.startswith("/race"):
            return
        if name.startswith("create"):
            self._learn_create(op, path, err, fields)
        elif err == zkwire.NO_NODE and name in NODE_OPS:
            self.delete(path)
        elif err == zkwire.BAD_VERSION and path in self.nodes:
            self.nodes[path][0] = 0
        elif err == 0 and fields and isinstance(fields[-1], zkwire.Stat) and path in self.nodes:
            self.nodes[path][0] = fields[-1].version

    def _learn_create(self, op, path, err, fields):
        if err == 0 and fields:
            self.nodes[fields[0].decode("utf-8", "replace")] = [0, len(op) > 4 and op[4] in (1, 3)]
            return
        if err not in (0, zkwire.NODE_EXISTS):
            self.delete(path)
        if err == zkwire.NO_NODE:
            self.delete(path.rpartition("/")[0] or "/")
        if err == zkwire.NODE_EXISTS and not path.endswith("/"):
            self.nodes.setdefault(path, [0, False])


NODE_OPS = ("delete", "exists", "getData", "setData", "getACL", "setACL", "getChildren", "getChildren2",
            "getAllChildrenNumber", "check")


class Generator:
    def __init__(self, seed, config, snapshot):
        self.rng = random.Random(seed)
        self.config = config
        self.snapshot = snapshot
        self.roots = config.roots + (seedtree.ROOTS if snapshot else ())
        self.model = Model(self.roots)
        self.slot = None
        self.connected = set()
        self.held = set()
        self.watched = []
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
        for _ in range(9):
            parent = self.existing()
            if parent.count("/") < 4 and (not self.model.nodes[parent][1] or self.chance(0.05)):
                break
        return parent.rstrip("/") + "/" + self.pick(LETTERS)

    def path(self, share_existing=0.7):
        roll = self.rng.random()
        if roll < 0.02:
            return self.pick(values.BAD_PATHS)
        if roll < 0.02 + share_existing:
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
        if self.chance(0.85):
            return zkwire.OPEN_ACL
        if self.chance(0.7):
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
        if len(self.model.nodes) > 60 or self.chance(0.5):
            path = max((self.existing() for _ in range(4)), key=len)
        version = self.version(path)
        if path in self.roots and self.chance(0.8):
            version = 12345
        self.model.delete(path)
        return ("delete", path, version)

    def set_data(self):
        path = self.path(0.9)
        version = self.version(path)
        self.model.bump(path)
        return ("setData", path, self.data(), version)

    def set_acl(self):
        path = self.path(0.9)
        if path in ("/",) + self.roots:
            path = self.fresh()
        acl = self.acl() if self.chance(0.4) else self.pick(values.GOOD_ACLS)
        return ("setACL", path, acl, self.weighted(((-1, 6), (0, 2), (1, 1), (5, 0.3))))

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
        watch = self.chance(0.4)
        if watch:
            self.watched.append((self.slot, path))
        return (name, path, watch)

    def watched_path(self):
        """A path this session has probably a watch on."""
        mine = [path for slot, path in self.watched[-30:] if slot == self.slot]
        return self.pick(mine) if mine and self.chance(0.8) else self.path(0.9)

    def watch(self):
        name = self.weighted((("addWatch", 3), ("checkWatches", 2), ("removeWatches", 2), ("setWatches", 1),
                              ("setWatches2", 1)))
        if name == "addWatch":
            path = self.path()
            self.watched.append((self.slot, path))
            return (name, path, self.weighted(((0, 4), (1, 4), (2, 0.2), (-1, 0.2))))
        if name in ("checkWatches", "removeWatches"):
            return (name, self.watched_path(), self.pick((1, 2, 3, 3, 4, 5) * 3 + (0, 6)))
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
        """Last come creates whose opcode and mode disagree: Apache ZooKeeper's digest is wrong after one."""
        return self.pick((
            lambda: ("reconfig", *self.pick(values.RECONFIGS)),
            lambda: ("sasl", self.pick((b"", b"token"))),
            lambda: ("xid", self.pick((0, -2, -5, 2 ** 31 - 1, -2 ** 31)), self.read()),
            lambda: ("xid", 7, ("setWatches", 0, ("/a",), (), ())),
            lambda: (self.pick(("create", "create2")), self.fresh(), b"", zkwire.OPEN_ACL, 4),
            lambda: ("createContainer", self.fresh(), b"", zkwire.OPEN_ACL, self.pick((0, 1, 2, 3))),
        )[:6 if self.config.name == "plain" else 4])()

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
        op = maker()
        return self.read() if op is None or values.is_avoided(op) else op

    # -- steps --

    def burst(self):
        self.slot = slot = self.some_slot()
        size = self.weighted(((1, 3), (self.rng.randrange(2, 5), 4), (self.rng.randrange(5, 20), 3)))
        ops = []
        for _ in range(size):
            op = self.request()
            if values.travels_alone(op, self.config):
                self.steps.append(("ops", slot, [op]))
                continue
            ops.append(op)
            if values.ends_burst(op):
                break
        if ops:
            self.steps.append(("ops", slot, ops))

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
        scheme, data = self.pick(values.AUTHS[:3] if self.chance(0.7) else values.AUTHS)
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

    def quota(self):
        """Limits come and go, usage is read, nodes below are made and removed."""
        self.slot = self.some_slot()
        home = "/zookeeper/quota" + self.pick(("/q", "/q", "/q", "/a", "/q/x"))
        limits, stats = home + "/zookeeper_limits", home + "/zookeeper_stats"
        below = home[len("/zookeeper/quota"):] + "/" + self.pick(LETTERS)
        usage = self.pick(values.USAGES).encode()
        text = self.pick(values.QUOTAS).encode()
        ops = self.rng.choices((
            ("create", home), ("create", limits, text), ("create", stats, usage), ("setData", limits, text, -1),
            ("delete", limits, -1), ("delete", stats, -1), ("getData", stats, False), ("create", below, b"12345"),
            ("setData", below, b"d" * self.rng.randrange(30), -1), ("delete", below, -1),
            ("multi", ("create", below + "m", b"123"), ("setData", below, b"xyz" * 5, -1)),
            ("delete", below + "m", -1), ("setData", stats, usage or b"count=1", -1),
        ), (1, 4, 4, 6, 1, 1, 6, 8, 8, 5, 3, 3, 0.5), k=self.rng.randrange(3, 9))
        self.steps += [("ops", self.slot, [op]) for op in ops]

    def lockdown(self):
        """The root gets another ACL for a while."""
        if len(self.connected) < 2:
            return
        owner, other = self.rng.sample(sorted(self.connected), 2)
        self.steps.append(("ops", owner, [("auth", "digest", b"u1:p1")]))
        closed = ((31, "digest", values.IDS[0]), (self.rng.randrange(16), "world", "anyone"))
        self.steps.append(("ops", owner, [("setACL", "/", closed, -1)]))
        self.slot = other
        self.steps.append(("ops", other, [("create", "/lock", None), ("getData", "/", False), ("getACL", "/"),
                                          ("getChildren", "/", True), ("exists", "/", False),
                                          ("delete", "/lock", -1), ("multiRead", ("getData", "/", False))]))
        self.steps.append(("ops", owner, [("delete", "/lock", -1), ("setACL", "/", zkwire.OPEN_ACL, -1)]))

    TABLE = (("burst", 100), ("connect", 4), ("disconnect", 3), ("attach", 2), ("authenticate", 3),
             ("fatal", 1.5), ("negotiate", 0.5), ("race", 1.5), ("words", 0.7), ("large", 0.05),
             ("lockdown", 0.3), ("quota", 2), ("overflow", 2), ("expire", 0.1))

    def overflow(self):
        """Counters of the starting snapshot, a few steps before the end of their range."""
        if not self.snapshot:
            return self.burst()
        self.slot = self.some_slot()
        path = self.pick(seedtree.ROOTS)
        ops = self.rng.choices((
            ("create2", path + "/s-", b"", zkwire.OPEN_ACL, 2), ("create", path + "/e", b"", zkwire.OPEN_ACL, 3),
            ("setData", path, b"n", self.pick((-1, -1, -2, -3, 2 ** 31 - 1, -2 ** 31))),
            ("setACL", path, zkwire.OPEN_ACL, self.pick((-1, -1, -2, -3, 2 ** 31 - 1, -2 ** 31))),
            ("exists", path, False), ("getChildren2", path, True), ("create", path + "/p", None),
            ("delete", path + "/p", -1), ("multi", ("create2", path + "/m-", b"", zkwire.OPEN_ACL, 2),
                                          ("setData", path, b"", -1), ("check", path, self.pick((-1, 0, -2)))),
        ), k=self.rng.randrange(2, 9))
        self.steps += [("ops", self.slot, [op]) for op in ops]

    def begin(self):
        if self.snapshot:
            self.steps.append(("attach", 5, seedtree.SESSION_SLOT, "good", "zero"))
            self.connected.add(5)
            self.held.add(5)
            self.steps.append(("ops", 5, [("getEphemerals", None), ("getData", "/o/dead", False)]))
            self.steps.append(("attach", 4, seedtree.SESSION_SLOT + 1, "good", "zero"))
        for _ in range(3):
            self.connect()
        for op in self.config.setup:
            self.steps.append(("ops", self.some_slot(), [op]))

    def make(self, ops):
        """Steps with about `ops` requests, one at a time; `learn` may be called in between."""
        self.begin()
        given = done = 0
        while done < ops or given < len(self.steps):
            if given == len(self.steps):
                getattr(self, "connect" if len(self.connected) < 2 else self.weighted(self.TABLE))()
                continue
            step = self.steps[given]
            given += 1
            done += values.size_of(step)
            yield step

    def learn(self, ops, replies):
        """What Apache ZooKeeper answered to a burst."""
        for op, item in zip(ops, replies):
            if op[0] == "multi" and item[2] == 0 and len(item) > 3:
                for sub, result in zip(op[1:], item[3]):
                    self._learn_part(sub, result)
            elif len(item) > 2:
                self.model.learn(op, item[2], item[3:])

    def _learn_part(self, sub, result):
        """One entry of a multi; those before and after the failing one are undone or were never done."""
        if result[0] != "error" or result[1] not in (0, -2):
            self.model.learn(sub, result[1], result[2:] if result[0] != "error" else ())
        elif sub[0].startswith("create"):
            self.model.delete(sub[1])
        elif sub[0] == "delete" and result[1] == 0:
            self.model.create(sub[1], 0)
