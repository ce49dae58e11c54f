#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A tree of a million znodes through the command line: export, import, diff, du and tree, with time, CPU and peak memory,
beside other people's tools on the same server.

    bench/cli_million.py [--build build/release] [--nodes 1000000] [--data 100] [--server paddock|java] [--only NAME...]

Prints one line a measurement, and a Markdown table at the end.
"""
import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from bench.servers import ZOO_CFG  # noqa: E402
from tests.interop.lib.java_server import JavaServer  # noqa: E402
from tests.interop.lib.paddock_server import PaddockServer  # noqa: E402

FAMILY = 1000  # children of one node
TOOLS = Path(__file__).resolve().parent / "others"
KAZOO = TOP / "build/interop/kazoo-venv/bin/python"  # made by tests/interop/kazoo


def write_export(path, nodes, data_bytes):
    """An export of /million as `paddock export` would write it: text of about `data_bytes` in each node."""
    crc, count, size = 0, 0, 0
    with open(path, "wb") as out:
        def put(line):
            nonlocal crc
            line = json.dumps(line, separators=(",", ":")).encode() + b"\n"
            crc = zlib.crc32(line, crc)
            out.write(line)

        put({"format": "paddock-export", "format_version": 1, "source": "bench", "path": "/million", "zxid": "0x0",
             "time": None, "time_ms": 0, "acl": True, "ephemerals": False, "kinds": False})
        put({"path": "", "data": None})
        count += 1
        for family in range(-(-(nodes - 1) // (FAMILY + 1))):
            for child in range(-1, min(FAMILY, nodes - count - 1)):
                name = "f%05d" % family if child < 0 else "f%05d/n%05d" % (family, child)
                data = base64.b64encode(zlib.crc32(name.encode()).to_bytes(4, "big") * 40)[:data_bytes].decode()
                put({"path": name, "data": data})
                size += len(data)
                count += 1
        out.write(json.dumps({"end": True, "nodes": count, "data_bytes": size, "crc32": "%08x" % crc}).encode() + b"\n")
    return count


class Measured:
    def __init__(self, name, seconds, cpu_s, peak_mib, code):
        self.name, self.seconds, self.cpu_s, self.peak_mib, self.code = name, seconds, cpu_s, peak_mib, code


def peak_mib(pid):
    """Of the program itself: what wait4 tells begins with the memory of this process, which it was forked from."""
    try:
        text = Path("/proc/%d/status" % pid).read_text()
    except OSError:
        return 0
    return max((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM:")), default=0)


def measure(name, command, env=None, output=None):
    """Wall time, CPU time and peak memory of one process."""
    began = time.monotonic()
    peak = 0
    with open(output or os.devnull, "wb") as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err,
                                   env={**os.environ, **(env or {})})
        while True:
            peak = max(peak, peak_mib(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            time.sleep(0.02)
        seconds = time.monotonic() - began
        err.seek(0)
        said = err.read().decode(errors="replace").strip()
    process.returncode = os.waitstatus_to_exitcode(status)
    result = Measured(name, seconds, usage.ru_utime + usage.ru_stime, peak, process.returncode)
    print("%-34s %8.2f s  cpu %7.2f s  peak %7.1f MiB  exit %d" %
          (name, result.seconds, result.cpu_s, result.peak_mib, result.code), flush=True)
    if result.code != 0 and said:
        print("    " + said.splitlines()[-1], flush=True)
    return result


def new_server(kind, folder):
    folder.mkdir(parents=True)
    return (PaddockServer if kind == "paddock" else JavaServer)(ZOO_CFG, {}, folder=folder)


def steps(args, work, first, second):
    """(name, command, environment, where its output goes) in the order in which they build on each other."""
    paddock = args.build / "paddock"
    a, b = "127.0.0.1:%d" % first.port, "127.0.0.1:%d" % second.port
    mine = [paddock, "--quiet", "-s"]
    script = [KAZOO, TOOLS / "kazoo_tree.py"]
    return [
        ("paddock import", mine + [a, "import", work / "made.jsonl", "/million"], None, None),
        ("paddock import (all there)", mine + [a, "import", work / "made.jsonl", "/million"], None, None),
        ("paddock export", mine + [a, "export", "/million", "-o", work / "out.jsonl"], None, None),
        ("paddock export .gz", mine + [a, "export", "/million", "-o", work / "out.jsonl.gz"], None, None),
        ("paddock import .gz, 2nd server", mine + [b, "import", work / "out.jsonl.gz", "/million"], None, None),
        ("paddock diff, two servers", mine + [a, "diff", a + "/million", b + "/million"], None, None),
        ("paddock diff, export and server", mine + [a, "diff", work / "out.jsonl.gz", b + "/million"], None, None),
        ("paddock du", mine + [a, "du", "/million"], None, None),
        ("paddock tree", mine + [a, "tree", "/million"], None, None),
        ("kazoo, 256 under way: export", script + ["export", a, "/million", work / "kazoo.jsonl"], None, None),
        ("kazoo, 256 under way: import", script + ["import", b, "/kazoo", work / "kazoo.jsonl"], None, None),
        ("go-zookeeper, 64 routines: export", [args.go_tree or "go_tree", "export", a, "/million", work / "go.jsonl"],
         None, None),
        ("go-zookeeper, 64 routines: import", [args.go_tree or "go_tree", "import", b, "/go", work / "go.jsonl"],
         None, None),
    ]


def snapshot_of(server):
    """The newest snapshot after a restart, which takes one."""
    server.stop()
    server.start()
    folder = server.data_dir / "version-2"
    until = time.monotonic() + 60
    while list(folder.glob("*.tmp")) and time.monotonic() < until:
        time.sleep(0.1)
    return max(folder.glob("snapshot.*"), key=lambda path: int(path.name.split(".")[1], 16))


def run(args, work):
    count = write_export(work / "made.jsonl", args.nodes, args.data)
    print("%d nodes in %.1f MiB" % (count, (work / "made.jsonl").stat().st_size / 2**20), flush=True)
    servers = [new_server(args.server, work / name) for name in ("first", "second")]
    results = []
    try:
        for server in servers:
            server.start()
        for name, command, env, output in steps(args, work, *servers):
            is_wanted = not args.only or any(word in name for word in args.only)
            if is_wanted and ("go-" not in name or args.go_tree) and ("kazoo" not in name or args.kazoo):
                results.append(measure(name, command, env, output))
        if not args.only or "snapshot" in args.only:
            snapshot = snapshot_of(servers[0])
            b = "127.0.0.1:%d" % servers[1].port
            results.append(measure("paddock diff, snapshot and server",
                                   [args.build / "paddock", "--quiet", "diff", "%s:/million" % snapshot,
                                    b + "/million"]))
    finally:
        for server in servers:
            server.kill()
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    parser.add_argument("--nodes", type=int, default=1000000)
    parser.add_argument("--data", type=int, default=100)
    parser.add_argument("--server", choices=("paddock", "java"), default="paddock")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/paddock-million"))
    parser.add_argument("--go-tree", help="compare with bench/others/go_tree, built by `go mod tidy && go build`")
    parser.add_argument("--kazoo", action="store_true", help="compare with kazoo, which takes half an hour a million")
    parser.add_argument("--only", nargs="*", help="measurements whose name has one of these words")
    args = parser.parse_args()
    args.build = args.build.resolve()
    os.environ["PADDOCKD"] = str(args.build / "paddockd")
    shutil.rmtree(args.folder, ignore_errors=True)
    args.folder.mkdir(parents=True)
    try:
        results = run(args, args.folder)
    finally:
        shutil.rmtree(args.folder, ignore_errors=True)
    print("\n| | time | CPU | peak memory |\n|---|---|---|---|")
    for r in results:
        print("| %s | %.1f s | %.1f s | %.0f MiB |" % (r.name, r.seconds, r.cpu_s, r.peak_mib))
    return 1 if any(r.code != 0 for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
