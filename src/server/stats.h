// SPDX-License-Identifier: Apache-2.0
//
// Numbers about the server as a whole: packets, request latency, syncs.
#ifndef PADDOCK_SERVER_STATS_H
#define PADDOCK_SERVER_STATS_H

#include <stdint.h>

struct stats {
    uint64_t packets_received;
    uint64_t packets_sent;
    uint64_t latency_count;
    int64_t latency_sum_ms;
    int64_t latency_min_ms; // of any request; 0 before the first
    int64_t latency_max_ms;
    uint64_t auth_failed;
    uint64_t sessions_expired;
    uint64_t snapshots;
    uint64_t syncs;
    int64_t sync_sum_ns;
};

struct stats *stats_new(void);
void stats_free(struct stats *s);

static inline void stats_packet_received(struct stats *s)
{
    s->packets_received++;
}

static inline void stats_packet_sent(struct stats *s)
{
    s->packets_sent++;
}

static inline void stats_auth_failed(struct stats *s)
{
    s->auth_failed++;
}

static inline void stats_session_expired(struct stats *s)
{
    s->sessions_expired++;
}

void stats_latency(struct stats *s, int32_t op, int64_t ms);
void stats_sync(struct stats *s, int64_t ns);
void stats_snapshot(struct stats *s, int64_t ns);

#endif
