// SPDX-License-Identifier: Apache-2.0
//
// Streams in front of streams.
#include "sim/tap.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"

enum { LENGTH_BYTES = 4 };

struct tap_stream {
    struct port_stream port; // first
    struct port_stream *below;
    struct tap *tap;
    struct buf sent, received; // beginnings of frames
};

static struct tap_stream *stream_of(struct port_stream *port)
{
    return CONTAINER_OF(port, struct tap_stream, port);
}

// Tell the whole frames at the front.
static void cut_frames(struct tap_stream *s, struct buf *from, bool is_sent)
{
    while (from->len >= LENGTH_BYTES) {
        size_t len = be32_load(from->data);
        if (from->len < LENGTH_BYTES + len) {
            return;
        }
        s->tap->frame(s->tap->ctx, is_sent, slice_of(from->data + LENGTH_BYTES, len));
        buf_consume(from, LENGTH_BYTES + len);
    }
}

// ---- upwards ----

static void on_connected(struct port_stream *below)
{
    struct tap_stream *s = below->owner;
    s->port.handler->on_connected(&s->port);
}

static void on_bytes(struct port_stream *below, struct slice bytes)
{
    struct tap_stream *s = below->owner;
    buf_append_slice(&s->received, bytes);
    cut_frames(s, &s->received, false);
    s->port.handler->on_bytes(&s->port, bytes); // may close it
}

static void on_end(struct port_stream *below, enum err reason)
{
    struct tap_stream *s = below->owner;
    s->port.handler->on_end(&s->port, reason);
}

static void on_writable(struct port_stream *below)
{
    struct tap_stream *s = below->owner;
    s->port.handler->on_writable(&s->port);
}

static const struct port_stream_handler handler = {on_connected, on_bytes, on_end, on_writable};

// ---- downwards ----

static void start(struct port_stream *port)
{
    struct tap_stream *s = stream_of(port);
    s->below->start(s->below);
}

static void pause_it(struct port_stream *port)
{
    struct tap_stream *s = stream_of(port);
    s->below->pause(s->below);
}

static int64_t write_it(struct port_stream *port, const struct slice *parts, size_t count)
{
    struct tap_stream *s = stream_of(port);
    int64_t taken = s->below->write(s->below, parts, count);
    size_t left = taken > 0 ? (size_t)taken : 0;
    for (size_t i = 0; i < count && left > 0; i++) {
        size_t len = parts[i].len < left ? parts[i].len : left;
        buf_append(&s->sent, parts[i].data, len);
        left -= len;
    }
    cut_frames(s, &s->sent, true);
    return taken;
}

static void close_it(struct port_stream *port)
{
    struct tap_stream *s = stream_of(port);
    s->below->close(s->below);
    s->tap->lost(s->tap->ctx);
    buf_fini(&s->sent);
    buf_fini(&s->received);
    mem_free(s);
}

static enum err connect_to(struct port_net *port, const struct port_address *to, bool keepalive,
                           struct port_stream **ret)
{
    struct tap *t = CONTAINER_OF(port, struct tap, port);
    struct port_stream *below;
    enum err e = t->below->connect(t->below, to, keepalive, &below);
    if (e != ERR_OK) {
        return e;
    }
    struct tap_stream *s = mem_zalloc(sizeof(*s));
    *s = (struct tap_stream){.port = {.peer = below->peer,
                                      .start = start,
                                      .pause = pause_it,
                                      .write = write_it,
                                      .close = close_it},
                             .below = below,
                             .tap = t};
    below->owner = s;
    below->handler = &handler;
    *ret = &s->port;
    return ERR_OK;
}

void tap_init(struct tap *t, struct port_net *below, void *ctx,
              void (*frame)(void *ctx, bool is_sent, struct slice frame), void (*lost)(void *ctx))
{
    *t = (struct tap){
        .port = {.connect = connect_to}, .below = below, .ctx = ctx, .frame = frame, .lost = lost};
}
