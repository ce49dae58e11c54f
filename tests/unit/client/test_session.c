// SPDX-License-Identifier: Apache-2.0
//
// The session under time that passes and a network that fails.
#include <stdio.h>

#include "base/mem.h"
#include "tests/unit/client/conversation.h"
#include "tests/unit/client/peer.h"

// After n bytes, in both directions together, the connection breaks; for every n until the whole
// conversation gets through. Against a whole server.
static void conversation_holds_with_the_connection_cut_at_every_byte(void **state)
{
    (void)state;
    struct scene sc;
    struct conversation c;
    scene_open(&sc, 11, NULL);
    conversation_begin(&c, &sc);
    uint64_t cut = 1;
    bool is_through = false;
    for (; !is_through; cut++) {
        sc.node->net.break_after_bytes = cut;
        assert_true(conversation_hold(&c));
        is_through = sc.node->net.break_after_bytes != 0;
        sc.node->net.break_after_bytes = 0;
    }
    assert_true(cut > 1000);
    print_message("cut at %llu bytes\n", (unsigned long long)cut - 2);
    conversation_end(&c);
    scene_close(&sc);
}

// ---- time, with a server that does what it is told ----

static void quiet_connection_is_pinged_at_a_third_of_the_timeout(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    int64_t last_ms = peer_now_ms(&p);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(peer_take(&p, OP_PING), XID_PING);
        assert_in_range(peer_now_ms(&p) - last_ms, PEER_TIMEOUT_MS / 3, PEER_TIMEOUT_MS / 3 + 60);
        last_ms = peer_now_ms(&p);
        peer_reply(&p, XID_PING, 1, 0, slice_null());
    }
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTED);
    peer_close(&p);
}

static void silent_server_is_left_at_two_thirds_of_the_timeout(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    int64_t start_ms = peer_now_ms(&p);
    peer_expect_dropped(&p, "was silent for");
    assert_in_range(peer_now_ms(&p) - start_ms, PEER_TIMEOUT_MS * 2 / 3 - 60,
                    PEER_TIMEOUT_MS * 2 / 3 + 60);
    peer_accept(&p);
    assert_int_equal(p.greeting.body.session_id, PEER_SESSION);
    peer_close(&p);
}

static void standing_still_oneself_is_not_the_servers_silence(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    p.world.now_ns += (int64_t)PEER_TIMEOUT_MS * 1000000; // the process was stopped
    (void)peer_take(&p, OP_PING);
    peer_reply(&p, XID_PING, 1, 0, slice_null());
    peer_run(&p, 500);
    assert_int_equal(p.accepted, 1);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTED);
    peer_close(&p);
}

static void server_that_does_not_greet_back_is_left(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    peer_accept(&p);
    int64_t start_ms = peer_now_ms(&p);
    peer_expect_dropped(&p, "does not answer the greeting");
    assert_in_range(peer_now_ms(&p) - start_ms, PEER_TIMEOUT_MS - 100, PEER_TIMEOUT_MS + 100);
    peer_close(&p);
}

static void slow_server_cannot_hold_a_request_beyond_its_deadline(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    struct answer_box late, next;
    struct paddock_op op = {.type = PADDOCK_OP_SYNC, .path = "/late", .timeout_ms = 300};
    answer_ask(p.zk, &op, &late);
    int32_t xid = peer_take(&p, OP_SYNC);
    int64_t start_ms = peer_now_ms(&p);
    while (late.count == 0) {
        peer_run(&p, 10);
    }
    assert_in_range(peer_now_ms(&p) - start_ms, 200, 340);
    assert_int_equal(late.code, PADDOCK_OPERATION_TIMEOUT);
    assert_int_equal(late.fate, PADDOCK_UNKNOWN);
    op.timeout_ms = 2000;
    answer_ask(p.zk, &op, &next);
    int32_t next_xid = peer_take(&p, OP_SYNC);
    const struct slice path = slice_of("\0\0\0\5/late", 9);
    peer_reply(&p, xid, 1, 0, path); // too late for the first, which keeps its place
    peer_reply(&p, next_xid, 2, 0, path);
    peer_run(&p, 50);
    assert_int_equal(late.count, 1);
    assert_int_equal(next.count, 1);
    assert_int_equal(next.code, PADDOCK_OK);
    assert_int_equal(p.zk->session.requests.count, 0);
    peer_close(&p);
}

static void lease_runs_from_the_sending_of_what_was_answered(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    assert_int_equal(paddock_lease_ms(p.zk), 0);
    peer_accept(&p);
    int64_t greeted_ms = peer_now_ms(&p);
    peer_run(&p, 500);
    peer_welcome(&p, PEER_SESSION, PEER_TIMEOUT_MS, false);
    assert_int_equal(paddock_connect(p.zk, 1000), PADDOCK_OK);
    // Counted from the greeting, which was sent a moment before it was taken here.
    int64_t left = PEER_TIMEOUT_MS - (peer_now_ms(&p) - greeted_ms);
    assert_in_range(paddock_lease_ms(p.zk), left - 60, left);
    (void)peer_take(&p, OP_PING);
    int before = paddock_lease_ms(p.zk);
    peer_run(&p, 300);
    assert_in_range(paddock_lease_ms(p.zk), before - 360, before - 290); // not answered yet
    peer_reply(&p, XID_PING, 1, 0, slice_null());
    peer_run(&p, 30);
    assert_in_range(paddock_lease_ms(p.zk), PEER_TIMEOUT_MS - 450, PEER_TIMEOUT_MS - 300);
    peer_hang_up(&p);
    peer_run(&p, 100);
    assert_in_range(paddock_lease_ms(p.zk), PEER_TIMEOUT_MS - 550, PEER_TIMEOUT_MS - 400);
    peer_close(&p);
}

// ---- what waits, and what ends ----

static void unsent_requests_wait_for_the_next_connection(void **state)
{
    (void)state;
    struct peer p;
    struct answer_box a[2];
    peer_open(&p, (struct paddock_options){0});
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = "/x"};
    answer_ask(p.zk, &op, &a[0]); // before there is any connection
    peer_join(&p);
    int32_t xid = peer_take(&p, OP_DELETE);
    peer_hang_up(&p);
    answer_ask(p.zk, &op, &a[1]); // nobody has noticed yet
    peer_accept(&p);
    assert_int_equal(a[0].code, PADDOCK_CONNECTION_LOSS);
    assert_int_equal(a[0].fate, PADDOCK_UNKNOWN);
    peer_welcome(&p, PEER_SESSION, PEER_TIMEOUT_MS, false);
    int32_t next = peer_take(&p, OP_DELETE);
    assert_int_equal(next, xid + 1);
    peer_reply(&p, next, 5, PADDOCK_NO_NODE, slice_null());
    peer_run(&p, 50);
    assert_int_equal(a[1].code, PADDOCK_NO_NODE);
    assert_int_equal(a[1].fate, PADDOCK_ANSWERED);
    peer_close(&p);
}

static void closing_ends_the_session_behind_all_requests(void **state)
{
    (void)state;
    struct peer p;
    struct answer_box a;
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    answer_ask(p.zk, &(struct paddock_op){.type = PADDOCK_OP_DELETE, .path = "/x"}, &a);
    session_close_by(&p.zk->session, peer_now_ms(&p) + 5000);
    assert_int_equal(paddock_sync(p.zk, "/"), PADDOCK_CLOSED);
    int32_t xid = peer_take(&p, OP_DELETE);
    int32_t close_xid = peer_take(&p, OP_CLOSE_SESSION);
    peer_reply(&p, xid, 5, 0, slice_null());
    peer_run(&p, 50);
    assert_int_equal(a.code, PADDOCK_OK);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTED);
    peer_reply(&p, close_xid, 6, 0, slice_null());
    peer_run(&p, 50);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CLOSED);
    assert_true(p.zk->session.was_closed);
    peer_close(&p);
}

static void closing_waits_no_longer_than_it_may(void **state)
{
    (void)state;
    struct peer p;
    struct answer_box a[2];
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    answer_ask(p.zk, &(struct paddock_op){.type = PADDOCK_OP_DELETE, .path = "/x"}, &a[0]);
    (void)peer_take(&p, OP_DELETE);
    peer_hang_up(&p);
    peer_run(&p, 100);
    peer_hang_up(&p);
    answer_ask(p.zk, &(struct paddock_op){.type = PADDOCK_OP_DELETE, .path = "/y"}, &a[1]);
    int64_t start_ms = peer_now_ms(&p);
    session_close_by(&p.zk->session, start_ms + 700);
    while (paddock_state(p.zk) != PADDOCK_STATE_CLOSED) {
        peer_run(&p, 20);
    }
    assert_in_range(peer_now_ms(&p) - start_ms, 680, 760);
    assert_int_equal(a[0].code, PADDOCK_CONNECTION_LOSS);
    assert_int_equal(a[1].code, PADDOCK_CLOSED);
    assert_int_equal(a[1].fate, PADDOCK_NOT_SENT);
    assert_false(p.zk->session.was_closed);
    peer_close(&p);
}

static void connection_to_a_server_that_left_the_list_ends(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    peer_join(&p);
    assert_int_equal(paddock_set_servers(p.zk, "other,peer"), PADDOCK_OK);
    peer_run(&p, 100);
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTED);
    assert_int_equal(paddock_set_servers(p.zk, "peer/chroot"), PADDOCK_BAD_ARGUMENTS);
    assert_int_equal(paddock_set_servers(p.zk, "other"), PADDOCK_OK);
    peer_expect_dropped(&p, "other:2181 cannot be found");
    assert_int_equal(paddock_state(p.zk), PADDOCK_STATE_CONNECTING);
    peer_close(&p);
}

static void pauses_between_rounds_grow_up_to_a_second(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){0});
    int64_t last_ms = 0;
    for (int i = 0; i < 8; i++) {
        peer_accept(&p);
        int64_t pause_ms = peer_now_ms(&p) - last_ms;
        last_ms = peer_now_ms(&p);
        peer_hang_up(&p);
        if (i > 0) {
            int64_t most = i > 4 ? 1000 : 100 << (i - 1);
            assert_in_range(pause_ms, most / 2, most + 60);
        }
    }
    peer_close(&p);
}

static void server_that_refuses_new_sessions_is_not_asked_without_pause(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.flags = PADDOCK_RENEW});
    int64_t start_ms = peer_now_ms(&p);
    for (int i = 0; i < 10; i++) {
        peer_accept(&p);
        peer_welcome(&p, 0, 0, false);
    }
    assert_in_range(peer_now_ms(&p) - start_ms, 2500, 10000); // growing, as between other rounds
    peer_close(&p);
}

static void every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    struct peer p;
    peer_open(&p, (struct paddock_options){.servers = "many"});
    struct port_address addresses[4] = {{.bytes = {10, 9, 9, 1}},
                                        {.bytes = {10, 9, 9, 2}},
                                        {.bytes = {10, 9, 9, 3}},
                                        net_address(&p.server->net, 0)};
    names_set(&p.world, "many", addresses, 4);
    peer_join(&p);
    struct paddock_session_info session;
    paddock_session(p.zk, &session);
    const uint8_t *b = addresses[3].bytes;
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "%u.%u.%u.%u:2181", b[0], b[1], b[2], b[3]);
    assert_string_equal(session.server, expected);
    peer_close(&p);
}

// ---- read-only servers ----

static void read_only_server_is_left_when_another_has_a_quorum(void **state)
{
    (void)state;
    struct peer p;
    struct tape tape = {0};
    peer_open(&p, (struct paddock_options){.servers = "peer:2181,peer:2182",
                                           .flags = PADDOCK_READ_ONLY_OK | PADDOCK_KEEP_ORDER,
                                           .on_event = tape_hear,
                                           .ctx = &tape});
    peer_accept(&p);
    assert_true(p.greeting.read_only);
    peer_welcome(&p, PEER_SESSION, PEER_TIMEOUT_MS, true);
    assert_int_equal(paddock_connect(p.zk, 1000), PADDOCK_OK);
    tape_expect(&tape, "session 5\n");
    // The other server: same peer, another port, which answers the word and then greets.
    struct port_listener *other;
    struct port_net *net = &p.server->net.port;
    assert_int_equal(net->listen(net, NULL, 2182, 0, false, &other), ERR_OK);
    other->owner = &p;
    other->on_accept = p.listener->on_accept;
    p.stream = NULL; // stays open until the client leaves it; the next one is the word's
    while (p.in.len < 4) {
        peer_run(&p, 20);
    }
    assert_memory_equal(p.in.data, "isro", 4);
    peer_say_raw(&p, slice_str("rw"));
    peer_run(&p, 20);
    peer_hang_up(&p);
    peer_accept(&p);
    assert_int_equal(p.greeting.body.session_id, 0); // the other session was of that server only
    peer_welcome(&p, PEER_SESSION + 1, PEER_TIMEOUT_MS, false);
    assert_int_equal(paddock_connect(p.zk, 1000), PADDOCK_OK);
    tape_expect(&tape, "session 0\nsession 3\n");
    other->close(other);
    peer_close(&p);
    tape_fini(&tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversation_holds_with_the_connection_cut_at_every_byte),
        cmocka_unit_test(quiet_connection_is_pinged_at_a_third_of_the_timeout),
        cmocka_unit_test(silent_server_is_left_at_two_thirds_of_the_timeout),
        cmocka_unit_test(standing_still_oneself_is_not_the_servers_silence),
        cmocka_unit_test(server_that_does_not_greet_back_is_left),
        cmocka_unit_test(slow_server_cannot_hold_a_request_beyond_its_deadline),
        cmocka_unit_test(lease_runs_from_the_sending_of_what_was_answered),
        cmocka_unit_test(unsent_requests_wait_for_the_next_connection),
        cmocka_unit_test(closing_ends_the_session_behind_all_requests),
        cmocka_unit_test(closing_waits_no_longer_than_it_may),
        cmocka_unit_test(connection_to_a_server_that_left_the_list_ends),
        cmocka_unit_test(pauses_between_rounds_grow_up_to_a_second),
        cmocka_unit_test(server_that_refuses_new_sessions_is_not_asked_without_pause),
        cmocka_unit_test(every_address_of_a_name_is_tried),
        cmocka_unit_test(read_only_server_is_left_when_another_has_a_quorum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
