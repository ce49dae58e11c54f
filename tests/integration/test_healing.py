# SPDX-License-Identifier: Apache-2.0
"""One server of three finds its files damaged: the ensemble serves, the server heals or says why not, nothing acknowledged is lost.

PADDOCK_DAMAGES is how many of all damages are tried, evenly chosen (all).
PADDOCK_BLOCK is the size of a block in bytes (4096).
"""
import os
import shutil
import time

from tests.interop.lib import zkwire
from tests.interop.lib.damage import logs, snapshots, version_2
from tests.interop.lib.ensemble import Ensemble

DAMAGES = os.environ.get("PADDOCK_DAMAGES", "all")
BLOCK = int(os.environ.get("PADDOCK_BLOCK", "4096"))
CFG = {"snapCount": 100, "preAllocSize": 64}
WRITES = 300


def write_nodes(ensemble, numbers, port=None, size=100):
    with zkwire.open_session(port or ensemble.client_ports()[0]) as conn:
        for number in numbers:
            assert conn.call("create", "/n%d" % number, b"%d " % number * size)[0] == 0


def check_nodes(ensemble, numbers):
    """Every one of them, on every server."""
    wanted = {"n%d" % number for number in numbers}
    for number in ensemble.running():
        with zkwire.open_session(ensemble.ports[number][0]) as conn:
            assert conn.call("sync", "/")[0] == 0
            missing = wanted - {name.decode() for name in conn.call("getChildren", "/")[1][0]}
            assert not missing, "server %d lacks %s\n%s" % (number, sorted(missing)[:5], ensemble.logs())


def flip(data, at, end):
    data[(at + end) // 2] ^= 0x10


def tear(data, at, end):
    middle = (at + end) // 2
    data[middle:end] = bytes(end - middle)


def zero(data, at, end):
    data[at:end] = bytes(end - at)


def damages(folder):
    """(file name, offset, kind) of every block that the kind changes."""
    every = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes() if path.is_file() else b""
        for at in range(0, len(data), BLOCK):
            for kind in (flip, tear, zero):
                changed = bytearray(data)
                kind(changed, at, min(at + BLOCK, len(data)))
                if changed != data:
                    every.append((path.name, at, kind))
    if DAMAGES == "all":
        return every
    step = max(1, len(every) // int(DAMAGES))
    return every[::step]


def test_damaged_block_is_healed(capsys):
    healed = 0
    with Ensemble(["paddock"] * 3, CFG) as ensemble:
        leader = ensemble.wait_ready()
        victim = next(number for number in ensemble.members if number != leader)
        write_nodes(ensemble, range(WRITES), size=20)
        ensemble.wait_noted(victim)
        ensemble[victim].kill()
        folder = version_2(ensemble[victim].data_dir)
        good = ensemble.folder / "good"
        shutil.copytree(folder, good)
        done = 0
        for name, at, kind in damages(good):
            shutil.rmtree(folder)
            shutil.copytree(good, folder)
            data = bytearray((folder / name).read_bytes())
            kind(data, at, min(at + BLOCK, len(data)))
            (folder / name).write_bytes(data)
            port = ensemble.ports[leader][0]
            write_nodes(ensemble, [WRITES + done], port)  # the others serve meanwhile
            done += 1
            ensemble[victim].launch()
            ensemble.wait_ready()
            assert not (folder / "paddock.healing").exists(), "%s %d %s" % (name, at, kind.__name__)
            if (folder / "damaged-1").exists():
                assert any((folder / "damaged-1").iterdir())
                healed += 1
            check_nodes(ensemble, range(WRITES + done))
            ensemble[victim].kill()
        with capsys.disabled():
            print("\n%d damaged blocks: every one survived, files were set aside %d times" % (done, healed))
    assert 0 < healed < done


def damage_log(server):
    path = logs(server.data_dir)[-1]
    data = bytearray(path.read_bytes())
    data[len(data.rstrip(b"\0")) // 2] ^= 1
    path.write_bytes(data)
    return path


def test_damaged_server_does_not_vote():
    """What servers 1 and 2 acknowledged, and 2 lost, 3 has never seen: 2 and 3 must not lead each other."""
    with Ensemble(["paddock"] * 3, {"preAllocSize": 64}) as ensemble:
        ensemble.wait_ready()
        ensemble[3].kill()
        ensemble.wait_ready()
        write_nodes(ensemble, range(50))
        for number in (1, 2):
            ensemble[number].kill()
        path = damage_log(ensemble[2])
        ensemble[2].launch()
        ensemble[3].launch()
        until = time.monotonic() + 6
        while time.monotonic() < until:
            assert not any(ensemble.roles().values()), ensemble.logs()
            time.sleep(0.2)
        log = ensemble[2].log_path.read_text()
        assert " healing why=" in log and path.name in log, log[-3000:]
        ensemble[1].launch()
        ensemble.wait_ready()
        check_nodes(ensemble, range(50))
        assert not (version_2(ensemble[2].data_dir) / "paddock.healing").exists()


def test_power_cut_of_all_leaves_everybody_a_vote():
    """Torn ends are no damage: after them all three elect as ever."""
    with Ensemble(["paddock"] * 3, {"preAllocSize": 64}) as ensemble:
        ensemble.wait_ready()
        write_nodes(ensemble, range(50))
        for number in ensemble.members:
            ensemble.wait_noted(number)
        for number in ensemble.members:
            ensemble[number].kill()
            path = logs(ensemble[number].data_dir)[-1]
            data = bytearray(path.read_bytes())
            end = len(data.rstrip(b"\0"))
            at = (end // 512 + 1) * 512  # a batch whose first sector did not reach the disk
            data[at:at + 300] = b"x" * 300
            path.write_bytes(data)
        for number in ensemble.members:
            ensemble[number].launch()
        ensemble.wait_ready()
        check_nodes(ensemble, range(50))
        for number in ensemble.members:
            assert not (version_2(ensemble[number].data_dir) / "damaged-1").exists()


def test_server_without_any_snapshot_heals():
    with Ensemble(["paddock"] * 3, CFG) as ensemble:
        leader = ensemble.wait_ready()
        victim = next(number for number in ensemble.members if number != leader)
        write_nodes(ensemble, range(250))
        ensemble[victim].kill()
        for path in snapshots(ensemble[victim].data_dir):
            path.write_bytes(path.read_bytes()[:-1])
        ensemble[victim].launch()
        ensemble.wait_ready()
        check_nodes(ensemble, range(250))
