// SPDX-License-Identifier: Apache-2.0
//
// Containers and TTL nodes: taken too early, taken with a child, never taken.
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

enum { TTL_MS = 100, LONG_MS = 10000 };

static void create_container(struct tale *t, int64_t zxid)
{
    struct annals_part part = {.type = OP_CREATE_CONTAINER, .mode = CREATE_CONTAINER};
    struct annals_part *p = tale_answer(t, tale_call(t, 0, part, "/c"), zxid, ZK_OK);
    p->made = p->node;
}

static void create_ttl(struct tale *t, int64_t zxid)
{
    struct annals_part part = {
        .type = OP_CREATE_TTL, .mode = CREATE_PERSISTENT_TTL, .ttl_ms = TTL_MS};
    struct annals_part *p = tale_answer(t, tale_call(t, 0, part, "/t"), zxid, ZK_OK);
    p->made = p->node;
    p->has_stat = true;
    p->stat = (struct jute_stat){.czxid = zxid, .mzxid = zxid, .pzxid = zxid, .mtime = t->wall_ms};
}

static void a_container_goes_when_its_child_has_gone(void **state)
{
    struct tale *t = *state;
    create_container(t, 10);
    (void)tale_create(t, 0, "/c/i", 0, 11);
    tale_delete(t, 0, "/c/i", 12);
    tale_missing(t, 1, "/c", 13);
    tale_holds(t, check_reap);
}

static void a_container_that_goes_unused_is_caught(void **state)
{
    struct tale *t = *state;
    create_container(t, 10);
    tale_missing(t, 1, "/c", 11);
    tale_breaks(t, check_reap, "never had a child");
}

static void a_container_that_goes_with_a_child_is_caught(void **state)
{
    struct tale *t = *state;
    create_container(t, 10);
    (void)tale_create(t, 0, "/c/i", 0, 11);
    tale_missing(t, 1, "/c", 12);
    tale_breaks(t, check_reap, "with a child below it");
}

static void an_empty_container_that_stays_is_caught(void **state)
{
    struct tale *t = *state;
    create_container(t, 10);
    (void)tale_create(t, 0, "/c/i", 0, 11);
    tale_delete(t, 0, "/c/i", 12);
    tale_missing(t, 0, "/x", 12);
    t->now_ms += LONG_MS;
    struct annals_part *p = tale_read(t, 1, "/c", 10, 10, 0, 0, 13);
    p->stat.cversion = 2;
    p->stat.pzxid = 12;
    tale_breaks(t, check_reap, "empty container for long");
}

static void a_ttl_node_goes_when_it_is_old(void **state)
{
    struct tale *t = *state;
    create_ttl(t, 10);
    t->wall_ms += TTL_MS;
    tale_missing(t, 1, "/t", 11);
    tale_holds(t, check_reap);
}

static void a_ttl_node_that_goes_early_is_caught(void **state)
{
    struct tale *t = *state;
    create_ttl(t, 10);
    t->wall_ms += TTL_MS / 2;
    tale_missing(t, 1, "/t", 11);
    tale_breaks(t, check_reap, "before its time");
}

static void a_ttl_node_that_stays_is_caught(void **state)
{
    struct tale *t = *state;
    create_ttl(t, 10);
    int64_t mtime = t->wall_ms;
    tale_missing(t, 0, "/x", 10);
    t->now_ms += LONG_MS;
    t->wall_ms += LONG_MS;
    struct annals_part *p = tale_read(t, 1, "/t", 10, 10, 0, 0, 11);
    p->stat.mtime = mtime;
    tale_breaks(t, check_reap, "long after its TTL");
}

static void a_deleted_one_was_not_taken(void **state)
{
    struct tale *t = *state;
    create_ttl(t, 10);
    tale_delete(t, 0, "/t", 11);
    tale_missing(t, 1, "/t", 12);
    tale_holds(t, check_reap);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_container_goes_when_its_child_has_gone),
        T(a_container_that_goes_unused_is_caught),
        T(a_container_that_goes_with_a_child_is_caught),
        T(an_empty_container_that_stays_is_caught),
        T(a_ttl_node_goes_when_it_is_old),
        T(a_ttl_node_that_goes_early_is_caught),
        T(a_ttl_node_that_stays_is_caught),
        T(a_deleted_one_was_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
