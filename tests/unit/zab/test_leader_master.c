// SPDX-License-Identifier: Apache-2.0
//
// A follower as an observer master: who is taken in and how, what goes on to observers of what the
// leader commits, and what is passed on for them.
#include "tests/unit/zab/leader_help.h"

#include "base/mem.h"

enum { LEADER_LINK = 77 };

// The follower's own machine has taken a transaction of the leader, and it is committed.
static void follow(struct leader_help *h, int64_t zxid, struct slice txn)
{
    recent_add(&h->core.history, zxid, txn);
    h->core.last_zxid = zxid;
    recent_commit(&h->core.history, zxid);
}

static void commit(struct leader_help *h, int64_t zxid)
{
    follow(h, zxid, slice_str("transaction"));
    lead_packet(h, LEADER_LINK, ZAB_COMMIT, zxid, slice_null());
}

static void observe(struct leader_help *h, zab_link link, int64_t zxid)
{
    lead_link(h, ZAB_EV_LINK_UP, link);
    lead_info(h, link, ZAB_OBSERVERINFO, 1);
    lead_ack_epoch(h, link, 1, zxid);
    lead_ack(h, link, LEAD_Z(1, 0));
    lead_forget(h);
}

static void an_observer_is_taken_in_at_once(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    lead_expect(&h, "LISTEN as master\n");
    lead_link(&h, ZAB_EV_LINK_UP, 8);
    lead_info(&h, 8, ZAB_OBSERVERINFO, 1);
    lead_expect(&h, "SEND 8 LEADERINFO 0x100000000 4 bytes\n");
    lead_ack_epoch(&h, 8, 1, LEAD_Z(1, 1));
    lead_expect(&h, "SEND 8 DIFF 0x100000002\n"
                    "SEND 8 PROPOSAL 0x100000002 3 bytes\n"
                    "SEND 8 COMMIT 0x100000002\n"
                    "SEND 8 NEWLEADER 0x100000000 181 bytes\n");
    lead_ack(&h, 8, LEAD_Z(1, 0));
    lead_expect(&h, "SEND 8 UPTODATE -1\n");
    lead_ack(&h, 8, LEAD_Z(1, 0)); // of UPTODATE
    lead_expect(&h, "");
    assert_int_equal(leader_followers(h.leader, NULL, 0), 1);
    lead_fini(&h);
}

static void who_votes_is_sent_away(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    lead_forget(&h);
    lead_link(&h, ZAB_EV_LINK_UP, 2);
    lead_info(&h, 2, ZAB_FOLLOWERINFO, 1);
    lead_expect(&h, "CLOSE 2\n");
    lead_expect_note(&h, "only observers");
    lead_fini(&h);
}

static void an_observer_that_is_ahead_goes_back_to_what_we_know(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    lead_link(&h, ZAB_EV_LINK_UP, 8);
    lead_info(&h, 8, ZAB_OBSERVERINFO, 1);
    lead_forget(&h);
    lead_ack_epoch(&h, 8, 1, LEAD_Z(1, 5));
    lead_expect(&h, "SEND 8 TRUNC 0x100000002\nSEND 8 NEWLEADER 0x100000000 181 bytes\n");
    lead_fini(&h);
}

static void a_snapshot_waits_until_our_tree_stands_there(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    h.core.options.log_sync_enabled = false;
    lead_host(&h);
    commit(&h, LEAD_Z(1, 3));
    lead_link(&h, ZAB_EV_LINK_UP, 8);
    lead_info(&h, 8, ZAB_OBSERVERINFO, 1);
    lead_forget(&h);
    lead_ack_epoch(&h, 8, 1, -1);
    lead_expect(&h, "");
    lead_applied(&h, LEAD_Z(1, 3));
    lead_expect(&h, "SEND_SNAP 8 0x100000003\n");
    lead_fini(&h);
}

static void what_the_leader_commits_goes_on_as_inform(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    observe(&h, 8, LEAD_LAST_ZXID);
    recent_add(&h.core.history, LEAD_Z(1, 3), slice_str("proposed"));
    h.core.last_zxid = LEAD_Z(1, 3);
    lead_packet(&h, LEADER_LINK, ZAB_PROPOSAL, LEAD_Z(1, 3), slice_str("proposed"));
    lead_expect(&h, "");
    recent_commit(&h.core.history, LEAD_Z(1, 3));
    lead_packet(&h, LEADER_LINK, ZAB_COMMIT, LEAD_Z(1, 3), slice_null());
    lead_expect(&h, "SEND 8 INFORM 0x100000003 8 bytes\n");
    assert_memory_equal(h.data.data, "proposed", 8);
    lead_fini(&h);
}

static void a_configuration_goes_on_with_the_leader_it_names(void **state)
{
    (void)state;
    struct leader_help h;
    uint8_t named[8];
    lead_init(&h, 3);
    lead_host(&h);
    observe(&h, 8, LEAD_LAST_ZXID);
    be64_store(named, 3);
    follow(&h, LEAD_Z(1, 3), slice_str("config"));
    lead_packet(&h, LEADER_LINK, ZAB_COMMITANDACTIVATE, LEAD_Z(1, 3), slice_of(named, 8));
    lead_expect(&h, "SEND 8 INFORMANDACTIVATE 0x100000003 14 bytes\n");
    assert_int_equal(be64_load(h.data.data), 3);
    assert_memory_equal(h.data.data + 8, "config", 6);
    commit(&h, LEAD_Z(1, 4));
    lead_expect(&h, "SEND 8 INFORM 0x100000004 11 bytes\n");
    lead_fini(&h);
}

// ---- what observers ask ----

static void lead_request(struct leader_help *h, zab_link link, int32_t type)
{
    struct buf data = {0};
    buf_put_i64(&data, 5);
    buf_put_i32(&data, 1);
    buf_put_i32(&data, type);
    lead_packet(h, link, ZAB_REQUEST, -1, buf_slice(&data));
    buf_fini(&data);
}

static void requests_and_sessions_are_the_executors_to_pass_on(void **state)
{
    (void)state;
    static const uint8_t session[12] = {0};
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    observe(&h, 8, LEAD_LAST_ZXID);
    lead_request(&h, 8, 1);
    lead_request(&h, 8, 9); // a sync
    lead_packet(&h, 8, ZAB_REVALIDATE, -1, slice_of(session, sizeof(session)));
    lead_expect(&h, "DELIVER 8 REQUEST -1 16 bytes\n"
                    "DELIVER 8 REQUEST -1 16 bytes\n"
                    "DELIVER 8 REVALIDATE -1 12 bytes\n");
    lead_fini(&h);
}

// The link is full, so the answer waits with the transactions that were committed before it.
static void a_sync_follows_what_was_committed_before_it(void **state)
{
    (void)state;
    enum { BIG = 3 << 20 };
    char *big = mem_zalloc(BIG);
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    observe(&h, 8, LEAD_LAST_ZXID);
    for (int i = 3; i <= 5; i++) {
        follow(&h, LEAD_Z(1, i), slice_of((const uint8_t *)big, BIG));
        lead_packet(&h, LEADER_LINK, ZAB_COMMIT, LEAD_Z(1, i), slice_null());
    }
    lead_expect(&h, "SEND 8 INFORM 0x100000003 3145728 bytes\n"
                    "SEND 8 INFORM 0x100000004 3145728 bytes\n");
    lead_link(&h, ZAB_EV_SYNC, 8);
    lead_link(&h, ZAB_EV_SYNC, 8);
    lead_link(&h, ZAB_EV_SYNC, 9); // nobody
    commit(&h, LEAD_Z(1, 6));
    lead_expect(&h, "");
    lead_link(&h, ZAB_EV_LINK_ROOM, 8);
    lead_expect(&h, "SEND 8 INFORM 0x100000005 3145728 bytes\n"
                    "SEND 8 SYNC 0x0\nSEND 8 SYNC 0x0\n"
                    "SEND 8 INFORM 0x100000006 11 bytes\n");
    lead_fini(&h);
    mem_free(big);
}

// ---- life ----

static void observers_are_pinged_and_the_silent_closed(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    observe(&h, 8, LEAD_LAST_ZXID);
    lead_pass(&h, LEAD_TICK_MS);
    lead_expect(&h, "SEND 8 PING 0x100000002\nSEND 8 PING 0x100000002\n");
    lead_packet(&h, 8, ZAB_PING, LEAD_LAST_ZXID, slice_str(""));
    lead_expect(&h, "");
    lead_pass(&h, LEAD_SYNC_LIMIT * LEAD_TICK_MS);
    lead_expect_note(&h, "silent for too long");
    assert_int_equal(leader_followers(h.leader, NULL, 0), 0);
    int64_t next;
    assert_null(leader_is_over(h.leader, &next)); // without observers it goes on
    lead_fini(&h);
}

// More than commitLogCount stays, up to observerMaster.sizeLimit; what is not durable stays anyway.
static void memory_reaches_back_as_far_as_the_limit_says(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    h.core.options.master_history_bytes = 100 * strlen("transaction");
    lead_host(&h);
    for (int i = 3; i <= 302; i++) {
        commit(&h, LEAD_Z(1, i));
    }
    assert_int_equal(recent_min(&h.core.history), LEAD_Z(1, 3)); // nothing of it is logged yet
    lead_logged(&h, LEAD_Z(1, 302));
    commit(&h, LEAD_Z(1, 303));
    assert_in_range(recent_min(&h.core.history), LEAD_Z(1, 203), LEAD_Z(1, 204));
    leader_end(h.leader, &h.effects);
    follow(&h, LEAD_Z(1, 304), slice_str("transaction"));
    assert_in_range(recent_min(&h.core.history), LEAD_Z(1, 304 - LEAD_HISTORY_COUNT),
                    LEAD_Z(1, 304 - LEAD_HISTORY_COUNT + 1));
    lead_fini(&h);
}

static void the_end_closes_observers_and_the_port(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_host(&h);
    observe(&h, 8, LEAD_LAST_ZXID);
    leader_end(h.leader, &h.effects);
    assert_int_equal(h.effects.items[0].type, ZAB_DO_CLOSE);
    assert_int_equal(h.effects.items[0].link, 8);
    assert_int_equal(h.effects.items[1].type, ZAB_DO_UNLISTEN);
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_observer_is_taken_in_at_once),
        cmocka_unit_test(who_votes_is_sent_away),
        cmocka_unit_test(an_observer_that_is_ahead_goes_back_to_what_we_know),
        cmocka_unit_test(a_snapshot_waits_until_our_tree_stands_there),
        cmocka_unit_test(what_the_leader_commits_goes_on_as_inform),
        cmocka_unit_test(a_configuration_goes_on_with_the_leader_it_names),
        cmocka_unit_test(requests_and_sessions_are_the_executors_to_pass_on),
        cmocka_unit_test(a_sync_follows_what_was_committed_before_it),
        cmocka_unit_test(observers_are_pinged_and_the_silent_closed),
        cmocka_unit_test(memory_reaches_back_as_far_as_the_limit_says),
        cmocka_unit_test(the_end_closes_observers_and_the_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
