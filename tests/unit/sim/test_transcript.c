// SPDX-License-Identifier: Apache-2.0
//
// Transcripts: what frames become in a history, that the checkers see through it, and what is
// refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/connect.h"
#include "sim/call.h"
#include "sim/check.h"
#include "sim/model.h"
#include "sim/transcript.h"

enum { SECOND_NS = 1000000000, SESSION = 0x77, TIMEOUT_MS = 4000 };

struct tape {
    struct buf file;
    int64_t at_ns;
    struct annals names; // numbers of paths for call_encode
    struct annals h;
    char error[256];
};

static int set_up(void **state)
{
    static struct tape tape;
    tape = (struct tape){.at_ns = SECOND_NS};
    buf_append_str(&tape.file, transcript_magic);
    buf_put_i64(&tape.file, 3000);
    buf_put_i64(&tape.file, 9000);
    annals_init(&tape.names);
    annals_init(&tape.h);
    *state = &tape;
    return 0;
}

static int tear_down(void **state)
{
    struct tape *t = *state;
    buf_fini(&t->file);
    annals_fini(&t->names);
    annals_fini(&t->h);
    return 0;
}

static void put(struct tape *t, char kind, int32_t client, struct slice frame)
{
    buf_put_i64(&t->file, t->at_ns);
    buf_put_i64(&t->file, t->at_ns / 1000000);
    buf_put_i32(&t->file, kind);
    buf_put_i32(&t->file, client);
    buf_put_i32(&t->file, (int32_t)frame.len);
    buf_append_slice(&t->file, frame);
    t->at_ns += 1000000;
}

static void put_buf(struct tape *t, char kind, int32_t client, struct buf *frame)
{
    put(t, kind, client, buf_slice(frame));
    buf_fini(frame);
}

static void open_session(struct tape *t, int32_t client, int64_t session, int64_t seen_zxid)
{
    static const uint8_t passwd[CONNECT_PASSWD_BYTES];
    struct buf frame = {0};
    struct connect_request q = {.body = {.last_zxid_seen = seen_zxid,
                                         .timeout_ms = TIMEOUT_MS,
                                         .passwd = slice_of(passwd, sizeof(passwd))}};
    struct connect_response r = {.body = {.timeout_ms = TIMEOUT_MS,
                                          .session_id = session,
                                          .passwd = slice_of(passwd, sizeof(passwd))}};
    connect_request_encode(&q, &frame);
    put_buf(t, 'S', client, &frame);
    connect_response_encode(&r, &frame);
    put_buf(t, 'R', client, &frame);
}

static void ask(struct tape *t, int32_t client, int32_t xid, struct annals_part part,
                const char *path)
{
    struct buf frame = {0};
    part.node = annals_node(&t->names, slice_str(path));
    jute_request_header_encode(&(struct jute_request_header){.xid = xid, .type = part.type},
                               &frame);
    call_encode(&t->names, part.type, &part, 1, 0, &frame);
    put_buf(t, 'S', client, &frame);
}

static void answer(struct tape *t, int32_t client, int32_t xid, int64_t zxid, int32_t code,
                   struct slice body)
{
    struct buf frame = {0};
    jute_reply_header_encode(&(struct jute_reply_header){.xid = xid, .zxid = zxid, .err = code},
                             &frame);
    buf_append_slice(&frame, body);
    put_buf(t, 'R', client, &frame);
}

static bool read_tape(struct tape *t)
{
    return transcript_read(buf_slice(&t->file), &t->h, t->error, sizeof(t->error));
}

static void create_and_find(struct tape *t, uint32_t found)
{
    uint8_t data[MODEL_DATA_MAX];
    struct buf body = {0};
    struct jute_stat stat = {.czxid = 5, .mzxid = 5, .pzxid = 5};
    open_session(t, 2, SESSION, 0);
    ask(t, 2, 1, (struct annals_part){.type = OP_CREATE, .value = 33}, "/a");
    jute_str_encode(slice_str("/a"), &body);
    answer(t, 2, 1, 5, ZK_OK, buf_slice(&body));
    buf_clear(&body);
    ask(t, 2, 2, (struct annals_part){.type = OP_GET_DATA, .watch = true}, "/a");
    size_t len = model_data(found, data);
    stat.data_length = (int32_t)len;
    jute_str_encode(slice_of(data, len), &body);
    jute_stat_encode(&stat, &body);
    answer(t, 2, 2, 5, ZK_OK, buf_slice(&body));
    buf_fini(&body);
    put(t, 'L', 2, slice_null());
}

static void frames_become_a_history(void **state)
{
    struct tape *t = *state;
    struct finding f;
    create_and_find(t, 33);
    assert_true(read_tape(t));
    static const enum annals_kind kinds[] = {ANNALS_OPEN, ANNALS_CALL,   ANNALS_ANSWER,
                                             ANNALS_CALL, ANNALS_ANSWER, ANNALS_LOST};
    assert_int_equal(t->h.count, sizeof(kinds) / sizeof(kinds[0]));
    for (size_t i = 0; i < t->h.count; i++) {
        assert_int_equal(t->h.items[i].kind, kinds[i]);
        assert_int_equal(t->h.items[i].client, 2);
        assert_int_equal(t->h.items[i].session, SESSION);
    }
    assert_true(t->h.items[0].is_new);
    assert_int_equal(t->h.items[0].timeout_ms, TIMEOUT_MS);
    assert_int_equal(annals_parts(&t->h, &t->h.items[1])->value, 33);
    assert_true(annals_parts(&t->h, &t->h.items[3])->watch);
    assert_int_equal(annals_parts(&t->h, &t->h.items[4])->found, 33);
    assert_int_equal(t->h.slack_ms, 3000);
    assert_int_equal(t->h.lag_ms, 9000);
    assert_true(t->h.may_be_stale);
    assert_true(check_all(&t->h, &f));
}

static void a_value_that_nobody_wrote_is_found(void **state)
{
    struct tape *t = *state;
    struct finding f;
    create_and_find(t, 32);
    assert_true(read_tape(t));
    assert_false(check_all(&t->h, &f));
    assert_string_equal(f.property, "linearizable writes");
}

static void a_client_that_comes_back_names_what_it_saw(void **state)
{
    struct tape *t = *state;
    open_session(t, 0, SESSION, 0);
    put(t, 'L', 0, slice_null());
    open_session(t, 0, 0, 7); // refused: expired
    put(t, 'L', 0, slice_null());
    open_session(t, 0, SESSION + 1, 7);
    assert_true(read_tape(t));
    assert_int_equal(t->h.count, 3);
    assert_int_equal(t->h.items[2].kind, ANNALS_OPEN);
    assert_true(t->h.items[2].is_new);
    assert_int_equal(t->h.items[2].zxid, 7);
    assert_int_equal(t->h.items[2].connection, 1);
}

static void watches_events_pings_and_troubles_are_taken(void **state)
{
    struct tape *t = *state;
    struct buf frame = {0};
    open_session(t, 1, SESSION, 0);
    jute_request_header_encode(&(struct jute_request_header){.xid = XID_PING, .type = OP_PING},
                               &frame);
    put_buf(t, 'S', 1, &frame);
    put(t, 'T', -1, slice_null());
    jute_request_header_encode(
        &(struct jute_request_header){.xid = XID_SET_WATCHES, .type = OP_SET_WATCHES}, &frame);
    buf_put_i64(&frame, 4);
    for (int32_t list = 0; list < 3; list++) {
        buf_put_i32(&frame, list == LIST_CHILD);
        if (list == LIST_CHILD) {
            jute_str_encode(slice_str("/a"), &frame);
        }
    }
    put_buf(t, 'S', 1, &frame);
    jute_reply_header_encode(&(struct jute_reply_header){.xid = XID_NOTIFICATION, .zxid = 6},
                             &frame);
    jute_watcher_event_encode(
        &(struct jute_watcher_event){.type = 4, .state = 3, .path = slice_str("/a")}, &frame);
    put_buf(t, 'R', 1, &frame);
    assert_true(read_tape(t));
    assert_int_equal(t->h.count, 4);
    assert_int_equal(t->h.items[1].kind, ANNALS_TROUBLE);
    assert_int_equal(t->h.items[2].type, OP_SET_WATCHES2);
    assert_int_equal(t->h.items[2].zxid, 4);
    assert_int_equal(annals_parts(&t->h, &t->h.items[2])->mode, LIST_CHILD);
    assert_int_equal(t->h.items[3].kind, ANNALS_EVENT);
    assert_int_equal(t->h.items[3].event, 4);
    assert_int_equal(t->h.items[3].zxid, 6);
}

static void an_answer_that_nobody_asked_is_refused(void **state)
{
    struct tape *t = *state;
    open_session(t, 0, SESSION, 0);
    answer(t, 0, 9, 1, ZK_OK, slice_str(""));
    assert_false(read_tape(t));
    assert_non_null(strstr(t->error, "nobody asked"));
}

static void what_is_cut_off_or_no_transcript_is_refused(void **state)
{
    struct tape *t = *state;
    create_and_find(t, 33);
    size_t whole = t->file.len;
    t->file.len = whole - 1;
    assert_false(read_tape(t));
    t->file.len = 7;
    assert_false(read_tape(t));
    t->file.len = whole;
    t->file.data[0] ^= 1;
    assert_false(read_tape(t));
    assert_non_null(strstr(t->error, "no transcript"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(frames_become_a_history),
        T(a_value_that_nobody_wrote_is_found),
        T(a_client_that_comes_back_names_what_it_saw),
        T(watches_events_pings_and_troubles_are_taken),
        T(an_answer_that_nobody_asked_is_refused),
        T(what_is_cut_off_or_no_transcript_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
