// SPDX-License-Identifier: Apache-2.0
//
// ClientBase looks for the beans of the server and of each session in JMX. They are registered here, names with nothing
// behind them; the sessions are found by asking the process.
package paddock.interop;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.management.JMException;
import org.apache.zookeeper.jmx.MBeanRegistry;
import org.apache.zookeeper.jmx.ZKMBeanInfo;

final class SessionBeans {
    private static final long POLL_MS = 50;

    private final ServerProcess process;
    private final Bean server;
    private final Bean tree = new Bean("InMemoryDataTree");
    private final Map<String, Bean> sessions = new HashMap<>();
    private Thread poller;
    private boolean isClosed;

    public interface BeanMBean {
        String getName();
    }

    /** A name in JMX. */
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

    SessionBeans(ServerProcess process, int port) {
        this.process = process;
        this.server = new Bean("StandaloneServer_port" + port);
        register(server, null);
        register(tree, server);
        if (process.maxPerHost() > 0) {
            return; // Asking would take one of the connections that the test counts.
        }
        poller = new Thread(this::poll, "paddock-sessions");
        poller.setDaemon(true);
        poller.start();
    }

    private void poll() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                look();
                Thread.sleep(POLL_MS);
            } catch (UncheckedIOException e) {
                // The process is on its way up or down.
            } catch (InterruptedException | IllegalStateException e) {
                return;
            }
        }
    }

    /* A test waits for the bean of a session it has opened. So a frame limit set before the session was opened is in
       force before its bean is there. */
    private void look() throws InterruptedException {
        Set<String> now = process.sessions();
        if (process.isFrameLimitStale()) {
            synchronized (process) {
                if (process.isRunning()) {
                    process.restart();
                }
            }
            now = process.sessions();
        }
        update(now);
    }

    private synchronized void update(Set<String> now) {
        if (isClosed) {
            return;
        }
        for (String gone : new ArrayList<>(sessions.keySet())) {
            if (!now.contains(gone)) {
                MBeanRegistry.getInstance().unregister(sessions.remove(gone));
            }
        }
        for (String session : now) {
            if (!sessions.containsKey(session)) {
                Bean bean = new Bean(session);
                register(bean, server);
                sessions.put(session, bean);
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

    void stopPolling() {
        if (poller != null) {
            poller.interrupt();
        }
    }

    synchronized void close() {
        stopPolling();
        if (isClosed) {
            return;
        }
        isClosed = true;
        sessions.values().forEach(MBeanRegistry.getInstance()::unregister);
        sessions.clear();
        MBeanRegistry.getInstance().unregister(tree);
        MBeanRegistry.getInstance().unregister(server);
    }
}
