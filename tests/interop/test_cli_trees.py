# SPDX-License-Identifier: Apache-2.0
"""The command line's commands on whole subtrees, as a process; tests/integration runs them against paddockd alone."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PADDOCK
from tests.interop.lib.server_process import free_port

READ_ONLY = ((zkwire.READ, "world", "anyone"),)
NOBODY = ((zkwire.ALL, "digest", zkwire.digest_id("joe", "secret")),)
MIB = 1 << 20
LAUNCHER = """import os, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Paddock:
    """`paddock -s SERVER ...` and what came of it."""

    def __init__(self, server):
        self.server = server
        self.address = "127.0.0.1:%d" % server.port

    def start(self, *words, **keywords):
        keywords = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) | keywords
        return subprocess.Popen([PADDOCK, "-s", self.address, *words], **keywords)

    def run(self, *words, code=0, deadline_s=120, **keywords):
        child = self.start(*words, **keywords)
        out, err = child.communicate(timeout=deadline_s)
        self.out, self.err = out.decode("utf-8", "surrogateescape"), err.decode()
        assert child.returncode == code, "%s: %s\n%s\n%s" % (words, child.returncode, self.out[-2000:], self.err[-2000:])
        return self.out

    def lines(self, *words, **keywords):
        return self.run(*words, **keywords).splitlines()

    def objects(self, *words, **keywords):
        return [json.loads(line) for line in self.lines(*words, "--json", **keywords)]

    def measured(self, *words):
        """The lines of its output, its seconds, and its peak of memory in bytes.

        A small launcher measures: a child's peak begins with that of the process that forked it.
        """
        child = subprocess.Popen([sys.executable, "-S", "-c", LAUNCHER, PADDOCK, "-s", self.address, *words],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        begun, count = time.monotonic(), 0
        for piece in iter(lambda: os.read(child.stdout.fileno(), 1 << 20), b""):
            count += piece.count(b"\n")
        err = child.stderr.read()
        assert child.wait() == 0, err
        return count, time.monotonic() - begun, int(err.split()[-1]) * 1024


@pytest.fixture
def cli(server):
    return Paddock(server)


def fill(server, nodes, per=1000, window=8):
    """Creates (path, data[, acl[, mode]]) in order, many in a transaction."""
    flying, batch, count = 0, [], 0
    with zkwire.open_session(server.port) as conn:
        def settle(most):
            nonlocal flying
            while flying > most:
                parts = zkwire.decode_reply("multi", conn.recv_reply(60).body)[0]
                assert all(part[1] == 0 for part in parts), [part for part in parts if part[1]][:3]
                flying -= 1

        def send():
            nonlocal flying
            conn.request("multi", *[("create", *node) for node in batch])
            flying += 1
            batch.clear()
            settle(window)

        for node in nodes:
            batch.append(node if isinstance(node, tuple) else (node, b""))
            count += 1
            if len(batch) == per:
                send()
        if batch:
            send()
        settle(0)
        conn.close_session()
    return count


def small(server):
    fill(server, [("/app", b"12345"), ("/app/a", b"x" * 100), ("/app/a/deep", b""), ("/app/b", b"x" * 2048),
                  ("/app/b/c1", b"1"), ("/app/b/c2", b"22"), ("/app/é日本", b"\xff\x00"),
                  ("/app/null", None)])


SMALL = ["/app", "/app/a", "/app/a/deep", "/app/b", "/app/b/c1", "/app/b/c2", "/app/null", "/app/é日本"]


def wait_for(condition, deadline_s=60):
    until = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


# ---- tree ----

def test_tree_draws_lines_sizes_and_owners(cli, server):
    small(server)
    with zkwire.open_session(server.port) as conn:
        assert conn.call("create", "/app/held", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)[0] == 0
        assert cli.run("tree", "/app", "-s", "-e") == (
            "/app  5\n├── a  100\n│   └── deep  0\n├── b  2048\n│   ├── c1  1\n│   └── c2  2\n"
            "├── held  0  ephemeral 0x%x\n├── null  0\n└── é日本  2\n" % conn.response.session)
        assert "9 nodes" in cli.err
        assert cli.run("tree", "--quiet", "/app", "--ascii", "-L", "1") == (
            "/app\n|-- a  ...\n|-- b  ...\n|-- held\n|-- null\n`-- é日本\n")
        assert cli.err == ""
        conn.close_session()


def test_tree_shows_acls_and_what_may_not_be_read(cli, server):
    fill(server, [("/app", b""), ("/app/open", b""), ("/app/own", b"abc", NOBODY), ("/app/own/below", b"")][:3])
    text = cli.run("tree", "/app", "-A", "-h", code=1)
    assert "├── open  0 B  world:anyone:cdrwa\n" in text
    assert re.search(r"└── own(  3 B)?  \[not readable\]\n", text)
    whole = cli.run("--json", "tree", "/app", "--acl", code=1).splitlines()
    assert [json.loads(line)["path"] for line in whole] == ["/app", "/app/open", "/app/own"]
    assert json.loads(whole[2])["error"] == "NoAuth" and "acl" not in json.loads(whole[2])
    assert Paddock(server).run("-a", "digest:joe:secret", "tree", "/app", "-A").count("digest:joe:") == 1


def test_tree_of_a_missing_node_and_of_a_bad_path(cli):
    assert cli.run("tree", "/none", code=1) == "" and "Node does not exist: /none" in cli.err
    cli.run("tree", "none", code=2)
    cli.run("tree", "-L", "x", code=2)


# ---- du ----

def test_du_adds_up_branches(cli, server):
    small(server)
    assert cli.lines("du", "/app") == ["2158\t8\t/app", "2051\t3\t/app/b", "100\t2\t/app/a",
                                       "2\t1\t/app/é日本", "0\t1\t/app/null"]
    assert cli.lines("du", "-s", "/app") == ["2158\t8\t/app"]
    assert [line.split("\t")[2] for line in cli.lines("du", "-d", "2", "--sort", "name", "/app")] == sorted(SMALL)
    assert cli.lines("du", "-n", "1", "--sort", "nodes", "/app/b") == ["2051\t3\t/app/b"]
    assert cli.objects("du", "/app", "-d", "0") == [{"path": "/app", "bytes": 2158, "nodes": 8}]
    assert cli.lines("du", "-h", "-s", "/app") == [" 2.1 KiB             8  /app"]
    cli.run("du", "--sort", "colour", code=2)


def test_du_says_what_it_could_not_read(cli, server):
    fill(server, [("/app", b"1"), ("/app/own", b"123", NOBODY), ("/app/z", b"4")])
    assert cli.lines("du", "-s", "/app", code=1)[0] in ("2\t3\t/app", "5\t3\t/app")
    assert "/app/own" in cli.err


# ---- find ----

def test_find_by_name_size_owner_acl(cli, server):
    small(server)
    fill(server, [("/app/own", b"", READ_ONLY)])
    find = lambda *words: cli.lines("find", "/app", *words)
    assert find() == sorted(SMALL + ["/app/own"], key=lambda p: p.encode())
    assert find("--name", "c?") == ["/app/b/c1", "/app/b/c2"]
    assert find("--path", "/b(/|$)") == ["/app/b", "/app/b/c1", "/app/b/c2"]
    assert find("--larger", "1k") == ["/app/b"]
    assert find("--smaller", "2", "--name", "c*") == ["/app/b/c1"]
    assert find("--empty") == ["/app/a/deep", "/app/null", "/app/own"]
    assert find("--maxdepth", "0") == ["/app"]
    assert find("--acl", "w", "--acl", "world:anyone", "--count") == ["8"]
    assert find("--acl", "world:", "--name", "own") == ["/app/own"]
    assert find("--newer", "1h", "--count") == ["9"] and find("--older", "1h") == []
    assert find("--ctime", "--older", "2000-01-01") == []
    with zkwire.open_session(server.port) as conn:
        conn.call("create", "/app/held", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
        assert find("--owner", "ephemeral") == ["/app/held"]
        assert find("--owner", "0x%x" % conn.response.session) == ["/app/held"]
        assert find("--owner", "0x1") == []
        conn.close_session()
    assert cli.run("find", "/app/b", "--print0") == "/app/b\0/app/b/c1\0/app/b/c2\0"
    assert [o["stat"]["data_length"] for o in cli.objects("find", "/app/b")] == [2048, 1, 2]
    assert cli.run("--json", "find", "/app/b", "--count") == '{"count":3,"nodes":3}\n'
    for bad in (["--owner", "ttl"], ["--older", "soon"], ["--path", "("], ["--larger", "1x"], ["--acl", "q"]):
        cli.run("find", *bad, code=2)


# ---- cp ----

def read_tree(server, root):
    """path below the root -> (data, ACL), by the raw protocol."""
    found = {}
    with zkwire.open_session(server.port) as conn:
        todo = [root]
        while todo:
            path = todo.pop()
            data = conn.call("getData", path)[1][0]
            acl = conn.call("getACL", path)[1][0]
            found[path[len(root):]] = (data, tuple(map(tuple, acl)))
            todo += [path + "/" + name.decode() for name in conn.call("getChildren", path)[1][0]]
        conn.close_session()
    return found


def test_cp_copies_data_and_acls_exactly(cli, server):
    small(server)
    fill(server, [("/app/own", b"\x00\x01", READ_ONLY)])
    cli.run("cp", "-r", "/app", "/copy")
    assert read_tree(server, "/copy") == read_tree(server, "/app") and len(read_tree(server, "/copy")) == 9
    cli.run("cp", "-r", "/app", "/copy", code=1)
    assert "Node already exists: /copy" in cli.err
    cli.run("cp", "-r", "/app/b", "/copy/", code=1)  # below it
    assert "Node already exists: /copy/b" in cli.err


def test_cp_refuses_what_makes_no_sense(cli, server):
    small(server)
    cli.run("cp", "/app", "/copy", code=2)
    assert "cp -r" in cli.err
    cli.run("cp", "-r", "/app", "/app/b/inner", code=2)
    assert "into itself" in cli.err
    cli.run("cp", "-r", "/app", "/none/copy", code=1)
    assert "the parent of /none/copy does not exist" in cli.err
    cli.run("cp", "-r", "/none", "/copy", code=1)
    assert "Node does not exist: /none" in cli.err
    assert cli.lines("find", "/", "--name", "copy") == []


def test_cp_with_force_changes_what_is_there(cli, server):
    small(server)
    fill(server, [("/copy", b"old"), ("/copy/b", b"old"), ("/copy/more", b"stays")])
    assert cli.objects("cp", "-r", "-f", "/app", "/copy")[0]["nodes"] == 8
    after = read_tree(server, "/copy")
    assert after.pop("/more")[0] == b"stays"
    assert after == read_tree(server, "/app")


def test_cp_leaves_ephemerals_out_and_says_so(cli, server):
    small(server)
    with zkwire.open_session(server.port) as conn:
        conn.call("create", "/app/held", b"mine", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
        report = cli.objects("cp", "-r", "/app", "/copy")[0]
        assert (report["nodes"], report["ephemerals_left_out"], report["failures"]) == (8, 1, 0)
        cli.run("cp", "-r", "--keep-ephemerals", "/app", "/kept")
        conn.close_session()
    assert "/held" not in read_tree(server, "/copy") and read_tree(server, "/kept")["/held"][0] == b"mine"


def test_cp_into_another_ensemble(cli, server, make_server):
    other = make_server()
    small(server)
    cli.run("cp", "-r", "/app", "127.0.0.1:%d/" % other.port)
    assert read_tree(other, "/app") == read_tree(server, "/app")
    Paddock(other).run("cp", "-r", "127.0.0.1:%d/app/b" % server.port, "/b")
    assert read_tree(other, "/b") == read_tree(server, "/app/b")
    cli.run("cp", "-r", "/", "127.0.0.1:%d/all" % other.port)  # without /zookeeper
    assert set(read_tree(other, "/all")) == {""} | {path for path in SMALL}


def test_cp_copies_what_may_be_read_and_names_the_rest(cli, server):
    fill(server, [("/app", b""), ("/app/own", b"", NOBODY), ("/app/z", b"")])
    assert json.loads(cli.run("--json", "cp", "-r", "/app", "/copy", code=1))["failures"] == 1
    assert "/app/own" in cli.err
    assert set(read_tree(server, "/copy")) == {"", "/z"}


# ---- mv ----

def test_mv_moves_all_in_one_transaction(cli, server):
    small(server)
    before = read_tree(server, "/app")
    cli.run("mv", "/app", "/moved")
    assert read_tree(server, "/moved") == before
    cli.run("stat", "/app", code=1)
    with zkwire.open_session(server.port) as conn:
        zxids = {conn.call("exists", "/moved" + below)[1][0].czxid for below in before}
        conn.close_session()
    assert len(zxids) == 1
    cli.run("mv", "/moved/b", "/moved/a/")
    assert "/a/b/c1" in read_tree(server, "/moved")


def test_mv_refuses_without_a_trace(cli, server):
    small(server)
    fill(server, [("/there", b""), ("/big", b"")])
    fill(server, (("/big/%d" % i, b"x" * 100000) for i in range(12)), per=1)
    before = read_tree(server, "/app")
    for target, said in (("/there", "already exists: /there"), ("/none/x", "the parent of /none/x"),):
        cli.run("mv", "/app", target, code=1)
        assert said in cli.err
    for words in (("/app", "/app/b/x"), ("/", "/x"), ("/zookeeper", "/x"), ("/app", "h:1/x")):
        cli.run("mv", *words, code=2)
    cli.run("mv", "/big", "/small", code=1)
    assert "--not-atomic" in cli.err
    with zkwire.open_session(server.port) as conn:
        conn.call("create", "/app/b/held", b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
        cli.run("mv", "/app", "/x", code=1)
        assert "/app/b/held is ephemeral" in cli.err
        conn.close_session()
    assert read_tree(server, "/app") == before
    cli.run("mv", "--not-atomic", "/big", "/small")
    assert len(read_tree(server, "/small")) == 13
    assert cli.lines("ls", "/") == ["[app, small, there, zookeeper]"]


# ---- rm ----

def test_rm_one_and_all(cli, server):
    small(server)
    cli.run("rm", "/app/b", code=1)
    assert "rm -r" in cli.err
    cli.run("rm", "/app/null", "/app/none", "/app/a/deep", code=1)
    assert "Node does not exist: /app/none" in cli.err
    cli.run("rm", "-f", "/app/none")
    assert cli.lines("rm", "-rn", "/app/b") == ["/app/b and 2 nodes below it"]
    assert cli.objects("rm", "-r", "/app") == [{"path": "/app", "deleted": 6, "refused": 0}]
    assert cli.lines("ls", "/") == ["[zookeeper]"]
    for path in ("/", "/zookeeper"):
        cli.run("rm", "-r", path, code=2)
    cli.run("rm", "-r", "/none", code=1)
    cli.run("rm", "-rf", "/none")


def test_rm_leaves_what_it_may_not_delete(cli, server):
    fill(server, [("/app", b""), ("/app/fixed", b"", READ_ONLY), ("/app/x", b"")])
    with zkwire.open_session(server.port) as conn:  # nothing below /app/fixed may be deleted
        conn.add_auth("digest", b"joe:secret")
        conn.call("create", "/app/own", b"", ((31, "digest", zkwire.digest_id("joe", "secret")), (1, "world", "anyone")))
        conn.call("create", "/app/own/child", b"")
        conn.close_session()
    cli.run("rm", "-r", "/app", code=1)
    assert "Insufficient permission : /app/own/child" in cli.err
    assert cli.lines("find", "/app") == ["/app", "/app/own", "/app/own/child"]


def test_rm_deletes_what_comes_meanwhile(cli, server):
    fill(server, ["/app"] + ["/app/n%05d" % i for i in range(20000)])
    stop = threading.Event()

    def disturb():
        with zkwire.open_session(server.port) as conn:
            for i in range(10000):
                if stop.is_set():
                    break
                conn.call("create", "/app/n%05d/late" % (19999 - i), b"")
            conn.close_session()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        wait_for(lambda: b"Node count: 2" in zkwire.word(server.port, "srvr"))
        cli.run("rm", "-r", "/app")
    finally:
        stop.set()
        thread.join()
    assert cli.lines("find", "/", "--path", "^/app") == []


def on_terminal(words, answer):
    """Runs the command on a terminal, types `answer`; returns what was shown and the exit code."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(PADDOCK, [PADDOCK, *words])
    shown, until = b"", time.monotonic() + 30
    asked = False
    while time.monotonic() < until:
        if not select.select([fd], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if not asked and b"[y/N]" in shown:
            asked = True
            os.write(fd, answer)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return shown.decode(), os.waitstatus_to_exitcode(status)


def test_rm_asks_on_a_terminal(cli, server):
    small(server)
    shown, code = on_terminal(["-s", cli.address, "rm", "-r", "/app"], b"n\n")
    assert "delete /app and 7 nodes below it? [y/N]" in shown and code == 1
    assert len(cli.lines("find", "/app")) == 8
    shown, code = on_terminal(["-s", cli.address, "rm", "-r", "/app"], b"y\n")
    assert code == 0 and "8 nodes deleted" in shown
    fill(server, ["/app", "/app/x"])
    assert on_terminal(["-s", cli.address, "--yes", "rm", "-r", "/app"], b"")[1] == 0


# ---- edit ----

def test_edit_writes_back_what_the_editor_left(cli, server, tmp_path):
    fill(server, [("/cfg.json", b"level=debug"), ("/bin", b"\xff\x00")])
    seen = tmp_path / "seen"
    env = dict(os.environ, TMPDIR=str(tmp_path), VISUAL="", EDITOR="ls -l \"$1\" > %s; sed -i s/debug/info/" % seen)
    cli.run("edit", "/cfg.json", env=env)
    assert cli.run("get", "/cfg.json") == "level=info\n"
    assert seen.read_text().startswith("-rw-------") and seen.read_text().rstrip().endswith("-cfg.json")
    cli.run("edit", "/cfg.json", env=dict(env, EDITOR="true"))
    assert "nothing was changed" in cli.err
    cli.run("edit", "/bin", env=env, code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["seen"]
    cli.run("edit", "/none", env=env, code=1)


def test_edit_keeps_the_text_when_somebody_was_faster(cli, server, tmp_path):
    fill(server, [("/cfg", b"one")])
    faster = "%s -s %s set /cfg theirs; echo mine >" % (PADDOCK, cli.address)
    cli.run("edit", "/cfg", env=dict(os.environ, TMPDIR=str(tmp_path), EDITOR=faster, VISUAL=""), code=1)
    kept = re.search(r"your text is in (\S+)", cli.err).group(1)
    assert open(kept).read() == "mine\n" and cli.run("get", "/cfg") == "theirs\n"
    cli.run("edit", "/cfg", env=dict(os.environ, TMPDIR=str(tmp_path), EDITOR="false", VISUAL=""), code=5)
    assert cli.run("get", "/cfg") == "theirs\n"


# ---- wait ----

@pytest.mark.parametrize("words, change", [
    (["/w"], ["create", "/w", "x"]),
    (["/w", "--equals", "on"], ["create", "/w", "on"]),
    (["/there", "--gone"], ["delete", "/there"]),
    (["/there", "--equals", "on"], ["set", "/there", "on"]),
    (["/there", "--matches", "^o[nm]$"], ["set", "/there", "on"]),
    (["/there", "--children", "1"], ["create", "/there/x", ""]),
])
def test_wait_ends_when_it_comes_about(cli, server, words, change):
    fill(server, [("/there", b"off")])
    child = cli.start("wait", *words, "--timeout", "30s")
    wait_for(lambda: b"zk_watch_count\t1\n" in zkwire.word(server.port, "mntr"))
    assert child.poll() is None
    Paddock(server).run(*change)
    assert child.wait(60) == 0, child.stderr.read()
    child = cli.start("wait", *words)  # and at once when it is so already
    assert child.wait(60) == 0


def test_wait_asks_nothing_in_between(cli, server):
    fill(server, [("/there", b"off")])
    child = cli.start("wait", "/there", "--equals", "on")
    wait_for(lambda: b"Total watches:1" in zkwire.word(server.port, "wchs"))
    received = lambda: int(re.search(rb"Received: (\d+)", zkwire.word(server.port, "srvr")).group(1))
    before = received()
    time.sleep(1.5)
    assert received() - before <= 2  # the words themselves; a ping at most
    Paddock(server).run("set", "/there", "not yet")
    wait_for(lambda: b"Total watches:1" in zkwire.word(server.port, "wchs"))
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130


def test_wait_gives_up_after_its_timeout(cli, server):
    begun = time.monotonic()
    cli.run("wait", "/never", "-t", "300ms", code=1)
    assert 0.3 <= time.monotonic() - begun < 10 and "/never" in cli.err
    cli.run("wait", "/x", "--gone", "--equals", "y", code=2)
    cli.run("wait", "/x", "--timeout", "soon", code=2)


def test_wait_outlives_a_restart_of_the_server(cli, server):
    fill(server, [("/there", b"off")])
    child = cli.start("wait", "/there", "--equals", "on", "--timeout", "60s")
    wait_for(lambda: b"Total watches:1" in zkwire.word(server.port, "wchs"))
    server.kill()
    server.start()
    Paddock(server).run("set", "/there", "on")
    assert child.wait(30) == 0, child.stderr.read()


# ---- the ensemble ----

def test_status_gives_each_server_a_line(cli, server):
    fill(server, [("/there", b"off")])
    rows = cli.lines("status")
    assert rows[0].split()[:3] == ["SERVER", "ROLE", "VERSION"] and " standalone " in rows[1]
    dead = free_port()
    cli.address += ",127.0.0.1:%d" % dead
    servers = json.loads(cli.run("--json", "status", code=1))["servers"]
    assert servers[0]["role"] == "standalone" and servers[0]["nodes"] >= 5 and servers[0]["behind"] == 0
    assert servers[1] == {"server": "127.0.0.1:%d" % dead, "error": "connection failed"}
    cli.address = "127.0.0.1:%d" % dead
    cli.run("status", code=3)


def test_status_fits_a_narrow_terminal(cli):
    shown, code = on_terminal(["-s", cli.address, "--color", "never", "status"], b"")
    assert code == 0 and "standalone" in shown
    assert all(len(line) <= 80 for line in shown.splitlines()), shown


def test_status_does_not_wait_for_a_silent_server(cli, server):
    import socket
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cli.address += ",127.0.0.1:%d" % silent.getsockname()[1]
        begun = time.monotonic()
        servers = json.loads(cli.run("--json", "status", code=1))["servers"]
        assert "role" in servers[0] and servers[1]["error"] == "no answer in time"
        assert time.monotonic() - begun < 20


def test_sessions_and_watches_of_all(cli, server):
    fill(server, [("/there", b"off")])
    with zkwire.open_session(server.port, 20000) as conn, zkwire.open_session(server.port) as idle:
        for i in range(3):
            conn.call("create", "/held%d" % i, b"", zkwire.OPEN_ACL, zkwire.EPHEMERAL)
        conn.call("getData", "/there", True)
        conn.call("exists", "/none", True)
        rows = cli.objects("sessions", "--sort", "ephemerals")
        assert len(rows) == 2 and rows[0]["session"] == "0x%x" % conn.response.session
        assert (rows[0]["ephemerals"], rows[0]["watches"], rows[0]["timeout_ms"]) == (3, 2, 20000)
        assert rows[0]["last_op"] == "EXIS" and rows[0]["server"] == cli.address
        assert (rows[1]["ephemerals"], rows[1]["watches"]) == (0, 0)
        assert len(cli.lines("sessions")) == 3
        assert cli.lines("watches") == ["%s: 2 watches of 2 paths by 1 connections" % cli.address]
        assert sorted(cli.lines("watches", "--paths")) == ["1\t/none", "1\t/there"]
        assert cli.lines("watches", "--sessions") == ["2\t0x%x" % conn.response.session]
        conn.close_session()
        idle.close_session()


def test_words_that_are_refused_come_with_the_remedy(make_server):
    cli = Paddock(make_server(cfg={"4lw.commands.whitelist": "srvr, cons"}))
    assert cli.run("watches", code=1) == ""
    assert "refuses `wchs`; its zoo.cfg allows it with 4lw.commands.whitelist=srvr,wchs" in cli.err
    with zkwire.open_session(cli.server.port) as conn:
        rows = cli.objects("sessions")
        assert len(rows) == 1 and rows[0]["ephemerals"] is None and rows[0]["watches"] is None
        assert "dump" in cli.err and "wchc" in cli.err
        conn.close_session()
    assert json.loads(cli.run("--json", "status"))["servers"][0]["watches"] is None


# ---- hard trees ----

def test_nodes_come_and_go_during_a_walk(cli, server):
    """Whatever happens below /busy, walks end well, see all of /calm, and see each node after its parent."""
    fill(server, ["/app", "/app/busy", "/app/calm"] + ["/app/calm/n%04d" % i for i in range(3000)])
    stop = threading.Event()

    def disturb():
        with zkwire.open_session(server.port) as conn:
            while not stop.is_set():
                for i in range(20):
                    conn.request("create", "/app/busy/n%02d" % i, b"")
                    conn.request("create", "/app/busy/n%02d/below" % i, b"")
                for i in range(20):
                    conn.request("delete", "/app/busy/n%02d/below" % i)
                    conn.request("delete", "/app/busy/n%02d" % i)
                for _ in range(80):
                    conn.recv_reply()
            conn.close_session()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(15):
            paths = cli.lines("find", "/app", "--acl", "r")
            seen = set()
            for path in paths:
                assert path == "/app" or path.rsplit("/", 1)[0] in seen
                assert path not in seen
                seen.add(path)
            assert sum(path.startswith("/app/calm/") for path in paths) == 3000
            cli.run("cp", "-r", "/app", "/copy")
            cli.run("rm", "-r", "/copy")
    finally:
        stop.set()
        thread.join()


def test_a_tree_5000_levels_deep(cli, server):
    path, paths = "", []
    for _ in range(5000):
        path += "/d"
        paths.append(path)
    fill(server, paths, per=50, window=2)
    lines, _, peak = cli.measured("find", "/d", "--name", "d")
    assert lines == 5000 and peak < 60 * MIB, (lines, peak)
    lines, _, peak = cli.measured("tree", "/d", "--quiet")
    assert lines == 5000 and peak < 60 * MIB, (lines, peak)
    assert cli.lines("du", "-s", "/d") == ["0\t5000\t/d"]
    cli.run("cp", "-r", "/d/d/d/d", "/copy")
    cli.run("rm", "-r", "/d")
    assert cli.lines("du", "-s", "/copy") == ["0\t4997\t/copy"]


def test_a_node_with_200000_children(cli, server):
    assert fill(server, ["/wide"] + ["/wide/member-%010d" % i for i in range(200000)]) == 200001
    for words in (("tree", "/wide", "--quiet"), ("find", "/wide"), ("du", "-d", "0", "/wide")):
        lines, _, peak = cli.measured(*words)
        assert lines == (1 if words[0] == "du" else 200001) and peak < 60 * MIB, (words, lines, peak)
    cli.run("cp", "-r", "/wide", "/copy")
    assert cli.objects("rm", "-r", "/wide")[0]["deleted"] == 200001
    assert cli.lines("du", "-s", "/copy") == ["0\t200001\t/copy"]


def test_big_data_is_read_in_bounded_memory(cli, server, make_server):
    """200 nodes of a megabyte, with a little window: answers of a megabyte narrow it."""
    fill(server, [("/big", b"")])
    fill(server, (("/big/%03d" % i, b"x" * 1000000) for i in range(200)), per=1, window=4)
    other = make_server()
    _, seconds, peak = cli.measured("cp", "-r", "/big", "127.0.0.1:%d/" % other.port)
    assert peak < 120 * MIB, peak
    assert Paddock(other).lines("du", "-s", "/big") == ["200000000\t201\t/big"]


def test_a_walk_goes_on_when_the_server_comes_back(cli, server):
    fill(server, ["/app"] + ["/app/n%05d" % i for i in range(30000)])
    child = cli.start("find", "/app")
    os.read(child.stdout.fileno(), 100)  # it is under way
    server.kill()
    server.start()
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert out.count(b"\n") >= 30000 - 100


def test_writes_go_on_when_the_server_comes_back(cli, server):
    """A transaction whose answer was lost is done again, node by node; its echo is no failure."""
    fill(server, ["/app"] + [("/app/n%05d" % i, b"x" * 200) for i in range(30000)])
    for words, last in ((("cp", "-r", "/app", "/copy"), "/copy"), (("rm", "-r", "/app"), "/app")):
        child = cli.start(*words)
        time.sleep(0.15)
        for _ in range(3):
            server.kill()
            server.start()
            time.sleep(0.1)
        out, err = child.communicate(timeout=90)
        assert child.returncode == 0, (words, err)
    assert cli.lines("du", "/", "-d", "1", "--sort", "name")[1:] == ["6000000\t30001\t/copy", "0\t3\t/zookeeper"]


def test_an_interrupted_walk_ends_soon(cli, server):
    fill(server, ["/app"] + ["/app/n%05d" % i for i in range(100000)])
    child = cli.start("tree", "/app")
    os.read(child.stdout.fileno(), 100)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130


def test_a_closed_pipe_ends_a_walk(cli, server):
    fill(server, ["/app"] + ["/app/n%05d" % i for i in range(100000)])
    child = cli.start("find", "/app")
    os.read(child.stdout.fileno(), 100)
    child.stdout.close()
    assert child.wait(60) == 5


def test_progress_is_shown_on_a_terminal_only(cli, server):
    fill(server, ["/app"] + ["/app/n%05d" % i for i in range(100000)])
    shown, code = on_terminal(["-s", cli.address, "du", "-s", "/app"], b"")
    assert code == 0 and re.search(r"counting  [\d,]+ nodes", shown) and shown.rstrip().endswith("/app")
    cli.run("du", "-s", "/app")
    assert cli.err == ""
