// SPDX-License-Identifier: Apache-2.0
//
// Tests of "the code path that throws at server" set a static switch of PrepRequestProcessor, by which the check of a
// create's path in Java's server refuses any path. A process has no such switch; it has the check. So while the switch is
// set, a create leaves this JVM with a zero behind its path, which Java's client never lets through and a server must
// refuse by itself. Everything else is the client as it is, and the answer is the process's own.
package org.apache.zookeeper;

import java.io.IOException;
import java.lang.reflect.Field;
import java.util.Queue;
import org.apache.zookeeper.ClientCnxn.Packet;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.server.PrepRequestProcessor;

public final class SpoilingSocket extends ClientCnxnSocketNIO {
    private static final String SPOILT = "\0";
    private static final Field FAIL_CREATE = failCreate();

    SpoilingSocket(ZKClientConfig config) throws IOException {
        super(config);
    }

    private static Field failCreate() {
        try {
            Field field = PrepRequestProcessor.class.getDeclaredField("failCreate");
            field.setAccessible(true);
            return field;
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static boolean mustFail() {
        try {
            return FAIL_CREATE.getBoolean(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /* Sends the first packet of the queue, if any; a packet with a buffer is on its way already. */
    @Override
    void doIO(Queue<Packet> pending, ClientCnxn connection) throws InterruptedException, IOException {
        Packet next = outgoingQueue.peekFirst();
        if (next != null && next.bb == null && next.request instanceof CreateRequest && mustFail()) {
            spoil((CreateRequest) next.request);
        }
        super.doIO(pending, connection);
    }

    /* The packet may stay where it is, and come by again. */
    private static void spoil(CreateRequest request) {
        if (!request.getPath().endsWith(SPOILT)) {
            request.setPath(request.getPath() + SPOILT);
        }
    }
}
