# SPDX-License-Identifier: Apache-2.0
"""paddock top, in pseudo-terminals whose screens are drawn by pyte, and without a terminal."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import pyte
import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer
from tests.interop.lib.server_process import free_port


@pytest.fixture(scope="module")
def server():
    with PaddockServer() as running:
        yield running


@pytest.fixture
def silent():
    """A port that accepts and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


class Terminal:
    def __init__(self, columns, rows, *arguments):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        main, side = pty.openpty()
        self.fd = main
        self.resize(columns, rows)
        self.before = termios.tcgetattr(side)
        self.process = subprocess.Popen([PADDOCK, *arguments], stdin=side, stdout=side, stderr=side,
                                        env={**os.environ, "TERM": "xterm-256color"}, start_new_session=True)
        self.side = side

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def read(self, seconds=0.05):
        while select.select([self.fd], [], [], seconds)[0]:
            piece = os.read(self.fd, 65536)
            self.raw += piece
            self.stream.feed(piece)

    def until(self, shows, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            if shows(self.screen.display):
                return [line.rstrip() for line in self.screen.display]
        raise AssertionError("never shown:\n" + "\n".join(self.screen.display))

    def key(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        """After it ended: its exit code. The terminal is as it was."""
        for _ in range(100):
            self.read(0.02)
            if self.process.poll() is not None:
                break
        self.read()
        assert self.process.poll() is not None, "it did not end"
        assert termios.tcgetattr(self.side) == self.before
        assert self.raw.rstrip().endswith(b"\x1b[?25h\x1b[?1049l")  # the cursor and the screen from before
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)
        os.close(self.side)


def shows(*texts):
    return lambda lines: all(any(text in line for line in lines) for text in texts)


def row(lines, start):
    return next(line.split() for line in lines if line.startswith(start))


def test_80_by_24(server):
    name = f"127.0.0.1:{server.port}"
    sessions = [zkwire.open_session(server.port) for _ in range(30)]
    with Terminal(80, 24, "-s", name, "top", "-d", "0.5") as terminal:
        lines = terminal.until(shows("1 of 1 servers up", "standalone", "q quit"))
        lines = terminal.until(lambda shown: row(shown, name)[-1] != "-")  # the second look has rates
        assert lines[2].split() == "SERVER ROLE ZXID LAG MEAN MAX CONN OUT REQ/s".split()
        assert row(lines, name)[1:4] == ["standalone", row(lines, name)[2], "0"]
        assert int(row(lines, name)[6]) >= 31  # connections
        assert lines[5].split() == "CLIENT SESSION REQ/s REQS QUEUE MEAN MAX LAST".split()
        assert sum(line.startswith("127.0.0.1:") and "0x" in line for line in lines[6:]) == 17  # what fits
        assert lines[23].startswith("q quit  s sort")
        terminal.key("q")
        assert terminal.end() == 0
    for session in sessions:
        session.close()


def test_200_by_60_and_resizing(server):
    name = f"127.0.0.1:{server.port}"
    with Terminal(200, 60, "-s", name, "top", "-d", "0.3") as terminal:
        lines = terminal.until(shows("standalone", "WATCHES", "EPHEM", "TIMEOUT"))
        assert lines[59].startswith("q quit")
        assert row(lines, name)[-1] != "-"  # how long the word took
        terminal.resize(80, 24)
        lines = terminal.until(lambda shown: shown[23].startswith("q quit"))
        assert not shows("WATCHES")(lines)
        terminal.resize(60, 8)
        lines = terminal.until(lambda shown: shown[7].startswith("q quit"))
        terminal.resize(60, 5)
        terminal.until(shows("too few lines"))
        terminal.resize(100, 30)
        terminal.until(lambda shown: shown[29].startswith("q quit") and "too few" not in shown[0])
        terminal.key("q")
        assert terminal.end() == 0


def test_keys(server):
    with Terminal(80, 24, "-s", f"127.0.0.1:{server.port}", "top", "-d", "0.3") as terminal:
        terminal.until(shows("standalone", "by requests a second"))
        for order in ("by requests", "by mean latency", "by longest latency", "by queued requests",
                      "by requests a second"):
            terminal.key("s")
            terminal.until(shows(order + "  "))
        terminal.key("5")
        terminal.until(shows("(5)"))
        terminal.key("h")
        terminal.until(shows("changes behind the leader"))
        terminal.key("x")
        terminal.until(shows("CLIENT"))
        terminal.key("\t")
        terminal.key("\x1b[B\x1b[A\x1b[C\x1b[D")  # arrows
        terminal.key("q")
        assert terminal.end() == 0


def test_sessions_scroll(server):
    sessions = [zkwire.open_session(server.port) for _ in range(40)]
    with Terminal(80, 24, "-s", f"127.0.0.1:{server.port}", "top", "-d", "9") as terminal:
        lines = terminal.until(lambda shown: sum("0x" in line for line in shown) == 18)
        second = lines[7].split()[1]
        terminal.key("\x1b[B")
        terminal.until(lambda shown: second in shown[6])
        terminal.key("\x1b[A")
        terminal.until(lambda shown: second in shown[7])
        terminal.key("q")
        assert terminal.end() == 0
    for session in sessions:
        session.close()


def test_dead_and_silent_servers_are_rows_and_freeze_nothing(server, silent):
    dead = free_port()
    names = f"127.0.0.1:{server.port},127.0.0.1:{dead},127.0.0.1:{silent}"
    with Terminal(100, 24, "-s", names, "top", "-d", "1") as terminal:
        lines = terminal.until(shows("1 of 3 servers up", "no answer in time"))
        assert row(lines, f"127.0.0.1:{dead}")[1] == "down"
        assert row(lines, f"127.0.0.1:{silent}")[1] == "down"
        took = []
        for _ in range(9):  # a key is answered while words are under way
            begun = time.monotonic()
            terminal.key("h")
            terminal.until(shows("changes behind the leader"))
            terminal.key("h")
            terminal.until(shows("CLIENT"))
            took.append(time.monotonic() - begun)
        assert sorted(took)[4] < 0.8, took  # A server that is silent is waited for a second.
        terminal.key("q")
        assert terminal.end() == 0


def test_a_server_that_stands_still_comes_back():
    with PaddockServer() as slow, Terminal(80, 24, "-s", f"127.0.0.1:{slow.port}", "top", "-d", "0.3") as terminal:
        terminal.until(shows("1 of 1 servers up"))
        slow.process.send_signal(signal.SIGSTOP)
        terminal.until(shows("0 of 1 servers up", "no answer in time"))
        slow.process.send_signal(signal.SIGCONT)
        terminal.until(shows("1 of 1 servers up", "standalone"))
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 0


def test_frames_are_drawn_over_each_other(server):
    with Terminal(80, 24, "-s", f"127.0.0.1:{server.port}", "top", "-d", "0.2", "-n", "5") as terminal:
        assert terminal.process.wait(60) == 0
        terminal.read()
        assert terminal.raw.count(b"\x1b[H") == 6  # one home for each frame and the one before the first answer
        assert terminal.raw.count(b"\x1b[2J") == 1  # only the first one clears the screen: no flicker


def test_servers_of_the_configuration_are_shown():
    secret = "super:" + zkwire.digest_id("super", "pw").split(":", 1)[1]
    with PaddockServer() as other, \
            PaddockServer(properties={"zookeeper.DigestAuthenticationProvider.superDigest": secret}) as server:
        text = f"server.1=127.0.0.1:1:2:participant;0.0.0.0:{other.port}\nversion=0"
        subprocess.run([PADDOCK, "-s", f"127.0.0.1:{server.port}", "-a", "digest:super:pw", "set", "/zookeeper/config", text],
                       check=True, timeout=120)
        result = json.loads(page(server, "--json").stdout)
        assert [row["server"] for row in result["servers"]] == [f"127.0.0.1:{server.port}", f"127.0.0.1:{other.port}"]
        assert all(row["up"] for row in result["servers"])


# ---- without a terminal ----

def page(server, *arguments, expect=0, servers=None):
    done = subprocess.run([PADDOCK, "-s", servers or f"127.0.0.1:{server.port}", "top", *arguments],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == expect, done
    return done


def test_without_a_terminal_it_prints_one_page(server):
    done = page(server)
    lines = done.stdout.splitlines()
    assert "\x1b" not in done.stdout and done.stderr == ""
    assert re.match(r"1 of 1 servers up  - req/s  \d+ sessions by requests a second  \d\d:\d\d:\d\d UTC$", lines[0])
    assert row(lines, f"127.0.0.1:{server.port}")[1] == "standalone"


def test_json_has_an_object_for_each_look(server):
    lines = page(server, "--json", "-n", "3", "-d", "0.2").stdout.splitlines()
    looks = [json.loads(line) for line in lines]
    assert len(looks) == 3
    assert looks[0]["servers"][0]["received_rate"] is None
    assert looks[2]["servers"][0]["received_rate"] >= 0
    assert looks[2]["servers"][0]["role"] == "standalone"
    session = looks[2]["sessions"][0]
    assert session["session"].startswith("0x") and session["server"] == f"127.0.0.1:{server.port}"


def test_nobody_there_is_an_answer(silent):
    done = page(None, "-d", "0.5", "-n", "1", servers=f"127.0.0.1:{free_port()},127.0.0.1:{silent}", expect=3)
    assert "0 of 2 servers up" in done.stdout and "no answer in time" in done.stdout


def test_wrong_use(server):
    for wrong in (["-d", "0"], ["-d", "x"], ["-n", "0"], ["more"]):
        assert page(server, *wrong, expect=2).stderr
