# SPDX-License-Identifier: Apache-2.0
"""A real application: two ClickHouse servers replicate a table through ours.

ClickHouse keeps the table's log of parts, its leader, its locks and the hashes of inserted blocks there.
"""
import threading
import time

import pytest

from tests.interop.lib import install, zkwire
from tests.interop.lib.clickhouse import ClickHouse, QueryError

TABLE = """CREATE TABLE events (day Date, id UInt64, text String)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/events', '%s') PARTITION BY toYYYYMM(day) ORDER BY id"""


@pytest.fixture
def replicas(server):
    install.apt("clickhouse-server")
    both = [ClickHouse(server.port) for _ in range(2)]
    try:
        for number, replica in enumerate(both):
            replica.wait_ready()
            replica.query(TABLE % ("replica-%d" % number))
        yield both
    finally:
        for replica in both:
            replica.stop()


def rows(first, count):
    return "\n".join("2018-12-%02d\t%d\ttext %d" % (1 + i % 28, i, i) for i in range(first, first + count))


def insert(replica, first, count, until=0.0):
    """Inserts a block, again until `until`: ClickHouse knows a block that it has already by its hash."""
    while True:
        try:
            replica.query("INSERT INTO events FORMAT TabSeparated", rows(first, count))
            return
        except QueryError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def agree(replicas, count, limit_s=60.0):
    """Both replicas hold the rows 0 to count, each once."""
    for replica in replicas:
        replica.until("SELECT count(), sum(id), uniqExact(id) FROM events",
                      "%d\t%d\t%d" % (count, count * (count - 1) // 2, count), limit_s)


def test_table_is_replicated_merged_altered_and_dropped(server, replicas):
    first, second = replicas
    insert(first, 0, 1000)
    insert(second, 1000, 1000)
    insert(first, 2000, 1000)
    agree(replicas, 3000)
    insert(second, 0, 1000)
    agree(replicas, 3000)

    first.query("OPTIMIZE TABLE events FINAL")
    for replica in replicas:
        replica.until("SELECT count() FROM system.parts WHERE table = 'events' AND active", "1")
    agree(replicas, 3000)
    assert first.query("SELECT name FROM system.zookeeper WHERE path = '/clickhouse/tables/events/replicas' "
                       "ORDER BY name") == "replica-0\nreplica-1"
    leaders = [replica.query("SELECT is_leader FROM system.replicas") for replica in replicas]
    assert "1" in leaders

    first.query("ALTER TABLE events ADD COLUMN extra UInt8 DEFAULT 7")
    second.until("SELECT sum(extra) FROM events", "21000")
    first.query("ALTER TABLE events DROP PARTITION 201812")
    agree(replicas, 0)
    for replica in replicas:
        replica.query("DROP TABLE events")
    with zkwire.open_session(server.port) as keeper:
        names = keeper.call("getChildren", "/clickhouse/tables")
    assert "events" not in str(names)


def test_quorum_insert_waits_for_both(replicas):
    first, second = replicas
    first.query("INSERT INTO events FORMAT TabSeparated", rows(0, 100), settings="insert_quorum=2")
    assert second.query("SELECT count() FROM events") == "100"


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_inserts_go_on_while_the_server_restarts(server, replicas, end):
    blocks, size = 60, 100
    until = time.monotonic() + 100
    failed = []

    def work(number):
        try:
            for block in range(number, blocks, 2):
                insert(replicas[number], block * size, size, until)
                time.sleep(0.05)
        except QueryError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(1.0)
        getattr(server, end)()
        time.sleep(0.3)
        server.start()
    for thread in threads:
        thread.join()
    assert not failed
    agree(replicas, blocks * size, 90.0)
