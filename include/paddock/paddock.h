// SPDX-License-Identifier: Apache-2.0
//
// The client library: one `struct paddock` is one session with a ZooKeeper ensemble, Apache's or
// Paddock's. Every request is a `struct paddock_op` and ends with one `struct paddock_result`;
// watches and changes of the session arrive as `struct paddock_event`.
//
//     struct paddock *zk;
//     struct paddock_options options = {.servers = "zk-0:2181,zk-1:2181/app"};
//     struct paddock_result *r;
//     if (paddock_open(&options, &zk) == PADDOCK_OK) {
//         if (paddock_get(zk, "/config", &r) == PADDOCK_OK) {
//             fwrite(r->data.bytes, 1, r->data.len, stdout);
//         }
//         paddock_result_free(r);
//     }
//     paddock_close(zk);
//
// 1. No call blocks for ever: every request has a deadline, and so has every blocking call.
// 2. Requests are sent, executed and answered in the order in which they were made.
// 3. A request made while no server is reached waits for one until its deadline. One that was sent
//    when its connection broke ends with PADDOCK_CONNECTION_LOSS, and `fate` says what is known.
// 4. A session outlives its connections: the library comes back to any server of the list with the
//    session, its credentials and its watches. Only expiry ends it; then open another handle, or
//    have said PADDOCK_RENEW: then requests under way end with PADDOCK_SESSION_EXPIRED, state
//    EXPIRED is told, and the handle goes on with a new session, its credentials and its watches.
// 5. Memory that is out is an answer (PADDOCK_NO_MEMORY), never the end of the program.
//
// Threads: without PADDOCK_NO_THREAD the library has one thread of its own per handle, which
// keeps the session alive and runs callbacks; requests may then be made from any thread, from
// callbacks too, but a callback must not make a blocking call (PADDOCK_WOULD_DEADLOCK). With
// PADDOCK_NO_THREAD everything happens inside paddock_turn and blocking calls, on the caller's.
//
// Strings are UTF-8 and end with a zero byte. Memory given in is borrowed during the call only.
#ifndef PADDOCK_PADDOCK_H
#define PADDOCK_PADDOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PADDOCK_API __attribute__((visibility("default")))
#else
#define PADDOCK_API
#endif

// ---- answers ----

// How a request or a call ended. Values down to -127 are ZooKeeper's own (KeeperException.Code).
enum paddock_code {
    PADDOCK_OK = 0,
    PADDOCK_SYSTEM_ERROR = -1,
    PADDOCK_RUNTIME_INCONSISTENCY = -2, // a part of a multi after the one that failed
    PADDOCK_DATA_INCONSISTENCY = -3,
    PADDOCK_CONNECTION_LOSS = -4,
    PADDOCK_MARSHALLING_ERROR = -5,
    PADDOCK_UNIMPLEMENTED = -6,
    PADDOCK_OPERATION_TIMEOUT = -7, // the deadline passed
    PADDOCK_BAD_ARGUMENTS = -8,     // refused by the library (fate NOT_SENT) or by the server
    PADDOCK_UNKNOWN_SESSION = -12,
    PADDOCK_NEW_CONFIG_NO_QUORUM = -13,
    PADDOCK_RECONFIG_IN_PROGRESS = -14,
    PADDOCK_API_ERROR = -100,
    PADDOCK_NO_NODE = -101,
    PADDOCK_NO_AUTH = -102,
    PADDOCK_BAD_VERSION = -103,
    PADDOCK_NO_CHILDREN_FOR_EPHEMERALS = -108,
    PADDOCK_NODE_EXISTS = -110,
    PADDOCK_NOT_EMPTY = -111,
    PADDOCK_SESSION_EXPIRED = -112,
    PADDOCK_INVALID_CALLBACK = -113,
    PADDOCK_INVALID_ACL = -114,
    PADDOCK_AUTH_FAILED = -115,
    PADDOCK_SESSION_MOVED = -118,
    PADDOCK_NOT_READ_ONLY = -119,
    PADDOCK_EPHEMERAL_ON_LOCAL_SESSION = -120,
    PADDOCK_NO_WATCHER = -121,
    PADDOCK_REQUEST_TIMEOUT = -122,
    PADDOCK_RECONFIG_DISABLED = -123,
    PADDOCK_SESSION_CLOSED_REQUIRE_SASL_AUTH = -124,
    PADDOCK_QUOTA_EXCEEDED = -125,
    PADDOCK_THROTTLED_OP = -127,
    // The library's own.
    PADDOCK_NO_MEMORY = -301,
    PADDOCK_CLOSED = -302,         // the handle was closed
    PADDOCK_TOO_BIG = -303,        // a reply above reply_bytes_max, or a request above 1 GiB
    PADDOCK_QUEUE_FULL = -304,     // requests_max requests are under way
    PADDOCK_WOULD_DEADLOCK = -305, // a blocking call inside a callback
    PADDOCK_NO_RESOURCES = -306,   // no descriptor or thread could be had
};

// "NoNode": ZooKeeper's own name of a code (the library's own: "NoMemory", ...). Never NULL.
PADDOCK_API const char *paddock_code_name(int code);

// What is known of a request. Of one that failed in another way than by an answer, this alone
// says whether it may have been executed.
enum paddock_fate {
    PADDOCK_ANSWERED, // by a server: `code` is its answer
    PADDOCK_NOT_SENT, // no server ever saw it: it was not executed
    PADDOCK_UNKNOWN,  // sent, and no answer seen: a write may have been executed, or still be
};

// ---- data ----

struct paddock_bytes {
    const void *bytes; // NULL: the null value, which is not the same as empty
    size_t len;
};

static inline struct paddock_bytes paddock_bytes_of(const void *bytes, size_t len)
{
    struct paddock_bytes b = {bytes, len};
    return b;
}

PADDOCK_API struct paddock_bytes paddock_text(const char *text); // without its zero; NULL is null

struct paddock_stat {
    int64_t czxid, mzxid, pzxid;
    int64_t ctime_ms, mtime_ms; // since 1970, the server's clock
    int32_t version, cversion, aversion;
    int64_t ephemeral_owner; // a session, or the marks of containers and TTLs; else 0
    int32_t data_length, num_children;
};

enum paddock_perm {
    PADDOCK_READ = 1,
    PADDOCK_WRITE = 2,
    PADDOCK_CREATE = 4,
    PADDOCK_DELETE = 8,
    PADDOCK_ADMIN = 16,
    PADDOCK_ALL = 31,
};

struct paddock_acl {
    int32_t perms; // of enum paddock_perm
    const char *scheme;
    const char *id;
};

enum paddock_mode {
    PADDOCK_PERSISTENT = 0,
    PADDOCK_EPHEMERAL = 1,
    PADDOCK_PERSISTENT_SEQUENTIAL = 2,
    PADDOCK_EPHEMERAL_SEQUENTIAL = 3,
    PADDOCK_CONTAINER = 4,
    PADDOCK_PERSISTENT_TTL = 5,
    PADDOCK_PERSISTENT_SEQUENTIAL_TTL = 6,
};

// ---- events ----

enum paddock_event_type {
    PADDOCK_EVENT_SESSION = -1, // only `state` changed
    PADDOCK_EVENT_CREATED = 1,
    PADDOCK_EVENT_DELETED = 2,
    PADDOCK_EVENT_DATA_CHANGED = 3,
    PADDOCK_EVENT_CHILDREN_CHANGED = 4,
    PADDOCK_EVENT_DATA_WATCH_REMOVED = 5, // by PADDOCK_OP_REMOVE_WATCHES
    PADDOCK_EVENT_CHILD_WATCH_REMOVED = 6,
    PADDOCK_EVENT_PERSISTENT_WATCH_REMOVED = 7,
};

enum paddock_state {
    PADDOCK_STATE_CONNECTING = 0, // no server is reached; the session may still live
    PADDOCK_STATE_CONNECTED = 3,
    PADDOCK_STATE_AUTH_FAILED = 4, // for good
    PADDOCK_STATE_READ_ONLY = 5,   // connected to a server without a quorum
    PADDOCK_STATE_CLOSED = 7,      // for good
    PADDOCK_STATE_EXPIRED = -112,  // for good; with PADDOCK_RENEW only told
};

struct paddock_event {
    enum paddock_event_type type;
    enum paddock_state state;
    const char *path; // chroot taken off; NULL for PADDOCK_EVENT_SESSION
    int64_t zxid;     // of the change; -1 when the server does not say
};

// Thread: the library's (see above). `event` is valid during the call.
struct paddock;
typedef void paddock_watch_fn(struct paddock *zk, const struct paddock_event *event, void *ctx);

// ---- requests ----

enum paddock_op_type {
    PADDOCK_OP_CREATE,         // path data acl mode ttl_ms  -> path stat (see below for multi)
    PADDOCK_OP_DELETE,         // path version
    PADDOCK_OP_EXISTS,         // path watch                 -> stat
    PADDOCK_OP_GET,            // path watch                 -> data stat
    PADDOCK_OP_SET,            // path data version          -> stat
    PADDOCK_OP_GET_ACL,        // path                       -> acl stat
    PADDOCK_OP_SET_ACL,        // path acl version           -> stat
    PADDOCK_OP_GET_CHILDREN,   // path watch                 -> strings stat
    PADDOCK_OP_SYNC,           // path                       -> path
    PADDOCK_OP_CHECK,          // path version: only within a multi
    PADDOCK_OP_MULTI,          // parts: CREATE DELETE SET CHECK   -> parts
    PADDOCK_OP_MULTI_READ,     // parts: GET GET_CHILDREN          -> parts
    PADDOCK_OP_GET_EPHEMERALS, // path: a prefix             -> strings
    PADDOCK_OP_COUNT_CHILDREN, // path: all below            -> number
    PADDOCK_OP_ADD_WATCH,      // path watch is_recursive
    PADDOCK_OP_REMOVE_WATCHES, // path watch watch_kind is_local
    PADDOCK_OP_RECONFIG,       // joining leaving members config_id -> data stat
    PADDOCK_OP_WHO_AM_I,       //                            -> acl (scheme and user)
    PADDOCK_OP_ADD_AUTH,       // scheme data
    PADDOCK_OP_GET_CONFIG,     // watch: /zookeeper/config, beside any chroot   -> data stat
};

// Which watches a removal means; an op with `watch.fn` removes only those with that pair.
enum paddock_watch_kind {
    PADDOCK_WATCH_CHILDREN = 1,
    PADDOCK_WATCH_DATA = 2,
    PADDOCK_WATCH_ANY = 3,
    PADDOCK_WATCH_PERSISTENT = 4,
    PADDOCK_WATCH_RECURSIVE = 5,
};

struct paddock_watch {
    paddock_watch_fn *fn; // NULL: none
    void *ctx;
};

// Zero what is not named. create answers with the path that was made, and its stat; in a multi it
// has a stat only for containers and TTLs, as older servers cannot apply more.
struct paddock_op {
    enum paddock_op_type type;
    const char *path;
    struct paddock_bytes data; // ADD_AUTH: the credential
    const struct paddock_acl *acl;
    size_t acl_count;  // 0: world:anyone with all permissions, unless
    bool is_acl_given; // the empty list is meant, which servers refuse
    enum paddock_mode mode;
    int64_t ttl_ms;
    bool is_versioned; // false: any version
    int32_t version;
    struct paddock_watch watch;
    bool is_recursive;
    enum paddock_watch_kind watch_kind;
    bool is_local; // REMOVE_WATCHES: also when the server cannot be asked, or does not agree
    const struct paddock_op *parts;
    size_t part_count;
    const char *scheme; // ADD_AUTH
    const char *joining, *leaving, *members;
    int64_t config_id; // RECONFIG with is_versioned: only when this configuration is in force
    int timeout_ms;    // of this request; 0: request_timeout_ms of the handle
};

// Fields that the request does not answer are zero; all are zero when code is not PADDOCK_OK,
// except `parts` of a multi: each part has a code of its own.
struct paddock_result {
    int code; // of enum paddock_code
    enum paddock_fate fate;
    int64_t zxid; // of the answer; 0 without one
    const char *path;
    struct paddock_bytes data;
    struct paddock_stat stat;
    const char *const *strings;
    size_t string_count;
    const struct paddock_acl *acl;
    size_t acl_count;
    int64_t number;
    const struct paddock_result *parts;
    size_t part_count;
};

// ---- a session ----

enum paddock_flag {
    PADDOCK_READ_ONLY_OK = 1, // be content with a server that has lost its quorum
    PADDOCK_NO_THREAD = 2,    // see "Threads" above
    PADDOCK_KEEP_ORDER = 4,   // of `servers`: do not shuffle
    PADDOCK_RENEW = 8,        // after expiry, open another session with this handle: see below
};

// Zero what is not named.
struct paddock_options {
    const char *servers;        // "host[:port],[v6]:port/chroot"; NULL: "localhost:2181"
    int session_timeout_ms;     // asked for; 0: 30000. The server's limits decide.
    int request_timeout_ms;     // 0: the session timeout
    unsigned flags;             // of enum paddock_flag
    paddock_watch_fn *on_event; // every event, also those that have a watch of their own; or NULL
    void *ctx;                  // of on_event
    int64_t session_id;         // 0: a new session; else take this one over, with
    struct paddock_bytes password; // what paddock_session gave
    size_t requests_max;           // under way at once; 0: 65536
    size_t reply_bytes_max;        // 0: 256 MiB
    struct paddock *beside;        // share the loop of this handle: see paddock_turn; or NULL
};

// Memory: *ret is to be closed with paddock_close, which accepts NULL. On failure *ret is NULL.
// Errors: PADDOCK_BAD_ARGUMENTS (servers or chroot), PADDOCK_NO_MEMORY, PADDOCK_NO_RESOURCES. Does
// not wait for a connection: the first request does.
PADDOCK_API int paddock_open(const struct paddock_options *options, struct paddock **ret);

// End the session on the server, behind the requests that were made, waiting for its answer at most
// `timeout_ms`, and free the handle. PADDOCK_OK when there is no session any more; otherwise the
// server expires it by itself: PADDOCK_OPERATION_TIMEOUT, or what had ended the handle before.
// Requests under way end with PADDOCK_CLOSED before it returns; no callback comes after it.
// Not from a callback.
PADDOCK_API int paddock_close_within(struct paddock *zk, int timeout_ms);
PADDOCK_API void paddock_close(struct paddock *zk); // within one second

// Leave the session alive on the server, for a later handle with its id and password.
PADDOCK_API void paddock_abandon(struct paddock *zk);

// Wait until a server has accepted the session, at most `timeout_ms` (0: do not). Errors:
// PADDOCK_OPERATION_TIMEOUT, PADDOCK_SESSION_EXPIRED, PADDOCK_AUTH_FAILED; paddock_trouble then
// says what was last wrong.
PADDOCK_API int paddock_connect(struct paddock *zk, int timeout_ms);

PADDOCK_API enum paddock_state paddock_state(struct paddock *zk);

struct paddock_session_info {
    int64_t id; // 0 before the first connection
    unsigned char password[16];
    int timeout_ms;    // the one negotiated; the one asked for before that
    int64_t last_zxid; // highest seen
    char server[64];   // "10.0.0.1:2181" while connected, else ""
};
PADDOCK_API void paddock_session(struct paddock *zk, struct paddock_session_info *ret);

// For how many milliseconds from now no server can expire this session: negotiated timeout since
// the sending of the newest request that was answered. 0: it may be lost already. What is guarded
// by an ephemeral node must not be touched beyond it. In an ensemble, a follower that dies before
// it has told its leader of that request takes up to a third of the timeout off: leave a margin.
PADDOCK_API int paddock_lease_ms(struct paddock *zk);

// Why no server is reached, or what last went wrong: server, cause, remedy, in one line. "" when
// nothing did. Copied into `text`, cut at `size` bytes.
PADDOCK_API void paddock_trouble(struct paddock *zk, char *text, size_t size);

// Use another list (without chroot) from now on; a connection to a server that is not in it ends.
PADDOCK_API int paddock_set_servers(struct paddock *zk, const char *servers);

// PADDOCK_NO_THREAD only: wait for up to `timeout_ms` (0: do not; -1: until something happens) and
// run what is due, callbacks included. Handles opened `beside` one another, which belong to one
// program thread then, all have their turn in it, and in every blocking call of one of them: many
// sessions cost little more than their sockets. They may be closed in any order, but not from the
// callback of one of them, which must not make blocking calls of the others either.
PADDOCK_API void paddock_turn(struct paddock *zk, int timeout_ms);

// ---- requests, not waiting ----

// Thread: the library's. `result` is valid during the call.
typedef void paddock_done_fn(struct paddock *zk, const struct paddock_result *result, void *ctx);

// Errors: when not PADDOCK_OK, nothing was queued and `done` is not called: PADDOCK_NO_MEMORY,
// PADDOCK_BAD_ARGUMENTS, PADDOCK_TOO_BIG, PADDOCK_QUEUE_FULL, PADDOCK_CLOSED, and what ended the
// session. Otherwise `done` is called exactly once, by the deadline at the latest. NULL is legal.
PADDOCK_API int paddock_submit(struct paddock *zk, const struct paddock_op *op,
                               paddock_done_fn *done, void *ctx);

// ---- requests, waiting for the answer ----

// Returns the result's code. *ret is owned (release it with paddock_result_free), or NULL when
// there was no memory or nothing was queued; `ret` itself may be NULL.
PADDOCK_API int paddock_call(struct paddock *zk, const struct paddock_op *op,
                             struct paddock_result **ret);
PADDOCK_API void paddock_result_free(struct paddock_result *result); // NULL is legal

// The same in the most frequent forms; version -1 means any.
PADDOCK_API int paddock_create(struct paddock *zk, const char *path, struct paddock_bytes data,
                               enum paddock_mode mode, struct paddock_result **ret);
PADDOCK_API int paddock_delete(struct paddock *zk, const char *path, int32_t version);
PADDOCK_API int paddock_exists(struct paddock *zk, const char *path, struct paddock_stat *ret);
PADDOCK_API int paddock_get(struct paddock *zk, const char *path, struct paddock_result **ret);
PADDOCK_API int paddock_set(struct paddock *zk, const char *path, struct paddock_bytes data,
                            int32_t version, struct paddock_stat *ret);
PADDOCK_API int paddock_children(struct paddock *zk, const char *path, struct paddock_result **ret);
PADDOCK_API int paddock_sync(struct paddock *zk, const char *path);
PADDOCK_API int paddock_multi(struct paddock *zk, const struct paddock_op *parts, size_t part_count,
                              struct paddock_result **ret);
PADDOCK_API int paddock_add_auth(struct paddock *zk, const char *scheme,
                                 struct paddock_bytes credential);

#ifdef __cplusplus
}
#endif

#endif
