// SPDX-License-Identifier: Apache-2.0
//
// Whether a session watches a path is known to the server, and told by `checkWatches` to that session alone. Each client
// of these tests lives in this JVM; the question is asked over the connection of the client whose session it is.
package org.apache.zookeeper;

import java.lang.reflect.Field;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.proto.CheckWatchesRequest;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;

public final class SessionWatches {
    private SessionWatches() {
    }

    public static boolean contains(long sessionId, String path, WatcherType type) {
        RequestHeader header = new RequestHeader();
        header.setType(ZooDefs.OpCode.checkWatches);
        try {
            ReplyHeader reply = connection(sessionId)
                .submitRequest(header, new CheckWatchesRequest(path, type.getIntValue()), null, null);
            KeeperException.Code code = KeeperException.Code.get(reply.getErr());
            if (code != KeeperException.Code.OK && code != KeeperException.Code.NOWATCHER) {
                throw new IllegalStateException("checkWatches: " + code);
            }
            return code == KeeperException.Code.OK;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /* A client can be reached by its thread, the inner class of the connection. */
    private static ClientCnxn connection(long sessionId) {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread instanceof ClientCnxn.SendThread) {
                ClientCnxn connection = outerOf(thread);
                if (connection.getSessionId() == sessionId) {
                    return connection;
                }
            }
        }
        throw new IllegalStateException("no client has session 0x" + Long.toHexString(sessionId));
    }

    private static ClientCnxn outerOf(Thread thread) {
        try {
            Field outer = thread.getClass().getDeclaredField("this$0");
            outer.setAccessible(true);
            return (ClientCnxn) outer.get(thread);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
