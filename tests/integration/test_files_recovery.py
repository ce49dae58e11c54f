# SPDX-License-Identifier: Apache-2.0
"""The data directory over restarts: what is found again, what is refused with a remedy, what is tidied up."""
import shutil
import struct
import time

import pytest

from tests.interop.lib import txnlog, zkwire
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import scratch_folder

TIMEOUT_MS = 40000
UNABLE_TO_ACCESS_DATADIR = 3  # Source: ExitCode


@pytest.fixture
def folder():
    path = scratch_folder("recovery")
    yield path
    shutil.rmtree(path, ignore_errors=True)


def server(folder, cfg=None, **properties):
    return PaddockServer(cfg, {"zookeeper." + key: value for key, value in properties.items()}, folder=folder)


def version_2(folder, name="data"):
    return folder / name / "version-2"


def create_many(running, count, first=0, data=b"x" * 100):
    with zkwire.open_session(running.port, TIMEOUT_MS) as conn:
        xids = [conn.request("create", "/n%d" % i, data) for i in range(first, first + count)]
        for xid in xids:
            reply = conn.recv_reply()
            assert (reply.xid, reply.err) == (xid, 0)


def names(running):
    with zkwire.open_session(running.port, TIMEOUT_MS) as conn:
        err, fields = conn.call("getChildren", "/", False)
        assert err == 0
        return {name.decode() for name in fields[0]} - {"zookeeper"}


def expected(count):
    return {"n%d" % i for i in range(count)}


def refusal(folder, cfg=None, **properties):
    """(exit code, the one line that says why) of a server that must not start."""
    running = server(folder, cfg, **properties)
    before = len(running.log_path.read_text()) if running.log_path.exists() else 0
    running.launch()
    code = running.process.wait(60)
    lines = [line for line in running.log_path.read_text()[before:].splitlines() if " start_failed " in line]
    assert len(lines) == 1, running.log_tail()
    return code, lines[0]


def wait_until(condition, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def zxids_of_names(folder, kind):
    return sorted(int(path.suffix[1:], 16) for path in version_2(folder).glob(kind + ".*[!p]"))


def wait_for_snapshot(folder):
    """One that was taken while serving; it is written in the background."""
    wait_until(lambda: len(zxids_of_names(folder, "snapshot")) >= 2)


def zxids(folder, name="data"):
    return [txn.zxid for txn in txnlog.read_logs(version_2(folder, name))]


@pytest.mark.parametrize("how", ["terminate", "kill"])
@pytest.mark.parametrize("method", ["", "gz", "snappy"])
def test_data_comes_back_from_snapshots_and_logs(folder, method, how):
    total = 0
    for _ in range(3):
        with server(folder, {"autopurge.purgeInterval": 0}, snapCount="100",
                    **{"snapshot.compression.method": method}).start() as running:
            assert names(running) == expected(total)
            create_many(running, 170, total)
            total += 170
            getattr(running, how)()
    with server(folder, {"autopurge.purgeInterval": 0}).start() as running:
        assert names(running) == expected(total)
    found = zxids(folder)
    assert found == list(range(1, len(found) + 1))


def test_logs_may_lie_in_a_directory_of_their_own(folder):
    cfg = {"dataLogDir": folder / "logs"}
    for first in (0, 50):
        with server(folder, cfg).start() as running:
            assert names(running) == expected(first)
            create_many(running, 50, first)
            running.kill()
    assert not list(version_2(folder).glob("log.*"))
    assert list(version_2(folder, "logs").glob("log.*"))
    assert not list(version_2(folder, "logs").glob("snapshot.*"))


def test_logs_among_the_snapshots_are_refused(folder):
    with server(folder).start() as running:
        create_many(running, 10)
        running.terminate()
    code, line = refusal(folder, {"dataLogDir": folder / "logs"})
    assert code == UNABLE_TO_ACCESS_DATADIR
    assert "check dataDir and dataLogDir" in line


def test_missing_directory_is_not_made_when_that_is_off(folder):
    (folder / "data").mkdir()
    code, line = refusal(folder, **{"datadir.autocreate": "false"})
    assert code == UNABLE_TO_ACCESS_DATADIR
    assert "datadir.autocreate is false" in line
    assert not version_2(folder).exists()


def test_log_without_snapshot_needs_trust(folder):
    with server(folder).start() as running:
        create_many(running, 10)
        running.terminate()
    for path in version_2(folder).glob("snapshot.*"):
        path.unlink()
    code, line = refusal(folder)
    assert code != 0
    assert "snapshot.trust.empty=true" in line
    with server(folder, **{"snapshot.trust.empty": "true"}).start() as running:
        assert names(running) == expected(10)
        running.kill()
    with server(folder).start() as running:  # the trust was needed once
        assert names(running) == expected(10)


def test_ttl_nodes_are_not_deleted_by_a_forgotten_switch(folder):
    with server(folder, extendedTypesEnabled="true").start() as running:
        with zkwire.open_session(running.port, TIMEOUT_MS) as conn:
            assert conn.call("createTTL", "/ttl", b"", zkwire.OPEN_ACL, zkwire.TTL, 10 ** 9)[0] == 0
        running.terminate()
    code, line = refusal(folder)
    assert code != 0
    assert "set extendedTypesEnabled=true" in line
    with server(folder, extendedTypesEnabled="true").start() as running:
        assert names(running) == {"ttl"}


def test_damaged_snapshot_gives_way_to_an_older_one(folder):
    with server(folder, snapCount="20").start() as running:
        create_many(running, 300)
        wait_for_snapshot(folder)
        running.terminate()
    snapshots = sorted(version_2(folder).glob("snapshot.*"), key=lambda path: int(path.suffix[1:], 16))
    assert len(snapshots) >= 2
    data = bytearray(snapshots[-1].read_bytes())
    data[len(data) // 2] ^= 1
    snapshots[-1].write_bytes(data)
    with server(folder).start() as running:
        assert names(running) == expected(300)
        assert snapshots[-1].name in running.log_tail()


def test_rest_of_a_crash_is_tidied_up(folder):
    with server(folder).start() as running:
        create_many(running, 10)
        running.terminate()
    rest = version_2(folder) / "snapshot.7.gz.tmp"
    rest.write_bytes(b"half")
    empty = version_2(folder) / "log.64"
    empty.write_bytes(b"")
    with server(folder).start() as running:
        assert names(running) == expected(10)
        assert not rest.exists()
        assert not empty.exists()


def test_torn_tail_is_cut_and_said(folder):
    with server(folder).start() as running:
        create_many(running, 10)
        running.kill()
    path = txnlog.log_files(version_2(folder))[-1]
    whole = path.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[:-30] + bytes(5000))
    with server(folder).start() as running:
        left = names(running)
        assert left == expected(10) or left == expected(9)  # the last record may be the session's end
        assert "log.1 at offset" in running.log_tail()
        create_many(running, 1, 20)
        running.kill()
    assert path.read_bytes().rstrip(b"\0")[-1:] == b"B"


def test_session_and_its_ephemerals_outlive_a_restart(folder):
    running = server(folder).start()
    conn = zkwire.open_session(running.port, TIMEOUT_MS)
    assert conn.call("create", "/mortal", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
    running.kill()
    running = server(folder).start()
    with zkwire.Conn(running.port) as again:
        answer = again.connect(TIMEOUT_MS, conn.response.session, conn.response.password)
        assert answer.session == conn.response.session
        assert again.call("exists", "/mortal", False)[1][0].ephemeralOwner == answer.session
        again.close_session()
    assert names(running) == set()
    running.stop()


def test_log_files_end_at_their_size_limit(folder):
    with server(folder, txnLogSizeLimitInKb="16").start() as running:
        for first in range(0, 500, 50):
            create_many(running, 50, first)
        running.kill()
    assert len(txnlog.log_files(version_2(folder))) >= 3
    found = zxids(folder)
    assert found == list(range(1, len(found) + 1))
    with server(folder).start() as running:
        assert names(running) == expected(500)


@pytest.mark.parametrize("properties", [{"preAllocSize": "0"}, {"forceSync": "no"}, {"digest.enabled": "false"},
                                        {"serializeLastProcessedZxid.enabled": "false"}], ids=lambda p: next(iter(p)))
def test_switches_of_the_log_keep_the_data(folder, properties):
    for first in (0, 60):
        with server(folder, snapCount="40", **properties).start() as running:
            assert names(running) == expected(first)
            create_many(running, 60, first)
            running.kill()
    if "preAllocSize" in properties:
        assert all(path.read_bytes()[-1:] == b"B" for path in txnlog.log_files(version_2(folder)))
    if "digest.enabled" in properties:
        assert all(txn.digest is None for txn in txnlog.read_logs(version_2(folder)))
    with server(folder).start() as running:
        assert names(running) == expected(120)


def test_transaction_above_the_limit_names_the_remedy(folder):
    with server(folder).start() as running:
        create_many(running, 1, data=b"x" * 500000)
        running.kill()
    running = PaddockServer(properties={"jute.maxbuffer": "4096", "zookeeper.jute.maxbuffer.extrasize": "1024"},
                            folder=folder)
    running.launch()
    assert running.process.wait(60) != 0
    assert "raise jute.maxbuffer" in running.log_tail()


def test_foreign_files_are_left_alone(folder):
    """What only looks like ours is neither read nor removed."""
    with server(folder).start() as running:
        create_many(running, 10)
        running.terminate()
    foreign = {name: struct.pack(">i", 7) * 10 for name in ("log.1.bak", "snapshot.99.old", "log.zz", "notes.txt")}
    for name, data in foreign.items():
        (version_2(folder) / name).write_bytes(data)
    with server(folder, {"autopurge.purgeInterval": 1}).start() as running:
        assert names(running) == expected(10)
        running.terminate()
    for name, data in foreign.items():
        assert (version_2(folder) / name).read_bytes() == data


@pytest.fixture
def piled_up(folder):
    """(folder, count of znodes) with many snapshots and logs, the newest snapshot holding everything."""
    count = 0
    keep_all = {"autopurge.purgeInterval": 0}
    with server(folder, keep_all, snapCount="50").start() as running:
        while len(zxids_of_names(folder, "snapshot")) < 8:  # written in the background
            create_many(running, 20, count)
            count += 20
            assert count < 20000
        running.terminate()
    with server(folder, keep_all).start() as running:  # writes one when it starts
        wait_until(lambda: zxids_of_names(folder, "snapshot")[-1] == zxids(folder)[-1])
        running.kill()
    return folder, count


@pytest.mark.parametrize("cfg, retained", [({}, 3), ({"autopurge.snapRetainCount": 5}, 5),
                                           ({"autopurge.snapRetainCount": 1}, 3)])
def test_purging_keeps_so_many_snapshots_and_the_logs_they_need(piled_up, cfg, retained):
    """Begins at start, by default, too; and from the oldest snapshot that stays all comes back."""
    folder, count = piled_up
    snapshots, logs = zxids_of_names(folder, "snapshot"), zxids_of_names(folder, "log")
    with server(folder, cfg).start() as running:
        wait_until(lambda: " purged " in running.log_path.read_text())
        running.kill()
    kept = zxids_of_names(folder, "snapshot")
    assert kept == snapshots[-retained:]
    needed = max(log for log in logs if log <= kept[0])  # it may run on past the oldest snapshot
    assert zxids_of_names(folder, "log") == [log for log in logs if log >= needed]
    for newer in kept[1:]:
        (version_2(folder) / ("snapshot.%x" % newer)).unlink()
    with server(folder, cfg).start() as running:
        assert names(running) == expected(count)


def test_purging_can_be_off(piled_up):
    folder, count = piled_up
    before = zxids_of_names(folder, "snapshot")
    with server(folder, {"autopurge.purgeInterval": 0}).start() as running:
        assert names(running) == expected(count)
        running.terminate()
    assert zxids_of_names(folder, "snapshot")[:len(before)] == before
