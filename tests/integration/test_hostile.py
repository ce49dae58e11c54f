# SPDX-License-Identifier: Apache-2.0
"""Connections that mean no good: they get a clear answer or none, cost bounded memory, and the server
goes on serving the others."""
import random
import socket
import struct
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PaddockServer


@pytest.fixture(scope="module")
def server():
    with PaddockServer(cfg={"maxClientCnxns": 0}) as running:
        yield running


@pytest.fixture(autouse=True)
def goes_on(server):
    """Whatever a test did, an ordinary client is served afterwards."""
    yield
    assert server.is_running(), server.log_tail()
    with zkwire.open_session(server.port) as conn:
        assert conn.call("getData", "/zookeeper")[0] == 0
        conn.close_session()


def rss_kib(server):
    for line in open("/proc/%d/status" % server.process.pid):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def raw(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=120)


def test_tls_on_the_plain_port_is_named_in_the_log(server):
    with raw(server) as sock:
        sock.sendall(bytes.fromhex("1603010200010001fc0303") + b"\0" * 64)
        assert sock.recv(100) == b""
    assert "foreign_protocol" in server.log_tail() and "TLS" in server.log_tail()


def test_http_on_the_plain_port_is_named_in_the_log(server):
    with raw(server) as sock:
        sock.sendall(b"GET /commands HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(100) == b""
    assert "HTTP" in server.log_tail()


@pytest.mark.parametrize("length", [-1, -(1 << 31), 0x100000, 0x7fffffff])
def test_an_impossible_length_closes(server, length):
    with zkwire.open_session(server.port) as conn:
        conn.send(struct.pack(">i", length) + b"x" * 100)
        assert conn.recv_all() == b""


def test_random_bytes_close_or_are_answered(server):
    rng = random.Random(7)
    for _ in range(300):
        with raw(server) as sock:
            sock.sendall(rng.randbytes(rng.randrange(1, 200)))
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(10)
            while sock.recv(4096):
                pass


def test_random_bodies_of_every_operation(server):
    rng = random.Random(8)
    for kind in list(range(-12, 25)) + list(range(99, 109)):
        for _ in range(20):
            with zkwire.open_session(server.port) as conn:
                conn.request_raw(kind, rng.randbytes(rng.randrange(0, 120)))
                conn.request("ping", xid=-2)
                try:
                    conn.recv_reply()
                except zkwire.Closed:
                    pass


def test_a_frame_that_trickles_in_is_read(server):
    with zkwire.open_session(server.port) as conn:
        frame = zkwire.frame(struct.pack(">ii", 1, 4) + zkwire.body("getData", "/zookeeper"))
        for byte in frame:
            conn.send(bytes([byte]))
            time.sleep(0.002)
        assert conn.recv_reply().err == 0


def test_half_open_connections_cost_little(server):
    before = rss_kib(server)
    socks = [raw(server) for _ in range(500)]
    for sock in socks:
        sock.sendall(b"\0\0\0")  # a length that never completes
    time.sleep(0.3)
    grown = rss_kib(server) - before
    for sock in socks:
        sock.close()
    assert grown < 500 * 4, "%d KiB for 500 half-open connections" % grown


def test_incomplete_large_frames_are_bounded_by_their_length(server):
    before = rss_kib(server)
    conns = [zkwire.open_session(server.port) for _ in range(8)]
    for conn in conns:
        conn.send(struct.pack(">i", 1000000) + b"x" * 900000)
    time.sleep(0.5)
    grown = rss_kib(server) - before
    for conn in conns:
        conn.close()
    assert grown < 8 * 2500, "%d KiB for 8 incomplete frames of 1 MB" % grown


def test_a_client_that_reads_nothing_is_not_served_without_bound(server):
    with zkwire.open_session(server.port) as conn:
        assert conn.call("create", "/big", b"b" * 900000)[0] == 0
        before = rss_kib(server)
        conn.sock.settimeout(0.5)
        request = zkwire.frame(struct.pack(">ii", 1, 4) + zkwire.body("getData", "/big"))
        try:
            for _ in range(200):  # 180 MB of replies, if they were all kept
                conn.sock.sendall(request * 100)
        except (socket.timeout, OSError):
            pass
        grown = rss_kib(server) - before
        assert grown < 48 * 1024, "%d KiB kept for a client that does not read" % grown


def test_a_flood_of_connections_without_sessions(server):
    before = rss_kib(server)
    for _ in range(20):
        for sock in [raw(server) for _ in range(100)]:
            sock.close()
    assert rss_kib(server) - before < 8 * 1024
