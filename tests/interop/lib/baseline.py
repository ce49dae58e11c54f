# SPDX-License-Identifier: Apache-2.0
"""Somebody else's test suite on Paddock, held against what it does on Java.

Beside a suite lie two lists. java.txt: the tests that pass on Apache ZooKeeper 3.9.5, standalone, on this kind of
machine. exceptions.txt: `test<TAB>reason` for those that may fail here. All others of java.txt must pass, and an
exception that passes is an error too, so that the list cannot outlive its reasons. One that depends on chance is
marked `~` before its reason.
"""


def read_list(path):
    """{test: reason}, the reason empty in a list without one."""
    tests = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            test, _, reason = line.partition("\t")
            tests[test] = reason
    return tests


def write_list(path, results, heading):
    """java.txt from results {test: (status, reason)}."""
    passed = sorted(test for test, (status, _) in results.items() if status == "passed")
    path.write_text("".join("# %s\n" % line for line in heading) + "\n".join(passed) + "\n", encoding="utf-8")


def differences(folder, results, server):
    """{test: what is not as it must be}; empty if all is well."""
    expected = read_list(folder / "java.txt")
    exceptions = read_list(folder / "exceptions.txt") if server == "paddock" else {}
    wrong = {test: "in exceptions.txt but not in java.txt" for test in exceptions if test not in expected}
    for test in expected:
        status, reason = results.get(test, ("missing", ""))
        if test not in exceptions and status != "passed":
            wrong[test] = "%s: %s" % (status, reason)
        elif test in exceptions and status == "passed" and not exceptions[test].startswith("~"):
            wrong[test] = "passes, so it is no exception"
    return wrong
