# SPDX-License-Identifier: Apache-2.0
"""Runs the C client's own tests, built from Debian's source package of ZooKeeper, against paddockd or Java.

    python3 -m tests.interop.cclient.suite java|paddock [SUITE ...]

The tests drive their server through a script; ours (zkserver.sh) takes its place. Both builds of the client are
tested: mt (threads) and st (the application's loop). Results are lines `status test reason` in
build/interop/cclient/SERVER.tsv.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.interop.lib import install, java_server
from tests.interop.lib.paddock_server import binary

HERE = Path(__file__).parent
BUILD = install.CACHE / "cclient"
PACKAGES = ("dpkg-dev", "cmake", "g++", "libcppunit-dev")
SUITES = ("Zookeeper_simpleSystem", "Zookeeper_clientretry", "Zookeeper_logClientEnv", "Zookeeper_multi",
          "Zookeeper_operations", "Zookeeper_reconfig", "Zookeeper_watchers", "Zookeeper_close",
          "Zookeeper_init")  # Not here: readOnly and TestReconfigServer (an ensemble), SASLAuth.
BUILDS = {"mt": "ON", "st": "OFF"}
SUITE_LIMIT_S = 240
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
            output = _run_suite(work / name, server, suite)
            (BUILD / ("%s-%s-%s.log" % (server, name, suite))).write_text(output)
            for test, status, reason in parse(output):
                results["%s %s" % (name, test)] = (status, reason)
    return results


def _run_suite(folder, server, suite):
    state = BUILD / ("state-" + server)
    state.mkdir(parents=True, exist_ok=True)
    env = dict(os.environ, INTEROP_SERVER=server, INTEROP_STATE=str(state), PADDOCKD=binary(),
               INTEROP_CLASSPATH=java_server.class_path())
    command = [str(folder / "zktest"), suite]
    try:
        done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SUITE_LIMIT_S)
        return done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode("utf-8", "replace")
    finally:
        subprocess.run([str(HERE / "zkserver.sh"), "stop"], env=env, stdout=subprocess.DEVNULL)


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
