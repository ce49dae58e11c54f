// SPDX-License-Identifier: Apache-2.0
//
// A snapshot of a resting tree: durable under its name, or under the temporary one; nothing is left
// in the way when the disk refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/snapread.h"
#include "store/snapsave.h"
#include "tests/unit/store/stage.h"

static struct tree *some_tree(void)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_many(&batch, 1, 3000, 100); // more than one slice
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

static struct snapsave_options options_of(enum names_method method, bool is_unnamed)
{
    return (struct snapsave_options){.method = method,
                                     .parts = {.with_digest = true, .with_last_zxid = true},
                                     .is_unnamed = is_unnamed};
}

static void assert_loads(struct stage *s, const char *name, struct tree *t)
{
    struct names_file f;
    struct snapscan_report report;
    struct tree *got = world_tree();
    assert_int_equal(names_parse(name, &f), NAMES_SNAPSHOT);
    assert_int_equal(
        snapread_load(s->fs, WORLD_DIR, &f, WORLD_RECORD_BYTES_MAX, got, &report, &s->e), ERR_OK);
    assert_true(report.has_digest && report.has_last_zxid);
    world_assert_equal(got, t);
    tree_free(got);
}

static void tree_is_durable_under_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"snapshot.bb8", "snapshot.bb8.gz", "snapshot.bb8.snappy"};
    struct tree *t = some_tree();
    for (enum names_method method = NAMES_PLAIN; method <= NAMES_SNAPPY; method++) {
        struct stage s;
        const struct snapsave_options options = options_of(method, false);
        stage_begin(&s, 1);
        assert_int_equal(snapsave(s.fs, WORLD_DIR, t, &options, &s.e), ERR_OK);
        stage_crash(&s);
        assert_loads(&s, names[method], t);
        stage_end(&s);
    }
    tree_free(t);
}

static void unnamed_one_waits_under_its_temporary_name(void **state)
{
    (void)state;
    struct stage s;
    struct tree *t = some_tree();
    const struct snapsave_options options = options_of(NAMES_PLAIN, true);
    stage_begin(&s, 1);
    assert_int_equal(snapsave(s.fs, WORLD_DIR, t, &options, &s.e), ERR_OK);
    stage_crash(&s);
    assert_false(stage_has(&s, "snapshot.bb8"));
    assert_int_equal(s.fs->rename(s.fs, WORLD_DIR "/snapshot.bb8.tmp", WORLD_DIR "/snapshot.bb8"),
                     ERR_OK);
    assert_loads(&s, "snapshot.bb8", t);
    stage_end(&s);
    tree_free(t);
}

static void refused_write_leaves_nothing(void **state)
{
    (void)state;
    static const enum disk_op ops[] = {DISK_OPEN, DISK_WRITE, DISK_SYNC, DISK_RENAME};
    struct tree *t = some_tree();
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct stage s;
        const struct snapsave_options options = options_of(NAMES_PLAIN, false);
        stage_begin(&s, 1);
        disk_fail_nth(&s.disk, ops[i], 1, ERR_NO_SPACE);
        assert_int_equal(snapsave(s.fs, WORLD_DIR, t, &options, &s.e), ERR_NO_SPACE);
        assert_false(stage_has(&s, "snapshot.bb8"));
        assert_false(stage_has(&s, "snapshot.bb8.tmp"));
        stage_end(&s);
    }
    tree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_is_durable_under_its_name),
        cmocka_unit_test(unnamed_one_waits_under_its_temporary_name),
        cmocka_unit_test(refused_write_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
