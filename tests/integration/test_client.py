# SPDX-License-Identifier: Apache-2.0
"""The client library against paddockd: the tests that tests/interop runs against Java, too."""
import pytest

from tests.interop.lib.paddock_server import PaddockServer
from tests.interop.test_client_library import *  # noqa: F401,F403


@pytest.fixture
def make_server():
    servers = []

    def make(cfg=None, properties=None):
        servers.append(PaddockServer(cfg, properties))
        return servers[-1].start()

    yield make
    for one in servers:
        one.stop()


@pytest.fixture
def server(make_server):
    return make_server(properties={"zookeeper.extendedTypesEnabled": "true"})
