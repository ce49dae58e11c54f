// SPDX-License-Identifier: Apache-2.0
//
// The heap of deadlines.
#include "base/mem.h"
#include "base/prng.h"
#include "client/deadlines.h"
#include "tests/unit/client/unit.h"

enum { MANY = 500 };

static void earliest_is_always_first(void **state)
{
    (void)state;
    static struct deadline all[MANY];
    struct deadlines ds = {0};
    struct prng prng;
    prng_init(&prng, 5);
    for (size_t i = 0; i < MANY; i++) {
        all[i].due_ms = (int64_t)prng_below(&prng, 100);
        assert_true(deadlines_try_room(&ds));
        deadlines_enter(&ds, &all[i]);
    }
    for (size_t i = 0; i < MANY; i += 3) { // from the middle
        deadlines_leave(&ds, &all[i]);
        deadlines_leave(&ds, &all[i]); // once more is legal
    }
    int64_t last_ms = 0;
    size_t count = 0;
    for (struct deadline *d = deadlines_first(&ds); d != NULL; d = deadlines_first(&ds)) {
        assert_true(d->due_ms >= last_ms);
        last_ms = d->due_ms;
        deadlines_leave(&ds, d);
        count++;
    }
    assert_int_equal(count, MANY - (MANY + 2) / 3);
    deadlines_fini(&ds);
}

static void no_room_is_an_answer_and_changes_nothing(void **state)
{
    (void)state;
    struct deadlines ds = {0};
    (void)mem_fail_after(1);
    assert_false(deadlines_try_room(&ds));
    struct deadline d = {.due_ms = 1};
    assert_true(deadlines_try_room(&ds));
    deadlines_enter(&ds, &d);
    assert_ptr_equal(deadlines_first(&ds), &d);
    deadlines_leave(&ds, &d);
    deadlines_fini(&ds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earliest_is_always_first),
        cmocka_unit_test(no_room_is_an_answer_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
