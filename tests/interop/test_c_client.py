# SPDX-License-Identifier: Apache-2.0
"""A program over Apache's C client as Debian ships it."""
from pathlib import Path

import pytest

from tests.interop.lib import client, install

SOURCE = Path(__file__).parent / "clients" / "c" / "operations.c"


@pytest.fixture(scope="module")
def program():
    install.apt("gcc", "libzookeeper-mt-dev")
    folder = install.CACHE / "c-client"
    with install.once(folder, SOURCE) as missing:
        if missing:
            folder.mkdir()
            install.run("gcc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O1", "-DTHREADED", SOURCE,
                        "-o", folder / "operations", "-lzookeeper_mt", "-lpthread")
    return folder / "operations"


def test_every_call(program, server):
    assert client.run([program, "127.0.0.1:%d" % server.port]) > 60
