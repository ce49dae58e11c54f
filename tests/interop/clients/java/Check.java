// SPDX-License-Identifier: Apache-2.0
//
// What the programs beside this file share: counted checks, and a watcher whose events can be waited for in order.

import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

final class Check {
    private static int passed;

    private Check() {
    }

    static void equal(Object want, Object got, String what) {
        if (!Objects.equals(want, got)) {
            throw new AssertionError(what + ": " + got + ", not " + want);
        }
        passed++;
    }

    interface Call {
        void run() throws Exception;
    }

    static void refused(KeeperException.Code code, Call call, String what) throws Exception {
        try {
            call.run();
        } catch (KeeperException e) {
            equal(code, e.code(), what);
            return;
        }
        throw new AssertionError(what + ": not refused");
    }

    static void done() {
        System.out.println("ok " + passed);
    }

    /** Collects what a watch or a session tells. */
    static final class Events implements Watcher {
        private final BlockingQueue<WatchedEvent> queue = new LinkedBlockingQueue<>();

        @Override
        public void process(WatchedEvent event) {
            queue.add(event);
        }

        void next(Watcher.Event.EventType type, String path) throws InterruptedException {
            WatchedEvent event = queue.poll(20, TimeUnit.SECONDS);
            equal(type + " " + path, event == null ? "nothing" : event.getType() + " " + event.getPath(), "event");
        }

        void state(Watcher.Event.KeeperState state) throws InterruptedException {
            WatchedEvent event = queue.poll(30, TimeUnit.SECONDS);
            equal(state, event == null ? null : event.getState(), "state of the session");
        }

        void none() {
            equal(null, queue.peek(), "no further event");
        }
    }

    static ZooKeeper connect(String server, Events events) throws Exception {
        ZooKeeper zk = new ZooKeeper(server, 10_000, events);
        events.state(Watcher.Event.KeeperState.SyncConnected);
        return zk;
    }
}
