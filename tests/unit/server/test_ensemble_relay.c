// SPDX-License-Identifier: Apache-2.0
//
// Observers that learn from followers: whole servers with observerMasterPort, and clients at the
// observers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mark.h"
#include "server/ensemble_priv.h"
#include "tests/unit/server/troupe.h"

enum { OBSERVER = 4, DATA_BYTES = 1000 * 1000, MANY = 12 };

static const struct troupe_options with_masters = {
    .voters = 3, .observers = 1, .zoo_cfg = "observerMasterPort=2999\n"};

static int64_t master(const struct troupe *t)
{
    return zab_learns_from(ensemble_zab(troupe_server(t, OBSERVER)->ensemble));
}

static void an_observer_learns_from_a_follower(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct troupe t;
        struct guest g;
        struct guest h;
        char line[64];
        troupe_open(&t, seed, &with_masters);
        assert_int_not_equal(master(&t), troupe_leader(&t));
        troupe_enter(&g, &t, OBSERVER);
        troupe_enter(&h, &t, troupe_leader(&t));
        guest_make(&g, "/by-the-observer", 0);
        guest_make(&h, "/by-the-leader", 0);
        assert_int_equal(guest_answer(&g, guest_path(&g, OP_SYNC, "/")), ZK_OK);
        assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/by-the-leader", false)),
                         ZK_OK);
        (void)snprintf(line, sizeof(line), "zk_observer_master_id\t%d\n", (int)master(&t));
        assert_non_null(strstr(troupe_word(&t, OBSERVER, "mntr"), line));
        assert_non_null(strstr(troupe_word(&t, (int)master(&t), "mntr"), "zk_synced_observers\t1"));
        assert_non_null(
            strstr(troupe_word(&t, troupe_leader(&t), "mntr"), "zk_synced_observers\t0"));
        troupe_until_equal(&t);
        troupe_close(&t);
    }
}

// Syncs of the follower's own clients and of the observer's cross on one link to the leader.
static void syncs_come_back_to_who_asked(void **state)
{
    (void)state;
    struct troupe t;
    struct guest own;
    struct guest g;
    troupe_open(&t, 1, &with_masters);
    troupe_enter(&own, &t, (int)master(&t));
    troupe_enter(&g, &t, OBSERVER);
    int32_t asked_own[20];
    int32_t asked[20];
    int32_t made[20];
    for (int i = 0; i < 20; i++) {
        char path[16];
        (void)snprintf(path, sizeof(path), "/n-%d", i);
        asked_own[i] = guest_path(&own, OP_SYNC, "/");
        made[i] = guest_create(&g, path, "", 0);
        asked[i] = guest_path(&g, OP_SYNC, "/");
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(guest_answer(&own, asked_own[i]), ZK_OK);
        assert_int_equal(guest_answer(&g, made[i]), ZK_OK);
        assert_int_equal(guest_answer(&g, asked[i]), ZK_OK);
    }
    troupe_close(&t);
}

static void a_session_moves_to_an_observer_and_lives_on_there(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct guest own;
    troupe_open(&t, 2, &with_masters);
    int leader = troupe_leader(&t);
    troupe_enter(&g, &t, leader);
    guest_make(&g, "/mine", CREATE_EPHEMERAL);
    troupe_enter(&own, &t, leader);
    assert_true(troupe_move(&g, &t, OBSERVER));
    assert_true(troupe_move(&own, &t, (int)master(&t))); // its question goes the same way
    for (int i = 0; i < 4; i++) {                        // only the observer hears of it
        troupe_run(&t, GUEST_TIMEOUT_MS / 2);
        assert_int_equal(guest_answer(&g, guest_read(&g, OP_EXISTS, "/mine", false)), ZK_OK);
        assert_int_equal(guest_answer(&own, guest_read(&own, OP_EXISTS, "/mine", false)), ZK_OK);
    }
    guest_make(&g, "/another", 0);
    troupe_close(&t);
}

static void a_session_that_is_gone_is_refused_through_the_master(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    struct guest thief;
    troupe_open(&t, 3, &with_masters);
    troupe_enter(&g, &t, troupe_leader(&t));
    assert_int_equal(guest_answer(&g, guest_plain(&g, OP_CLOSE_SESSION)), ZK_OK);
    assert_false(troupe_take_over(&thief, &g, &t, OBSERVER));
    troupe_close(&t);
}

static void an_observer_finds_another_master_and_misses_nothing(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    troupe_open(&t, 4, &with_masters);
    int first = (int)master(&t);
    troupe_kill(&t, first);
    troupe_enter(&g, &t, troupe_leader(&t));
    guest_make(&g, "/meanwhile", 0);
    troupe_until_serving(&t);
    assert_int_not_equal(master(&t), first);
    troupe_until_equal(&t);
    troupe_close(&t);
}

// What it sends at once is more than the way to the leader takes at once.
static void a_greedy_observer_waits_until_the_leader_takes_more(void **state)
{
    (void)state;
    EXPECT_MARK("an observer waits for the leader");
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    struct troupe t;
    struct guest g;
    int32_t made[MANY];
    troupe_open(&t, 6, &with_masters);
    troupe_enter(&g, &t, OBSERVER);
    for (int i = 0; i < MANY; i++) {
        made[i] = guest_create(&g, "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(guest_answer(&g, made[i]), ZK_OK);
    }
    troupe_close(&t);
}

static void an_observer_with_too_many_questions_is_closed(void **state)
{
    (void)state;
    EXPECT_MARK("an observer asks too much");
    struct troupe t;
    struct guest g;
    troupe_open(&t, 7, &with_masters);
    int first = (int)master(&t);
    troupe_enter(&g, &t, OBSERVER);
    struct relay *asked = &troupe_server(&t, first)->ensemble->syncs_asked;
    while (relay_ask(asked, (struct relay_question){.link = 12345})) { // an observer that is gone
    }
    (void)guest_path(&g, OP_SYNC, "/");
    guest_end(&g);
    troupe_until_serving(&t);
    assert_int_not_equal(master(&t), first);
    troupe_close(&t);
}

// Clients are served on that port; so the observer comes to the leader in the end.
static void a_follower_without_the_port_follows_all_the_same(void **state)
{
    (void)state;
    struct troupe t;
    struct guest g;
    const struct troupe_options taken = {
        .voters = 3, .observers = 1, .zoo_cfg = "observerMasterPort=2181\n"};
    troupe_open(&t, 5, &taken);
    assert_int_equal(master(&t), troupe_leader(&t));
    troupe_enter(&g, &t, OBSERVER);
    guest_make(&g, "/a", 0);
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_observer_learns_from_a_follower),
        cmocka_unit_test(syncs_come_back_to_who_asked),
        cmocka_unit_test(a_session_moves_to_an_observer_and_lives_on_there),
        cmocka_unit_test(a_session_that_is_gone_is_refused_through_the_master),
        cmocka_unit_test(an_observer_finds_another_master_and_misses_nothing),
        cmocka_unit_test(a_greedy_observer_waits_until_the_leader_takes_more),
        cmocka_unit_test(an_observer_with_too_many_questions_is_closed),
        cmocka_unit_test(a_follower_without_the_port_follows_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
