# SPDX-License-Identifier: Apache-2.0
"""A damaged Paddock server heals from an ensemble of Java servers, and Java goes on with the files that it leaves."""
from tests.interop.lib import zkwire
from tests.interop.lib.damage import logs, version_2
from tests.interop.lib.ensemble import Ensemble


def write_nodes(ensemble, names):
    with zkwire.open_session(ensemble.client_ports()[0]) as conn:
        for name in names:
            assert conn.call("create", "/" + name, b"x" * 100)[0] == 0


def check_nodes(ensemble, names):
    for number in ensemble.running():
        with zkwire.open_session(ensemble.ports[number][0]) as conn:
            assert conn.call("sync", "/")[0] == 0
            there = {name.decode() for name in conn.call("getChildren", "/")[1][0]}
            assert set(names) <= there, "server %d lacks %s\n%s" % (
                number, sorted(set(names) - there)[:5], ensemble.logs())


def damage(server):
    """A flipped bit in the middle, and the last transaction zeroed."""
    path = logs(server.data_dir)[-1]
    data = bytearray(path.read_bytes())
    end = len(data.rstrip(b"\0"))
    data[end // 2] ^= 1
    data[end - 60:end] = bytes(60)
    path.write_bytes(data)


def test_java_ensemble_heals_a_damaged_server_and_takes_its_files():
    names = ["n%d" % number for number in range(200)]
    with Ensemble(["paddock", "java", "java"]) as ensemble:
        ensemble.wait_ready()
        write_nodes(ensemble, names)
        ensemble.wait_noted(1)
        ensemble[1].kill()
        damage(ensemble[1])
        ensemble[1].launch()
        ensemble.wait_ready()
        folder = version_2(ensemble[1].data_dir)
        assert (folder / "damaged-1").is_dir() and not (folder / "paddock.healing").exists()
        check_nodes(ensemble, names)
        write_nodes(ensemble, ["more"])
        ensemble.replace(1, "java")
        check_nodes(ensemble, names + ["more"])
        ensemble.replace(1, "paddock")
        check_nodes(ensemble, names + ["more"])
        assert not (folder / "damaged-2").exists()  # what Java wrote meanwhile is no damage


def test_damaged_files_of_java_are_healed():
    names = ["n%d" % number for number in range(200)]
    with Ensemble(["java", "paddock", "paddock"]) as ensemble:
        ensemble.wait_ready()
        write_nodes(ensemble, names)
        ensemble[1].kill()
        damage(ensemble[1])
        ensemble.make(1, "paddock").launch()
        ensemble.wait_ready()
        assert (version_2(ensemble[1].data_dir) / "damaged-1").is_dir()
        check_nodes(ensemble, names)
