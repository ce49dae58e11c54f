// SPDX-License-Identifier: Apache-2.0
//
// Records come back sorted, whether they fit into memory or not.
#include "cli/node_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/prng.h"
#include "cli/node_order.h"
#include "tests/unit/cli/fake.h"

static void add(struct node_sort *s, uint64_t number)
{
    char path[40], value[300];
    (void)snprintf(path, sizeof(path), "%x/%x%s", (unsigned)(number % 7), (unsigned)number,
                   number % 3 == 0 ? "" : "!");
    size_t len = (size_t)snprintf(value, sizeof(value), "value of %s", path);
    assert_int_equal(node_sort_add(s, path, slice_of(value, len)), CLI_DONE);
}

// `count` records in a random order through `memory_bytes`.
static void assert_sorted(size_t count, size_t memory_bytes, bool uses_file)
{
    struct fake f;
    struct prng random;
    char last[40] = "", expected[60];
    const char *path;
    struct slice value;
    size_t seen = 0;
    fake_init(&f);
    prng_init(&random, count);
    struct node_sort *s = node_sort_new(&f.cli, memory_bytes);
    for (size_t i = 0; i < count; i++) {
        add(s, (uint64_t)i * 7919 % 100003);
    }
    assert_int_equal(node_sort_end(s), CLI_DONE);
    assert_int_equal(f.item_count, uses_file ? 1 : 0);
    while (node_sort_next(s, &path, &value)) {
        assert_true(seen == 0 || node_order(last, path) < 0);
        (void)snprintf(last, sizeof(last), "%s", path);
        (void)snprintf(expected, sizeof(expected), "value of %s", path);
        assert_true(slice_equal_str(value, expected));
        seen++;
    }
    assert_int_equal(seen, count);
    assert_int_equal(node_sort_exit_code(s), CLI_DONE);
    node_sort_free(s);
    assert_true(!uses_file || f.items[0].name == NULL); // removed
    fake_fini(&f);
}

static void few_records_are_sorted_in_memory(void **state)
{
    (void)state;
    assert_sorted(0, 1000, false);
    assert_sorted(1, 1000, false);
    assert_sorted(500, 1000 * 1000, false);
}

static void many_records_go_through_a_file(void **state)
{
    (void)state;
    assert_sorted(5000, 10 * 1000, true);
    assert_sorted(20000, 100 * 1000, true);
}

static void a_record_bigger_than_the_memory_is_a_run_of_its_own(void **state)
{
    (void)state;
    struct fake f;
    static char big[100 * 1000];
    const char *path;
    struct slice value;
    fake_init(&f);
    memset(big, 'x', sizeof(big));
    struct node_sort *s = node_sort_new(&f.cli, 1000);
    for (int i = 9; i >= 0; i--) {
        char name[2] = {(char)('0' + i), 0};
        size_t len = sizeof(big) - (size_t)i;
        assert_int_equal(node_sort_add(s, name, slice_of(big, len)), CLI_DONE);
    }
    assert_int_equal(node_sort_end(s), CLI_DONE);
    for (int i = 0; i < 10; i++) {
        assert_true(node_sort_next(s, &path, &value));
        assert_int_equal(path[0], '0' + i);
        assert_int_equal(value.len, sizeof(big) - (size_t)i);
    }
    assert_false(node_sort_next(s, &path, &value));
    node_sort_free(s);
    fake_fini(&f);
}

static void a_full_disk_is_said(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    f.write_error = ERR_NO_SPACE;
    struct node_sort *s = node_sort_new(&f.cli, 100);
    int status = CLI_DONE;
    for (int i = 0; i < 100 && status == CLI_DONE; i++) {
        status = node_sort_add(s, "a", slice_str("some bytes"));
    }
    assert_int_equal(status, CLI_TROUBLE);
    assert_string_equal(fake_err(&f),
                        "paddock: cannot write a temporary file: no space left on device\n");
    node_sort_free(s);
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_records_are_sorted_in_memory),
        cmocka_unit_test(many_records_go_through_a_file),
        cmocka_unit_test(a_record_bigger_than_the_memory_is_a_run_of_its_own),
        cmocka_unit_test(a_full_disk_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
