// SPDX-License-Identifier: Apache-2.0
//
// The process's own reaper of containers and TTL nodes, where tests drive Java's ContainerManager by hand. The manager
// still decides in the JVM, from what the process has on disk, which nodes are due; what it then posts is not carried
// out here but waited for: the process's clock moves on to where that node is due, and the process has a whole pass of
// its reaper to delete it, or not.
//
// A pass cannot be seen from outside, so a container of ours is made and emptied: once it is gone, one pass has come
// by; once a second is gone, one whole pass lies between.
package paddock.interop;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.EphemeralType;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.txn.DeleteTxn;

public final class Reaper {
    private static final String CANARY = "/paddock-pass";
    private static final int TIMEOUT_MS = 10_000;
    private static final long PASS_MS = 2000;

    private final ServerProcess process;
    private ZooKeeper client;
    private long seenZxid;

    public Reaper(ServerProcess process) {
        this.process = process;
    }

    /** Waits until the process has looked at every node once, or for PASS_MS if it does not look. */
    public void awaitPass() {
        if (process.clock() == null) {
            return; // These tests want nothing reaped.
        }
        try {
            for (int i = 0; i < 2; i++) {
                awaitCanary();
            }
        } catch (Exception e) {
            throw new IllegalStateException("no canary", e);
        }
    }

    private void awaitCanary() throws Exception {
        ZooKeeper zk = connected();
        CountDownLatch gone = new CountDownLatch(1);
        if (zk.exists(CANARY, false) == null) {
            zk.create(CANARY, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER);
            zk.create(CANARY + "/x", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
            zk.exists(CANARY, event -> gone.countDown());
            zk.delete(CANARY + "/x", -1);
        }
        gone.await(PASS_MS, TimeUnit.MILLISECONDS);
    }

    private ZooKeeper connected() throws Exception {
        if (client == null) {
            CountDownLatch connected = new CountDownLatch(1);
            client = new ZooKeeper(process.connectString(), TIMEOUT_MS, event -> {
                if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                    connected.countDown();
                }
            });
            connected.await(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        }
        return client;
    }

    /** A manager in the JVM found this node due: now it is so for the process, which has a pass to act. */
    public void due(String path) {
        DataNode node = new DataFiles(process).tree().getNode(path);
        if (node != null && process.clock() != null) {
            process.clock().set(node.stat.getMtime() + lifetimeMs(node) + 1);
        }
        awaitPass();
    }

    /* Of a TTL node its own; of a container the time it may stay unused, which both sides are told by this property. */
    private static long lifetimeMs(DataNode node) {
        long owner = node.stat.getEphemeralOwner();
        boolean isTtl = EphemeralType.get(owner) == EphemeralType.TTL;
        return isTtl ? EphemeralType.TTL.getValue(owner) : Long.getLong("znode.container.maxNeverUsedIntervalMs", 0);
    }

    /** What the log of the process holds since this was last asked; deletions of our own are told as plain ones. */
    public synchronized List<Request> committed() {
        List<Request> committed = new DataFiles(process).committed(seenZxid + 1);
        committed.forEach(request -> seenZxid = Math.max(seenZxid, request.zxid));
        committed.replaceAll(request -> isCanary(request) ? asDelete(request) : request);
        return committed;
    }

    private static boolean isCanary(Request request) {
        return request.type == ZooDefs.OpCode.deleteContainer
            && ((DeleteTxn) request.getTxn()).getPath().startsWith(CANARY);
    }

    private static Request asDelete(Request request) {
        return new Request(request.sessionId, request.cxid, ZooDefs.OpCode.delete, request.getHdr(), request.getTxn(),
            request.zxid);
    }

    public static Set<String> withoutCanary(Set<String> paths) {
        paths.removeIf(path -> path.startsWith(CANARY));
        return paths;
    }

    public void close() throws InterruptedException {
        if (client != null) {
            client.close();
            client = null;
        }
    }
}
