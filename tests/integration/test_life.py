# SPDX-License-Identifier: Apache-2.0
"""The life of the process: starting, refusing to start with a remedy, signals, stopping."""
import json
import os
import re
import resource
import signal
import subprocess
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.paddock_server import PaddockServer, binary
from tests.interop.lib.server_process import free_port


@pytest.fixture
def server():
    with PaddockServer() as running:
        yield running


def run(*arguments, **keywords):
    return subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, timeout=120, **keywords)


def failure_line(text):
    lines = [line for line in text.splitlines() if " start_failed " in line]
    assert len(lines) == 1, text
    return lines[0]


def wait_for(condition, deadline_s=60.0):
    until = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


# ---- signals ----

def test_sigterm_answers_what_is_in_flight_and_exits_0(server):
    with zkwire.open_session(server.port) as conn:
        xids = [conn.request("create", "/n%d" % i, b"x" * 1000) for i in range(200)]
        first = conn.recv_reply()
        server.process.send_signal(signal.SIGTERM)
        answered = [first.xid]
        try:
            while len(answered) < len(xids):
                answered.append(conn.recv_reply().xid)
        except zkwire.Closed:
            pass
        assert answered == xids[:len(answered)]
    assert server.process.wait(60) == 0
    assert " stopped" in server.log_tail()
    server.start()
    with zkwire.open_session(server.port) as conn:
        names = conn.call("getChildren", "/")[1][0]
        assert len(names) - 1 >= len(answered)


def test_sighup_is_harmless(server):
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "signal_ignored" in server.log_tail())
    assert zkwire.word(server.port, "ruok") == b"imok"


def test_usr1_and_usr2_change_the_level_of_the_log(server):
    server.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: "log_level_changed level=debug" in server.log_tail())
    zkwire.word(server.port, "ruok")
    wait_for(lambda: " debug " in server.log_tail())
    server.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: "log_level_changed level=info" in server.log_tail())


def test_the_log_tells_the_life_of_connections_and_sessions(server):
    server.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: "log_level_changed level=debug" in server.log_tail())
    with zkwire.open_session(server.port) as first:
        opened = first.response
        with zkwire.Conn(server.port) as second:
            second.connect(session=opened.session, password=opened.password)
            second.close_session()
    with zkwire.Conn(server.port) as other:
        other.send_frame(b"no connect request")
        assert other.recv_all() == b""
    named = "session=0x%x" % opened.session
    for said in ("connection_opened from=127.0.0.1", "session_opened " + named, "session_moved " + named,
                 "session_renewed " + named, "session_closed " + named,
                 'frame_malformed what="malformed connect request"'):
        wait_for(lambda: said in server.log_tail(10000))


# ---- refusing to start ----

def test_a_second_server_on_the_same_data_is_refused(server):
    line = failure_line(run(free_port(), server.data_dir).stdout)
    assert str(server.data_dir) in line and "runs" in line or "process" in line
    assert zkwire.word(server.port, "ruok") == b"imok"


def test_a_port_in_use_is_named(server, tmp_path):
    result = run(server.port, tmp_path)
    line = failure_line(result.stdout)
    assert "clientPort=%d" % server.port in line and "remedy=" in line
    assert result.returncode != 0


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    result = run(free_port(), tmp_path / "file" / "data")
    assert result.returncode == 3
    assert str(tmp_path / "file") in failure_line(result.stdout)


def test_a_missing_configuration_file_is_named():
    result = run("/no/such/zoo.cfg")
    assert result.returncode == 2 and "/no/such/zoo.cfg" in result.stderr


def test_an_impossible_value_is_an_error_with_its_line(tmp_path):
    cfg = tmp_path / "zoo.cfg"
    cfg.write_text("dataDir=%s\nclientPort=99999\n" % tmp_path)
    result = run(cfg)
    assert result.returncode == 2
    assert "line=2" in result.stdout and "99999" in result.stdout and "65535" in result.stdout


def test_an_unknown_key_is_a_warning_with_its_line(tmp_path):
    cfg = tmp_path / "zoo.cfg"
    cfg.write_text("dataDir=%s\nclientPort=2181\nnonsenseKey=1\n" % tmp_path)
    result = run("--check-config", cfg)
    assert result.returncode == 0
    assert re.search(r"zoo\.cfg:3: warning: .*nonsenseKey", result.stderr)


def test_too_few_descriptors_are_reported(tmp_path):
    port = free_port()
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    process = subprocess.Popen([binary(), "-Dzookeeper.maxCnxns=1000", str(port), str(tmp_path)],
                               stdout=subprocess.PIPE, text=True, preexec_fn=limit)
    try:
        line = next(line for line in process.stdout if "fd_limit_low" in line)
        assert "remedy=" in line and "have=64" in line
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# ---- the log, the arguments ----

def test_the_log_is_one_json_object_a_line(tmp_path):
    port = free_port()
    process = subprocess.Popen([binary(), "--log-format", "json", str(port), str(tmp_path)],
                               stdout=subprocess.PIPE, text=True)
    wait_for(lambda: ready(port))
    process.terminate()
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    assert process.wait(60) == 0
    events = [json.loads(line)["event"] for line in lines]
    assert events[0] == "starting" and events[-1] == "stopped" and "serving" in events


def ready(port):
    try:
        return zkwire.word(port, "ruok") == b"imok"
    except OSError:
        return False


def test_print_config_says_where_values_come_from(tmp_path):
    cfg = tmp_path / "zoo.cfg"
    cfg.write_text("dataDir=/data\nclientPort=2181\ntickTime=1234\n")
    result = run("-Dzookeeper.snapCount=77", "--print-config", cfg)
    assert result.returncode == 0
    assert re.search(r"tickTime\W+1234\W.*zoo\.cfg:3", result.stdout)
    assert re.search(r"snapCount\W+77\W.*-D", result.stdout)


def test_wrong_arguments_get_one_line():
    result = run("--nonsense")
    assert result.returncode == 2 and len(result.stderr.strip().splitlines()) == 1


def test_data_comes_back_after_a_clean_stop(server):
    with zkwire.open_session(server.port) as conn:
        conn.call("create", "/kept", b"value")
    assert server.terminate() == 0
    server.start()
    with zkwire.open_session(server.port) as conn:
        assert conn.call("getData", "/kept")[1][0] == b"value"


def test_no_lock_is_left_behind_by_a_kill(server):
    server.kill()
    server.start()
    assert os.path.exists(server.data_dir)
