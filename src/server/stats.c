// SPDX-License-Identifier: Apache-2.0
//
// The slow parts of the statistics, and the two tables that name them.
#include "server/stats.h"

#include <assert.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"
#include "jute/op.h"

enum { TRACE_MASK_DEFAULT = 306 }; // Source: ZooTrace.traceMask

enum detail { BASIC, ADVANCED };

static const char *const counter_names[] = {
#define COUNTER(id, name, help) (name),
#include "server/metrics.def"
};

static const struct {
    const char *name;
    enum detail detail;
} summary_rows[] = {
#define SUMMARY(id, name, detail, help) {(name), (detail)},
#include "server/metrics.def"
};

// ---- life cycle ----

static void forget_namespaces(struct stats *s)
{
    for (size_t i = 0; i < STATS_NAMESPACES_COUNT; i++) {
        struct hmap *m = &s->namespaces[i];
        struct hmap_link *next;
        for (struct hmap_link *l = hmap_any(m); l != NULL; l = next) {
            next = hmap_after(m, l);
            struct stats_namespace *n = CONTAINER_OF(l, struct stats_namespace, link);
            mem_free(n->summary.buckets);
            mem_free(n);
        }
        hmap_fini(m);
        hmap_init(m);
        s->recent[i] = NULL;
    }
}

struct stats *stats_new(uint64_t hash_seed)
{
    struct stats *s = mem_zalloc(sizeof *s);
    for (size_t i = 0; i < STATS_SUMMARY_COUNT; i++) {
        if (summary_rows[i].detail == ADVANCED) {
            s->summaries[i].buckets = mem_zalloc(SUMMARY_BUCKETS * sizeof(uint32_t));
        }
    }
    for (size_t i = 0; i < STATS_NAMESPACES_COUNT; i++) {
        hmap_init(&s->namespaces[i]);
    }
    s->hash_seed = hash_seed;
    s->trace_mask = TRACE_MASK_DEFAULT;
    stats_reset(s);
    return s;
}

void stats_free(struct stats *s)
{
    if (s == NULL) {
        return;
    }
    forget_namespaces(s);
    for (size_t i = 0; i < STATS_NAMESPACES_COUNT; i++) {
        hmap_fini(&s->namespaces[i]);
    }
    for (size_t i = 0; i < STATS_SUMMARY_COUNT; i++) {
        mem_free(s->summaries[i].buckets);
    }
    mem_free(s);
}

void stats_reset(struct stats *s)
{
    s->packets_received = 0;
    s->packets_sent = 0;
    summary_reset(&s->latency);
    s->responses = (struct stats_sizes){-1, -1, -1};
    s->proposals = (struct stats_sizes){-1, -1, -1};
    memset(s->counters, 0, sizeof s->counters);
    for (size_t i = 0; i < STATS_SUMMARY_COUNT; i++) {
        summary_reset(&s->summaries[i]);
    }
    forget_namespaces(s);
}

void stats_lead(struct stats *s)
{
    s->proposals = (struct stats_sizes){-1, -1, -1};
}

// ---- requests ----

enum { OP_LOWEST = OP_CLOSE_SESSION, OP_HIGHEST = OP_WHO_AM_I };

// Counters by operation; 0 (which is no op_count_) where there is none.
static const uint8_t op_counters[OP_HIGHEST - OP_LOWEST + 1] = {
#define AT(op, counter) [OP_##op - OP_LOWEST] = STATS_OP_COUNT_##counter
    AT(CREATE, CREATE),
    AT(CREATE2, CREATE),
    AT(CREATE_CONTAINER, CREATE),
    AT(CREATE_TTL, CREATE),
    AT(DELETE, DELETE),
    AT(DELETE_CONTAINER, DELETE),
    AT(EXISTS, EXISTS),
    AT(GET_DATA, GET_DATA),
    AT(SET_DATA, SET_DATA),
    AT(GET_ACL, GET_ACL),
    AT(SET_ACL, SET_ACL),
    AT(GET_CHILDREN, GET_CHILDREN),
    AT(GET_CHILDREN2, GET_CHILDREN),
    AT(SYNC, SYNC),
    AT(PING, PING),
    AT(CHECK, CHECK),
    AT(MULTI, MULTI),
    AT(MULTI_READ, MULTI_READ),
    AT(RECONFIG, RECONFIG),
    AT(CHECK_WATCHES, CHECK_WATCHES),
    AT(REMOVE_WATCHES, REMOVE_WATCHES),
    AT(SET_WATCHES, SET_WATCHES),
    AT(SET_WATCHES2, SET_WATCHES),
    AT(GET_EPHEMERALS, GET_EPHEMERALS),
    AT(GET_ALL_CHILDREN_NUMBER, GET_ALL_CHILDREN_NUMBER),
    AT(ADD_WATCH, ADD_WATCH),
    AT(WHO_AM_I, WHO_AM_I),
    AT(CREATE_SESSION, CREATE_SESSION),
    AT(CLOSE_SESSION, CLOSE_SESSION),
#undef AT
};
static_assert(STATS_COUNTER_COUNT <= UINT8_MAX, "op_counters holds bytes");
static_assert(STATS_CONNECTION_REQUEST_COUNT == 0, "0 means none in op_counters");

void stats_latency(struct stats *s, int32_t op, int64_t ms)
{
    summary_add(&s->latency, ms);
    bool is_txn = op_kind(op) == OP_KIND_WRITE || op == OP_CREATE_SESSION;
    stats_add(s, is_txn ? STATS_UPDATELATENCY : STATS_READLATENCY, ms);
    s->counters[STATS_OP_COUNT_TOTAL]++;
    if (op >= OP_LOWEST && op <= OP_HIGHEST && op_counters[op - OP_LOWEST] != 0) {
        s->counters[op_counters[op - OP_LOWEST]]++;
    }
}

// ---- namespaces ----

// The first name of a path; empty for the root. Source: PathUtils.getTopNamespace.
static struct slice top_name(struct slice path)
{
    if (path.len < 2) {
        return slice_of("", 0);
    }
    struct slice rest = slice_skip(path, 1);
    const uint8_t *end = memchr(rest.data, '/', rest.len);
    return slice_of(rest.data, end != NULL ? (size_t)(end - rest.data) : rest.len);
}

static bool is_named(const struct stats_namespace *n, struct slice name)
{
    return n->name_len == name.len && memcmp(n->name, name.data, name.len) == 0;
}

// Find or make; NULL when there are too many.
static struct stats_namespace *enter(struct stats *s, enum stats_namespaces set, struct slice name)
{
    struct hmap *m = &s->namespaces[set];
    uint32_t hash = (uint32_t)hash_keyed(s->hash_seed, name);
    for (struct hmap_link *l = hmap_first(m, hash); l != NULL; l = hmap_next(l, hash)) {
        struct stats_namespace *n = CONTAINER_OF(l, struct stats_namespace, link);
        if (is_named(n, name)) {
            return n;
        }
    }
    if (m->count >= STATS_NAMESPACES_MAX) {
        return NULL;
    }
    struct stats_namespace *n = mem_zalloc(sizeof *n + name.len);
    if (set == STATS_LEARNER_QUEUE_TIME) { // ADVANCED, as Java's
        n->summary.buckets = mem_zalloc(SUMMARY_BUCKETS * sizeof(uint32_t));
    }
    n->name_len = name.len;
    memcpy(n->name, name.data, name.len);
    hmap_insert(m, &n->link, hash);
    return n;
}

void stats_path(struct stats *s, enum stats_namespaces set, struct slice path, int64_t bytes)
{
    struct slice name = top_name(path);
    if (name.len == 0) {
        return;
    }
    struct stats_namespace *n = s->recent[set];
    if (n == NULL || !is_named(n, name)) {
        n = enter(s, set, name);
        if (n == NULL) {
            return;
        }
        s->recent[set] = n;
    }
    summary_add(&n->summary, (int64_t)path.len + bytes);
}

void stats_named(struct stats *s, enum stats_namespaces set, struct slice name, int64_t value)
{
    struct stats_namespace *n = enter(s, set, name);
    if (n != NULL) {
        summary_add(&n->summary, value);
    }
}

void stats_namespaces_each(const struct stats *s, enum stats_namespaces set,
                           void (*each)(void *ctx, struct slice name, const struct summary *m),
                           void *ctx)
{
    const struct hmap *m = &s->namespaces[set];
    for (struct hmap_link *l = hmap_any(m); l != NULL; l = hmap_after(m, l)) {
        const struct stats_namespace *n = CONTAINER_OF(l, struct stats_namespace, link);
        each(ctx, slice_of(n->name, n->name_len), &n->summary);
    }
}

// ---- names ----

const char *stats_counter_name(enum stats_counter id)
{
    ASSERT((unsigned)id < STATS_COUNTER_COUNT);
    return counter_names[id];
}

const char *stats_summary_name(enum stats_summary id)
{
    ASSERT((unsigned)id < STATS_SUMMARY_COUNT);
    return summary_rows[id].name;
}

bool stats_has_percentiles(enum stats_summary id)
{
    ASSERT((unsigned)id < STATS_SUMMARY_COUNT);
    return summary_rows[id].detail == ADVANCED;
}
