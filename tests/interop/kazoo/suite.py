# SPDX-License-Identifier: Apache-2.0
"""Runs kazoo's own tests, from PyPI, against one standalone server or an ensemble of three: paddockd or Java's.

    python3 -m tests.interop.kazoo.suite java|paddock|java-ensemble|paddock-ensemble [pytest arguments]

Results are lines `status test reason` in build/interop/kazoo/SERVER.tsv.
"""
import os
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.interop.lib import client, install, java_server
from tests.interop.lib.paddock_server import binary

HERE = Path(__file__).parent
BUILD = install.CACHE / "kazoo"
PACKAGES = ("kazoo==2.11.0", "pytest==8.3.4", "pytest-timeout==2.3.1", "pyjks==20.0.0",
            "pyOpenSSL==24.2.1", "gevent==24.11.1", "eventlet==0.38.2", "objgraph==3.6.2")
TEST_LIMIT_S = 60
RUN_LIMIT_S = 1500


def environment(server):
    kind, _, form = server.partition("-")
    env = dict(os.environ, ZOOKEEPER_CLUSTER_SIZE="3" if form else "1", ZOOKEEPER_VERSION="3.9.5",
               ZOOKEEPER_CLASSPATH=java_server.class_path(), PYTHONPATH=str(HERE))
    # A port range of its own, so that runs on both servers can go on at the same time.
    env["ZOOKEEPER_PORT_OFFSET"] = str({"java": 24000, "paddock": 25000}[kind] + (2000 if form else 0))
    env.pop("PADDOCKD", None)
    if kind == "paddock":
        env["PADDOCKD"] = binary()
    return env


def run(server, *arguments):
    """All results as {"module.Class test": (status, reason)}."""
    python = install.venv("kazoo-venv", *PACKAGES)
    BUILD.mkdir(parents=True, exist_ok=True)
    report = BUILD / (server + ".xml")
    report.unlink(missing_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="kazoo-", dir="/dev/shm"))
    command = [python, "-m", "pytest", "--pyargs", "kazoo.tests", "-p", "adapter", "-p", "no:cacheprovider",
               "-c", os.devnull, "--rootdir", scratch, "-q", "--timeout=%d" % TEST_LIMIT_S,
               "--junitxml=%s" % report, *arguments]
    env = dict(environment(server), TMPDIR=str(scratch))
    with open(BUILD / (server + ".log"), "wb") as log:
        in_time = client.run_whole(command, RUN_LIMIT_S, stdout=log, stderr=log, cwd=scratch, env=env)
    shutil.rmtree(scratch, ignore_errors=True)
    assert in_time, "kazoo's tests took more than %d s: see %s.log" % (RUN_LIMIT_S, BUILD / server)
    return dict(map(_result, ET.parse(report).iter("testcase")))


def _result(case):
    name = "%s %s" % (case.get("classname").removeprefix("kazoo.tests."), case.get("name"))
    for kind, status in (("error", "failed"), ("failure", "failed"), ("skipped", "skipped")):
        found = case.find(kind)
        if found is not None:
            return name, (status, (found.get("message") or "").split("\n")[0])
    return name, ("passed", "")


def main():
    server, arguments = sys.argv[1], sys.argv[2:]
    results = run(server, *arguments)
    lines = ["%s\t%s\t%s\n" % (status, key, reason) for key, (status, reason) in sorted(results.items())]
    if not arguments:
        (BUILD / (server + ".tsv")).write_text("".join(lines))
    sys.stdout.writelines(line for line in lines if not line.startswith("passed"))
    counts = {kind: sum(status == kind for status, _ in results.values())
              for kind in ("passed", "failed", "skipped")}
    print(", ".join("%d %s" % (count, kind) for kind, count in counts.items()))
    return 1 if counts["failed"] else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
