# SPDX-License-Identifier: Apache-2.0
"""The commands on a server's files, against Apache ZooKeeper's own tools and recovery.

Dumps: each tool of Apache's bin/ and ours under its name read the same files - of each line of Java from 3.5 to
3.9, in each compression, of Paddock, and damaged ones - and say the same, byte for byte.

Check: one damage after the other is planted in a directory of each server. `paddock check` must name it, and be right
about what both recoveries then make of the directory, which is found by running them. What --repair mends must be
clean afterwards, hold every transaction that could still be read, and open on both.
"""
import datetime
import json
import os
import re
import shutil
import subprocess

import pytest

from tests.interop import test_files
from tests.interop.lib import damage, java_server
from tests.interop.lib.java_server import Recovery
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer
from tests.interop.lib.server_process import scratch_folder

RELEASES = test_files.RELEASES
MAINS = {
    "zkTxnLogToolkit.sh": "org.apache.zookeeper.server.persistence.TxnLogToolkit",
    "zkSnapShotToolkit.sh": "org.apache.zookeeper.server.SnapshotFormatter",
    "zkSnapshotRecursiveSummaryToolkit.sh": "org.apache.zookeeper.server.SnapshotRecursiveSummary",
    "zkSnapshotComparer.sh": "org.apache.zookeeper.server.SnapshotComparer",
    "zkCleanup.sh": "org.apache.zookeeper.server.PurgeTxnLog",
}
OUR_NAMES = {"zkCleanup.sh": "PurgeTxnLog"}
TEXT_ENV = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
CLEAN, DAMAGED = 0, 1


def run(*words, stdin=""):
    return subprocess.run([PADDOCK, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60)


# ---- Apache's tools and ours ----


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """Runs a tool of Java's and ours of the same name: (exit code, output, complaint) twice."""
    folder = tmp_path_factory.mktemp("bin")
    for name in MAINS:
        (folder / OUR_NAMES.get(name, name)).symlink_to(PADDOCK)

    def answer(command, stdin):
        done = subprocess.run(command, input=stdin.encode(), capture_output=True, env=TEXT_ENV, timeout=60)
        complaint = b"\n".join(line for line in done.stderr.splitlines() if not line.startswith(b"\tat "))
        return done.returncode, re.sub(rb"in [0-9.]+ seconds", b"in T seconds", done.stdout), complaint

    def both(name, *words, stdin="", between=lambda: None):
        words = [str(word) for word in words]
        java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-Djava.awt.headless=true", "-cp", java_server.class_path(), MAINS[name]]
        theirs = answer(java + words, stdin)
        between()
        return theirs, answer([str(folder / OUR_NAMES.get(name, name))] + words, stdin)

    return both


def assert_same(pair, context):
    theirs, ours = pair
    assert ours[0] == theirs[0], (context, ours, theirs)
    assert ours[1] == theirs[1], context
    # When Java dies its first line names the exception; the rest of that line is its own.
    if theirs[2].startswith(b"Exception in thread"):
        assert ours[2].startswith(b"Exception in thread"), context
    else:
        assert ours[2].rstrip() == theirs[2].rstrip(), context


def filled(kind, method=""):
    """Snapshots come at random: until there are three, two logs, and a good piece of log behind the newest snapshot."""
    while True:
        folder = scratch_folder("cli-files")
        server = test_files.start(kind, folder, method)
        test_files.fill(server.port, "a")
        test_files.end(server, "term")
        data = folder / "data"
        if len(damage.snapshots(data)) > 2 and len(damage.logs(data)) > 1 and len(behind_snapshot(data)) > 11:
            return folder
        shutil.rmtree(folder)


def behind_snapshot(data):
    newest = damage.zxid_of(damage.snapshots(data)[-1])
    return [record for record in damage.records(damage.logs(data)[-1]) if record[2] > newest]


@pytest.fixture(scope="module")
def written():
    """(kind, method) -> a data directory that a server of that kind filled."""
    made = {}

    def get(kind, method=""):
        if (kind, method) not in made:
            made[kind, method] = filled(kind, method)
        return made[kind, method] / "data"

    yield get
    for folder in made.values():
        shutil.rmtree(folder, ignore_errors=True)


FILES = [(release, "") for release in RELEASES] + [("3.9.5", "gz"), ("3.9.5", "snappy"), ("paddock", ""),
                                                  ("paddock", "gz"), ("paddock", "snappy")]


@pytest.mark.parametrize("kind,method", FILES)
def test_dumps_are_those_of_apache(tools, written, kind, method):
    data = written(kind, method)
    for log in damage.logs(data):
        assert_same(tools("zkTxnLogToolkit.sh", log), log)
    snapshots = damage.snapshots(data)
    for snapshot in snapshots:
        assert_same(tools("zkSnapShotToolkit.sh", "-d", snapshot), snapshot)
    last = snapshots[-1]
    assert_same(tools("zkSnapShotToolkit.sh", last), last)
    assert_same(tools("zkSnapshotRecursiveSummaryToolkit.sh", last, "/", 1), last)
    assert_same(tools("zkSnapshotComparer.sh", "-l", snapshots[0], "-r", last, "-b", 2, "-n", 1, "-d"), last)


@pytest.mark.parametrize("words", [
    ("zkTxnLogToolkit.sh",), ("zkTxnLogToolkit.sh", "-h"), ("zkTxnLogToolkit.sh", "-q"), ("zkTxnLogToolkit.sh", "-z"),
    ("zkTxnLogToolkit.sh", "--dump", "/nowhere"), ("zkTxnLogToolkit.sh", "--ch", "/nowhere", "--zxid=1"),
    ("zkSnapShotToolkit.sh",), ("zkSnapShotToolkit.sh", "-d", "-json", "/nowhere"), ("zkSnapShotToolkit.sh", "/nowhere"),
    ("zkSnapShotToolkit.sh", "/tmp"), ("zkSnapShotToolkit.sh", "a", "b"),
    ("zkSnapshotRecursiveSummaryToolkit.sh", "x", "/"), ("zkSnapshotRecursiveSummaryToolkit.sh", "x", "/", "deep"),
    ("zkSnapshotRecursiveSummaryToolkit.sh", "/nowhere", "/", "1"),
    ("zkSnapshotComparer.sh",), ("zkSnapshotComparer.sh", "-l"), ("zkSnapshotComparer.sh", "-l", "a", "-r", "b", "-b", "1"),
    ("zkSnapshotComparer.sh", "-l", "a", "--right", "b", "-b", "x", "-n", "1"),
    ("zkSnapshotComparer.sh", "-l", "/nowhere", "--right", "b", "-b1", "-n=1"),
    ("zkCleanup.sh",), ("zkCleanup.sh", "/nowhere", "-n", "3"), ("zkCleanup.sh", "/tmp", "-n", "2"),
    ("zkCleanup.sh", "/tmp", "-n", "x"), ("zkCleanup.sh", "/tmp", "-m", "3"),
], ids=" ".join)
def test_wrong_use_is_answered_as_by_apache(tools, words):
    assert_same(tools(*words), words)


def test_recovery_and_chop_write_the_same_file(tools, written, tmp_path):
    log = tmp_path / "log.1"
    shutil.copy(damage.logs(written("3.9.5"))[0], log)
    third, tenth = damage.records(log)[2], damage.records(log)[9]
    damage.flip(log, third[1] - 3)
    damage.flip(log, tenth[1] - 3)
    fixed = tmp_path / "log.1.fixed"
    kept = []

    def keep(path):
        kept.append(path.read_bytes() if path.exists() else None)
        path.unlink(missing_ok=True)

    for words, stdin in ((("-r", "-y"), ""), (("-rvy",), ""), (("-r",), "no\nYes\n"), (("-r",), "what abort\n"),
                         (("-r",), "")):
        assert_same(tools("zkTxnLogToolkit.sh", *words, log, stdin=stdin, between=lambda: keep(fixed)), words)
        keep(fixed)
        assert kept[-1] == kept[-2], words
    assert_same(tools("zkTxnLogToolkit.sh", log), "wrong checksums")
    for zxid in ("0x2", "1", "0x12", "0x1200"):
        chopped = tmp_path / ("log.1.chopped%d" % int(zxid, 0))
        assert_same(tools("zkTxnLogToolkit.sh", "-c", log, "-z", zxid, between=lambda: keep(chopped)), zxid)
        keep(chopped)
        assert kept[-1] == kept[-2], zxid


def test_comparer_asks_as_apache_does(tools, written):
    left, right = damage.snapshots(written("3.9.5"))[-2:]
    words = ("zkSnapshotComparer.sh", "-l", left, "-r", right, "-b", "0", "-n", "0", "-i")
    assert_same(tools(*words, stdin="\n1\n/a\n/a/list\n/none\nwhat\n77\n\n\n\n\n\n"), "interactive")
    assert_same(tools(*words, stdin="\n"), "end of input")


def test_ncdu_document_has_the_nodes(written):
    """Java's classes for -json are optional jars, so this is compared with the tree and not with Java."""
    snapshot = damage.snapshots(written("3.9.5"))[-1]
    done = subprocess.run(["bash", "-c", 'exec -a zkSnapShotToolkit.sh "$0" -json "$1"', PADDOCK, snapshot],
                          capture_output=True, text=True, check=True)
    major, minor, about, root = json.loads(done.stdout)
    assert (major, minor, about["progname"]) == (1, 0, "SnapshotFormatter.java")
    found = {}

    def walk(entry, above):
        own, below = (entry[0], entry[1:]) if isinstance(entry, list) else (entry, [])
        path = "/" if own["name"] == "/" else above.rstrip("/") + "/" + own["name"]
        found[path] = own["asize"]
        for child in below:
            walk(child, path)

    walk(root, "")
    rows = [json.loads(line) for line in run("snapshot", "--json", snapshot).stdout.splitlines()]
    assert found == {row["path"]: row["data_length"] for row in rows if "path" in row}


@pytest.mark.parametrize("count", ["3", "4"])
def test_cleanup_removes_what_apache_removes(tools, written, tmp_path, count):
    source = tmp_path / "source"
    shutil.copytree(written("3.9.5"), source)
    for extra in range(0x60, 0x68, 2):
        shutil.copy(damage.snapshots(source)[-1], damage.version_2(source) / ("snapshot.%x" % extra))
    data = tmp_path / "data"
    shutil.copytree(source, data)
    left = []

    def again():
        left.append(sorted(path.name for path in damage.version_2(data).iterdir()))
        shutil.rmtree(data)
        shutil.copytree(source, data)

    theirs, ours = tools("zkCleanup.sh", data, "-n", count, between=again)
    again()
    assert left[0] == left[1] and len(left[0]) < len(list(damage.version_2(source).iterdir()))
    assert sorted(ours[1].splitlines()) == sorted(theirs[1].splitlines()) and ours[0] == theirs[0]


# ---- check ----


@pytest.fixture(scope="module")
def recovery():
    asked = Recovery()
    yield asked
    asked.close()


@pytest.fixture
def place(tmp_path):
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def check(data, *words, expect=None):
    done = run("check", "--json", data, *words)
    assert done.returncode in (CLEAN, DAMAGED), done.stderr
    report = json.loads(done.stdout)
    assert (done.returncode == CLEAN) == report["is_clean"]
    assert expect is None or done.returncode == expect, report["findings"]
    return report


def kinds(report):
    return {finding["kind"] for finding in report["findings"]}


def readable(data):
    """zxids of all transactions that can be read from the logs."""
    done = run("log", "--json", data)
    return [int(row["zxid"], 16) for row in map(json.loads, done.stdout.splitlines())
            if row.get("is_intact")]


def start_paddockd(data, folder):
    """The zxid at which paddockd serves a copy, or None when it does not start."""
    shutil.copytree(data, folder / "data")
    server = PaddockServer(properties={"zookeeper.extendedTypesEnabled": "true", "jute.maxbuffer": "60000000"},
                           folder=folder)
    try:
        server.start()
        from tests.interop.lib import zkwire
        words = zkwire.word(server.port, "srvr").decode()
        return int(re.search(r"Zxid: (0x[0-9a-f]+)", words).group(1), 16)
    except RuntimeError:
        return None
    finally:
        server.kill()


def assert_verdicts_hold(report, data, place, recovery):
    """What check says of both servers is what they do."""
    ours = start_paddockd(data, place / ("try-%d" % len(list(place.iterdir()))))
    said = report["paddockd"]
    assert said["starts"] == (ours is not None), report
    if ours is not None:
        assert int(said["last_zxid"], 16) == ours
    copy = place / ("java-%d" % len(list(place.iterdir())))
    shutil.copytree(data, copy)
    theirs = recovery.try_summary(copy)
    verdict = report["java"]["verdict"]
    if verdict == "refuses":
        assert "refused" in theirs, (report["java"], theirs)
    elif verdict in ("starts", "loses"):
        assert "refused" not in theirs, (report["java"], theirs)
    # A log under a wrong name hides its neighbour's end from paddockd and not from Java, which reads one file more.
    if verdict == "starts" and ours is not None and "log-name" not in kinds(report):
        assert (theirs["last_zxid"], theirs["digest"]) == (said["last_zxid"][2:], said["digest"][2:])
    if verdict == "loses":
        assert ours is None or theirs["digest"] != said["digest"][2:], (report["java"], theirs)


def middle(path):
    """A record with others on both sides; one that no snapshot holds if there are such."""
    found = behind_snapshot(path.parent.parent)
    found = found if path == damage.logs(path.parent.parent)[-1] else damage.records(path)
    return found[len(found) // 2]


def last_log(data):
    log = damage.logs(data)[-1]
    damage.cut_room(log)
    return log


def old_log(data):
    return damage.logs(data)[0]


def tear(back):
    def plant(data):
        log = last_log(data)
        damage.cut(log, log.stat().st_size - back)
    return plant


def torn_whole_record(data):
    log = last_log(data)
    damage.flip(log, damage.records(log)[-1][0] + 20)


def bad_sum(data):
    log = last_log(data)
    damage.flip(log, middle(log)[1] - 4)


def bad_sum_of_old(data):
    damage.flip(old_log(data), middle(old_log(data))[1] - 4)


def length_of(value):
    def plant(data):
        log = last_log(data)
        damage.patch(log, middle(log)[0] + 8, value)
    return plant


def mark_lost(data):
    log = last_log(data)
    damage.patch(log, middle(log)[1] - 1, b"x")


def magic(data):
    damage.patch(last_log(data), 0, b"XXXX")


def version(data):
    damage.patch(last_log(data), 4, b"\0\0\0\3")


def empty_last(data):
    (damage.version_2(data) / "log.7000").write_bytes(b"")


def headerless_last(data):
    (damage.version_2(data) / "log.7000").write_bytes(b"ZKLG\0\0")


def recordless_last(data):
    (damage.version_2(data) / "log.7000").write_bytes(last_log(data).read_bytes()[:16] + b"\0" * 500)


def headerless_middle(data):
    first = damage.zxid_of(damage.logs(data)[-1])
    (damage.version_2(data) / ("log.%x" % (first + 1))).write_bytes(b"ZK")
    last = damage.logs(data)[-2]
    last.rename(damage.version_2(data) / ("log.%x" % (first + 2)))


def cut_snapshot(data):
    snapshot = damage.snapshots(data)[-1]
    damage.cut(snapshot, snapshot.stat().st_size // 2)


def flipped_snapshot(data):
    snapshot = damage.snapshots(data)[-1]
    damage.flip(snapshot, snapshot.stat().st_size // 2)


def empty_snapshot(data):
    damage.snapshots(data)[-1].write_bytes(b"")


def snapshot_magic(data):
    damage.patch(damage.snapshots(data)[-1], 0, b"XXXX")


def snapshot_digest(data):
    snapshot = damage.snapshots(data)[-1]
    size = snapshot.stat().st_size
    damage.patch(snapshot, size - 54 + 15, b"\1\2\3")
    damage.seal_snapshot(snapshot)


def no_snapshot(data):
    for snapshot in damage.snapshots(data):
        snapshot.unlink()


def no_snapshot_and_no_beginning(data):
    no_snapshot(data)
    old_log(data).unlink()


def only_bad_snapshots(data):
    for snapshot in damage.snapshots(data):
        damage.flip(snapshot, snapshot.stat().st_size - 60)


def bad_snapshot_and_no_old_logs(data):
    flipped_snapshot(data)
    newest = damage.zxid_of(damage.snapshots(data)[-1])
    for log in damage.logs(data)[:-1]:
        log.unlink()
    log = damage.logs(data)[-1]
    keep = [record for record in damage.records(log) if record[2] > newest]
    body = log.read_bytes()
    log.write_bytes(body[:16] + b"".join(body[at:end] for at, end, _ in keep))
    log.rename(log.with_name("log.%x" % keep[0][2]))


def missing_behind_snapshot(data):
    newest = damage.zxid_of(damage.snapshots(data)[-1])
    log = last_log(data)
    keep = [record for record in damage.records(log) if record[2] > newest + 3]
    for other in damage.logs(data)[:-1]:
        other.unlink()
    body = log.read_bytes()
    log.write_bytes(body[:16] + b"".join(body[at:end] for at, end, _ in keep))
    log.rename(log.with_name("log.%x" % keep[0][2]))


def missing_in_the_middle(data):
    log = last_log(data)
    at, end, _ = middle(log)
    body = log.read_bytes()
    log.write_bytes(body[:at] + body[end:])


def twice(data):
    log = last_log(data)
    at, end, _ = middle(log)
    body = log.read_bytes()
    log.write_bytes(body[:end] + body[at:end] + body[end:])


def wrong_name(data):
    log = damage.logs(data)[-1]
    log.rename(log.with_name("log.%x" % (damage.zxid_of(log) - 1)))


def stray_log(data):
    shutil.copy(old_log(data), damage.version_2(data) / "log.1.bak")


def temporary(data):
    (damage.version_2(data) / "snapshot.99.tmp").write_bytes(b"ZKSN")
    (damage.version_2(data) / "currentEpoch.tmp").write_bytes(b"1")


def unknown(data):
    (damage.version_2(data) / "lost+found.txt").write_bytes(b"x")


def epoch_text(data):
    (damage.version_2(data) / "currentEpoch").write_text("one")
    (damage.version_2(data) / "acceptedEpoch").write_text("")
    (data / "myid").write_text("1\n")


def epoch_order(data):
    (damage.version_2(data) / "currentEpoch").write_text("5")
    (damage.version_2(data) / "acceptedEpoch").write_text("4")
    (data / "myid").write_text("1\n")


def no_myid(data):
    (damage.version_2(data) / "currentEpoch").write_text("5")
    (damage.version_2(data) / "acceptedEpoch").write_text("5")


def myid(data):
    (data / "myid").write_text("zoo1\n")


def mode(data):
    old_log(data).chmod(0o044)


def unreadable(data):
    log = last_log(data)
    record = middle(log)
    damage.patch(log, record[0] + 12 + 28, b"\0\0\0\x63")  # a type that is none
    damage.seal(log, record)


def other_data(data):
    """A transaction whose checksum fits, but not its digest: a create at another time."""
    log = last_log(data)
    record = next(one for one in behind_snapshot(data) if log.read_bytes()[one[0] + 40:one[0] + 44] == b"\0\0\0\1")
    damage.flip(log, record[0] + 12 + 27)
    damage.seal(log, record)


def garbage_behind_old(data):
    log = old_log(data)
    damage.cut_room(log)
    with open(log, "ab") as file:
        file.write(b"\x55" * 9000000)


# damage, what check calls it, repaired without loss
PLANTED = [
    (tear(1), {"torn-tail"}, True),
    (tear(13), {"torn-tail"}, True),
    (tear(40), {"torn-tail"}, True),
    (torn_whole_record, {"torn-tail"}, True),
    (bad_sum, {"bad-checksum", "start-refused"}, False),
    (bad_sum_of_old, {"bad-checksum"}, True),
    (length_of(b"\xff\xff\xff\xff"), {"broken-record", "start-refused"}, False),
    (length_of(b"\xff\xff\x00\x00"), {"broken-record", "start-refused"}, False),
    (length_of(b"\x00\x00\x00\x01"), {"broken-record", "start-refused"}, False),
    (length_of(b"\x00\x00\x20\x00"), {"broken-record", "start-refused"}, False),
    (length_of(b"\x00\x00\x00\x00"), {"broken-record", "start-refused"}, False),
    (length_of(b"\x01\x00\x00\x00"), {"broken-record", "start-refused"}, False),
    (mark_lost, {"broken-record", "start-refused"}, False),
    (magic, {"log-header", "start-refused"}, True),
    (version, {"log-header", "start-refused"}, True),
    (empty_last, {"empty-log"}, True),
    (headerless_last, {"empty-log"}, True),
    (recordless_last, {"empty-log"}, True),
    (headerless_middle, {"empty-old-log", "log-name", "start-refused"}, True),
    (cut_snapshot, {"snapshot-cut"}, True),
    (flipped_snapshot, {"snapshot-bad"}, True),
    (empty_snapshot, {"snapshot-cut"}, True),
    (snapshot_magic, {"snapshot-bad"}, True),
    (snapshot_digest, {"snapshot-digest"}, None),
    (no_snapshot, {"no-snapshot", "start-refused"}, True),
    (no_snapshot_and_no_beginning, {"no-snapshot", "start-refused"}, None),
    (only_bad_snapshots, {"snapshot-bad", "no-snapshot", "start-refused"}, True),
    (bad_snapshot_and_no_old_logs, {"snapshot-bad", "snapshot-gap", "start-refused"}, False),
    (missing_behind_snapshot, {"snapshot-gap"}, None),
    (missing_in_the_middle, {"log-gap", "digest-mismatch"}, None),
    (twice, {"zxid-order"}, None),
    (wrong_name, {"log-name"}, True),
    (stray_log, {"stray-name"}, True),
    (temporary, {"temporary-file"}, True),
    (unknown, {"unknown-file"}, True),
    (epoch_text, {"epoch-text"}, True),
    (epoch_order, {"epoch-order"}, True),
    (no_myid, {"no-myid"}, True),
    (myid, {"myid", "start-refused"}, None),
    (mode, {"mode"}, None),
    (unreadable, {"unreadable-transaction", "start-refused"}, None),
    (other_data, {"digest-mismatch"}, None),
    (garbage_behind_old, {"torn-tail"}, True),
]
NAMES = ["%02d-%s" % (i, row[0].__qualname__.split(".")[0]) for i, row in enumerate(PLANTED)]
# What a second sight may still show when the first was mended: losses that are known now.
AFTER_LOSS = {"log-gap", "old-gap", "digest-mismatch", "snapshot-gap", "no-myid", "unknown-file", "digest-race"}


@pytest.mark.parametrize("kind", ["paddock", "3.9.5"])
def test_whole_directories_are_clean(written, kind, place, recovery):
    report = check(written(kind), expect=CLEAN)
    assert kinds(report) <= {"digest-race"}
    assert_verdicts_hold(report, written(kind), place, recovery)


@pytest.mark.parametrize("kind", ["paddock", "3.9.5"])
@pytest.mark.parametrize("plant,expected,is_mended", PLANTED, ids=NAMES)
def test_planted_damage_is_named_and_mended(written, place, recovery, kind, plant, expected, is_mended):
    data = place / "data"
    shutil.copytree(written(kind), data)
    plant(data)
    before = {path: path.read_bytes() for path in damage.version_2(data).iterdir()}
    report = check(data)
    assert expected <= kinds(report), report["findings"]
    allowed = {"digest-race", "digest-mismatch", "log-gap", "old-gap", "bytes-behind-end"}
    assert kinds(report) - expected <= allowed, report["findings"]
    assert {path: path.read_bytes() for path in damage.version_2(data).iterdir()} == before, "check changed files"
    if plant not in (mode, myid):  # What the server's user may read, and its configuration, recovery does not know.
        assert_verdicts_hold(report, data, place, recovery)
    mend(data, place, recovery, report, is_mended)


def mend(data, place, recovery, report, is_mended):
    torn = {(finding["file"], finding["offset"]) for finding in report["findings"] if finding["kind"] == "torn-tail"}
    could_be_read = sorted(set(readable(data)))
    done = run("check", "--repair", "--yes", "--json", data)
    if is_mended is False:
        # Without --lossy nothing of it is given up, and the servers go on refusing.
        assert done.returncode == DAMAGED and json.loads(done.stdout)["repair"]["not_mended"] > 0
        done = run("check", "--repair", "--lossy", "--yes", "--json", data)
    after = json.loads(done.stdout)
    if is_mended is None:
        assert done.returncode == DAMAGED
        return
    if is_mended:
        assert done.returncode == CLEAN, after["findings"]
    assert kinds(after) <= AFTER_LOSS, after["findings"]
    assert after["paddockd"]["starts"] and after["java"]["verdict"] == "starts", after
    assert_verdicts_hold(after, data, place, recovery)
    left = readable(data)
    assert left == sorted(left)
    lost = set(could_be_read) - set(left)
    assert not lost or torn and len(lost) == 1, "transactions are gone: %s" % lost


def test_every_cut_of_the_last_record_is_a_torn_tail(written, place, recovery):
    data = place / "data"
    shutil.copytree(written("3.9.5"), data)
    log = last_log(data)
    whole = log.read_bytes()
    start, end, _ = damage.records(log)[-1]
    for size in range(start + 1, end):
        log.write_bytes(whole[:size])
        report = check(data)
        named = kinds(report) - {"digest-race"}
        assert named == ({"torn-tail"} if any(whole[start:size]) else set()), (size, report["findings"])
        copy = place / "java"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(data, copy)
        assert recovery.summary(copy)["last_zxid"] == report["paddockd"]["last_zxid"][2:]


def test_repair_touches_nothing_that_a_server_works_on(written, place):
    folder = place / "server"
    shutil.copytree(written("paddock"), folder / "data")
    server = PaddockServer(properties=test_files.PROPERTIES, folder=folder).start()
    try:
        (damage.version_2(folder / "data") / "snapshot.99.tmp").write_bytes(b"x")
        report = check(folder / "data")
        assert report["is_running"] and "temporary-file" in kinds(report)
        done = run("check", "--repair", "--yes", folder / "data")
        assert done.returncode == 1 and "a server runs" in done.stderr
        assert (damage.version_2(folder / "data") / "snapshot.99.tmp").exists()
    finally:
        server.kill()


def test_readable_times_are_utc(written):
    done = run("log", written("3.9.5"))
    day = datetime.datetime.now(datetime.timezone.utc).date()
    assert str(day) in done.stdout or str(day - datetime.timedelta(days=1)) in done.stdout


@pytest.mark.parametrize("kind", ["paddock", "3.9.5"])
def test_holes_are_torn_tails_where_a_sector_is_missing(written, place, recovery, kind):
    """Zeros in the middle: an unfinished write when they hold an aligned sector, damage when they do not."""
    data = place / "data"
    shutil.copytree(written(kind), data)
    log = last_log(data)
    whole = log.read_bytes()
    for at, end, zxid in behind_snapshot(data)[1:-1]:
        damage.patch(log, at, b"\0" * (end - at))
        report = check(data)
        named = kinds(report) - {"digest-race"}
        assert named in ({"torn-tail"}, {"broken-record", "start-refused"}), (zxid, report["findings"])
        if named == {"torn-tail"}:
            assert report["paddockd"]["last_zxid"] == hex(zxid - 1)
        assert_verdicts_hold(report, data, place, recovery)
        log.write_bytes(whole)
