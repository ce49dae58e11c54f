#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which branches of zab/ and server/ no schedule has reached: sim_coverage.py BUILD [SCHEDULES].

BUILD is configured with coverage. Runs the schedules that have names, SCHEDULES others (200) and as
many in which members change and zxids roll over, asks gcov, and prints one line per file, then the
functions that were never entered and the lines with branches never taken.
"""
import json
import os
import pathlib
import subprocess
import sys

LAYERS = ("zab", "server")


def run_schedules(build, count):
    """The counters begin at zero."""
    for old in pathlib.Path(build).rglob("*.gcda"):
        old.unlink()
    sim = f"{build}/paddock-sim"
    subprocess.run([sim, "--named", "all", "--schedules", "3", "--jobs", "2"], check=False)
    for extra in ([], ["--reconfig", "--rollover"]):
        subprocess.run([sim, "--servers", "0", "--schedules", count, "--seed", "1", "--jobs", "2",
                        "--ms", "1200", "--whole", "--failures", count, *extra], check=False)


def files_of(build, layer):
    """What gcov knows of each source of a layer."""
    for data in sorted(pathlib.Path(build, f"lib{layer}.a.p").glob("*.gcno")):
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                              data.name], cwd=data.parent, capture_output=True, text=True,
                             check=False).stdout
        for line in out.splitlines():
            for file in json.loads(line)["files"]:
                if file["file"].endswith(".c") and f"src/{layer}/" in file["file"]:
                    yield file


def is_failure_path(branch):
    """Branches that only an assertion's stop or a throw would take are no branches to reach."""
    return branch.get("throw", False)


def report(file):
    """Returns taken and known branches, and what was missed, as text."""
    missed = [f"    never entered: {f['name']}" for f in file["functions"]
              if f["execution_count"] == 0]
    taken = known = 0
    for line in file["lines"]:
        branches = [b for b in line["branches"] if not is_failure_path(b)]
        known += len(branches)
        reached = sum(b["count"] > 0 for b in branches)
        taken += reached
        if line["count"] > 0 and reached < len(branches):
            missed.append(f"    line {line['line_number']}: {len(branches) - reached} of "
                          f"{len(branches)} branches")
    return taken, known, missed


def main():
    """Run, ask, print."""
    build = os.path.abspath(sys.argv[1])
    run_schedules(build, sys.argv[2] if len(sys.argv) > 2 else "200")
    details = []
    total = [0, 0]
    for layer in LAYERS:
        for file in files_of(build, layer):
            taken, known, missed = report(file)
            name = f"{layer}/{os.path.basename(file['file'])}"
            total[0] += taken
            total[1] += known
            percent = 100 * taken / known if known else 100
            print(f"{percent:5.1f} % of {known:4d} branches  {name}")
            details += [name] + missed if missed else []
    print("\nnot reached:")
    print("\n".join(details))
    print(f"\nsim-coverage: {total[0]} of {total[1]} branches of {' and '.join(LAYERS)} reached, "
          f"{100 * total[0] / max(total[1], 1):.1f} %")


main()
