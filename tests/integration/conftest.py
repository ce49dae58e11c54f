# SPDX-License-Identifier: Apache-2.0
"""Servers that end with their test."""
import pytest

from tests.interop.lib.paddock_server import PaddockServer


@pytest.fixture
def make_server():
    """make_server(cfg, properties): a started paddockd."""
    servers = []

    def make(cfg=None, properties=None):
        servers.append(PaddockServer(cfg, properties))
        return servers[-1].start()

    yield make
    for one in servers:
        one.stop()
