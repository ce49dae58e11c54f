// SPDX-License-Identifier: Apache-2.0
//
// The marker stays until it is removed, whatever happens to it; files are set aside and never lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/healing.h"
#include "tests/unit/store/stage.h"

#define MARKER "paddock.healing"

static void marker_stays_until_it_is_done(void **state)
{
    (void)state;
    struct stage s;
    struct buf why = {0};
    stage_begin(&s, 1);
    assert_false(healing_is_pending(s.d));
    assert_int_equal(healing_done(s.d, &s.e), ERR_OK);
    assert_int_equal(healing_begin(s.d, "log.5 is damaged", &s.e), ERR_OK);
    stage_crash(&s);
    assert_true(healing_is_pending(s.d));
    assert_int_equal(healing_begin(s.d, "another reason", &s.e), ERR_OK);
    healing_reason(s.d, &why);
    assert_string_equal(buf_cstr(&why), "log.5 is damaged"); // the first one
    assert_int_equal(healing_done(s.d, &s.e), ERR_OK);
    stage_crash(&s);
    assert_false(healing_is_pending(s.d));
    buf_fini(&why);
    stage_end(&s);
}

static void damaged_marker_counts(void **state)
{
    (void)state;
    struct stage s;
    struct buf why = {0};
    stage_begin(&s, 1);
    stage_put(&s, MARKER, slice_str("x"));
    assert_true(healing_is_pending(s.d));
    healing_reason(s.d, &why);
    assert_non_null(strstr(buf_cstr(&why), "not known"));
    buf_fini(&why);
    stage_end(&s);
}

static void long_reason_is_cut(void **state)
{
    (void)state;
    struct stage s;
    struct buf why = {0};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    stage_begin(&s, 1);
    assert_int_equal(healing_begin(s.d, text, &s.e), ERR_OK);
    healing_reason(s.d, &why);
    assert_in_range(why.len, 500, 1000);
    assert_int_equal(why.data[0], 'x');
    buf_fini(&why);
    stage_end(&s);
}

static void files_of_one_start_share_a_folder(void **state)
{
    (void)state;
    struct stage s;
    struct healing_aside first = {.folder = ""};
    struct healing_aside second = {.folder = ""};
    stage_begin(&s, 1);
    stage_put(&s, "log.1", slice_str("one"));
    stage_put(&s, "log.2", slice_str("two"));
    stage_put(&s, "log.3", slice_str("three"));
    assert_int_equal(healing_set_aside(s.fs, WORLD_DIR, "log.1", &first, &s.e), ERR_OK);
    assert_int_equal(healing_set_aside(s.fs, WORLD_DIR, "log.2", &first, &s.e), ERR_OK);
    assert_int_equal(healing_set_aside(s.fs, WORLD_DIR, "log.3", &second, &s.e), ERR_OK);
    assert_int_equal(healing_set_aside(s.fs, WORLD_DIR, "log.4", &second, &s.e), ERR_OK);
    stage_crash(&s);
    assert_false(stage_has(&s, "log.1"));
    assert_true(stage_has(&s, "damaged-1/log.1"));
    assert_true(stage_has(&s, "damaged-1/log.2"));
    assert_true(stage_has(&s, "damaged-2/log.3"));
    stage_end(&s);
}

static void power_may_go_while_a_file_moves(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bool is_done = false;
        for (uint64_t op = 1; !is_done; op++) {
            struct stage s;
            struct healing_aside aside = {.folder = ""};
            stage_begin(&s, seed);
            stage_put(&s, "log.1", slice_str("one"));
            stage_cut_power_in(&s, op);
            is_done = healing_set_aside(s.fs, WORLD_DIR, "log.1", &aside, &s.e) == ERR_OK;
            stage_crash(&s);
            assert_true(stage_has(&s, "log.1") || stage_has(&s, "damaged-1/log.1")); // or both
            assert_true(!is_done || stage_has(&s, "damaged-1/log.1"));
            stage_end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marker_stays_until_it_is_done),
        cmocka_unit_test(damaged_marker_counts),
        cmocka_unit_test(long_reason_is_cut),
        cmocka_unit_test(files_of_one_start_share_a_folder),
        cmocka_unit_test(power_may_go_while_a_file_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
