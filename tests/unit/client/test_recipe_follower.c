// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "tests/unit/client/crowd.h"

// What was told: "(none)", "one", ... joined by commas.
struct told {
    char text[200];
    int code; // the last one
};

static void hear(struct paddock *zk, const struct paddock_result *value, void *ctx)
{
    (void)zk;
    struct told *t = ctx;
    size_t len = strlen(t->text);
    t->code = value->code;
    if (value->code == PADDOCK_OK) {
        (void)snprintf(t->text + len, sizeof(t->text) - len, "%.*s,", (int)value->data.len,
                       (const char *)value->data.bytes);
    } else {
        (void)snprintf(t->text + len, sizeof(t->text) - len, "(%s),",
                       paddock_code_name(value->code));
    }
}

static void write_value(struct crowd *c, const char *text)
{
    assert_int_equal(paddock_set(crowd_be(c, 1), "/v", paddock_text(text), -1, NULL), PADDOCK_OK);
    crowd_be(c, 0);
}

static void first_state_and_every_change_are_told(void **state)
{
    (void)state;
    struct crowd c;
    struct told told = {0};
    crowd_open(&c, 1, 2, 0);
    struct paddock_follower *f;
    assert_int_equal(paddock_follow(crowd_be(&c, 0), "/v", hear, &told, &f), PADDOCK_OK);
    crowd_run(&c, 200);
    assert_int_equal(paddock_create(crowd_be(&c, 1), "/v", paddock_text("one"), 0, NULL),
                     PADDOCK_OK);
    crowd_be(&c, 0);
    crowd_run(&c, 200);
    write_value(&c, "two");
    crowd_run(&c, 200);
    assert_int_equal(paddock_delete(crowd_be(&c, 1), "/v", -1), PADDOCK_OK);
    crowd_be(&c, 0);
    crowd_run(&c, 200);
    assert_string_equal(told.text, "(NoNode),one,two,(NoNode),");
    paddock_unfollow(f);
    assert_int_equal(paddock_create(crowd_be(&c, 1), "/v", paddock_text("late"), 0, NULL),
                     PADDOCK_OK);
    crowd_be(&c, 0);
    crowd_run(&c, 200);
    assert_string_equal(told.text, "(NoNode),one,two,(NoNode),");
    crowd_close(&c);
}

static void last_state_is_told_after_a_time_without_servers(void **state)
{
    (void)state;
    struct crowd c;
    struct told told = {0};
    crowd_open(&c, 2, 2, PADDOCK_RENEW);
    assert_int_equal(paddock_create(crowd_be(&c, 1), "/v", paddock_text("one"), 0, NULL),
                     PADDOCK_OK);
    struct paddock_follower *f;
    assert_int_equal(paddock_follow(crowd_be(&c, 0), "/v", hear, &told, &f), PADDOCK_OK);
    crowd_run(&c, 200);
    net_cut_off(crowd_net(&c, 0), true);
    write_value(&c, "two");
    crowd_run(&c, 1000);
    net_cut_off(crowd_net(&c, 0), false);
    crowd_run(&c, 4000);
    assert_string_equal(told.text, "one,two,");
    net_cut_off(crowd_net(&c, 0), true); // until the session is lost
    crowd_run(&c, 12000);
    write_value(&c, "three");
    net_cut_off(crowd_net(&c, 0), false);
    crowd_run(&c, 5000);
    assert_string_equal(told.text, "one,two,three,");
    paddock_unfollow(f);
    crowd_close(&c);
}

static void last_state_is_told_wherever_the_connection_breaks(void **state)
{
    (void)state;
    struct crowd c;
    crowd_open(&c, 3, 2, 0);
    assert_int_equal(paddock_create(crowd_be(&c, 1), "/v", paddock_text("old"), 0, NULL),
                     PADDOCK_OK);
    bool is_through = false;
    uint64_t cut = 1;
    for (; !is_through; cut++) {
        struct told told = {0};
        struct paddock_follower *f;
        write_value(&c, "old");
        crowd_net(&c, 0)->break_after_bytes = cut;
        assert_int_equal(paddock_follow(crowd_be(&c, 0), "/v", hear, &told, &f), PADDOCK_OK);
        crowd_run(&c, (int64_t)(cut % 3));
        write_value(&c, "new");
        crowd_run(&c, 5000);
        const char *last = strstr(told.text, "new,");
        assert_non_null(last);
        assert_string_equal(last, "new,");
        paddock_unfollow(f);
        is_through = crowd_net(&c, 0)->break_after_bytes != 0;
        crowd_net(&c, 0)->break_after_bytes = 0;
    }
    assert_true(cut > 60);
    crowd_close(&c);
}

static void end_of_the_session_is_told_once(void **state)
{
    (void)state;
    struct crowd c;
    struct told told = {0};
    crowd_open(&c, 4, 1, 0);
    struct paddock_follower *f;
    assert_int_equal(paddock_follow(crowd_be(&c, 0), "/v", hear, &told, &f), PADDOCK_OK);
    crowd_run(&c, 200);
    net_cut_off(crowd_net(&c, 0), true);
    crowd_run(&c, 12000);
    net_cut_off(crowd_net(&c, 0), false);
    crowd_run(&c, 5000);
    assert_string_equal(told.text, "(NoNode),(SessionExpired),");
    paddock_unfollow(f);
    crowd_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_state_and_every_change_are_told),
        cmocka_unit_test(last_state_is_told_after_a_time_without_servers),
        cmocka_unit_test(last_state_is_told_wherever_the_connection_breaks),
        cmocka_unit_test(end_of_the_session_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
