// SPDX-License-Identifier: Apache-2.0
//
// Recipes on top of a session: locks and elections, registration, a followed value, barriers,
// counters, queues. Node names are those of Apache Curator, so that programs that use Curator and
// these take turns on the same path; which of them see each other is said at each recipe.
//
//     struct paddock_lock_options options = {.path = "/app/lock"};
//     struct paddock_lock *lock;
//     if (paddock_lock_new(zk, &options, &lock) == PADDOCK_OK) {
//         if (paddock_lock_acquire(lock, 10000) == PADDOCK_OK) {
//             ... paddock_lock_fence(lock) ... while (paddock_lock_hold(lock) != PADDOCK_LOST) ...
//             paddock_lock_release(lock, 1000);
//         }
//         paddock_lock_free(lock);
//     }
//
// What holds:
// 1. A lost answer leaves nothing behind: nodes carry a unique name (`_c_<uuid>-`), by which one
//    whose creation has an unknown fate is found again, or removed, in the background if need be.
// 2. Who waits watches one node, that of its predecessor: a release wakes one waiter.
// 3. Whoever holds is told in time. While a server answers it is HELD. When none is reached it is
//    UNSURE: nobody else can have it for paddock_lease_ms yet, so stop what must not overlap. When
//    that time is over, or the session or the node is gone, it is LOST, and stays so.
// 4. No call waits for ever: each has a deadline, in milliseconds from now.
//
// What cannot hold: a holder that stands still (a stopped process or machine, a long pause) cannot
// see that it has lost, and what it sent before may still arrive somewhere. Therefore give the
// fence along with everything that is done under a lock, and let whoever receives it refuse a
// smaller one than it has seen: fences grow with every holder of the path.
//
// Threads: as in paddock.h. Objects may be used by one thread at a time, and must be freed before
// their handle is closed, not from a callback. Calls with a timeout wait and are not for callbacks.
// Parents are made when they are missing, as containers where the server has them.
#ifndef PADDOCK_RECIPES_H
#define PADDOCK_RECIPES_H

#include "paddock/paddock.h"

#ifdef __cplusplus
extern "C" {
#endif

enum paddock_hold {
    PADDOCK_HELD,
    PADDOCK_UNSURE, // no server is reached: still ours for paddock_lease_ms
    PADDOCK_LOST,
};

// Told of every change. Thread: the library's.
typedef void paddock_hold_fn(struct paddock *zk, enum paddock_hold hold, void *ctx);

// ---- locks and elections ----

// All but readers among themselves exclude each other in our eyes; Curator and kazoo only see the
// names of their own recipes, so use the kind that they use.
enum paddock_lock_kind {
    PADDOCK_LOCK_MUTEX,  // `-lock-`: Curator's InterProcessMutex, LeaderSelector; go-zookeeper
    PADDOCK_LOCK_READ,   // `-__READ__`, and
    PADDOCK_LOCK_WRITE,  // `-__WRIT__`: Curator's InterProcessReadWriteLock
    PADDOCK_LOCK_LEADER, // `-latch-`: Curator's LeaderLatch; the data is the id of the contender
};

// Zero what is not named.
struct paddock_lock_options {
    const char *path; // below which contenders have their nodes
    enum paddock_lock_kind kind;
    struct paddock_bytes data; // of the node
    const struct paddock_acl *acl;
    size_t acl_count; // 0: world:anyone with all permissions
    paddock_hold_fn *on_hold;
    void *ctx;
};

struct paddock_lock;

// Memory: *ret is to be freed with paddock_lock_free. Says nothing to the server yet.
// Errors: PADDOCK_BAD_ARGUMENTS, PADDOCK_NO_MEMORY.
PADDOCK_API int paddock_lock_new(struct paddock *zk, const struct paddock_lock_options *options,
                                 struct paddock_lock **ret);
PADDOCK_API void paddock_lock_free(struct paddock_lock *lock); // releases without waiting

// Wait until it is ours; with timeout_ms 0 only for answers of servers, not for others to release
// it. A connection that is lost meanwhile is waited for; with PADDOCK_RENEW an
// expired session, too. Not reentrant.
// Errors: PADDOCK_OPERATION_TIMEOUT (not obtained; no node stays), PADDOCK_SESSION_EXPIRED, the
// server's (PADDOCK_NO_AUTH, ...), PADDOCK_BAD_ARGUMENTS when it is held.
PADDOCK_API int paddock_lock_acquire(struct paddock_lock *lock, int timeout_ms);

// The same, but keeps the place in the queue when the time is over (PADDOCK_OPERATION_TIMEOUT):
// call it again, or leave with paddock_lock_release.
PADDOCK_API int paddock_lock_wait(struct paddock_lock *lock, int timeout_ms);

// Give it up. When the time is over before a server has agreed (PADDOCK_OPERATION_TIMEOUT) it goes
// on in the background as long as the handle lives. What is not held or lost is PADDOCK_OK.
PADDOCK_API int paddock_lock_release(struct paddock_lock *lock, int timeout_ms);

// Now, whatever has been told so far: reads the clock. Thread: any.
PADDOCK_API enum paddock_hold paddock_lock_hold(struct paddock_lock *lock);

// Our node, and its czxid: the fence. NULL and 0 unless acquired. Valid until release.
PADDOCK_API const char *paddock_lock_node(const struct paddock_lock *lock);
PADDOCK_API int64_t paddock_lock_fence(const struct paddock_lock *lock);

// The names of the contenders below `path` in the order of their turns, as `strings`: the first
// holds or leads. Memory: *ret is owned, paddock_result_free.
PADDOCK_API int paddock_contenders(struct paddock *zk, const char *path,
                                   struct paddock_result **ret);

// ---- registration: an ephemeral node that is kept in its place ----

// The node is made again when somebody deletes it, and after an expired session when the handle has
// PADDOCK_RENEW. One of another session in its place is waited for. HELD: it is there.
struct paddock_registration;

// Does not wait. `value` is copied. Errors: as paddock_lock_new.
PADDOCK_API int paddock_register(struct paddock *zk, const char *path, struct paddock_bytes value,
                                 paddock_hold_fn *on_hold, void *ctx,
                                 struct paddock_registration **ret);
// Wait until it is there. Errors: PADDOCK_OPERATION_TIMEOUT, or what refused it for good.
PADDOCK_API int paddock_registration_wait(struct paddock_registration *reg, int timeout_ms);
// Delete the node, as paddock_lock_release does, and free.
PADDOCK_API int paddock_unregister(struct paddock_registration *reg, int timeout_ms);

// ---- a value that is followed ----

// Told first and after every change: a result with code PADDOCK_OK, data and stat, or
// PADDOCK_NO_NODE; or what ends it (PADDOCK_NO_AUTH, PADDOCK_SESSION_EXPIRED, ...). Changes in
// quick succession may be told as one; the last state always is, whatever connections and servers
// do. Thread: the library's.
struct paddock_follower;
typedef void paddock_value_fn(struct paddock *zk, const struct paddock_result *value, void *ctx);

PADDOCK_API int paddock_follow(struct paddock *zk, const char *path, paddock_value_fn *fn,
                               void *ctx, struct paddock_follower **ret);
PADDOCK_API void paddock_unfollow(struct paddock_follower *follower);

// ---- barriers ----

// Curator's DistributedBarrier: the barrier is closed while the node exists. Both are done when it
// was so already.
PADDOCK_API int paddock_barrier_set(struct paddock *zk, const char *path, int timeout_ms);
PADDOCK_API int paddock_barrier_remove(struct paddock *zk, const char *path, int timeout_ms);
PADDOCK_API int paddock_barrier_wait(struct paddock *zk, const char *path, int timeout_ms);

// Curator's DistributedDoubleBarrier: `count` members begin together and end together. A member
// whose enter failed is out; one whose session is lost counts as having left.
struct paddock_double_barrier;
PADDOCK_API int paddock_double_barrier_new(struct paddock *zk, const char *path, int count,
                                           struct paddock_double_barrier **ret);
PADDOCK_API int paddock_double_barrier_enter(struct paddock_double_barrier *barrier,
                                             int timeout_ms);
PADDOCK_API int paddock_double_barrier_leave(struct paddock_double_barrier *barrier,
                                             int timeout_ms);
PADDOCK_API void paddock_double_barrier_free(struct paddock_double_barrier *barrier);

// ---- counters ----

enum paddock_counter_format {
    PADDOCK_COUNTER_LONG, // 8 bytes, the highest first: Curator's DistributedAtomicLong
    PADDOCK_COUNTER_INT,  // 4 bytes: Curator's SharedCount, DistributedAtomicInteger
    PADDOCK_COUNTER_TEXT, // decimal: kazoo's Counter
};

// A counter that is not there has the value 0. Errors: PADDOCK_MARSHALLING_ERROR when the node
// holds no number of this format or the sum does not fit.
PADDOCK_API int paddock_counter_get(struct paddock *zk, const char *path,
                                    enum paddock_counter_format format, int64_t *ret);
// Exactly once, or an error: PADDOCK_CONNECTION_LOSS alone leaves open whether it was counted (the
// answer was lost, and the node has changed since). `ret`, the new value, may be NULL.
PADDOCK_API int paddock_counter_add(struct paddock *zk, const char *path,
                                    enum paddock_counter_format format, int64_t delta,
                                    int timeout_ms, int64_t *ret);
// Set; with `expected`, only while it has that value, else PADDOCK_BAD_VERSION.
PADDOCK_API int paddock_counter_set(struct paddock *zk, const char *path,
                                    enum paddock_counter_format format, const int64_t *expected,
                                    int64_t value, int timeout_ms);

// ---- queues ----

// Curator's SimpleDistributedQueue: nodes `qn-<number>`, first in, first out.
// Put: PADDOCK_CONNECTION_LOSS alone leaves open whether it was put. `ret_path` as in
// paddock_create.
PADDOCK_API int paddock_queue_put(struct paddock *zk, const char *path, struct paddock_bytes item,
                                  int timeout_ms, struct paddock_result **ret);
// The oldest, which is then ours alone; waits while there is none (timeout_ms 0: does not).
// PADDOCK_NO_NODE: there was none in time. With PADDOCK_CONNECTION_LOSS and an item, it is gone,
// but another may have taken it as well. Memory: *ret is owned.
PADDOCK_API int paddock_queue_take(struct paddock *zk, const char *path, int timeout_ms,
                                   struct paddock_result **ret);

#ifdef __cplusplus
}
#endif

#endif
