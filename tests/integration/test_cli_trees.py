# SPDX-License-Identifier: Apache-2.0
"""Commands on whole subtrees against paddockd: the tests that tests/interop runs against Java, too, and a million nodes."""
import pytest

from tests.interop.test_cli_trees import *  # noqa: F401,F403
from tests.interop.test_cli_trees import MIB, fill


@pytest.fixture
def server(make_server):
    return make_server()


def million():
    yield "/big", b""
    for i in range(100):
        yield "/big/app-%03d" % i, b"x" * 100
        for j in range(100):
            yield "/big/app-%03d/part-%03d" % (i, j), b"x" * 100
            for k in range(98):
                yield "/big/app-%03d/part-%03d/node-%03d" % (i, j, k), b"x" * 100


def test_a_million_nodes_in_little_memory(cli, server):
    count = fill(server, million())
    assert count == 990101
    for words, expected in ((("tree", "/big", "--quiet"), count), (("find", "/big", "--larger", "99"), count - 1),
                            (("du", "-d", "1", "/big"), 101), (("ls", "-R", "/big"), count)):
        lines, seconds, peak = cli.measured(*words)
        assert lines == expected and peak < 64 * MIB, (words, lines, peak)
        print("%s: %.1f s, %d MiB" % (words[0], seconds, peak // MIB))
