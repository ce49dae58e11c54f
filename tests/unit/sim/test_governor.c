// SPDX-License-Identifier: Apache-2.0
//
// A governor: members change while it governs, and are those of the beginning when it is done.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/governor.h"

enum { STEPS_MAX = 2000000 };

struct fixture {
    struct world world;
    struct cluster cluster;
    struct governor governor;
};

static void run_until_changes(struct fixture *f, uint64_t changes)
{
    for (int i = 0; i < STEPS_MAX && f->governor.changes < changes; i++) {
        assert_true(world_step(&f->world));
        cluster_tend(&f->cluster);
    }
    assert_true(f->governor.changes >= changes);
}

static void members_change_and_come_back(void **state)
{
    (void)state;
    static struct fixture f;
    const struct cluster_options options = {.voters = 3, .observers = 1, .extra = GOVERNOR_CONFIG};
    world_init(&f.world, 5);
    cluster_init(&f.cluster, &f.world, &options);
    cluster_start_all(&f.cluster);
    governor_start(&f.governor, &f.cluster);
    run_until_changes(&f, 5);
    assert_false(governor_is_done(&f.governor));
    governor_restore(&f.governor);
    for (int i = 0; i < STEPS_MAX && !governor_is_done(&f.governor); i++) {
        assert_true(world_step(&f.world));
        cluster_tend(&f.cluster);
    }
    assert_true(governor_is_done(&f.governor));
    assert_true(cluster_all_serve(&f.cluster));
    governor_stop(&f.governor);
    governor_fini(&f.governor);
    cluster_fini(&f.cluster);
    world_fini(&f.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_change_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
