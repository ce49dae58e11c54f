# SPDX-License-Identifier: Apache-2.0
"""Runs the own tests of github.com/go-zookeeper/zk against paddockd or Java: single servers and ensembles of three.

    python3 -m tests.interop.gozk.suite java|paddock [go test arguments]

The tests start their servers by zkServer.sh in ZOOKEEPER_BIN_PATH; ours (beside this file) takes its place. Results are
lines `status test reason` in build/interop/gozk/SERVER.tsv.

One thing is changed in the client: it reads the date in `srvr` as releases before 3.6 print it, so with any newer server,
Java's too, every test that starts one ends there. Its copy here reads both forms.
"""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.interop.lib import client, install, java_server
from tests.interop.lib.paddock_server import binary

HERE = Path(__file__).parent
BUILD = install.CACHE / "gozk"
MODULE = "github.com/go-zookeeper/zk@v1.0.4"
DATE = ((r"(\d\d/\d\d/\d\d\d\d ", r"([\d/\-]+ "),
        ('time.Parse("01/02/2006 15:04 MST", match[1])', "parseBuilt(match[1])"))
PARSE_BUILT = """
func parseBuilt(text string) (time.Time, error) {
	built, err := time.Parse("01/02/2006 15:04 MST", text)
	if err != nil {
		built, err = time.Parse("2006-01-02 15:04 MST", text)
	}
	return built, err
}
"""
RUN_LIMIT_S = 900
STATUS = {"pass": "passed", "fail": "failed", "skip": "skipped"}


def source():
    """A folder of ours with the module: that in Go's cache cannot be written to."""
    folder = BUILD / "source"
    with install.once(folder, HERE / "suite.py") as missing:
        if missing:
            done = subprocess.run(["go", "mod", "download", "-json", MODULE], check=True, capture_output=True, text=True)
            shutil.copytree(json.loads(done.stdout)["Dir"], folder)
            subprocess.run(["chmod", "-R", "u+w", folder], check=True)
            words = folder / "flw.go"
            text = words.read_text()
            for old, new in DATE:
                assert text.count(old) >= 1, old
                text = text.replace(old, new)
            words.write_text(text + PARSE_BUILT)
    return folder


def run(server, *arguments):
    """All results as {"test": (status, reason)}."""
    folder = source()
    env = dict(os.environ, ZOOKEEPER_BIN_PATH=str(HERE), INTEROP_SERVER=server, ZK_VERSION="3.9.5", PADDOCKD=binary(),
               INTEROP_CLASSPATH=java_server.class_path())
    command = ["go", "test", "-json", "-count=1", "-timeout=%ds" % (RUN_LIMIT_S - 60), *arguments, "."]
    output = BUILD / (server + ".json")
    with open(output, "wb") as log:
        in_time = client.run_whole(command, RUN_LIMIT_S, stdout=log, stderr=log, cwd=folder, env=env)
    assert in_time, "the Go client's tests took more than %d s: see %s" % (RUN_LIMIT_S, output)
    return results(output.read_text(encoding="utf-8", errors="replace"))


def results(text):
    found, said = {}, {}
    for line in text.splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        test = event.get("Test")
        if test and event["Action"] == "output":
            said.setdefault(test, []).append(event["Output"].strip())
        elif test and event["Action"] in STATUS:
            reason = [words for words in said.get(test, []) if ".go:" in words or "panic" in words]
            found[test] = (STATUS[event["Action"]], " ".join(reason)[:300])
    return found


def main():
    server, arguments = sys.argv[1], sys.argv[2:]
    found = run(server, *arguments)
    lines = ["%s\t%s\t%s\n" % (status, key, reason) for key, (status, reason) in sorted(found.items())]
    if not arguments:
        (BUILD / (server + ".tsv")).write_text("".join(lines))
    sys.stdout.writelines(line for line in lines if not line.startswith("passed"))
    counts = {kind: sum(status == kind for status, _ in found.values()) for kind in STATUS.values()}
    print(", ".join("%d %s" % (count, kind) for kind, count in counts.items()))
    return 1 if counts["failed"] else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
