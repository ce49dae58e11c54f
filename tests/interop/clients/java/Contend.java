// SPDX-License-Identifier: Apache-2.0
//
// One contender over Curator: Contend HOST:PORT PATH WITNESS_DIR lock|latch SESSION_MS ID. See tests/tools/contend.c.

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryForever;

public final class Contend {
    private final FileChannel witness;
    private final FileChannel log;
    private final String id;

    private Contend(Path folder, String id) throws Exception {
        witness = FileChannel.open(folder.resolve("witness"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        log = FileChannel.open(folder.resolve("log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        this.id = id;
    }

    /** Knows its node. */
    private static final class Mutex extends InterProcessMutex {
        Mutex(CuratorFramework client, String path) {
            super(client, path);
        }

        String node() {
            return getLockPath();
        }
    }

    public static void main(String[] args) throws Exception {
        Contend contend = new Contend(Path.of(args[2]), args[5]);
        CuratorFramework client = CuratorFrameworkFactory.builder().connectString(args[0])
            .sessionTimeoutMs(Integer.parseInt(args[4])).connectionTimeoutMs(5000)
            .retryPolicy(new RetryForever(100)).build();
        client.start();
        while (true) {
            try {
                if (args[3].equals("latch")) {
                    contend.lead(client, args[1]);
                } else {
                    contend.lock(client, args[1]);
                }
            } catch (Exception e) {
                contend.say("failed", e.toString().replace('\n', ' '));
            }
        }
    }

    private void lock(CuratorFramework client, String path) throws Exception {
        Mutex mutex = new Mutex(client, path);
        if (mutex.acquire(60, TimeUnit.SECONDS)) {
            try {
                turn(mutex.node());
            } finally {
                mutex.release();
            }
        }
    }

    private void lead(CuratorFramework client, String path) throws Exception {
        try (LeaderLatch latch = new LeaderLatch(client, path, id)) {
            latch.start();
            if (latch.await(60, TimeUnit.SECONDS)) {
                turn(latch.getOurPath());
            }
        }
    }

    private void turn(String node) throws Exception {
        try (FileLock taken = witness.tryLock()) {
            if (taken == null) {
                say("TWO", node);
                return;
            }
            say("in", node);
            Thread.sleep(5);
            say("out", node);
        }
    }

    private void say(String verb, String node) throws Exception {
        log.write(ByteBuffer.wrap((verb + " " + id + " " + node + "\n").getBytes(StandardCharsets.UTF_8)));
    }
}
