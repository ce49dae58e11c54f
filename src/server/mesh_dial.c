// SPDX-License-Identifier: Apache-2.0
//
// One attempt to reach a server: its names are resolved all at once, and its addresses tried in
// their order, the next one when one has failed or does not answer soon. The first that connects
// wins. Source: initiateConnection; the order of tries is that of RFC 8305, so that one dead
// address of several costs no more than a moment.
#include "base/assert.h"
#include "base/mem.h"
#include "server/mesh_priv.h"

enum {
    NAMES_MAX = 3 * MESH_ADDRESSES_MAX, // said in a header, committed, seen
    ADDRESSES_MAX = 32,
    STAGGER_MS = 250,
};

struct dial_name {
    struct mesh_dial *dial;
    struct port_question question;
    bool is_asked;
    struct mesh_place place;
};

struct mesh_dial {
    struct mesh_peer *peer;
    struct dial_name names[NAMES_MAX];
    size_t name_count;
    size_t asked_count;
    struct port_address addresses[ADDRESSES_MAX];
    size_t address_count;
    size_t tried_count; // of the addresses
    struct port_stream *streams[ADDRESSES_MAX];
    size_t stream_count;
    struct port_timer next;  // the next address
    struct port_timer whole; // the end
    enum err last;           // why the newest failure failed
};

static void log_unreachable(struct mesh_peer *p, enum err reason)
{
    struct log_line l;
    if (!p->is_unreachable && log_begin(&l, p->mesh->options.log, EVENT_PEER_UNREACHABLE)) {
        log_i64(&l, "server", p->sid);
        log_err(&l, reason);
        log_end(&l);
    }
    p->is_unreachable = true;
}

static void fail(struct mesh_dial *d, enum err reason)
{
    struct mesh_peer *p = d->peer;
    log_unreachable(p, reason);
    p->dial = NULL;
    mesh_dial_free(d);
    mesh_peer_settle(p);
}

static void fail_when_all_failed(struct mesh_dial *d)
{
    if (d->asked_count == 0 && d->stream_count == 0 && d->tried_count == d->address_count) {
        fail(d, d->last);
    }
}

// ---- connecting ----

static void try_next(struct mesh_dial *d);

static void forget_stream(struct mesh_dial *d, const struct port_stream *stream)
{
    size_t i = 0;
    while (i < d->stream_count && d->streams[i] != stream) {
        i++;
    }
    ASSERT(i < d->stream_count);
    d->streams[i] = d->streams[--d->stream_count];
}

static void on_connected(struct port_stream *stream)
{
    struct mesh_dial *d = stream->owner;
    struct mesh_peer *p = d->peer;
    struct mesh *m = p->mesh;
    mesh_enter(m);
    forget_stream(d, stream);
    p->dial = NULL;
    mesh_dial_free(d);
    mesh_wire_dialled(p, stream);
    mesh_leave(m);
}

static void on_end(struct port_stream *stream, enum err reason)
{
    struct mesh_dial *d = stream->owner;
    struct mesh *m = d->peer->mesh;
    mesh_enter(m);
    d->last = reason;
    forget_stream(d, stream);
    stream->close(stream);
    try_next(d);
    fail_when_all_failed(d);
    mesh_leave(m);
}

static const struct port_stream_handler handler = {
    .on_connected = on_connected,
    .on_end = on_end,
};

static bool connect_to(struct mesh_dial *d, const struct port_address *to)
{
    const struct mesh_options *options = &d->peer->mesh->options;
    struct port_stream *stream;
    enum err e = options->net->connect(options->net, to, options->keepalive, &stream);
    if (e != ERR_OK) {
        d->last = e;
        return false;
    }
    stream->owner = d;
    stream->handler = &handler;
    d->streams[d->stream_count++] = stream;
    return true;
}

static void try_next(struct mesh_dial *d)
{
    struct port_loop *loop = d->peer->mesh->options.loop;
    bool is_under_way = false;
    while (!is_under_way && d->tried_count < d->address_count) {
        is_under_way = connect_to(d, &d->addresses[d->tried_count++]);
    }
    if (d->tried_count < d->address_count) {
        loop->timer_start(loop, &d->next, STAGGER_MS);
    }
}

static void on_next(struct port_timer *timer)
{
    struct mesh_dial *d = CONTAINER_OF(timer, struct mesh_dial, next);
    struct mesh *m = d->peer->mesh;
    mesh_enter(m);
    try_next(d);
    fail_when_all_failed(d);
    mesh_leave(m);
}

static void on_whole(struct port_timer *timer)
{
    struct mesh_dial *d = CONTAINER_OF(timer, struct mesh_dial, whole);
    struct mesh *m = d->peer->mesh;
    mesh_enter(m);
    fail(d, ERR_TIMEOUT);
    mesh_leave(m);
}

// ---- names ----

static bool is_new_address(const struct mesh_dial *d, const struct port_address *a)
{
    for (size_t i = 0; i < d->address_count; i++) {
        const struct port_address *b = &d->addresses[i];
        if (a->is_v6 == b->is_v6 && a->port == b->port && a->scope == b->scope &&
            memcmp(a->bytes, b->bytes, a->is_v6 ? PORT_ADDRESS_BYTES : 4) == 0) {
            return false;
        }
    }
    return true;
}

static void on_answered(struct port_question *q, enum err err, const struct port_address *addresses,
                        size_t count)
{
    struct dial_name *name = CONTAINER_OF(q, struct dial_name, question);
    struct mesh_dial *d = name->dial;
    struct mesh *m = d->peer->mesh;
    mesh_enter(m);
    name->is_asked = false;
    d->asked_count--;
    d->last = err != ERR_OK ? err : d->last;
    for (size_t i = 0; err == ERR_OK && i < count && d->address_count < ADDRESSES_MAX; i++) {
        if (is_new_address(d, &addresses[i])) {
            d->addresses[d->address_count++] = addresses[i];
        }
    }
    if (d->stream_count == 0) {
        try_next(d);
    } else if (d->next.impl == NULL && d->tried_count < d->address_count) {
        m->options.loop->timer_start(m->options.loop, &d->next, STAGGER_MS);
    }
    fail_when_all_failed(d);
    mesh_leave(m);
}

static void ask(struct dial_name *name)
{
    struct port_resolver *resolver = name->dial->peer->mesh->options.resolver;
    name->question = (struct port_question){.answered = on_answered};
    enum err e = resolver->resolve(resolver, name->place.host, name->place.port, &name->question);
    if (e != ERR_OK) {
        name->dial->last = e;
        return;
    }
    name->is_asked = true;
    name->dial->asked_count++;
}

static void add_names(struct mesh_dial *d, const struct mesh_place *places, size_t count)
{
    for (size_t i = 0; i < count && d->name_count < NAMES_MAX; i++) {
        size_t j = 0;
        while (j < d->name_count && (d->names[j].place.port != places[i].port ||
                                     strcmp(d->names[j].place.host, places[i].host) != 0)) {
            j++;
        }
        if (j == d->name_count) {
            d->names[d->name_count++] = (struct dial_name){.dial = d, .place = places[i]};
        }
    }
}

// ---- life cycle ----

struct mesh_dial *mesh_dial_new(struct mesh_peer *p, const struct mesh_place *places, size_t count)
{
    if (count + p->place_count == 0) {
        return NULL;
    }
    struct port_loop *loop = p->mesh->options.loop;
    struct mesh_dial *d = mem_zalloc(sizeof(*d));
    d->peer = p;
    d->last = ERR_TIMEOUT;
    d->next.fire = on_next;
    d->whole.fire = on_whole;
    add_names(d, places, count);
    add_names(d, p->places, p->place_count);
    for (size_t i = 0; i < d->name_count; i++) {
        ask(&d->names[i]);
    }
    // Without a single question it is over at once, but not within this call.
    loop->timer_start(loop, &d->whole,
                      d->asked_count > 0 ? p->mesh->options.connect_timeout_ms : 0);
    return d;
}

void mesh_dial_free(struct mesh_dial *d)
{
    if (d == NULL) {
        return;
    }
    const struct mesh_options *o = &d->peer->mesh->options;
    for (size_t i = 0; i < d->name_count; i++) {
        if (d->names[i].is_asked) {
            o->resolver->cancel(o->resolver, &d->names[i].question);
        }
    }
    for (size_t i = 0; i < d->stream_count; i++) {
        d->streams[i]->close(d->streams[i]);
    }
    o->loop->timer_stop(o->loop, &d->next);
    o->loop->timer_stop(o->loop, &d->whole);
    mem_free(d);
}
