// SPDX-License-Identifier: Apache-2.0
//
// A history that is replaced or cut: whenever the power goes, there is the old one or the new one;
// of a cut history perhaps one between them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/install.h"
#include "store/small_file.h"
#include "tests/unit/store/stage.h"

#define MARKER "paddock.install"

static const struct snapsave_options plain = {
    .parts = {.with_digest = true, .with_last_zxid = true}};

// The leader's tree: nobody else has /leader.
static struct tree *leader_tree(int64_t zxid)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_session(&batch, zxid - 1, 0x77, 5000);
    world_put_create(&batch, zxid, "/leader", "its data", false);
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

// What the old directory holds besides what is the same everywhere.
struct old {
    int64_t snapshots[3]; // 0: none
    int64_t logs[4];      // log i holds from here to the next; the last entry but 0 is the end
    int64_t zxid;         // of the SNAP
};

static int64_t put_old(struct stage *s, const struct old *old)
{
    int64_t last = 0;
    for (size_t i = 0; i < 3 && old->snapshots[i] > 0; i++) {
        stage_put_snapshot(s, old->snapshots[i], NAMES_PLAIN);
        last = old->snapshots[i];
    }
    for (size_t i = 0; i + 1 < 4 && old->logs[i + 1] > 0; i++) {
        stage_put_log(s, old->logs[i], old->logs[i + 1] - 1);
        last = old->logs[i + 1] - 1 > last ? old->logs[i + 1] - 1 : last;
    }
    return last;
}

static const struct old olds[] = {
    {{10}, {1, 21}, 50},                 // the usual one: far behind
    {{10, 25, 35}, {1, 21, 31, 41}, 15}, // the server was ahead, with newer snapshots
    {{10}, {1, 21, 31, 41}, 35},         // ahead, with a log only
    {{30}, {25, 41}, 30},                // a snapshot of the same name
    {{5}, {0}, 20},
};

static void tree_replaces_every_history(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof olds / sizeof olds[0]; i++) {
        struct stage s;
        struct buf text = {0};
        stage_begin(&s, 1);
        put_old(&s, &olds[i]);
        struct tree *t = leader_tree(olds[i].zxid);
        world_print(t, &text);
        assert_int_equal(install_tree(s.d, t, &plain, &s.e), ERR_OK);
        assert_false(install_is_pending(s.d));
        stage_crash(&s); // all of it was durable
        assert_int_equal(stage_recover(&s), ERR_OK);
        assert_string_equal(buf_cstr(&s.text), buf_cstr(&text));
        assert_int_equal(s.report.txns_replayed, 0);
        assert_string_equal(s.report.tail.file, ""); // no log is left
        tree_free(t);
        buf_fini(&text);
        stage_end(&s);
    }
}

// Returns whether it went through before the power did.
static bool install_with_power_until(const struct old *old, uint64_t seed, uint64_t op)
{
    struct stage s;
    struct buf before = {0};
    struct buf after = {0};
    stage_begin(&s, seed);
    stage_print_history(put_old(&s, old), &before);
    struct tree *t = leader_tree(old->zxid);
    world_print(t, &after);
    stage_cut_power_in(&s, op);
    bool is_done = install_tree(s.d, t, &plain, &s.e) == ERR_OK;
    stage_crash(&s);
    assert_int_equal(stage_recover(&s), ERR_OK);
    bool is_new = strcmp(buf_cstr(&s.text), buf_cstr(&after)) == 0;
    if (!is_new) {
        assert_false(is_done);
        assert_string_equal(buf_cstr(&s.text), buf_cstr(&before));
    }
    assert_false(install_is_pending(s.d));
    tree_free(t);
    buf_fini(&after);
    buf_fini(&before);
    stage_end(&s);
    return is_done;
}

static void power_may_go_at_any_operation_of_an_installation(void **state)
{
    (void)state;
    EXPECT_MARK("interrupted installation is finished");
    EXPECT_MARK("installed snapshot has its name already");
    for (size_t i = 0; i < sizeof olds / sizeof olds[0]; i++) {
        for (uint64_t seed = 1; seed <= 8; seed++) {
            uint64_t op = 1;
            while (!install_with_power_until(&olds[i], seed, op)) {
                op++;
            }
            assert_true(op > 10);
        }
    }
}

// The power goes again while recovery finishes the installation.
static void power_may_go_twice(void **state)
{
    (void)state;
    for (uint64_t op = 1, again = 1; again < 40; op = op % 30 + 1, again++) {
        struct stage s;
        struct buf before = {0};
        struct buf after = {0};
        stage_begin(&s, again);
        stage_print_history(put_old(&s, &olds[1]), &before);
        struct tree *t = leader_tree(olds[1].zxid);
        world_print(t, &after);
        stage_cut_power_in(&s, op);
        (void)!install_tree(s.d, t, &plain, &s.e);
        stage_crash(&s);
        stage_cut_power_in(&s, again);
        (void)!stage_recover(&s);
        stage_crash(&s);
        assert_int_equal(stage_recover(&s), ERR_OK);
        assert_true(strcmp(buf_cstr(&s.text), buf_cstr(&after)) == 0 ||
                    strcmp(buf_cstr(&s.text), buf_cstr(&before)) == 0);
        tree_free(t);
        buf_fini(&after);
        buf_fini(&before);
        stage_end(&s);
    }
}

// A full disk or a failing one: the caller is told, and may try again.
static void failed_operation_is_told_and_may_be_tried_again(void **state)
{
    (void)state;
    static const enum disk_op ops[] = {DISK_OPEN,   DISK_WRITE,  DISK_SYNC,
                                       DISK_RENAME, DISK_REMOVE, DISK_SYNC_DIR};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        bool is_done = false;
        for (uint64_t n = 1; !is_done; n++) {
            struct stage s;
            struct buf after = {0};
            stage_begin(&s, n);
            put_old(&s, &olds[1]);
            struct tree *t = leader_tree(olds[1].zxid);
            world_print(t, &after);
            disk_fail_nth(&s.disk, ops[i], n, ERR_NO_SPACE);
            s.e.text[0] = '\0';
            is_done = install_tree(s.d, t, &plain, &s.e) == ERR_OK;
            assert_int_equal(is_done, s.e.text[0] == '\0');
            disk_heal(&s.disk);
            assert_int_equal(install_tree(s.d, t, &plain, &s.e), ERR_OK);
            assert_int_equal(stage_recover(&s), ERR_OK);
            assert_string_equal(buf_cstr(&s.text), buf_cstr(&after));
            tree_free(t);
            buf_fini(&after);
            stage_end(&s);
        }
    }
}

static void damaged_marker_is_not_guessed(void **state)
{
    (void)state;
    struct stage s;
    stage_begin(&s, 1);
    put_old(&s, &olds[0]);
    stage_put(&s, MARKER, slice_str("snapshot.5 00000000\n"));
    assert_int_equal(stage_recover(&s), ERR_CORRUPT);
    assert_non_null(strstr(s.e.text, MARKER));
    assert_int_equal(
        small_file_write_sealed(s.fs, WORLD_DIR, MARKER, slice_str("snapshot.99"), &s.e), ERR_OK);
    assert_int_equal(stage_recover(&s), ERR_NOT_FOUND); // it names a file that is not there
    assert_true(stage_has(&s, "log.1"));
    stage_end(&s);
}

static void rehearsal_leaves_an_interrupted_installation_alone(void **state)
{
    (void)state;
    struct stage s;
    stage_begin(&s, 1);
    put_old(&s, &olds[0]);
    assert_int_equal(
        small_file_write_sealed(s.fs, WORLD_DIR, MARKER, slice_str("snapshot.a"), &s.e), ERR_OK);
    s.options.is_rehearsal = true;
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_non_null(strstr(buf_cstr(&s.notes), "finishes the installation"));
    assert_true(install_is_pending(s.d));
    stage_end(&s);
}

// ---- TRUNC ----

static const struct old long_history = {{10, 25, 35}, {1, 21, 31, 41}, 0};

static enum err truncate_to(struct stage *s, int64_t zxid, struct tree **ret)
{
    return install_truncated(s->d, zxid, &s->clock, &s->options, NULL, NULL, ret, &s->e);
}

static void cut_history_ends_where_it_is_wanted(void **state)
{
    (void)state;
    for (int64_t zxid = 10; zxid <= 40; zxid++) {
        struct stage s;
        struct buf text = {0};
        struct buf wanted = {0};
        struct tree *t = NULL;
        stage_begin(&s, (uint64_t)zxid);
        put_old(&s, &long_history);
        assert_int_equal(truncate_to(&s, zxid, &t), ERR_OK);
        world_print(t, &text);
        stage_print_history(zxid, &wanted);
        assert_string_equal(buf_cstr(&text), buf_cstr(&wanted));
        stage_crash(&s);
        assert_int_equal(stage_recover(&s), ERR_OK);
        assert_string_equal(buf_cstr(&s.text), buf_cstr(&wanted));
        tree_free(t);
        buf_fini(&wanted);
        buf_fini(&text);
        stage_end(&s);
    }
}

static bool truncate_with_power_until(int64_t zxid, uint64_t seed, uint64_t op)
{
    struct stage s;
    struct buf wanted = {0};
    struct tree *t = NULL;
    stage_begin(&s, seed);
    put_old(&s, &long_history);
    stage_cut_power_in(&s, op);
    bool is_done = truncate_to(&s, zxid, &t) == ERR_OK;
    stage_crash(&s);
    assert_int_equal(stage_recover(&s), ERR_OK);
    int64_t last = s.report.last_zxid;
    assert_true(last >= zxid && last <= 40);
    assert_true(!is_done || last == zxid);
    stage_print_history(last, &wanted);
    assert_string_equal(buf_cstr(&s.text), buf_cstr(&wanted));
    tree_free(t);
    buf_fini(&wanted);
    stage_end(&s);
    return is_done;
}

static void power_may_go_at_any_operation_of_a_cut(void **state)
{
    (void)state;
    for (int64_t zxid = 12; zxid <= 40; zxid += 7) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            for (uint64_t op = 1; !truncate_with_power_until(zxid, seed, op);) {
                op++;
            }
        }
    }
}

static void unknown_zxid_asks_for_a_snapshot_and_changes_nothing(void **state)
{
    (void)state;
    struct stage s;
    struct tree *t = NULL;
    stage_begin(&s, 1);
    put_old(&s, &long_history);
    assert_int_equal(truncate_to(&s, 41, &t), ERR_NOT_FOUND);
    assert_int_equal(truncate_to(&s, 5, &t), ERR_NOT_FOUND); // no snapshot to begin from
    assert_null(t);
    assert_int_equal(stage_recover(&s), ERR_OK);
    assert_int_equal(s.report.last_zxid, 40);
    stage_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_replaces_every_history),
        cmocka_unit_test(power_may_go_at_any_operation_of_an_installation),
        cmocka_unit_test(power_may_go_twice),
        cmocka_unit_test(failed_operation_is_told_and_may_be_tried_again),
        cmocka_unit_test(damaged_marker_is_not_guessed),
        cmocka_unit_test(rehearsal_leaves_an_interrupted_installation_alone),
        cmocka_unit_test(cut_history_ends_where_it_is_wanted),
        cmocka_unit_test(power_may_go_at_any_operation_of_a_cut),
        cmocka_unit_test(unknown_zxid_asks_for_a_snapshot_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
