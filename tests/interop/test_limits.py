# SPDX-License-Identifier: Apache-2.0
"""Limits of sessions and connections as the configuration sets them, on either server."""
import pytest

from tests.interop.lib import zkwire


@pytest.mark.parametrize("asked, granted", [(1, 20000), (20000, 20000), (120000, 120000), (240000, 240000),
                                            (300000, 240000)])
def test_session_timeout_is_kept_between_minimum_and_maximum(make_server, asked, granted):
    server = make_server(cfg={"minSessionTimeout": 20000, "maxSessionTimeout": 240000})
    with zkwire.open_session(server.port, asked) as conn:
        assert conn.response.timeout == granted


def test_connections_of_one_address_are_counted(make_server):
    server = make_server(cfg={"maxClientCnxns": 3})
    held = [zkwire.open_session(server.port) for _ in range(3)]
    with pytest.raises((zkwire.Closed, OSError)):
        zkwire.open_session(server.port)
    held.pop().close_session()
    held.append(zkwire.open_session(server.port))
    assert held[0].call("exists", "/")[0] == 0
    for conn in held:
        conn.close()
