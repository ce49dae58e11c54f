// SPDX-License-Identifier: Apache-2.0
//
// Numbers about the server as a whole.
#include "server/stats.h"

#include "base/mem.h"

struct stats *stats_new(void)
{
    return mem_zalloc(sizeof(struct stats));
}

void stats_free(struct stats *s)
{
    mem_free(s);
}

void stats_latency(struct stats *s, int32_t op, int64_t ms)
{
    (void)op;
    if (s->latency_count == 0 || ms < s->latency_min_ms) {
        s->latency_min_ms = ms;
    }
    if (ms > s->latency_max_ms) {
        s->latency_max_ms = ms;
    }
    s->latency_sum_ms += ms;
    s->latency_count++;
}

void stats_sync(struct stats *s, int64_t ns)
{
    s->syncs++;
    s->sync_sum_ns += ns;
}

void stats_snapshot(struct stats *s, int64_t ns)
{
    (void)ns;
    s->snapshots++;
}
