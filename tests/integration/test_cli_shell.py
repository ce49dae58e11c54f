# SPDX-License-Identifier: Apache-2.0
"""The interactive shell at a pseudo-terminal, as a user sees it: a small screen follows what libedit draws."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from tests.interop.lib.paddock_server import PADDOCK, PaddockServer


class Screen:
    """The lines a terminal shows, for the few controls that the shell uses; endless downwards."""

    TOKEN = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|(.)", re.DOTALL)

    def __init__(self, columns):
        self.columns = columns
        self.lines = [""]
        self.row = self.column = 0

    def put(self, char):
        if self.column == self.columns:
            self.newline()
            self.column = 0
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + char + line[self.column + 1:]
        self.column += 1

    def newline(self):
        self.row += 1
        while len(self.lines) <= self.row:
            self.lines.append("")

    def control(self, argument, letter):
        n = int(argument or "1") if argument.isdigit() or not argument else 1
        line = self.lines[self.row]
        if letter == "K":
            self.lines[self.row] = line[:self.column]
        elif letter == "G":
            self.column = n - 1
        elif letter == "C":
            self.column += n
        elif letter == "D":
            self.column = max(0, self.column - n)
        elif letter == "A":
            self.row = max(0, self.row - n)
        elif letter == "P":
            self.lines[self.row] = line[:self.column] + line[self.column + n:]
        elif letter == "@":
            self.lines[self.row] = line[:self.column] + " " * n + line[self.column:]
        elif letter == "J":
            self.lines[self.row] = line[:self.column]
            del self.lines[self.row + 1:]

    def feed(self, text):
        for argument, letter, char in self.TOKEN.findall(text):
            if letter:
                self.control(argument, letter)
            elif char == "\r":
                self.column = 0
            elif char == "\n":
                self.newline()
            elif char == "\b":
                self.column = max(0, self.column - 1)
            elif char >= " ":
                self.put(char)


class Terminal:
    def __init__(self, argv, home, columns=80, rows=24):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=str(home), TERM="xterm", LC_ALL="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            os.execv(argv[0], argv)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = Screen(columns)
        self.raw = ""
        self.exit_code = None

    def _read(self, seconds):
        if not select.select([self.file], [], [], seconds)[0]:
            return False
        try:
            text = os.read(self.file, 65536).decode("utf-8", "replace")
        except OSError:
            return False
        self.raw += text
        self.screen.feed(text)
        return bool(text)

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.lines)

    def line(self):
        """What stands at the prompt."""
        return self.screen.lines[self.screen.row].rstrip()

    def until(self, condition, limit_s=60):
        end = time.monotonic() + limit_s
        while not condition() and time.monotonic() < end:
            self._read(0.05)
        assert condition(), self.text()

    def shows(self, pattern, limit_s=60):
        self.until(lambda: re.search(pattern, self.text(), re.MULTILINE), limit_s)

    def type(self, keys):
        os.write(self.file, keys.encode())

    def prompt(self, number, limit_s=60):
        self.until(lambda: re.search(r"\) %d\]$" % number, self.line()), limit_s)

    def run(self, line, number):
        """A line, and the prompt after it."""
        self.type(line + "\r")
        self.prompt(number)

    def end(self):
        if self.exit_code is None:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                self._read(0.05)
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.exit_code = os.waitstatus_to_exitcode(status)
                    os.close(self.file)
                    return self.exit_code
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            raise AssertionError("the shell does not end:\n" + self.text())
        return self.exit_code


@pytest.fixture(scope="module")
def server():
    with PaddockServer() as running:
        yield running


@pytest.fixture
def shell(server, tmp_path):
    opened = []

    def start(*words, columns=80, program=PADDOCK):
        words = words or ("-s", "127.0.0.1:%d" % server.port)
        opened.append(Terminal([program, *words], tmp_path, columns))
        return opened[-1]

    yield start
    for terminal in opened:
        if terminal.exit_code is None:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)


def elsewhere(server, *words):
    subprocess.run([PADDOCK, "-s", "127.0.0.1:%d" % server.port, *words], check=True, capture_output=True)


def test_the_first_screen(shell, server):
    t = shell()
    t.prompt(0)
    assert re.fullmatch(r"paddock \S+: `help` lists the commands, \^D leaves\n"
                        r"\[zk: 127\.0\.0\.1:%d\(CONNECTED\) 0\]" % server.port, t.text())


def test_lines_are_edited_and_remembered(shell):
    t = shell()
    t.prompt(0)
    t.run("create /edited one", 1)
    t.type("get /edXited")
    t.type("\x1b[D" * 4 + "\x7f")  # back over "ited", and the X away
    t.type("\x01\x1b[C\x05\r")
    t.shows(r"^one$|Node does not exist")
    assert "Node does not exist" not in t.text()
    t.prompt(2)
    t.type("\x1b[A")
    t.until(lambda: t.line().endswith("2] get /edited"))
    t.type("\x1b[A")
    t.until(lambda: t.line().endswith("2] create /edited one"))
    t.type("\x15")
    t.until(lambda: t.line().endswith("2]"))
    t.type("quit\r")
    assert t.end() == 0


def test_the_history_is_there_the_next_time(shell):
    t = shell()
    t.prompt(0)
    t.run("ls /zookeeper", 1)
    t.type("\x04")
    assert t.end() == 0
    t = shell()
    t.prompt(0)
    t.type("\x1b[A")
    t.until(lambda: t.line().endswith("0] ls /zookeeper"))


def test_tab_completes_commands_flags_and_paths(shell, server):
    elsewhere(server, "create", "/shelf")
    elsewhere(server, "create", "/shelf/first")
    elsewhere(server, "create", "/shelf/second")
    t = shell()
    t.prompt(0)
    t.type("getAl\t")
    t.until(lambda: t.line().endswith("getAllChildrenNumber"))
    t.type("/she\t")
    t.until(lambda: t.line().endswith("/shelf"))
    t.type("\r")
    t.shows(r"^2$")
    t.prompt(1)
    t.type("ls /shelf/\t\t")
    t.shows(r"^first  second")
    t.type("s\t")
    t.until(lambda: t.line().endswith("ls /shelf/second"))
    t.type("\x15" + "reconfig --mem\t")
    t.until(lambda: t.line().endswith("reconfig --members"))
    t.type("\x15" + "printwatches o\t\t")
    t.shows(r"^on  off")


def test_an_event_appears_above_a_half_typed_line(shell, server):
    elsewhere(server, "create", "/seen")
    t = shell()
    t.prompt(0)
    t.run("get -w /seen", 1)
    t.type("ls /see")
    t.until(lambda: t.line().endswith("1] ls /see"))
    elsewhere(server, "set", "/seen", "new")
    t.shows(r"^watch: NodeDataChanged /seen zxid 0x[0-9a-f]+$")
    t.until(lambda: t.line().endswith("1] ls /see"))
    t.type("n\r")
    t.shows(r"^\[\]$")
    lines = t.text().split("\n")
    event = next(i for i, line in enumerate(lines) if line.startswith("watch:"))
    assert lines[event + 1].endswith("1] ls /seen")


def test_control_c_drops_the_line_and_keeps_the_session(shell):
    t = shell()
    t.prompt(0)
    t.run("create -e /mine x", 1)
    t.type("half a line")
    t.until(lambda: t.line().endswith("half a line"))
    for count in (1, 2, 3):
        t.type("\x03")
        t.until(lambda: t.text().count("^C") == count)
        t.prompt(1)
    t.type("getEphemerals\r")
    t.shows(r"^\[/mine\]$")


def test_control_d_ends_with_the_last_exit_code(shell):
    t = shell()
    t.prompt(0)
    t.run("get /not/there", 1)
    assert "Node does not exist: /not/there" in t.text()
    t.type("\x04")
    assert t.end() == 1


def test_quit_ends_with_the_exit_code_of_the_command_before(shell):
    t = shell()
    t.prompt(0)
    t.run("nonsense", 1)
    assert "no such command: nonsense; `help` lists them" in t.text()
    t.type("quit\r")
    assert t.end() == 127


def test_history_and_redo(shell):
    t = shell()
    t.prompt(0)
    t.run("ls /zookeeper", 1)
    t.run("history", 2)
    t.shows(r"^0 - ls /zookeeper$\n^1 - history$")
    t.run("redo 0", 3)
    assert t.text().count("[config, quota]") == 2
    t.run("redo 9", 4)
    t.shows("^Command index out of range$")


def test_help_in_the_shell(shell):
    t = shell()
    t.prompt(0)
    t.run("help", 1)
    t.shows(r"^Nodes$")
    t.shows(r"^  get +print the data of a node$")
    t.run("help get", 2)
    t.shows(r"^usage: get \[-s\] \[-w\]")


def test_a_server_that_is_not_there_does_not_hold_the_prompt(shell):
    t = shell("-s", "127.0.0.1:1")
    t.prompt(0, limit_s=15)  # The time after which a request gives up is 30 s.
    assert "(CONNECTING) 0]" in t.line()
    t.type("ls /\r")
    t.until(lambda: t.line() == "")
    time.sleep(0.5)
    t.type("\x03")
    t.prompt(1, limit_s=15)
    assert "ConnectionLoss" in t.text()


def test_connect_changes_the_servers(shell, server):
    t = shell("-s", "127.0.0.1:1")
    t.prompt(0)
    t.run("connect 127.0.0.1:%d" % server.port, 1)
    assert "127.0.0.1:%d(CONNECTED) 1]" % server.port in t.line()
    t.run("close", 2)
    assert "(CLOSED) 2]" in t.line()


def test_colours_are_for_terminals_and_those_who_want_them(shell, server):
    t = shell()
    t.prompt(0)
    t.run("help", 1)
    assert "\x1b[1mNodes\x1b[0m" in t.raw
    t = shell("-s", "127.0.0.1:%d" % server.port, "--color", "never")
    t.prompt(0)
    t.run("help", 1)
    assert "\x1b[1m" not in t.raw


def test_zkcli_at_a_terminal(shell, server, tmp_path):
    link = tmp_path / "zkCli.sh"
    link.symlink_to(os.path.realpath(PADDOCK))
    elsewhere(server, "create", "/watched")
    t = shell("-server", "127.0.0.1:%d" % server.port, program=str(link))
    t.prompt(0)
    t.shows(r"\AConnecting to 127\.0\.0\.1:%d\nWelcome to ZooKeeper!\nJLine support is enabled\n" % server.port)
    t.shows(r"^WATCHER::$\n\n^WatchedEvent state:SyncConnected type:None path:null zxid: -1$")
    t.run("get -w /watched", 1)
    t.type("ls")
    elsewhere(server, "set", "/watched", "x")
    t.shows(r"^WatchedEvent state:SyncConnected type:NodeDataChanged path:/watched zxid: \d+$")
    t.until(lambda: t.line().endswith("1] ls"))


def test_long_lines_wrap_and_come_back(shell):
    t = shell(columns=60)
    t.prompt(0)
    t.run("create /long '" + "x" * 100 + "'", 1)
    t.type("get /long\r")
    t.shows(r"x{40}")
    t.prompt(2)


def test_lines_from_a_pipe_have_no_prompt(server):
    done = subprocess.run([PADDOCK, "-s", "127.0.0.1:%d" % server.port], input=b"create /piped x\nget /piped\nget /no\n",
                          capture_output=True, timeout=120)
    assert done.stdout.endswith(b"x\n") and b"[zk:" not in done.stdout
    assert done.stderr == b"Created /piped\nNode does not exist: /no\n"
    assert done.returncode == 1
