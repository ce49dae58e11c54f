// SPDX-License-Identifier: Apache-2.0
//
// Connections of a whole server: framing, the order of replies, limits, and how they end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mark.h"
#include "tests/unit/server/guest.h"

enum { SEEDS = 8 };

// ---- framing ----

static void frames_may_arrive_byte_by_byte(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 1, NULL);
    struct buf frame = {0};
    struct buf path = {0};
    jute_path_encode(&(struct jute_path){slice_str("/some/path")}, &path);
    guest_frame(&frame, 7, OP_SYNC, buf_slice(&path));
    for (size_t i = 0; i < frame.len; i++) {
        guest_silence(&g, 5);
        guest_send(&g, slice_of(frame.data + i, 1));
    }
    assert_int_equal(guest_answer(&g, 7), ZK_OK);
    assert_true(slice_equal_str(guest_str(&g), "/some/path"));
    buf_fini(&frame);
    buf_fini(&path);
    stage_close(&st);
}

// A session and three requests, cut into two parts at every place.
static void frames_may_be_split_anywhere(void **state)
{
    (void)state;
    struct buf all = {0};
    const struct connect_request request = {.body = {.timeout_ms = 1000}, .has_read_only = true};
    buf_put_i32(&all, 0);
    connect_request_encode(&request, &all);
    be32_store(all.data, (uint32_t)all.len - 4);
    for (int32_t xid = 1; xid <= 3; xid++) {
        guest_frame(&all, xid, OP_PING, slice_str(""));
    }
    struct stage st;
    stage_open(&st, 2, "maxClientCnxns=0\n", NULL);
    for (size_t cut = 1; cut < all.len; cut++) {
        struct guest g;
        struct connect_response r;
        guest_connect(&g, &st);
        guest_send(&g, slice_of(all.data, cut));
        stage_run(&st, 5);
        guest_send(&g, slice_of(all.data + cut, all.len - cut));
        assert_true(guest_take_session(&g, &r));
        for (int32_t xid = 1; xid <= 3; xid++) {
            assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
        }
        guest_leave(&g);
    }
    buf_fini(&all);
    stage_close(&st);
}

static void many_frames_may_arrive_at_once(void **state)
{
    (void)state;
    enum { FRAMES = 500 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        struct buf all = {0};
        struct buf path = {0};
        jute_path_watch_encode(&(struct jute_path_watch){slice_str("/"), false}, &path);
        for (int32_t xid = 1; xid <= FRAMES; xid++) {
            guest_frame(&all, xid, OP_EXISTS, buf_slice(&path));
        }
        guest_send(&g, buf_slice(&all));
        for (int32_t xid = 1; xid <= FRAMES; xid++) {
            assert_int_equal(guest_answer(&g, xid), ZK_OK);
        }
        buf_fini(&all);
        buf_fini(&path);
        stage_close(&st);
    }
}

static void a_frame_of_the_greatest_length_is_served_and_one_more_byte_closes(void **state)
{
    (void)state;
    EXPECT_MARK("frame is too large");
    const char *defines[] = {"jute.maxbuffer=4096", NULL};
    struct stage st;
    struct guest g;
    stage_open(&st, 3, NULL, defines);
    guest_open(&g, &st);
    static uint8_t junk[4096];
    struct buf frame = {0};
    guest_frame(&frame, 1, OP_PING, slice_of(junk, 4096 - 8));
    guest_send(&g, buf_slice(&frame));
    assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
    be32_store(frame.data, 4097);
    guest_send(&g, slice_of(frame.data, 4));
    guest_end(&g);
    buf_fini(&frame);
    stage_close(&st);
}

static void a_negative_length_closes(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 4, NULL);
    guest_send(&g, slice_of("\xff\xff\xff\xff", 4));
    guest_end(&g);
    stage_close(&st);
}

static void a_word_is_answered_and_the_connection_closed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        stage_open(&st, seed, NULL, NULL);
        guest_connect(&g, &st);
        guest_send(&g, slice_str("ru"));
        guest_silence(&g, 5);
        guest_send(&g, slice_str("ok\n"));
        stage_run(&st, 100);
        assert_true(g.has_ended);
        assert_int_equal(g.in.len, 4);
        assert_memory_equal(g.in.data, "imok", 4);
        stage_close(&st);
    }
}

// stmk takes eight bytes more; they may come later.
static void a_word_with_an_argument_waits_for_it(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 15, "4lw.commands.whitelist=*\n", NULL);
    guest_connect(&g, &st);
    guest_send(&g, slice_str("stmk"));
    guest_silence(&g, 5);
    guest_send(&g, slice_of("\0\0\0\0\0\0\0\x7b", 8));
    stage_run(&st, 100);
    assert_true(g.has_ended);
    assert_int_equal(g.in.len, 3);
    assert_memory_equal(g.in.data, "123", 3);
    assert_int_equal(stage_server(&st)->stats->trace_mask, 123);
    stage_close(&st);
}

static void a_word_is_only_a_word_at_the_beginning(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 5, NULL);
    guest_send(&g, slice_str("ruok")); // a length that is out of range
    guest_end(&g);
    stage_close(&st);
}

static void foreign_protocols_are_named_in_the_log_and_closed(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 6, NULL, NULL);
    const char *greetings[] = {"\x16\x03\x01\x02\x00\x01", "GET / HTTP/1.1\r\n"};
    for (size_t i = 0; i < 2; i++) {
        struct guest g;
        guest_connect(&g, &st);
        guest_send(&g, slice_str(greetings[i]));
        guest_end(&g);
        guest_leave(&g);
    }
    stage_close(&st);
}

// ---- order ----

static void a_read_waits_for_the_writes_before_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        int32_t create = guest_create(&g, "/a", "1", 0);
        int32_t first = guest_read(&g, OP_GET_DATA, "/a", false);
        int32_t set = guest_set(&g, "/a", "2", -1);
        int32_t second = guest_read(&g, OP_GET_DATA, "/a", false);
        int32_t ping = guest_plain(&g, OP_PING);
        assert_int_equal(guest_answer(&g, create), ZK_OK);
        assert_int_equal(guest_answer(&g, first), ZK_OK);
        assert_true(slice_equal_str(guest_str(&g), "1"));
        assert_int_equal(guest_answer(&g, set), ZK_OK);
        assert_int_equal(guest_answer(&g, second), ZK_OK);
        assert_true(slice_equal_str(guest_str(&g), "2"));
        (void)ping;
        assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
        stage_close(&st);
    }
}

static void a_read_does_not_wait_for_writes_of_others(void **state)
{
    (void)state;
    struct stage st;
    struct guest writer;
    struct guest reader;
    guest_enter(&writer, &st, 7, NULL);
    guest_open(&reader, &st);
    int32_t create = guest_create(&writer, "/a", "1", 0);
    while (pipeline_is_idle(&stage_server(&st)->pipeline)) {
        stage_step(&st);
    }
    struct conn *c = CONTAINER_OF(stage_server(&st)->conns.prev, struct conn, link);
    assert_int_equal(c->session_id, reader.session_id);
    struct buf path = {0};
    struct buf frame = {0};
    jute_path_watch_encode(&(struct jute_path_watch){slice_str("/"), false}, &path);
    guest_frame(&frame, 1, OP_EXISTS, buf_slice(&path));
    size_t before = c->out.len;
    dispatch_frame(c, slice_skip(buf_slice(&frame), 4));
    assert_true(c->out.len > before); // answered at once
    assert_int_equal(guest_answer(&reader, 1), ZK_OK);
    assert_int_equal(guest_answer(&writer, create), ZK_OK);
    buf_fini(&path);
    buf_fini(&frame);
    stage_close(&st);
}

static void an_event_comes_before_the_answer_of_the_write_that_fires_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        assert_int_equal(guest_answer(&g, guest_create(&g, "/a", "1", 0)), ZK_OK);
        assert_int_equal(guest_answer(&g, guest_read(&g, OP_GET_DATA, "/a", true)), ZK_OK);
        int32_t set = guest_set(&g, "/a", "2", -1);
        guest_event(&g, WATCH_EVENT_DATA_CHANGED, "/a");
        int64_t zxid = g.header.zxid;
        assert_int_equal(guest_answer(&g, set), ZK_OK);
        assert_int_equal(g.header.zxid, zxid);
        stage_close(&st);
    }
}

// ---- limits ----

static void connections_of_one_address_are_limited(void **state)
{
    (void)state;
    struct stage st;
    struct guest g[3];
    struct guest late;
    stage_open(&st, 8, "maxClientCnxns=3\n", NULL);
    for (size_t i = 0; i < 3; i++) {
        guest_open(&g[i], &st);
    }
    guest_connect(&late, &st);
    guest_end(&late);
    guest_leave(&g[1]);
    stage_run(&st, 10);
    guest_open(&g[1], &st); // the place was given back
    stage_close(&st);
}

static void connections_of_all_together_are_limited(void **state)
{
    (void)state;
    struct stage st;
    struct guest g[2];
    struct guest late;
    guest_enter(&g[0], &st, 9, "maxClientCnxns=0\nmaxCnxns=2\n");
    guest_open(&g[1], &st);
    guest_connect(&late, &st);
    guest_end(&late);
    guest_leave(&late);
    assert_int_equal(stage_server(&st)->conn_count, 2);
    stage_close(&st);
}

// The server keeps at most a bounded amount for a client that does not read, and goes on reading
// its requests when it has caught up.
static void a_slow_reader_is_not_read_from_until_it_has_caught_up(void **state)
{
    (void)state;
    EXPECT_MARK("slow reader is not read from");
    enum { READS = 40, DATA_BYTES = 1000 * 1000 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 10, NULL);
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    assert_int_equal(guest_answer(&g, guest_create(&g, "/big", data, 0)), ZK_OK);
    net_set_deaf(g.net, true);
    int32_t first = g.last_xid + 1;
    for (int i = 0; i < READS; i++) {
        guest_read(&g, OP_GET_DATA, "/big", false);
    }
    stage_run(&st, 100);
    const struct conn *c = stage_conn(&st);
    assert_true(c->is_paused);
    assert_true(c->out.len - c->out_sent > LIMIT_CONN_OUT_BYTES);
    assert_true(c->out.len - c->out_sent <= LIMIT_CONN_OUT_BYTES + 2 * DATA_BYTES);
    net_set_deaf(g.net, false);
    for (int32_t xid = first; xid < first + READS; xid++) {
        assert_int_equal(guest_answer(&g, xid), ZK_OK);
    }
    assert_false(c->is_paused);
    stage_close(&st);
}

// Replies to what waited come whether the client reads or not: beyond the limit it is given up.
static void a_client_that_never_reads_is_closed_at_the_limit(void **state)
{
    (void)state;
    enum { READS = 120, DATA_BYTES = 1000 * 1000 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 11, NULL);
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    assert_int_equal(guest_answer(&g, guest_create(&g, "/big", data, 0)), ZK_OK);
    net_set_deaf(g.net, true);
    guest_set(&g, "/big", data, -1);
    for (int i = 0; i < READS; i++) { // deferred behind the write
        guest_read(&g, OP_GET_DATA, "/big", false);
    }
    size_t most = 0;
    const struct server *s = stage_server(&st);
    for (int64_t end = stage_now_ms(&st) + 200; stage_now_ms(&st) < end && s->conn_count > 0;) {
        stage_step(&st);
        if (s->conn_count > 0) {
            const struct conn *c = stage_conn(&st);
            most = c->out.len > most ? c->out.len : most;
        }
    }
    assert_int_equal(s->conn_count, 0);
    assert_true(most <= 5 * (size_t)LIMIT_CONN_OUT_BYTES);
    stage_close(&st);
}

static void a_client_that_never_reads_its_events_is_closed_at_the_limit(void **state)
{
    (void)state;
    EXPECT_MARK("reader is given up");
    enum { NAME_BYTES = 400 * 1000, EVENTS_MAX = 400 };
    static char path[NAME_BYTES + 2] = "/";
    memset(path + 1, 'n', NAME_BYTES);
    struct stage st;
    struct guest deaf;
    struct guest g;
    guest_enter(&deaf, &st, 18, NULL);
    guest_open(&g, &st);
    int32_t xid = guest_path_type(&deaf, OP_ADD_WATCH, "/", ADD_WATCH_RECURSIVE);
    assert_int_equal(guest_answer(&deaf, xid), ZK_OK);
    net_set_deaf(deaf.net, true);
    const struct server *s = stage_server(&st);
    const struct conn *c = stage_conn(&st);
    assert_int_equal(c->session_id, deaf.session_id);
    int events = 0;
    while (s->conn_count == 2) {
        assert_true(c->out.len - c->out_sent <= 4 * (size_t)LIMIT_CONN_OUT_BYTES);
        assert_true(events < EVENTS_MAX);
        guest_make(&g, path, 0);
        assert_int_equal(guest_answer(&g, guest_delete(&g, path, -1)), ZK_OK);
        events += 2;
    }
    assert_true(events > 3 * LIMIT_CONN_OUT_BYTES / NAME_BYTES);
    stage_close(&st);
}

// ---- ends ----

static void a_connection_without_session_is_closed_when_its_time_is_over(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 12, "nio.sessionlessCnxnTimeout=3000\n", NULL);
    guest_connect(&g, &st);
    guest_silence(&g, 2900);
    guest_end(&g); // within the next 10 s
    stage_close(&st);
}

static void closing_a_connection_does_not_end_its_session(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 13, NULL);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    int64_t id = g.session_id;
    guest_hang_up(&g);
    stage_run(&st, 100);
    assert_int_equal(stage_server(&st)->conn_count, 0);
    assert_true(guest_come_back(&g));
    assert_int_equal(g.session_id, id);
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/mine", false)), ZK_OK);
    stage_close(&st);
}

// "echo ruok | nc -N": the end of what a client sends is not the end of what it reads.
static void answers_leave_although_the_client_sends_no_more(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 16, NULL);
    struct conn *c = stage_conn(&st);
    struct buf frame = {0};
    guest_frame(&frame, 1, OP_PING, slice_str(""));
    struct port_stream *stream = c->stream;
    stream->handler->on_bytes(stream, buf_slice(&frame));
    stream->handler->on_end(stream, ERR_CLOSED); // in the same turn
    assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
    guest_end(&g);
    buf_fini(&frame);
    stage_close(&st);
}

// It went away while it was not read from; the next bytes for it find out.
static void a_broken_connection_is_closed_when_it_is_written_to(void **state)
{
    (void)state;
    enum { READS = 20, DATA_BYTES = 1000 * 1000 };
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    struct stage st;
    struct guest g;
    struct guest other;
    guest_enter(&g, &st, 17, NULL);
    guest_open(&other, &st);
    assert_int_equal(guest_answer(&g, guest_create(&g, "/big", data, 0)), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_GET_CHILDREN, "/", true)), ZK_OK);
    net_set_deaf(g.net, true);
    for (int i = 0; i < READS; i++) {
        guest_read(&g, OP_GET_DATA, "/big", false);
    }
    stage_run(&st, 50);
    guest_hang_up(&g);
    stage_run(&st, 50);
    assert_int_equal(stage_server(&st)->conn_count, 2);
    guest_make(&other, "/a", 0);
    stage_run(&st, 10);
    assert_int_equal(stage_server(&st)->conn_count, 1);
    stage_close(&st);
}

// The write is logged and applied although nobody waits for it any more.
static void a_write_outlives_its_connection(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        guest_create(&g, "/a", "", 0);
        guest_read(&g, OP_EXISTS, "/a", false); // deferred, and dropped
        struct server *s = stage_server(&st);
        while (s->in_process < 2) {
            stage_step(&st);
        }
        conn_close(stage_conn(&st), "for the test");
        assert_false(list_is_empty(&s->orphans));
        stage_run(&st, 50);
        assert_true(list_is_empty(&s->orphans));
        assert_int_equal(s->in_process, 0);
        assert_non_null(tree_find(s->tree, slice_str("/a")));
        stage_close(&st);
    }
}

static void watches_go_with_their_connection(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 14, NULL);
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_GET_CHILDREN, "/", true)), ZK_OK);
    assert_int_equal(watches_count(stage_server(&st)->watches), 1);
    guest_hang_up(&g);
    stage_run(&st, 50);
    assert_int_equal(watches_count(stage_server(&st)->watches), 0);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_may_arrive_byte_by_byte),
        cmocka_unit_test(frames_may_be_split_anywhere),
        cmocka_unit_test(many_frames_may_arrive_at_once),
        cmocka_unit_test(a_frame_of_the_greatest_length_is_served_and_one_more_byte_closes),
        cmocka_unit_test(a_negative_length_closes),
        cmocka_unit_test(a_word_is_answered_and_the_connection_closed),
        cmocka_unit_test(a_word_with_an_argument_waits_for_it),
        cmocka_unit_test(a_word_is_only_a_word_at_the_beginning),
        cmocka_unit_test(foreign_protocols_are_named_in_the_log_and_closed),
        cmocka_unit_test(a_read_waits_for_the_writes_before_it),
        cmocka_unit_test(a_read_does_not_wait_for_writes_of_others),
        cmocka_unit_test(an_event_comes_before_the_answer_of_the_write_that_fires_it),
        cmocka_unit_test(connections_of_one_address_are_limited),
        cmocka_unit_test(connections_of_all_together_are_limited),
        cmocka_unit_test(a_slow_reader_is_not_read_from_until_it_has_caught_up),
        cmocka_unit_test(a_client_that_never_reads_is_closed_at_the_limit),
        cmocka_unit_test(a_client_that_never_reads_its_events_is_closed_at_the_limit),
        cmocka_unit_test(a_connection_without_session_is_closed_when_its_time_is_over),
        cmocka_unit_test(closing_a_connection_does_not_end_its_session),
        cmocka_unit_test(answers_leave_although_the_client_sends_no_more),
        cmocka_unit_test(a_broken_connection_is_closed_when_it_is_written_to),
        cmocka_unit_test(a_write_outlives_its_connection),
        cmocka_unit_test(watches_go_with_their_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
