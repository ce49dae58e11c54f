// SPDX-License-Identifier: Apache-2.0
//
// The model of a client's own nodes: what a write answers, and which findings it explains.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/model.h"

static struct model_write single(enum model_type type, int key, int32_t version, uint32_t value)
{
    return (struct model_write){.count = 1, .parts = {{type, key, version, value}}};
}

static void writes_answer_as_the_protocol_says(void **state)
{
    (void)state;
    struct model m = {0};
    struct model_write create = single(MODEL_CREATE, 1, -1, 7);
    struct model_write set = single(MODEL_SET, 1, 0, 8);
    struct model_write delete = single(MODEL_DELETE, 1, -1, 0);
    assert_int_equal(model_apply(&m, &set), ZK_NO_NODE);
    assert_int_equal(model_apply(&m, &create), ZK_OK);
    assert_int_equal(model_apply(&m, &create), ZK_NODE_EXISTS);
    assert_int_equal(model_apply(&m, &set), ZK_OK);
    assert_int_equal(m.keys[1].version, 1);
    assert_int_equal(m.keys[1].value, 8);
    assert_int_equal(model_apply(&m, &set), ZK_BAD_VERSION);
    assert_int_equal(model_apply(&m, &delete), ZK_OK);
    assert_int_equal(model_apply(&m, &delete), ZK_NO_NODE);
}

static void multi_is_all_or_nothing(void **state)
{
    (void)state;
    struct model m = {0};
    struct model_write w = {
        .is_multi = true,
        .count = 3,
        .parts = {{MODEL_CREATE, 0, -1, 1}, {MODEL_SET, 0, 0, 2}, {MODEL_CHECK, 2, -1, 0}}};
    assert_int_equal(model_apply(&m, &w), ZK_NO_NODE);
    assert_false(m.keys[0].exists);
    w.count = 2;
    assert_int_equal(model_apply(&m, &w), ZK_OK);
    assert_int_equal(m.keys[0].version, 1);
}

static void a_first_part_of_the_open_writes_explains(void **state)
{
    (void)state;
    struct model m = {0};
    struct model_write open[3] = {single(MODEL_CREATE, 0, -1, 1), single(MODEL_SET, 0, -1, 2),
                                  single(MODEL_CREATE, 1, -1, 3)};
    struct model found = {0};
    for (size_t done = 0; done <= 3; done++) {
        assert_true(model_matches(&m, open, 3, false, false, &found));
        if (done < 3) {
            (void)model_apply(&found, &open[done]);
        }
    }
    struct model without_second = {0};
    (void)model_apply(&without_second, &open[0]);
    (void)model_apply(&without_second, &open[2]);
    assert_false(model_matches(&m, open, 3, false, false, &without_second));
    assert_true(model_matches(&m, open, 3, true, false, &without_second));
}

static void lost_and_half_done_are_not_explained(void **state)
{
    (void)state;
    struct model m = {0};
    struct model_write create = single(MODEL_CREATE, 0, -1, 1);
    (void)model_apply(&m, &create);
    struct model nothing = {0};
    assert_false(
        model_matches(&m, NULL, 0, true, false, &nothing)); // an acknowledged write is gone
    struct model_write multi = {
        .is_multi = true, .count = 2, .parts = {{MODEL_SET, 0, -1, 2}, {MODEL_CREATE, 1, -1, 3}}};
    struct model half = m;
    half.keys[0].version = 1;
    half.keys[0].value = 2;
    assert_false(model_matches(&m, &multi, 1, true, false, &half));
}

static void ended_session_takes_its_ephemeral(void **state)
{
    (void)state;
    struct model m = {0};
    struct model_write create = single(MODEL_CREATE, MODEL_EPHEMERAL, -1, 1);
    (void)model_apply(&m, &create);
    struct model nothing = {0};
    assert_true(model_matches(&m, NULL, 0, false, true, &nothing));
    assert_false(model_matches(&m, NULL, 0, false, true, &m));
    assert_false(model_matches(&m, NULL, 0, false, false, &nothing));
}

static void data_tells_its_value(void **state)
{
    (void)state;
    uint8_t data[MODEL_DATA_MAX];
    for (uint32_t value = 0; value < 2000; value++) {
        size_t len = model_data(value, data);
        uint32_t found = 0;
        assert_true(model_value(data, len, &found));
        assert_int_equal(found, value);
        assert_false(model_value(data, len - 1, &found));
        data[len / 2] ^= 1;
        assert_false(model_value(data, len, &found) && found == value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_answer_as_the_protocol_says),
        cmocka_unit_test(multi_is_all_or_nothing),
        cmocka_unit_test(a_first_part_of_the_open_writes_explains),
        cmocka_unit_test(lost_and_half_done_are_not_explained),
        cmocka_unit_test(ended_session_takes_its_ephemeral),
        cmocka_unit_test(data_tells_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
