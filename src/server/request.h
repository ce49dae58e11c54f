// SPDX-License-Identifier: Apache-2.0
//
// A request as the core sees it: who asks, for what, in which bytes. The bytes are borrowed from
// the connection's input and are valid while the request is being handled, not longer.
#ifndef PADDOCK_SERVER_REQUEST_H
#define PADDOCK_SERVER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "server/ids.h"

struct conn;

struct request {
    struct conn *conn;     // that gets the answer; NULL for the server's own requests
    const struct ids *ids; // of the connection; NULL for the server's own
    int64_t session_id;
    int32_t xid;
    int32_t type;        // enum zk_op, or anything
    struct slice body;   // behind the request header
    int64_t arrived_ns;  // monotonic
    int32_t large_bytes; // counted by throttle_admit_large; 0: not large
    uint64_t link;       // a learner's, which forwarded it; 0: asked for here
    bool is_throttled;   // waited too long: to be answered ThrottledOp
};

#endif
