// SPDX-License-Identifier: Apache-2.0
//
// Which packet is legal at which stage of a learner: every other one closes its link, and nothing
// that a learner can send is an assertion.
#include "tests/unit/zab/leader_help.h"

#include <stdio.h>
#include <string.h>

// ---- every stage and every packet ----

static void to_new(struct leader_help *h)
{
    lead_begin(h);
    lead_link(h, ZAB_EV_LINK_UP, 2);
}

static void to_waiting_epoch(struct leader_help *h)
{
    lead_begin(h);
    lead_join(h, 2);
}

static void to_waiting_history(struct leader_help *h)
{
    lead_to_comparing(h);
    lead_ack_epoch(h, 2, 1, LEAD_LAST_ZXID);
}

static void to_streaming(struct leader_help *h)
{
    h->core.options.force_snapshot_sync = true;
    lead_to_comparing(h);
    lead_ack_epoch(h, 2, 1, LEAD_LAST_ZXID);
    lead_event(h, ZAB_EV_EPOCH_SAVED);
}

// Of five, so that the ACK of learner 2 is not enough to serve.
static void to_acked(struct leader_help *h)
{
    lead_begin(h);
    lead_join(h, 2);
    lead_join(h, 3);
    lead_event(h, ZAB_EV_EPOCH_SAVED);
    lead_ack_epoch(h, 2, 1, LEAD_LAST_ZXID);
    lead_ack_epoch(h, 3, 1, LEAD_LAST_ZXID);
    lead_event(h, ZAB_EV_EPOCH_SAVED);
    lead_ack(h, 2, LEAD_Z(2, 0));
}

#define BIT(type) (UINT32_C(1) << (type))

static const struct stage {
    const char *name;
    void (*reach)(struct leader_help *h);
    size_t voters;
    uint32_t legal; // types, with the data below
} STAGES[] = {
    {"new", to_new, 3, BIT(ZAB_FOLLOWERINFO) | BIT(ZAB_OBSERVERINFO)},
    {"waiting for the epoch", to_waiting_epoch, 5, 0},
    {"offered", lead_to_comparing, 3, BIT(ZAB_ACKEPOCH)},
    {"waiting for histories", to_waiting_history, 3, 0},
    {"streaming", to_streaming, 3, 0},
    {"sent NEWLEADER", lead_to_synchronising, 3, BIT(ZAB_ACK)},
    {"acked", to_acked, 5, BIT(ZAB_ACK)},
    {"live", lead_to_serving, 3,
     BIT(ZAB_ACK) | BIT(ZAB_PING) | BIT(ZAB_REQUEST) | BIT(ZAB_REVALIDATE)},
};

// 24 bytes: a learner's info with its id first, an epoch, two touched sessions, or a request.
static bool is_closed_by(const struct stage *stage, int32_t type)
{
    struct leader_help h;
    uint8_t data[24] = {0};
    lead_init(&h, stage->voters);
    stage->reach(&h);
    if (stage->reach == lead_to_serving) {
        lead_pass(&h, LEAD_TICK_MS / 2); // a PING goes out
    }
    lead_forget(&h);
    be64_store(data, 2);
    be32_store(data + 8, ZAB_PROTOCOL_VERSION);
    be32_store(data, type == ZAB_ACKEPOCH ? 1 : 0);
    size_t len = type == ZAB_REVALIDATE ? 12 : type == ZAB_ACKEPOCH ? 4 : 24;
    int64_t zxid = type == ZAB_ACK ? LEAD_Z(2, 0) : LEAD_Z(1, 0);
    lead_packet(&h, 2, type, zxid, slice_of(data, len));
    bool is_closed = strstr(buf_cstr(&h.text), "CLOSE 2\n") != NULL;
    if (is_closed) {
        lead_expect_note(&h, "on link 2 closed: ");
        lead_forget(&h);
        lead_packet(&h, 2, ZAB_ACK, 0, slice_null()); // what comes behind it is nobody's
        lead_expect(&h, "");
    }
    lead_fini(&h);
    return is_closed;
}

static void every_stage_takes_its_packets_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(STAGES) / sizeof(STAGES[0]); i++) {
        for (int32_t type = 0; type <= 20; type++) {
            bool is_legal = (STAGES[i].legal & BIT(type)) != 0;
            if (is_closed_by(&STAGES[i], type) == is_legal) {
                fail_msg("stage %s, packet %s", STAGES[i].name, zab_packet_name(type));
            }
        }
        assert_true(is_closed_by(&STAGES[i], -1));
        assert_true(is_closed_by(&STAGES[i], INT32_MAX));
    }
}

// ---- who it is ----

static void refuse(size_t len, int64_t sid, int32_t version, int64_t config_version,
                   int64_t accepted_epoch, const char *why)
{
    struct leader_help h;
    uint8_t data[20];
    be64_store(data, (uint64_t)sid);
    be32_store(data + 8, (uint32_t)version);
    be64_store(data + 12, (uint64_t)config_version);
    lead_init(&h, 3);
    to_new(&h);
    lead_forget(&h);
    lead_packet(&h, 2, ZAB_FOLLOWERINFO, (int64_t)((uint64_t)accepted_epoch << 32),
                len > 0 ? slice_of(data, len) : slice_null());
    lead_expect(&h, "CLOSE 2\n");
    lead_expect_note(&h, why);
    lead_fini(&h);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    const int32_t v = ZAB_PROTOCOL_VERSION;
    refuse(0, 0, 0, 0, 1, "3.3 and before");
    refuse(8, 2, 0, 0, 1, "3.3 and before");
    refuse(20, 2, v - 1, 0, 1, "3.3 and before");
    refuse(7, 2, v, 0, 1, "cannot be read");
    refuse(20, 1, v, 0, 1, "our own id");
    refuse(20, 2, v, LEAD_Z(1, 1), 1, "activated later than ours");
    refuse(20, 2, v, 0, -1, "its epoch is none");
    refuse(20, 2, v, 0, INT32_MAX, "its epoch is none");
}

static void a_short_info_is_enough(void **state)
{
    (void)state;
    struct leader_help h;
    uint8_t data[12];
    be64_store(data, 2);
    be32_store(data + 8, ZAB_PROTOCOL_VERSION);
    lead_init(&h, 3);
    to_new(&h);
    lead_packet(&h, 2, ZAB_FOLLOWERINFO, LEAD_Z(1, 0), slice_of(data, sizeof(data)));
    lead_expect(&h, "LISTEN\nSAVE_ACCEPTED 2\n");
    lead_fini(&h);
}

static void a_server_that_dials_again_loses_its_old_link(void **state)
{
    (void)state;
    struct leader_help h;
    uint8_t data[20] = {0};
    be64_store(data, 2);
    be32_store(data + 8, ZAB_PROTOCOL_VERSION);
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_link(&h, ZAB_EV_LINK_UP, 77);
    lead_packet(&h, 77, ZAB_FOLLOWERINFO, LEAD_Z(2, 0), slice_of(data, sizeof(data)));
    lead_expect(&h, "CLOSE 2\nSEND 77 LEADERINFO 0x200000000 4 bytes\n");
    lead_fini(&h);
}

static void learners_are_limited(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_begin(&h);
    for (zab_link link = 1; link <= 1024; link++) {
        lead_link(&h, ZAB_EV_LINK_UP, link);
    }
    lead_expect(&h, "LISTEN\n");
    lead_link(&h, ZAB_EV_LINK_UP, 5000);
    lead_expect(&h, "CLOSE 5000\n");
    lead_link(&h, ZAB_EV_LINK_DOWN, 17);
    lead_link(&h, ZAB_EV_LINK_UP, 5001);
    lead_expect(&h, "");
    lead_fini(&h);
}

// ---- what it has ----

static void histories_of_no_epoch_are_refused(void **state)
{
    (void)state;
    static const struct {
        int32_t epoch;
        int64_t zxid;
    } rows[] = {{3, 0}, {-2, 0}, {1, -2}, {INT32_MIN, 0}, {1, INT64_MIN}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct leader_help h;
        lead_init(&h, 3);
        lead_to_comparing(&h);
        lead_ack_epoch(&h, 2, rows[i].epoch, rows[i].zxid);
        lead_expect(&h, "CLOSE 2\n");
        lead_fini(&h);
    }
}

// ---- acknowledgements ----

static void acks_before_that_of_newleader_do_no_harm(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_comparing(&h);
    lead_ack_epoch(&h, 2, 1, LEAD_Z(1, 1));
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(1, 2)); // as releases before 3.9.3 do
    lead_expect(&h, "");
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_expect(&h, "SERVE 0x200000000\nSEND 2 UPTODATE -1\n");
    lead_ack(&h, 2, LEAD_Z(2, 0)); // of UPTODATE
    lead_ack(&h, 2, LEAD_Z(1, 2));
    lead_expect(&h, "");
    lead_fini(&h);
}

static void an_ack_of_what_was_not_sent_closes(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_synchronising(&h);
    lead_ack(&h, 2, LEAD_Z(1, 3));
    lead_expect(&h, "CLOSE 2\n");
    lead_fini(&h);

    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_propose(&h, LEAD_Z(2, 1));
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 2));
    lead_expect(&h, "CLOSE 2\n");
    lead_expect_note(&h, "acknowledges what it was not sent");
    lead_fini(&h);

    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_ack(&h, 2, INT64_MAX);
    lead_expect(&h, "CLOSE 2\n");
    lead_fini(&h);
}

static void acks_of_the_past_change_nothing(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_ack(&h, 2, LEAD_Z(1, 1));
    lead_ack(&h, 2, -1);
    lead_ack(&h, 2, INT64_MIN + 1);
    lead_ack(&h, 2, LEAD_Z(7, 0));
    lead_expect(&h, "");
    lead_fini(&h);
}

// ---- requests and sessions ----

static void requests_and_sessions_go_to_the_server(void **state)
{
    (void)state;
    struct leader_help h;
    uint8_t data[24] = {0};
    be32_store(data + 12, 1); // create
    lead_init(&h, 3);
    lead_to_serving(&h);
    lead_packet(&h, 2, ZAB_REQUEST, -1, slice_of(data, 24));
    lead_packet(&h, 2, ZAB_REVALIDATE, -1, slice_of(data, 12));
    lead_expect(&h, "DELIVER 2 REQUEST -1 24 bytes\nDELIVER 2 REVALIDATE -1 12 bytes\n");
    lead_pass(&h, LEAD_TICK_MS);
    lead_expect(&h, "SEND 2 PING 0x200000000\nSEND 2 PING 0x200000000\n");
    lead_packet(&h, 2, ZAB_PING, LEAD_Z(2, 0), slice_of(data, 24));
    lead_expect(&h, "DELIVER 2 PING 0x200000000 24 bytes\n");
    lead_packet(&h, 2, ZAB_PING, LEAD_Z(2, 0), slice_of(data, 0)); // nobody was heard of
    lead_expect(&h, "");
    lead_fini(&h);
}

static void broken_requests_and_sessions_close(void **state)
{
    (void)state;
    static const struct {
        int32_t type;
        size_t len;
    } rows[] = {{ZAB_REQUEST, 0},     {ZAB_REQUEST, 15},   {ZAB_REVALIDATE, 0},
                {ZAB_REVALIDATE, 24}, {ZAB_REVALIDATE, 8}, {ZAB_PING, 13}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct leader_help h;
        uint8_t data[24] = {0};
        lead_init(&h, 3);
        lead_to_serving(&h);
        lead_pass(&h, LEAD_TICK_MS / 2);
        lead_forget(&h);
        lead_packet(&h, 2, rows[i].type, -1, slice_of(data, rows[i].len));
        lead_expect(&h, "CLOSE 2\n");
        lead_fini(&h);
    }
}

static void events_of_unknown_links_are_ignored(void **state)
{
    (void)state;
    static const enum zab_event_type types[] = {ZAB_EV_LINK_DOWN, ZAB_EV_LINK_ROOM,
                                                ZAB_EV_PACKET,    ZAB_EV_SNAP_BEGUN,
                                                ZAB_EV_SNAP_SENT, ZAB_EV_LOG_READ};
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        lead_link(&h, types[i], 99);
        if (types[i] != ZAB_EV_LINK_DOWN && types[i] != ZAB_EV_PACKET) {
            lead_link(&h, types[i], 2); // it asked for nothing
        }
    }
    lead_expect(&h, "");
    lead_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_takes_its_packets_and_no_others),
        cmocka_unit_test(strangers_are_refused),
        cmocka_unit_test(a_short_info_is_enough),
        cmocka_unit_test(a_server_that_dials_again_loses_its_old_link),
        cmocka_unit_test(learners_are_limited),
        cmocka_unit_test(histories_of_no_epoch_are_refused),
        cmocka_unit_test(acks_before_that_of_newleader_do_no_harm),
        cmocka_unit_test(an_ack_of_what_was_not_sent_closes),
        cmocka_unit_test(acks_of_the_past_change_nothing),
        cmocka_unit_test(requests_and_sessions_go_to_the_server),
        cmocka_unit_test(broken_requests_and_sessions_close),
        cmocka_unit_test(events_of_unknown_links_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
