// SPDX-License-Identifier: Apache-2.0
//
// The write path: group commit, nothing answered before it is durable, and what happens when the
// disk refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mark.h"
#include "tests/unit/server/guest.h"
#include "tree/tree_priv.h"

enum { SEEDS = 6 };

static uint64_t syncs(const struct stage *st)
{
    return stage_disk(st)->counts[DISK_SYNC];
}

// ---- group commit ----

static void a_write_is_applied_and_answered_only_after_its_sync(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        uint64_t before = syncs(&st);
        int32_t xid = guest_create(&g, "/a", "", 0);
        while (syncs(&st) == before) {
            assert_false(stage_has_node(&st, "/a"));
            assert_int_equal(g.in.len, 0);
            stage_step(&st);
        }
        assert_int_equal(guest_answer(&g, xid), ZK_OK);
        assert_int_equal(syncs(&st), before + 1);
        stage_close(&st);
    }
}

static void writes_that_come_during_a_sync_share_the_next_one(void **state)
{
    (void)state;
    enum { GUESTS = 4 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g[GUESTS];
        stage_open(&st, seed, NULL, NULL);
        struct pipeline *pl = &stage_server(&st)->pipeline;
        for (size_t i = 0; i < GUESTS; i++) {
            guest_open(&g[i], &st);
        }
        while (pl->in_flight == NULL || pl->filling->count < 5) {
            for (size_t i = 0; i < GUESTS; i++) {
                guest_create(&g[i], "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
            }
            stage_step(&st);
        }
        const struct batch *shared = pl->filling;
        size_t waiting = shared->count;
        while (pl->in_flight != shared) {
            assert_true(shared->count >= waiting);
            stage_step(&st);
        }
        uint64_t before = syncs(&st);
        size_t together = shared->count;
        int64_t last = shared->first_zxid + (int64_t)together - 1;
        assert_true(together >= waiting);
        while (tree_last_zxid(stage_server(&st)->tree) < last) {
            assert_true(syncs(&st) <= before + 1);
            stage_step(&st);
        }
        assert_int_equal(syncs(&st), before + 1);
        stage_close(&st);
    }
}

static void zxids_follow_each_other_over_all_sessions(void **state)
{
    (void)state;
    struct stage st;
    struct guest g[3];
    stage_open(&st, 7, NULL, NULL);
    for (size_t i = 0; i < 3; i++) {
        guest_open(&g[i], &st);
    }
    int64_t zxid = tree_last_zxid(stage_server(&st)->tree);
    int64_t sum = 0;
    for (int n = 0; n < 10; n++) {
        for (size_t i = 0; i < 3; i++) {
            guest_create(&g[i], "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        int64_t last = 0;
        for (int32_t xid = 1; xid <= 10; xid++) {
            assert_int_equal(guest_answer(&g[i], xid), ZK_OK);
            assert_true(g[i].header.zxid > last);
            last = g[i].header.zxid;
            sum += last - zxid;
        }
        guest_leave(&g[i]);
    }
    assert_int_equal(sum, 30 * 31 / 2); // each of the next 30 numbers once
    stage_close(&st);
}

static void a_batch_is_bounded_in_bytes(void **state)
{
    (void)state;
    enum { WRITES = 24, DATA_BYTES = 1000 * 1000 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 8, NULL);
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    int32_t first = g.last_xid + 1;
    for (int i = 0; i < WRITES; i++) {
        guest_create(&g, "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
    }
    const struct pipeline *pl = &stage_server(&st)->pipeline;
    size_t most = 0;
    while (tree_node_count(stage_server(&st)->tree) < WRITES) {
        stage_step(&st);
        size_t len = pl->in_flight != NULL ? pl->in_flight->records.len : 0;
        most = len > most ? len : most;
    }
    assert_true(most > DATA_BYTES);
    assert_true(most <= LIMIT_LOG_BATCH_BYTES + DATA_BYTES + 1000);
    for (int32_t xid = first; xid < first + WRITES; xid++) {
        assert_int_equal(guest_answer(&g, xid), ZK_OK);
    }
    stage_close(&st);
}

// ---- flushDelay ----

static void a_delayed_flush_waits_for_company_and_not_longer(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 9, "flushDelay=100\nmaxWriteQueuePollTime=40\n");
    uint64_t before = syncs(&st);
    int64_t start_ms = stage_now_ms(&st);
    int32_t xid = guest_create(&g, "/alone", "", 0);
    assert_int_equal(guest_answer(&g, xid), ZK_OK);
    int64_t took_ms = stage_now_ms(&st) - start_ms;
    assert_true(took_ms >= 40 && took_ms <= 60);
    // Company every 20 ms, until the whole delay is over.
    start_ms = stage_now_ms(&st);
    int32_t first = g.last_xid + 1;
    while (g.in.len == 0) {
        guest_create(&g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        stage_run(&st, 20);
    }
    took_ms = stage_now_ms(&st) - start_ms;
    assert_true(took_ms >= 100 && took_ms <= 145);
    for (int32_t i = 0; i < 4; i++) {
        assert_int_equal(guest_answer(&g, first + i), ZK_OK);
    }
    assert_int_equal(syncs(&st), before + 2);
    stage_close(&st);
}

static void a_full_batch_does_not_wait(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    stage_open(&st, 10, "flushDelay=10000\nmaxBatchSize=3\n", NULL);
    guest_connect(&g, &st);
    guest_ask_session(&g, 0, GUEST_TIMEOUT_MS); // one write: waits
    stage_run(&st, 1000);
    assert_int_equal(g.in.len, 0);
    struct guest more[2];
    guest_connect(&more[0], &st);
    guest_connect(&more[1], &st);
    guest_ask_session(&more[0], 0, GUEST_TIMEOUT_MS);
    guest_ask_session(&more[1], 0, GUEST_TIMEOUT_MS);
    stage_run(&st, 30);
    struct connect_response r;
    assert_true(g.in.len > 0);
    assert_true(guest_take_session(&g, &r));
    stage_close(&st);
}

// ---- durability ----

static void what_was_answered_survives_a_power_cut(void **state)
{
    (void)state;
    enum { WRITES = 20 };
    for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        char path[16];
        for (int i = 0; i < WRITES; i++) {
            (void)snprintf(path, sizeof(path), "/n%d", i);
            guest_create(&g, path, "data", 0);
        }
        int32_t answered = 0;
        while (answered < 1 + (int32_t)seed) {
            assert_int_equal(guest_answer(&g, answered + 1), ZK_OK);
            answered++;
        }
        guest_hang_up(&g);
        stage_power_cut(&st);
        bool was_there = true;
        for (int i = 0; i < WRITES; i++) {
            (void)snprintf(path, sizeof(path), "/n%d", i);
            assert_true(i >= answered || stage_has_node(&st, path));
            assert_true(was_there || !stage_has_node(&st, path)); // none after a lost one
            was_there = stage_has_node(&st, path);
        }
        stage_close(&st);
    }
}

// ---- a disk that refuses ----

// Without room ahead a full disk refuses the next batch.
static const char no_room[] = "preAllocSize=0\n";

static void try_with_failing_write(uint64_t seed, uint64_t nth, enum err with)
{
    enum { WRITES = 6 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, seed, NULL);
    disk_fail_nth(stage_disk(&st), DISK_WRITE, nth, with);
    bool is_done[WRITES];
    char path[16];
    for (int i = 0; i < WRITES; i++) {
        (void)snprintf(path, sizeof(path), "/n%d", i);
        enum zk_code code = guest_answer(&g, guest_create(&g, path, "data", 0));
        assert_true(code == ZK_OK || code == ZK_SYSTEM_ERROR);
        is_done[i] = code == ZK_OK;
        assert_int_equal(stage_has_node(&st, path), is_done[i]);
        assert_int_equal(g.header.zxid, tree_last_zxid(stage_server(&st)->tree));
    }
    assert_true(is_done[WRITES - 1]); // it works again
    guest_hang_up(&g);
    stage_power_cut(&st);
    for (int i = 0; i < WRITES; i++) {
        (void)snprintf(path, sizeof(path), "/n%d", i);
        assert_int_equal(stage_has_node(&st, path), is_done[i]);
    }
    stage_close(&st);
}

static void a_failed_write_is_answered_with_system_error_and_the_next_may_work(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth <= 5; nth++) {
        try_with_failing_write(nth, nth, ERR_NO_SPACE);
        try_with_failing_write(nth, nth, ERR_IO);
    }
}

// A new log file that cannot be made refuses writes until it can; the old file stays as it was.
static void a_log_file_that_cannot_be_begun_refuses_writes_until_it_can(void **state)
{
    (void)state;
    static const enum disk_op ops[] = {DISK_OPEN, DISK_WRITE};
    for (size_t i = 0; i < 2; i++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, 20 + i, no_room);
        guest_make(&g, "/a", 0);
        stage_run(&st, 50);
        pipeline_roll(&stage_server(&st)->pipeline);
        disk_fail_nth(stage_disk(&st), ops[i], 1, ERR_TOO_MANY_FILES);
        assert_int_equal(guest_answer(&g, guest_create(&g, "/b", "", 0)), ZK_SYSTEM_ERROR);
        guest_make(&g, "/c", 0);
        guest_hang_up(&g);
        stage_power_cut(&st);
        assert_true(stage_has_node(&st, "/a") && !stage_has_node(&st, "/b") &&
                    stage_has_node(&st, "/c"));
        stage_close(&st);
    }
}

// Without its name in the directory a synced file is worth nothing.
static void a_log_file_whose_name_cannot_be_made_durable_ends_the_process(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 22, NULL);
    guest_make(&g, "/a", 0);
    stage_run(&st, 50);
    pipeline_roll(&stage_server(&st)->pipeline);
    disk_fail_nth(stage_disk(&st), DISK_SYNC_DIR, 1, ERR_IO);
    guest_create(&g, "/b", "", 0);
    assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_LOG);
    guest_end(&g);
    disk_heal(stage_disk(&st));
    stage_power_cut(&st);
    assert_true(stage_has_node(&st, "/a"));
    stage_close(&st);
}

// Everything prepared on top of a write that failed is forgotten with it.
static void writes_behind_a_failed_one_fail_with_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, no_room);
        guest_make(&g, "/p", 0);
        stage_disk(&st)->capacity_bytes = 0;
        int32_t create = guest_create(&g, "/p/a", "1", 0);
        int32_t set = guest_set(&g, "/p/a", "2", 0);
        int32_t read = guest_read(&g, OP_EXISTS, "/p/a", false);
        int32_t delete = guest_delete(&g, "/p", -1); // would be NotEmpty
        assert_int_equal(guest_answer(&g, create), ZK_SYSTEM_ERROR);
        guest_body_end(&g);
        assert_int_equal(guest_answer(&g, set), ZK_SYSTEM_ERROR);
        assert_int_equal(guest_answer(&g, read), ZK_NO_NODE);
        assert_int_equal(guest_answer(&g, delete), ZK_SYSTEM_ERROR);
        int64_t zxid = g.header.zxid;
        disk_heal(stage_disk(&st));
        assert_int_equal(guest_answer(&g, guest_create(&g, "/p/a", "3", 0)), ZK_OK);
        assert_int_equal(g.header.zxid, zxid + 1); // the numbers are given again
        assert_int_equal(guest_answer(&g, guest_set(&g, "/p/a", "4", 0)), ZK_OK);
        stage_close(&st);
    }
}

// One batch fails while the next one fills: both are refused, what comes later is not.
static void try_with_failing_batch(uint64_t seed)
{
    enum { WRITES = 300 };
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, seed, NULL);
    char path[16];
    struct pipeline *pl = &stage_server(&st)->pipeline;
    int sent = 0;
    while (pl->in_flight == NULL || pl->filling->count < 3) {
        assert_true(sent < WRITES);
        (void)snprintf(path, sizeof(path), "/n%d", sent++);
        guest_create(&g, path, "", 0);
        stage_step(&st);
    }
    disk_fail_nth(stage_disk(&st), DISK_WRITE, 1, ERR_IO);
    bool is_done[WRITES];
    int done = 0;
    for (int i = 0; i < sent; i++) {
        enum zk_code code = guest_answer(&g, i + 1);
        assert_true(code == ZK_OK || code == ZK_SYSTEM_ERROR);
        is_done[i] = code == ZK_OK;
        done += is_done[i] ? 1 : 0;
    }
    assert_true(done < sent);
    assert_int_equal(stage_server(&st)->in_process, 0);
    guest_make(&g, "/next", 0);
    assert_int_equal(g.header.zxid, 1 + done + 1);
    guest_hang_up(&g);
    stage_power_cut(&st);
    for (int i = 0; i < sent; i++) {
        (void)snprintf(path, sizeof(path), "/n%d", i);
        assert_int_equal(stage_has_node(&st, path), is_done[i]);
    }
    stage_close(&st);
}

static void a_failed_batch_takes_the_one_behind_it_along(void **state)
{
    (void)state;
    EXPECT_MARK("batch is abandoned");
    for (uint64_t seed = 1; seed <= 5 * SEEDS; seed++) {
        try_with_failing_batch(seed);
    }
}

static void a_session_that_cannot_be_logged_is_not_opened(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 12, no_room);
    struct guest late;
    stage_disk(&st)->capacity_bytes = 0;
    guest_connect(&late, &st);
    guest_ask_session(&late, 0, 1000);
    guest_end(&late);
    assert_int_equal(stage_server(&st)->sessions.expiry.count, 1);
    assert_int_equal(stage_server(&st)->in_process, 0);
    stage_close(&st);
}

static void a_session_whose_closing_cannot_be_logged_stays_open(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 13, no_room);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    stage_disk(&st)->capacity_bytes = 0;
    int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
    assert_int_equal(guest_answer(&g, close), ZK_SYSTEM_ERROR);
    disk_heal(stage_disk(&st));
    assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/mine", false)), ZK_OK);
    close = guest_plain(&g, OP_CLOSE_SESSION);
    assert_int_equal(guest_answer(&g, close), ZK_OK);
    guest_end(&g);
    assert_false(stage_has_node(&st, "/mine"));
    stage_close(&st);
}

// What a failed sync left behind is unknown: the process ends, and the next one looks.
static void a_failed_sync_ends_the_process_with_exit_code_10(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2 * SEEDS; seed++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, seed, NULL);
        guest_make(&g, "/done", 0);
        disk_fail_nth(stage_disk(&st), DISK_SYNC, 1, ERR_IO);
        guest_create(&g, "/unknown", "", 0);
        assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_LOG);
        guest_end(&g); // no answer
        assert_non_null(strstr(st.box.last_problem, "log_failed"));
        disk_heal(stage_disk(&st));
        stage_start(&st);
        assert_true(stage_has_node(&st, "/done"));
        assert_true(guest_come_back(&g));
        guest_make(&g, "/next", 0);
        stage_close(&st);
    }
}

// Also when the n-th one is that of room made ahead, between two batches; for every n.
static void a_failed_sync_between_batches_ends_the_process_too(void **state)
{
    (void)state;
    EXPECT_MARK("no batch behind a failed sync");
    static char data[200 * 1024];
    memset(data, 'x', sizeof(data) - 1);
    for (uint64_t n = 1; n <= 12; n++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, n, NULL);
        guest_make(&g, "/done", 0);
        disk_fail_nth(stage_disk(&st), DISK_SYNC, n, ERR_IO);
        for (int i = 0; i < 14 && !st.box.has_stopped; i++) {
            guest_create(&g, "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
            for (int64_t end_ms = stage_now_ms(&st) + 100;
                 stage_now_ms(&st) < end_ms && !st.box.has_stopped;) {
                stage_step(&st);
            }
        }
        assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_LOG);
        assert_non_null(strstr(st.box.last_problem, "log_failed"));
        stage_close(&st);
    }
}

// The refused batch cannot be taken out of the file again.
static void a_failed_write_that_cannot_be_undone_ends_the_process(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 14, NULL);
    guest_make(&g, "/done", 0);
    disk_fail_nth(stage_disk(&st), DISK_WRITE, 1, ERR_IO);
    disk_fail_nth(stage_disk(&st), DISK_TRUNCATE, 1, ERR_IO);
    guest_create(&g, "/unknown", "", 0);
    assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_LOG);
    guest_end(&g);
    stage_close(&st);
}

// Whoever reads the log must not have to look at mntr to hear of it.
static void a_tree_that_differs_from_its_log_is_told_once(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 18, NULL);
    const char *problem = st.box.last_problem;
    guest_make(&g, "/a", 0);
    assert_null(strstr(problem, "digest_mismatch"));
    guest_create(&g, "/b", "", 0);
    stage_until_in_process(&st);
    stage_server(&st)->tree->digest.sum ^= 1; // a bit of memory flips
    assert_int_equal(guest_answer(&g, g.last_xid), ZK_OK);
    assert_int_equal(tree_digest_mismatches(stage_server(&st)->tree), 1);
    assert_non_null(strstr(problem, "digest_mismatch up_to_zxid=0x3"));
    guest_make(&g, "/c", 0);
    assert_int_equal(tree_digest_mismatches(stage_server(&st)->tree), 2);
    assert_non_null(strstr(problem, "up_to_zxid=0x3"));
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_that_differs_from_its_log_is_told_once),
        cmocka_unit_test(a_write_is_applied_and_answered_only_after_its_sync),
        cmocka_unit_test(writes_that_come_during_a_sync_share_the_next_one),
        cmocka_unit_test(zxids_follow_each_other_over_all_sessions),
        cmocka_unit_test(a_batch_is_bounded_in_bytes),
        cmocka_unit_test(a_delayed_flush_waits_for_company_and_not_longer),
        cmocka_unit_test(a_full_batch_does_not_wait),
        cmocka_unit_test(what_was_answered_survives_a_power_cut),
        cmocka_unit_test(a_failed_write_is_answered_with_system_error_and_the_next_may_work),
        cmocka_unit_test(a_log_file_that_cannot_be_begun_refuses_writes_until_it_can),
        cmocka_unit_test(a_log_file_whose_name_cannot_be_made_durable_ends_the_process),
        cmocka_unit_test(writes_behind_a_failed_one_fail_with_it),
        cmocka_unit_test(a_failed_batch_takes_the_one_behind_it_along),
        cmocka_unit_test(a_session_that_cannot_be_logged_is_not_opened),
        cmocka_unit_test(a_session_whose_closing_cannot_be_logged_stays_open),
        cmocka_unit_test(a_failed_sync_ends_the_process_with_exit_code_10),
        cmocka_unit_test(a_failed_sync_between_batches_ends_the_process_too),
        cmocka_unit_test(a_failed_write_that_cannot_be_undone_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
