# SPDX-License-Identifier: Apache-2.0
"""A program over github.com/go-zookeeper/zk, a module of the Go proxy."""
import shutil
from pathlib import Path

import pytest

from tests.interop.lib import client, install

HERE = Path(__file__).parent / "clients" / "go"


@pytest.fixture(scope="module")
def program():
    folder = install.CACHE / "go"
    with install.once(folder, HERE / "go.mod", HERE / "main.go") as missing:
        if missing:
            shutil.copytree(HERE, folder)
            install.run("go", "mod", "tidy", cwd=folder)
            install.run("go", "build", "-o", "operations", ".", cwd=folder)
    return folder / "operations"


def test_every_call(program, server):
    assert client.run([program, "127.0.0.1:%d" % server.port]) > 35
