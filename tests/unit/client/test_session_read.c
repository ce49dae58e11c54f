// SPDX-License-Identifier: Apache-2.0
//
// What servers say, the truth and lies.
#include <stdio.h>

#include "base/mem.h"
#include "jute/multi.h"
#include "tests/unit/client/peer.h"

struct ending {
    size_t count;
    int code;
    enum paddock_fate fate;
};

static void keep(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    (void)zk;
    struct ending *e = ctx;
    *e = (struct ending){.count = e->count + 1, .code = result->code, .fate = result->fate};
}

static void submit(struct peer *p, enum paddock_op_type type, const char *path, struct ending *e)
{
    *e = (struct ending){0};
    struct paddock_op op = {.type = type, .path = path};
    assert_int_equal(paddock_submit(p->zk, &op, keep, e), PADDOCK_OK);
}

static void expect_ending(const struct ending *e, int code, enum paddock_fate fate)
{
    assert_int_equal(e->count, 1);
    assert_int_equal(e->code, code);
    assert_int_equal(e->fate, fate);
}

static void open_with(struct peer *p, struct paddock_options o)
{
    peer_open(p, o);
    peer_join(p);
}

static void open_joined(struct peer *p)
{
    open_with(p, (struct paddock_options){0});
}

// ---- greetings ----

static void greeting_says_what_was_seen(void **state)
{
    (void)state;
    struct peer p;
    struct ending e;
    open_joined(&p);
    assert_int_equal(p.greeting.body.session_id, 0);
    assert_int_equal(p.greeting.body.timeout_ms, PEER_TIMEOUT_MS);
    submit(&p, PADDOCK_OP_DELETE, "/a", &e);
    peer_reply(&p, peer_take(&p, OP_DELETE), 0x500, 0, slice_null());
    peer_run(&p, 50);
    expect_ending(&e, PADDOCK_OK, PADDOCK_ANSWERED);
    peer_hang_up(&p);
    peer_accept(&p);
    assert_int_equal(p.greeting.body.session_id, PEER_SESSION);
    assert_int_equal(p.greeting.body.last_zxid_seen, 0x500);
    assert_memory_equal(p.greeting.body.passwd.data, "0123456789abcdef", 16);
    peer_close(&p);
}

static void answer_of_zeros_expires_the_session(void **state)
{
    (void)state;
    static const struct {
        int64_t session;
        int32_t timeout_ms;
    } refusals[] = {{0, 0}, {PEER_SESSION, 0}, {0, PEER_TIMEOUT_MS}, {PEER_SESSION, -1}};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct peer p;
        struct ending e;
        open_joined(&p);
        peer_hang_up(&p);
        peer_accept(&p);
        submit(&p, PADDOCK_OP_SYNC, "/", &e);
        peer_welcome(&p, refusals[i].session, refusals[i].timeout_ms, false);
        peer_run(&p, 50);
        expect_ending(&e, PADDOCK_SESSION_EXPIRED, PADDOCK_NOT_SENT);
        assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_EXPIRED);
        peer_close(&p);
    }
}

static void strange_answers_to_the_greeting_drop_the_connection(void **state)
{
    (void)state;
    struct peer p;
    open_joined(&p);
    peer_hang_up(&p);
    peer_accept(&p);
    peer_welcome(&p, PEER_SESSION + 1, PEER_TIMEOUT_MS, false);
    peer_expect_dropped(&p, "answered for session 0x1235 instead of 0x1234");
    peer_accept(&p);
    peer_welcome(&p, PEER_SESSION, PEER_TIMEOUT_MS, true);
    peer_expect_dropped(&p, "is read-only");
    peer_accept(&p);
    peer_say(&p, slice_str("short"));
    peer_expect_dropped(&p, "cannot be read");
    peer_accept(&p); // the refusal of a read-only server without a quorum: a bare reply header
    peer_reply(&p, 0, 5, PADDOCK_NOT_READ_ONLY, slice_null());
    peer_expect_dropped(&p, "cannot be read");
    peer_accept(&p);
    struct jute_connect_response r = {
        .timeout_ms = 5000, .session_id = PEER_SESSION, .passwd = slice_str("short")};
    struct buf frame = {0};
    jute_connect_response_encode(&r, &frame);
    peer_say(&p, buf_slice(&frame));
    buf_fini(&frame);
    peer_expect_dropped(&p, "password of 5 bytes");
    peer_accept(&p);
    peer_hang_up(&p);
    peer_accept(&p); // and after all that it goes on
    peer_welcome(&p, PEER_SESSION, PEER_TIMEOUT_MS, false);
    assert_int_equal(paddock_connect(p.zk, 1000), PADDOCK_OK);
    peer_close(&p);
}

// ---- answers ----

static void answer_that_is_not_due_drops_the_connection(void **state)
{
    (void)state;
    struct peer p;
    struct ending e[2];
    open_joined(&p);
    submit(&p, PADDOCK_OP_SYNC, "/a", &e[0]);
    submit(&p, PADDOCK_OP_SYNC, "/b", &e[1]);
    int32_t first = peer_take(&p, OP_SYNC);
    int32_t second = peer_take(&p, OP_SYNC);
    assert_int_equal(second, first + 1);
    char cause[64];
    (void)snprintf(cause, sizeof(cause), "answered request %d when %d was due", second, first);
    peer_reply(&p, second, 1, 0, slice_null());
    peer_expect_dropped(&p, cause);
    expect_ending(&e[0], PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN);
    expect_ending(&e[1], PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN);
    peer_close(&p);
}

static void answers_to_nothing_drop_the_connection(void **state)
{
    (void)state;
    static const struct {
        int32_t xid;
        const char *cause;
    } lies[] = {
        {7, "answered request 7"},
        {XID_AUTH, "credential that it was not sent"},
        {XID_SET_WATCHES, "watches that it was not sent"},
    };
    struct peer p;
    open_joined(&p);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        peer_reply(&p, lies[i].xid, 1, 0, slice_null());
        peer_expect_dropped(&p, lies[i].cause);
        peer_join(&p);
    }
    peer_reply(&p, XID_PING, 1, 0, slice_null()); // harmless
    peer_run(&p, 100);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTED);
    peer_close(&p);
}

static void answer_that_does_not_fit_drops_the_connection(void **state)
{
    (void)state;
    static const enum paddock_op_type types[] = {PADDOCK_OP_EXISTS,         PADDOCK_OP_GET,
                                                 PADDOCK_OP_GET_CHILDREN,   PADDOCK_OP_GET_ACL,
                                                 PADDOCK_OP_COUNT_CHILDREN, PADDOCK_OP_SYNC};
    struct peer p;
    open_joined(&p);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct ending e;
        submit(&p, types[i], "/a", &e);
        peer_run(&p, 50);
        int32_t xid = (int32_t)be32_load(p.in.data + 4);
        peer_reply(&p, xid, 1, 0, slice_of("\0\0\0", 3));
        peer_expect_dropped(&p, "cannot be read");
        expect_ending(&e, PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN);
        peer_join(&p);
    }
    peer_close(&p);
}

static void multi_with_other_parts_than_asked_for_is_refused(void **state)
{
    (void)state;
    struct peer p;
    open_joined(&p);
    for (int extra = 0; extra < 3; extra++) { // too few, of another type, too many
        struct paddock_op part = {.type = PADDOCK_OP_CHECK, .path = "/"};
        struct paddock_op op = {.type = PADDOCK_OP_MULTI, .parts = &part, .part_count = 1};
        struct ending e = {0};
        assert_int_equal(paddock_submit(p.zk, &op, keep, &e), PADDOCK_OK);
        int32_t xid = peer_take(&p, OP_MULTI);
        struct buf body = {0};
        for (int i = 0; i < extra; i++) {
            multi_entry_begin(extra == 1 ? OP_DELETE : OP_CHECK, &body);
        }
        multi_end(&body);
        peer_reply(&p, xid, 1, 0, buf_slice(&body));
        buf_fini(&body);
        peer_expect_dropped(&p, "cannot be read");
        expect_ending(&e, PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN);
        peer_join(&p);
    }
    peer_close(&p);
}

static void answer_above_the_limit_ends_its_request_with_that(void **state)
{
    (void)state;
    struct peer p;
    struct ending e[2];
    open_with(&p, (struct paddock_options){.reply_bytes_max = 1000});
    submit(&p, PADDOCK_OP_GET, "/big", &e[0]);
    submit(&p, PADDOCK_OP_GET, "/small", &e[1]);
    struct buf raw = {0};
    buf_put_i32(&raw, 1001);
    buf_put_i32(&raw, peer_take(&p, OP_GET_DATA));
    buf_put_i64(&raw, 1);
    buf_put_i32(&raw, 0);
    peer_say_raw(&p, buf_slice(&raw));
    buf_fini(&raw);
    peer_expect_dropped(&p, "above the limit of 1000 bytes");
    expect_ending(&e[0], PADDOCK_TOO_BIG, PADDOCK_UNKNOWN);
    expect_ending(&e[1], PADDOCK_CONNECTION_LOSS, PADDOCK_UNKNOWN);
    peer_close(&p);
}

static void memory_follows_the_bytes_that_came_not_those_announced(void **state)
{
    (void)state;
    struct peer p;
    struct ending e;
    open_joined(&p);
    submit(&p, PADDOCK_OP_GET, "/a", &e);
    struct buf raw = {0};
    buf_put_i32(&raw, 200 * 1024 * 1024);
    buf_put_i32(&raw, peer_take(&p, OP_GET_DATA));
    peer_say_raw(&p, buf_slice(&raw));
    peer_run(&p, 200);
    assert_true(p.zk->session.reader.held.cap < 1024);
    buf_fini(&raw);
    peer_close(&p);
}

static void negative_length_drops_the_connection(void **state)
{
    (void)state;
    struct peer p;
    open_joined(&p);
    peer_say_raw(&p, slice_of("\xff\xff\xff\xff", 4));
    peer_expect_dropped(&p, "negative length");
    peer_close(&p);
}

// ---- events ----

struct heard {
    size_t count;
    char last[64];
};

static void hear(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    struct heard *h = ctx;
    if (event->type != PADDOCK_EVENT_SESSION) {
        h->count++;
        (void)snprintf(h->last, sizeof(h->last), "%d %s %lld", (int)event->type, event->path,
                       (long long)event->zxid);
    }
}

static void events_reach_on_event_without_chroot(void **state)
{
    (void)state;
    struct peer p;
    struct heard h = {0};
    open_with(&p, (struct paddock_options){.servers = "peer/app", .on_event = hear, .ctx = &h});
    peer_event(&p, PADDOCK_EVENT_DELETED, "/app/x", 9);
    peer_run(&p, 50);
    assert_string_equal(h.last, "2 /x 9");
    peer_event(&p, PADDOCK_EVENT_CHILDREN_CHANGED, "/app", -1);
    peer_run(&p, 50);
    assert_string_equal(h.last, "4 / -1");
    peer_event(&p, PADDOCK_EVENT_DELETED, "/apple", 9);
    peer_expect_dropped(&p, "\"/apple\", which is outside the chroot");
    assert_int_equal(h.count, 2);
    peer_close(&p);
}

static void strange_events_drop_the_connection(void **state)
{
    (void)state;
    static const struct {
        int32_t type;
        const char *path;
    } lies[] = {{0, "/a"}, {5, "/a"}, {-1, "/a"}, {-7, "/a"}, {1, NULL}, {1, ""}};
    struct peer p;
    open_joined(&p);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        peer_event(&p, lies[i].type, lies[i].path, 1);
        peer_expect_dropped(&p, "sent an event");
        peer_join(&p);
    }
    peer_close(&p);
}

// The zxid of an event must not count as seen: a second event of its transaction may be lost.
static void zxid_of_an_event_is_not_taken_for_seen(void **state)
{
    (void)state;
    struct peer p;
    open_joined(&p);
    peer_event(&p, PADDOCK_EVENT_DELETED, "/x", 0x900);
    peer_reply(&p, XID_PING, 0x901, 0, slice_null());
    peer_run(&p, 50);
    peer_hang_up(&p);
    peer_accept(&p);
    assert_int_equal(p.greeting.body.last_zxid_seen, 0);
    peer_close(&p);
}

// ---- credentials ----

static void refused_credential_ends_the_session_for_good(void **state)
{
    (void)state;
    struct peer p;
    struct ending e[2];
    open_joined(&p);
    struct paddock_op op = {
        .type = PADDOCK_OP_ADD_AUTH, .scheme = "none", .data = paddock_text("x")};
    e[0] = (struct ending){0};
    assert_int_equal(paddock_submit(p.zk, &op, keep, &e[0]), PADDOCK_OK);
    submit(&p, PADDOCK_OP_SYNC, "/", &e[1]);
    assert_int_equal(peer_take(&p, OP_AUTH), XID_AUTH);
    peer_reply(&p, XID_AUTH, 0, PADDOCK_AUTH_FAILED, slice_null());
    peer_expect_dropped(&p, "refused a credential");
    expect_ending(&e[0], PADDOCK_AUTH_FAILED, PADDOCK_ANSWERED);
    expect_ending(&e[1], PADDOCK_AUTH_FAILED, PADDOCK_UNKNOWN);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_AUTH_FAILED);
    assert_int_equal(paddock_sync(p.zk, "/"), PADDOCK_AUTH_FAILED);
    peer_close(&p);
}

static void accepted_credentials_are_told_first_on_every_connection(void **state)
{
    (void)state;
    struct peer p;
    struct ending e[3];
    open_joined(&p);
    static const char *const users[] = {"a:1", "b:2", "a:1"};
    for (int i = 0; i < 3; i++) {
        struct paddock_op op = {
            .type = PADDOCK_OP_ADD_AUTH, .scheme = "digest", .data = paddock_text(users[i])};
        e[i] = (struct ending){0};
        assert_int_equal(paddock_submit(p.zk, &op, keep, &e[i]), PADDOCK_OK);
    }
    for (int i = 0; i < 3; i++) {
        peer_reply(&p, peer_take(&p, OP_AUTH), 0, 0, slice_null());
    }
    peer_run(&p, 50);
    expect_ending(&e[2], PADDOCK_OK, PADDOCK_ANSWERED);
    peer_hang_up(&p);
    peer_accept(&p);
    submit(&p, PADDOCK_OP_SYNC, "/", &e[0]);
    peer_welcome(&p, PEER_SESSION, PEER_TIMEOUT_MS, false);
    for (int i = 0; i < 2; i++) { // the third was the first
        struct jute_auth_packet packet;
        assert_int_equal(peer_take(&p, OP_AUTH), XID_AUTH);
        assert_true(jute_auth_packet_decode(&p.body, &packet));
        assert_true(slice_equal_str(packet.auth, users[i]));
        peer_reply(&p, XID_AUTH, 0, 0, slice_null());
    }
    (void)peer_take(&p, OP_SYNC);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting_says_what_was_seen),
        cmocka_unit_test(answer_of_zeros_expires_the_session),
        cmocka_unit_test(strange_answers_to_the_greeting_drop_the_connection),
        cmocka_unit_test(answer_that_is_not_due_drops_the_connection),
        cmocka_unit_test(answers_to_nothing_drop_the_connection),
        cmocka_unit_test(answer_that_does_not_fit_drops_the_connection),
        cmocka_unit_test(multi_with_other_parts_than_asked_for_is_refused),
        cmocka_unit_test(answer_above_the_limit_ends_its_request_with_that),
        cmocka_unit_test(memory_follows_the_bytes_that_came_not_those_announced),
        cmocka_unit_test(negative_length_drops_the_connection),
        cmocka_unit_test(events_reach_on_event_without_chroot),
        cmocka_unit_test(strange_events_drop_the_connection),
        cmocka_unit_test(zxid_of_an_event_is_not_taken_for_seen),
        cmocka_unit_test(refused_credential_ends_the_session_for_good),
        cmocka_unit_test(accepted_credentials_are_told_first_on_every_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
