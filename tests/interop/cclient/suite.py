# SPDX-License-Identifier: Apache-2.0
"""Runs the C client's own tests, built from Debian's source package of ZooKeeper, against paddockd or Java.

    python3 -m tests.interop.cclient.suite java|paddock [SUITE ...]

The tests drive their server through a script; ours (zkserver.sh) takes its place. Both builds of the client are
tested: mt (threads) and st (the application's loop). Results are lines `status test reason` in
build/interop/cclient/SERVER.tsv.

A suite is one process. Some tests end it when they fail (they assert in a thread of the client's, where nobody catches):
the tests that were to come then have a process each.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.interop.lib import baseline, client, install, java_server
from tests.interop.lib.paddock_server import binary

HERE = Path(__file__).parent
BUILD = install.CACHE / "cclient"
PACKAGES = ("dpkg-dev", "cmake", "g++", "libcppunit-dev")
SUITES = ("Zookeeper_simpleSystem", "Zookeeper_clientretry", "Zookeeper_logClientEnv", "Zookeeper_multi",
          "Zookeeper_operations", "Zookeeper_reconfig", "Zookeeper_watchers", "Zookeeper_close",
          "Zookeeper_init")  # Not here: readOnly and TestReconfigServer (an ensemble), SASLAuth.
BUILDS = {"mt": "ON", "st": "OFF"}
SUITE_LIMIT_S = 600
SUMMARY = re.compile(r"^(OK \(|Run: )\d+", re.MULTILINE)  # The last thing that is printed.
RESULT = re.compile(r"(\w+::\w+)(.*?): (OK|assertion|error)\b", re.DOTALL)


def build():
    """The folder with zktest of both builds."""
    script = HERE / "build.sh"
    with install.once(BUILD / "work", script, HERE / "zkserver.sh") as missing:
        if missing:
            install.apt(*PACKAGES)
            lib = install.maven(HERE.parent / "javasuite" / "pom.xml", install.CACHE / "javasuite" / "lib")
            install.run(script, BUILD / "work", HERE / "zkserver.sh", str(lib / "*"))
    return BUILD / "work"


def run(server, suites=SUITES):
    """All results as {"build suite::test": (status, reason)}."""
    work = build()
    results = {}
    for name in BUILDS:
        for suite in suites:
            found, output = _run_process(work / name, server, suite)
            if not SUMMARY.search(output):
                for test in _behind(name, suite, found):
                    alone, more = _run_process(work / name, server, test)
                    found.update(alone)
                    output += more
            (BUILD / ("%s-%s-%s.log" % (server, name, suite))).write_text(output)
            results.update(("%s %s" % (name, test), result) for test, result in found.items())
    return results


def _behind(name, suite, begun):
    """The tests of the list that a process which ended early had not begun."""
    listed = [key.partition(" ") for key in baseline.read_list(HERE / "java.txt")]
    return [test for build, _, test in listed if build == name and test.startswith(suite + "::") and test not in begun]


def _run_process(folder, server, tests):
    """The results of zktest, called with a suite or a test, and all that it printed."""
    state = BUILD / ("state-" + server)
    state.mkdir(parents=True, exist_ok=True)
    env = dict(os.environ, INTEROP_SERVER=server, INTEROP_STATE=str(state), PADDOCKD=binary(),
               INTEROP_CLASSPATH=java_server.class_path())
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        client.run_whole([folder / "zktest", tests], SUITE_LIMIT_S, cwd=folder, env=env, stdout=out, stderr=err)
        subprocess.run([str(HERE / "zkserver.sh"), "stop"], env=env, stdout=subprocess.DEVNULL)
        out.seek(0)
        err.seek(0)
        said, complaints = (file.read().decode("utf-8", "replace") for file in (out, err))
    return {test: (status, reason) for test, status, reason in parse(said)}, said + complaints


def parse(output):
    """Each test prints its name, perhaps the client's log, and its result; a test without a result did not end."""
    started = re.findall(r"^(\w+::\w+)", output, re.MULTILINE)
    found = {}
    for test, _, status in RESULT.findall(output):
        found[test] = status
    details = "; ".join(re.findall(r"^.*?: Assertion: (.*)$", output, re.MULTILINE))
    for test in started:
        status = found.get(test, "no result")
        yield test, "passed" if status == "OK" else "failed", "" if status == "OK" else status + " " + details


def main():
    server, suites = sys.argv[1], sys.argv[2:]
    results = run(server, suites or SUITES)
    lines = ["%s\t%s\t%s\n" % (status, key, reason) for key, (status, reason) in sorted(results.items())]
    if not suites:
        (BUILD / (server + ".tsv")).write_text("".join(lines))
    sys.stdout.writelines(line for line in lines if not line.startswith("passed"))
    passed = sum(status == "passed" for status, _ in results.values())
    print("%d passed, %d failed" % (passed, len(results) - passed))
    return 1 if passed < len(results) else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
