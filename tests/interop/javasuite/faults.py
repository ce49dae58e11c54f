# SPDX-License-Identifier: Apache-2.0
"""Shows that the bridge passes nothing that paddockd fails: faults are planted, and tests must see them.

    python3 -m tests.interop.javasuite.faults [FAULT ...]

Each fault changes one place in the committed sources, copied to build/interop/javasuite/faults; what is built there takes
the place of paddockd, one class is run, and the named tests, which pass through the bridge, must fail while others of
the class still pass. Takes about ten minutes.
"""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from tests.interop.javasuite import suite
from tests.interop.lib import baseline
from tests.interop.lib.server_process import ROOT

COPY = suite.BUILD / "faults"
EACH = (" [1] true", " [2] false")
WATCH_TESTS = ["testRemoveAll%sWatchesOnAPath" % kind for kind in
               ("", "Child", "Data", "Persistent", "PersistentRecursive")]
PARTIAL_TESTS = ["testRemovePersistentWatchesOnAPathPartially", "testRemoveAllPersistentWatchesOnAPathPartially"]
TTL_TESTS = ["testCreate", "testCreateSequential", "testCreateAsync", "testModifying", "testMulti"]

# Where both the search for what is due and the deletion itself take the time of a TTL node from.
TTL = ("src/tree/tree.c", "return owner & TTL_MS_MAX;")


@dataclass
class Fault:
    file: str
    old: str
    new: str
    test_class: str
    fails: list


FAULTS = {
    "reaper-asleep": Fault(
        "src/server/upkeep.c", "                                 s->config->container_check_interval_ms);",
        "                                 s->config->container_check_interval_ms + 3600000);",
        "server.CreateContainerTest",
        ["testSimpleDeletion", "testMultiWithContainer", "testSimpleDeletionAsync", "testCascadingDeletion",
         "testMaxNeverUsedInterval"]),
    "unused-containers-stay": Fault(
        "src/tree/reap.c", "never_used_ms != 0 &&", "never_used_ms > 1000 &&",
        "server.CreateContainerTest", ["testMaxNeverUsedInterval"]),
    "ttl-late": Fault(*TTL, "return 2 * (owner & TTL_MS_MAX);", "server.CreateTTLTest", TTL_TESTS),
    "ttl-early": Fault(*TTL, "return (owner & TTL_MS_MAX) / 2;", "server.CreateTTLTest", ["testMulti"]),
    "ttl-at-once": Fault(*TTL, "(void)owner;\n    return -1;", "server.CreateTTLTest", TTL_TESTS),
    "emulation-late": Fault(*TTL, "return 2 * (owner & TTL_MS_MAX);", "server.Emulate353TTLTest",
                            ["testCreate", "test353TTL"]),
    "watch-unseen": Fault("src/server/read.c", "return found ? ZK_OK : ZK_NO_WATCHER;", "return ZK_NO_WATCHER;",
                          "RemoveWatchesTest", [name + each for name in WATCH_TESTS + PARTIAL_TESTS for each in EACH]),
    "watch-always": Fault("src/server/read.c", "return found ? ZK_OK : ZK_NO_WATCHER;", "return ZK_OK;",
                          "RemoveWatchesTest", [name + each for name in WATCH_TESTS + PARTIAL_TESTS for each in EACH]),
    "watch-kept": Fault(
        "src/server/read.c", "watches_remove(ws, WATCH_CHILD, q.path, w, sel.child_modes);",
        "watches_has(ws, WATCH_CHILD, q.path, w, sel.child_modes);", "RemoveWatchesTest",
        ["testRemoveAllChildWatchesOnAPath" + each for each in EACH]),
    "watch-count": Fault("src/server/word_mntr.c", "(int64_t)watches_count(s->watches)",
                         "(int64_t)watches_count(s->watches) + 1", "test.WatcherTest", ["testWatcherCount"]),
    "acl-unshared": Fault("src/jute/records.c", "if (a->count != b->count) {", "if (a->count >= 0) {",
                          "test.ACLTest", ["testAcls"]),
    "create-path-cut-at-zero": Fault(
        "src/server/prep_op.c", "    if (!path_has_slash_and_no_nul(c->path)) {",
        "    struct prep_create cut = *c;\n    cut.path.len = strnlen((const char *)c->path.data, c->path.len);\n"
        "    c = &cut;\n    if (!path_has_slash_and_no_nul(c->path)) {", "test.ClientTest", ["testPathValidation"]),
    "frame-limit": Fault("src/server/conn.c", "length <= c->server->config->jute_max_buffer", "length <= 1000",
                         "test.BufferSizeTest", ["testCreatesReqs", "testSetReqs"]),
    "session-limit": Fault("src/server/connect.c", "return cfg->min_session_timeout_ms;", "return wanted_ms;",
                           "test.SessionTest", ["testMinMaxSessionTimeout", "testSessionTimeoutAccess"]),
    "connection-limit": Fault("src/server/conn.c", "(uint32_t)cfg->max_client_cnxns);", "(uint32_t)0);",
                              "test.SessionTest", ["testMaximumCnxnPerIP"]),
    "whitelist": Fault("src/server/word.c", "    return is_listed(cfg->four_letter_whitelist, word->text) ||",
                       "    return !changes || is_listed(cfg->four_letter_whitelist, word->text) ||",
                       "test.FourLetterWordsWhiteListTest",
                       ["testFourLetterWordsAllDisabledByDefault", "testFourLetterWordsEnableSomeCommands",
                        "testFourLetterWordsInvalidConfiguration"]),
}


def copy_sources():
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    tar = subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(["tar", "x", "-C", str(COPY)], stdin=tar.stdout, check=True)
    subprocess.run(["meson", "setup", "build", "--buildtype=debugoptimized", "-Dwerror=false"], cwd=COPY,
                   check=True, stdout=subprocess.DEVNULL)


def build_with(fault):
    source = COPY / fault.file
    whole = source.read_text()
    assert whole.count(fault.old) == 1, "%s: not one place for %r" % (fault.file, fault.old)
    source.write_text(whole.replace(fault.old, fault.new))
    try:
        subprocess.run(["ninja", "--quiet", "-C", "build", "paddockd"], cwd=COPY, check=True)
    finally:
        source.write_text(whole)


def failed_with(fault):
    """The tests of the class that fail with the fault and not without, and how many pass."""
    results = suite.run("paddock", [fault.test_class])
    wrong, _ = baseline.differences(suite.HERE, results, "paddock")
    passed = sum(status == "passed" for status, _ in results.values())
    return {test.split(" ", 1)[1] for test in wrong if test in results}, passed


def main():
    copy_sources()
    os.environ["PADDOCKD"] = str(COPY / "build" / "paddockd")
    unseen = 0
    for name in sys.argv[1:] or FAULTS:
        build_with(FAULTS[name])
        failed, passed = failed_with(FAULTS[name])
        blind = set(FAULTS[name].fails) - failed
        unseen += bool(blind) or passed == 0
        print("%s: %d tests fail, %d pass, %s" % (name, len(failed), passed,
                                                  "not seen by %s" % sorted(blind) if blind else "seen"), flush=True)
    return 1 if unseen else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
