// SPDX-License-Identifier: Apache-2.0
//
// Connections of the mesh: who is it, frames in, one frame after the other out.
// Source: QuorumCnxManager.handleConnection, startConnection, SendWorker, RecvWorker.
#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "server/ids.h"
#include "server/mesh_priv.h"

enum { LENGTH_BYTES = 4 };

static void on_bytes(struct port_stream *stream, struct slice bytes);
static void on_end(struct port_stream *stream, enum err reason);
static void on_writable(struct port_stream *stream);

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

// ---- life cycle ----

static void on_limit(struct port_timer *timer);

static struct mesh_wire *wire_new(struct mesh *m, struct port_stream *stream)
{
    struct mesh_wire *w = mem_zalloc(sizeof(*w));
    w->mesh = m;
    w->stream = stream;
    w->limit.fire = on_limit;
    stream->owner = w;
    stream->handler = &handler;
    list_push_back(&m->wires, &w->link);
    return w;
}

void mesh_wire_free(struct mesh_wire *w)
{
    ASSERT(w->state == MESH_WIRE_CLOSED);
    list_remove(&w->link);
    buf_fini(&w->in);
    buf_fini(&w->head);
    mem_free(w);
}

static void log_closed(const struct mesh_wire *w, const char *reason)
{
    struct log_line l;
    if (w->peer != NULL && log_begin(&l, w->mesh->options.log, EVENT_PEER_DISCONNECTED)) {
        log_i64(&l, "server", w->peer->sid);
        log_str(&l, "reason", reason);
        log_end(&l);
    }
}

void mesh_wire_close(struct mesh_wire *w, const char *reason)
{
    if (w == NULL) {
        return;
    }
    struct mesh *m = w->mesh;
    ASSERT(w->state != MESH_WIRE_CLOSED);
    if (w->state == MESH_WIRE_OPEN) {
        log_closed(w, reason);
        w->peer->wire = NULL;
    } else if (w->state == MESH_WIRE_PARTING) {
        w->peer->parting = NULL;
    } else {
        m->guest_count--;
    }
    trace(m->options.trace, "election connection of server %lld closed: %s",
          w->peer != NULL ? (long long)w->peer->sid : 0, reason);
    w->state = MESH_WIRE_CLOSED;
    m->options.loop->timer_stop(m->options.loop, &w->limit);
    w->stream->close(w->stream);
    w->stream = NULL;
    list_remove(&w->link);
    list_push_back(&m->dead_wires, &w->link);
}

static void close_and_settle(struct mesh_wire *w, const char *reason)
{
    struct mesh_peer *p = w->peer;
    mesh_wire_close(w, reason);
    if (p != NULL) {
        mesh_peer_settle(p);
    }
}

static void on_limit(struct port_timer *timer)
{
    struct mesh_wire *w = CONTAINER_OF(timer, struct mesh_wire, limit);
    struct mesh *m = w->mesh;
    mesh_enter(m);
    close_and_settle(w, "the handshake took too long");
    mesh_leave(m);
}

// ---- output ----

// What to write next of an open connection: our header, the rest of a frame, a new frame.
static struct slice next_part(struct mesh_wire *w)
{
    struct mesh_peer *p = w->peer;
    if (w->head_sent < w->head.len) {
        return slice_skip(buf_slice(&w->head), w->head_sent);
    }
    if (p->last_sent == p->last.len && p->waiting.len > 0) {
        buf_clear(&p->last);
        buf_put_i32(&p->last, (int32_t)p->waiting.len);
        buf_append_slice(&p->last, buf_slice(&p->waiting));
        buf_clear(&p->waiting);
        p->last_sent = 0;
    }
    return slice_skip(buf_slice(&p->last), p->last_sent);
}

static void sent(struct mesh_wire *w, size_t count)
{
    if (w->head_sent < w->head.len) {
        w->head_sent += count;
    } else {
        w->peer->last_sent += count;
    }
}

void mesh_wire_send(struct mesh_wire *w)
{
    for (;;) {
        struct slice part = next_part(w);
        int64_t taken = part.len > 0 ? w->stream->write(w->stream, &part, 1) : 0;
        if (taken < 0) {
            close_and_settle(w, "it broke");
            return;
        }
        sent(w, (size_t)taken);
        if (part.len == 0 || (size_t)taken < part.len) {
            return;
        }
    }
}

// The smaller id only says that it is there.
static void part(struct mesh_wire *w)
{
    struct slice rest = slice_skip(buf_slice(&w->head), w->head_sent);
    int64_t taken = w->stream->write(w->stream, &rest, 1);
    w->head_sent += taken > 0 ? (size_t)taken : 0;
    if (taken < 0 || w->head_sent == w->head.len) {
        close_and_settle(w, "it is to dial back");
    }
}

static void on_writable(struct port_stream *stream)
{
    struct mesh_wire *w = stream->owner;
    struct mesh *m = w->mesh;
    mesh_enter(m);
    if (w->state == MESH_WIRE_OPEN) {
        mesh_wire_send(w);
    } else if (w->state == MESH_WIRE_PARTING) {
        part(w);
    }
    mesh_leave(m);
}

// The message sent last may have been lost with the connection before; it does no harm twice.
static void open_wire(struct mesh_wire *w, struct mesh_peer *p)
{
    struct mesh *m = w->mesh;
    struct log_line l;
    mesh_wire_close(p->wire, "there is a new one");
    mesh_peer_drop_attempt(p);
    w->state = MESH_WIRE_OPEN;
    w->peer = p;
    p->wire = w;
    p->attempts = 0;
    p->is_unreachable = false;
    p->last_sent = p->waiting.len > 0 ? p->last.len : 0;
    trace(m->options.trace, "election connection of server %lld is open", (long long)p->sid);
    if (log_begin(&l, m->options.log, EVENT_PEER_CONNECTED)) {
        log_i64(&l, "server", p->sid);
        log_end(&l);
    }
    mesh_wire_send(w);
}

void mesh_wire_dialled(struct mesh_peer *p, struct port_stream *stream)
{
    struct mesh *m = p->mesh;
    struct mesh_wire *w = wire_new(m, stream);
    w->peer = p;
    p->is_unreachable = false;
    mesh_header_encode(&m->own, m->options.many_addresses, &w->head);
    if (p->sid < m->options.sid) {
        stream->start(stream);
        open_wire(w, p);
        return;
    }
    w->state = MESH_WIRE_PARTING;
    p->parting = w;
    m->options.loop->timer_start(m->options.loop, &w->limit, m->options.handshake_timeout_ms);
    part(w);
}

// ---- guests ----

static void refuse(struct mesh_wire *w, const char *what)
{
    struct log_line l;
    if (log_begin(&l, w->mesh->options.log, EVENT_ELECTION_GREETING_REFUSED)) {
        struct buf text = {0};
        ids_print_address(&w->stream->peer, &text);
        log_slice(&l, "address", buf_slice(&text));
        log_str(&l, "what", what);
        log_end(&l);
        buf_fini(&text);
    }
    close_and_settle(w, what);
}

// It dials, so it has no connection, whatever we believe.
static void dial_back(struct mesh_wire *w, struct mesh_peer *p, const struct mesh_header *h)
{
    mesh_wire_close(w, "we dial back");
    mesh_wire_close(p->wire, "the other side has lost it");
    mesh_peer_dial(p, h->places, h->place_count);
    mesh_peer_settle(p);
}

static void welcome(struct mesh_wire *w, const struct mesh_header *h)
{
    struct mesh *m = w->mesh;
    int64_t sid = h->sid == MESH_ANONYMOUS ? m->next_anonymous-- : h->sid;
    if (sid == m->options.sid) {
        refuse(w, "it has our id");
        return;
    }
    struct mesh_peer *p = mesh_peer_find(m, sid);
    p = p != NULL ? p : mesh_peer_make(m, sid);
    if (p == NULL) {
        MARK("too many strangers");
        refuse(w, "too many servers that are in no configuration");
    } else if (sid < m->options.sid) {
        dial_back(w, p, h);
    } else {
        m->guest_count--;
        m->options.loop->timer_stop(m->options.loop, &w->limit);
        open_wire(w, p);
    }
}

static void greet(struct mesh_wire *w)
{
    struct mesh_header h;
    size_t len;
    if (mesh_header_take(buf_slice(&w->in), &h, &len) != ERR_OK) {
        refuse(w, "not the header of a server");
    } else if (len > 0) {
        buf_consume(&w->in, len);
        welcome(w, &h);
    }
}

static void drop_oldest_guest(struct mesh *m)
{
    LIST_FOREACH (it, &m->wires) {
        struct mesh_wire *w = CONTAINER_OF(it, struct mesh_wire, link);
        if (w->state == MESH_WIRE_GUEST) {
            mesh_wire_close(w, "too many that say nothing");
            return;
        }
    }
}

void mesh_wire_accept(struct mesh *m, struct port_stream *stream)
{
    if (m->guest_count == LIMIT_MESH_GUESTS) {
        MARK("a silent connection makes room");
        drop_oldest_guest(m);
    }
    struct mesh_wire *w = wire_new(m, stream);
    w->state = MESH_WIRE_GUEST;
    m->guest_count++;
    m->options.loop->timer_start(m->options.loop, &w->limit, m->options.handshake_timeout_ms);
    stream->start(stream);
}

// ---- input ----

// Hand over the frames that are there; any of them may lead to the end of this connection.
static void take_frames(struct mesh_wire *w)
{
    size_t used = 0;
    while (w->state == MESH_WIRE_OPEN && w->in.len - used >= LENGTH_BYTES) {
        uint32_t len = be32_load(w->in.data + used);
        if (len == 0 || len > MESH_MESSAGE_BYTES_MAX) {
            close_and_settle(w, "a length that cannot be");
            return;
        }
        if (w->in.len - used < LENGTH_BYTES + (size_t)len) {
            break;
        }
        struct slice bytes = slice_of(w->in.data + used + LENGTH_BYTES, len);
        used += LENGTH_BYTES + (size_t)len;
        w->mesh->options.on_message(w->mesh->options.ctx, w->peer->sid, bytes);
    }
    buf_consume(&w->in, used);
}

static void on_bytes(struct port_stream *stream, struct slice bytes)
{
    struct mesh_wire *w = stream->owner;
    struct mesh *m = w->mesh;
    mesh_enter(m);
    if (buf_try_reserve(&w->in, bytes.len) == NULL) {
        close_and_settle(w, "no memory for its message");
    } else {
        buf_append_slice(&w->in, bytes);
    }
    if (w->state == MESH_WIRE_GUEST) {
        greet(w);
    }
    if (w->state == MESH_WIRE_OPEN) {
        take_frames(w);
    }
    if (w->in.len == 0) {
        buf_fini(&w->in); // messages are rare
    }
    mesh_leave(m);
}

static void on_end(struct port_stream *stream, enum err reason)
{
    struct mesh_wire *w = stream->owner;
    struct mesh *m = w->mesh;
    mesh_enter(m);
    close_and_settle(w, err_text(reason));
    mesh_leave(m);
}
