// SPDX-License-Identifier: Apache-2.0
//
// The input of a link. Packets are taken where the read put them. When one is incomplete its
// beginning is kept, and the next read adds to it only as much as completes it: after that packet
// the rest is taken in place again.
#include "base/limits.h"
#include "base/mark.h"
#include "server/link_priv.h"

enum {
    TOP_UP_BYTES = 4096,         // added to an incomplete packet at a time, at first
    RAW_SLACK_BYTES = 64 * 1024, // of a stream's unused bytes, beyond one record
    IDLE_BYTES = 64 * 1024,      // a larger empty buffer is given back
};

// The bytes to be taken: those that wait in l->in, then `rest`. The last `topped` of the waiting
// ones lie directly before `rest`, too.
struct input {
    struct link *link;
    struct slice rest;
    size_t topped;
};

static bool is_taking(const struct link *l)
{
    return l->state == LINK_UP && !l->is_held && l->failure == ERR_OK;
}

static struct slice waiting(const struct link *l)
{
    return slice_skip(buf_slice(&l->in), l->in_used);
}

static void forget_used(struct link *l)
{
    buf_consume(&l->in, l->in_used);
    l->in_used = 0;
}

// Move up to `len` bytes of the rest behind those that wait. False when there was nothing to move.
static bool top_up(struct input *in, size_t len)
{
    struct link *l = in->link;
    len = len < in->rest.len ? len : in->rest.len;
    if (len == 0) {
        return false;
    }
    forget_used(l);
    if (buf_try_reserve(&l->in, len) == NULL) {
        MARK("no memory for a link's input");
        link_fail(l, ERR_NO_MEMORY);
        return false;
    }
    buf_append(&l->in, in->rest.data, len);
    in->rest = slice_skip(in->rest, len);
    in->topped += len;
    return true;
}

// What waits came from the read at hand: take it there.
static void return_to_read(struct input *in)
{
    struct link *l = in->link;
    size_t left = waiting(l).len;
    if (left <= in->topped) {
        in->rest = slice_of(in->rest.data - left, in->rest.len + left);
        in->topped = 0;
        l->in.len = l->in_used = 0;
    }
}

// `used` bytes of those at hand are done with.
static void consume(struct input *in, bool was_waiting, size_t used)
{
    if (was_waiting) {
        in->link->in_used += used;
        return_to_read(in);
    } else {
        in->rest = slice_skip(in->rest, used);
    }
}

static uint32_t data_max(const struct link *l)
{
    uint32_t max = l->links->options.data_max;
    return l->is_greeted || max < LIMIT_LINK_GREETING_BYTES ? max : LIMIT_LINK_GREETING_BYTES;
}

// Deliver one packet. False when none is complete.
static bool take_packet(struct input *in)
{
    struct link *l = in->link;
    bool is_waiting = waiting(l).len > 0;
    struct zab_packet packet;
    size_t len;
    enum err e = zab_packet_take(is_waiting ? waiting(l) : in->rest, data_max(l), &packet, &len);
    if (e != ERR_OK) {
        MARK("garbage on a link");
        link_fail(l, e);
        return false;
    }
    if (len == 0) {
        size_t have = waiting(l).len;
        return is_waiting && top_up(in, have < TOP_UP_BYTES ? TOP_UP_BYTES : have);
    }
    l->is_greeted = true;
    l->links->options.handler->on_packet(l, &packet);
    consume(in, is_waiting, len);
    return true;
}

// Deliver what there is of a stream. False when more bytes are wanted.
static bool take_raw(struct input *in)
{
    struct link *l = in->link;
    bool is_waiting = waiting(l).len > 0;
    if (is_waiting) {
        (void)top_up(in, in->rest.len);
    }
    struct slice bytes = is_waiting ? waiting(l) : in->rest;
    if (bytes.len == 0 || l->failure != ERR_OK) {
        return false;
    }
    size_t used = 0;
    bool is_done = false;
    l->links->options.handler->on_raw(l, bytes, &used, &is_done);
    if (is_done) {
        l->is_raw = false;
    } else if (bytes.len - used > (size_t)l->links->options.data_max + RAW_SLACK_BYTES &&
               !l->is_held) {
        MARK("a stream that nobody takes");
        link_fail(l, ERR_TOO_BIG);
    }
    consume(in, is_waiting, used);
    return is_done;
}

void link_read(struct link *l, struct slice bytes)
{
    struct input in = {.link = l, .rest = bytes};
    while (is_taking(l) && (l->is_raw ? take_raw(&in) : take_packet(&in))) {
    }
    if (l->state != LINK_UP || l->failure != ERR_OK) {
        return;
    }
    (void)top_up(&in, in.rest.len);
    if (waiting(l).len == 0) {
        l->in.len = l->in_used = 0;
        if (l->in.cap > IDLE_BYTES) {
            buf_fini(&l->in);
        }
    }
}
