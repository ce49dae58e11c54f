# SPDX-License-Identifier: Apache-2.0
"""Apache's own command line, as a user types at it."""
import re
import time

import pytest

from tests.interop.lib.client import Dialog
from tests.interop.lib.java_server import class_path

QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"


@pytest.fixture
def zkcli(server):
    opened = []

    def connect(*options):
        opened.append(Dialog(["java", "-XX:TieredStopAtLevel=1", QUIET, "-cp", class_path(),
                              "org.apache.zookeeper.ZooKeeperMain", *options,
                              "-server", "127.0.0.1:%d" % server.port]))
        opened[-1].expect("SyncConnected")
        return opened[-1]

    yield connect
    for dialog in opened:
        dialog.close("quit")


def event(kind, path):
    return r"WatchedEvent state:SyncConnected type:%s path:%s zxid: -?\d+$" % (kind, path)


def assert_goes(cli, path):
    """Waits at most a few seconds until the node is not there any more."""
    for _ in range(50):
        cli.send("stat %s" % path)
        if cli.expect(r"(Node does not exist: %s)|^numChildren" % path).group(1):
            return
        time.sleep(0.1)
    raise AssertionError("%s stays" % path)


def test_nodes_are_created_read_changed_and_deleted(zkcli):
    cli = zkcli()
    cli.ask("create /app one", r"^Created /app$")
    cli.ask("get /app", r"^one$")
    cli.ask("get -s /app", r"^one$", r"^dataVersion = 0$", r"^dataLength = 3$")
    cli.ask("set -s /app second", r"^dataVersion = 1$", r"^dataLength = 6$")
    cli.ask("set -v 0 /app third", r"version No is not valid : /app")
    cli.ask("create /app again", r"Node already exists: /app")
    cli.ask("create /nowhere/child x", r"Node does not exist: /nowhere/child")
    cli.ask("create -s /app/job- x", r"^Created /app/job-0000000000$")
    cli.ask("create -s /app/job- x", r"^Created /app/job-0000000001$")
    cli.ask("ls /app", r"^\[job-0000000000, job-0000000001\]$")
    cli.ask("ls -s /app", r"^cversion = 2$", r"^numChildren = 2$")
    cli.ask("ls -R /app", r"^/app$\n^/app/job-0000000000$\n^/app/job-0000000001$")
    cli.ask("getAllChildrenNumber /app", r"^2$")
    cli.ask("delete /app", r"Node not empty: /app")
    cli.ask("delete /app/job-0000000001")
    cli.ask("stat /app/job-0000000001", r"Node does not exist: /app/job-0000000001")
    cli.ask("deleteall /app")
    cli.ask("stat /app", r"Node does not exist: /app")
    cli.ask("sync /", r"^Sync is OK$")


def test_ephemeral_container_and_ttl_nodes(zkcli):
    cli, other = zkcli(), zkcli()
    cli.ask("create -e /session data", r"^Created /session$")
    cli.ask("getEphemerals", r"^\[/session\]$")
    other.ask("getEphemerals /", r"^\[\]$")
    other.ask("stat /session", r"^ephemeralOwner = 0x[1-9a-f]")
    cli.ask("create /session/child x", r"Ephemerals cannot have children: /session/child")
    cli.ask("create -t 300 /short x", r"^Created /short$")
    cli.ask("create -c /box", r"^Created /box$")
    cli.ask("create /box/item x", r"^Created /box/item$")
    other.ask("stat -w /box", r"^numChildren = 1$")
    cli.ask("delete /box/item")
    other.expect(event("NodeDeleted", "/box"))
    other.ask("get -w /session", r"^data$")
    cli.close("quit")
    other.expect(event("NodeDeleted", "/session"))
    assert_goes(other, "/short")



def test_watches_fire_once_or_persist(zkcli):
    cli, other = zkcli(), zkcli()
    cli.ask("create /w x", r"^Created /w$")
    cli.ask("get -w /w", r"^x$")
    cli.ask("ls -w /w", r"^\[\]$")
    cli.ask("stat -w /later", r"Node does not exist: /later")
    other.ask("create /later x", r"^Created /later$")
    cli.expect(event("NodeCreated", "/later"))
    other.ask("set /w y")
    cli.expect(event("NodeDataChanged", "/w"))
    other.ask("create /w/c x", r"^Created /w/c$")
    cli.expect(event("NodeChildrenChanged", "/w"))
    other.ask("set /w z")
    other.ask("sync /", r"^Sync is OK$")
    cli.ask("addWatch -m PERSISTENT_RECURSIVE /w")
    cli.ask("sync /", r"^Sync is OK$")
    other.ask("create /w/c/d x", r"^Created /w/c/d$")
    cli.expect(event("NodeCreated", "/w/c/d"))
    assert cli.output.count("path:/w zxid") == 2, "a one-shot watch fired again"
    other.ask("deleteall /w/c")
    cli.expect(event("NodeDeleted", "/w/c/d"))
    cli.expect(event("NodeDeleted", "/w/c"))
    cli.ask("removewatches /w", event("PersistentWatchRemoved", "/w"))
    cli.ask("removewatches /w", r"No such watcher for /w|KeeperErrorCode = No such watcher")


def test_acl_decides_who_may_do_what(zkcli):
    owner, guest = zkcli(), zkcli()
    owner.ask("addauth digest user:secret")
    owner.ask("whoami", r"^ip: 127\.0\.0\.1$", r"^digest: user$")
    owner.ask("create /mine x", r"^Created /mine$")
    owner.ask("setAcl -s /mine auth:user:secret:crdwa", r"^aclVersion = 1$")
    owner.ask("getAcl /mine", r"^'digest,'user:\S+=\n: cdrwa$")
    guest.ask("get /mine", r"Insufficient permission : /mine")
    guest.ask("set /mine y", r"Insufficient permission : /mine")
    guest.ask("create /mine/child y", r"Insufficient permission : /mine/child")
    guest.ask("setAcl /mine world:anyone:r", r"Insufficient permission : /mine")
    guest.ask("addauth digest user:wrong")
    guest.ask("get /mine", r"Insufficient permission : /mine")
    guest.ask("addauth digest user:secret")
    guest.ask("get /mine", r"^x$")
    owner.ask("setAcl -v 7 /mine world:anyone:r", r"version No is not valid : /mine")
    owner.ask("setAcl /mine nobody:x:r", r"Acl is not valid : /mine|KeeperErrorCode = InvalidACL")
    owner.ask("setAcl -R /mine world:anyone:cdrwa")
    owner.ask("getAcl /mine", r"^'world,'anyone\n: cdrwa$")


def test_quota_is_counted_and_listed(zkcli):
    cli = zkcli()
    cli.ask("create /q abc", r"^Created /q$")
    cli.ask("setquota -n 10 /q")
    cli.ask("setquota -b 100 /q")
    cli.ask("create /q/child defg", r"^Created /q/child$")
    cli.ask("listquota /q", r"^Output quota for /q count=10,bytes=100=;byteHardLimit=-1;countHardLimit=-1$",
            r"^Output stat for /q count=2,bytes=7$")
    cli.ask("get /zookeeper/quota/q/zookeeper_stats", r"^count=2,bytes=7$")
    cli.ask("setquota -n 5 /q/child", r"/q/child has( a)? parent /q which has a quota|/q has a quota")
    cli.ask("delquota -n /q")
    cli.ask("listquota /q", r"count=-1,bytes=100=")
    cli.ask("delquota /q")
    cli.ask("listquota /q", r"quota for /q does not exist\.")


def test_words_about_the_server(zkcli):
    cli = zkcli()
    cli.ask("version", r"^ZooKeeper CLI version: 3\.9\.5")
    cli.ask("config")
    cli.ask("reconfig -remove 2", r"KeeperErrorCode = Reconfig is disabled")
    cli.ask("ls /zookeeper", r"^\[config, quota\]$")
    cli.ask("delete /zookeeper", r"Arguments are not valid : /zookeeper|KeeperErrorCode = BadArguments")
    cli.ask("create relative x", r'Path must start with / character')
    cli.ask("set /zookeeper/quota x")
    cli.ask("close", r"state:Closed|$")
    cli.ask("get /", r"Not connected")
    assert not re.search("ConnectionLoss", cli.output)
