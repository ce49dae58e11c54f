// SPDX-License-Identifier: Apache-2.0
//
// What a server says. Nothing of it is believed further than it can be checked: an answer must be
// the one that is due, a record must fit its frame; else the connection is given up, and the
// trouble says why. Source: ClientCnxn.SendThread.readResponse, onConnected.
#include <inttypes.h>

#include "base/assert.h"
#include "base/mem.h"
#include "client/chroot.h"
#include "client/decode.h"
#include "client/session_priv.h"
#include "jute/connect.h"
#include "jute/op.h"

static void begin_decoding(struct session *s, struct slice frame, struct jute_in *in)
{
    arena_reset(&s->arena);
    jute_in_init(in, frame, &s->arena, INT32_MAX);
}

// Why `in` failed.
static void lose_for(struct session *s, const struct jute_in *in, const char *what)
{
    if (in->is_out_of_memory) {
        session_lose(s, "out of memory");
    } else {
        session_lose(s, "sent %s that cannot be read", what);
    }
}

// ---- the answer to the greeting ----

static bool is_answer_sound(struct session *s, const struct connect_response *r)
{
    if (r->body.passwd.len != sizeof(s->password)) {
        session_lose(s, "sent a session password of %zu bytes instead of %zu", r->body.passwd.len,
                     sizeof(s->password));
        return false;
    }
    if (s->is_global && r->body.session_id != s->id) {
        session_lose(s, "answered for session 0x%" PRIx64 " instead of 0x%" PRIx64,
                     (uint64_t)r->body.session_id, (uint64_t)s->id);
        return false;
    }
    if (r->read_only && !s->is_read_only_ok) {
        session_lose(s, "is read-only, which was not asked for");
        return false;
    }
    return true;
}

static void on_greeting_answer(struct session *s, struct slice frame)
{
    struct jute_in in;
    struct connect_response r;
    begin_decoding(s, frame, &in);
    if (!connect_response_decode(&in, &r)) {
        lose_for(s, &in, "an answer to the greeting");
        return;
    }
    if (r.body.timeout_ms <= 0 || r.body.session_id == 0) {
        s->was_closed = !s->renews || s->wants_close;
        session_trouble(s, "says that session 0x%" PRIx64 " has expired; open another one",
                        (uint64_t)s->id);
        session_expired(s);
        return;
    }
    if (!is_answer_sound(s, &r)) {
        return;
    }
    s->id = r.body.session_id;
    memcpy(s->password, r.body.passwd.data, sizeof(s->password));
    s->timeout_ms = r.body.timeout_ms;
    if (!r.read_only) {
        session_renew_lease(s, s->greeting_sent_ms);
    }
    session_opened(s, r.read_only);
}

// ---- events ----

static bool is_change(int32_t type)
{
    return type >= PADDOCK_EVENT_CREATED && type <= PADDOCK_EVENT_CHILDREN_CHANGED;
}

// Queue what `path` (the server's) has to tell. The watches leave the table only when that worked:
// else the connection is lost, and the next one makes the event again from what was last seen.
static void deliver_event(struct session *s, struct paddock_event *event, struct slice path)
{
    struct slice stripped;
    if (!chroot_strip(s->chroot, path, &stripped)) {
        session_lose(s, "sent an event of \"%.*s\", which is outside the chroot",
                     (int)(path.len < 100 ? path.len : 100), (const char *)path.data);
        return;
    }
    size_t count = watchers_count_fired(&s->watchers, event->type, path);
    struct event_delivery *d = event_delivery_new(event, stripped, count);
    if (d == NULL) {
        session_lose(s, "out of memory for an event");
        return;
    }
    watchers_take_fired(&s->watchers, event->type, path, d->targets);
    list_push_back(&s->deliveries, &d->delivery.link);
}

static void on_event(struct session *s, const struct jute_reply_header *h, struct jute_in *in)
{
    struct jute_watcher_event e;
    if (!jute_watcher_event_decode(in, &e)) {
        lose_for(s, in, "an event");
        return;
    }
    if (!is_change(e.type) || slice_is_null(e.path) || e.path.len == 0) {
        session_lose(s, "sent an event of unknown type %" PRId32, e.type);
        return;
    }
    struct paddock_event event = {.type = (enum paddock_event_type)e.type,
                                  .state = session_state(s),
                                  .zxid = h->zxid > 0 ? h->zxid : -1};
    deliver_event(s, &event, e.path);
}

// ---- answers ----

static void refuse_credential(struct session *s, int32_t code)
{
    session_trouble(s, "refused a credential (%s): scheme or user is unknown to it, or wrong",
                    paddock_code_name(code));
    session_end(s, PADDOCK_STATE_AUTH_FAILED, PADDOCK_AUTH_FAILED);
}

// Credentials are answered in their order: those of the reconnection, then the program's.
static void on_credential_answer(struct session *s, const struct jute_reply_header *h)
{
    struct request *r = requests_oldest_credential(&s->requests);
    if (s->credentials_due == 0 && r == NULL) {
        session_lose(s, "answered a credential that it was not sent");
        return;
    }
    if (s->credentials_due > 0) {
        s->credentials_due--;
    } else {
        if (h->err == PADDOCK_OK && !r->has_ended) {
            credentials_add(&s->credentials, r->credential);
            r->credential = NULL;
        }
        requests_answer(&s->requests, r, h->err, PADDOCK_ANSWERED, NULL);
    }
    if (h->err != PADDOCK_OK) {
        refuse_credential(s, h->err);
    }
}

static void on_set_watches_answer(struct session *s, const struct jute_reply_header *h)
{
    if (s->set_watches_due == 0) {
        session_lose(s, "answered watches that it was not sent");
        return;
    }
    s->set_watches_due--;
    if (h->err != PADDOCK_OK) {
        session_lose(s, "refused to set watches again: %s", paddock_code_name(h->err));
    }
}

// The watch of `r`, if the answer makes it one. Source: ZooKeeper.WatchRegistration.
static void register_watch(struct session *s, struct request *r, int code)
{
    enum watcher_kind kind = r->watcher_kind;
    if (r->type == PADDOCK_OP_EXISTS && code == PADDOCK_NO_NODE) {
        kind = WATCHER_EXIST;
    } else if (code != PADDOCK_OK) {
        return;
    }
    watchers_add(&s->watchers, r->watcher, kind);
    r->watcher = NULL;
}

static void finish(struct session *s, struct request *r, int code, enum paddock_fate fate,
                   struct paddock_result *result)
{
    if (r->watcher != NULL && !r->has_ended && fate == PADDOCK_ANSWERED) {
        register_watch(s, r, code);
    }
    requests_answer(&s->requests, r, code, fate, result);
}

// False when the answer cannot be read; then `r` still waits, and the connection is to be lost.
static bool take_body(struct session *s, struct request *r, const struct jute_reply_header *h,
                      struct jute_in *in)
{
    struct paddock_result *result = NULL;
    enum err e = decode_result(r, in, s->chroot, &result);
    if (e == ERR_MALFORMED) {
        return false;
    }
    if (e != ERR_OK) { // the answer was OK, but what it said is lost
        finish(s, r, PADDOCK_NO_MEMORY, PADDOCK_UNKNOWN, NULL);
        return true;
    }
    result->zxid = h->zxid;
    int code = result->code;
    finish(s, r, code, PADDOCK_ANSWERED, result);
    return true;
}

static void on_answer(struct session *s, const struct jute_reply_header *h, struct jute_in *in)
{
    struct request *r = requests_oldest(&s->requests);
    if (r == NULL && s->close_xid != 0 && h->xid == s->close_xid) {
        s->was_closed = h->err == PADDOCK_OK || h->err == PADDOCK_SESSION_EXPIRED;
        session_end(s, PADDOCK_STATE_CLOSED, PADDOCK_CLOSED);
        return;
    }
    if (r == NULL || r->xid != h->xid) {
        session_lose(s, "answered request %" PRId32 " when %" PRId32 " was due", h->xid,
                     r != NULL ? r->xid : s->close_xid);
        return;
    }
    if (h->zxid > s->last_zxid) {
        s->last_zxid = h->zxid;
    }
    session_renew_lease(s, r->sent_ms);
    r->zxid = h->zxid;
    if (h->err != PADDOCK_OK || r->has_ended) {
        finish(s, r, h->err, PADDOCK_ANSWERED, NULL);
    } else if (!take_body(s, r, h, in)) {
        lose_for(s, in, "an answer");
    }
}

static void on_ping_answer(struct session *s)
{
    if (s->is_ping_due) {
        s->is_ping_due = false;
        session_renew_lease(s, s->ping_sent_ms);
    }
}

static void on_frame(struct session *s, struct slice frame)
{
    struct jute_in in;
    struct jute_reply_header h;
    begin_decoding(s, frame, &in);
    if (!jute_reply_header_decode(&in, &h)) {
        lose_for(s, &in, "a frame");
        return;
    }
    switch (h.xid) {
    case XID_NOTIFICATION:
        on_event(s, &h, &in);
        break;
    case XID_PING:
        on_ping_answer(s);
        break;
    case XID_AUTH:
        on_credential_answer(s, &h);
        break;
    case XID_SET_WATCHES:
        on_set_watches_answer(s, &h);
        break;
    default:
        on_answer(s, &h, &in);
    }
}

// ---- bytes ----

// The request whose answer is too big ends with that, so that nobody asks again in vain.
static void on_too_big(struct session *s, struct slice peek)
{
    struct request *r = requests_oldest(&s->requests);
    if (s->phase == SESSION_OPEN && r != NULL && (int32_t)be32_load(peek.data) == r->xid) {
        finish(s, r, PADDOCK_TOO_BIG, PADDOCK_UNKNOWN, NULL);
    }
    session_lose(s, "sent a frame above the limit of %zu bytes (reply_bytes_max)",
                 s->reader.frame_max);
}

static void on_refused(struct session *s, enum frame_status status, struct slice peek)
{
    if (status == FRAME_TOO_BIG) {
        on_too_big(s, peek);
    } else if (status == FRAME_NO_MEMORY) {
        session_lose(s, "out of memory for an answer");
    } else {
        session_lose(s, "sent a frame of negative length");
    }
}

void session_read(struct session *s, struct slice bytes)
{
    s->last_heard_ms = clock_mono_ms(s->ports->clock);
    while (s->phase == SESSION_GREETING || s->phase == SESSION_OPEN) {
        struct slice frame = slice_null();
        enum frame_status status = frame_reader_next(&s->reader, &bytes, &frame);
        if (status == FRAME_INCOMPLETE) {
            return;
        }
        if (status != FRAME_READY) {
            on_refused(s, status, frame);
        } else if (s->phase == SESSION_GREETING) {
            on_greeting_answer(s, frame);
        } else {
            on_frame(s, frame);
        }
    }
}
