// SPDX-License-Identifier: Apache-2.0
//
// Durability: acknowledged writes and seen states that are lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/sim/tale.h"

static int set_up(void **state)
{
    static struct tale tale;
    tale_begin(&tale);
    *state = &tale;
    return 0;
}

static int tear_down(void **state)
{
    tale_end(*state);
    return 0;
}

static void what_is_found_again_holds(void **state)
{
    struct tale *t = *state;
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    tale_read(t, 1, "/a", 10, 10, 0, value, 10);
    (void)tale_set(t, 1, "/a", 10, 1, 12);
    tale_read(t, 0, "/a", 10, 12, 1, 0, 12);
    tale_delete(t, 2, "/a", 13);
    tale_missing(t, 0, "/a", 14);
    tale_holds(t, check_durable);
}

static void an_acknowledged_set_that_is_lost_is_caught(void **state)
{
    struct tale *t = *state;
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_lost(t, 0);
    tale_read(t, 1, "/a", 10, 10, 0, value, 11);
    tale_breaks(t, check_durable, "shown older");
}

static void an_acknowledged_create_that_is_lost_is_caught(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    tale_missing(t, 1, "/a", 8);
    tale_breaks(t, check_durable, "is not there");
}

static void a_state_that_was_seen_and_is_lost_is_caught(void **state)
{
    struct tale *t = *state;
    struct annals_part set = {.type = OP_SET_DATA, .version = -1, .value = annals_new_value(&t->h)};
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    (void)tale_call(t, 0, set, "/a"); // no answer: it may or may not be done
    tale_read(t, 1, "/a", 10, 10, 0, value, 10);
    tale_holds(t, check_durable);
    tale_read(t, 1, "/a", 10, 11, 1, set.value, 11);
    tale_read(t, 2, "/a", 10, 10, 0, value, 11);
    tale_breaks(t, check_durable, "shown older");
}

static void a_read_that_was_under_way_may_be_older(void **state)
{
    struct tale *t = *state;
    (void)tale_create(t, 0, "/a", 0, 10);
    int32_t read = tale_call(t, 1, (struct annals_part){.type = OP_GET_DATA}, "/a");
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    struct annals_part *p = tale_answer(t, read, 11, ZK_OK);
    p->has_stat = true;
    p->stat = (struct jute_stat){.czxid = 10, .mzxid = 10, .pzxid = 10};
    tale_holds(t, check_durable);
}

// ---- where reads may show the past ----

static void sync_now(struct tale *t, int32_t client, int64_t zxid)
{
    int32_t call = tale_call(t, client, (struct annals_part){.type = OP_SYNC}, "/a");
    (void)tale_answer(t, call, zxid, ZK_OK);
}

static void an_old_read_without_a_sync_holds(void **state)
{
    struct tale *t = *state;
    t->h.may_be_stale = true;
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    tale_read(t, 1, "/a", 10, 10, 0, value, 11);
    tale_holds(t, check_durable);
}

static void an_old_read_behind_a_sync_is_caught(void **state)
{
    struct tale *t = *state;
    t->h.may_be_stale = true;
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    sync_now(t, 1, 11);
    tale_read(t, 1, "/a", 10, 10, 0, value, 11);
    tale_breaks(t, check_durable, "shown older");
}

static void a_sync_owes_what_was_known_when_it_was_sent(void **state)
{
    struct tale *t = *state;
    t->h.may_be_stale = true;
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    int32_t sync = tale_call(t, 1, (struct annals_part){.type = OP_SYNC}, "/a");
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    (void)tale_answer(t, sync, 10, ZK_OK);
    tale_read(t, 1, "/a", 10, 10, 0, value, 10);
    tale_holds(t, check_durable);
    sync_now(t, 1, 12);
    tale_read(t, 1, "/a", 10, 10, 0, value, 12);
    tale_breaks(t, check_durable, "shown older");
}

static void a_sync_counts_for_its_connection_only(void **state)
{
    struct tale *t = *state;
    t->h.may_be_stale = true;
    uint32_t value = tale_create(t, 0, "/a", 0, 10);
    (void)tale_set(t, 0, "/a", 10, 1, 12);
    sync_now(t, 1, 12);
    tale_lost(t, 1);
    tale_open(t, 1, false);
    tale_read(t, 1, "/a", 10, 10, 0, value, 11);
    tale_holds(t, check_durable);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(what_is_found_again_holds),
        T(an_acknowledged_set_that_is_lost_is_caught),
        T(an_acknowledged_create_that_is_lost_is_caught),
        T(a_state_that_was_seen_and_is_lost_is_caught),
        T(a_read_that_was_under_way_may_be_older),
        T(an_old_read_without_a_sync_holds),
        T(an_old_read_behind_a_sync_is_caught),
        T(a_sync_owes_what_was_known_when_it_was_sent),
        T(a_sync_counts_for_its_connection_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
