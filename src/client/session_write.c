// SPDX-License-Identifier: Apache-2.0
//
// What goes out, in this order: the rest of a request that the socket took in part, what is urgent
// (greeting, credentials, watches, pings), requests. Requests are written from where they lie.
#include "base/assert.h"
#include "client/session_priv.h"
#include "jute/connect.h"
#include "jute/op.h"

enum { SLICES_MAX = 64, PLAIN_FRAME_BYTES = 12, GREETING_BYTES = 64 };

static enum err put_plain_frame(struct session *s, int32_t xid, int32_t type)
{
    if (buf_try_reserve(&s->urgent, PLAIN_FRAME_BYTES) == NULL) {
        return ERR_NO_MEMORY;
    }
    buf_put_i32(&s->urgent, PLAIN_FRAME_BYTES - 4);
    buf_put_i32(&s->urgent, xid);
    buf_put_i32(&s->urgent, type);
    return ERR_OK;
}

enum err session_ping(struct session *s, int64_t now_ms)
{
    enum err e = put_plain_frame(s, XID_PING, OP_PING);
    if (e == ERR_OK) {
        s->is_ping_due = true;
        s->ping_sent_ms = now_ms;
    }
    return e;
}

bool session_has_said_all(const struct session *s)
{
    return s->urgent.len == 0 && list_is_empty(&s->requests.waiting) &&
           !watchers_has_untold(&s->watchers);
}

enum err session_say_close(struct session *s)
{
    s->close_xid = requests_take_xid(&s->requests);
    return put_plain_frame(s, s->close_xid, OP_CLOSE_SESSION);
}

// A session that only a read-only server made is not known to the others: begin anew there.
// Source: ClientCnxn.SendThread.primeConnection (seenRwServerBefore).
void session_greet(struct session *s)
{
    int64_t id = s->is_global ? s->id : 0;
    struct connect_request r = {
        .body = {.last_zxid_seen = s->last_zxid,
                 .timeout_ms = s->asked_timeout_ms,
                 .session_id = id,
                 .passwd = slice_of(s->password, sizeof(s->password))},
        .has_read_only = true,
        .read_only = s->is_read_only_ok,
    };
    if (buf_try_reserve(&s->urgent, GREETING_BYTES) == NULL) {
        session_lose(s, "out of memory");
        return;
    }
    buf_put_i32(&s->urgent, 0);
    connect_request_encode(&r, &s->urgent);
    be32_store(s->urgent.data, (uint32_t)(s->urgent.len - 4));
    ASSERT(s->urgent.len <= GREETING_BYTES);
}

// Watches go out a frame at a time, each when the one before is on its way.
static bool tell_watches(struct session *s)
{
    if (s->phase != SESSION_OPEN || s->urgent.len > 0 || !watchers_has_untold(&s->watchers)) {
        return true;
    }
    if (watchers_tell(&s->watchers, s->last_zxid, &s->urgent) != ERR_OK) {
        session_lose(s, "out of memory while watches were set again");
        return false;
    }
    s->set_watches_due++;
    return true;
}

static bool may_send_requests(const struct session *s)
{
    return s->phase == SESSION_OPEN && !s->is_moving && !watchers_has_untold(&s->watchers);
}

static struct slice rest_of(const struct request *r)
{
    ASSERT(r != NULL);
    return slice_of(r->frame + r->frame_written, r->frame_len - r->frame_written);
}

// The slices to write now; returns their number.
static size_t gather(const struct session *s, struct slice parts[SLICES_MAX])
{
    size_t count = 0;
    const struct list *at = s->requests.waiting.next;
    const struct list *end = &s->requests.waiting;
    const struct request *first = at != end ? CONTAINER_OF(at, struct request, queue) : NULL;
    if (first != NULL && first->frame_written > 0) {
        parts[count++] = rest_of(first);
        at = at->next;
    }
    if (s->urgent.len > 0) {
        parts[count++] = slice_skip(buf_slice(&s->urgent), s->urgent_written);
    }
    for (; may_send_requests(s) && at != end && count < SLICES_MAX; at = at->next) {
        parts[count++] = rest_of(CONTAINER_OF(at, struct request, queue));
    }
    return count;
}

// The socket took `written` bytes of `r`'s rest; returns how many of them are left for others.
static size_t note_request_written(struct session *s, struct request *r, size_t written,
                                   int64_t now_ms)
{
    size_t rest = r->frame_len - r->frame_written;
    if (written < rest) {
        r->frame_written += written;
        return 0;
    }
    r->frame_written = r->frame_len;
    requests_sent(&s->requests, r, now_ms);
    return written - rest;
}

static size_t note_urgent_written(struct session *s, size_t written)
{
    size_t rest = s->urgent.len - s->urgent_written;
    if (written < rest) {
        s->urgent_written += written;
        return 0;
    }
    buf_clear(&s->urgent);
    s->urgent_written = 0;
    return written - rest;
}

static struct request *first_waiting(const struct session *s)
{
    const struct list *head = &s->requests.waiting;
    return list_is_empty(head) ? NULL : CONTAINER_OF(head->next, struct request, queue);
}

// In the order of gather.
static void note_written(struct session *s, size_t written, int64_t now_ms)
{
    struct request *r = first_waiting(s);
    if (r != NULL && r->frame_written > 0) {
        written = note_request_written(s, r, written, now_ms);
    }
    if (written > 0 && s->urgent.len > 0) {
        written = note_urgent_written(s, written);
    }
    while (written > 0) {
        written = note_request_written(s, first_waiting(s), written, now_ms);
    }
}

void session_flush(struct session *s, int64_t now_ms)
{
    while (s->phase == SESSION_GREETING || s->phase == SESSION_OPEN) {
        struct slice parts[SLICES_MAX];
        if (s->is_blocked || !tell_watches(s)) {
            return;
        }
        size_t total = 0;
        size_t count = gather(s, parts);
        for (size_t i = 0; i < count; i++) {
            total += parts[i].len;
        }
        if (count == 0) {
            return;
        }
        int64_t written = s->stream->write(s->stream, parts, count);
        if (written < 0) {
            session_lose(s, "the connection broke: %s", err_text((enum err)written));
            return;
        }
        if (written > 0) {
            s->last_sent_ms = now_ms;
        }
        note_written(s, (size_t)written, now_ms);
        s->is_blocked = (size_t)written < total;
    }
}
