# SPDX-License-Identifier: Apache-2.0
"""The commands on a server's files, without Java: filters and forms of the dumps, check on a terminal, purge, the
scripts around the server, and files changed at random, which may end no command by a signal.
"""
import json
import os
import pty
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.interop import test_files
from tests.interop.lib import damage, zkwire
from tests.interop.lib.paddock_server import PADDOCK, binary
from tests.interop.lib.server_process import ROOT, free_port, scratch_folder

SAMPLE_CFG = """# The number of milliseconds of each tick
tickTime=2000
# The number of ticks that the initial synchronization phase can take
initLimit=10
syncLimit=5
# do not use /tmp for storage, /tmp here is just example sakes.
dataDir=%s
# the port at which the clients will connect
clientPort=%d
"""


def run(*words, **keywords):
    return subprocess.run([PADDOCK, *map(str, words)], capture_output=True, text=True, timeout=60, **keywords)


def rows(*words):
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def written():
    folder = scratch_folder("cli-files")
    server = test_files.start("paddock", folder)
    test_files.fill(server.port, "a")
    until = time.monotonic() + 60
    while [path for path in damage.snapshots(folder / "data") if damage.zxid_of(path) > 0 and path.suffix != ".tmp"] == []:
        assert time.monotonic() < until, server.log_tail()
        time.sleep(0.02)
    server.terminate()
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def data(written, tmp_path):
    shutil.copytree(written, tmp_path / "data")
    return tmp_path / "data"


# ---- log ----


def txns(*words):
    return [row for row in rows("log", *words) if "zxid" in row]


def test_log_filters_choose_what_they_say(written):
    everything = txns(written)
    assert [int(txn["zxid"], 16) for txn in everything] == list(range(1, len(everything) + 1))
    below = txns(written, "--path", "/a/list")
    assert below and len(below) < len(everything)
    assert all("/a/list" in json.dumps(txn) for txn in below)
    assert txns(written, "--path", "/a/lis") == [] and len(txns(written, "--path", "/")) >= len(below)
    session = everything[1]["session"]
    assert txns(written, "--session", session) == [txn for txn in everything if txn["session"] == session]
    assert {txn["type"] for txn in txns(written, "--type", "multi,closeSession")} == {"multi", "closeSession"}
    assert "multi" in {txn["type"] for txn in txns(written, "--type", "delete")}, "the parts of a multi count"
    assert [txn["zxid"] for txn in txns(written, "--from", "0x3", "--to", "0x5")] == ["0x3", "0x4", "0x5"]
    moment = everything[10]["time"]
    chosen = txns(written, "--from", moment, "--to", moment)
    assert chosen and {txn["time"] for txn in chosen} == {moment}
    assert txns(written, "--to", "2000-01-01") == [] and txns(written, "--from", "2000-01-01 10:00") == everything


def test_log_shows_parts_of_a_multi_and_digests(written):
    multi = txns(written, "--type", "multi")[0]
    assert [op["type"] for op in multi["ops"]] == ["create", "setData", "delete"]
    assert multi["ops"][1]["data"] == "b" and multi["digest"].startswith("0x")
    text = run("log", "--type", "multi", written).stdout
    assert "multi of 3" in text and "\n    setData /a/m1 data 1 byte b version 1\n" in text
    large = txns(written, "--path", "/a/large")[0]
    assert "data_base64" in large and "data" not in large


def test_log_says_where_it_is_damaged_and_goes_on(data):
    log = damage.logs(data)[-1]
    records = damage.records(log)
    damage.flip(log, records[1][1] - 4)
    damage.cut(log, records[-1][1] - 2)
    done = run("log", log)
    assert done.returncode == 1
    assert "%s: offset %d to %d: the next transaction has a wrong checksum" % (log, *records[1][:2]) in done.stdout
    assert "%s: offset %d to %d: an incomplete transaction" % (log, records[-1][0], records[-1][1] - 2) in done.stdout
    events = [json.loads(line) for line in run("log", "--json", log).stdout.splitlines()]
    assert [event["event"] for event in events if "event" in event] == ["begin", "damage", "torn", "end"]
    assert [event["is_intact"] for event in events if "zxid" in event].count(False) == 1


@pytest.mark.parametrize("words,complaint", [
    (("--from", "yesterday"), "--from takes a zxid"), (("--type", "get"), "no type of transaction is called get"),
    (("--session", "me"), "--session takes an id"), (("--to",), "wants a value"),
])
def test_wrong_filters_are_refused(written, words, complaint):
    done = run("log", written, *words)
    assert done.returncode == 2 and complaint in done.stderr and done.stdout == ""


def test_missing_files_are_said(tmp_path):
    for command in ("log", "snapshot", "check", "purge"):
        done = run(command, tmp_path / "none", *(("-n", "3") if command == "purge" else ()))
        assert done.returncode == 5 and str(tmp_path / "none") in done.stderr, command
    done = run("log", tmp_path)
    assert done.returncode == 1 and "holds no log" in done.stderr


# ---- snapshot ----


def test_snapshot_filters_and_forms(written):
    newest = damage.snapshots(written)[-1]
    found = rows("snapshot", newest)
    nodes = {row["path"]: row for row in found if "path" in row}
    end = found[-1]
    assert end["event"] == "end" and end["nodes"] == len(nodes) and end["digest"].startswith("0x")
    assert nodes["/a/owned"]["acl"][0]["scheme"] == "digest" and nodes["/a"]["data"] is None
    assert nodes["/a/large"]["data_length"] == 204800 and "data_base64" in nodes["/a/large"]
    below = {row["path"] for row in rows("snapshot", "--path", "/a/list", newest) if "path" in row}
    assert below == {path for path in nodes if path == "/a/list" or path.startswith("/a/list/")}
    session = next(row["session"] for row in found if row.get("event") == "session")
    owned = [row for row in rows("snapshot", "--session", session, newest) if "path" in row]
    assert all(row["ephemeral_owner"] == session for row in owned)
    assert "/a/owned data 4 bytes mine acl digest:owner:" in run("snapshot", newest).stdout


def test_damaged_snapshot_is_printed_up_to_the_damage(data):
    newest = damage.snapshots(data)[-1]
    damage.cut(newest, newest.stat().st_size - 300)
    done = run("snapshot", "--json", newest)
    assert done.returncode == 1 and "the file ends too early" in done.stderr
    assert '"path":"/a"' in done.stdout


def test_large_files_need_little_memory(written, tmp_path):
    log = tmp_path / "log.1"
    source = damage.logs(written)[0].read_bytes()
    body = source[16:damage.records(damage.logs(written)[0])[-1][1]]
    with open(log, "wb") as file:
        file.write(source[:16])
        for _ in range(max(1, 120000000 // len(body))):
            file.write(body)
    command = "ulimit -v 400000; exec '%s' log --from 0x7fff '%s' > /dev/null" % (PADDOCK, log)
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr  # zxids start again, which is damage


# ---- check ----


def on_terminal(command, answer):
    """Runs it on a terminal of its own, types the answer; (exit code, what the terminal showed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], [str(word) for word in command])
    os.write(terminal, answer.encode())
    shown = b""
    try:
        while True:
            shown += os.read(terminal, 4096)
    except OSError:
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_repair_asks_on_a_terminal(data):
    (damage.version_2(data) / "snapshot.99.tmp").write_bytes(b"x")
    code, shown = on_terminal([PADDOCK, "check", "--repair", data], "n\n")
    assert code == 1 and "[y/N]" in shown and (damage.version_2(data) / "snapshot.99.tmp").exists()
    code, shown = on_terminal([PADDOCK, "check", "--repair", data], "y\n")
    assert code == 0 and not (damage.version_2(data) / "snapshot.99.tmp").exists()
    kept = [path for path in data.iterdir() if path.name.startswith("damaged-")]
    assert len(kept) == 1 and (kept[0] / "snapshot.99.tmp").read_bytes() == b"x"


def test_check_of_split_folders(written, tmp_path):
    snaps, logs = tmp_path / "snaps", tmp_path / "logs"
    for folder, prefix in ((snaps, "snapshot"), (logs, "log")):
        (folder / "version-2").mkdir(parents=True)
        for path in damage.by_zxid(written, prefix):
            shutil.copy(path, folder / "version-2")
    assert run("check", snaps, "--log-dir", logs).returncode == 0
    shutil.copy(damage.logs(written)[0], snaps / "version-2")
    report = json.loads(run("check", "--json", snaps, "--log-dir", logs).stdout)
    assert "misplaced-file" in {finding["kind"] for finding in report["findings"]}
    assert not report["paddockd"]["starts"] and report["java"]["verdict"] == "refuses"


def test_check_sees_foreign_owners(data):
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(damage.logs(data)[0], 12345, -1)
    report = json.loads(run("check", "--json", data).stdout)
    assert [finding["kind"] for finding in report["findings"]] == ["owner"]


# ---- purge ----


def test_purge_shows_first_and_keeps_what_is_needed(data):
    newest = damage.snapshots(data)[-1]
    for i in range(4):
        shutil.copy(newest, damage.version_2(data) / ("snapshot.%x" % (0x200 + i)))
    before = {path.name for path in damage.version_2(data).iterdir()}
    dry = rows("purge", data, "-n", "3", "--dry-run")[0]
    assert dry["files"] and {path.name for path in damage.version_2(data).iterdir()} == before
    done = run("purge", data, "-n", "3")
    assert done.returncode == 0 and done.stdout.startswith("Removing file: ")
    left = {path.name for path in damage.version_2(data).iterdir()}
    assert before - left == {Path(file["path"]).name for file in dry["files"]}
    assert {"snapshot.201", "snapshot.202", "snapshot.203"} <= left
    assert run("purge", data, "-n", "2").returncode == 2 and run("purge", data).returncode == 2


# ---- files changed at random ----


def test_changed_files_end_no_command_by_a_signal(written, tmp_path):
    data = tmp_path / "data"
    links = {}
    for name in ("zkTxnLogToolkit.sh", "zkSnapShotToolkit.sh"):
        links[name] = tmp_path / name
        links[name].symlink_to(PADDOCK)
    chance = random.Random(20261121)
    begun, rounds = time.monotonic(), 0
    while rounds < 40 or time.monotonic() - begun < 10:
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(written, data)
        path = chance.choice(damage.logs(data) + damage.snapshots(data))
        content = bytearray(path.read_bytes())
        for _ in range(chance.randint(1, 20)):
            at = chance.randrange(len(content))
            content[at:at + chance.choice([0, 1, 4, 8])] = chance.randbytes(chance.choice([1, 4, 8]))
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)):]
        path.write_bytes(content)
        is_log = path.name.startswith("log")
        for command in ([PADDOCK, "check", "--json", data], [PADDOCK, "log" if is_log else "snapshot", path],
                        [links["zkTxnLogToolkit.sh" if is_log else "zkSnapShotToolkit.sh"], path]):
            done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60)
            assert done.returncode in (0, 1, 2), (command, rounds, done.returncode, done.stderr[-500:])
        rounds += 1
        if time.monotonic() - begun > 60:
            break


# ---- the scripts ----


@pytest.fixture
def home(tmp_path):
    """A folder as an installation has it: bin/, conf/ with Apache's sample of zoo.cfg on a free port."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "conf").mkdir()
    for path in (ROOT / "bin").glob("*.sh"):
        shutil.copy(path, tmp_path / "bin")
    (tmp_path / "bin" / "paddock").symlink_to(PADDOCK)
    (tmp_path / "bin" / "paddockd").symlink_to(binary())
    port = free_port()
    (tmp_path / "conf" / "zoo.cfg").write_text(SAMPLE_CFG % (tmp_path / "data", port))
    yield tmp_path, port
    script(tmp_path, "zkServer.sh", "stop")


def script(home, name, *words, **env):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ZOO", "JVM", "SERVER_JVM"))}
    return subprocess.run([str(home / "bin" / name), *words], capture_output=True, text=True, timeout=60,
                          env={**environment, **env})


def test_life_of_a_server_by_its_script(home):
    folder, port = home
    done = script(folder, "zkServer.sh", "status")
    assert done.returncode == 1 and "Error contacting service. It is probably not running." in done.stdout
    assert "Using config: %s" % (folder / "bin" / ".." / "conf" / "zoo.cfg") in done.stderr
    done = script(folder, "zkServer.sh", "start")
    assert (done.returncode, done.stdout) == (0, "Starting zookeeper ... STARTED\n")
    pid = int((folder / "data" / "zookeeper_server.pid").read_text())
    done = script(folder, "zkServer.sh", "start")
    assert done.returncode == 1 and "already running as process %d." % pid in done.stdout
    done = script(folder, "zkServer.sh", "status")
    assert done.returncode == 0
    assert done.stdout == ("Client port found: %d. Client address: localhost. Client SSL: false.\nMode: standalone\n" % port)
    assert list((folder / "logs").glob("zookeeper-*-server-*.out"))
    assert json.loads(run("check", "--json", folder / "data").stdout)["is_running"]
    done = script(folder, "zkServer.sh", "restart")
    assert "STOPPED" in done.stdout and "STARTED" in done.stdout
    assert int((folder / "data" / "zookeeper_server.pid").read_text()) != pid
    assert script(folder, "zkServer.sh", "stop").stdout == "Stopping zookeeper ... STOPPED\n"
    done = script(folder, "zkServer.sh", "stop")
    assert done.returncode == 0 and "no zookeeper to stop (could not find file" in done.stdout


def test_script_reads_the_environment_files(home):
    folder, _ = home
    other = folder / "other"
    other.mkdir()
    (other / "my.cfg").write_text((folder / "conf" / "zoo.cfg").read_text())
    (other / "zookeeper-env.sh").write_text("ZOO_LOG_DIR=%s/elsewhere\n" % folder)
    (other / "java.env").write_text('export SERVER_JVMFLAGS="-Xmx99m -Dzookeeper.snapCount=77"\n')
    done = script(folder, "zkServer.sh", "--config", str(other), "print-cmd", "my.cfg", JVMFLAGS="-Da.b=c -XX:+UseG1GC")
    assert "-Dzookeeper.snapCount=77 -Da.b=c \"%s/my.cfg\" > \"%s/elsewhere/" % (other, folder) in done.stdout
    assert "-X" not in done.stdout
    assert "3.9.5" in script(folder, "zkServer.sh", "version").stdout
    done = script(folder, "zkServer.sh", "dance")
    assert done.returncode == 0 and "Usage: " in done.stderr


def test_server_that_dies_at_once_is_said_to_fail(home):
    folder, _ = home
    with open(folder / "conf" / "zoo.cfg", "a") as cfg:
        cfg.write("tickTime=never\n")
    done = script(folder, "zkServer.sh", "start")
    assert done.returncode == 1 and done.stdout == "Starting zookeeper ... FAILED TO START\n"


def test_status_finds_the_port_in_the_line_of_the_server(home):
    folder, port = home
    cfg = (folder / "conf" / "zoo.cfg").read_text().replace("clientPort=%d\n" % port, "")
    (folder / "conf" / "zoo.cfg").write_text(cfg + "server.1=localhost:2888:3888;127.0.0.1:%d\n" % port)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "myid").write_text("1\n")
    done = script(folder, "zkServer.sh", "status")
    assert "Client port found: %d. Client address: 127.0.0.1. Client SSL: false." % port in done.stdout


def test_foreground_is_the_server_itself(home):
    folder, port = home
    process = subprocess.Popen([str(folder / "bin" / "zkServer.sh"), "start-foreground"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if b"Mode" in zkwire.word(port, "srvr"):
                break
        except (OSError, zkwire.NoAnswer):
            time.sleep(0.02)
    process.terminate()
    assert process.wait(60) == 0


def test_initialize_and_cleanup(home):
    folder, _ = home
    done = script(folder, "zkServer-initialize.sh", "--myid=7")
    assert done.returncode == 0 and "Using myid of 7" in done.stdout
    assert (folder / "data" / "myid").read_text() == "7\n" and (folder / "data" / "initialize").exists()
    done = script(folder, "zkServer-initialize.sh")
    assert done.returncode == 1 and "already exists" in done.stdout
    assert script(folder, "zkServer-initialize.sh", "--force").returncode == 0
    done = script(folder, "zkServer-initialize.sh", "--what")
    assert done.returncode == 1 and "Unknown option: --what" in done.stdout
    assert script(folder, "zkCleanup.sh", "-n", "3").returncode == 0
    done = script(folder, "zkCleanup.sh", "-n", "2")
    assert done.returncode == 1 and "PurgeTxnLog dataLogDir [snapDir] -n count" in done.stdout
