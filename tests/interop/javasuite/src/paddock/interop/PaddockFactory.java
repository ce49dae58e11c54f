// SPDX-License-Identifier: Apache-2.0
//
// Lets tests written for a server inside the JVM run against paddockd. ZooKeeper builds its connection factory from the
// class that the property zookeeper.serverCnxnFactory names; this one, handed a ZooKeeperServer to start, starts a
// process instead, with that server's directories, tick and session limits, and with every zookeeper.* property that is
// set in the JVM as a -D argument. The ZooKeeperServer itself stays unstarted: a test that asks it anything beyond its
// settings is a test of Java's internals and fails here, as it should.
//
// ClientBase also looks for the beans of the server and of each session in JMX. They are registered here; the sessions
// are found by asking the process `cons`.
package paddock.interop;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import org.apache.zookeeper.jmx.MBeanRegistry;
import org.apache.zookeeper.jmx.ZKMBeanInfo;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ServerMetrics;
import org.apache.zookeeper.server.SyncRequestProcessor;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

public class PaddockFactory extends ServerCnxnFactory {
    private static final Pattern SESSION = Pattern.compile("sid=(0x[0-9a-f]+)");
    private static final long POLL_MS = 50;
    private static final long STOP_MS = 20_000;

    private InetSocketAddress address;
    private int maxPerHost;
    private int backlog;
    private volatile Process process;
    private Thread poller;
    private Bean serverBean;
    private Bean treeBean;
    private final Map<String, Bean> sessionBeans = new HashMap<>();

    public interface BeanMBean {
        String getName();
    }

    /** A name in JMX, and nothing behind it. */
    public static class Bean implements BeanMBean, ZKMBeanInfo {
        private final String name;

        Bean(String name) {
            this.name = name;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isHidden() {
            return false;
        }
    }

    @Override
    public void configure(InetSocketAddress addr, int maxcc, int backlog, boolean secure) throws IOException {
        if (secure) {
            throw new IOException("this factory has no TLS");
        }
        this.maxPerHost = maxcc;
        this.backlog = backlog;
        this.address = addr.getPort() == 0 ? new InetSocketAddress(addr.getAddress(), freePort()) : addr;
    }

    @Override
    public void startup(ZooKeeperServer zks, boolean startServer) throws IOException, InterruptedException {
        setZooKeeperServer(zks);
        if (process != null) {
            return;
        }
        Path config = writeConfig(zks);
        List<String> command = new ArrayList<>();
        command.add(required("paddock.binary"));
        command.addAll(serverProperties());
        command.add(config.toString());
        File log = new File(required("paddock.log"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
        process = builder.start();
        Process started = process;
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        waitForPort();
        registerServer();
        ServerMetrics.metricsProviderInitialized(new ProcessMetrics(loopback(), address.getPort()));
    }

    /* Java's factory listens when startup() returns, and tests connect at once. */
    private void waitForPort() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end && process.isAlive()) {
            try (Socket socket = new Socket(loopback(), address.getPort())) {
                return;
            } catch (IOException e) {
                Thread.sleep(10);
            }
        }
        throw new IOException("paddockd does not listen on " + address);
    }

    private InetAddress loopback() {
        InetAddress bound = address.getAddress();
        return bound == null || bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    }

    private Path writeConfig(ZooKeeperServer zks) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("tickTime=" + zks.getTickTime());
        lines.add("minSessionTimeout=" + zks.getMinSessionTimeout());
        lines.add("maxSessionTimeout=" + zks.getMaxSessionTimeout());
        // The directories that FileTxnSnapLog hands out end in version-2.
        lines.add("dataDir=" + zks.getTxnLogFactory().getSnapDir().getParent());
        lines.add("dataLogDir=" + zks.getTxnLogFactory().getDataLogDir().getParent());
        lines.add("clientPort=" + address.getPort());
        if (address.getAddress() != null && !address.getAddress().isAnyLocalAddress()) {
            lines.add("clientPortAddress=" + address.getAddress().getHostAddress().replaceFirst("%.*", ""));
        }
        lines.add("maxClientCnxns=" + Math.max(maxPerHost, 0));
        lines.add("reconfigEnabled=" + QuorumPeerConfig.isReconfigEnabled());
        lines.add("autopurge.purgeInterval=0");
        Path config = Files.createTempFile("paddock", ".cfg");
        Files.write(config, lines);
        config.toFile().deleteOnExit();
        return config;
    }

    private static List<String> serverProperties() {
        List<String> args = new ArrayList<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            boolean servers = name.startsWith("zookeeper.") || name.startsWith("jute.")
                || name.startsWith("znode.container.") || name.equals("readonlymode.enabled");
            boolean ours = name.equals(ZOOKEEPER_SERVER_CNXN_FACTORY) || name.startsWith("zookeeper.junit.");
            // A provider that only the tests have: what it refuses, a server without it refuses too.
            ours |= name.startsWith("zookeeper.authProvider.")
                && System.getProperty(name).startsWith("org.apache.zookeeper.test.");
            if (servers && !ours) {
                args.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        args.add("-Dzookeeper.snapCount=" + SyncRequestProcessor.getSnapCount()); // Set there by tests.
        return args;
    }

    private static String required(String property) {
        String value = System.getProperty(property);
        if (value == null) {
            throw new IllegalStateException("set -D" + property);
        }
        return value;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void registerServer() {
        serverBean = new Bean("StandaloneServer_port" + address.getPort());
        treeBean = new Bean("InMemoryDataTree");
        register(serverBean, null);
        register(treeBean, serverBean);
        if (maxPerHost > 0) {
            return; // Asking would take one of the connections that the test counts.
        }
        poller = new Thread(this::pollSessions, "paddock-sessions");
        poller.setDaemon(true);
        poller.start();
    }

    private void pollSessions() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                updateSessions(askSessions());
                Thread.sleep(POLL_MS);
            } catch (IOException e) {
                // The process is on its way up or down.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Set<String> askSessions() throws IOException, InterruptedException {
        Set<String> sessions = new HashSet<>();
        try (Socket socket = new Socket(loopback(), address.getPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write("cons".getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            Matcher matcher = SESSION.matcher(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
            while (matcher.find()) {
                sessions.add(matcher.group(1));
            }
        } catch (IOException e) {
            Thread.sleep(POLL_MS);
            throw e;
        }
        sessions.remove("0x0");
        return sessions;
    }

    private synchronized void updateSessions(Set<String> now) {
        if (treeBean == null) {
            return;
        }
        for (String gone : new ArrayList<>(sessionBeans.keySet())) {
            if (!now.contains(gone)) {
                MBeanRegistry.getInstance().unregister(sessionBeans.remove(gone));
            }
        }
        for (String session : now) {
            if (!sessionBeans.containsKey(session)) {
                Bean bean = new Bean(session);
                register(bean, serverBean);
                sessionBeans.put(session, bean);
            }
        }
    }

    private static void register(Bean bean, Bean parent) {
        try {
            MBeanRegistry.getInstance().register(bean, parent);
        } catch (JMException e) {
            throw new IllegalStateException("no bean " + bean.getName(), e);
        }
    }

    private synchronized void unregisterAll() {
        if (treeBean == null) {
            return;
        }
        for (Bean bean : sessionBeans.values()) {
            MBeanRegistry.getInstance().unregister(bean);
        }
        sessionBeans.clear();
        MBeanRegistry.getInstance().unregister(treeBean);
        MBeanRegistry.getInstance().unregister(serverBean);
        treeBean = null;
    }

    @Override
    public void shutdown() {
        if (process == null) {
            return;
        }
        if (poller != null) {
            poller.interrupt();
        }
        process.destroy();
        try {
            if (!process.waitFor(STOP_MS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException("paddockd did not end on SIGTERM");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        process = null;
        unregisterAll();
    }

    @Override
    public void start() {
        // The process listens from its start on.
    }

    @Override
    public void join() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.waitFor();
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

    @Override
    public int getMaxClientCnxnsPerHost() {
        return maxPerHost;
    }

    @Override
    public Iterable<ServerCnxn> getConnections() {
        return Collections.emptyList();
    }

    /* What follows would reach into a running server: a test that needs it cannot be asked here. */

    @Override
    public void setMaxClientCnxnsPerHost(int max) {
        throw new UnsupportedOperationException("the limit of a running process");
    }

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
