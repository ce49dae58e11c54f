// SPDX-License-Identifier: Apache-2.0
//
// The switch between the roles: what a role leaves behind, and when the next one begins. How whole
// ensembles behave is in tests/script/.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/core.h"
#include "zab/notification.h"

static const char ALONE[] = "server.1=a:2888:3888:participant\nversion=0";
static const char OF_THREE[] = "server.1=a:2888:3888:participant\n"
                               "server.2=b:2888:3888:participant\n"
                               "server.3=c:2888:3888:participant\nversion=0";
static const char OBSERVING[] = "server.1=a:2888:3888:observer\n"
                                "server.2=b:2888:3888:participant\n"
                                "server.3=c:2888:3888:participant\nversion=0";
#define LAST_ZXID 0x100000002

struct fixture {
    struct zab *zab;
    struct zab_effects effects;
    struct buf text; // of the effects since the last look, without notes and votes
    int64_t now_ms;
};

static void begin(struct fixture *f, const char *text)
{
    struct config_servers config;
    struct buf complaint = {0};
    config_servers_init(&config);
    assert_int_equal(config_servers_parse(slice_str(text), &config, &complaint), ERR_OK);
    const struct zab_options options = {.sid = 1,
                                        .tick_ms = 100,
                                        .init_limit = 10,
                                        .sync_limit = 5,
                                        .epoch_wait_ms = 301,
                                        .observer_election_delay_ms = 1000000,
                                        .notification_min_ms = 200,
                                        .notification_max_ms = 60000,
                                        .finalize_wait_ms = 200,
                                        .history_count = 10,
                                        .history_bytes = 1000};
    const struct zab_recovered recovered = {
        .accepted_epoch = 1, .current_epoch = 1, .last_zxid = LAST_ZXID};
    *f = (struct fixture){.now_ms = 1000};
    f->zab = zab_new(&options, &recovered, &config, NULL);
    zab_effects_init(&f->effects);
    config_servers_fini(&config);
    buf_fini(&complaint);
}

static void finish(struct fixture *f)
{
    zab_free(f->zab);
    zab_effects_fini(&f->effects);
    buf_fini(&f->text);
}

static void step(struct fixture *f, struct zab_event e)
{
    e.now_ms = f->now_ms;
    zab_step(f->zab, &e, &f->effects);
    for (size_t i = 0; i < f->effects.count; i++) {
        const struct zab_effect *effect = &f->effects.items[i];
        if (effect->type != ZAB_DO_NOTE && effect->type != ZAB_DO_NOTIFY) {
            zab_effect_print(effect, &f->text);
            buf_append_str(&f->text, "\n");
        }
    }
    zab_effects_clear(&f->effects);
}

static void happens(struct fixture *f, enum zab_event_type type)
{
    step(f, (struct zab_event){.type = type, .is_ok = true});
}

static void settled(struct fixture *f, int64_t zxid)
{
    step(f, (struct zab_event){.type = ZAB_EV_SETTLED, .zxid = zxid});
}

static void expect(struct fixture *f, const char *expected)
{
    assert_string_equal(buf_cstr(&f->text), expected);
    buf_clear(&f->text);
}

static void begin_to_lead(struct fixture *f)
{
    begin(f, ALONE);
    happens(f, ZAB_EV_START);
    happens(f, ZAB_EV_EPOCH_SAVED);
    happens(f, ZAB_EV_EPOCH_SAVED);
    buf_clear(&f->text);
}

// Server 3 leads epoch 1, and 2 follows it.
static void hear_of_leader(struct fixture *f)
{
    for (int64_t sid = 2; sid <= 3; sid++) {
        struct buf bytes = {0};
        const struct notification n = {.vote = {.leader = 3,
                                                .zxid = LAST_ZXID,
                                                .election_epoch = 4,
                                                .peer_epoch = 1,
                                                .state = sid == 3 ? ZAB_LEADING : ZAB_FOLLOWING}};
        notification_encode(&n, &bytes);
        step(f, (struct zab_event){
                    .type = ZAB_EV_NOTIFICATION, .sid = sid, .bytes = buf_slice(&bytes)});
        buf_fini(&bytes);
    }
}

// Voter `sid` looks for a leader, and votes for us.
static void hear_a_looking_voter(struct fixture *f, int64_t sid)
{
    struct buf bytes = {0};
    const struct notification n = {.vote = {.leader = 1,
                                            .zxid = LAST_ZXID,
                                            .election_epoch = 1,
                                            .peer_epoch = 1,
                                            .state = ZAB_LOOKING}};
    notification_encode(&n, &bytes);
    step(f,
         (struct zab_event){.type = ZAB_EV_NOTIFICATION, .sid = sid, .bytes = buf_slice(&bytes)});
    buf_fini(&bytes);
}

// leader.maxTimeToWaitForEpoch: a voter may look for a moment, until it has decided, too.
static void a_voter_that_looks_for_too_long_ends_the_wait_for_epochs(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, OF_THREE);
    happens(&f, ZAB_EV_START);
    hear_a_looking_voter(&f, 2);
    hear_a_looking_voter(&f, 3);
    assert_int_equal(zab_role(f.zab), ZAB_LEADING);
    f.now_ms += 300;
    hear_a_looking_voter(&f, 2);
    hear_a_looking_voter(&f, 7); // no voter
    assert_int_equal(zab_role(f.zab), ZAB_LEADING);
    f.now_ms += 1;
    hear_a_looking_voter(&f, 7);
    assert_int_equal(zab_role(f.zab), ZAB_LEADING);
    hear_a_looking_voter(&f, 2);
    assert_int_equal(zab_role(f.zab), ZAB_LOOKING);
    finish(&f);
}

static void nothing_happens_before_the_start(void **state)
{
    (void)state;
    struct fixture f;
    int64_t deadline;
    begin(&f, ALONE);
    happens(&f, ZAB_EV_TIME);
    happens(&f, ZAB_EV_LOGGED);
    expect(&f, "");
    assert_false(zab_deadline_ms(f.zab, &deadline));
    assert_int_equal(zab_role(f.zab), ZAB_LOOKING);
    assert_int_equal(zab_leader_sid(f.zab), -1);
    finish(&f);
}

static void who_votes_alone_leads_when_its_epochs_are_saved(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, ALONE);
    happens(&f, ZAB_EV_START);
    expect(&f, "LISTEN\nSAVE_ACCEPTED 2\n");
    assert_int_equal(zab_role(f.zab), ZAB_LEADING);
    assert_false(zab_is_serving(f.zab));
    happens(&f, ZAB_EV_EPOCH_SAVED);
    expect(&f, "SAVE_CURRENT 2\n");
    happens(&f, ZAB_EV_EPOCH_SAVED);
    expect(&f, "SERVE 0x200000000\n");
    assert_true(zab_is_serving(f.zab));
    assert_int_equal(zab_epoch(f.zab), 2);
    assert_int_equal(zab_leader_sid(f.zab), 1);
    assert_int_equal(zab_last_proposed(f.zab), 0x200000000);
    finish(&f);
}

static void a_role_that_ends_is_settled_before_the_next(void **state)
{
    (void)state;
    struct fixture f;
    int64_t deadline;
    begin_to_lead(&f);
    f.now_ms += 1000;
    happens(&f, ZAB_EV_FAILED);
    expect(&f, "UNLISTEN\nSTOP_SERVING\n");
    assert_int_equal(zab_role(f.zab), ZAB_LOOKING);
    assert_false(zab_is_serving(f.zab));
    assert_false(zab_deadline_ms(f.zab, &deadline));
    settled(&f, 0x200000000);
    expect(&f, "LISTEN\nSAVE_ACCEPTED 3\n");
    finish(&f);
}

static void what_is_in_the_log_is_the_history(void **state)
{
    (void)state;
    struct fixture f;
    begin_to_lead(&f);
    for (int64_t zxid = 0x200000001; zxid <= 0x200000003; zxid++) {
        step(&f,
             (struct zab_event){.type = ZAB_EV_PROPOSE, .zxid = zxid, .bytes = slice_str("txn")});
    }
    step(&f, (struct zab_event){.type = ZAB_EV_LOGGED, .zxid = 0x200000001});
    expect(&f, "COMMIT 0x200000001\n");
    f.now_ms += 1000;
    happens(&f, ZAB_EV_FAILED);
    settled(&f, 0x200000002);
    assert_int_equal(zab_last_proposed(f.zab), 0x200000002);
    assert_int_equal(zab_last_committed(f.zab), 0x200000002);
    finish(&f);
}

static void an_epoch_saved_for_a_role_that_is_over_counts(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, ALONE);
    happens(&f, ZAB_EV_START);
    f.now_ms += 1000;
    happens(&f, ZAB_EV_FAILED);
    happens(&f, ZAB_EV_EPOCH_SAVED);
    settled(&f, LAST_ZXID);
    expect(&f, "LISTEN\nSAVE_ACCEPTED 2\nUNLISTEN\nSTOP_SERVING\nLISTEN\nSAVE_ACCEPTED 3\n");
    finish(&f);
}

static void an_epoch_that_was_not_saved_does_not_count(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, ALONE);
    happens(&f, ZAB_EV_START);
    f.now_ms += 1000;
    step(&f, (struct zab_event){.type = ZAB_EV_EPOCH_SAVED});
    expect(&f, "LISTEN\nSAVE_ACCEPTED 2\nUNLISTEN\nSTOP_SERVING\n");
    settled(&f, LAST_ZXID);
    expect(&f, "LISTEN\nSAVE_ACCEPTED 2\n");
    finish(&f);
}

static void who_is_refused_at_once_waits_a_moment(void **state)
{
    (void)state;
    struct fixture f;
    int64_t deadline;
    begin(&f, OF_THREE);
    happens(&f, ZAB_EV_START);
    hear_of_leader(&f);
    expect(&f, "DIAL d1 sid 3\n");
    assert_int_equal(zab_role(f.zab), ZAB_FOLLOWING);
    assert_int_equal(zab_leader_sid(f.zab), 3);
    f.now_ms += 10;
    happens(&f, ZAB_EV_FAILED);
    settled(&f, LAST_ZXID);
    expect(&f, "CLOSE d1\nSTOP_SERVING\n");
    assert_true(zab_deadline_ms(f.zab, &deadline));
    assert_int_equal(deadline, 1100);
    hear_of_leader(&f);
    expect(&f, "");
    f.now_ms = deadline;
    happens(&f, ZAB_EV_TIME);
    hear_of_leader(&f);
    expect(&f, "DIAL d2 sid 3\n");
    finish(&f);
}

static void an_observer_leaves_others_time(void **state)
{
    (void)state;
    struct fixture f;
    int64_t deadline;
    begin(&f, OBSERVING);
    happens(&f, ZAB_EV_START);
    hear_of_leader(&f);
    assert_int_equal(zab_role(f.zab), ZAB_OBSERVING);
    assert_false(zab_is_voter(f.zab));
    assert_int_equal(zab_voter_count(f.zab), 2);
    f.now_ms += 1000;
    happens(&f, ZAB_EV_FAILED);
    settled(&f, LAST_ZXID);
    assert_true(zab_deadline_ms(f.zab, &deadline));
    assert_true(deadline > f.now_ms);
    assert_true(deadline < f.now_ms + 1000000);
    finish(&f);
}

static void who_is_followed_is_known_by_its_link(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, OF_THREE);
    happens(&f, ZAB_EV_START);
    assert_int_equal(zab_leader_link(f.zab), 0);
    hear_of_leader(&f);
    assert_true(zab_leader_link(f.zab) == ZAB_LINK_DIALLED + 1);
    assert_int_equal(zab_followers(f.zab, NULL, 0), 0);
    finish(&f);
}

static void transactions_that_do_not_reach_the_end_are_forgotten(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, ALONE);
    zab_remember(f.zab, LAST_ZXID - 1, slice_str("txn"));
    happens(&f, ZAB_EV_START);
    assert_int_equal(zab_last_committed(f.zab), LAST_ZXID);
    finish(&f);
}

static void roles_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(zab_role_name(ZAB_LOOKING), "looking");
    assert_string_equal(zab_role_name(ZAB_FOLLOWING), "follower");
    assert_string_equal(zab_role_name(ZAB_LEADING), "leader");
    assert_string_equal(zab_role_name(ZAB_OBSERVING), "observer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_before_the_start),
        cmocka_unit_test(a_voter_that_looks_for_too_long_ends_the_wait_for_epochs),
        cmocka_unit_test(who_votes_alone_leads_when_its_epochs_are_saved),
        cmocka_unit_test(a_role_that_ends_is_settled_before_the_next),
        cmocka_unit_test(what_is_in_the_log_is_the_history),
        cmocka_unit_test(an_epoch_saved_for_a_role_that_is_over_counts),
        cmocka_unit_test(an_epoch_that_was_not_saved_does_not_count),
        cmocka_unit_test(who_is_refused_at_once_waits_a_moment),
        cmocka_unit_test(an_observer_leaves_others_time),
        cmocka_unit_test(who_is_followed_is_known_by_its_link),
        cmocka_unit_test(transactions_that_do_not_reach_the_end_are_forgotten),
        cmocka_unit_test(roles_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
