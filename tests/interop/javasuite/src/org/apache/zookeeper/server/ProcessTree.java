// SPDX-License-Identifier: Apache-2.0
//
// The tree of a process, where tests ask that of a server in the JVM. Nothing is kept here: watches are asked of the
// process, nodes are read from what it has on disk.
package org.apache.zookeeper.server;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Set;
import org.apache.zookeeper.KeeperException.NoNodeException;
import org.apache.zookeeper.KeeperException.NodeExistsException;
import org.apache.zookeeper.SessionWatches;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.data.ACL;
import paddock.interop.DataFiles;
import paddock.interop.Reaper;
import paddock.interop.ServerProcess;

final class ProcessTree extends DataTree {
    private final ServerProcess process;
    private final ProcessServer server;
    private final DataFiles files;

    ProcessTree(ServerProcess process, ProcessServer server) {
        this.process = process;
        this.server = server;
        this.files = new DataFiles(process);
    }

    // ---- watches ----

    @Override
    public int getWatchCount() {
        return isBuilt() ? Math.toIntExact(process.counter("zk_watch_count")) : 0;
    }

    @Override
    public boolean containsWatcher(String path, WatcherType type, Watcher watcher) {
        return SessionWatches.contains(((ServerCnxn) watcher).getSessionId(), path, type);
    }

    // ---- nodes ----

    /* The constructor of DataTree calls some of what is overridden here. */
    private boolean isBuilt() {
        return files != null;
    }

    @Override
    public DataNode getNode(String path) {
        return isBuilt() ? files.tree().getNode(path) : super.getNode(path);
    }

    /** What is to be reaped is asked after the reaper had its turn, and what it did is told first. */
    @Override
    public Set<String> getContainers() {
        server.reap();
        return Reaper.withoutCanary(files.tree().getContainers());
    }

    @Override
    public Set<String> getTtls() {
        return files.tree().getTtls();
    }

    /**
     * The cache is written into the snapshot that a server takes when it starts. What counts is the lists as they were
     * written: by content, as aclCacheSize() does, equal ones would be one again in this JVM.
     */
    @Override
    public int aclCacheSize() {
        process.restart();
        try {
            Field cache = DataTree.class.getDeclaredField("aclCache");
            cache.setAccessible(true);
            return ((ReferenceCountedACLCache) cache.get(files.snapshot())).longKeyMap.size();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** By tests that make a node as older servers left it: the process finds it in its snapshot, at that time. */
    @Override
    public void createNode(String path, byte[] data, List<ACL> acl, long owner, int parentCVersion, long zxid, long time)
        throws NoNodeException, NodeExistsException {
        if (process.clock() != null) {
            process.clock().set(time);
        }
        files.edit(tree -> {
            try {
                tree.createNode(path, data, acl, owner, parentCVersion, zxid, time);
            } catch (NoNodeException | NodeExistsException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
