# SPDX-License-Identifier: Apache-2.0
"""A file system that fills up and empties again: writes are refused with SystemError while it is full,
reads go on, and when space returns writes work again without a restart. Nothing acknowledged is lost."""
import ctypes
import os
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import scratch_folder

SYSTEM_ERROR = -1
SIZE = 24 * 1024 * 1024
VALUE = b"v" * 50000


def mount_small(folder):
    """A file system of SIZE bytes in memory; needs the right to mount."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=%d" % SIZE) != 0:
        pytest.fail("cannot mount a tmpfs (errno %d): this test runs as root" % ctypes.get_errno())


def unmount(folder):
    ctypes.CDLL(None).umount2(os.fsencode(folder), 2)


@pytest.fixture
def small_disk():
    folder = scratch_folder("full")
    mount_small(folder)
    yield folder
    unmount(folder)
    folder.rmdir()


def fill(folder):
    """Ballast until nothing more fits."""
    path = folder / "ballast"
    with open(path, "wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    out.write(b"\0" * size)
            except OSError:
                pass
    return path


def write_until(conn, wanted, deadline_s=60.0):
    """Creates until one is answered with `wanted`; returns the paths that were acknowledged."""
    created = []
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        path = "/n%d" % conn.xid
        err, _ = conn.call("create", path, VALUE)
        if err == 0:
            created.append(path)
        if err == wanted:
            return created
        assert err in (0, SYSTEM_ERROR), err
        time.sleep(0.002)
    raise AssertionError("no create was answered with %d" % wanted)


def test_a_full_disk_refuses_writes_and_recovers(small_disk):
    cfg = {"preAllocSize": 64, "snapCount": 1000000}
    server = PaddockServer(cfg=cfg, folder=small_disk)
    try:
        server.start()
        with zkwire.open_session(server.port) as conn:
            acknowledged = write_until(conn, 0)
            for _ in range(3):
                ballast = fill(small_disk)
                acknowledged += write_until(conn, SYSTEM_ERROR)
                for path in acknowledged[-5:]:
                    assert conn.call("getData", path)[0] == 0
                assert conn.call("getChildren", "/")[0] == 0
                ballast.unlink()
                acknowledged += write_until(conn, 0)
            refused = {path for path in children(conn)} - set(acknowledged)
            assert not refused, "refused and yet there: %s" % sorted(refused)
        server.kill()
        server.start()
        with zkwire.open_session(server.port) as conn:
            lost = set(acknowledged) - children(conn)
            assert not lost, "lost: %s" % sorted(lost)
        log = server.log_path.read_text()
        assert log.count(" log_failed ") == 3 and log.count(" log_resumed") == 3, log
        assert "no space left on device" in log
    finally:
        server.stop()
        for path in sorted(small_disk.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def children(conn):
    names = conn.call("getChildren", "/")[1][0]
    return {"/" + name.decode() for name in names} - {"/zookeeper"}
