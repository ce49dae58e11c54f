// SPDX-License-Identifier: Apache-2.0
//
// What is held is always the beginning of one frame, its length first.
#include "client/frame_reader.h"

enum { LENGTH_BYTES = 4, HELD_KEPT_BYTES = 64 * 1024 };

void frame_reader_init(struct frame_reader *r, size_t frame_max)
{
    *r = (struct frame_reader){.frame_max = frame_max};
}

void frame_reader_fini(struct frame_reader *r)
{
    buf_fini(&r->held);
}

void frame_reader_reset(struct frame_reader *r)
{
    buf_clear(&r->held);
    r->is_spent = false;
    if (r->held.cap > HELD_KEPT_BYTES) { // one large answer must not stay for ever
        buf_fini(&r->held);
    }
}

// Hold bytes until there are `want` of them, as far as there are any.
static bool hold(struct frame_reader *r, struct slice *bytes, size_t want)
{
    if (r->held.len >= want) {
        return true;
    }
    size_t missing = want - r->held.len;
    size_t taken = missing < bytes->len ? missing : bytes->len;
    if (taken > 0) {
        if (buf_try_reserve(&r->held, taken) == NULL) {
            return false;
        }
        buf_append(&r->held, bytes->data, taken);
        *bytes = slice_skip(*bytes, taken);
    }
    return true;
}

static enum frame_status refuse(struct frame_reader *r, struct slice *bytes, struct slice *ret)
{
    if (!hold(r, bytes, LENGTH_BYTES + FRAME_PEEK_BYTES)) {
        return FRAME_NO_MEMORY;
    }
    if (r->held.len < LENGTH_BYTES + FRAME_PEEK_BYTES) {
        return FRAME_INCOMPLETE;
    }
    *ret = slice_skip(buf_slice(&r->held), LENGTH_BYTES);
    return FRAME_TOO_BIG;
}

// The frame lies whole in `bytes`.
static bool take_whole(const struct frame_reader *r, struct slice *bytes, struct slice *ret)
{
    if (r->held.len > 0 || bytes->len < LENGTH_BYTES) {
        return false;
    }
    size_t len = be32_load(bytes->data);
    if (len > r->frame_max || bytes->len - LENGTH_BYTES < len) {
        return false;
    }
    *ret = slice_of(bytes->data + LENGTH_BYTES, len);
    *bytes = slice_skip(*bytes, LENGTH_BYTES + len);
    return true;
}

enum frame_status frame_reader_next(struct frame_reader *r, struct slice *bytes, struct slice *ret)
{
    if (r->is_spent) {
        frame_reader_reset(r);
    }
    if (take_whole(r, bytes, ret)) {
        return FRAME_READY;
    }
    if (!hold(r, bytes, LENGTH_BYTES)) {
        return FRAME_NO_MEMORY;
    }
    if (r->held.len < LENGTH_BYTES) {
        return FRAME_INCOMPLETE;
    }
    uint32_t len = be32_load(r->held.data);
    if (len > INT32_MAX) {
        return FRAME_MALFORMED;
    }
    if (len > r->frame_max) {
        return refuse(r, bytes, ret);
    }
    if (!hold(r, bytes, LENGTH_BYTES + (size_t)len)) {
        return FRAME_NO_MEMORY;
    }
    if (r->held.len < LENGTH_BYTES + (size_t)len) {
        return FRAME_INCOMPLETE;
    }
    r->is_spent = true;
    *ret = slice_skip(buf_slice(&r->held), LENGTH_BYTES);
    return FRAME_READY;
}
