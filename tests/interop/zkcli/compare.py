# SPDX-License-Identifier: Apache-2.0
"""Apache's zkCli and ours under its name: the same command lines, compared byte for byte.

    python3 -m tests.interop.zkcli.compare [--doc]

A shell of each kind gets the lines of lines.txt one by one, on a fresh tree; after each line a command that does not
exist marks the end of its output on stderr. Events of watches come from another thread than answers, so their order
among themselves is compared, and not their place between answers. Masked are what time and session counters decide:
dates, zxids (0 and -1 stay), session ids, the server's port, the version's text.
"""
import atexit
import functools
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.interop.lib.java_server import JavaServer, class_path
from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.lib.server_process import ROOT

HERE = Path(__file__).parent
SERVERS = {"java": JavaServer, "paddock": PaddockServer}
ENVIRONMENT = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
DOCUMENT = ROOT / "docs" / "cli-differences.md"

HEAD = """# Where zkCli.sh differs from Apache's

`paddock` under the name `zkCli.sh` answers as Apache's zkCli 3.9.5 does: %d command lines of its shell and %d of the
program itself are compared byte for byte, stdout, stderr and exit code, against Apache's server and against ours
(`pytest tests/interop/test_cli_zkcli.py`). These differences are deliberate. The page is made from
`tests/interop/zkcli/differences.txt` by `python3 -m tests.interop.zkcli.compare --doc`.

| Difference | Apache's zkCli | zkCli.sh of Paddock | Why |
|---|---|---|---|
"""


# ---- the tables ----

def read(name):
    """The entries of a table: (name of a difference or "", whether to wait, the line)."""
    entries = []
    for line in (HERE / name).read_text().split("\n"):
        if not line or line.startswith("#"):
            continue
        tag, waits = "", False
        while found := re.match(r"\{([a-z-]+)\} ", line):
            if found.group(1) == "wait":
                waits = True
            else:
                tag = found.group(1)
            line = line[found.end():]
        entries.append((tag, waits, line))
    return entries


def differences():
    rows = [line.split(" | ") for line in (HERE / "differences.txt").read_text().split("\n")
            if line and not line.startswith("#")]
    return {row[0]: row[1:] for row in rows}


def document():
    text = HEAD % (len(read("lines.txt")), len(read("batch.txt")))
    for name, (theirs, ours, why) in differences().items():
        text += "| %s | %s | %s | %s |\n" % (name.replace("-", " "), theirs, ours, why)
    return text


# ---- clients ----

def java_command():
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", class_path(), "org.apache.zookeeper.ZooKeeperMain"]


@functools.lru_cache(None)
def our_link():
    program = Path(os.environ.get("PADDOCK", str(ROOT / "build" / "release" / "paddock"))).resolve()
    folder = Path(tempfile.mkdtemp(prefix="paddock-zkcli-"))
    atexit.register(shutil.rmtree, folder, True)
    (folder / "zkCli.sh").symlink_to(program)
    return str(folder / "zkCli.sh")


def our_command():
    """A link zkCli.sh to our program, as `make install` makes it."""
    return [our_link()]


CLIENTS = {"java": java_command, "paddock": our_command}


class Shell:
    """A command line in shell mode; `ask` returns what one line printed on stdout and stderr."""

    def __init__(self, command, port):
        self.process = subprocess.Popen(command + ["-server", "127.0.0.1:%d" % port], env=ENVIRONMENT,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.got = {"out": b"", "err": b""}
        self.poll = select.poll()
        self.names = {}
        for name, stream in (("out", self.process.stdout), ("err", self.process.stderr)):
            os.set_blocking(stream.fileno(), False)
            self.poll.register(stream, select.POLLIN)
            self.names[stream.fileno()] = name
        self.marks = 0

    def _read(self, seconds):
        """What comes within that time; False if nothing did."""
        ready = self.poll.poll(seconds * 1000)
        for number, _ in ready:
            try:
                while chunk := os.read(number, 1 << 16):
                    self.got[self.names[number]] += chunk
                self.poll.unregister(number)
            except BlockingIOError:
                pass
        return bool(ready)

    def wait_for(self, name, text, limit_s=60):
        """Until `text` is there; then also all that was written before it, on either stream, has been read."""
        until = time.monotonic() + limit_s
        while text not in self.got[name]:
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError("no %r in %r, exit code %s" % (text, self.got, self.process.poll()))
            self._read(0.5)
        self._read(0)

    def ask(self, line, waits=False):
        self.marks += 1
        mark = b"Command not found mark-%d\n" % self.marks
        self.process.stdin.write(line.encode() + b"\nmark-%d\n" % self.marks)
        self.process.stdin.flush()
        self.wait_for("err", mark)
        while waits and self._read(0.25):
            pass
        out, err = self.got["out"], self.got["err"]
        self.got = {"out": b"", "err": b""}
        err = err[:err.index(mark)]
        return out, err[:err.rindex(b"ZooKeeper -server host:port")]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


def run_batch(command, port, words):
    done = subprocess.run(command + words, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.stdout, done.stderr, done.returncode


# ---- what is compared ----

MASKS = [
    (rb"\b([cmp])Zxid = 0x[1-9a-f][0-9a-f]*", rb"\1Zxid = ZXID"),
    (rb"\b([cm])time = .*", rb"\1time = DATE"),
    (rb"ephemeralOwner = 0x[1-9a-f][0-9a-f]{9,}", rb"ephemeralOwner = SESSION"),
    (rb"zxid: [1-9]\d*", rb"zxid: ZXID"),
    (rb"(CLI version: ).*", rb"\1VERSION"),
]
EVENT = re.compile(rb"\n(WatchedEvent .*)\n")
EVENT_HEAD = b"\nWATCHER::\n"  # Java prints the two one after the other: an answer may come between


def masked(text, port):
    text = text.replace(b"127.0.0.1:%d" % port, b"127.0.0.1:PORT")
    for pattern, by in MASKS:
        text = re.sub(pattern, by, text)
    return text


def apart(out):
    """Answers, and the events that came between them."""
    out = out.replace(EVENT_HEAD, b"")
    return EVENT.sub(b"", out), EVENT.findall(out)


class Answer:
    def __init__(self, line, out, err, port, exit_code=0):
        self.line = line
        self.out, self.events = apart(masked(out, port))
        self.err = masked(err, port)
        self.exit_code = exit_code

    def facts(self):
        return self.out, self.err, self.exit_code

    def show(self):
        return "stdout %r\nstderr %r\nexit %d\nevents %r" % (self.out, self.err, self.exit_code, self.events)


def server_of(kind):
    return SERVERS[kind](cfg={"extendedTypesEnabled": "true"},
                         properties={"zookeeper.extendedTypesEnabled": "true",
                                     "znode.container.checkIntervalMs": "600000"})


def shell_run(client, server_kind):
    """The answers to lines.txt."""
    with server_of(server_kind) as server:
        shell = Shell(CLIENTS[client](), server.port)
        try:
            shell.wait_for("out", b"SyncConnected")
            answers = [Answer("(start)", *shell.ask("printwatches"), server.port)]
            for _, waits, line in read("lines.txt"):
                out, err = shell.ask(line.replace("{PORT}", str(server.port)), waits)
                answers.append(Answer(line, out, err, server.port))
            return answers
        finally:
            shell.close()


def words_of(line, port):
    words = re.findall(r'"[^"]*"|\S+', line)
    words = [word.strip('"') for word in words]
    if words[0] == "{SERVER}":
        words[:1] = ["-server", "127.0.0.1:%d" % port]
    return words


def batch_run(client, server_kind):
    with server_of(server_kind) as server:
        command = CLIENTS[client]()
        return [batch_answer(command, server.port, line) for _, _, line in read("batch.txt")]


def batch_answer(command, port, line):
    out, err, code = run_batch(command, port, words_of(line, port))
    return Answer(line, out, err, port, code)


def events_of(answers):
    """All events of nodes in their order; those of sessions come at any time."""
    events = [event for answer in answers for event in answer.events]
    return [event for event in events if b"type:None" not in event]


def unequal(table, theirs, ours):
    """Lines that differ and should not, and lines that should and do not."""
    wrong = []
    entries = read(table)
    tags = [""] * (len(theirs) - len(entries)) + [tag for tag, _, _ in entries]
    for tag, their, our in zip(tags, theirs, ours):
        same = their.facts() == our.facts()
        if same and tag:
            wrong.append("%s\nis marked {%s} and does not differ" % (their.line, tag))
        elif not same and not tag:
            wrong.append("%s\n-- one\n%s\n-- other\n%s" % (their.line, their.show(), our.show()))
    return wrong


def main():
    if "--doc" in sys.argv:
        DOCUMENT.write_text(document())
        return
    for kind in [word for word in sys.argv[1:] if word in SERVERS] or ["paddock"]:
        theirs, ours = shell_run("java", kind), shell_run("paddock", kind)
        wrong = unequal("lines.txt", theirs, ours)
        print("%s: %d lines, %d differ" % (kind, len(theirs) - 1, len(wrong)))
        print("\n\n".join(wrong))
        left, right = events_of(theirs), events_of(ours)
        if left != right:
            print("events differ:\n%s\n%s" % (left, right))
        if "--batch" in sys.argv:
            print("\n\n".join(unequal("batch.txt", batch_run("java", kind), batch_run("paddock", kind))))


if __name__ == "__main__":
    main()
