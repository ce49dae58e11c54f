// SPDX-License-Identifier: Apache-2.0
//
// The life of a server: starting, refusing to start, draining, stopping, starting again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/server/guest.h"

enum { SEEDS = 20 };

// ---- starting ----

static void an_empty_directory_becomes_a_database_that_serves(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 1, NULL, NULL);
    assert_int_equal(server_client_port(stage_server(&st)), BOX_CLIENT_PORT);
    guest_open(&g, &st);
    assert_int_equal(g.header.zxid, 0);
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/zookeeper/quota", false)), ZK_OK);
    assert_int_equal(g.header.zxid, 1); // of its own session
    stage_close(&st);
}

static void everything_is_there_after_a_clean_restart(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 2, NULL);
    assert_int_equal(guest_answer(&g, guest_create(&g, "/a", "data", 0)), ZK_OK);
    guest_make(&g, "/e", CREATE_EPHEMERAL);
    int64_t zxid = g.header.zxid;
    for (int i = 0; i < 3; i++) {
        guest_hang_up(&g);
        assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
        stage_start(&st);
        assert_true(guest_come_back(&g));
        assert_int_equal(guest_answer(&g, guest_read(&g, OP_GET_DATA, "/a", false)), ZK_OK);
        assert_int_equal(g.header.zxid, zxid);
        assert_true(slice_equal_str(guest_str(&g), "data"));
        assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/e", false)), ZK_OK);
        assert_int_equal(guest_stat(&g).ephemeral_owner, g.session_id);
    }
    stage_close(&st);
}

static void session_ids_are_not_given_twice_over_a_restart(void **state)
{
    (void)state;
    struct stage st;
    struct guest old;
    struct guest fresh;
    guest_enter(&old, &st, 3, NULL);
    guest_hang_up(&old);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    stage_start(&st);
    guest_open(&fresh, &st);
    assert_true(fresh.session_id > old.session_id);
    stage_close(&st);
}

static void a_port_in_use_ends_the_start_with_a_remedy(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 4, NULL, NULL);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    struct port_net *net = &st.box.node->net.port;
    struct port_listener *taken;
    assert_int_equal(net->listen(net, NULL, BOX_CLIENT_PORT, 0, false, &taken), ERR_OK);
    const struct box *b = &st.box;
    struct server *s = NULL;
    const struct server_options options = {
        .config = b->config,
        .log = &st.box.log,
        .loop = &b->node->loop,
        .clock = &b->node->clock,
        .entropy = &b->node->entropy,
        .files = &b->node->disk.port,
        .net = net,
        .digest = &st.box.digest,
    };
    assert_int_equal(server_open(&options, &s), SERVER_EXIT_UNEXPECTED);
    assert_null(s);
    assert_non_null(strstr(b->last_problem, "remedy"));
    taken->close(taken);
    stage_start(&st); // nothing was left behind, not even the lock
    stage_close(&st);
}

// Else every client would be locked out by a scheme that nobody can prove.
static void required_schemes_that_are_not_enabled_are_refused_with_exit_code_2(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 19, NULL, NULL);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    st.box.config->enforce_auth_enabled = true;
    st.box.config->enforce_auth_schemes = "digest, x509";
    assert_int_equal(box_start(&st.box), SERVER_EXIT_INVALID);
    assert_non_null(strstr(st.box.last_problem, "add its authProvider"));
    st.box.config->enforce_auth_schemes = "digest, ip";
    stage_start(&st);
    stage_close(&st);
}

static void a_directory_in_use_is_refused_with_exit_code_3(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 5, NULL, NULL);
    struct port_file *lock;
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    struct port_files *fs = &stage_disk(&st)->port;
    assert_int_equal(fs->lock(fs, "/data/.paddock.lock", &lock), ERR_OK);
    assert_int_equal(box_start(&st.box), SERVER_EXIT_DATADIR);
    lock->close(lock);
    stage_start(&st);
    stage_close(&st);
}

static void damage_inside_the_log_ends_the_start_and_names_the_file(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 6, NULL);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(guest_answer(&g, guest_create(&g, "/n-", "data", 2)), ZK_OK);
    }
    guest_leave(&g);
    box_kill(&st.box);
    struct port_files *fs = &stage_disk(&st)->port;
    struct port_file *file;
    assert_int_equal(fs->open(fs, "/data/version-2/log.1", PORT_OPEN_WRITE, &file), ERR_OK);
    assert_int_equal(file->write(file, 300, "damage", 6), ERR_OK);
    assert_int_equal(file->sync(file), ERR_OK);
    file->close(file);
    assert_int_equal(box_start(&st.box), SERVER_EXIT_UNEXPECTED);
    assert_non_null(strstr(st.box.last_problem, "log.1"));
    stage_close(&st);
}

// Whatever operation fails while it starts, it says so and can be started again.
static void a_start_that_fails_can_be_repeated(void **state)
{
    (void)state;
    static const enum disk_op ops[] = {DISK_OPEN, DISK_READ,   DISK_WRITE,
                                       DISK_SYNC, DISK_RENAME, DISK_SYNC_DIR};
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        for (uint64_t nth = 1; nth <= 4; nth++) {
            struct stage st;
            struct guest g;
            guest_enter(&g, &st, nth, NULL);
            guest_make(&g, "/a", 0);
            guest_leave(&g);
            stage_power_cut(&st);
            box_kill(&st.box);
            disk_fail_nth(stage_disk(&st), ops[i], nth, ERR_IO);
            enum server_exit code = box_start(&st.box);
            failures += code != SERVER_EXIT_OK ? 1 : 0;
            if (box_is_up(&st.box)) {
                box_kill(&st.box);
            }
            disk_heal(stage_disk(&st));
            stage_start(&st);
            assert_true(stage_has_node(&st, "/a"));
            stage_close(&st);
        }
    }
    assert_true(failures > 3);
}

// ---- draining ----

// What was begun is answered, in order, and durable; then the connection ends.
static void stopping_answers_what_is_in_flight(void **state)
{
    (void)state;
    enum { WRITES = 30 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        int32_t first = g.last_xid + 1;
        for (int i = 0; i < WRITES; i++) {
            char path[16];
            (void)snprintf(path, sizeof(path), "/n%d", i);
            guest_create(&g, path, "", 0);
        }
        struct server *s = stage_server(&st);
        stage_until_in_process(&st);
        int64_t begun = s->pipeline.last_zxid - 1; // without createSession
        assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
        int32_t answered = 0;
        while (guest_next(&g)) {
            assert_int_equal(be32_load(g.frame.data), first + answered);
            answered++;
        }
        assert_int_equal(answered, begun);
        assert_int_equal(g.in.len, 0); // no half frame
        stage_start(&st);
        for (int i = 0; i < WRITES; i++) {
            char path[16];
            (void)snprintf(path, sizeof(path), "/n%d", i);
            assert_int_equal(stage_has_node(&st, path), i < answered);
        }
        stage_close(&st);
    }
}

// Replies that a slow connection has not taken yet leave before the end, too.
static void stopping_lets_replies_leave(void **state)
{
    (void)state;
    enum { READS = 20, DATA_BYTES = 50000 };
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        assert_int_equal(guest_answer(&g, guest_create(&g, "/big", data, 0)), ZK_OK);
        int32_t first = g.last_xid + 1;
        guest_set(&g, "/big", data, -1);
        for (int i = 1; i < READS; i++) {
            guest_read(&g, OP_GET_DATA, "/big", false);
        }
        struct server *s = stage_server(&st);
        while (s->in_process < READS) {
            stage_step(&st);
        }
        assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
        for (int32_t i = 0; i < READS; i++) {
            assert_int_equal(guest_answer(&g, first + i), ZK_OK);
        }
        guest_end(&g);
        stage_close(&st);
    }
}

// A client that reads nothing holds the end up for a second at most.
static void a_deaf_client_does_not_prevent_the_end(void **state)
{
    (void)state;
    enum { READS = 20, DATA_BYTES = 50000 };
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 8, NULL);
    assert_int_equal(guest_answer(&g, guest_create(&g, "/big", data, 0)), ZK_OK);
    net_set_deaf(g.net, true);
    for (int i = 0; i < READS; i++) {
        guest_read(&g, OP_GET_DATA, "/big", false);
    }
    stage_run(&st, 50);
    int64_t start_ms = stage_now_ms(&st);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    assert_true(stage_now_ms(&st) - start_ms <= 1000 + 300);
    stage_close(&st);
}

static void a_stopping_server_takes_nobody_new_and_reads_no_more(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 9, NULL);
    guest_create(&g, "/a", "", 0);
    struct server *s = stage_server(&st);
    stage_until_in_process(&st);
    box_stop(&st.box);
    assert_int_equal(server_client_port(s), 0);
    static const struct net_client_handler nobody = {NULL, NULL};
    assert_null(net_connect(st.box.node, BOX_CLIENT_PORT, &nobody, NULL));
    guest_create(&g, "/late", "", 0);
    assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_OK);
    assert_int_equal(guest_answer(&g, 1), ZK_OK);
    guest_end(&g);
    stage_start(&st);
    assert_true(stage_has_node(&st, "/a"));
    assert_false(stage_has_node(&st, "/late"));
    stage_close(&st);
}

// What waits for the throttle was not begun; what was begun is still answered.
static void stopping_drops_what_waits_for_the_throttle(void **state)
{
    (void)state;
    enum { WRITES = 50 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, "request_throttle_max_requests=1\n");
        for (int i = 0; i < WRITES; i++) {
            guest_create(&g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        }
        struct server *s = stage_server(&st);
        while (s->throttle.waiting == 0 || s->in_process == 0) {
            stage_step(&st);
        }
        int64_t begun = s->pipeline.last_zxid - 1; // without createSession
        assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
        for (int32_t xid = 1; xid <= begun; xid++) {
            assert_int_equal(guest_answer(&g, xid), ZK_OK);
        }
        guest_end(&g);
        assert_true(begun < WRITES);
        stage_start(&st);
        assert_int_equal(tree_last_zxid(stage_server(&st)->tree), begun + 1);
        stage_close(&st);
    }
}

static void stopping_answers_a_session_that_is_being_opened(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        struct connect_response r;
        stage_open(&st, seed, NULL, NULL);
        guest_connect(&g, &st);
        guest_ask_session(&g, 0, GUEST_TIMEOUT_MS);
        guest_create(&g, "/late", "", 0); // behind the ConnectRequest: not begun
        stage_until_in_process(&st);
        assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
        assert_true(guest_take_session(&g, &r));
        guest_end(&g);
        stage_start(&st);
        assert_true(guest_come_back(&g));
        assert_false(stage_has_node(&st, "/late"));
        stage_close(&st);
    }
}

// A disk that hangs, for example.
static void a_drain_that_takes_too_long_ends_with_an_error(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 13, "request_throttler.shutdownTimeout=0\n");
    guest_create(&g, "/a", "", 0);
    stage_until_in_process(&st);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_UNEXPECTED);
    guest_end(&g);
    stage_close(&st);
}

static void a_kill_with_writes_of_closed_connections_in_flight_loses_no_memory(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 14, NULL);
    guest_create(&g, "/a", "", 0);
    struct server *s = stage_server(&st);
    stage_until_in_process(&st);
    conn_close(stage_conn(&st), "for the test");
    assert_false(list_is_empty(&s->orphans));
    stage_close(&st);
}

static void stopping_twice_is_stopping_once(void **state)
{
    (void)state;
    struct stage st;
    stage_open(&st, 10, NULL, NULL);
    box_stop(&st.box);
    box_stop(&st.box);
    assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_OK);
    stage_start(&st);
    stage_close(&st);
}

static void stopping_does_not_wait_for_a_delayed_flush(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 11, "flushDelay=20000\n", NULL);
    guest_connect(&g, &st);
    guest_ask_session(&g, 0, GUEST_TIMEOUT_MS);
    stage_until_in_process(&st);
    int64_t start_ms = stage_now_ms(&st);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    assert_true(stage_now_ms(&st) - start_ms < 1000);
    stage_close(&st);
}

static void a_log_that_breaks_while_draining_is_told_once(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 12, "request_throttler.shutdownTimeout=100\n");
    disk_fail_nth(stage_disk(&st), DISK_SYNC, 1, ERR_IO);
    guest_create(&g, "/a", "", 0);
    stage_until_in_process(&st);
    box_stop(&st.box);
    while (!st.box.has_stopped) {
        stage_step(&st);
    }
    assert_int_equal(st.box.exit_code, SERVER_EXIT_LOG);
    st.box.exit_code = SERVER_EXIT_OK;
    stage_run(&st, 500); // nobody released it yet
    assert_int_equal(st.box.exit_code, SERVER_EXIT_OK);
    assert_true(box_reap(&st.box));
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_directory_becomes_a_database_that_serves),
        cmocka_unit_test(everything_is_there_after_a_clean_restart),
        cmocka_unit_test(session_ids_are_not_given_twice_over_a_restart),
        cmocka_unit_test(a_port_in_use_ends_the_start_with_a_remedy),
        cmocka_unit_test(required_schemes_that_are_not_enabled_are_refused_with_exit_code_2),
        cmocka_unit_test(a_directory_in_use_is_refused_with_exit_code_3),
        cmocka_unit_test(damage_inside_the_log_ends_the_start_and_names_the_file),
        cmocka_unit_test(a_start_that_fails_can_be_repeated),
        cmocka_unit_test(stopping_answers_what_is_in_flight),
        cmocka_unit_test(stopping_lets_replies_leave),
        cmocka_unit_test(a_deaf_client_does_not_prevent_the_end),
        cmocka_unit_test(a_stopping_server_takes_nobody_new_and_reads_no_more),
        cmocka_unit_test(stopping_drops_what_waits_for_the_throttle),
        cmocka_unit_test(stopping_answers_a_session_that_is_being_opened),
        cmocka_unit_test(a_drain_that_takes_too_long_ends_with_an_error),
        cmocka_unit_test(a_kill_with_writes_of_closed_connections_in_flight_loses_no_memory),
        cmocka_unit_test(stopping_twice_is_stopping_once),
        cmocka_unit_test(stopping_does_not_wait_for_a_delayed_flush),
        cmocka_unit_test(a_log_that_breaks_while_draining_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
