// SPDX-License-Identifier: Apache-2.0
//
// Quotas: refused when used up, and only then.
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

static const char *const nodes[] = {"/z/a", "/z/b", "/z/c", "/z/d", "/z/e"};

// The quota of /z, which is 5 with itself, and `count` nodes below it; zxids from 10 on.
static void fill(struct tale *t, size_t count)
{
    (void)tale_create(t, 0, "/z", 0, 10);
    (void)tale_create(t, 0, "/zookeeper/quota/z/zookeeper_limits", 0, 11);
    (void)tale_create(t, 0, "/zookeeper/quota/z/zookeeper_stats", 0, 12);
    for (size_t i = 0; i < count; i++) {
        (void)tale_create(t, (int32_t)i % 2, nodes[i], 0, 13 + (int64_t)i);
    }
}

static void refuse(struct tale *t, const char *path, int64_t zxid)
{
    int32_t call = tale_call(t, 1, (struct annals_part){.type = OP_CREATE}, path);
    (void)tale_answer(t, call, zxid, ZK_QUOTA_EXCEEDED);
}

static void a_full_quota_refuses(void **state)
{
    struct tale *t = *state;
    fill(t, 4);
    refuse(t, "/z/e", 17);
    tale_delete(t, 0, "/z/a", 18);
    (void)tale_create(t, 1, "/z/e", 0, 19);
    tale_holds(t, check_quota);
}

static void a_create_beyond_the_quota_is_caught(void **state)
{
    struct tale *t = *state;
    fill(t, 5);
    tale_breaks(t, check_quota, "create of /z/e answers OK");
}

static void a_refusal_with_room_left_is_caught(void **state)
{
    struct tale *t = *state;
    fill(t, 3);
    refuse(t, "/z/d", 17);
    tale_breaks(t, check_quota, "create of /z/d answers QUOTA_EXCEEDED");
}

static void creates_under_way_together_may_overshoot(void **state)
{
    struct tale *t = *state;
    fill(t, 3);
    struct annals_part part = {.type = OP_CREATE};
    int32_t first = tale_call(t, 0, part, "/z/d");
    int32_t second = tale_call(t, 1, part, "/z/e");
    struct annals_part *p = tale_answer(t, first, 17, ZK_OK);
    p->made = p->node;
    p = tale_answer(t, second, 18, ZK_OK);
    p->made = p->node;
    tale_holds(t, check_quota);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_full_quota_refuses),
        T(a_create_beyond_the_quota_is_caught),
        T(a_refusal_with_room_left_is_caught),
        T(creates_under_way_together_may_overshoot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
