// SPDX-License-Identifier: Apache-2.0
//
// Dialling: try after try, names to addresses, all addresses at once, until the first connects.
//
//     asking and connecting ──one connects──► link_opened
//        ▲        └──all have failed, or the try took too long──► pausing
//        └───────────────────────────────────────────────────────────┘ until tries or time are over
//
// Source: Learner.connectToLeader, LeaderConnector; differs: names are resolved at each try.
#include "base/assert.h"
#include "base/mem.h"
#include "server/link_priv.h"

enum { STREAMS_MAX = 32 }; // addresses connected to at once; more are left out

struct dial_target {
    struct dialler *dialler;
    struct port_question question;
    bool is_asked; // under way
    char *host;
    uint16_t port;
};

struct dialler {
    struct link *link;
    struct dial_target targets[LINK_TARGETS_MAX];
    size_t target_count;
    struct port_stream *streams[STREAMS_MAX]; // connecting
    size_t stream_count;
    size_t asked_count; // questions under way
    unsigned tries_left;
    int64_t try_ms, pause_ms, end_ms;
    enum err last; // why the newest failure failed
    bool is_pausing;
    struct port_timer timer;
};

static const struct links_options *options_of(const struct dialler *d)
{
    return &d->link->links->options;
}

static void set_timer(struct dialler *d, int64_t delay_ms)
{
    struct port_loop *loop = options_of(d)->loop;
    int64_t left_ms = d->end_ms - clock_mono_ms(options_of(d)->clock);
    left_ms = left_ms > 0 ? left_ms : 0;
    loop->timer_start(loop, &d->timer, delay_ms < left_ms ? delay_ms : left_ms);
}

// ---- a try ends ----

static void drop_try(struct dialler *d)
{
    struct port_resolver *resolver = options_of(d)->resolver;
    for (size_t i = 0; i < d->target_count; i++) {
        if (d->targets[i].is_asked) {
            resolver->cancel(resolver, &d->targets[i].question);
            d->targets[i].is_asked = false;
        }
    }
    for (size_t i = 0; i < d->stream_count; i++) {
        d->streams[i]->close(d->streams[i]);
    }
    d->stream_count = d->asked_count = 0;
}

static void forget_stream(struct dialler *d, const struct port_stream *stream)
{
    for (size_t i = 0; i < d->stream_count; i++) {
        if (d->streams[i] == stream) {
            d->streams[i] = d->streams[--d->stream_count];
            return;
        }
    }
    ASSERT(false);
}

static void pause(struct dialler *d)
{
    d->is_pausing = true;
    set_timer(d, d->tries_left > 0 ? d->pause_ms : 0);
}

static void pause_when_all_failed(struct dialler *d)
{
    if (d->asked_count == 0 && d->stream_count == 0) {
        pause(d);
    }
}

// ---- connecting ----

static void on_connected(struct port_stream *stream)
{
    struct dialler *d = stream->owner;
    forget_stream(d, stream);
    link_opened(d->link, stream); // frees the dialler, which closes the others
}

static void on_end(struct port_stream *stream, enum err reason)
{
    struct dialler *d = stream->owner;
    d->last = reason;
    forget_stream(d, stream);
    stream->close(stream);
    pause_when_all_failed(d);
}

static const struct port_stream_handler handler = {
    .on_connected = on_connected,
    .on_end = on_end,
};

static void connect_to(struct dialler *d, const struct port_address *to)
{
    struct port_net *net = options_of(d)->net;
    struct port_stream *stream;
    enum err e = d->stream_count < STREAMS_MAX ? net->connect(net, to, true, &stream) : ERR_LIMIT;
    if (e != ERR_OK) {
        d->last = e;
        return;
    }
    stream->owner = d;
    stream->handler = &handler;
    d->streams[d->stream_count++] = stream;
}

static void on_answered(struct port_question *q, enum err err, const struct port_address *addresses,
                        size_t count)
{
    struct dial_target *t = CONTAINER_OF(q, struct dial_target, question);
    struct dialler *d = t->dialler;
    t->is_asked = false;
    d->asked_count--;
    if (err != ERR_OK) {
        d->last = err;
    }
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        connect_to(d, &addresses[i]);
    }
    pause_when_all_failed(d);
}

// ---- tries ----

static void ask(struct dial_target *t)
{
    struct dialler *d = t->dialler;
    struct port_resolver *resolver = options_of(d)->resolver;
    t->question = (struct port_question){.answered = on_answered};
    enum err e = resolver->resolve(resolver, t->host, t->port, &t->question);
    if (e != ERR_OK) {
        d->last = e;
        return;
    }
    t->is_asked = true;
    d->asked_count++;
}

static void begin_try(struct dialler *d)
{
    d->tries_left--;
    d->is_pausing = false;
    set_timer(d, d->try_ms);
    for (size_t i = 0; i < d->target_count; i++) {
        ask(&d->targets[i]);
    }
    pause_when_all_failed(d);
}

static void on_timer(struct port_timer *timer)
{
    struct dialler *d = CONTAINER_OF(timer, struct dialler, timer);
    if (!d->is_pausing) {
        d->last = ERR_TIMEOUT;
        drop_try(d);
    }
    bool is_over = clock_mono_ms(options_of(d)->clock) >= d->end_ms;
    if (d->tries_left == 0 || is_over) {
        link_down(d->link, d->last);
    } else {
        begin_try(d);
    }
}

// ---- life cycle ----

void dialler_start(struct link *l, const struct link_dialling *where)
{
    struct dialler *d = mem_zalloc(sizeof(*d));
    d->link = l;
    l->dialler = d;
    d->target_count = where->target_count;
    for (size_t i = 0; i < d->target_count; i++) {
        d->targets[i] = (struct dial_target){.dialler = d,
                                             .host = mem_strdup(where->targets[i].host),
                                             .port = where->targets[i].port};
    }
    d->tries_left = where->tries;
    d->try_ms = where->try_ms;
    d->pause_ms = where->pause_ms;
    d->end_ms = clock_mono_ms(options_of(d)->clock) + where->whole_ms;
    d->last = ERR_TIMEOUT;
    d->timer.fire = on_timer;
    begin_try(d);
}

void dialler_free(struct dialler *d)
{
    if (d == NULL) {
        return;
    }
    drop_try(d);
    options_of(d)->loop->timer_stop(options_of(d)->loop, &d->timer);
    for (size_t i = 0; i < d->target_count; i++) {
        mem_free(d->targets[i].host);
    }
    mem_free(d);
}
