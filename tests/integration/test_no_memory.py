# SPDX-License-Identifier: Apache-2.0
"""The n-th allocation of the server process fails, for every n until a run does not come so far.

A run starts on data that a killed server left, serves a client that uses all of it - sessions, every
kind of write and read, watches, pipelines, snapshots, four-letter words - and stops. Whoever asks for
the memory (we, libuv, OpenSSL, zlib: tests/preload/fail_malloc.c), the outcome is one of three:

    abort     "out of memory: N bytes ...", and the trace of what went before
    refused   the server does not start and says why
    goes on   one connection is closed, or nobody notices

and a server without the fault then finds everything that was acknowledged, and no half of a multi.
"""
import collections
import concurrent.futures
import os
import re
import shutil
import signal
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PaddockServer, binary
from tests.interop.lib.server_process import scratch_folder

WORKERS = 2
CFG = {"snapCount": 10, "preAllocSize": 64, "autopurge.snapRetainCount": 3, "autopurge.purgeInterval": 1}
PROPERTIES = {"zookeeper.snapshot.compression.method": "gz", "zookeeper.extendedTypesEnabled": "true"}


def is_sanitized():
    with open(binary(), "rb") as program:
        text = program.read()
    return b"__asan_init" in text or b"__tsan_init" in text


def shim():
    path = os.path.join(os.path.dirname(binary()), "libfail_malloc.so")
    assert os.path.exists(path), "%s is missing: ninja preloads" % path
    return path


class Ledger:
    """What each node may hold: one value when the last answer is known, more while it is not. None: no node."""

    def __init__(self):
        self.may = collections.defaultdict(lambda: {None})

    def begin(self, values):
        for path, value in values.items():
            self.may[path] = self.may[path] | {value}

    def done(self, values):
        for path, value in values.items():
            self.may[path] = {value}

    def check(self, conn):
        found = {}
        for path, values in self.may.items():
            err, fields = conn.call("getData", path)
            assert err in (0, zkwire.NO_NODE), "getData %s: %d" % (path, err)
            found[path] = fields[0] if err == 0 else None
            assert found[path] in values, "%s holds %r" % (path, found[path] and found[path][:20])
        for path in found:
            if path.endswith("-a"):
                assert found[path] == found[path[:-1] + "b"], "half of a multi: %s" % path


class Client:
    """Steps of work, each once; a lost connection loses the answer of its step only."""

    def __init__(self, server, ledger, root, with_digest=False):
        self.server, self.ledger, self.root = server, ledger, root
        self.with_digest = with_digest
        self.conn = None
        self.has_lost = False  # a step: nodes that later ones need may be missing

    def write(self, values, *request):
        values = {self.root + name: value for name, value in values.items()}
        self.ledger.begin(values)
        err, _ = self.conn.call(*request)
        if err == 0:
            self.ledger.done(values)
        else:
            assert err == zkwire.NO_NODE and self.has_lost, "%s: %d" % (request[:2], err)

    def create(self, name, data=b"", *more):
        self.write({name: data}, "create", self.root + name, data, *more)

    def multi(self, number):
        paths = ["-m%d-%s" % (number, half) for half in "ab"]
        self.write(dict.fromkeys(paths, b""), "multi", *[("create", self.root + path) for path in paths])

    def pipeline(self):
        """Writes with reads behind them: the reads wait, copied."""
        names = ["-p%d" % i for i in range(8)]
        values = {self.root + name: b"p" * 100 for name in names}
        self.ledger.begin(values)
        for path, value in values.items():
            self.conn.request("create", path, value)
            self.conn.request("getData", path, True)
        for path, value in values.items():
            if self.conn.recv_reply().err == 0:
                self.ledger.done({path: value})
            self.conn.recv_reply()

    def watches(self):
        self.conn.call("getChildren", self.root, True)
        self.conn.call("addWatch", self.root, 1)
        self.conn.request("setWatches", 0, [self.root + "-n1"], [self.root + "-none"], [self.root],
                          xid=zkwire.XID_SET_WATCHES)
        self.conn.recv_reply()

    def reads(self):
        for name in ("exists", "getData", "getACL", "getChildren2", "getAllChildrenNumber", "sync"):
            self.conn.call(name, self.root)
        self.conn.call("multiRead", ("getData", self.root), ("getChildren", "/"))
        self.conn.call("exists", b"/odd\xff")  # a path that has to be repaired
        self.conn.call("whoAmI")

    def words(self):
        for name in ("stat", "srvr", "mntr", "cons", "dump", "wchs", "wchc", "wchp", "conf", "envi", "dirs"):
            zkwire.word(self.server.port, name)

    def work(self):
        """The steps, as functions without arguments."""
        yield lambda: self.write({"": b"root"}, "create", self.root, b"root")
        for i in range(6):
            yield lambda i=i: self.create("-n%d" % i, b"x" * (10 ** i % 5000))
        yield lambda: self.create("-big", b"b" * 300000)
        yield self.watches
        for i in range(4):
            yield lambda i=i: self.multi(i)
        yield lambda: self.write({"-n1": b"new"}, "setData", self.root + "-n1", b"new")
        yield lambda: self.write({"-n2": None}, "delete", self.root + "-n2")
        yield lambda: self.create("-owned", b"", [(31, "ip", "127.0.0.1"), (1, "world", "anyone")])
        yield self.reads
        yield self.pipeline
        yield lambda: self.conn.call("create", self.root + "-mine", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
        yield lambda: self.conn.call("createTTL", self.root + "-short", b"")
        yield lambda: self.conn.call("createContainer", self.root + "-box", b"", zkwire.OPEN_ACL, zkwire.CONTAINER)
        yield self.words
        if self.with_digest:
            yield lambda: self.conn.add_auth("digest", b"user:password")
        yield lambda: self.conn.close_session()

    def run(self):
        for step in self.work():
            try:
                if self.conn is None:
                    self.conn = zkwire.open_session(self.server.port)
                step()
            except (zkwire.Closed, zkwire.NoAnswer, OSError):
                self.conn = None
                self.has_lost = True
                if not self.server.is_running():
                    return


class FaultyServer(PaddockServer):
    fail_at = 0

    def command(self, cfg_path):
        fault = ["LD_PRELOAD=" + shim(), "FAIL_MALLOC_AT=%d" % self.fail_at] if self.fail_at else []
        return ["env", *fault, *super().command(cfg_path)]

    def output(self):
        return self.log_path.read_text(errors="replace")


class Run:
    """A server with one fault, and a look at what it left."""

    def __init__(self, template, ledger, fail_at, with_digest=False):
        self.with_digest = with_digest
        self.folder = scratch_folder("no-memory")
        shutil.copytree(template.data_dir, self.folder / "data")
        self.server = FaultyServer(CFG, PROPERTIES, folder=self.folder)
        self.server.fail_at = fail_at
        self.ledger = Ledger()
        self.ledger.may.update(ledger.may)

    def play(self):
        self.server.launch()
        if self.wait_listening():
            Client(self.server, self.ledger, "/r", self.with_digest).run()
            self.server.process.terminate()
        self.code = self.server.process.wait(60)
        self.log = self.server.output()
        self.server.fail_at = 0
        self.server.start()
        with zkwire.open_session(self.server.port) as conn:
            self.ledger.check(conn)
        return self.outcome()

    def wait_listening(self):
        while self.server.is_running():
            if " serving " in self.server.output():
                return True
            time.sleep(0.001)
        return False

    def outcome(self):
        if "fail_malloc: failed" not in self.log:
            assert self.code == 0, self.log
            return "not reached"
        if self.code == -signal.SIGABRT:
            assert re.search(r"out of memory: \d+ bytes", self.log), self.log
            return "abort"
        if self.code == 0:
            return "goes on"
        assert self.code > 0, "signal %d\n%s" % (-self.code, self.log)
        assert re.search(r"start_failed|^paddockd: ", self.log, re.M), self.log
        return "refused"

    def close(self):
        self.server.stop()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def killed():
    """A server that was killed in the middle of things, and what it holds."""
    if is_sanitized():
        pytest.skip("a sanitizer has an allocator of its own")
    ledger = Ledger()
    with PaddockServer(CFG, PROPERTIES) as server:
        client = Client(server, ledger, "/t")
        steps = list(client.work())
        client.work = lambda: steps[:-1]  # the session stays
        client.run()
        server.kill()
        yield server, ledger


def fail_each(killed, numbers, with_digest=False):
    """A run for each n until one does not come so far; how often each outcome came."""
    outcomes = collections.Counter()
    for n in numbers:
        run = Run(*killed, n, with_digest)
        try:
            outcome = run.play()
        except AssertionError as problem:
            raise AssertionError("allocation %d: %s" % (n, problem)) from problem
        finally:
            run.close()
        outcomes[outcome] += 1
        if outcome == "not reached":
            return outcomes
    raise AssertionError("a scenario without end")


def side_by_side(killed, ranges, **keywords):
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        outcomes = sum(pool.map(lambda numbers: fail_each(killed, numbers, **keywords), ranges), collections.Counter())
    print("allocations that failed:", dict(outcomes))
    return outcomes


def test_every_allocation_may_fail(killed):
    outcomes = side_by_side(killed, [range(first, 100000, WORKERS) for first in range(1, WORKERS + 1)])
    assert outcomes["abort"] > 300 and outcomes["goes on"] > 0


def test_the_traces_say_what_went_before(killed):
    """Which allocation is the n-th depends on the libraries of the machine: the first that aborts from 400 on."""
    for number in range(400, 450):
        run = Run(*killed, number)
        try:
            outcome = run.play()
        finally:
            run.close()
        if outcome == "abort":
            break
    assert outcome == "abort"
    traces = re.findall(r"^trace \d+\.\d{3} (.*)$", run.log, re.M)
    assert run.log.index("out of memory") < run.log.index(traces[0])
    for what in (r"recovery: snapshot\.[\w.]+ with \d+ nodes", r"connection from 127\.0\.0\.1",
                 r"session_opened session 0x\w+", r"batch 0x\w+: 1 transactions, \d+ bytes to the log",
                 r"logged 0x\w+", r"log file .*/log\.\w+ begins"):
        assert any(re.fullmatch(what, line) for line in traces), what


def test_allocations_of_a_first_digest_may_fail(killed):
    """OpenSSL makes some 5,000 of them at once, all by the same two functions: a sample."""
    outcomes = side_by_side(killed, [range(600, 100000, 211), range(650, 100000, 223)], with_digest=True)
    assert outcomes["abort"] > 30
