// SPDX-License-Identifier: Apache-2.0
//
// Broadcast: what each kind of learner gets, in which order, and how a slow one catches up.
#include "tests/unit/zab/leader_help.h"

#include "base/mem.h"

static void a_follower_gets_proposals_then_commits(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_propose(&h, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000001 11 bytes\nSEND 2 PROPOSAL 0x200000002 11 bytes\n");
    lead_logged(&h, LEAD_Z(2, 2));
    lead_expect(&h, "");
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\nCOMMIT 0x200000001\n");
    lead_ack(&h, 2, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 2 COMMIT 0x200000002\nCOMMIT 0x200000002\n");
    lead_fini(&h);
}

static void an_observer_gets_what_is_committed(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_propose(&h, LEAD_Z(2, 2));
    lead_ack(&h, 2, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000001 11 bytes\nSEND 2 PROPOSAL 0x200000002 11 bytes\n");
    lead_logged(&h, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 2 COMMIT 0x200000002\n"
                    "SEND 8 INFORM 0x200000001 11 bytes\n"
                    "SEND 8 INFORM 0x200000002 11 bytes\n"
                    "COMMIT 0x200000002\n");
    lead_ack(&h, 8, LEAD_Z(2, 2)); // means nothing
    lead_expect(&h, "");
    lead_fini(&h);
}

static void a_follower_that_does_not_vote_gets_the_same(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 7, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_logged(&h, LEAD_Z(2, 1));
    lead_ack(&h, 7, LEAD_Z(2, 1)); // no vote
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000001 11 bytes\nSEND 7 PROPOSAL 0x200000001 11 bytes\n");
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\nSEND 7 COMMIT 0x200000001\nCOMMIT 0x200000001\n");
    lead_fini(&h);
}

static void live_traffic_reaches_a_learner_before_its_ack(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_join(&h, 3);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_forget(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_logged(&h, LEAD_Z(2, 1));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000001 11 bytes\n"
                    "SEND 3 PROPOSAL 0x200000001 11 bytes\n"
                    "SEND 2 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "COMMIT 0x200000001\n");
    lead_fini(&h);
}

// ---- slow learners ----

struct big {
    uint8_t *bytes;
    size_t size;
};

static struct big make_big(struct leader_help *h)
{
    struct big big = {.size = 2 << 20};
    big.bytes = mem_zalloc(big.size);
    h->core.history.bytes_max = 16 * big.size;
    return big;
}

static void propose_big(struct leader_help *h, const struct big *big, int64_t zxid)
{
    lead_step(h, (struct zab_event){.type = ZAB_EV_PROPOSE,
                                    .zxid = zxid,
                                    .bytes = slice_of(big->bytes, big->size)});
}

static void a_full_link_gets_neither_proposals_nor_commits(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    struct big big = make_big(&h);
    lead_link(&h, ZAB_EV_LINK_ROOM, 3);
    for (int64_t i = 1; i <= 3; i++) {
        propose_big(&h, &big, LEAD_Z(2, i));
        lead_link(&h, ZAB_EV_LINK_ROOM, 2);
    }
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000001 2097152 bytes\n"
                    "SEND 3 PROPOSAL 0x200000001 2097152 bytes\n"
                    "SEND 2 PROPOSAL 0x200000002 2097152 bytes\n"
                    "SEND 3 PROPOSAL 0x200000002 2097152 bytes\n"
                    "SEND 2 PROPOSAL 0x200000003 2097152 bytes\n");
    lead_logged(&h, LEAD_Z(2, 3));
    lead_ack(&h, 2, LEAD_Z(2, 3));
    lead_expect(&h, "SEND 2 COMMIT 0x200000001\n"
                    "SEND 2 COMMIT 0x200000002\n"
                    "SEND 2 COMMIT 0x200000003\n"
                    "COMMIT 0x200000003\n");
    lead_link(&h, ZAB_EV_LINK_ROOM, 3); // each COMMIT behind its PROPOSAL
    lead_expect(&h, "SEND 3 COMMIT 0x200000001\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "SEND 3 PROPOSAL 0x200000003 2097152 bytes\n"
                    "SEND 3 COMMIT 0x200000003\n");
    mem_free(big.bytes);
    lead_fini(&h);
}

// Learner 3 and observer 8 stand still until memory has let go what they lack.
static void a_slow_one_is_served_from_the_log(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_to_live(&h, 8, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    struct big big = make_big(&h);
    h.core.history.count_max = 1;
    for (int64_t i = 1; i <= 6; i++) {
        propose_big(&h, &big, LEAD_Z(2, i));
        lead_logged(&h, LEAD_Z(2, i));
        lead_ack(&h, 2, LEAD_Z(2, i));
        lead_link(&h, ZAB_EV_LINK_ROOM, 2);
    }
    assert_int_equal(h.core.history.floor, LEAD_Z(2, 4));
    lead_forget(&h);
    lead_link(&h, ZAB_EV_LINK_ROOM, 3);
    lead_expect(&h, "SEND 3 COMMIT 0x200000002\nREAD_LOG 3 0x200000002 0x200000004\n");
    lead_link(&h, ZAB_EV_LINK_ROOM, 8);
    lead_expect(&h, "READ_LOG 8 0x200000002 0x200000004\n");
    lead_link(&h, ZAB_EV_LINK_ROOM, 3); // it is being read
    lead_expect(&h, "");
    const struct zab_record records[] = {{LEAD_Z(2, 3), slice_str("logged")},
                                         {LEAD_Z(2, 4), slice_str("logged")}};
    struct zab_event e = {.type = ZAB_EV_LOG_READ,
                          .is_ok = true,
                          .is_end = true,
                          .records = records,
                          .record_count = 2};
    e.link = 3;
    lead_step(&h, e);
    lead_expect(&h, "SEND 3 PROPOSAL 0x200000003 6 bytes\n"
                    "SEND 3 COMMIT 0x200000003\n"
                    "SEND 3 PROPOSAL 0x200000004 6 bytes\n"
                    "SEND 3 COMMIT 0x200000004\n"
                    "SEND 3 PROPOSAL 0x200000005 2097152 bytes\n"
                    "SEND 3 COMMIT 0x200000005\n"
                    "SEND 3 PROPOSAL 0x200000006 2097152 bytes\n");
    e.link = 8;
    e.record_count = 1; // the log ends too early
    lead_step(&h, e);
    lead_expect(&h, "CLOSE 8\n");
    mem_free(big.bytes);
    lead_fini(&h);
}

static void what_is_not_logged_yet_stays_in_memory_for_the_slow(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 5);
    lead_begin(&h);
    for (zab_link link = 2; link <= 4; link++) {
        lead_join(&h, link);
    }
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    for (zab_link link = 2; link <= 4; link++) {
        lead_ack_epoch(&h, link, 1, LEAD_LAST_ZXID);
    }
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    for (zab_link link = 2; link <= 4; link++) {
        lead_ack(&h, link, LEAD_Z(2, 0));
    }
    h.core.history.count_max = 1;
    for (int64_t i = 1; i <= 9; i++) { // committed by the others, our own disk is slow
        lead_propose(&h, LEAD_Z(2, i));
        for (zab_link link = 2; link <= 4; link++) {
            lead_ack(&h, link, LEAD_Z(2, i));
        }
    }
    assert_int_equal(leader_last_committed(h.leader), LEAD_Z(2, 9));
    assert_true(h.core.history.floor <= LEAD_LAST_ZXID);
    lead_logged(&h, LEAD_Z(2, 9));
    lead_propose(&h, LEAD_Z(2, 10));
    assert_int_equal(h.core.history.floor, LEAD_Z(2, 8));
    lead_fini(&h);
}

static void one_that_leaves_is_sent_nothing(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_to_live(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    lead_expect_note(&h, "learner 3 on link 3 is gone");
    lead_propose(&h, LEAD_Z(2, 1));
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000001 11 bytes\n");
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_follower_gets_proposals_then_commits),
        cmocka_unit_test(an_observer_gets_what_is_committed),
        cmocka_unit_test(a_follower_that_does_not_vote_gets_the_same),
        cmocka_unit_test(live_traffic_reaches_a_learner_before_its_ack),
        cmocka_unit_test(a_full_link_gets_neither_proposals_nor_commits),
        cmocka_unit_test(a_slow_one_is_served_from_the_log),
        cmocka_unit_test(what_is_not_logged_yet_stays_in_memory_for_the_slow),
        cmocka_unit_test(one_that_leaves_is_sent_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
