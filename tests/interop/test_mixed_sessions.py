# SPDX-License-Identifier: Apache-2.0
"""The sessions of mixed ensembles: what tests/integration/test_ensemble_sessions.py demands of Paddock alone, with Java's servers in
some of the places, as leader, as follower, as both."""
import os
import queue
import subprocess
import sys
import threading
import time

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.java_server import class_path
from tests.interop.lib.server_process import ROOT

MIXTURES = ["java,paddock,java", "java,java,paddock", "paddock,java,paddock"]  # the last one mostly leads


@pytest.mark.parametrize("kinds", MIXTURES)
def test_sessions_move_expire_and_stay_local_in_a_mixture(kinds):
    class_path()  # fetched before the clock of any server starts
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-ra", "tests/integration/test_ensemble_sessions.py"],
                         cwd=ROOT, env=dict(os.environ, ENSEMBLE_KINDS=kinds), capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout[-4000:]


class Shell:
    """Apache's zkCli -r: commands in, lines out."""

    def __init__(self, servers):
        self.process = subprocess.Popen(
            ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", class_path(),
             "org.apache.zookeeper.ZooKeeperMain", "-r", "-server", servers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line.strip()) for line in self.process.stdout], daemon=True).start()

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def expect(self, text, deadline_s=40.0):
        until = time.monotonic() + deadline_s
        while text not in self.lines.get(timeout=max(0.01, until - time.monotonic())):
            pass


def test_javas_client_reads_without_a_quorum_and_writes_when_there_is_one():
    with Ensemble(["paddock"] * 3, {"4lw.commands.whitelist": "*"}, properties={"readonlymode.enabled": "true"}) as ensemble:
        ensemble.wait_ready()
        with zkwire.open_session(ensemble.ports[1][0]) as conn:
            assert conn.call("create", "/a", b"something")[0] == 0
        for number in (2, 3):
            ensemble[number].kill()
        until = time.monotonic() + 20
        while zkwire.word(ensemble.ports[1][0], "isro") != b"ro":
            assert time.monotonic() < until
            time.sleep(0.05)
        shell = Shell(",".join("127.0.0.1:%d" % port for port in ensemble.client_ports()))
        try:
            shell.expect("state:ConnectedReadOnly")
            shell.say("get /a")
            shell.expect("something")
            shell.say("create /b x")
            shell.expect("Not a read-only call: /b")
            ensemble[2].launch()
            shell.expect("state:SyncConnected")
            shell.say("create /c x")
            shell.expect("Created /c")
            shell.say("quit")
            assert shell.process.wait(60) == 0
        finally:
            shell.process.kill()
