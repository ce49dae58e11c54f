// SPDX-License-Identifier: Apache-2.0
//
// Intrusive lists and slices: the headers of base/ that have no .c file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/slice.h"

struct item {
    int value;
    struct list link;
};

static int values_of(struct list *head)
{
    int values = 0;
    LIST_FOREACH (it, head) {
        values = values * 10 + CONTAINER_OF(it, struct item, link)->value;
    }
    return values;
}

static void order_is_that_of_the_pushes(void **state)
{
    (void)state;
    struct list head;
    list_init(&head);
    assert_true(list_is_empty(&head));
    struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};
    list_push_back(&head, &items[1].link);
    list_push_back(&head, &items[3].link);
    list_push_front(&head, &items[0].link);
    list_insert_before(&items[3].link, &items[2].link);
    assert_int_equal(values_of(&head), 1234);
}

static void removing_twice_is_legal(void **state)
{
    (void)state;
    struct list head;
    list_init(&head);
    struct item items[2] = {{.value = 1}, {.value = 2}};
    list_push_back(&head, &items[0].link);
    list_push_back(&head, &items[1].link);
    list_remove(&items[0].link);
    list_remove(&items[0].link);
    assert_int_equal(values_of(&head), 2);
}

static void safe_iteration_may_remove(void **state)
{
    (void)state;
    struct list head;
    list_init(&head);
    struct item items[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    for (int i = 0; i < 3; i++) {
        list_push_back(&head, &items[i].link);
    }
    LIST_FOREACH_SAFE (it, tmp, &head) {
        list_remove(it);
    }
    assert_true(list_is_empty(&head));
}

static void null_slice_equals_only_null(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_null(), slice_null()));
    assert_false(slice_equal(slice_null(), slice_str("")));
    assert_true(slice_equal(slice_str(""), slice_str("")));
    assert_false(slice_equal(slice_str("ab"), slice_str("ac")));
    assert_true(slice_starts_with(slice_str("/a/b"), slice_str("/a")));
    assert_false(slice_starts_with(slice_str("/a"), slice_str("/a/b")));
    assert_true(slice_equal_str(slice_skip(slice_str("abc"), 1), "bc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_that_of_the_pushes),
        cmocka_unit_test(removing_twice_is_legal),
        cmocka_unit_test(safe_iteration_may_remove),
        cmocka_unit_test(null_slice_equals_only_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
