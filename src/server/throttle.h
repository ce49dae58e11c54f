// SPDX-License-Identifier: Apache-2.0
//
// Load protection beyond the outstanding limit; all of it is off by default.
//
//     connections  a token bucket at ConnectRequest, with a drop probability that grows while the
//                  bucket is empty (BLUE)
//     requests     at most request_throttle_max_requests in process; later ones wait in order
//     large ones   the bytes of large requests in process are bounded
//
// Source: BlueThrottle, RequestThrottler, ZooKeeperServer.checkRequestSize.
#ifndef PADDOCK_SERVER_THROTTLE_H
#define PADDOCK_SERVER_THROTTLE_H

#include "base/prng.h"
#include "config/config.h"
#include "server/request.h"

enum throttle_kind { THROTTLE_GLOBAL, THROTTLE_LOCAL, THROTTLE_RENEW }; // what a connection wants

struct throttled; // a request that waits

typedef void throttle_go(struct conn *c, const struct request *request);

struct throttle {
    const struct config *config;
    struct prng prng;
    // Connections.
    int64_t tokens, tokens_max, fill_count;
    int64_t filled_ms, adjusted_ms; // when tokens and the probability were last moved
    double drop;                    // probability, 0 to 1
    // Requests.
    struct throttled *first, *last;
    uint64_t waiting;
    // Large requests.
    int64_t large_bytes; // in process
};

void throttle_init(struct throttle *t, const struct config *config, uint64_t seed, int64_t now_ms);
void throttle_fini(struct throttle *t);

// May this connection open or renew a session now?
bool throttle_admit_connection(struct throttle *t, enum throttle_kind kind, int64_t now_ms);

// Hand `request` to `go` now, or keep a copy and do so later, in order, while `in_process` is at
// the limit.
void throttle_submit(struct throttle *t, uint64_t in_process, const struct request *request,
                     throttle_go *go);
// Something was answered: hand over what may go now.
void throttle_settled(struct throttle *t, const uint64_t *in_process, int64_t now_ns,
                      throttle_go *go);
// The connection closes: its waiting requests are dropped.
void throttle_drop(struct throttle *t, const struct conn *c);

// Account for a request of `bytes`: false when it is large and too many large bytes are in process.
// *ret_large is what throttle_large_done gives back, 0 for a request that is not large.
bool throttle_admit_large(struct throttle *t, size_t bytes, int32_t *ret_large);
void throttle_large_done(struct throttle *t, int32_t large);

#endif
