// SPDX-License-Identifier: Apache-2.0
//
// Links from opening to closing, their output, and what they tell in a turn of their own. Input is
// link_read.c, connecting link_dial.c.
#include "server/link.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "server/ids.h"
#include "server/link_priv.h"

enum {
    LAST_CHANCE_MS = 20,              // to read what has come while we could not
    COMPACT_BYTES = 64 * 1024,        // of sent output before the rest is moved to the front
    OUT_IDLE_BYTES = 2 * 1024 * 1024, // a larger empty buffer is given back
};

// ---- asking ----

static uint32_t hash_id(uint64_t id)
{
    return (uint32_t)(id ^ id >> 32);
}

struct link *links_find(const struct links *ls, uint64_t id)
{
    uint32_t hash = hash_id(id);
    for (struct hmap_link *it = hmap_first(&ls->by_id, hash); it != NULL;
         it = hmap_next(it, hash)) {
        struct link *l = CONTAINER_OF(it, struct link, by_id);
        if (l->id == id) {
            return l;
        }
    }
    return NULL;
}

uint64_t link_id(const struct link *l)
{
    return l->id;
}

struct links *link_links(const struct link *l)
{
    return l->links;
}

bool link_is_up(const struct link *l)
{
    return l->state == LINK_UP;
}

const struct port_address *link_peer(const struct link *l)
{
    return &l->peer;
}

size_t link_out_bytes(const struct link *l)
{
    return l->out.len - l->out_sent;
}

// ---- for the log ----

static void log_link(const struct link *l, enum log_event event, enum err reason)
{
    trace(l->links->options.trace, "link %llx: %s, %s", (unsigned long long)l->id,
          log_event_name(event), err_text(reason));
    struct log_line line;
    if (!log_begin(&line, l->links->options.log, event)) {
        return;
    }
    log_hex(&line, "link", (int64_t)l->id);
    if (l->state == LINK_UP) {
        struct buf address = {0};
        ids_print_address(&l->peer, &address);
        log_slice(&line, "peer", buf_slice(&address));
        buf_fini(&address);
    }
    if (reason != ERR_OK) {
        log_err(&line, reason);
    }
    log_end(&line);
}

static enum log_event event_of(const struct link *l, enum err reason)
{
    if (l->state == LINK_DIALLING) {
        return EVENT_LINK_UNREACHABLE;
    }
    bool is_lost = reason == ERR_CLOSED || reason == ERR_CONNECTION || reason == ERR_TIMEOUT;
    return is_lost ? EVENT_LINK_LOST : EVENT_LINK_GIVEN_UP;
}

// ---- silence ----

static int64_t now_ms(const struct link *l)
{
    return clock_mono_ms(l->links->options.clock);
}

static void listen_for(struct link *l, int64_t ms)
{
    struct port_loop *loop = l->links->options.loop;
    if (l->state == LINK_UP && l->timeout_ms > 0 && !l->is_held) {
        loop->timer_start(loop, &l->silence, ms);
    } else {
        loop->timer_stop(loop, &l->silence);
    }
}

static void hear(struct link *l)
{
    l->heard_ms = now_ms(l);
    l->is_last_chance = false;
}

// This server may itself have stood still: what waits in the kernel is read before it counts.
static void on_silence(struct port_timer *timer)
{
    struct link *l = CONTAINER_OF(timer, struct link, silence);
    int64_t left_ms = l->heard_ms + l->timeout_ms - now_ms(l);
    if (left_ms > 0) {
        listen_for(l, left_ms);
    } else if (!l->is_last_chance) {
        l->is_last_chance = true;
        listen_for(l, LAST_CHANCE_MS);
    } else {
        MARK("silent link is closed");
        link_down(l, ERR_TIMEOUT);
    }
}

void link_set_read_timeout(struct link *l, int64_t timeout_ms)
{
    l->timeout_ms = timeout_ms;
    hear(l);
    listen_for(l, timeout_ms);
}

// ---- the stream ----

static void on_bytes(struct port_stream *s, struct slice bytes)
{
    struct link *l = s->owner;
    hear(l);
    link_read(l, bytes);
}

static void on_end(struct port_stream *s, enum err reason)
{
    struct link *l = s->owner;
    l->is_ended = true;
    l->end_reason = reason;
    if (!l->is_held) {
        link_down(l, reason);
    }
}

static void on_writable(struct port_stream *s)
{
    struct link *l = s->owner;
    l->is_blocked = false;
    if (list_is_empty(&l->dirty)) {
        list_push_back(&l->links->dirty, &l->dirty);
    }
}

static const struct port_stream_handler handler = {
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_writable = on_writable,
};

// ---- opening ----

static void on_stall(struct port_timer *timer);

static struct link *link_new(struct links *ls, uint64_t id)
{
    if (links_count(ls) >= LIMIT_LINKS) {
        MARK("too many links");
        log_event_i64(ls->options.log, EVENT_LINK_REFUSED, "limit", LIMIT_LINKS);
        return NULL;
    }
    ASSERT(links_find(ls, id) == NULL);
    struct link *l = mem_zalloc(sizeof(*l));
    l->links = ls;
    l->id = id;
    l->timeout_ms = ls->options.read_timeout_ms;
    l->silence.fire = on_silence;
    l->stall.fire = on_stall;
    list_init(&l->dirty);
    list_init(&l->due);
    hmap_insert(&ls->by_id, &l->by_id, hash_id(id));
    return l;
}

static void attach(struct link *l, struct port_stream *stream)
{
    l->state = LINK_UP;
    l->stream = stream;
    l->peer = stream->peer;
    stream->owner = l;
    stream->handler = &handler;
    hear(l);
    listen_for(l, l->timeout_ms);
    log_link(l, EVENT_LINK_OPENED, ERR_OK);
    if (!l->is_held) {
        stream->start(stream);
    }
}

struct link *link_accept(struct links *ls, struct port_stream *stream, uint64_t id)
{
    struct link *l = link_new(ls, id);
    if (l == NULL) {
        stream->close(stream);
        return NULL;
    }
    attach(l, stream);
    return l;
}

struct link *link_dial(struct links *ls, uint64_t id, const struct link_dialling *where)
{
    ASSERT(where->target_count >= 1 && where->target_count <= LINK_TARGETS_MAX);
    ASSERT(where->tries >= 1);
    struct link *l = link_new(ls, id);
    if (l != NULL) {
        l->state = LINK_DIALLING;
        l->is_greeted = true;
        dialler_start(l, where);
    }
    return l;
}

void link_opened(struct link *l, struct port_stream *stream)
{
    dialler_free(l->dialler);
    l->dialler = NULL;
    attach(l, stream);
    l->links->options.handler->on_up(l);
}

// ---- closing ----

static void bury(struct link *l)
{
    struct links *ls = l->links;
    l->state = LINK_GONE;
    listen_for(l, 0);
    ls->options.loop->timer_stop(ls->options.loop, &l->stall);
    dialler_free(l->dialler);
    l->dialler = NULL;
    if (l->stream != NULL) {
        l->stream->close(l->stream);
        l->stream = NULL;
    }
    hmap_remove(&ls->by_id, &l->by_id);
    list_remove(&l->dirty);
    list_remove(&l->due);
    list_push_back(&ls->graveyard, &l->due);
    buf_fini(&l->out);
    l->out_sent = 0;
}

static void flush(struct link *l);

void link_close(struct link *l)
{
    if (l->state == LINK_GONE) {
        return;
    }
    flush(l);
    log_link(l, EVENT_LINK_CLOSED, ERR_OK);
    bury(l);
}

void link_down(struct link *l, enum err reason)
{
    log_link(l, event_of(l, reason), reason);
    bury(l);
    l->links->options.handler->on_down(l, reason);
}

static void free_buried(struct links *ls)
{
    LIST_FOREACH_SAFE (it, tmp, &ls->graveyard) {
        struct link *l = CONTAINER_OF(it, struct link, due);
        list_remove(&l->due);
        buf_fini(&l->in);
        mem_free(l);
    }
}

// ---- what is told in a turn of its own ----

void link_set_due(struct link *l)
{
    struct links *ls = l->links;
    if (list_is_empty(&l->due)) {
        list_push_back(&ls->due, &l->due);
        ls->options.loop->timer_start(ls->options.loop, &ls->wake, 0);
    }
}

void link_fail(struct link *l, enum err reason)
{
    if (l->failure == ERR_OK) {
        l->failure = reason;
        l->is_mute = true;
        link_set_due(l);
    }
}

static void tell_room(struct link *l)
{
    if (l->state == LINK_UP && l->owes_room && link_has_room(l) && l->failure == ERR_OK) {
        l->owes_room = false;
        l->links->options.handler->on_room(l);
    }
}

static void tell(struct link *l)
{
    tell_room(l);
    if (l->state == LINK_UP && !l->is_held) {
        link_read(l, slice_of("", 0));
    }
    if (l->state == LINK_UP && l->failure != ERR_OK) {
        link_down(l, l->failure);
    } else if (l->state == LINK_UP && l->is_ended && !l->is_held) {
        link_down(l, l->end_reason);
    }
}

// Move what is in `from` now to `to`: what comes meanwhile waits.
static void take_all(struct list *from, struct list *to)
{
    list_init(to);
    while (!list_is_empty(from)) {
        struct list *it = from->next;
        list_remove(it);
        list_push_back(to, it);
    }
}

static void on_wake(struct port_timer *timer)
{
    struct links *ls = CONTAINER_OF(timer, struct links, wake);
    struct list now;
    take_all(&ls->due, &now);
    while (!list_is_empty(&now)) {
        struct link *l = CONTAINER_OF(now.next, struct link, due);
        list_remove(&l->due);
        tell(l);
    }
}

void link_set_raw(struct link *l, bool is_raw)
{
    l->is_raw = is_raw;
}

void link_hold(struct link *l)
{
    if (!l->is_held) {
        l->is_held = true;
        listen_for(l, 0);
        if (l->state == LINK_UP) {
            l->stream->pause(l->stream);
        }
    }
}

void link_release(struct link *l)
{
    if (l->is_held) {
        l->is_held = false;
        hear(l);
        listen_for(l, l->timeout_ms);
        if (l->state == LINK_UP) {
            l->stream->start(l->stream);
            link_set_due(l);
        }
    }
}

// ---- output ----

// Room for `len` bytes more. False when the link takes nothing, or gives up now.
static bool reserve(struct link *l, size_t len)
{
    if (l->state != LINK_UP || l->is_mute) {
        return false;
    }
    if (l->out_sent >= COMPACT_BYTES && l->out_sent >= l->out.len / 2) {
        buf_consume(&l->out, l->out_sent);
        l->out_sent = 0;
    }
    if (len > LIMIT_LINK_OUT_BYTES || link_out_bytes(l) > LIMIT_LINK_OUT_BYTES - len) {
        MARK("a link is given up that does not read");
        link_fail(l, ERR_LIMIT);
        return false;
    }
    if (buf_try_reserve(&l->out, len) == NULL) {
        MARK("no memory for a link's output");
        link_fail(l, ERR_NO_MEMORY);
        return false;
    }
    return true;
}

static void added(struct link *l)
{
    l->owes_room = true;
    if (list_is_empty(&l->dirty) && !l->is_blocked) {
        list_push_back(&l->links->dirty, &l->dirty);
    }
}

void link_send(struct link *l, const struct zab_packet *p)
{
    if (reserve(l, ZAB_PACKET_MIN_BYTES + p->data.len + p->authinfo.len)) {
        zab_packet_encode(p, &l->out);
        added(l);
    }
}

void link_write(struct link *l, struct slice bytes)
{
    if (reserve(l, bytes.len)) {
        buf_append_slice(&l->out, bytes);
        added(l);
    }
}

// What broke for writing may still hold packets for us; that it has ended is said by reading.
static void fall_silent(struct link *l)
{
    l->is_mute = true;
    buf_fini(&l->out);
    l->out_sent = 0;
}

static void on_stall(struct port_timer *timer)
{
    struct link *l = CONTAINER_OF(timer, struct link, stall);
    int64_t left_ms = l->taken_ms + l->links->options.stall_timeout_ms - now_ms(l);
    if (!l->is_blocked) {
        return;
    }
    if (left_ms > 0 || !l->is_last_stall) {
        l->is_last_stall = left_ms <= 0;
        l->links->options.loop->timer_start(l->links->options.loop, timer,
                                            left_ms > 0 ? left_ms : LAST_CHANCE_MS);
    } else {
        MARK("stalled link is closed");
        link_down(l, ERR_TIMEOUT);
    }
}

// After a write: what is left must not wait for ever.
static void note_progress(struct link *l, bool has_moved)
{
    struct port_loop *loop = l->links->options.loop;
    int64_t timeout_ms = l->links->options.stall_timeout_ms;
    if (!l->is_blocked || timeout_ms == 0) {
        return;
    }
    if (has_moved || l->stall.impl == NULL) {
        l->taken_ms = now_ms(l);
        l->is_last_stall = false;
    }
    if (l->stall.impl == NULL) {
        loop->timer_start(loop, &l->stall, timeout_ms);
    }
}

static void flush(struct link *l)
{
    list_remove(&l->dirty);
    size_t left = link_out_bytes(l);
    if (l->state != LINK_UP || left == 0 || l->is_blocked) {
        return;
    }
    struct slice part = slice_of(l->out.data + l->out_sent, left);
    int64_t taken = l->stream->write(l->stream, &part, 1);
    if (taken < 0) {
        fall_silent(l);
    } else {
        l->out_sent += (size_t)taken;
        l->is_blocked = l->out_sent < l->out.len;
        note_progress(l, taken > 0);
    }
    if (!l->is_blocked) {
        l->out.len = l->out_sent = 0;
        if (l->out.cap > OUT_IDLE_BYTES) {
            buf_fini(&l->out);
        }
    }
}

// Room is told from here, once; what that lets be written may leave room again, which is told in
// the next turn.
void links_flush(struct links *ls)
{
    struct list roomy;
    list_init(&roomy);
    while (!list_is_empty(&ls->dirty)) {
        struct link *l = CONTAINER_OF(ls->dirty.next, struct link, dirty);
        flush(l);
        list_push_back(&roomy, &l->dirty);
    }
    while (!list_is_empty(&roomy)) {
        struct link *l = CONTAINER_OF(roomy.next, struct link, dirty);
        list_remove(&l->dirty);
        tell_room(l);
    }
    while (!list_is_empty(&ls->dirty)) {
        struct link *l = CONTAINER_OF(ls->dirty.next, struct link, dirty);
        flush(l);
        if (l->owes_room && link_has_room(l)) {
            link_set_due(l);
        }
    }
    free_buried(ls);
}

// ---- all of them ----

void links_init(struct links *ls, const struct links_options *options)
{
    *ls = (struct links){.options = *options, .wake = {.fire = on_wake}};
    hmap_init(&ls->by_id);
    list_init(&ls->dirty);
    list_init(&ls->due);
    list_init(&ls->graveyard);
}

void links_fini(struct links *ls)
{
    for (struct hmap_link *it = hmap_any(&ls->by_id); it != NULL; it = hmap_any(&ls->by_id)) {
        link_close(CONTAINER_OF(it, struct link, by_id));
    }
    ls->options.loop->timer_stop(ls->options.loop, &ls->wake);
    free_buried(ls);
    hmap_fini(&ls->by_id);
}
