// SPDX-License-Identifier: Apache-2.0
//
// Load protection.
#include "server/throttle.h"

#include "base/assert.h"
#include "base/mark.h"
#include "base/mem.h"
#include "jute/op.h"
#include "server/server_priv.h"

struct throttled {
    struct throttled *next;
    struct request request; // body behind the struct
    uint8_t body[];
};

void throttle_init(struct throttle *t, const struct config *config, uint64_t seed, int64_t now_ms)
{
    int64_t weight = config->connection_throttle_weight_enabled
                         ? config->connection_throttle_global_session_weight
                         : 1;
    *t = (struct throttle){
        .config = config,
        .tokens = weight * config->connection_throttle_tokens,
        .tokens_max = weight * config->connection_throttle_tokens,
        .fill_count = weight * config->connection_throttle_fill_count,
        .filled_ms = now_ms,
        .adjusted_ms = now_ms,
    };
    prng_init(&t->prng, seed);
}

void throttle_fini(struct throttle *t)
{
    while (t->first != NULL) {
        struct throttled *next = t->first->next;
        mem_free(t->first);
        t->first = next;
    }
    t->last = NULL;
    t->waiting = 0;
}

// ---- connections ----

static int64_t tokens_needed(const struct throttle *t, enum throttle_kind kind)
{
    const struct config *cfg = t->config;
    if (!cfg->connection_throttle_weight_enabled) {
        return 1;
    }
    int32_t least = cfg->connection_throttle_local_session_weight;
    int32_t weight = kind == THROTTLE_GLOBAL  ? cfg->connection_throttle_global_session_weight
                     : kind == THROTTLE_LOCAL ? least
                                              : cfg->connection_throttle_renew_session_weight;
    return weight < least ? least : weight;
}

static void refill(struct throttle *t, int64_t now_ms)
{
    int64_t interval_ms = t->config->connection_throttle_fill_time_ms;
    int64_t passed_ms = now_ms - t->filled_ms;
    if (passed_ms <= interval_ms) {
        return;
    }
    int64_t per_ms = interval_ms > 0 ? interval_ms : 1;
    double gained = (double)passed_ms * (double)t->fill_count / (double)per_ms;
    int64_t room = t->tokens_max - t->tokens;
    t->tokens += gained < (double)room ? (int64_t)gained : room;
    t->filled_ms = now_ms;
}

// The probability rises by a step while the bucket is empty and falls while it is nearly full.
static void adjust_drop(struct throttle *t, int64_t now_ms)
{
    const struct config *cfg = t->config;
    if (now_ms - t->adjusted_ms <= cfg->connection_throttle_freeze_time_ms) {
        return;
    }
    double threshold = (double)t->tokens_max * cfg->connection_throttle_decrease_ratio + 0.5;
    int64_t deficit = t->tokens_max - t->tokens;
    if (deficit == t->tokens_max && t->drop < 1) {
        t->drop += cfg->connection_throttle_drop_increase;
    } else if (deficit <= (int64_t)threshold && t->drop > 0) {
        t->drop -= cfg->connection_throttle_drop_decrease;
    }
    t->drop = t->drop > 1 ? 1 : t->drop < 0 ? 0 : t->drop;
    t->adjusted_ms = now_ms;
}

static bool is_drawn(struct throttle *t)
{
    const uint64_t scale = UINT64_C(1) << 53;
    return (double)prng_below(&t->prng, scale) / (double)scale < t->drop;
}

bool throttle_admit_connection(struct throttle *t, enum throttle_kind kind, int64_t now_ms)
{
    if (t->tokens_max == 0) {
        return true;
    }
    refill(t, now_ms);
    if (t->config->connection_throttle_freeze_time_ms != -1) {
        adjust_drop(t, now_ms);
        if (is_drawn(t)) {
            return false;
        }
    }
    int64_t needed = tokens_needed(t, kind);
    if (t->tokens < needed) {
        return false;
    }
    t->tokens -= needed;
    return true;
}

// ---- requests ----

static bool is_full(const struct throttle *t, uint64_t in_process)
{
    int32_t max = t->config->request_throttle_max_requests;
    return max > 0 && in_process >= (uint64_t)max;
}

void throttle_submit(struct throttle *t, uint64_t in_process, const struct request *request,
                     throttle_go *go)
{
    if (t->first == NULL && !is_full(t, in_process)) {
        go(request->conn, request);
        return;
    }
    struct throttled *w = mem_try_alloc(sizeof(*w) + request->body.len);
    if (w == NULL) {
        throttle_large_done(t, request->large_bytes);
        conn_no_memory(request->conn);
        return;
    }
    w->next = NULL;
    w->request = *request;
    if (request->body.len > 0) {
        memcpy(w->body, request->body.data, request->body.len);
    }
    w->request.body = slice_of(w->body, request->body.len);
    if (t->last != NULL) {
        t->last->next = w;
    } else {
        t->first = w;
    }
    t->last = w;
    t->waiting++;
    MARK("request waits in the throttle");
    request->conn->waiting_count++;
}

static struct throttled *take_first(struct throttle *t)
{
    struct throttled *w = t->first;
    t->first = w->next;
    if (t->first == NULL) {
        t->last = NULL;
    }
    t->waiting--;
    w->request.conn->waiting_count--;
    return w;
}

// A request that waited too long is refused instead of worked on.
static bool has_waited_too_long(const struct throttle *t, const struct request *request,
                                int64_t now_ns)
{
    int32_t limit_ms = t->config->throttled_op_wait_time_ms;
    bool is_exempt = request->type == OP_PING || request->type == OP_CLOSE_SESSION;
    return limit_ms > 0 && !is_exempt && (now_ns - request->arrived_ns) / 1000000 > limit_ms;
}

// Its client has given the session up by now. A close outlives its session. Source:
// Request.isStale.
static bool is_stale(const struct throttle *t, const struct request *request, int64_t now_ns)
{
    const struct config *cfg = t->config;
    return request->type != OP_CLOSE_SESSION && cfg->request_throttle_drop_stale &&
           cfg->request_stale_latency_check &&
           (now_ns - request->arrived_ns) / 1000000 > request->conn->timeout_ms;
}

void throttle_settled(struct throttle *t, const uint64_t *in_process, int64_t now_ns,
                      throttle_go *go)
{
    while (t->first != NULL && !is_full(t, *in_process)) {
        struct throttled *w = take_first(t);
        w->request.is_throttled = has_waited_too_long(t, &w->request, now_ns);
        if (is_stale(t, &w->request, now_ns)) {
            MARK("stale request is dropped");
            stats_count(w->request.conn->server->stats, STATS_STALE_REQUESTS, 1);
            stats_count(w->request.conn->server->stats, STATS_STALE_REQUESTS_DROPPED, 1);
            throttle_large_done(t, w->request.large_bytes);
            conn_close(w->request.conn, "a request waited longer than the session timeout");
        } else if (w->request.conn->state == CONN_OPEN) {
            go(w->request.conn, &w->request);
        } else {
            throttle_large_done(t, w->request.large_bytes);
        }
        mem_free(w);
    }
}

void throttle_drop(struct throttle *t, const struct conn *c)
{
    struct throttled **at = &t->first;
    struct throttled *last = NULL;
    while (*at != NULL) {
        struct throttled *w = *at;
        if (w->request.conn != c) {
            last = w;
            at = &w->next;
            continue;
        }
        *at = w->next;
        t->waiting--;
        w->request.conn->waiting_count--;
        throttle_large_done(t, w->request.large_bytes);
        mem_free(w);
    }
    t->last = last;
}

// ---- large requests ----

bool throttle_admit_large(struct throttle *t, size_t bytes, int32_t *ret_large)
{
    *ret_large = 0;
    int32_t threshold = t->config->large_request_threshold;
    if (threshold <= 0 || bytes <= (size_t)threshold) {
        return true;
    }
    if (t->large_bytes + (int64_t)bytes > t->config->large_request_max_bytes) {
        MARK("large requests are too many");
        return false;
    }
    t->large_bytes += (int64_t)bytes;
    *ret_large = (int32_t)bytes;
    return true;
}

void throttle_large_done(struct throttle *t, int32_t large)
{
    ASSERT(t->large_bytes >= large);
    t->large_bytes -= large;
}
