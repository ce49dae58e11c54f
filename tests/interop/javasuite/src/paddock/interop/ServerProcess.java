// SPDX-License-Identifier: Apache-2.0
//
// One paddockd: its settings, its life, and what may be asked of it from outside. It can be started again on the same
// port and directories, because tests change settings of a server that runs, and Java's server takes some of them at
// once; sessions outlive that, and restart() returns when every client that was connected is so again.
package paddock.interop;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.SyncRequestProcessor;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

public final class ServerProcess {
    private static final Pattern SESSION = Pattern.compile("sid=(0x[0-9a-f]+)");
    private static final String REFUSED = "not in the whitelist";
    private static final long START_MS = 20_000;
    private static final long STOP_MS = 20_000;
    private static final long RECONNECT_MS = 10_000;
    private static final String FRAME_LIMIT = "jute.maxbuffer";

    private final InetSocketAddress address;
    private ZooKeeperServer settings;
    private final Clock clock = Clock.ofProperties();
    private volatile int maxPerHost;
    private volatile Process process;
    private String frameLimit;

    ServerProcess(InetSocketAddress address, ZooKeeperServer settings, int maxPerHost) {
        this.address = address;
        this.settings = settings;
        this.maxPerHost = maxPerHost;
    }

    // ---- life ----

    public synchronized void start() {
        List<String> command = new ArrayList<>();
        command.add(required("paddock.binary"));
        command.addAll(serverProperties());
        frameLimit = System.getProperty(FRAME_LIMIT);
        try {
            command.add(writeConfig().toString());
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.redirectOutput(ProcessBuilder.Redirect.appendTo(new File(required("paddock.log"))));
            if (clock != null) {
                clock.preload(builder.environment());
            }
            process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            waitForPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /* Java's factory listens when startup() returns, and tests connect at once. */
    private void waitForPort() throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MS);
        while (System.nanoTime() < end && process.isAlive()) {
            try (Socket socket = new Socket(host(), address.getPort())) {
                return;
            } catch (IOException e) {
                sleep(10);
            }
        }
        throw new IOException("paddockd does not listen on " + address);
    }

    public synchronized void stop() {
        Process running = process;
        process = null;
        if (running == null) {
            return;
        }
        running.destroy();
        try {
            if (!running.waitFor(STOP_MS, TimeUnit.MILLISECONDS)) {
                running.destroyForcibly().waitFor();
                throw new IllegalStateException("paddockd did not end on SIGTERM");
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    public void restart() {
        restart(() -> { });
    }

    /** Runs `between` while no process holds the directories. */
    public synchronized void restart(Runnable between) {
        Set<String> before = maxPerHost > 0 ? Set.of() : sessions();
        stop();
        between.run();
        start();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RECONNECT_MS);
        while (!before.isEmpty() && !sessions().containsAll(before)) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not all of the sessions " + before + " came back");
            }
            sleep(20);
        }
    }

    public boolean isRunning() {
        return process != null;
    }

    void join() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.waitFor();
        }
    }

    // ---- settings ----

    /** Whose directories, tick and session limits the next start takes. */
    void useSettings(ZooKeeperServer server) {
        settings = server;
    }

    public void setMaxPerHost(int max) {
        maxPerHost = max;
    }

    public int maxPerHost() {
        return maxPerHost;
    }

    /** Java reads this property at the first frame it decodes, so tests set it after the start. */
    boolean isFrameLimitStale() {
        String now = System.getProperty(FRAME_LIMIT);
        return now == null ? frameLimit != null : !now.equals(frameLimit);
    }

    /** Null unless the tests of this JVM need a server whose clock stands still (see Clock). */
    public Clock clock() {
        return clock;
    }

    FileTxnSnapLog files() {
        return settings.getTxnLogFactory();
    }

    File snapDir() {
        return files().getSnapDir();
    }

    File logDir() {
        return files().getDataLogDir();
    }

    String connectString() {
        return host().getHostAddress() + ":" + address.getPort();
    }

    private InetAddress host() {
        InetAddress bound = address.getAddress();
        return bound == null || bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    }

    private Path writeConfig() throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("tickTime=" + settings.getTickTime());
        lines.add("minSessionTimeout=" + settings.getMinSessionTimeout());
        lines.add("maxSessionTimeout=" + settings.getMaxSessionTimeout());
        // The directories that FileTxnSnapLog hands out end in version-2.
        lines.add("dataDir=" + snapDir().getParent());
        lines.add("dataLogDir=" + logDir().getParent());
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

    static List<String> serverProperties() {
        List<String> args = new ArrayList<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            boolean servers = name.startsWith("zookeeper.") || name.startsWith("jute.")
                || name.startsWith("znode.container.") || name.equals("readonlymode.enabled");
            boolean ours = name.equals(ServerCnxnFactory.ZOOKEEPER_SERVER_CNXN_FACTORY)
                || name.equals(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET) || name.startsWith("zookeeper.junit.");
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

    static String required(String property) {
        String value = System.getProperty(property);
        if (value == null) {
            throw new IllegalStateException("set -D" + property);
        }
        return value;
    }

    // ---- questions ----

    /** The answer to a four-letter word. */
    public String ask(String word) {
        try (Socket socket = new Socket(host(), address.getPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One value of `mntr`. */
    public long counter(String name) {
        return ask("mntr").lines().filter(line -> line.startsWith(name + "\t")).findFirst()
            .map(line -> Long.parseLong(line.substring(name.length() + 1).trim()))
            .orElseThrow(() -> new IllegalStateException("mntr has no " + name));
    }

    /** The connected sessions, as `0x...`; where `cons` is not allowed, the sessions that the log has open. */
    public Set<String> sessions() {
        String answer = ask("cons");
        if (answer.contains(REFUSED)) {
            return new DataFiles(this).openSessions();
        }
        Set<String> sessions = new HashSet<>();
        Matcher matcher = SESSION.matcher(answer);
        while (matcher.find()) {
            sessions.add(matcher.group(1));
        }
        sessions.remove("0x0");
        return sessions;
    }

    static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
