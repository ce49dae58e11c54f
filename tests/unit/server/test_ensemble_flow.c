// SPDX-License-Identifier: Apache-2.0
//
// A member whose disk is slower than its leader: it takes over a long history without keeping much
// of it in memory, and serves afterwards.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mark.h"
#include "tests/unit/server/troupe.h"

enum { NODES = 48, DATA_BYTES = 1000 * 1000, SLOWNESS = 2000 };

static void write_much(struct guest *g)
{
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    for (int i = 0; i < NODES; i++) {
        int32_t xid = guest_create(g, "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
        assert_int_equal(guest_answer(g, xid), ZK_OK);
    }
}

static size_t unlogged_bytes(const struct server *s)
{
    const struct pipeline *pl = &s->pipeline;
    return pl->filling->records.len + (pl->in_flight != NULL ? pl->in_flight->records.len : 0);
}

static void a_slow_disk_slows_the_leader_down_and_not_memory_up(void **state)
{
    (void)state;
    EXPECT_MARK("leader waits for the log");
    const struct troupe_options options = {.voters = 3};
    struct troupe t;
    struct guest g;
    troupe_open(&t, 1, &options);
    int slow = troupe_follower(&t);
    troupe_enter(&g, &t, troupe_leader(&t));
    troupe_kill(&t, slow);
    write_much(&g);
    t.boxes[slow - 1].node->disk.slowness = SLOWNESS;
    troupe_start(&t, slow);
    const struct server *s = troupe_server(&t, slow);
    int64_t last = tree_last_zxid(troupe_server(&t, troupe_leader(&t))->tree);
    size_t most = 0;
    while (tree_last_zxid(s->tree) < last) {
        stage_step(&t.st);
        size_t bytes = unlogged_bytes(s);
        most = bytes > most ? bytes : most;
    }
    assert_true(most > LIMIT_UNLOGGED_BYTES);
    assert_true(most < LIMIT_UNLOGGED_BYTES + 3 * DATA_BYTES);
    t.boxes[slow - 1].node->disk.slowness = 0;
    troupe_until_equal(&t);
    struct guest h;
    troupe_enter(&h, &t, slow);
    guest_make(&h, "/a", 0);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_disk_slows_the_leader_down_and_not_memory_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
