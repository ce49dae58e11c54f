// SPDX-License-Identifier: Apache-2.0
//
// A queue shared by several sessions: what is put in order is taken in order, once.
#include <stdio.h>

#include "tests/unit/client/crowd.h"

static int put(struct crowd *c, size_t i, const char *text)
{
    return paddock_queue_put(crowd_be(c, i), "/a/q", paddock_text(text), 5000, NULL);
}

static void expect_take(struct crowd *c, size_t i, const char *text)
{
    struct paddock_result *r;
    assert_int_equal(paddock_queue_take(crowd_be(c, i), "/a/q", 5000, &r), PADDOCK_OK);
    assert_int_equal(r->data.len, strlen(text));
    assert_memory_equal(r->data.bytes, text, strlen(text));
    paddock_result_free(r);
}

static void first_in_is_first_out(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 1, 2, 0);
    struct paddock_result *r;
    assert_int_equal(paddock_queue_take(crowd_be(&c, 1), "/a/q", 0, &r), PADDOCK_NO_NODE);
    assert_null(r);
    assert_int_equal(put(&c, 0, "one"), PADDOCK_OK);
    assert_int_equal(put(&c, 0, "two"), PADDOCK_OK);
    assert_int_equal(paddock_create(crowd_be(&c, 0), "/a/q/other", paddock_text(""), 0, NULL),
                     PADDOCK_OK);
    expect_take(&c, 1, "one");
    expect_take(&c, 0, "two");
    assert_int_equal(paddock_queue_take(crowd_be(&c, 1), "/a/q", 300, &r), PADDOCK_NO_NODE);
    crowd_close(&c);
}

static void take_waits_for_an_item_and_for_the_queue(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 2, 2, 0);
    for (int i = 0; i < 3; i++) {
        // Under way while the other one waits: the world turns for both.
        struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                                .path = i == 0   ? "/a"
                                        : i == 1 ? "/a/q"
                                                 : "/a/q/qn-0000000000",
                                .data = paddock_text("item")};
        assert_int_equal(paddock_submit(crowd_be(&c, 0), &op, NULL, NULL), PADDOCK_OK);
    }
    crowd_run(&c, 0);
    expect_take(&c, 1, "item");
    assert_int_equal(crowd_count(&c, 0, "/a/q"), 0);
    crowd_close(&c);
}

static void put_is_there_once_or_said_to_be_unknown(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 3, 2, 0);
    assert_int_equal(put(&c, 1, "first"), PADDOCK_OK);
    size_t least = 1, most = 1;
    bool is_through = false;
    uint64_t cut = 1;
    for (; !is_through; cut++) {
        crowd_net(&c, 0)->break_after_bytes = cut;
        int code = put(&c, 0, "item");
        assert_true(code == PADDOCK_OK || code == PADDOCK_CONNECTION_LOSS);
        least += code == PADDOCK_OK ? 1 : 0;
        most++;
        is_through = crowd_net(&c, 0)->break_after_bytes != 0;
        crowd_net(&c, 0)->break_after_bytes = 0;
        crowd_run(&c, 20);
        assert_in_range(crowd_count(&c, 1, "/a/q"), least, most);
    }
    assert_true(cut > 80);
    crowd_close(&c);
}

// Wherever the taker is cut, no item is lost: it has it, or it is still there.
static void take_never_loses_an_item(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 4, 2, 0);
    bool is_through = false;
    uint64_t cut = 1;
    for (; !is_through; cut++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "item %d", (int)cut);
        assert_int_equal(put(&c, 1, text), PADDOCK_OK);
        crowd_net(&c, 0)->break_after_bytes = cut;
        struct paddock_result *r;
        int code = paddock_queue_take(crowd_be(&c, 0), "/a/q", 30000, &r);
        assert_true(code == PADDOCK_OK || code == PADDOCK_CONNECTION_LOSS);
        assert_non_null(r);
        assert_memory_equal(r->data.bytes, text, strlen(text));
        paddock_result_free(r);
        assert_int_equal(crowd_count(&c, 1, "/a/q"), 0);
        is_through = crowd_net(&c, 0)->break_after_bytes != 0;
        crowd_net(&c, 0)->break_after_bytes = 0;
        crowd_run(&c, 20);
    }
    assert_true(cut > 150);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_is_first_out),
        cmocka_unit_test(take_waits_for_an_item_and_for_the_queue),
        cmocka_unit_test(put_is_there_once_or_said_to_be_unknown),
        cmocka_unit_test(take_never_loses_an_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
