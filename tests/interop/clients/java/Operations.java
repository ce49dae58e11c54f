// SPDX-License-Identifier: Apache-2.0
//
// Every operation of the Java client once as it should be and once as it should be refused: Operations HOST:PORT.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

public final class Operations {
    private final String server;
    private final Check.Events session = new Check.Events();
    private final ZooKeeper zk;

    private Operations(String server) throws Exception {
        this.server = server;
        this.zk = Check.connect(server, session);
    }

    public static void main(String[] args) throws Exception {
        Operations all = new Operations(args[0]);
        all.data();
        all.kinds();
        all.children();
        all.watches();
        all.persistentWatches();
        all.multi();
        all.acls();
        all.asynchronous();
        all.limits();
        all.zk.close();
        Check.done();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private void create(String path, String data) throws Exception {
        Check.equal(path, zk.create(path, bytes(data), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT), "create");
    }

    private void data() throws Exception {
        create("/data", "one");
        Stat stat = new Stat();
        Check.equal("one", new String(zk.getData("/data", false, stat), UTF_8), "data");
        Check.equal(stat.getCzxid(), stat.getMzxid(), "zxids of a fresh node");
        Check.equal(3, stat.getDataLength(), "dataLength");
        Stat changed = zk.setData("/data", bytes("drei"), 0);
        Check.equal(1, changed.getVersion(), "version after set");
        Check.equal(stat.getCzxid() + 1, changed.getMzxid(), "mzxid after set");
        Check.refused(Code.BADVERSION, () -> zk.setData("/data", null, 0), "old version");
        Check.refused(Code.NODEEXISTS, () -> create("/data", ""), "create twice");
        Check.refused(Code.NONODE, () -> zk.getData("/no", false, null), "get of nothing");
        Check.equal(null, zk.exists("/no", false), "exists of nothing");
        zk.setData("/data", null, -1);
        Check.equal(null, zk.getData("/data", false, stat), "null stays null");
        Check.equal(0, stat.getDataLength(), "length of null");
        zk.sync("/data");
        Check.refused(Code.BADVERSION, () -> zk.delete("/data", 7), "delete of another version");
        zk.delete("/data", 2);
        Check.refused(Code.NONODE, () -> zk.delete("/data", -1), "delete twice");
        create("/\u00fc\u20ac", "unicode");
        Check.equal(true, zk.getChildren("/", false).contains("\u00fc\u20ac"), "a name of two and three bytes a letter");
    }

    private void kinds() throws Exception {
        create("/kinds", "");
        Stat stat = new Stat();
        String seq = zk.create("/kinds/s-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL);
        Check.equal("/kinds/s-0000000000", seq, "first number");
        seq = zk.create("/kinds/e-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL, stat);
        Check.equal("/kinds/e-0000000001", seq, "numbers count per parent");
        Check.equal(zk.getSessionId(), stat.getEphemeralOwner(), "owner");
        Check.equal(List.of(seq), zk.getEphemerals(), "my ephemerals");
        Check.refused(Code.NOCHILDRENFOREPHEMERALS,
            () -> create("/kinds/e-0000000001/child", ""), "child of an ephemeral");
        zk.create("/kinds/ttl", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, stat, 100);
        zk.create("/kinds/box", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
        create("/kinds/box/item", "");
        Check.Events events = new Check.Events();
        zk.exists("/kinds/ttl", events);
        events.next(EventType.NodeDeleted, "/kinds/ttl");
        zk.exists("/kinds/box", events);
        zk.delete("/kinds/box/item", -1);
        events.next(EventType.NodeDeleted, "/kinds/box");
        Check.Events other = new Check.Events();
        ZooKeeper second = Check.connect(server, other);
        second.create("/kinds/gone", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        zk.exists("/kinds/gone", events);
        second.close();
        events.next(EventType.NodeDeleted, "/kinds/gone");
    }

    private void children() throws Exception {
        create("/many", "");
        for (int i = 0; i < 2000; i++) {
            zk.create("/many/child-" + i, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, (rc, p, c, n) -> { }, null);
        }
        zk.sync("/");
        Stat stat = new Stat();
        Check.equal(2000, zk.getChildren("/many", false, stat).size(), "children");
        Check.equal(2000, stat.getNumChildren(), "numChildren");
        Check.equal(2000, stat.getCversion(), "cversion");
        Check.equal(2000, zk.getAllChildrenNumber("/many"), "all children");
        Check.refused(Code.NOTEMPTY, () -> zk.delete("/many", -1), "delete with children");
    }

    private void watches() throws Exception {
        create("/watch", "");
        Check.Events events = new Check.Events();
        zk.getData("/watch", events, null);
        zk.getChildren("/watch", events);
        zk.exists("/watch/child", events);
        zk.setData("/watch", null, -1);
        events.next(EventType.NodeDataChanged, "/watch");
        zk.create("/watch/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        events.next(EventType.NodeCreated, "/watch/child");
        events.next(EventType.NodeChildrenChanged, "/watch");
        zk.setData("/watch", null, -1);
        zk.delete("/watch/child", -1);
        zk.sync("/");
        events.none();
        zk.getData("/watch", events, null);
        zk.removeWatches("/watch", events, Watcher.WatcherType.Data, false);
        events.next(EventType.DataWatchRemoved, "/watch");
        zk.setData("/watch", null, -1);
        events.none();
        Check.refused(Code.NOWATCHER,
            () -> zk.removeWatches("/watch", events, Watcher.WatcherType.Any, false), "no watch left");
    }

    private void persistentWatches() throws Exception {
        create("/tree", "");
        Check.Events deep = new Check.Events();
        Check.Events flat = new Check.Events();
        zk.addWatch("/tree", deep, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.addWatch("/tree", flat, AddWatchMode.PERSISTENT);
        create("/tree/a", "");
        create("/tree/a/b", "");
        zk.setData("/tree/a/b", null, -1);
        zk.delete("/tree/a/b", -1);
        deep.next(EventType.NodeCreated, "/tree/a");
        deep.next(EventType.NodeCreated, "/tree/a/b");
        deep.next(EventType.NodeDataChanged, "/tree/a/b");
        deep.next(EventType.NodeDeleted, "/tree/a/b");
        flat.next(EventType.NodeChildrenChanged, "/tree");
        zk.setData("/tree", null, -1);
        zk.setData("/tree", null, -1);
        flat.next(EventType.NodeDataChanged, "/tree");
        flat.next(EventType.NodeDataChanged, "/tree");
        flat.none();
    }

    private void multi() throws Exception {
        List<OpResult> results = zk.multi(Arrays.asList(
            Op.create("/multi", bytes("m"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.check("/multi", 0),
            Op.create("/multi/n-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.setData("/multi", bytes("mm"), 0),
            Op.delete("/multi/n-0000000000", 0)));
        Check.equal("/multi/n-0000000000", ((OpResult.CreateResult) results.get(2)).getPath(), "name within a multi");
        Check.equal(1, ((OpResult.SetDataResult) results.get(3)).getStat().getVersion(), "version within a multi");
        Check.refused(Code.BADVERSION, () -> zk.multi(Arrays.asList(
            Op.create("/multi/never", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.check("/multi", 99))), "multi with a wrong version");
        Check.equal(null, zk.exists("/multi/never", false), "nothing of a refused multi stays");
        List<OpResult> read = zk.multi(Arrays.asList(Op.getData("/multi"), Op.getChildren("/multi"),
            Op.getData("/nothing")));
        Check.equal("mm", new String(((OpResult.GetDataResult) read.get(0)).getData(), UTF_8), "data of a multi read");
        Check.equal(Collections.emptyList(), ((OpResult.GetChildrenResult) read.get(1)).getChildren(), "children");
        Check.equal(Code.NONODE.intValue(), ((OpResult.ErrorResult) read.get(2)).getErr(), "error of a multi read");
    }

    private void acls() throws Exception {
        zk.addAuthInfo("digest", bytes("me:secret"));
        zk.create("/acl", bytes("x"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        ZooKeeper other = Check.connect(server, new Check.Events());
        Check.refused(Code.NOAUTH, () -> other.getData("/acl", false, null), "read without right");
        Check.refused(Code.NOAUTH, () -> other.setData("/acl", null, -1), "write without right");
        zk.setACL("/acl", Ids.READ_ACL_UNSAFE, 0);
        Check.equal("x", new String(other.getData("/acl", false, null), UTF_8), "read with right");
        Stat stat = new Stat();
        Check.equal(Ids.READ_ACL_UNSAFE, zk.getACL("/acl", stat), "acl");
        Check.equal(1, stat.getAversion(), "aversion");
        Check.refused(Code.INVALIDACL, () -> zk.create("/bad", null,
            Arrays.asList(new ACL(ZooDefs.Perms.ALL, new Id("ip", "999.1.1.1"))), CreateMode.PERSISTENT), "no such address");
        Check.equal(true, zk.whoAmI().stream().anyMatch(me -> me.getAuthScheme().equals("digest")), "who am I");
        other.close();
    }

    private void asynchronous() throws Exception {
        create("/async", "");
        AtomicInteger next = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(1000);
        for (int i = 0; i < 1000; i++) {
            int want = i;
            zk.setData("/async", bytes("" + i), i, (rc, path, ctx, stat) -> {
                if (rc == 0 && stat.getVersion() == want + 1 && next.compareAndSet(want, want + 1)) {
                    all.countDown();
                }
            }, null);
        }
        Check.equal(true, all.await(30, TimeUnit.SECONDS), "1000 answers in the order of the requests");
    }

    private void limits() throws Exception {
        byte[] large = new byte[1000 * 1000];
        zk.create("/large", large, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        Check.equal(large.length, zk.getData("/large", false, null).length, "a large node");
        ZooKeeper other = Check.connect(server, new Check.Events());
        Check.refused(Code.CONNECTIONLOSS, () -> other.setData("/large", new byte[1200 * 1000], -1), "too large a frame");
        other.close();
    }
}
