# SPDX-License-Identifier: Apache-2.0
"""Runs Apache ZooKeeper's own client tests, from Maven Central, against paddockd or against Java's server.

    python3 -m tests.interop.javasuite.suite java|paddock [CLASS ...]

One JVM per class, or per method where that is needed, two at a time; results are lines `status class method reason` in
build/interop/javasuite/SERVER.tsv. Without CLASS all of classes.txt are run.
"""
import concurrent.futures
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.interop.lib import baseline, client, install
from tests.interop.lib.paddock_server import binary
from tests.interop.lib.server_process import ROOT

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "interop" / "javasuite"
PACKAGE = "org.apache.zookeeper."
CLASS_LIMIT_S = 400
CLASSES = BUILD / "classes"
CLOCK = CLASSES / "libclock.so"
# Tests that drive the reaper of containers and TTL nodes: the process's own is quick here, and its clock stands still
# until the bridge moves it (src/paddock/interop/Reaper.java).
REAPING = ("server.CreateContainerTest", "server.CreateTTLTest", "server.Emulate353TTLTest")
REAP_INTERVAL_MS = 20
# Classes whose methods need a JVM each, and what its server is told more. CheckTest: an ensemble leaves its beans behind.
# CreateContainerTest: what the test tells its own ContainerManager is told to the process too.
ISOLATED = {
    "server.CreateContainerTest": {"testMaxNeverUsedInterval": {"znode.container.maxNeverUsedIntervalMs": 1000}},
    "test.CheckTest": {},
}
SUPER = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="  # Of super:test, as the tests expect it.


def classes():
    lines = (HERE / "classes.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def prepare():
    """Fetches the jars and compiles what is in src; returns the class path."""
    lib = install.maven(HERE / "pom.xml", BUILD / "lib")
    sources = sorted(path for path in (HERE / "src").rglob("*") if path.is_file())
    with install.once(CLASSES, *sources) as missing:
        if missing:
            java = [path for path in sources if path.suffix == ".java"]
            install.run("javac", "-nowarn", "-d", CLASSES, "-cp", lib / "*", *java)
            shutil.copytree(HERE / "src" / "META-INF", CLASSES / "META-INF")
            install.run("cc", "-shared", "-fPIC", "-O2", "-o", CLOCK, HERE / "src" / "c" / "clock.c")
    return "%s:%s" % (CLASSES, lib / "*")


def run_class(class_path, name, server, worker):
    """Result lines of one class, from one JVM or from one for each of its methods that pass on Java."""
    if name not in ISOLATED:
        return run_jvm(class_path, name, None, server, worker)
    tests = (test.split(" ", 1) for test in baseline.read_list(HERE / "java.txt"))
    return [line for cls, method in tests if cls == name for line in run_jvm(class_path, name, method, server, worker)]


def run_jvm(class_path, name, method, server, worker):
    """One JVM; returns result lines. A JVM over its time counts as one failed line."""
    run_name = name + ("-" + method if method else "")
    scratch = Path(tempfile.mkdtemp(prefix="javasuite-", dir="/dev/shm"))
    results = scratch / "results.tsv"
    properties = {
        "build.test.dir": scratch / "tests",
        "paddock.results": results,
        "paddock.binary": binary(),
        "paddock.log": BUILD / ("%s-%s.server.log" % (run_name, server)),
        "paddock.factory": "paddock.interop.PaddockFactory" if server == "paddock" else "",
        "test.junit.threads": 4,
        "zookeeper.junit.threadid": worker,
        "zookeeper.DigestAuthenticationProvider.superDigest": SUPER,
        "junit.jupiter.execution.timeout.default": "120 s",
    }
    if server == "paddock":
        properties["zookeeper.clientCnxnSocket"] = PACKAGE + "SpoilingSocket"
    if name in REAPING:
        properties["paddock.clock"] = CLOCK
        properties["znode.container.checkIntervalMs"] = REAP_INTERVAL_MS
        properties.update(ISOLATED.get(name, {}).get(method, {}))
    select = ["--select-method", "%s%s#%s" % (PACKAGE, name, method)] if method else ["--select-class", PACKAGE + name]
    command = (["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
               + ["-D%s=%s" % item for item in properties.items()]
               + ["-cp", class_path, "org.junit.platform.console.ConsoleLauncher", "execute",
                  "--disable-banner", "--details=none"] + select)
    Path(properties["paddock.log"]).unlink(missing_ok=True)
    with open(BUILD / ("%s-%s.log" % (run_name, server)), "wb") as log:
        in_time = client.run_whole(command, CLASS_LIMIT_S, stdout=log, stderr=log, cwd=scratch)
    late = [] if in_time else ["failed\t%s\t(class)\tover %d s" % (PACKAGE + name, CLASS_LIMIT_S)]
    lines = results.read_text().splitlines() if results.exists() else []
    shutil.rmtree(scratch, ignore_errors=True)
    return lines + late or ["failed\t%s\t(class)\tno result" % (PACKAGE + name)]


def run(server, names=None, jobs=2, report=None):
    """All results of the classes as {"Class method": (status, reason)}."""
    class_path = prepare()
    results = {}
    workers = list(range(1, jobs + 1))

    def one(name):
        worker = workers.pop()
        try:
            return run_class(class_path, name, server, worker)
        finally:
            workers.append(worker)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, lines in zip(names or classes(), pool.map(one, names or classes())):
            for line in lines:
                status, cls, method, reason = (line.split("\t", 3) + [""] * 4)[:4]
                results["%s %s" % (cls.removeprefix(PACKAGE), method)] = (status, reason)
            if report:
                report(name, lines)
    return results


def main(run=run, folder=BUILD):
    """The command line, of this suite or of another one with the same `run` and a folder of its own."""
    server, names = sys.argv[1], sys.argv[2:]

    def report(name, lines):
        failed = [line for line in lines if not line.startswith("passed")]
        print("%s: %d of %d passed" % (name, len(lines) - len(failed), len(lines)), *failed,
              sep="\n    ", flush=True)

    results = run(server, names or None, report=report)
    if not names:
        lines = ["%s\t%s\t%s\n" % (status, key, reason) for key, (status, reason) in sorted(results.items())]
        (folder / (server + ".tsv")).write_text("".join(lines))
    passed = sum(status == "passed" for status, _ in results.values())
    print("%d passed, %d failed" % (passed, len(results) - passed))
    return os.EX_OK if passed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
