// SPDX-License-Identifier: Apache-2.0
//
// A client's connection: bytes in, frames out to dispatch, replies gathered and sent at the end of
// the turn. It outlives no session and no session outlives it: a session may come back on another.
//
//     greeting ──ConnectRequest──► connecting ──session is there──► open ──► closing ──► closed
//        └─────four-letter word───────────────────────────────────────────────►┘
//
// greeting    the first four bytes decide: a four-letter word, or the length of a ConnectRequest
// connecting  nothing is read until createSession is committed; or, when the session comes back,
//             until the writes of its earlier connections are settled
// open        frames go to dispatch
// closing     nothing is read; what was written still goes out, then it is closed
// closed      the socket is gone; the memory stays until its writes in flight are settled
//
// Order: replies leave in the order of the requests. A read waits behind the connection's own
// writes in flight (deferred); nothing waits for other connections. Bounds: input holds at most one
// frame and one read; output above LIMIT_CONN_OUT_BYTES and requests above globalOutstandingLimit
// stop the reading.
#ifndef PADDOCK_SERVER_CONN_H
#define PADDOCK_SERVER_CONN_H

#include "base/buf.h"
#include "base/list.h"
#include "port/stream.h"
#include "server/expiry.h"
#include "server/ids.h"
#include "server/request.h"
#include "tree/watch.h"

struct server;
struct session;
struct session;
struct peer_count;

enum conn_state { CONN_GREETING, CONN_CONNECTING, CONN_OPEN, CONN_CLOSING, CONN_CLOSED };

// What `cons` prints.
struct conn_stats {
    int64_t received, sent; // packets
    int64_t opened_wall_ms;
    int64_t last_response_ms; // monotonic
    int64_t last_latency_ms, min_latency_ms, max_latency_ms, sum_latency_ms, latency_count;
    int64_t last_zxid;   // of the last reply
    int64_t last_cxid;   // -1 before the first request
    const char *last_op; // "NA" before the first
};

struct deferred; // a read that waits

struct conn {
    struct server *server;
    struct port_stream *stream; // NULL when closed
    struct list link;           // of the server's connections
    struct list dirty;          // of those with output, until the end of the turn
    struct list resumable;      // of those to be read again, or of those throttled
    struct watcher watcher;
    struct expiry_item idle;
    struct ids ids;
    struct peer_count *peer; // connections of the same address
    enum conn_state state;
    bool is_paused;          // the stream delivers nothing
    bool is_throttled;       // paused because too much is in flight
    bool is_leaving;         // its closeSession waits in the throttle
    bool is_old_client;      // its ConnectRequest had no readOnly byte
    struct session *session; // served by this connection; NULL before and after
    int64_t session_id;      // 0 before the session is there
    int32_t timeout_ms;
    struct buf in;         // a frame that is not complete, or waits
    struct buf out;        // replies not sent yet
    size_t out_sent;       // bytes of `out` that left already
    uint32_t writes_begun; // of this connection, since it opened
    uint32_t writes_done;
    struct deferred *deferred_first, *deferred_last;
    uint32_t waiting_count; // requests deferred, or held by the throttle
    struct conn_stats stats;
};

// A new stream; the connection takes it.
void conn_open(struct server *s, struct port_stream *stream);

// Close at once; queued output is lost. The connection may be freed at the end of the turn.
void conn_close(struct conn *c, const char *reason);
// Stop reading, send what is queued, close.
void conn_close_flushed(struct conn *c, const char *reason);

// Memory for a request of this connection ran out: close, so that the client comes back and asks
// again. Sizes that clients choose never end the server.
void conn_no_memory(struct conn *c);
// Close it for bytes that are not what they should be; `what` is for the log.
void conn_malformed(struct conn *c, const char *what);

// The session is there: read on. (From `connecting`.)
void conn_connected(struct conn *c);

// Stop reading until conn_resume; frames already received wait too.
void conn_throttle(struct conn *c);
void conn_resume(struct conn *c); // at the end of the turn

// The buffer for replies and events; marks the connection for sending.
struct buf *conn_out(struct conn *c);

// A write of this connection begins, or is settled. The last settled write of a closed connection
// frees it; deferred reads behind it run.
void conn_write_begun(struct conn *c);
void conn_write_done(struct conn *c);

// Queue a request behind the writes in flight; copies its body, or closes without memory for it.
void conn_defer(struct conn *c, const struct request *request);
static inline bool conn_has_writes(const struct conn *c)
{
    return c->writes_begun != c->writes_done;
}
static inline uint32_t conn_outstanding(const struct conn *c)
{
    return c->writes_begun - c->writes_done + c->waiting_count;
}

// Account for a reply. `op` is a name of op_last_name.
void conn_replied(struct conn *c, const struct request *request, int64_t zxid, const char *op);

// End of the turn: send; and free what was closed.
void conn_flush(struct conn *c);
void conn_free(struct conn *c);

#endif
