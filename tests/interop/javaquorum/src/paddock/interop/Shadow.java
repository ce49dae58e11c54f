// SPDX-License-Identifier: Apache-2.0
//
// Writes classes that take the place of Apache's own on the class path: a QuorumPeer whose work is done by a process
// beside the JVM (PeerProcess), and test helpers that look at it before they answer. Only the methods named here
// change; who makes peers, with which ports, folders and configuration, is left to Apache's code as it lies in the
// jars.
package paddock.interop;

import java.io.File;
import java.io.IOException;
import java.net.Socket;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.pool.TypePool;
import org.apache.zookeeper.server.quorum.Learner;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.test.QuorumUtil;

public final class Shadow {
    private static final ClassFileLocator LOCATOR = ClassFileLocator.ForClassLoader.ofSystemLoader();
    private static final String HELPERS = ".*\\.(ClientBase\\.createClient|HierarchicalQuorumTest\\.startServers|"
        + "(QuorumUtil|QuorumBase|QuorumBaseOracle_2Nodes)\\..*)";
    private static final TypePool POOL = TypePool.Default.of(LOCATOR);

    private final DynamicType.Builder<?> builder;

    private Shadow(DynamicType.Builder<?> builder) {
        this.builder = builder;
    }

    public static void main(String[] args) throws IOException {
        File folder = new File(args[0]);
        of("org.apache.zookeeper.server.quorum.QuorumPeer")
            .with(Nothing.class, "loadDataBase", "startLeaderElection")
            .with(Start.class, "startServerCnxnFactory")
            .with(Run.class, "run")
            .with(Shutdown.class, "shutdown")
            .with(State.class, "getPeerState")
            .with(Port.class, "getClientPort")
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.server.quorum.Learner")
            .with(Upstream.class, "getSocket")
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.server.quorum.QuorumPeerConfig")
            .with(Nothing.class, "deleteFile") // The process needs zoo.cfg.dynamic.next, and deletes it itself.
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.test.QuorumUtil")
            .with(LookAtOne.class, "getPeer")
            .with(LookAtAll.class, "getLeaderQuorumPeer", "getFollowerQuorumPeers")
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.server.quorum.QuorumPeerTestBase$Servers")
            .with(LookAtAll.class, "findLeader", "findAnyFollower", "findAnyObserver")
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.server.quorum.QuorumPeerTestBase$MainThread")
            .with(LookAtAll.class, "getQuorumPeer")
            .withConstructors(SwitchesInFile.class)
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.test.ClientBase")
            .with(LookAfterwards.class, "waitForServerUp") // Who leads is read from a field, then.
            .builder.make().saveIn(folder);
        of("org.apache.zookeeper.test.JMXEnv")
            .with(NoBeansForHelpers.class, "ensureAll", "ensureBeanAttribute")
            .builder.make().saveIn(folder);
    }

    private static Shadow of(String name) {
        return new Shadow(new ByteBuddy().redefine(POOL.describe(name).resolve(), LOCATOR));
    }

    private Shadow with(Class<?> advice, String... methods) {
        return new Shadow(builder.visit(Advice.to(advice).on(ElementMatchers.namedOneOf(methods))));
    }

    private Shadow withConstructors(Class<?> advice) {
        return new Shadow(builder.visit(Advice.to(advice).on(ElementMatchers.isConstructor())));
    }

    /* ---- Advice: true, or what is not null, from `enter` takes the place of the method's own body. ---- */

    public static final class Nothing {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static boolean enter() {
            return true;
        }
    }

    public static final class Start {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static boolean enter(@Advice.This QuorumPeer peer, @Advice.FieldValue("configFilename") String config) {
            PeerProcess.start(peer, config);
            return true;
        }
    }

    public static final class Run {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static boolean enter(@Advice.This QuorumPeer peer) {
            PeerProcess.await(peer);
            return true;
        }
    }

    public static final class Shutdown {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static boolean enter(@Advice.This QuorumPeer peer) {
            PeerProcess.stop(peer);
            return true;
        }
    }

    public static final class State {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static QuorumPeer.ServerState enter(@Advice.This QuorumPeer peer) {
            return PeerProcess.state(peer);
        }

        @Advice.OnMethodExit
        public static void exit(@Advice.Enter QuorumPeer.ServerState asked,
                                @Advice.Return(readOnly = false) QuorumPeer.ServerState state) {
            state = asked;
        }
    }

    public static final class Port {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static int enter(@Advice.This QuorumPeer peer) {
            return peer.getClientAddress() == null ? 0 : peer.getClientAddress().getPort();
        }

        @Advice.OnMethodExit
        public static void exit(@Advice.Enter int known, @Advice.Return(readOnly = false) int port) {
            if (known != 0) {
                port = known;
            }
        }
    }

    public static final class Upstream {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static Socket enter(@Advice.This Learner learner) {
            return PeerProcess.upstream(learner);
        }

        @Advice.OnMethodExit
        public static void exit(@Advice.Enter Socket found, @Advice.Return(readOnly = false) Socket socket) {
            if (found != null) {
                socket = found;
            }
        }
    }

    public static final class LookAtOne {
        @Advice.OnMethodExit
        public static void exit(@Advice.Return QuorumUtil.PeerStruct struct) {
            if (struct != null) {
                PeerProcess.look(struct.peer);
            }
        }
    }

    public static final class LookAtAll {
        @Advice.OnMethodEnter
        public static void enter() {
            PeerProcess.lookAtAll();
        }
    }

    public static final class SwitchesInFile {
        @Advice.OnMethodExit
        public static void exit(@Advice.FieldValue("confFile") File config) {
            PeerProcess.addSwitches(config.toPath());
        }
    }

    public static final class LookAfterwards {
        @Advice.OnMethodExit
        public static void exit() {
            PeerProcess.lookAtAll();
        }
    }

    /** The helpers wait for the beans of servers in their JVM; what a test itself asks of them stays. */
    public static final class NoBeansForHelpers {
        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        public static boolean enter() {
            return Shadow.isCalledByHelper();
        }
    }

    public static boolean isCalledByHelper() {
        return StackWalker.getInstance().walk(frames -> frames
            .dropWhile(frame -> frame.getClassName().matches(".*\\.(Shadow|JMXEnv)"))
            .map(frame -> frame.getClassName() + "." + frame.getMethodName())
            .findFirst().filter(caller -> caller.matches(HELPERS)).isPresent());
    }
}
