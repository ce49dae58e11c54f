// SPDX-License-Identifier: Apache-2.0
//
// Numbers about the server as a whole: what `stat`, `srvr` and `mntr` print. The counters and
// summaries are rows of metrics.def; where something happens, one inline call adds to them:
//
//     stats_count(s->stats, STATS_CONNECTION_REJECTED, 1);
//     stats_add(s->stats, STATS_FSYNCTIME, ms);
//
// What it is not: it knows nobody's state. Gauges (connections, nodes, watches) are asked for when
// they are printed. Source: ServerStats, ServerMetrics.
#ifndef PADDOCK_SERVER_STATS_H
#define PADDOCK_SERVER_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/slice.h"
#include "server/summary.h"

enum stats_counter {
#define COUNTER(id, ...) STATS_##id,
#include "server/metrics.def"
    STATS_COUNTER_COUNT,
};

enum stats_summary {
#define SUMMARY(id, ...) STATS_##id,
#include "server/metrics.def"
    STATS_SUMMARY_COUNT,
};

// Sets of summaries by the first name of a path, or by the id of a learner.
enum stats_namespaces {
    STATS_WRITE_PER_NAMESPACE,
    STATS_READ_PER_NAMESPACE,
    STATS_QUOTA_EXCEEDED_PER_NAMESPACE, // refused by a hard quota; only the count is told
    STATS_LEARNER_QUEUE_SIZE,           // proposals
    STATS_LEARNER_QUEUE_TIME,           // ms
    STATS_NAMESPACES_COUNT
};
enum { STATS_NAMESPACES_MAX = 1000 }; // of one set; further namespaces are not counted

struct stats_namespace {
    struct hmap_link link;
    struct summary summary;
    size_t name_len;
    char name[];
};

// In bytes; -1 before the first. Source: BufferStats.
struct stats_sizes {
    int64_t last, min, max;
};

struct stats {
    // Since the start, or since srst.
    uint64_t packets_received;
    uint64_t packets_sent;
    struct summary latency; // ms from arrival to answer, of every request
    struct stats_sizes responses;
    struct stats_sizes proposals; // of a leader, since it leads
    uint64_t counters[STATS_COUNTER_COUNT];
    struct summary summaries[STATS_SUMMARY_COUNT];
    struct hmap namespaces[STATS_NAMESPACES_COUNT];
    struct stats_namespace *recent[STATS_NAMESPACES_COUNT]; // of the last path; NULL before it
    uint64_t hash_seed;

    uint64_t auth_failed; // since the start
    int64_t trace_mask;   // what gtmk and stmk speak of; nothing depends on it
};

struct stats *stats_new(uint64_t hash_seed); // keys the tables of namespaces
void stats_free(struct stats *s);
void stats_reset(struct stats *s); // srst
void stats_lead(struct stats *s);  // the server begins to lead

static inline void stats_count(struct stats *s, enum stats_counter id, uint64_t n)
{
    s->counters[id] += n;
}

static inline void stats_add(struct stats *s, enum stats_summary id, int64_t value)
{
    summary_add(&s->summaries[id], value);
}

// A frame or word came in.
static inline void stats_packet_received(struct stats *s)
{
    s->packets_received++;
}

// The log was synced, or a snapshot written, in `ns`.
static inline void stats_sync(struct stats *s, int64_t ns)
{
    stats_add(s, STATS_FSYNCTIME, ns / 1000000);
}

static inline void stats_snapshot(struct stats *s, int64_t ns)
{
    stats_add(s, STATS_SNAPSHOTTIME, ns / 1000000);
}

static inline void stats_session_expired(struct stats *s)
{
    stats_count(s, STATS_STALE_SESSIONS_EXPIRED, 1);
}

static inline void stats_packet_sent(struct stats *s)
{
    s->packets_sent++;
}

static inline void stats_sizes_add(struct stats_sizes *sizes, int64_t bytes)
{
    bool is_first = sizes->last < 0;
    sizes->last = bytes;
    sizes->min = is_first || bytes < sizes->min ? bytes : sizes->min;
    sizes->max = bytes > sizes->max ? bytes : sizes->max;
}

// A reply to a request (not an event) of `bytes` without its length field.
static inline void stats_response(struct stats *s, int64_t bytes)
{
    stats_sizes_add(&s->responses, bytes);
    s->counters[STATS_RESPONSE_BYTES] += (uint64_t)bytes;
}

// A leader proposes a transaction of `bytes`.
static inline void stats_proposal(struct stats *s, int64_t bytes)
{
    stats_sizes_add(&s->proposals, bytes);
    s->counters[STATS_PROPOSAL_COUNT]++;
}

static inline void stats_auth_failed(struct stats *s)
{
    s->auth_failed++;
}

// A request of type `op` was answered `ms` after it came.
void stats_latency(struct stats *s, int32_t op, int64_t ms);

// `bytes` of data were read from or written to `path`, which counts with its own length.
// Source: DataTree.updateReadStat, updateWriteStat.
void stats_path(struct stats *s, enum stats_namespaces set, struct slice path, int64_t bytes);

// To the summary of this name, while a set has room for it.
void stats_named(struct stats *s, enum stats_namespaces set, struct slice name, int64_t value);

// Call `each` for every namespace of a set, in no stated order.
void stats_namespaces_each(const struct stats *s, enum stats_namespaces set,
                           void (*each)(void *ctx, struct slice name, const struct summary *m),
                           void *ctx);

// Names as mntr prints them behind "zk_".
const char *stats_counter_name(enum stats_counter id);
const char *stats_summary_name(enum stats_summary id);
bool stats_has_percentiles(enum stats_summary id);

#endif
