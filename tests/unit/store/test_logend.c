// SPDX-License-Identifier: Apache-2.0
//
// The note of how far the log went: it survives, is never a mixture, and says nothing when damaged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/logend.h"
#include "tests/unit/store/stage.h"

#define NOTE ".paddock.end"

static void note_is_read_back_until_it_is_forgotten(void **state)
{
    (void)state;
    struct stage s;
    stage_begin(&s, 1);
    assert_int_equal(logend_read(s.fs, WORLD_DIR), -1);
    assert_int_equal(logend_note(s.fs, WORLD_DIR, 0x700000123, &s.e), ERR_OK);
    stage_crash(&s);
    assert_int_equal(logend_read(s.fs, WORLD_DIR), 0x700000123);
    assert_int_equal(logend_note(s.fs, WORLD_DIR, INT64_MAX, &s.e), ERR_OK);
    assert_int_equal(logend_read(s.fs, WORLD_DIR), INT64_MAX);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    stage_crash(&s);
    assert_int_equal(logend_read(s.fs, WORLD_DIR), -1);
    assert_int_equal(logend_forget(s.fs, WORLD_DIR, &s.e), ERR_OK);
    stage_end(&s);
}

static void damaged_note_says_nothing(void **state)
{
    (void)state;
    struct stage s;
    struct buf text = {0};
    stage_begin(&s, 1);
    assert_int_equal(logend_note(s.fs, WORLD_DIR, 77, &s.e), ERR_OK);
    stage_get(&s, NOTE, &text);
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        stage_put(&s, NOTE, buf_slice(&text));
        assert_int_equal(logend_read(s.fs, WORLD_DIR), -1);
        text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(logend_note(s.fs, WORLD_DIR, 78, &s.e), ERR_OK); // and is written again
    assert_int_equal(logend_read(s.fs, WORLD_DIR), 78);
    buf_fini(&text);
    stage_end(&s);
}

static void power_may_go_while_it_is_written(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        bool is_done = false;
        for (uint64_t op = 1; !is_done; op++) {
            struct stage s;
            stage_begin(&s, seed);
            assert_int_equal(logend_note(s.fs, WORLD_DIR, 1, &s.e), ERR_OK);
            stage_cut_power_in(&s, op);
            is_done = logend_note(s.fs, WORLD_DIR, 2, &s.e) == ERR_OK;
            stage_crash(&s);
            int64_t zxid = logend_read(s.fs, WORLD_DIR);
            assert_true(zxid == 2 || (!is_done && zxid == 1));
            stage_end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note_is_read_back_until_it_is_forgotten),
        cmocka_unit_test(damaged_note_says_nothing),
        cmocka_unit_test(power_may_go_while_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
