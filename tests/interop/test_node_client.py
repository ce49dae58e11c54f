# SPDX-License-Identifier: Apache-2.0
"""A program over node-zookeeper-client from npm."""
import shutil
from pathlib import Path

import pytest

from tests.interop.lib import client, install

HERE = Path(__file__).parent / "clients" / "node"


@pytest.fixture(scope="module")
def program():
    folder = install.npm(HERE / "package.json", install.CACHE / "node")
    return shutil.copy(HERE / "operations.js", folder)


def test_every_call(program, server):
    assert client.run(["node", program, "127.0.0.1:%d" % server.port]) >= 25
