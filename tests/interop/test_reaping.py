# SPDX-License-Identifier: Apache-2.0
"""What the server deletes by itself, and the watches it forgets, seen from outside.

Java's own tests of these look into a server in the JVM, so the same questions are asked here of a process.
"""
import time

import pytest

from tests.interop.lib import zkwire

INTERVAL_MS = 200
PERSISTENT, PERSISTENT_RECURSIVE = 0, 1
CHILDREN, DATA, ANY, W_PERSISTENT, W_RECURSIVE = 1, 2, 3, 4, 5
NO_NODE, NO_WATCHER = -101, -121


@pytest.fixture
def keeper(make_server):
    server = make_server(properties={
        "zookeeper.extendedTypesEnabled": "true", "znode.container.checkIntervalMs": INTERVAL_MS,
        "znode.container.maxNeverUsedIntervalMs": 5000})
    with zkwire.open_session(server.port) as conn:
        conn.server = server
        yield conn


def is_there(conn, path):
    return conn.call("exists", path)[0] != NO_NODE


def gone_after(conn, path, limit_s=60.0):
    """Seconds until the node is not there."""
    start = time.monotonic()
    while is_there(conn, path):
        assert time.monotonic() - start < limit_s, "%s stays" % path
        time.sleep(0.02)
    return time.monotonic() - start


def create(conn, name, path, *arguments):
    assert conn.call(name, path, *arguments)[0] == 0


def container(conn, path):
    create(conn, "createContainer", path, b"", zkwire.OPEN_ACL, 4)


def ttl(conn, path, ttl_ms):
    create(conn, "createTTL", path, b"", zkwire.OPEN_ACL, 5, ttl_ms)


def test_containers_go_when_their_last_child_goes(keeper):
    container(keeper, "/box")
    container(keeper, "/box/inner")
    create(keeper, "create", "/box/inner/item")
    time.sleep(4 * INTERVAL_MS / 1000)
    assert is_there(keeper, "/box/inner")
    assert keeper.call("delete", "/box/inner/item")[0] == 0
    gone_after(keeper, "/box/inner")
    gone_after(keeper, "/box")


def test_container_never_used_waits_for_its_own_interval(keeper):
    container(keeper, "/unused")
    assert gone_after(keeper, "/unused") > 4.0


def test_container_made_and_emptied_in_a_multi_goes(keeper):
    container(keeper, "/unused")
    err, (results,) = keeper.call("multi", ("createContainer", "/multi", b"", zkwire.OPEN_ACL, 4),
                                  ("create", "/multi/item"), ("delete", "/multi/item"))
    assert err == 0 and len(results) == 3
    gone_after(keeper, "/multi")
    assert is_there(keeper, "/unused"), "which has had no child"


def test_ttl_counts_from_the_last_change_and_waits_for_children(keeper):
    ttl(keeper, "/ttl", 3000)
    ttl(keeper, "/parent", 300)
    create(keeper, "create", "/parent/child")
    for _ in range(12):
        time.sleep(0.3)
        assert keeper.call("setData", "/ttl", b"again")[0] == 0
    assert is_there(keeper, "/parent")
    assert gone_after(keeper, "/ttl") > 2.0
    assert keeper.call("delete", "/parent/child")[0] == 0
    gone_after(keeper, "/parent")


def test_reaping_goes_on_after_a_restart(keeper):
    container(keeper, "/box")
    create(keeper, "create", "/box/item")
    ttl(keeper, "/ttl", 4000)
    keeper.server.kill()
    keeper.server.start()
    with zkwire.open_session(keeper.server.port) as conn:
        gone_after(conn, "/ttl")
        assert is_there(conn, "/box")
        assert conn.call("delete", "/box/item")[0] == 0
        gone_after(conn, "/box")


def watch_all(conn, path):
    """One watch of each kind."""
    conn.call("getData", path, True)
    conn.call("getChildren", path, True)
    conn.call("addWatch", path, PERSISTENT)


def has(conn, path, kind):
    return conn.call("checkWatches", path, kind)[0] == 0


@pytest.mark.parametrize("kind", [DATA, CHILDREN, W_PERSISTENT, ANY])
def test_removing_watches_of_one_kind_leaves_the_others(keeper, kind):
    create(keeper, "create", "/node")
    watch_all(keeper, "/node")
    assert all(has(keeper, "/node", each) for each in (DATA, CHILDREN, W_PERSISTENT, ANY))
    assert keeper.call("removeWatches", "/node", kind)[0] == 0
    left = {DATA, CHILDREN, W_PERSISTENT} - ({kind} if kind != ANY else {DATA, CHILDREN, W_PERSISTENT})
    assert {each for each in (DATA, CHILDREN, W_PERSISTENT) if has(keeper, "/node", each)} == left
    assert keeper.call("removeWatches", "/node", kind)[0] == NO_WATCHER


def test_watches_go_with_their_session(keeper):
    create(keeper, "create", "/node")
    with zkwire.open_session(keeper.server.port) as other:
        watch_all(other, "/node")
        assert other.call("addWatch", "/node/below", PERSISTENT_RECURSIVE)[0] == 0
        assert has(other, "/node/below", W_RECURSIVE) and not has(keeper, "/node/below", W_RECURSIVE)
        assert b"/node\n" in zkwire.word(keeper.server.port, "wchp")
        other.close_session()
    assert b"/node" not in zkwire.word(keeper.server.port, "wchp")
