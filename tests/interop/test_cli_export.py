# SPDX-License-Identifier: Apache-2.0
"""export, import and diff with Apache's server on either side: the same trees, byte for byte."""
import random
import subprocess

import pytest

from tests.integration import test_cli_export as ours
from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PADDOCK, PaddockServer
from tests.interop.lib.server_process import scratch_folder

PAIRS = {"java to paddock": (JavaServer, PaddockServer), "paddock to java": (PaddockServer, JavaServer),
         "java to java": (JavaServer, JavaServer)}


@pytest.fixture(params=PAIRS)
def pair(request):
    kinds = PAIRS[request.param]
    with kinds[0](ours.CFG, ours.PROPERTIES, folder=scratch_folder("export")) as first, \
            kinds[1](ours.CFG, ours.PROPERTIES, folder=scratch_folder("export")) as second:
        yield first, second


def test_a_round_trip_is_exact(pair, tmp_path):
    first, second = pair
    conn = ours.grow(first, "/tree", random.Random(ours.SEED), 200)
    ours.paddock(first, *ours.SUPER, "export", "/tree", "-o", tmp_path / "f.gz")
    ours.paddock(second, *ours.SUPER, "import", "-p", tmp_path / "f.gz", "/some/where")
    assert ours.contents(second, "/some/where") == ours.contents(first, "/tree")
    same = ours.paddock(None, *ours.SUPER, "diff", "--ignore", "ephemeral", ours.address(first, "/tree"),
                        ours.address(second, "/some/where"))
    assert same.text == ""
    conn.close()


def test_overwrite_and_delete_restore_a_tree(pair, tmp_path):
    first, second = pair
    ours.grow(first, "/tree", random.Random(7), 100).close_session()
    ours.grow(second, "/tree", random.Random(8), 100).close_session()
    ours.paddock(first, *ours.SUPER, "export", "/tree", "-o", tmp_path / "f")
    ours.paddock(second, *ours.SUPER, "import", "--overwrite", "--delete", "--yes", tmp_path / "f", "/tree")
    assert ours.contents(second, "/tree") == ours.contents(first, "/tree")


def test_an_import_goes_on_after_the_server_died(pair, tmp_path):
    _, second = pair
    file = tmp_path / "wide"
    ours.wide_file(file, 30000)
    process = subprocess.Popen([PADDOCK, "-s", ours.address(second), "import", str(file), "/w"], stderr=subprocess.PIPE)
    for _ in range(2):
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            second.kill()
            second.start()
    said = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 0, said
    ours.paddock(None, "diff", file, ours.address(second, "/w"))


def test_a_snapshot_of_java_is_compared_with_the_server_that_wrote_it(pair):
    first = pair[0]
    ours.grow(first, "/tree", random.Random(3), 150).close_session()
    snapshot = ours.newest_snapshot(first)
    assert ours.paddock(None, *ours.SUPER, "diff", snapshot, ours.address(first)).text == ""
