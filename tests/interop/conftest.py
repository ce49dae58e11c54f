# SPDX-License-Identifier: Apache-2.0
"""Other people's software against one standalone server: paddockd, or with --server=java Apache ZooKeeper.

A test that passes on Java and fails on Paddock is a bug of ours; a test that fails on both is a bug of the test.
"""
import pytest

from tests.interop.lib.java_server import JavaServer
from tests.interop.lib.paddock_server import PaddockServer

SERVERS = {"paddock": PaddockServer, "java": JavaServer}


def pytest_addoption(parser):
    parser.addoption("--server", choices=sorted(SERVERS), default="paddock", help="what the clients speak to")


@pytest.fixture(scope="session")
def server_kind(request):
    return request.config.getoption("--server")


@pytest.fixture
def make_server(server_kind):
    """make_server(cfg, properties): a started server; ended with the test."""
    servers = []

    def make(cfg=None, properties=None):
        servers.append(SERVERS[server_kind](cfg, properties))
        return servers[-1].start()

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(make_server):
    return make_server(
        cfg={"extendedTypesEnabled": "true"},
        properties={"zookeeper.extendedTypesEnabled": "true", "znode.container.checkIntervalMs": "500"})
