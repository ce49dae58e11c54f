# SPDX-License-Identifier: Apache-2.0
"""docs/migration.md, command by command: three Java servers become Paddock's on their directories, ids and addresses, and Java's
again, under a load of sessions that write, hold ephemerals and are told of changes.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.interop.lib import zkwire
from tests.interop.lib.ensemble import Ensemble
from tests.interop.lib.ensemble_load import EnsembleLoad
from tests.interop.lib.java_server import RELEASES, class_path
from tests.interop.lib.paddock_server import PADDOCK, binary
from tests.interop.lib.server_process import ROOT
from tests.interop.lib.trees import common_digests, differences, read_tree

FENCE = re.compile(r"^```sh (.+?)\n(.*?)^```$", re.M | re.S)
DOCUMENT = FENCE.findall((ROOT / "docs" / "migration.md").read_text())
PAUSE_S = 0.003  # of a writer, so that trees stay small


def blocks(where):
    found = [commands for place, commands in DOCUMENT if place == where]
    assert found, where
    return found


class Installed(Ensemble):
    """Members that zkServer.sh starts and stops: of the folder `zookeeper`, which is Java, or of `paddock`."""

    def __init__(self, release):
        super().__init__(["java"] * 3, releases=dict.fromkeys((1, 2, 3), release))
        self.class_path = class_path(release)
        for name, programs in {"zookeeper": [Path(__file__).parent / "migration" / "paddockd"],
                               "paddock": [Path(binary()), Path(PADDOCK)]}.items():
            folder = self.folder / name / "bin"
            folder.mkdir(parents=True)
            for source in [ROOT / "bin" / "zkServer.sh", ROOT / "bin" / "zkEnv.sh", *programs]:
                shutil.copy(source, folder / source.name)

    def address(self, number):
        return "127.0.0.1:%d" % self.ports[number][0]

    def settings(self, number):
        folder = self[number].folder
        return {"ZOOKEEPER": self.folder / "zookeeper", "PADDOCK": self.folder / "paddock", "ZOOCFGDIR": folder,
                "DATA": self[number].data_dir, "HERE": self.address(number),
                "PADDOCK_SERVER": ",".join(map(self.address, sorted(self.ports)))}

    def run(self, number, commands):
        """As on that server; what it prints. Each line but those of a condition has to succeed."""
        environment = dict(os.environ, INTEROP_CLASSPATH=self.class_path, ZOO_LOG_DIR=str(self[number].folder / "logs"),
                           **{name: str(value) for name, value in self.settings(number).items()})
        done = subprocess.run(["bash", "-eu", "-c", commands], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, "%d of\n%s\n%s%s\n%s" % (done.returncode, commands, done.stdout, done.stderr, self.logs())
        return done.stdout

    def start(self):
        for number, member in self.members.items():
            member.write_cfg()
            self.run(number, '"$ZOOKEEPER/bin/zkServer.sh" start')
        return self

    def pid(self, number):
        path = self[number].data_dir / "zookeeper_server.pid"
        return int(path.read_text()) if path.exists() else None

    def running(self):
        return [number for number in self.members if self.pid(number)]

    def stop(self):
        for number in self.running():
            os.kill(self.pid(number), 9)
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self, size=2000):
        return "\n".join("---- %s\n%s" % (path, path.read_text()[-size:]) for path in self.folder.glob("*/logs/*"))

    def version(self, number):
        return zkwire.word(self.ports[number][0], "srvr").decode().splitlines()[0]


@pytest.fixture(params=RELEASES)
def ensemble(request):
    with Installed(request.param) as ensemble:
        ensemble.release = request.param
        ensemble.wait_ready()
        yield ensemble


def leader_last(ensemble):
    leader = ensemble.wait_ready()
    return [number for number in ensemble.members if number != leader] + [leader]


def move(ensemble, load, step, servers, is_paddock):
    """The blocks of this step on each of these servers; every writer is told of a change through the one that is new."""
    for number in servers:
        load.progress(30)
        said = "".join(ensemble.run(number, commands) for commands in blocks(step))
        assert "unknown-file" not in said, said
        assert "no damage\n" in said or step == "replace", said  # old releases log transactions twice; then we heal
        assert ("paddock" in ensemble.version(number)) == is_paddock
        load.ring(ensemble.ports[number][0])


def assert_all_hold_the_same(ensemble):
    ports = ensemble.client_ports()
    first, *others = map(read_tree, ports)
    for other in others:
        assert differences(first, other) == {}
    return common_digests(ports) if ensemble.release >= "3.6" else 0


def test_ensemble_moves_as_the_document_says_and_back(ensemble, capsys):
    named = re.findall(r"^(?:export )?([A-Z_]+)=", blocks("settings")[0], re.M)
    assert sorted(named) == sorted(ensemble.settings(1))
    for number in ensemble.members:
        for commands in blocks("every server"):
            ensemble.run(number, commands)
    with EnsembleLoad(ensemble.client_ports(), pause_s=PAUSE_S) as load:
        ensemble.run(1, blocks("once")[0])
        move(ensemble, load, "replace", leader_last(ensemble), True)
        there = load.longest_gap_s()
        back = leader_last(ensemble)
        move(ensemble, load, "return", back, False)
        move(ensemble, load, "replace", back[-1:], True)  # on files that both have written
        load.progress(30)
    assert load.check(ensemble.client_ports()) == []
    for commands in blocks("once"):
        ensemble.run(1, commands)
    digests = assert_all_hold_the_same(ensemble)
    with capsys.disabled():
        print("\n%s: %d writes acknowledged, none lost; %d sessions kept over %d moves, told %d times; longest gap %.2f s there, "
              "%.2f s in all; %d digests equal" % (
                  ensemble.release, load.acknowledged(), len(load.writers), sum(w.moves for w in load.writers),
                  sum(w.rings for w in load.writers), there, load.longest_gap_s(), digests))
