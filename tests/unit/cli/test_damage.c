// SPDX-License-Identifier: Apache-2.0
//
// Findings as text and as JSON, and how they are counted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/damage.h"

static void every_kind_says_what_it_means_and_what_to_do(void **state)
{
    struct damage_list l = {0};
    struct buf text = {0};
    (void)state;
    for (enum damage_kind kind = 0; kind <= DAMAGE_REFUSED; kind++) {
        struct damage *d = damage_add(&l, kind, "/f", "number %d", 7);
        buf_clear(&text);
        damage_text(d, &text);
        assert_int_equal(strncmp(buf_cstr(&text), damage_name(kind), strlen(damage_name(kind))), 0);
        assert_non_null(strstr(buf_cstr(&text), ": /f: number 7\n    means: "));
        assert_non_null(strstr(buf_cstr(&text), "\n    do:    "));
    }
    buf_fini(&text);
    damage_list_fini(&l);
}

static void grades_are_counted_from_below(void **state)
{
    struct damage_list l = {0};
    (void)state;
    (void)damage_add(&l, DAMAGE_UNKNOWN_FILE, "/a", "x");
    (void)damage_add(&l, DAMAGE_TORN_TAIL, "/b", "x");
    (void)damage_add(&l, DAMAGE_BAD_SUM, "/c", "x");
    assert_int_equal(damage_count(&l, DAMAGE_REMARK), 3);
    assert_int_equal(damage_count(&l, DAMAGE_SELF), 2);
    assert_int_equal(damage_count(&l, DAMAGE_REAL), 1);
    damage_list_fini(&l);
}

static void places_and_repairs_are_in_the_json(void **state)
{
    struct damage_list l = {0};
    int64_t offset;
    bool is_lossy;
    struct slice repair;
    (void)state;
    struct damage *d = damage_add(&l, DAMAGE_BAD_SUM, "/v/log.1", "x");
    damage_at(d, 16, 99);
    d->repair = REPAIR_REWRITE;
    d->is_lossy = true;
    struct json *o = damage_json(d);
    assert_true(json_int_of(json_get(o, "offset"), &offset) && offset == 16);
    assert_true(json_bool_of(json_get(o, "is_lossy"), &is_lossy) && is_lossy);
    assert_true(json_text_of(json_get(o, "repair"), &repair));
    assert_true(slice_equal_str(repair, "rewrite"));
    json_free(o);
    o = damage_json(damage_add(&l, DAMAGE_NO_MYID, "/myid", "x"));
    assert_true(json_null_of(json_get(o, "offset")));
    json_free(o);
    damage_list_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_says_what_it_means_and_what_to_do),
        cmocka_unit_test(grades_are_counted_from_below),
        cmocka_unit_test(places_and_repairs_are_in_the_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
