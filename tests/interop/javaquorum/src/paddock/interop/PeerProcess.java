// SPDX-License-Identifier: Apache-2.0
//
// The process that does the work of one QuorumPeer: started from the peer's configuration file, or from its settings
// where a test made it without one; ended with it; asked for its role by `srvr`, while its configuration is read from
// the dynamic file it keeps. What tests read of a peer (leader, follower, observer, addresses, the verifier) is set
// from that.
package paddock.interop;

import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.server.quorum.Follower;
import org.apache.zookeeper.server.quorum.Leader;
import org.apache.zookeeper.server.quorum.Learner;
import org.apache.zookeeper.server.quorum.Observer;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.QuorumPeer.LearnerType;
import org.apache.zookeeper.server.quorum.QuorumPeer.ServerState;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig.ConfigException;
import org.objenesis.ObjenesisStd;

public final class PeerProcess {
    private static final Map<QuorumPeer, PeerProcess> RUNNING = new ConcurrentHashMap<>();
    private static final long STOP_MS = 20_000;
    private static final int ANSWER_MS = 2000;
    private static final long LOOK_MS = 250;
    private static final int TCP_REMOTE = 2; // Fields of /proc/net/tcp.
    private static final int TCP_STATE = 3;
    private static final int TCP_INODE = 9;
    private static final String TCP_ESTABLISHED = "01";
    private static final ObjenesisStd EMPTY = new ObjenesisStd();

    static {
        Thread looking = new Thread(PeerProcess::lookForever, "roles of processes");
        looking.setDaemon(true);
        looking.start();
    }

    private final QuorumPeer peer;
    private final Path config;
    private final Process process;

    private PeerProcess(QuorumPeer peer, Path config) throws IOException {
        this.peer = peer;
        this.config = config;
        List<String> command = new ArrayList<>(List.of(ServerProcess.required("paddock.command").split("\n")));
        command.addAll(ServerProcess.serverProperties());
        command.addAll(List.of(System.getProperty("paddock.main", "").split("\n")));
        command.removeIf(String::isEmpty);
        command.add(config.toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(new File(ServerProcess.required("paddock.log"))));
        process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    // ---- life, in the place of the peer's own ----

    /** `config` is null for a peer made without a file. */
    public static void start(QuorumPeer peer, String config) {
        try {
            Path file = config == null ? writeConfig(peer) : Path.of(config);
            RUNNING.put(peer, new PeerProcess(peer, file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void await(QuorumPeer peer) {
        PeerProcess running = RUNNING.get(peer);
        while (running != null && running.process.isAlive()) {
            try {
                running.process.waitFor();
            } catch (InterruptedException e) {
                // As a peer does, which ends when it is shut down and not before.
            }
        }
    }

    public static void stop(QuorumPeer peer) {
        PeerProcess running = RUNNING.remove(peer);
        if (running == null) {
            return;
        }
        running.process.destroy();
        try {
            if (!running.process.waitFor(STOP_MS, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the process did not end on SIGTERM");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.process.destroyForcibly();
            setRole(peer, ServerState.LOOKING);
        }
    }

    /** Adds to a new zoo.cfg what tests set for all servers of the JVM, by static switches. */
    public static void addSwitches(Path file) {
        try {
            String text = Files.readString(file);
            if (QuorumPeerConfig.isReconfigEnabled() && !text.contains("reconfigEnabled=")) {
                Files.writeString(file, "\nreconfigEnabled=true\n", StandardOpenOption.APPEND);
            }
            if (!QuorumPeerConfig.isStandaloneEnabled() && !text.contains("standaloneEnabled=")) {
                Files.writeString(file, "\nstandaloneEnabled=false\n", StandardOpenOption.APPEND);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path writeConfig(QuorumPeer peer) throws IOException {
        File dataDir = peer.getTxnFactory().getSnapDir().getParentFile(); // Both directories end in version-2.
        List<String> lines = new ArrayList<>();
        lines.add("tickTime=" + peer.getTickTime());
        lines.add("initLimit=" + peer.getInitLimit());
        lines.add("syncLimit=" + peer.getSyncLimit());
        lines.add("connectToLearnerMasterLimit=" + peer.getConnectToLearnerMasterLimit());
        lines.add("minSessionTimeout=" + peer.getMinSessionTimeout());
        lines.add("maxSessionTimeout=" + peer.getMaxSessionTimeout());
        lines.add("maxClientCnxns=" + Math.max(peer.getMaxClientCnxnsPerHost(), 0));
        lines.add("localSessionsEnabled=" + peer.areLocalSessionsEnabled());
        lines.add("localSessionsUpgradingEnabled=" + peer.isLocalSessionsUpgradingEnabled());
        lines.add("syncEnabled=" + peer.getSyncEnabled());
        lines.add("quorumListenOnAllIPs=" + peer.getQuorumListenOnAllIPs());
        lines.add("reconfigEnabled=" + peer.isReconfigEnabled());
        lines.add("standaloneEnabled=" + QuorumPeerConfig.isStandaloneEnabled());
        lines.add("dataDir=" + dataDir);
        lines.add("dataLogDir=" + peer.getTxnFactory().getDataLogDir().getParent());
        if (peer.getLearnerType() == LearnerType.OBSERVER) {
            lines.add("peerType=observer");
        }
        peer.getQuorumVerifier().toString().lines().filter(line -> !line.startsWith("version=")).forEach(lines::add);
        Files.writeString(dataDir.toPath().resolve("myid"), Long.toString(peer.getMyId()));
        Path folder = Files.createTempDirectory("peer");
        return Files.write(folder.resolve("zoo.cfg"), lines);
    }

    // ---- questions ----

    public static ServerState state(QuorumPeer peer) {
        PeerProcess running = RUNNING.get(peer);
        ServerState state = running == null ? ServerState.LOOKING : running.askState();
        synchronized (peer) { // An answer from before a stop says nothing any more.
            if (RUNNING.get(peer) == running) {
                setRole(peer, state);
            }
        }
        return state;
    }

    /** Sets what tests read from the peer's fields. */
    public static void look(QuorumPeer peer) {
        PeerProcess running = RUNNING.get(peer);
        if (running != null) {
            running.readConfig();
            state(peer);
        }
    }

    public static void lookAtAll() {
        RUNNING.keySet().forEach(PeerProcess::look);
    }

    /* Some tests wait for a field to change without a call. */
    private static void lookForever() {
        while (true) {
            ServerProcess.sleep(LOOK_MS);
            RUNNING.keySet().forEach(PeerProcess::state);
        }
    }

    /** The connection of an observer's process to who serves it: nothing but its port can be asked. */
    public static Socket upstream(Learner learner) {
        return RUNNING.values().stream().filter(running -> running.peer.observer == learner).findFirst()
            .map(PeerProcess::askUpstream).orElse(null);
    }

    private static void setRole(QuorumPeer peer, ServerState state) {
        synchronized (peer) {
            peer.leader = kept(peer.leader, Leader.class, state == ServerState.LEADING);
            peer.follower = kept(peer.follower, Follower.class, state == ServerState.FOLLOWING);
            peer.observer = kept(peer.observer, Observer.class, state == ServerState.OBSERVING);
        }
    }

    /* An object that is there and nothing more. */
    private static <T> T kept(T now, Class<T> role, boolean has) {
        return !has ? null : now != null ? now : EMPTY.newInstance(role);
    }

    private ServerState askState() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", clientPort()), ANSWER_MS);
            socket.setSoTimeout(ANSWER_MS);
            socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return answer.contains("Mode: leader") ? ServerState.LEADING
                : answer.contains("Mode: follower") ? ServerState.FOLLOWING
                : answer.contains("Mode: observer") ? ServerState.OBSERVING : ServerState.LOOKING;
        } catch (IOException e) {
            return ServerState.LOOKING;
        }
    }

    private Socket askUpstream() {
        try {
            Set<Integer> ports = new HashSet<>();
            ports.add(Integer.parseInt(settings().getProperty("observerMasterPort", "-1")));
            peer.getQuorumVerifier().getAllMembers().values().forEach(
                server -> server.addr.getAllPorts().forEach(ports::add));
            int port = remotePorts().filter(ports::contains).findFirst().orElse(-1);
            return new Socket() {
                @Override
                public int getPort() {
                    return port;
                }
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /* Of the established connections of the process, as Linux lists them. */
    private Stream<Integer> remotePorts() throws IOException {
        Path proc = Path.of("/proc", Long.toString(process.pid()));
        Set<String> inodes = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(proc.resolve("fd"))) {
            for (Path file : files) {
                inodes.add(Files.readSymbolicLink(file).toString().replaceAll("^socket:\\[|]$", ""));
            }
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(proc.resolve("net/tcp")));
        lines.addAll(Files.readAllLines(proc.resolve("net/tcp6")));
        return lines.stream().map(line -> line.trim().split(" +"))
            .filter(fields -> fields[TCP_STATE].equals(TCP_ESTABLISHED) && inodes.contains(fields[TCP_INODE]))
            .map(fields -> Integer.parseInt(fields[TCP_REMOTE].replaceAll(".*:", ""), 16));
    }

    /* Of the own line of the configuration, or where that has none of zoo.cfg. */
    private int clientPort() throws IOException {
        InetSocketAddress address = peer.getClientAddress();
        return address != null ? address.getPort() : Integer.parseInt(settings().getProperty("clientPort"));
    }

    private Properties settings() throws IOException {
        Properties settings = new Properties();
        try (FileReader reader = new FileReader(config.toFile())) {
            settings.load(reader);
        }
        return settings;
    }

    /* Once it is part of an ensemble the process keeps its configuration in a file whose name ends in the version. */
    private void readConfig() {
        try {
            String dynamic = settings().getProperty("dynamicConfigFile");
            if (dynamic == null || !dynamic.matches(".*\\.dynamic\\.[0-9a-f]+")) {
                return;
            }
            String version = dynamic.substring(dynamic.lastIndexOf('.') + 1);
            if (Long.parseLong(version, 16) > peer.getQuorumVerifier().getVersion()) {
                String members = Files.readString(Path.of(dynamic));
                peer.setQuorumVerifier(peer.configFromString(members + "\nversion=" + version), false);
            }
        } catch (IOException | ConfigException e) {
            throw new IllegalStateException("the configuration of a running process", e);
        }
    }
}
