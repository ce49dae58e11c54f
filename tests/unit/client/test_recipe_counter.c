// SPDX-License-Identifier: Apache-2.0
//
// A counter shared by several sessions, in each of its formats.
#include "tests/unit/client/crowd.h"

static int64_t value_of(struct crowd *c, size_t i, enum paddock_counter_format format)
{
    int64_t value = -1;
    assert_int_equal(paddock_counter_get(crowd_be(c, i), "/a/n", format, &value), PADDOCK_OK);
    return value;
}

static void formats_are_those_of_others(void **state)
{
    (void)state;
    static const struct {
        enum paddock_counter_format format;
        const char *bytes;
        size_t len;
    } cases[] = {
        {PADDOCK_COUNTER_LONG, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8},
        {PADDOCK_COUNTER_INT, "\xff\xff\xff\xfe", 4},
        {PADDOCK_COUNTER_TEXT, "-2", 2},
    };
    for (size_t i = 0; i < 3; i++) {
        struct crowd c;
        crowd_open(&c, 1 + i, 1, 0);
        struct paddock *zk = crowd_be(&c, 0);
        int64_t value = 7;
        assert_int_equal(value_of(&c, 0, cases[i].format), 0);
        assert_int_equal(paddock_counter_add(zk, "/a/n", cases[i].format, -2, 3000, &value),
                         PADDOCK_OK);
        assert_true(value == -2);
        struct paddock_result *r;
        assert_int_equal(paddock_get(zk, "/a/n", &r), PADDOCK_OK);
        assert_int_equal(r->data.len, cases[i].len);
        assert_memory_equal(r->data.bytes, cases[i].bytes, cases[i].len);
        paddock_result_free(r);
        assert_true(value_of(&c, 0, cases[i].format) == -2);
        crowd_close(&c);
    }
}

static void set_is_conditional_when_asked(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 5, 1, 0);
    struct paddock *zk = crowd_be(&c, 0);
    int64_t wrong = 4, right = 5;
    assert_int_equal(paddock_counter_set(zk, "/a/n", 0, NULL, 5, 3000), PADDOCK_OK);
    assert_int_equal(paddock_counter_set(zk, "/a/n", 0, &wrong, 6, 3000), PADDOCK_BAD_VERSION);
    assert_int_equal(paddock_counter_set(zk, "/a/n", 0, &right, 6, 3000), PADDOCK_OK);
    assert_int_equal(value_of(&c, 0, PADDOCK_COUNTER_LONG), 6);
    crowd_close(&c);
}

static void what_is_no_number_or_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 6, 1, 0);
    struct paddock *zk = crowd_be(&c, 0);
    int64_t value = 0;
    assert_int_equal(
        paddock_counter_set(zk, "/a/n", PADDOCK_COUNTER_INT, NULL, INT64_C(1) << 40, 3000),
        PADDOCK_MARSHALLING_ERROR);
    assert_int_equal(paddock_counter_set(zk, "/a/n", 0, NULL, INT64_MAX, 3000), PADDOCK_OK);
    assert_int_equal(paddock_counter_add(zk, "/a/n", 0, 1, 3000, &value),
                     PADDOCK_MARSHALLING_ERROR);
    assert_int_equal(paddock_set(zk, "/a/n", paddock_text("many"), -1, NULL), PADDOCK_OK);
    assert_int_equal(paddock_counter_get(zk, "/a/n", PADDOCK_COUNTER_TEXT, &value),
                     PADDOCK_MARSHALLING_ERROR);
    crowd_close(&c);
}

// Cut at every byte: what was answered OK is counted once; what is not known, at most once.
static void lost_answer_is_counted_at_most_once_and_said(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 7, 2, 0);
    int64_t least = 0, most = 0;
    bool is_through = false;
    uint64_t cut = 1;
    size_t unknown = 0;
    for (; !is_through; cut++) {
        crowd_net(&c, 0)->break_after_bytes = cut;
        int code = paddock_counter_add(crowd_be(&c, 0), "/a/n", 0, 1, 30000, NULL);
        assert_true(code == PADDOCK_OK || code == PADDOCK_CONNECTION_LOSS);
        most++;
        least += code == PADDOCK_OK ? 1 : 0;
        unknown += code == PADDOCK_OK ? 0 : 1;
        assert_in_range(value_of(&c, 1, PADDOCK_COUNTER_LONG), least, most);
        is_through = crowd_net(&c, 0)->break_after_bytes != 0;
        crowd_net(&c, 0)->break_after_bytes = 0;
        crowd_be(&c, 0);
        crowd_run(&c, 20);
    }
    assert_true(cut > 80);
    assert_in_range(unknown, 60, 110); // the answer to a set has 88 bytes
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_those_of_others),
        cmocka_unit_test(set_is_conditional_when_asked),
        cmocka_unit_test(what_is_no_number_or_does_not_fit_is_refused),
        cmocka_unit_test(lost_answer_is_counted_at_most_once_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
