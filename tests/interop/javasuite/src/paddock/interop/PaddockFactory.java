// SPDX-License-Identifier: Apache-2.0
//
// Lets tests written for a server inside the JVM run against paddockd. ZooKeeper builds its connection factory from the
// class that the property zookeeper.serverCnxnFactory names; this one, handed a ZooKeeperServer to start, starts a
// process instead, with that server's directories, tick and session limits, and with every zookeeper.* property that is
// set in the JVM as a -D argument. What tests then ask of the ZooKeeperServer is asked of the process (ProcessServer,
// ProcessTree) as far as it can be; the rest fails here, as it should.
package paddock.interop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.server.ProcessServer;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ServerMetrics;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.ZooKeeperServer;

public class PaddockFactory extends ServerCnxnFactory {
    private static final AtomicInteger NEXT_PORT = new AtomicInteger(28000);
    private InetSocketAddress address;
    private int maxPerHost;
    private int backlog;
    private ServerProcess process;
    private ProcessServer server;
    private SessionBeans beans;

    @Override
    public void configure(InetSocketAddress addr, int maxcc, int backlog, boolean secure) throws IOException {
        if (secure) {
            throw new IOException("this factory has no TLS");
        }
        this.maxPerHost = maxcc;
        this.backlog = backlog;
        this.address = addr.getPort() == 0 ? new InetSocketAddress(addr.getAddress(), freePort()) : addr;
    }

    /** Each once, and none that the kernel gives to a connection before the process listens: those begin at 32768. */
    private static int freePort() {
        while (true) {
            int port = NEXT_PORT.getAndIncrement();
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                continue;
            }
        }
    }

    @Override
    public void startup(ZooKeeperServer zks, boolean startServer) throws IOException, InterruptedException {
        shutdown(); // Where a class and its base class both set up, the newer server takes over.
        if (zks.getZKDatabase() == null) {
            zks.setZKDatabase(new ZKDatabase(zks.getTxnLogFactory())); // As ZooKeeperServer.startdata() does.
        }
        process = new ServerProcess(address, zks, maxPerHost);
        server = new ProcessServer(zks, zks.getTxnLogFactory(), process);
        process.useSettings(server);
        setZooKeeperServer(server);
        process.start();
        beans = new SessionBeans(process, address.getPort());
        ServerMetrics.metricsProviderInitialized(new ProcessMetrics(process));
    }

    @Override
    public void shutdown() {
        if (process == null) {
            return;
        }
        beans.stopPolling();
        try {
            server.closeReaper();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            process.stop();
        } finally {
            process = null;
            beans.close();
        }
    }

    @Override
    public void setMaxClientCnxnsPerHost(int max) {
        maxPerHost = max;
        if (process != null) {
            beans.stopPolling();
            process.setMaxPerHost(max);
            process.restart();
        }
    }

    @Override
    public int getMaxClientCnxnsPerHost() {
        return maxPerHost;
    }

    @Override
    public Iterable<ServerCnxn> getConnections() {
        return server.connections();
    }

    @Override
    public void start() {
        // The process listens from its start on.
    }

    @Override
    public void join() throws InterruptedException {
        ServerProcess running = process;
        if (running != null) {
            running.join();
        }
    }

    @Override
    public int getLocalPort() {
        return address.getPort();
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return address;
    }

    @Override
    public int getSocketListenBacklog() {
        return backlog;
    }

    /* What follows would reach into a running server: a test that needs it cannot be asked here. */

    @Override
    public void reconfigure(InetSocketAddress addr) {
        throw new UnsupportedOperationException("the address of a running process");
    }

    @Override
    public void closeAll(ServerCnxn.DisconnectReason reason) {
        throw new UnsupportedOperationException("the connections of a process");
    }

    @Override
    public void resetAllConnectionStats() {
        throw new UnsupportedOperationException("the counters of a process");
    }

    @Override
    public Iterable<Map<String, Object>> getAllConnectionInfo(boolean brief) {
        throw new UnsupportedOperationException("the connections of a process");
    }
}
