// SPDX-License-Identifier: Apache-2.0
//
// One step of a Curator recipe that a test shares with ours: Share HOST:PORT VERB PATH [VALUE]. Prints its outcome.

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryNTimes;

public final class Share {
    public static void main(String[] args) throws Exception {
        try (CuratorFramework client = CuratorFrameworkFactory.newClient(args[0], new RetryNTimes(10, 200))) {
            client.start();
            System.out.println(step(client, args[1], args[2], args.length > 3 ? args[3] : ""));
        }
    }

    private static Object step(CuratorFramework client, String verb, String path, String value) throws Exception {
        switch (verb) {
        case "add":
            return new DistributedAtomicLong(client, path, new RetryNTimes(10, 10)).add(Long.parseLong(value))
                .postValue();
        case "count": {
            try (SharedCount count = new SharedCount(client, path, 0)) {
                count.start();
                int was = count.getCount();
                count.setCount(was + Integer.parseInt(value));
                return was;
            }
        }
        case "offer":
            return new SimpleDistributedQueue(client, path).offer(value.getBytes(StandardCharsets.UTF_8));
        case "take":
            return new String(new SimpleDistributedQueue(client, path).poll(20, TimeUnit.SECONDS),
                StandardCharsets.UTF_8);
        case "set":
            new DistributedBarrier(client, path).setBarrier();
            return "set";
        case "remove":
            new DistributedBarrier(client, path).removeBarrier();
            return "removed";
        case "meet": {
            DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, path, Integer.parseInt(value));
            boolean in = barrier.enter(20, TimeUnit.SECONDS);
            return in + " " + barrier.leave(20, TimeUnit.SECONDS);
        }
        case "mutex":
            return new InterProcessMutex(client, path).acquire(1, TimeUnit.SECONDS);
        case "read":
            return new InterProcessReadWriteLock(client, path).readLock().acquire(1, TimeUnit.SECONDS);
        case "write":
            return new InterProcessReadWriteLock(client, path).writeLock().acquire(1, TimeUnit.SECONDS);
        case "leader": {
            try (LeaderLatch latch = new LeaderLatch(client, path, value)) {
                latch.start();
                latch.await(1, TimeUnit.SECONDS);
                return latch.getLeader().getId();
            }
        }
        default:
            throw new IllegalArgumentException(verb);
        }
    }
}
