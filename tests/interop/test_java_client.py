# SPDX-License-Identifier: Apache-2.0
"""Programs over Apache's Java client and over Curator, compiled here."""
from pathlib import Path

import pytest

from tests.interop.lib import client, install

HERE = Path(__file__).parent / "clients" / "java"


@pytest.fixture(scope="module")
def java():
    """java("Class", args...): the command line of one of the programs."""
    class_path = install.java("classes", HERE / "pom.xml", *sorted(HERE.glob("*.java")))
    return lambda *arguments: ["java", "-XX:TieredStopAtLevel=1", "-cp", class_path, *arguments]


def test_every_operation(java, server):
    assert client.run(java("Operations", "127.0.0.1:%d" % server.port)) > 70


def test_curator_recipes(java, server):
    assert client.run(java("Recipes", "127.0.0.1:%d" % server.port)) > 10


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_session_outlives_its_server(java, server, end):
    program = client.Dialog(java("Reattach", "127.0.0.1:%d" % server.port))
    try:
        program.expect("^ready$")
        getattr(server, end)()
        server.start()
        program.expect(r"^ok \d+$", limit_s=60)
    finally:
        program.process.kill()
    assert program.process.wait(60) in (0, -9)
