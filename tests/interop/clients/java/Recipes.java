// SPDX-License-Identifier: Apache-2.0
//
// Curator's recipes, as applications use them: Recipes HOST:PORT.

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.zookeeper.CreateMode;

public final class Recipes {
    private static final int CLIENTS = 4;
    private static final int ROUNDS = 20;
    private final List<CuratorFramework> clients = new ArrayList<>();
    private final ExecutorService pool = Executors.newFixedThreadPool(CLIENTS, work -> {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });

    public static void main(String[] args) throws Exception {
        Recipes recipes = new Recipes();
        for (int i = 0; i < CLIENTS; i++) {
            CuratorFramework client = CuratorFrameworkFactory.builder().connectString(args[0]).namespace("recipes")
                .sessionTimeoutMs(10_000).retryPolicy(new ExponentialBackoffRetry(100, 5)).build();
            client.start();
            recipes.clients.add(client);
        }
        recipes.lock();
        recipes.semaphore();
        recipes.counter();
        recipes.barrier();
        recipes.cache();
        recipes.persistentNode();
        recipes.election();
        recipes.clients.forEach(CuratorFramework::close);
        Check.done();
    }

    private interface Work {
        void run(CuratorFramework client) throws Exception;
    }

    /** The same by every client at once. */
    private void together(Work work) throws Exception {
        List<Future<?>> running = new ArrayList<>();
        for (CuratorFramework client : clients) {
            running.add(pool.submit(() -> {
                work.run(client);
                return null;
            }));
        }
        for (Future<?> future : running) {
            future.get(60, TimeUnit.SECONDS);
        }
    }

    private void lock() throws Exception {
        int[] unguarded = new int[1];
        together(client -> {
            InterProcessMutex mutex = new InterProcessMutex(client, "/lock");
            for (int i = 0; i < ROUNDS; i++) {
                mutex.acquire();
                unguarded[0]++;
                mutex.release();
            }
        });
        Check.equal(CLIENTS * ROUNDS, unguarded[0], "rounds under the lock");
    }

    private void semaphore() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        together(client -> {
            InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(client, "/semaphore", 2);
            for (int i = 0; i < ROUNDS; i++) {
                Lease lease = semaphore.acquire();
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                Thread.sleep(5);
                inside.decrementAndGet();
                semaphore.returnLease(lease);
            }
        });
        Check.equal(true, most.get() <= 2, "at most two inside");
    }

    private void counter() throws Exception {
        AtomicInteger succeeded = new AtomicInteger();
        together(client -> {
            DistributedAtomicLong counter =
                new DistributedAtomicLong(client, "/counter", new ExponentialBackoffRetry(5, 10));
            for (int i = 0; i < ROUNDS; i++) {
                succeeded.addAndGet(counter.increment().succeeded() ? 1 : 0);
            }
        });
        DistributedAtomicLong counter =
            new DistributedAtomicLong(clients.get(0), "/counter", new ExponentialBackoffRetry(5, 10));
        Check.equal((long) succeeded.get(), counter.get().postValue(), "counted");
    }

    private void barrier() throws Exception {
        AtomicInteger entered = new AtomicInteger();
        together(client -> {
            DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, "/barrier", CLIENTS);
            entered.incrementAndGet();
            barrier.enter(30, TimeUnit.SECONDS);
            Check.equal(CLIENTS, entered.get(), "all have entered");
            barrier.leave(30, TimeUnit.SECONDS);
        });
    }

    private void cache() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch ready = new CountDownLatch(1);
        clients.get(0).create().forPath("/cache");
        try (CuratorCache cache = CuratorCache.build(clients.get(0), "/cache")) {
            cache.listenable().addListener(CuratorCacheListener.builder()
                .forCreates(node -> seen.add("+" + node.getPath()))
                .forDeletes(node -> seen.add("-" + node.getPath()))
                .forInitialized(ready::countDown).build());
            cache.start();
            ready.await(20, TimeUnit.SECONDS);
            CuratorFramework writer = clients.get(1);
            writer.create().creatingParentsIfNeeded().forPath("/cache/a/b");
            follow(seen, "+/cache", "+/cache/a", "+/cache/a/b");
            writer.delete().deletingChildrenIfNeeded().forPath("/cache/a");
            follow(seen, "+/cache", "+/cache/a", "+/cache/a/b", "-/cache/a/b", "-/cache/a");
        }
    }

    /** The cache reads a node when it hears of it, and says nothing of one that has gone by then. */
    private static void follow(List<String> seen, String... want) throws InterruptedException {
        for (int i = 0; i < 600 && seen.size() < want.length; i++) {
            Thread.sleep(50);
        }
        Check.equal(List.of(want), List.copyOf(seen), "the cache followed");
    }

    private void persistentNode() throws Exception {
        try (PersistentNode node = new PersistentNode(clients.get(0), CreateMode.EPHEMERAL, false, "/kept", new byte[1])) {
            node.start();
            Check.equal(true, node.waitForInitialCreate(20, TimeUnit.SECONDS), "node made");
            clients.get(1).delete().forPath("/kept");
            for (int i = 0; i < 200 && clients.get(1).checkExists().forPath("/kept") == null; i++) {
                Thread.sleep(50);
            }
            Check.equal(true, clients.get(1).checkExists().forPath("/kept") != null, "node made again");
        }
    }

    private void election() throws Exception {
        List<LeaderLatch> latches = new ArrayList<>();
        for (CuratorFramework client : clients) {
            latches.add(new LeaderLatch(client, "/election", client.toString()));
            latches.get(latches.size() - 1).start();
        }
        while (!latches.isEmpty()) {
            LeaderLatch leader = null;
            for (int i = 0; i < 400 && leader == null; i++) {
                Thread.sleep(25);
                leader = latches.stream().filter(LeaderLatch::hasLeadership).findFirst().orElse(null);
            }
            Check.equal(1L, latches.stream().filter(LeaderLatch::hasLeadership).count(), "leaders");
            leader.close();
            latches.remove(leader);
        }
    }
}
