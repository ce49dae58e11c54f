// SPDX-License-Identifier: Apache-2.0
//
// The choice of requests.
#include "sim/visit.h"

#include "base/assert.h"

// ---- the fixed nodes: number n of a history is path n of this list, behind the root ----

#define KEYS_OF(X) X("/s/k0") X("/s/k1") X("/s/k2") X("/s/k3") X("/s/k4") X("/s/k5")
#define PATHS(X)                                                                                   \
    X("/s")                                                                                        \
    KEYS_OF(X)                                                                                     \
    X("/s/e0")                                                                                     \
    X("/s/e1")                                                                                     \
    X("/s/e2")                                                                                     \
    X("/q")                                                                                        \
    X("/q/n-")                                                                                     \
    X("/q/e-")                                                                                     \
    X("/c")                                                                                        \
    X("/c/x0")                                                                                     \
    X("/c/x0/i")                                                                                   \
    X("/c/x1")                                                                                     \
    X("/c/x1/i")                                                                                   \
    X("/t")                                                                                        \
    X("/t/t0")                                                                                     \
    X("/t/t1")                                                                                     \
    X("/t/t0/i")                                                                                   \
    X("/g")                                                                                        \
    X("/g/a")                                                                                      \
    X("/g/b")                                                                                      \
    X("/z")                                                                                        \
    X("/z/a")                                                                                      \
    X("/z/b")                                                                                      \
    X("/z/c")                                                                                      \
    X("/z/d")                                                                                      \
    X("/z/e")                                                                                      \
    X("/z/f")                                                                                      \
    X("/zookeeper")                                                                                \
    X("/zookeeper/quota")                                                                          \
    X("/zookeeper/quota/z")                                                                        \
    X("/zookeeper/quota/z/zookeeper_limits")                                                       \
    X("/zookeeper/quota/z/zookeeper_stats")

enum {
    N_ROOT,
    N_S,
    N_KEYS,
    N_Q = N_KEYS + VISITOR_KEYS,
    N_SEQUENCE,
    N_EPHEMERAL_SEQUENCE,
    N_C,
    N_CONTAINERS, // each with its child behind it
    N_T = N_CONTAINERS + 4,
    N_TTL,
    N_TTL_CHILD = N_TTL + 2,
    N_G,
    N_GUARDED,
    N_Z = N_GUARDED + 2,
    N_QUOTA,
    N_LIMITED = N_QUOTA + 8,
    N_LIMITS,
    N_STATS,
};
enum { TTL_MS = 150, QUOTA_NODES = 6 };

void visitor_name_nodes(struct annals *h)
{
    static const char *const paths[] = {
#define X(path) path,
        PATHS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int32_t node = annals_node(h, slice_str(paths[i]));
        ASSERT(node == (int32_t)i + 1);
    }
    ASSERT(h->node_count == N_STATS + 1);
    ASSERT(h->node_count <= VISITOR_NODES_MAX);
}

static uint64_t below(struct visitor *v, uint64_t bound)
{
    return prng_below(&v->world->prng, bound);
}

static int32_t one_of(struct visitor *v, int32_t first, uint64_t count)
{
    return first + (int32_t)below(v, count);
}

static void send_one(struct visitor *v, struct annals_part p)
{
    v->send(v, p.type, &p, 1);
}

int visit_base(struct visitor *v)
{
    static const struct {
        int32_t node;
        const char *text;
    } base[] = {{N_S, ""},
                {N_Q, ""},
                {N_C, ""},
                {N_T, ""},
                {N_G, ""},
                {N_Z, ""},
                {N_LIMITED, ""},
                {N_LIMITS, "count=-1,bytes=-1=;countHardLimit=5"},
                {N_STATS, "count=0,bytes=0"}};
    int count = (int)(sizeof(base) / sizeof(base[0]));
    for (int i = 0; i < count; i++) {
        send_one(
            v, (struct annals_part){.type = OP_CREATE, .node = base[i].node, .text = base[i].text});
    }
    return count;
}

// ---- writes of shared nodes ----

// Mostly any version, else the one seen last, sometimes a wrong one.
static int32_t choose_version(struct visitor *v, int32_t node)
{
    uint64_t dice = below(v, 8);
    return dice < 5 ? -1 : v->versions[node] + (dice == 7 ? 1 : 0);
}

static bool is_ephemeral_key(int32_t node)
{
    return node >= N_KEYS + VISITOR_KEYS - VISITOR_EPHEMERALS && node < N_KEYS + VISITOR_KEYS;
}

static struct annals_part change_of(struct visitor *v, int32_t node)
{
    uint64_t dice = below(v, 10);
    struct annals_part p = {.node = node, .version = -1};
    if (dice < 4) {
        p.type = below(v, 2) == 0 ? OP_CREATE : OP_CREATE2;
        p.mode = is_ephemeral_key(node) ? CREATE_EPHEMERAL : CREATE_PERSISTENT;
    } else {
        p.type = dice < 8 ? OP_SET_DATA : OP_DELETE;
        p.version = choose_version(v, node);
    }
    p.value = p.type == OP_DELETE ? 0 : annals_new_value(v->history);
    return p;
}

static void write_key(struct visitor *v)
{
    send_one(v, change_of(v, one_of(v, N_KEYS, VISITOR_KEYS)));
}

// Two or three different keys, so that one transaction changes a node once.
static void write_multi(struct visitor *v)
{
    struct annals_part parts[3];
    size_t count = 2 + (size_t)below(v, 2);
    int32_t first = one_of(v, 0, VISITOR_KEYS);
    for (size_t i = 0; i < count; i++) {
        int32_t node = N_KEYS + (first + (int32_t)i * 2) % VISITOR_KEYS;
        parts[i] = change_of(v, node);
        if (below(v, 6) == 0) {
            parts[i] =
                (struct annals_part){.type = OP_CHECK, .node = node, .version = v->versions[node]};
        }
    }
    v->send(v, OP_MULTI, parts, count);
}

static void write_sequence(struct visitor *v)
{
    int32_t made = v->made[below(v, VISITOR_MADE_MAX)];
    if (made != 0 && below(v, 3) == 0) {
        send_one(v, (struct annals_part){.type = OP_DELETE, .node = made, .version = -1});
        return;
    }
    bool is_ephemeral = below(v, 2) == 0;
    send_one(v, (struct annals_part){.type = below(v, 2) == 0 ? OP_CREATE : OP_CREATE2,
                                     .node = is_ephemeral ? N_EPHEMERAL_SEQUENCE : N_SEQUENCE,
                                     .mode = is_ephemeral ? CREATE_EPHEMERAL_SEQUENTIAL
                                                          : CREATE_PERSISTENT_SEQUENTIAL,
                                     .value = annals_new_value(v->history)});
}

static void write_container(struct visitor *v)
{
    int32_t container = N_CONTAINERS + 2 * (int32_t)below(v, 2);
    uint64_t dice = below(v, 5);
    struct annals_part p = {.node = container, .version = -1};
    if (dice < 2) {
        p.type = OP_CREATE_CONTAINER;
        p.mode = CREATE_CONTAINER;
    } else {
        p.node = container + 1;
        p.type = dice < 4 ? OP_CREATE : OP_DELETE;
    }
    p.value = p.type == OP_DELETE ? 0 : annals_new_value(v->history);
    send_one(v, p);
}

static void write_ttl(struct visitor *v)
{
    uint64_t dice = below(v, 8);
    struct annals_part p = {.node = one_of(v, N_TTL, 2), .version = -1};
    if (dice < 4) {
        p.type = OP_CREATE_TTL;
        p.mode = CREATE_PERSISTENT_TTL;
        p.ttl_ms = TTL_MS;
    } else if (dice < 5) {
        p.type = OP_SET_DATA;
    } else {
        p.node = N_TTL_CHILD;
        p.type = dice < 6 ? OP_CREATE : OP_DELETE;
    }
    p.value = p.type == OP_DELETE ? 0 : annals_new_value(v->history);
    send_one(v, p);
}

static void write_guarded(struct visitor *v)
{
    struct annals_part p = {.node = one_of(v, N_GUARDED, 2), .version = -1};
    uint64_t dice = below(v, 10);
    if (dice < 3) {
        p.type = OP_CREATE2;
    } else if (dice < 4) {
        p.type = OP_DELETE;
    } else if (dice < 7) {
        p.type = OP_SET_DATA;
    } else {
        p.type = dice < 9 ? OP_SET_ACL : OP_GET_ACL;
    }
    p.acl = below(v, 3) == 0 ? ANNALS_ACL_WORLD : ANNALS_ACL_ALICE;
    p.value = p.type == OP_CREATE2 || p.type == OP_SET_DATA ? annals_new_value(v->history) : 0;
    send_one(v, p);
}

static void write_limited(struct visitor *v)
{
    struct annals_part p = {.node = one_of(v, N_QUOTA, QUOTA_NODES), .version = -1};
    p.type = below(v, 5) < 3 ? OP_CREATE : OP_DELETE;
    p.value = p.type == OP_CREATE ? annals_new_value(v->history) : 0;
    send_one(v, p);
}

// ---- reads and watches ----

static void read_something(struct visitor *v)
{
    static const int32_t types[] = {OP_GET_DATA, OP_GET_DATA, OP_EXISTS, OP_GET_CHILDREN2,
                                    OP_GET_CHILDREN};
    struct annals_part p = {.type = types[below(v, 5)], .node = one_of(v, N_S, VISITOR_KEYS + 1)};
    bool is_list = p.type == OP_GET_CHILDREN || p.type == OP_GET_CHILDREN2;
    if (below(v, 3) == 0) {
        p.node = one_of(v, N_Q, N_QUOTA + QUOTA_NODES - N_Q);
    } else if (is_list) {
        p.node = N_S;
    }
    p.watch = p.node < N_Q && below(v, 2) == 0;
    if (v->history->may_be_stale && below(v, 3) == 0) {
        send_one(v, (struct annals_part){.type = OP_SYNC, .node = N_ROOT, .version = -1});
    }
    send_one(v, p);
}

static void read_many(struct visitor *v)
{
    struct annals_part parts[3];
    for (size_t i = 0; i < 3; i++) {
        parts[i] =
            (struct annals_part){.type = OP_GET_DATA, .node = one_of(v, N_KEYS, VISITOR_KEYS)};
    }
    v->send(v, OP_MULTI_READ, parts, 3);
}

static void watch_something(struct visitor *v)
{
    struct annals_part p = {.node = one_of(v, N_S, VISITOR_KEYS + 1)};
    if (below(v, 2) == 0) {
        p.type = OP_ADD_WATCH;
        p.mode = below(v, 2) == 0 ? ADD_WATCH_PERSISTENT : ADD_WATCH_RECURSIVE;
    } else {
        p.type = OP_REMOVE_WATCHES;
        p.mode = 1 + (int32_t)below(v, 5);
    }
    send_one(v, p);
}

static void ask_about_session(struct visitor *v)
{
    uint64_t dice = below(v, 12);
    struct annals_part p = {.node = N_ROOT, .version = -1};
    p.type = dice < 5 ? OP_SYNC : dice < 11 ? OP_GET_EPHEMERALS : OP_CLOSE_SESSION;
    if (p.type == OP_CLOSE_SESSION) {
        v->is_closing = true; // nothing is sent behind it
    }
    send_one(v, p);
}

void visit(struct visitor *v)
{
    static const struct {
        uint64_t weight;
        void (*send)(struct visitor *v);
    } choices[] = {{26, write_key},      {12, write_multi},     {22, read_something},
                   {6, read_many},       {5, write_sequence},   {5, write_container},
                   {5, write_ttl},       {7, write_guarded},    {6, write_limited},
                   {4, watch_something}, {2, ask_about_session}};
    uint64_t dice = below(v, 100);
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        if (dice < choices[i].weight) {
            choices[i].send(v);
            return;
        }
        dice -= choices[i].weight;
    }
}
