// SPDX-License-Identifier: Apache-2.0
//
// What the server does by itself as time passes: expiry, the reaping of nodes, the purge of files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/names.h"
#include "tests/unit/server/fake_peer.h"
#include "tests/unit/server/troupe.h"

enum { TICK_MS = 200, SLACK_MS = 10, GRACE_MS = 1000 };

static void open_for(struct guest *g, struct stage *st, int32_t timeout_ms)
{
    struct connect_response r;
    guest_connect(g, st);
    guest_ask_session(g, 0, timeout_ms);
    assert_true(guest_take_session(g, &r));
    assert_int_equal(r.body.timeout_ms, timeout_ms);
}

// Milliseconds until the node is gone; at most 20 s.
static int64_t wait_until_gone(struct stage *st, const char *path)
{
    int64_t start_ms = stage_now_ms(st);
    while (stage_has_node(st, path)) {
        assert_true(stage_now_ms(st) < start_ms + 20000);
        stage_step(st);
    }
    return stage_now_ms(st) - start_ms;
}

// ---- sessions ----

static void a_silent_session_expires_never_early_and_at_most_a_tick_late(void **state)
{
    (void)state;
    for (int32_t timeout_ms = 400; timeout_ms <= 4000; timeout_ms += 177) {
        struct stage st;
        struct guest g;
        stage_open(&st, (uint64_t)timeout_ms, NULL, NULL);
        open_for(&g, &st, timeout_ms);
        guest_make(&g, "/mine",
                   CREATE_EPHEMERAL); // heard of for the last time some moments before now
        int64_t took_ms = wait_until_gone(&st, "/mine");
        assert_true(took_ms >= timeout_ms - SLACK_MS);
        assert_true(took_ms <= timeout_ms + TICK_MS + SLACK_MS);
        stage_close(&st);
    }
}

static void an_expired_session_is_closed_with_its_connection_and_nodes(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    struct guest other;
    stage_open(&st, 2, NULL, NULL);
    open_for(&g, &st, 1000);
    open_for(&other, &st, 4000);
    guest_make(&g, "/e1", CREATE_EPHEMERAL);
    guest_make(&g, "/e2", CREATE_EPHEMERAL);
    guest_make(&g, "/stays", 0);
    assert_int_equal(guest_answer(&other, guest_read(&other, OP_EXISTS, "/e1", true)), ZK_OK);
    guest_end(&g);
    guest_event(&other, WATCH_EVENT_DELETED, "/e1");
    assert_false(stage_has_node(&st, "/e2"));
    assert_true(stage_has_node(&st, "/stays"));
    assert_int_equal(tree_session_count(stage_server(&st)->tree), 1);
    assert_false(guest_come_back(&g));
    stage_close(&st);
}

static void a_session_expires_without_a_connection_too(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 3, NULL, NULL);
    open_for(&g, &st, 1000);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    guest_hang_up(&g);
    int64_t took_ms = wait_until_gone(&st, "/mine");
    assert_true(took_ms >= 1000 - SLACK_MS && took_ms <= 1000 + TICK_MS + SLACK_MS);
    stage_close(&st);
}

// Clients that spoke while the process stood still are heard before anybody expires.
static void a_stall_of_the_server_expires_nobody_who_spoke(void **state)
{
    (void)state;
    EXPECT_MARK("stall is not charged");
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct stage st;
        struct guest g;
        stage_open(&st, seed, NULL, NULL);
        open_for(&g, &st, 1000);
        guest_make(&g, "/mine", CREATE_EPHEMERAL);
        for (int i = 0; i < 3; i++) {
            guest_plain(&g, OP_PING);
            stage_stall(&st, 5000);
            assert_int_equal(guest_answer(&g, XID_PING), ZK_OK);
            stage_run(&st, 500);
            assert_true(stage_has_node(&st, "/mine"));
        }
        stage_close(&st);
    }
}

// As much time is left as there was when the stall began, and the grace at least.
static void after_a_stall_the_silent_have_the_time_that_was_left(void **state)
{
    static const int64_t silent_ms[] = {0, 900, 2200, 3900};
    (void)state;
    for (size_t i = 0; i < sizeof(silent_ms) / sizeof(silent_ms[0]); i++) {
        struct stage st;
        struct guest g;
        stage_open(&st, 5 + i, NULL, NULL);
        open_for(&g, &st, 4000);
        guest_make(&g, "/mine", CREATE_EPHEMERAL);
        guest_hang_up(&g);
        stage_run(&st, silent_ms[i]);
        stage_stall(&st, 50000);
        int64_t took_ms = wait_until_gone(&st, "/mine");
        int64_t left_ms = 4000 - silent_ms[i] > GRACE_MS ? 4000 - silent_ms[i] : GRACE_MS;
        assert_true(took_ms >= left_ms - TICK_MS - SLACK_MS);
        assert_true(took_ms <= left_ms + 2 * TICK_MS + SLACK_MS);
        stage_close(&st);
    }
}

// One write hangs in the disk for 8 s; sessions of 1 s live on, and end when it is over.
static void a_log_that_says_nothing_expires_nobody(void **state)
{
    EXPECT_MARK("silence of the log is not charged");
    (void)state;
    struct stage st;
    struct guest g;
    struct guest other;
    stage_open(&st, 8, NULL, NULL);
    open_for(&g, &st, 1000);
    open_for(&other, &st, 4000);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    guest_hang_up(&g);
    int64_t begun_ms = stage_now_ms(&st);
    st.box.node->disk.slowness = 40000;
    (void)guest_create(&other, "/slow", "", 0);
    stage_run(&st, 300);
    while (!stage_has_node(&st, "/slow")) {
        assert_true(stage_has_node(&st, "/mine"));
        stage_step(&st);
    }
    st.box.node->disk.slowness = 0;
    assert_true(stage_now_ms(&st) > begun_ms + 3000);
    int64_t took_ms = wait_until_gone(&st, "/mine");
    assert_true(took_ms <= 1000 + 3 * TICK_MS);
    stage_close(&st);
}

static void jumps_of_the_wall_clock_expire_nobody(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 6, NULL, NULL);
    open_for(&g, &st, 4000);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    st.box.node->wall_offset_ms += 3600 * 1000;
    stage_run(&st, 1500);
    st.box.node->wall_offset_ms -= 7200 * 1000;
    stage_run(&st, 1500);
    assert_true(stage_has_node(&st, "/mine"));
    stage_close(&st);
}

static void a_restart_gives_every_session_its_full_time(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 7, NULL, NULL);
    open_for(&g, &st, 1000);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    guest_hang_up(&g);
    stage_run(&st, 800);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    stage_start(&st);
    int64_t took_ms = wait_until_gone(&st, "/mine");
    assert_true(took_ms >= 1000 - SLACK_MS && took_ms <= 1000 + TICK_MS + SLACK_MS);
    stage_close(&st);
}

// The closing transaction cannot be written for a while: the session ends when it can.
static void a_full_disk_only_delays_expiry(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 8, "preAllocSize=0\n", NULL);
    open_for(&g, &st, 1000);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    guest_hang_up(&g);
    stage_disk(&st)->capacity_bytes = 0;
    stage_run(&st, 5000);
    assert_true(stage_has_node(&st, "/mine"));
    disk_heal(stage_disk(&st));
    wait_until_gone(&st, "/mine");
    stage_run(&st, 100);
    assert_int_equal(stage_server(&st)->sessions.expiry.count, 0);
    stage_close(&st);
}

// ---- containers and TTL nodes ----

static const char *const fast_reaping[] = {"znode.container.checkIntervalMs=1000", NULL};

// A session that lasts as long as the test.
static void open_long(struct guest *g, struct stage *st)
{
    struct connect_response r;
    guest_connect(g, st);
    guest_ask_session(g, 0, INT32_MAX);
    assert_true(guest_take_session(g, &r));
}

static const char long_sessions[] = "maxSessionTimeout=10000000\nextendedTypesEnabled=true\n";

static void a_container_goes_when_its_last_child_has_gone(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 9, long_sessions, fast_reaping);
    open_long(&g, &st);
    guest_make(&g, "/c", CREATE_CONTAINER);
    guest_make(&g, "/never-used", CREATE_CONTAINER);
    guest_make(&g, "/c/child", 0);
    stage_run(&st, 5000);
    assert_true(stage_has_node(&st, "/c"));
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/c", true)), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_delete(&g, "/c/child", -1)), ZK_OK);
    assert_true(wait_until_gone(&st, "/c") <= 1000 + SLACK_MS);
    guest_event(&g, WATCH_EVENT_DELETED, "/c");
    stage_run(&st, 5000);
    assert_true(stage_has_node(&st, "/never-used"));
    stage_close(&st);
}

static void a_container_that_was_never_used_goes_when_that_is_configured(void **state)
{
    (void)state;
    const char *defines[] = {"znode.container.checkIntervalMs=1000",
                             "znode.container.maxNeverUsedIntervalMs=5000", NULL};
    struct stage st;
    struct guest g;
    stage_open(&st, 10, long_sessions, defines);
    open_long(&g, &st);
    guest_make(&g, "/c", CREATE_CONTAINER);
    int64_t took_ms = wait_until_gone(&st, "/c");
    assert_true(took_ms >= 5000 - SLACK_MS && took_ms <= 6000 + SLACK_MS);
    stage_close(&st);
}

static void a_ttl_node_goes_when_it_is_old_and_has_no_children(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 11, long_sessions, fast_reaping);
    open_long(&g, &st);
    assert_int_equal(guest_answer(&g, guest_create_ttl(&g, "/t", 3000)), ZK_OK);
    assert_int_equal(guest_answer(&g, guest_create_ttl(&g, "/parent", 1000)), ZK_OK);
    guest_make(&g, "/parent/child", 0);
    stage_run(&st, 2000);
    assert_int_equal(guest_answer(&g, guest_set(&g, "/t", "younger", -1)), ZK_OK);
    int64_t took_ms = wait_until_gone(&st, "/t");
    assert_true(took_ms >= 3000 - SLACK_MS && took_ms <= 4000 + SLACK_MS);
    assert_true(stage_has_node(&st, "/parent"));
    assert_int_equal(guest_answer(&g, guest_delete(&g, "/parent/child", -1)), ZK_OK);
    wait_until_gone(&st, "/parent");
    stage_close(&st);
}

static void reaping_keeps_to_its_rate_and_looks_again_before_each_node(void **state)
{
    (void)state;
    const char *defines[] = {"znode.container.checkIntervalMs=1000",
                             "znode.container.maxPerMinute=60", NULL};
    enum { CONTAINERS = 6 };
    static const char *const names[CONTAINERS] = {"/c0", "/c1", "/c2", "/c3", "/c4", "/c5"};
    struct stage st;
    struct guest g;
    stage_open(&st, 12, long_sessions, defines);
    open_long(&g, &st);
    for (size_t i = 0; i < CONTAINERS; i++) {
        char child[8] = {0};
        memcpy(child, names[i], 3);
        memcpy(child + 3, "/x", 2);
        guest_make(&g, names[i], CREATE_CONTAINER);
        guest_make(&g, child, 0);
        assert_int_equal(guest_answer(&g, guest_delete(&g, child, -1)), ZK_OK);
    }
    const struct server *s = stage_server(&st);
    size_t all = tree_node_count(s->tree);
    while (tree_node_count(s->tree) == all) {
        stage_step(&st);
    }
    const char *used = NULL; // one that is to be deleted yet gets a child
    for (size_t i = 0; i < CONTAINERS; i++) {
        used = stage_has_node(&st, names[i]) ? names[i] : used;
    }
    char child[8] = {0};
    memcpy(child, used, 3);
    memcpy(child + 3, "/y", 2);
    guest_make(&g, child, 0);
    for (size_t gone = 1; gone <= 3; gone++) {
        stage_run(&st, 500);
        assert_int_equal(tree_node_count(s->tree), all + 1 - gone);
        stage_run(&st, 500);
    }
    stage_run(&st, 10000);
    assert_true(stage_has_node(&st, child));
    assert_int_equal(tree_node_count(s->tree), all + 1 - (CONTAINERS - 1));
    stage_close(&st);
}

static void a_full_disk_only_delays_reaping(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 16, "maxSessionTimeout=10000000\npreAllocSize=0\n", fast_reaping);
    open_long(&g, &st);
    guest_make(&g, "/c", CREATE_CONTAINER);
    guest_make(&g, "/c/child", 0);
    assert_int_equal(guest_answer(&g, guest_delete(&g, "/c/child", -1)), ZK_OK);
    stage_disk(&st)->capacity_bytes = 0;
    stage_run(&st, 5000);
    assert_true(stage_has_node(&st, "/c"));
    disk_heal(stage_disk(&st));
    assert_true(wait_until_gone(&st, "/c") <= 1000 + SLACK_MS);
    stage_close(&st);
}

// ---- purge ----

enum { HOUR_MS = 3600 * 1000 };

// A server with more snapshots and logs than it is to keep.
static void pile_up(struct stage *st, struct guest *g, uint64_t seed, const char *purge_cfg)
{
    struct buf cfg = {0};
    buf_printf(&cfg, "snapCount=20\nmaxSessionTimeout=10000000\n%s", purge_cfg);
    stage_open(st, seed, buf_cstr(&cfg), NULL);
    buf_fini(&cfg);
    open_long(g, st);
    for (int i = 0; i < 200; i++) {
        guest_make(g, "/n-", CREATE_PERSISTENT_SEQUENTIAL);
    }
    assert_true(stage_count_files(st, NAMES_SNAPSHOT) > 5);
    assert_true(stage_count_files(st, NAMES_LOG) > 5);
}

static bool is_purged(const struct stage *st)
{
    return stage_count_files(st, NAMES_SNAPSHOT) == 3 && stage_count_files(st, NAMES_LOG) <= 5;
}

static void old_snapshots_and_logs_are_purged_each_interval(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    pile_up(&st, &g, 13, "autopurge.purgeInterval=2\n");
    stage_run(&st, HOUR_MS);
    assert_false(is_purged(&st));
    stage_run(&st, HOUR_MS);
    assert_true(is_purged(&st));
    uint64_t digest = tree_digest(stage_server(&st)->tree);
    guest_hang_up(&g);
    stage_power_cut(&st); // what is left is enough
    assert_int_equal(tree_digest(stage_server(&st)->tree), digest);
    stage_close(&st);
}

static void purging_is_on_by_default_and_begins_at_start(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    pile_up(&st, &g, 17, "");
    guest_hang_up(&g);
    for (int i = 0; i < 2; i++) { // the snapshot of the first start may come behind its purge
        assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
        stage_start(&st);
        stage_run(&st, 1000);
    }
    assert_true(is_purged(&st));
    stage_close(&st);
}

static void a_purge_that_fails_is_tried_again(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    pile_up(&st, &g, 15, "autopurge.purgeInterval=1\n");
    disk_fail_nth(stage_disk(&st), DISK_REMOVE, 1, ERR_IO);
    stage_run(&st, HOUR_MS);
    assert_false(is_purged(&st));
    disk_heal(stage_disk(&st));
    stage_run(&st, HOUR_MS);
    assert_true(is_purged(&st));
    stage_close(&st);
}

static void without_an_interval_nothing_is_purged(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    pile_up(&st, &g, 14, "autopurge.purgeInterval=0\n");
    stage_run(&st, 100);
    size_t snapshots = stage_count_files(&st, NAMES_SNAPSHOT);
    stage_run(&st, HOUR_MS);
    guest_hang_up(&g);
    stage_power_cut(&st);
    stage_run(&st, 1000);
    assert_true(stage_count_files(&st, NAMES_SNAPSHOT) >= snapshots);
    stage_close(&st);
}

// ---- who decides ----

// A learner neither expires sessions nor reaps; when it becomes the leader it does both, and what
// it had found before was left to the one that led then.
static void only_who_leads_expires_and_reaps(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 30, NULL, fast_reaping);
    guest_open(&g, &st);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    guest_make(&g, "/c", CREATE_CONTAINER);
    guest_make(&g, "/c/child", 0);
    assert_int_equal(guest_answer(&g, guest_delete(&g, "/c/child", -1)), ZK_OK);
    guest_hang_up(&g);
    stage_run(&st, 20);
    struct fake_peer f;
    fake_join(&f, &st);
    f.is_quorum = true;
    pipeline_learn(fake_pipeline(&f));
    stage_run(&st, 20 * GUEST_TIMEOUT_MS);
    assert_true(stage_has_node(&st, "/c") && stage_has_node(&st, "/mine"));
    assert_int_equal(f.forwarded_count, 0);
    fake_settle(&f);
    pipeline_lead(fake_pipeline(&f), FAKE_EPOCH);
    stage_run(&st, GUEST_TIMEOUT_MS / 2); // a full timeout from here
    assert_true(stage_has_node(&st, "/mine"));
    stage_run(&st, GUEST_TIMEOUT_MS);
    assert_false(stage_has_node(&st, "/mine"));
    assert_false(stage_has_node(&st, "/c"));
    stage_close(&st);
    fake_fini(&f);
}

// Its session is the leader's to end, but only the learner knows that the client wanted that.
static void a_learner_forwards_the_close_of_a_client_that_has_gone(void **state)
{
    (void)state;
    EXPECT_MARK("close of a client that has gone is forwarded");
    static const struct troupe_options options = {
        .voters = 3,
        .zoo_cfg = "request_throttle_max_requests=1\nmaxSessionTimeout=600000\n"
                   "flushDelay=50\nmaxWriteQueuePollTime=50\n"};
    struct troupe t;
    struct guest g;
    struct guest stays;
    struct connect_response r;
    troupe_open(&t, 30, &options);
    int id = troupe_follower(&t);
    const struct server *s = troupe_server(&t, id);
    troupe_enter(&stays, &t, id);
    troupe_connect(&g, &t, id);
    guest_ask_session(&g, 0, 600000);
    assert_true(guest_take_session(&g, &r));
    guest_create(&g, "/mine", "", CREATE_EPHEMERAL);
    guest_plain(&g, OP_CLOSE_SESSION);
    while (s->throttle.waiting == 0) {
        stage_step(&t.st);
    }
    guest_hang_up(&g);
    for (int i = 0; i < 8; i++) { // who is there is not closed, however old its deadline
        troupe_run(&t, GUEST_TIMEOUT_MS / 2);
        guest_plain(&stays, OP_PING);
        assert_int_equal(guest_answer(&stays, XID_PING), ZK_OK);
    }
    assert_int_equal(tree_session_count(s->tree), 1);
    assert_null(tree_find(s->tree, slice_str("/mine")));
    assert_null(sessions_find(&s->sessions, g.session_id));
    troupe_close(&t);
}

// Nothing is due, so nothing is looked at more often than ticks come.
static void a_member_without_a_role_rests(void **state)
{
    (void)state;
    static const struct troupe_options options = {.voters = 2};
    struct troupe t;
    troupe_open(&t, 31, &options);
    troupe_kill(&t, 1);
    troupe_run(&t, 30000); // its oldest deadlines have passed by now
    assert_int_equal(troupe_server(&t, 2)->state, SERVER_RESTING);
    uint64_t before = t.st.world.steps;
    troupe_run(&t, 10000);
    assert_true(t.st.world.steps - before < 10 * 10000 / TROUPE_TICK_MS);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learner_forwards_the_close_of_a_client_that_has_gone),
        cmocka_unit_test(a_member_without_a_role_rests),
        cmocka_unit_test(only_who_leads_expires_and_reaps),
        cmocka_unit_test(a_silent_session_expires_never_early_and_at_most_a_tick_late),
        cmocka_unit_test(an_expired_session_is_closed_with_its_connection_and_nodes),
        cmocka_unit_test(a_session_expires_without_a_connection_too),
        cmocka_unit_test(a_stall_of_the_server_expires_nobody_who_spoke),
        cmocka_unit_test(after_a_stall_the_silent_have_the_time_that_was_left),
        cmocka_unit_test(a_log_that_says_nothing_expires_nobody),
        cmocka_unit_test(jumps_of_the_wall_clock_expire_nobody),
        cmocka_unit_test(a_restart_gives_every_session_its_full_time),
        cmocka_unit_test(a_full_disk_only_delays_expiry),
        cmocka_unit_test(a_container_goes_when_its_last_child_has_gone),
        cmocka_unit_test(a_container_that_was_never_used_goes_when_that_is_configured),
        cmocka_unit_test(a_ttl_node_goes_when_it_is_old_and_has_no_children),
        cmocka_unit_test(reaping_keeps_to_its_rate_and_looks_again_before_each_node),
        cmocka_unit_test(a_full_disk_only_delays_reaping),
        cmocka_unit_test(old_snapshots_and_logs_are_purged_each_interval),
        cmocka_unit_test(purging_is_on_by_default_and_begins_at_start),
        cmocka_unit_test(a_purge_that_fails_is_tried_again),
        cmocka_unit_test(without_an_interval_nothing_is_purged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
