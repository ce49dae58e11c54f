# SPDX-License-Identifier: Apache-2.0
"""Somebody else's test suite on Paddock, held against what it does on Java.

Beside a suite lie up to three lists. java.txt: the tests that pass on Apache ZooKeeper 3.9.5, standalone, on this
kind of machine. exceptions.txt: `test<TAB>reason` for those that cannot pass here. racy.txt: those that pass or fail
by chance on Java as well, `test<TAB>failed/runs on Java<TAB>failed/runs on Paddock<TAB>reason`. All others of
java.txt must pass at the first try, and an exception that passes is an error too, so that the list cannot outlive
its reasons. What may go either way is reported when it fails.
"""


def read_list(path):
    """{test: what follows its name}, empty in a list without more; a list that is not there has no tests."""
    tests = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            test, _, more = line.partition("\t")
            tests[test] = more
    return tests


def write_list(path, results, heading):
    """java.txt from results {test: (status, reason)}."""
    passed = sorted(test for test, (status, _) in results.items() if status == "passed")
    path.write_text("".join("# %s\n" % line for line in heading) + "\n".join(passed) + "\n", encoding="utf-8")


def differences(folder, results, server):
    """Two of {test: what is not as it must be}: the errors, and what failed by chance."""
    expected = read_list(folder / "java.txt")
    exceptions = read_list(folder / "exceptions.txt") if server == "paddock" else {}
    racy = read_list(folder / "racy.txt")
    wrong = {test: "in exceptions.txt but not in java.txt" for test in exceptions if test not in expected}
    wrong.update({test: "in racy.txt but not in java.txt" for test in racy if test not in expected})
    chance = {}
    for test in expected:
        status, reason = results.get(test, ("missing", ""))
        if test in exceptions:
            if status == "passed":
                wrong[test] = "passes, so it is no exception"
        elif status == "failed" and test in racy:
            chance[test] = reason
        elif status != "passed":
            wrong[test] = "%s: %s" % (status, reason)
    return wrong, chance
