// SPDX-License-Identifier: Apache-2.0
//
// Snapshots while serving: when they are taken, that they hold, and what a failing disk does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mark.h"
#include "store/names.h"
#include "tests/unit/server/guest.h"

enum { SEEDS = 5, NODE_BYTES = 2000 };

static void grow(struct guest *g, int count)
{
    static char data[NODE_BYTES + 1];
    memset(data, 'd', NODE_BYTES);
    int32_t first = g->last_xid + 1;
    for (int i = 0; i < count; i++) {
        guest_create(g, "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
    }
    for (int i = 0; i < count; i++) {
        assert_int_equal(guest_answer(g, first + i), ZK_OK);
    }
}

// Write one by one until a snapshot begins; the number of writes.
static int grow_until_snapshot(struct stage *st, struct guest *g)
{
    const struct snapper *sn = &stage_server(st)->snapper;
    int64_t before = sn->started_ns;
    int count = 0;
    while (sn->started_ns == before) {
        assert_true(count < 1000);
        grow(g, 1);
        count++;
    }
    return count;
}

static void wait_until_idle(struct stage *st)
{
    while (stage_server(st)->snapper.state != SNAPPER_IDLE) {
        stage_step(st);
    }
}

static void a_snapshot_is_taken_between_half_and_the_whole_of_snap_count(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        stage_open(&st, seed, "snapCount=100\n", NULL);
        struct snapper *sn = &stage_server(&st)->snapper;
        guest_open(&g, &st); // one transaction
        int64_t zxid = sn->last_zxid;
        int txns = 1 + grow_until_snapshot(&st, &g);
        assert_true(txns > 50 && txns <= 101);
        wait_until_idle(&st);
        assert_int_equal(sn->last_zxid, zxid + txns);
        stage_close(&st);
    }
}

static void a_snapshot_is_taken_by_the_bytes_of_the_log(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 6, "snapSizeLimitInKb=100\n");
    int nodes = grow_until_snapshot(&st, &g);
    assert_true(nodes > 50 * 1024 / (NODE_BYTES + 200) && nodes <= 100 * 1024 / NODE_BYTES + 1);
    stage_close(&st);
}

// Writes go on while the tree is walked; snapshot and log together give the same tree.
static void a_snapshot_under_load_recovers_to_the_same_tree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct stage st;
        struct guest g;
        stage_open(&st, seed, "maxSessionTimeout=600000\n", NULL);
        guest_connect(&g, &st);
        guest_ask_session(&g, 0, 600000);
        struct connect_response r;
        assert_true(guest_take_session(&g, &r));
        grow(&g, 900);
        struct server *s = stage_server(&st);
        snapper_start(&s->snapper);
        int64_t zxid = s->snapper.zxid;
        int during = 0;
        while (s->snapper.state == SNAPPER_WALKING) {
            assert_int_equal(guest_answer(&g, guest_set(&g, "/n-0000000899", "new", -1)), ZK_OK);
            guest_make(&g, "/m-", 2);
            during++;
        }
        assert_true(during > 0);
        wait_until_idle(&st);
        assert_int_equal(s->snapper.last_zxid, zxid);
        uint64_t digest = tree_digest(s->tree);
        size_t nodes = tree_node_count(s->tree);
        int64_t last = tree_last_zxid(s->tree);
        guest_hang_up(&g);
        stage_power_cut(&st);
        s = stage_server(&st);
        assert_int_equal(tree_digest(s->tree), digest);
        assert_int_equal(tree_node_count(s->tree), nodes);
        assert_int_equal(tree_last_zxid(s->tree), last);
        assert_int_equal(tree_digest_mismatches(s->tree), 0);
        assert_int_equal(s->stats->summaries[STATS_STARTUP_TXNS_LOADED].sum, last - zxid);
        stage_close(&st);
    }
}

static void slices_are_bounded_in_bytes_and_number(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 7, NULL);
    grow(&g, 900);
    struct snapper *sn = &stage_server(&st)->snapper;
    snapper_start(sn);
    size_t most_bytes = 0;
    while (sn->state != SNAPPER_IDLE) {
        stage_step(&st);
        assert_true(sn->in_flight <= SNAPPER_SLICES);
        for (size_t i = 0; i < SNAPPER_SLICES; i++) {
            size_t len = sn->slices[i].bytes.len;
            most_bytes = len > most_bytes ? len : most_bytes;
        }
    }
    assert_true(sn->file_bytes > (uint64_t)900 * NODE_BYTES);
    assert_true(most_bytes <= LIMIT_SNAPSHOT_SLICE_BYTES + NODE_BYTES + 200);
    stage_close(&st);
}

// A disk that does not keep up costs no memory: the walk stands still.
static void the_walk_waits_for_the_disk(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 21, NULL);
    grow(&g, 400);
    struct snapper *sn = &stage_server(&st)->snapper;
    snapper_start(sn);
    for (size_t i = 1; i <= 2 * SNAPPER_SLICES; i++) { // nothing is written meanwhile
        snapper_step(sn);
        assert_int_equal(sn->in_flight, i < SNAPPER_SLICES ? i : SNAPPER_SLICES);
    }
    wait_until_idle(&st);
    assert_int_equal(sn->last_zxid, tree_last_zxid(stage_server(&st)->tree));
    stage_close(&st);
}

static void the_log_begins_a_new_file_with_a_snapshot(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 8, "snapCount=20\n");
    assert_int_equal(stage_count_files(&st, NAMES_LOG), 1);
    grow_until_snapshot(&st, &g);
    grow(&g, 1);
    assert_int_equal(stage_count_files(&st, NAMES_LOG), 2);
    stage_close(&st);
}

static void nothing_new_needs_no_snapshot(void **state)
{
    (void)state;
    EXPECT_MARK("snapshot is skipped");
    struct stage st;
    stage_open(&st, 9, NULL, NULL);
    struct snapper *sn = &stage_server(&st)->snapper;
    size_t files = stage_count_files(&st, NAMES_SNAPSHOT);
    snapper_start(sn);
    assert_int_equal(sn->state, SNAPPER_IDLE);
    assert_int_equal(stage_count_files(&st, NAMES_SNAPSHOT), files);
    stage_close(&st);
}

// What was replayed at the start is behind a snapshot soon.
static void a_start_that_replayed_takes_a_snapshot(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 10, NULL);
    grow(&g, 5);
    int64_t last = tree_last_zxid(stage_server(&st)->tree);
    guest_leave(&g);
    assert_int_equal(stage_stop(&st), SERVER_EXIT_OK);
    stage_start(&st);
    stage_run(&st, 300);
    assert_int_equal(stage_server(&st)->snapper.last_zxid, last);
    stage_close(&st);
}

// Whatever step fails: the server goes on, no half file has a snapshot's name, the next one works.
static void a_failed_snapshot_harms_nobody(void **state)
{
    (void)state;
    EXPECT_MARK("snapshot is given up");
    static const enum disk_op ops[] = {DISK_OPEN, DISK_WRITE, DISK_SYNC, DISK_RENAME,
                                       DISK_SYNC_DIR};
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, 11 + i, NULL);
        grow(&g, 200);
        struct snapper *sn = &stage_server(&st)->snapper;
        int64_t before = sn->last_zxid;
        stage_run(&st, 20); // the log is quiet: the fault is the snapshot's
        disk_fail_nth(stage_disk(&st), ops[i], 1, ERR_NO_SPACE);
        snapper_start(sn);
        wait_until_idle(&st);
        assert_int_equal(sn->last_zxid, before);
        assert_non_null(strstr(st.box.last_problem, "snapshot_failed"));
        stage_run(&st, 10);
        assert_int_equal(stage_count_files(&st, NAMES_SNAPSHOT_TMP), 0);
        disk_heal(stage_disk(&st));
        grow(&g, 1);
        snapper_start(sn);
        wait_until_idle(&st);
        assert_int_equal(sn->last_zxid, tree_last_zxid(stage_server(&st)->tree));
        uint64_t digest = tree_digest(stage_server(&st)->tree);
        guest_hang_up(&g);
        stage_power_cut(&st);
        assert_int_equal(tree_digest(stage_server(&st)->tree), digest);
        stage_close(&st);
    }
}

static void a_stop_in_the_middle_leaves_no_half_file(void **state)
{
    (void)state;
    struct stage st;
    struct guest g;
    guest_enter(&g, &st, 20, NULL);
    grow(&g, 500);
    struct snapper *sn = &stage_server(&st)->snapper;
    size_t files = stage_count_files(&st, NAMES_SNAPSHOT);
    uint64_t digest = tree_digest(stage_server(&st)->tree);
    snapper_start(sn);
    while (sn->in_flight == 0) {
        stage_step(&st);
    }
    assert_int_equal(sn->state, SNAPPER_WALKING);
    box_stop(&st.box);
    assert_int_equal(stage_wait_for_end(&st), SERVER_EXIT_OK);
    assert_int_equal(stage_count_files(&st, NAMES_SNAPSHOT), files);
    assert_int_equal(stage_count_files(&st, NAMES_SNAPSHOT_TMP), 0);
    stage_start(&st);
    assert_int_equal(tree_digest(stage_server(&st)->tree), digest);
    stage_close(&st);
}

// Wherever it is: nothing of it stays, and the next one is taken.
static void a_snapshot_that_is_given_up_leaves_no_file(void **state)
{
    (void)state;
    EXPECT_MARK("snapshot is not wanted any more");
    for (int steps = 0; steps < 12; steps++) {
        struct stage st;
        struct guest g;
        guest_enter(&g, &st, (uint64_t)steps + 1, NULL);
        grow(&g, 200); // some slices
        struct snapper *sn = &stage_server(&st)->snapper;
        wait_until_idle(&st);
        size_t files = stage_count_files(&st, NAMES_SNAPSHOT);
        int64_t last = sn->last_zxid;
        snapper_start(sn);
        assert_int_equal(sn->state, SNAPPER_WALKING);
        for (int i = 0; i < steps; i++) {
            grow(&g, 1);
        }
        bool is_taken = sn->state != SNAPPER_WALKING; // the last slice was on its way before
        snapper_give_up(sn);
        grow(&g, 1);
        wait_until_idle(&st);
        assert_int_equal(sn->last_zxid != last, is_taken);
        stage_run(&st, 50);
        assert_int_equal(stage_count_files(&st, NAMES_SNAPSHOT), files + (is_taken ? 1 : 0));
        snapper_start(sn);
        grow(&g, 1);
        wait_until_idle(&st);
        assert_true(sn->last_zxid > last);
        stage_close(&st);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_that_is_given_up_leaves_no_file),
        cmocka_unit_test(a_snapshot_is_taken_between_half_and_the_whole_of_snap_count),
        cmocka_unit_test(a_snapshot_is_taken_by_the_bytes_of_the_log),
        cmocka_unit_test(a_snapshot_under_load_recovers_to_the_same_tree),
        cmocka_unit_test(slices_are_bounded_in_bytes_and_number),
        cmocka_unit_test(the_walk_waits_for_the_disk),
        cmocka_unit_test(the_log_begins_a_new_file_with_a_snapshot),
        cmocka_unit_test(nothing_new_needs_no_snapshot),
        cmocka_unit_test(a_start_that_replayed_takes_a_snapshot),
        cmocka_unit_test(a_failed_snapshot_harms_nobody),
        cmocka_unit_test(a_stop_in_the_middle_leaves_no_half_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
