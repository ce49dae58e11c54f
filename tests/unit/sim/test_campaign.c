// SPDX-License-Identifier: Apache-2.0
//
// Ensembles of production servers in simulated trouble; and the proof that the checkers see:
// planted bugs must be caught, from inside and by what clients saw alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/campaign.h"

enum { TROUBLE_MS = 1200 };

static bool run(uint64_t seed, struct campaign_options *o, struct campaign_result *ret)
{
    schedule_make(seed, 3, TROUBLE_MS, &o->schedule);
    return campaign_run(o, ret);
}

static void ensembles_keep_their_promises_in_trouble(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct campaign_options o = {0};
        struct campaign_result r;
        if (!run(seed, &o, &r)) {
            print_error("seed %llu: %s\n%s%s", (unsigned long long)seed, r.failure, r.story,
                        r.journal);
            fail();
        }
        assert_true(r.writes > 0);
        assert_true(r.compared > 0);
    }
}

// Members come and go meanwhile; in the end all are members again.
static void ensembles_keep_their_promises_while_members_change(void **state)
{
    (void)state;
    uint64_t changes = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct campaign_options o = {0};
        struct campaign_result r;
        schedule_make(seed, 3, TROUBLE_MS, &o.schedule);
        schedule_govern(&o.schedule);
        if (!campaign_run(&o, &r)) {
            print_error("seed %llu: %s\n%s%s", (unsigned long long)seed, r.failure, r.story,
                        r.journal);
            fail();
        }
        changes += r.reconfigurations;
    }
    assert_true(changes > 6);
}

static void one_seed_gives_one_run(void **state)
{
    (void)state;
    struct campaign_options o = {0};
    struct campaign_result first;
    struct campaign_result second;
    assert_true(run(11, &o, &first));
    assert_true(run(11, &o, &second));
    assert_true(first.trace == second.trace);
    assert_true(first.steps == second.steps);
    assert_true(run(12, &o, &second));
    assert_true(first.trace != second.trace);
}

// In some seeds nobody could notice. `properties` are the words before the colon that may tell.
static void expect_caught(enum plant plant, bool is_blind, const char *properties)
{
    bool is_caught = false;
    for (uint64_t seed = 1; seed <= 60 && !is_caught; seed++) {
        struct campaign_options o = {.plant = plant, .is_blind = is_blind};
        struct campaign_result r;
        if (run(seed, &o, &r)) {
            continue;
        }
        r.failure[strcspn(r.failure, ":")] = 0;
        is_caught = strstr(properties, r.failure) != NULL;
    }
    assert_true(is_caught);
}

static void a_server_that_acknowledges_before_it_syncs_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_LYING_DISKS, false, "epochs");
    // Servers that miss what they acknowledged notice it, and do not vote.
    expect_caught(PLANT_LYING_LOGS, true,
                  "no progress though everything is healed, not started again, "
                  "actor 0, actor 1, actor 2, durability, linearizable writes, order, reads");
}

static void a_leader_that_commits_without_a_quorum_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_LONE_LEADER, false, "leaders, replicas");
}

static void two_leaders_of_an_epoch_are_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_TWO_LEADERS, false, "leaders");
}

static void a_server_that_applies_something_else_is_caught(void **state)
{
    (void)state;
    expect_caught(PLANT_FLIPPED_BYTE, false, "replicas");
    expect_caught(PLANT_FLIPPED_BYTE, true,
                  "visitor 0, visitor 1, visitor 2, visitor 3, "
                  "durability, linearizable writes, reads");
}

// Reads behind a sync show each node as when it was created.
static void show_the_past_behind_syncs(struct annals *h)
{
    for (size_t i = h->count / 2; i < h->count; i++) {
        const struct annals_item *item = &h->items[i];
        struct annals_part *p = annals_parts(h, item);
        bool is_old = item->kind == ANNALS_ANSWER && item->type == OP_GET_DATA &&
                      p->code == ZK_OK && p->stat.version > 0;
        if (is_old) {
            p->stat.mzxid = p->stat.czxid;
            p->stat.version = 0;
            p->found = 0;
        }
    }
}

static void a_sync_that_does_not_sync_is_caught(void **state)
{
    (void)state;
    bool is_caught = false;
    for (uint64_t seed = 1; seed <= 6 && !is_caught; seed++) {
        struct campaign_options o = {.tamper = show_the_past_behind_syncs};
        struct campaign_result r;
        is_caught = !run(seed, &o, &r) && strncmp(r.failure, "durability", 10) == 0;
    }
    assert_true(is_caught);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ensembles_keep_their_promises_in_trouble),
        cmocka_unit_test(ensembles_keep_their_promises_while_members_change),
        cmocka_unit_test(one_seed_gives_one_run),
        cmocka_unit_test(a_server_that_acknowledges_before_it_syncs_is_caught),
        cmocka_unit_test(a_leader_that_commits_without_a_quorum_is_caught),
        cmocka_unit_test(two_leaders_of_an_epoch_are_caught),
        cmocka_unit_test(a_server_that_applies_something_else_is_caught),
        cmocka_unit_test(a_sync_that_does_not_sync_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
