// SPDX-License-Identifier: Apache-2.0
//
// Connections: framing, the output of a turn, and the order of replies.
#include "server/conn.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "server/server_priv.h"
#include "server/word.h"

enum {
    LENGTH_BYTES = 4,
    OUT_CLOSE_FACTOR = 4, // output beyond this many limits closes: nobody reads it
};

// A request that waits until the writes before it are settled.
struct deferred {
    struct deferred *next;
    uint32_t after; // writes_done that lets it run
    struct request request;
    uint8_t body[];
};

// ---- opening ----

static void on_bytes(struct port_stream *stream, struct slice bytes);
static void on_end(struct port_stream *stream, enum err reason);
static void on_writable(struct port_stream *stream);

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

static void log_refused(struct server *s, const struct port_stream *stream, const char *limit)
{
    stats_count(s->stats, STATS_CONNECTION_REJECTED, 1);
    struct log_line l;
    if (log_begin(&l, s->log, EVENT_CONNECTION_REFUSED)) {
        struct buf text = {0};
        ids_print_address(&stream->peer, &text);
        log_slice(&l, "address", buf_slice(&text));
        log_str(&l, "limit", limit);
        log_end(&l);
        buf_fini(&text);
    }
}

// Count the new connection against the limits; NULL when one is reached.
static struct peer_count *admit(struct server *s, const struct port_stream *stream)
{
    const struct config *cfg = s->config;
    if (cfg->max_cnxns > 0 && s->conn_count >= (uint64_t)cfg->max_cnxns) {
        log_refused(s, stream, "maxCnxns");
        return NULL;
    }
    struct peer_count *peer =
        peers_enter(&s->peers, &stream->peer, (uint32_t)cfg->max_client_cnxns);
    if (peer == NULL) {
        log_refused(s, stream, "maxClientCnxns");
    }
    return peer;
}

static void touch_idle(struct conn *c)
{
    struct server *s = c->server;
    int64_t timeout_ms =
        c->session_id != 0 ? c->timeout_ms : s->config->sessionless_cnxn_timeout_ms;
    expiry_touch(&s->idle, &c->idle, server_now_ms(s), timeout_ms);
}

void conn_open(struct server *s, struct port_stream *stream)
{
    bool is_going_on = s->state != SERVER_DRAINING && s->state != SERVER_STOPPED;
    struct peer_count *peer = is_going_on ? admit(s, stream) : NULL;
    if (peer == NULL) {
        stream->close(stream);
        return;
    }
    struct conn *c = mem_zalloc(sizeof(*c));
    c->server = s;
    c->stream = stream;
    c->peer = peer;
    c->stats.last_cxid = -1;
    c->stats.last_op = "NA";
    c->stats.opened_wall_ms = clock_wall_ms(s->options.clock);
    list_push_back(&s->conns, &c->link);
    list_init(&c->dirty);
    list_init(&c->resumable);
    watcher_init(&c->watcher);
    expiry_item_init(&c->idle);
    struct buf address = {0};
    ids_print_address(&stream->peer, &address);
    ids_add(&c->ids, slice_str("ip"), buf_slice(&address));
    trace(server_trace(s), "connection from %s", buf_cstr(&address));
    log_event_str(s->log, EVENT_CONNECTION_OPENED, "from", buf_cstr(&address));
    buf_fini(&address);
    s->conn_count++;
    stream->handler = &handler;
    stream->owner = c;
    touch_idle(c);
    stream->start(stream);
}

// ---- closing ----

static void drop_deferred(struct conn *c)
{
    while (c->deferred_first != NULL) {
        struct deferred *next = c->deferred_first->next;
        throttle_large_done(&c->server->throttle, c->deferred_first->request.large_bytes);
        mem_free(c->deferred_first);
        c->deferred_first = next;
        c->waiting_count--;
        c->server->in_process--;
    }
    c->deferred_last = NULL;
}

// Nobody needs to know the session here any more: it is closed and local, or a leader keeps it and
// its client has not asked for its end.
static bool is_forgotten(const struct conn *c, const struct session *session)
{
    bool is_learning = c->server->pipeline.mode == PIPELINE_LEARNING;
    return session->is_local ? session->is_closing : is_learning && !c->is_leaving;
}

// A close outlives its connection: in the throttle it is dropped like everything, but the session
// ends with the next tick. Source: Request.isStale.
static void leave_session(struct conn *c)
{
    struct server *s = c->server;
    struct session *session = c->session;
    if (session == NULL) {
        return;
    }
    if (c->is_leaving) {
        sessions_end(&s->sessions, session, server_now_ms(s));
    }
    session->conn = NULL;
    c->session = NULL;
    if (is_forgotten(c, session)) {
        sessions_remove(&s->sessions, session->id);
    }
}

static void log_closed(const struct conn *c, const char *reason)
{
    trace(server_trace(c->server), "connection of session 0x%llx closed: %s",
          (unsigned long long)c->session_id, reason);
    struct log_line l;
    if (log_begin(&l, c->server->log, EVENT_CONNECTION_CLOSED)) {
        log_hex(&l, "session", c->session_id);
        log_str(&l, "reason", reason);
        log_end(&l);
    }
}

// A closed connection is freed at the end of the turn once nothing in flight names it.
static void bury(struct conn *c)
{
    struct server *s = c->server;
    list_remove(&c->link);
    list_push_back(conn_has_writes(c) ? &s->orphans : &s->graveyard, &c->link);
}

void conn_close(struct conn *c, const char *reason)
{
    struct server *s = c->server;
    if (c->state == CONN_CLOSED) {
        return;
    }
    log_closed(c, reason);
    leave_session(c);
    c->state = CONN_CLOSED;
    c->stream->close(c->stream);
    c->stream = NULL;
    peers_leave(&s->peers, c->peer);
    s->conn_count--;
    expiry_remove(&s->idle, &c->idle);
    watches_drop_watcher(s->watches, &c->watcher);
    throttle_drop(&s->throttle, c);
    drop_deferred(c);
    list_remove(&c->dirty);
    list_remove(&c->resumable);
    buf_fini(&c->in);
    buf_fini(&c->out);
    ids_fini(&c->ids);
    bury(c);
}

void conn_free(struct conn *c)
{
    ASSERT(c->state == CONN_CLOSED && !conn_has_writes(c) && c->waiting_count == 0);
    list_remove(&c->link);
    mem_free(c);
}

static void pause(struct conn *c)
{
    if (!c->is_paused) {
        c->is_paused = true;
        c->stream->pause(c->stream);
    }
}

void conn_close_flushed(struct conn *c, const char *reason)
{
    if (c->state == CONN_CLOSED || c->state == CONN_CLOSING) {
        return;
    }
    log_closed(c, reason);
    leave_session(c);
    c->state = CONN_CLOSING;
    pause(c);
    conn_out(c);
}

void conn_no_memory(struct conn *c)
{
    MARK("no memory for a request");
    log_event(c->server->log, EVENT_NO_MEMORY);
    conn_close(c, "no memory for its request");
}

void conn_malformed(struct conn *c, const char *what)
{
    log_event_str(c->server->log, EVENT_FRAME_MALFORMED, "what", what);
    conn_close(c, what);
}

// ---- output ----

struct buf *conn_out(struct conn *c)
{
    if (list_is_empty(&c->dirty)) {
        list_push_back(&c->server->dirty, &c->dirty);
    }
    if (c->out.data == NULL) {
        spares_take(&c->server->spares, &c->out);
    }
    return &c->out;
}

// An idle connection has no buffers.
static void release_out(struct conn *c)
{
    c->out_sent = 0;
    spares_give(&c->server->spares, &c->out);
}

static void resume_when_drained(struct conn *c)
{
    if (c->is_paused && !c->is_throttled && c->state == CONN_OPEN && list_is_empty(&c->resumable)) {
        list_push_back(&c->server->resumable, &c->resumable);
    }
}

static size_t backlog(const struct conn *c)
{
    return c->out.len - c->out_sent;
}

// The client does not read as fast as it asks: take no more requests until it has caught up.
static void pause_when_backlogged(struct conn *c)
{
    if (c->state == CONN_OPEN && !c->is_paused && backlog(c) > LIMIT_CONN_OUT_BYTES) {
        MARK("slow reader is not read from");
        log_event(c->server->log, EVENT_CONNECTION_SLOW);
        pause(c);
    }
}

// Replies that waited behind writes, and events, come whether the client reads or not.
static bool close_when_hopeless(struct conn *c)
{
    if (backlog(c) <= (size_t)OUT_CLOSE_FACTOR * LIMIT_CONN_OUT_BYTES) {
        return false;
    }
    MARK("reader is given up");
    conn_close(c, "the client does not read its replies");
    return true;
}

void conn_flush(struct conn *c)
{
    list_remove(&c->dirty);
    size_t left = backlog(c);
    if (left > 0) {
        struct slice part = slice_of(c->out.data + c->out_sent, left);
        int64_t taken = c->stream->write(c->stream, &part, 1);
        if (taken < 0) {
            conn_close(c, "the connection broke");
            return;
        }
        c->out_sent += (size_t)taken;
    }
    if (c->out_sent < c->out.len) {
        if (!close_when_hopeless(c)) {
            pause_when_backlogged(c);
        }
        return;
    }
    release_out(c);
    if (c->state == CONN_CLOSING) {
        conn_close(c, "closed");
        return;
    }
    resume_when_drained(c);
}

static void on_writable(struct port_stream *stream)
{
    struct conn *c = stream->owner;
    server_take_time(c->server);
    conn_out(c);
}

// ---- input ----

static bool is_reading(const struct conn *c)
{
    return !c->is_paused && (c->state == CONN_GREETING || c->state == CONN_OPEN);
}

static void hint_protocol(struct conn *c, const uint8_t *head)
{
    const char *protocol = NULL;
    if (head[0] == 0x16 && head[1] == 0x03) {
        protocol = "TLS; this is the plain client port";
    } else if (memcmp(head, "GET ", 4) == 0 || memcmp(head, "POST", 4) == 0 ||
               memcmp(head, "HEAD", 4) == 0 || memcmp(head, "PUT ", 4) == 0) {
        protocol = "HTTP; the AdminServer has a port of its own (admin.serverPort)";
    }
    if (protocol != NULL) {
        log_event_str(c->server->log, EVENT_FOREIGN_PROTOCOL, "protocol", protocol);
    }
}

static size_t length_of_word(const struct conn *c, uint32_t head)
{
    return word_length(c->server->config, &c->stream->peer, head);
}

// The first bytes of a connection. Returns the bytes consumed; 0 when more are needed or none fit.
static size_t greet(struct conn *c, struct slice bytes)
{
    uint32_t head = be32_load(bytes.data);
    size_t word_bytes = length_of_word(c, head);
    if (word_bytes == 0) {
        hint_protocol(c, bytes.data);
        return 0;
    }
    if (bytes.len < word_bytes) {
        return 0;
    }
    stats_packet_received(c->server->stats);
    stats_count(c->server->stats, STATS_BYTES_RECEIVED_COUNT, LENGTH_BYTES);
    c->stats.received++;
    word_answer(c, slice_of(bytes.data, word_bytes));
    conn_close_flushed(c, "four-letter word");
    return bytes.len;
}

static bool is_legal_length(struct conn *c, int32_t length)
{
    if (length >= 0 && length <= c->server->config->jute_max_buffer) {
        return true;
    }
    struct log_line l;
    if (log_begin(&l, c->server->log, EVENT_FRAME_TOO_BIG)) {
        log_hex(&l, "session", c->session_id);
        log_i64(&l, "bytes", length);
        log_i64(&l, "jute.maxbuffer", c->server->config->jute_max_buffer);
        log_end(&l);
    }
    MARK("frame is too large");
    conn_close(c, "frame length out of range");
    return false;
}

static void take_frame(struct conn *c, struct slice frame)
{
    stats_packet_received(c->server->stats);
    stats_count(c->server->stats, STATS_BYTES_RECEIVED_COUNT, LENGTH_BYTES + frame.len);
    c->stats.received++;
    if (c->state == CONN_GREETING) {
        pause(c);
        connect_frame(c, frame);
    } else {
        dispatch_frame(c, frame);
    }
}

// Too much waits for others already. Small frames, pings among them, are still let through.
static bool must_wait(const struct conn *c, size_t length)
{
    return length > LIMIT_SMALL_FRAME_BYTES && c->state == CONN_OPEN &&
           pipeline_is_clogged(&c->server->pipeline);
}

// Handle the frames in `bytes`; returns the bytes consumed.
static size_t consume(struct conn *c, struct slice bytes)
{
    size_t at = 0;
    while (is_reading(c) && bytes.len - at >= LENGTH_BYTES) {
        struct slice rest = slice_skip(bytes, at);
        if (c->state == CONN_GREETING && at == 0) {
            size_t used = greet(c, rest);
            if (used > 0 || length_of_word(c, be32_load(rest.data)) > 0) {
                return used;
            }
        }
        int32_t length = (int32_t)be32_load(rest.data);
        if (!is_legal_length(c, length)) {
            return bytes.len;
        }
        if (rest.len - LENGTH_BYTES < (size_t)length) {
            break;
        }
        if (must_wait(c, (size_t)length)) {
            MARK("large frame waits");
            conn_throttle(c);
            break;
        }
        take_frame(c, slice_of(rest.data + LENGTH_BYTES, (size_t)length));
        pause_when_backlogged(c);
        at += LENGTH_BYTES + (size_t)length;
    }
    return at;
}

// Work on what has been kept, as far as it goes.
static void consume_kept(struct conn *c)
{
    struct buf kept = c->in; // conn_close gives c->in back while we still read from it
    buf_init(&c->in);
    size_t used = consume(c, buf_slice(&kept));
    if (c->state != CONN_CLOSED && used < kept.len) {
        buf_consume(&kept, used);
        c->in = kept;
    } else {
        buf_fini(&kept);
    }
}

// Keep bytes of a frame that is not complete. False, and closed, without memory for them.
static bool keep(struct conn *c, struct slice bytes)
{
    uint8_t *to = buf_try_reserve(&c->in, bytes.len);
    if (to == NULL) {
        conn_no_memory(c);
        return false;
    }
    memcpy(to, bytes.data, bytes.len);
    c->in.len += bytes.len;
    return true;
}

static void on_bytes(struct port_stream *stream, struct slice bytes)
{
    struct conn *c = stream->owner;
    server_take_time(c->server);
    touch_idle(c);
    if (c->in.len > 0) {
        if (keep(c, bytes)) {
            consume_kept(c);
        }
        return;
    }
    size_t used = consume(c, bytes);
    if (c->state != CONN_CLOSED && used < bytes.len) {
        (void)keep(c, slice_skip(bytes, used));
    }
}

static void on_end(struct port_stream *stream, enum err reason)
{
    struct conn *c = stream->owner;
    server_take_time(c->server);
    if (c->out.len > 0) {
        conn_flush(c); // a client may stop sending and still read: "echo ruok | nc -N"
    }
    stats_count(c->server->stats, STATS_CONNECTION_DROP_COUNT, 1);
    conn_close(c, reason == ERR_CLOSED ? "closed by the client" : err_text(reason));
}

void conn_throttle(struct conn *c)
{
    c->is_throttled = true;
    pause(c);
    list_remove(&c->resumable);
    list_push_back(&c->server->throttled, &c->resumable);
}

void conn_resume(struct conn *c)
{
    list_remove(&c->resumable);
    c->is_throttled = false;
    c->is_paused = false;
    if (c->in.len > 0) {
        consume_kept(c);
    }
    if (c->state == CONN_OPEN && !c->is_paused) {
        c->stream->start(c->stream);
    }
}

void conn_connected(struct conn *c)
{
    c->state = CONN_OPEN;
    touch_idle(c);
    if (server_is_open(c->server)) {
        list_push_back(&c->server->resumable, &c->resumable);
    } else {
        conn_throttle(c);
    }
}

// ---- order ----

void conn_write_begun(struct conn *c)
{
    c->writes_begun++;
}

static bool is_runnable(const struct conn *c)
{
    return c->deferred_first != NULL && c->deferred_first->after == c->writes_done;
}

void conn_write_done(struct conn *c)
{
    ASSERT(conn_has_writes(c));
    c->writes_done++;
    while (c->state == CONN_OPEN && is_runnable(c)) {
        struct deferred *d = c->deferred_first;
        c->deferred_first = d->next;
        if (c->deferred_first == NULL) {
            c->deferred_last = NULL;
        }
        c->waiting_count--;
        c->server->in_process--;
        dispatch_deferred(c->server, &d->request);
        mem_free(d);
        close_when_hopeless(c);
    }
    if (c->state == CONN_CLOSED && !conn_has_writes(c)) {
        bury(c);
    }
}

void conn_defer(struct conn *c, const struct request *request)
{
    struct deferred *d = mem_try_alloc(sizeof(*d) + request->body.len);
    if (d == NULL) {
        throttle_large_done(&c->server->throttle, request->large_bytes);
        conn_no_memory(c);
        return;
    }
    d->next = NULL;
    d->after = c->writes_begun;
    d->request = *request;
    if (request->body.len > 0) {
        memcpy(d->body, request->body.data, request->body.len);
    }
    d->request.body = slice_of(d->body, request->body.len);
    if (c->deferred_last != NULL) {
        c->deferred_last->next = d;
    } else {
        c->deferred_first = d;
    }
    c->deferred_last = d;
    c->waiting_count++;
    c->server->in_process++;
}

// ---- statistics ----

void conn_replied(struct conn *c, const struct request *request, int64_t zxid, const char *op)
{
    struct server *s = c->server;
    int64_t ms = (s->now_ns - request->arrived_ns) / 1000000;
    stats_latency(s->stats, request->type, ms);
    struct conn_stats *cs = &c->stats;
    cs->last_op = op;
    cs->last_zxid = zxid;
    cs->last_response_ms = server_now_ms(s);
    cs->last_latency_ms = ms;
    if (request->xid >= 0) {
        cs->last_cxid = request->xid;
    }
    if (cs->latency_count == 0 || ms < cs->min_latency_ms) {
        cs->min_latency_ms = ms;
    }
    if (ms > cs->max_latency_ms) {
        cs->max_latency_ms = ms;
    }
    cs->sum_latency_ms += ms;
    cs->latency_count++;
}
