// SPDX-License-Identifier: Apache-2.0
//
// A learner is brought up to date: from memory, from the log, with the tree; beside live traffic;
// and what happens when the log does not hold what it should.
#include "tests/unit/zab/leader_help.h"

#include "base/mem.h"

// Transactions 2:1 to 2:`count`, committed and on disk. Memory keeps LEAD_HISTORY_COUNT.
static void write_some(struct leader_help *h, int64_t count)
{
    for (int64_t i = 1; i <= count; i++) {
        lead_propose(h, LEAD_Z(2, i));
        lead_logged(h, LEAD_Z(2, i));
        lead_ack(h, 2, LEAD_Z(2, i));
        lead_applied(h, LEAD_Z(2, i));
        lead_link(h, ZAB_EV_LINK_ROOM, 2);
    }
    lead_forget(h);
}

static void arrive(struct leader_help *h, zab_link link, int32_t type, int64_t zxid)
{
    lead_link(h, ZAB_EV_LINK_UP, link);
    lead_info(h, link, type, 1);
    lead_forget(h);
    lead_ack_epoch(h, link, 1, zxid);
}

// An answer to READ_LOG with the records of epoch 2 from `first` to `last`.
static void answer(struct leader_help *h, zab_link link, int64_t at_or_before, int64_t first,
                   int64_t last, bool is_end)
{
    struct zab_record records[64];
    size_t count = 0;
    for (int64_t i = first; i <= last; i++) {
        records[count++] = (struct zab_record){LEAD_Z(2, i), slice_str("logged")};
    }
    lead_step(h, (struct zab_event){.type = ZAB_EV_LOG_READ,
                                    .link = link,
                                    .zxid = at_or_before,
                                    .is_ok = true,
                                    .is_end = is_end,
                                    .records = records,
                                    .record_count = count});
}

// ---- from memory ----

static void an_equal_one_gets_an_empty_diff(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 3);
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 3));
    lead_expect(&h, "SEND 3 DIFF 0x200000003\nSEND 3 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

static void memory_gives_what_is_missing_across_epochs(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 2);
    arrive(&h, 8, ZAB_OBSERVERINFO, LEAD_Z(1, 1)); // an observer gets PROPOSAL and COMMIT, too
    lead_expect(&h, "SEND 8 DIFF 0x200000002\n"
                    "SEND 8 PROPOSAL 0x100000002 3 bytes\n"
                    "SEND 8 COMMIT 0x100000002\n"
                    "SEND 8 PROPOSAL 0x200000001 11 bytes\n"
                    "SEND 8 COMMIT 0x200000001\n"
                    "SEND 8 PROPOSAL 0x200000002 11 bytes\n"
                    "SEND 8 COMMIT 0x200000002\n"
                    "SEND 8 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

static void what_nobody_else_has_is_cut(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 2);
    lead_propose(&h, LEAD_Z(2, 3)); // in flight: TRUNC goes back to what is committed
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 3));
    lead_expect(&h, "SEND 3 TRUNC 0x200000002\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n"
                    "SEND 3 PROPOSAL 0x200000003 11 bytes\n");
    lead_fini(&h);
}

// The log of learner 3 is cut behind 2:1, so its acknowledgement of 2:2 on the old link is void.
static void an_ack_from_before_the_cut_does_not_count(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 5);
    lead_begin(&h);
    for (zab_link link = 2; link <= 3; link++) {
        lead_join(&h, link);
    }
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack_epoch(&h, 2, 1, LEAD_LAST_ZXID);
    lead_ack_epoch(&h, 3, 1, LEAD_LAST_ZXID);
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_propose(&h, LEAD_Z(2, 1));
    lead_propose(&h, LEAD_Z(2, 2));
    lead_logged(&h, LEAD_Z(2, 1));
    lead_ack(&h, 2, LEAD_Z(2, 1));
    lead_ack(&h, 3, LEAD_Z(2, 2)); // 2:1 commits
    lead_ack(&h, 2, LEAD_Z(2, 2)); // 2 of 5; the third would be our own
    lead_link(&h, ZAB_EV_LINK_DOWN, 3);
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 3 TRUNC 0x200000001\n"
                    "SEND 3 NEWLEADER 0x200000000 249 bytes\n"
                    "SEND 3 PROPOSAL 0x200000002 11 bytes\n");
    lead_logged(&h, LEAD_Z(2, 2));
    lead_expect(&h, "");
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_ack(&h, 3, LEAD_Z(2, 2));
    lead_expect(&h, "SEND 3 UPTODATE -1\n"
                    "SEND 2 COMMIT 0x200000002\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "COMMIT 0x200000002\n");
    lead_fini(&h);
}

static void one_that_comes_amid_traffic_misses_nothing(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 1);
    lead_propose(&h, LEAD_Z(2, 2));
    lead_propose(&h, LEAD_Z(2, 3));
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_expect(&h, "SEND 3 DIFF 0x200000001\n"
                    "SEND 3 PROPOSAL 0x200000001 11 bytes\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n"
                    "SEND 3 PROPOSAL 0x200000002 11 bytes\n"
                    "SEND 3 PROPOSAL 0x200000003 11 bytes\n");
    lead_logged(&h, LEAD_Z(2, 3));
    lead_forget(&h);
    lead_ack(&h, 2, LEAD_Z(2, 2));
    lead_propose(&h, LEAD_Z(2, 4));
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_expect(&h, "SEND 2 COMMIT 0x200000002\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "COMMIT 0x200000002\n"
                    "SEND 2 PROPOSAL 0x200000004 11 bytes\n"
                    "SEND 3 PROPOSAL 0x200000004 11 bytes\n"
                    "SEND 3 UPTODATE -1\n");
    lead_fini(&h);
}

// ---- from the log ----

static void the_log_comes_in_chunks_and_memory_goes_on(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 25); // 2:1 to 2:4 are forgotten
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_expect(&h, "READ_LOG 3 0x100000002 0x200000004 first\n");
    answer(&h, 3, LEAD_LAST_ZXID, 1, 2, false);
    lead_expect(&h, "SEND 3 DIFF 0x200000019\n"
                    "SEND 3 PROPOSAL 0x200000001 6 bytes\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 3 PROPOSAL 0x200000002 6 bytes\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "READ_LOG 3 0x200000002 0x200000004\n");
    lead_propose(&h, LEAD_Z(2, 26)); // memory lets 2:5 go meanwhile
    lead_expect(&h, "SEND 2 PROPOSAL 0x20000001a 11 bytes\n");
    answer(&h, 3, 0, 3, 4, true);
    lead_expect(&h, "SEND 3 PROPOSAL 0x200000003 6 bytes\n"
                    "SEND 3 COMMIT 0x200000003\n"
                    "SEND 3 PROPOSAL 0x200000004 6 bytes\n"
                    "SEND 3 COMMIT 0x200000004\n"
                    "READ_LOG 3 0x200000004 0x200000005\n");
    answer(&h, 3, 0, 5, 5, true);
    assert_int_equal(h.data.len, 11); // the last one is the proposal in flight
    lead_forget(&h);
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_expect(&h, "SEND 3 UPTODATE -1\n");
    lead_fini(&h);
}

static void a_log_that_does_not_reach_back_means_a_snapshot(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 25);
    arrive(&h, 3, ZAB_FOLLOWERINFO, 0);
    lead_forget(&h);
    answer(&h, 3, -1, 1, 4, true);
    lead_expect(&h, "SEND_SNAP 3 0x0\n");
    lead_fini(&h);
}

// It says -1: what it had acknowledged is known to nobody.
static void who_lost_its_history_gets_all_that_is_committed(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 25);
    arrive(&h, 3, ZAB_FOLLOWERINFO, -1);
    lead_forget(&h);
    answer(&h, 3, -1, 1, 4, true);
    lead_expect(&h, "SEND_SNAP 3 0x200000019\n");
    lead_fini(&h);
}

static void a_log_above_the_size_limit_means_a_snapshot(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 25);
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_forget(&h);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_LOG_READ, .link = 3, .is_ok = false});
    lead_expect(&h, "SEND_SNAP 3 0x100000002\n");
    lead_fini(&h);
}

static void an_unknown_transaction_of_an_ended_epoch_means_a_snapshot(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 25);
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(1, 9));
    lead_expect(&h, "READ_LOG 3 0x100000009 0x200000004 first\n");
    answer(&h, 3, LEAD_LAST_ZXID, 1, 4, true);
    lead_expect(&h, "SEND_SNAP 3 0x100000009\n");
    lead_fini(&h);
}

static void a_hole_in_the_first_chunk_means_a_snapshot(void **state)
{
    (void)state;
    static const struct {
        int64_t first, last;
        bool is_end;
    } rows[] = {{2, 4, true}, {1, 3, true}, {1, 0, false}};
    for (size_t i = 0; i < 3; i++) {
        struct leader_help h;
        lead_init(&h, 3);
        lead_to_serving(&h);
        write_some(&h, 25);
        arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
        lead_forget(&h);
        answer(&h, 3, LEAD_LAST_ZXID, rows[i].first, rows[i].last, rows[i].is_end);
        lead_expect(&h, "SEND_SNAP 3 0x100000002\n");
        lead_fini(&h);
    }
}

static void a_hole_found_later_closes_and_snapshots_follow(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    write_some(&h, 25);
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    answer(&h, 3, LEAD_LAST_ZXID, 1, 2, false);
    lead_forget(&h);
    answer(&h, 3, 0, 4, 4, true);
    lead_expect(&h, "CLOSE 3\n");
    lead_expect_note(&h, "the log does not hold what it lacks");
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 2));
    lead_expect(&h, "SEND_SNAP 3 0x200000002\n");
    lead_fini(&h);
}

static void without_log_sync_it_is_memory_or_a_snapshot(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    h.core.options.log_sync_enabled = false;
    lead_to_serving(&h);
    write_some(&h, 25);
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 4));
    lead_expect(&h, "SEND_SNAP 3 0x200000004\n");
    arrive(&h, 4, ZAB_FOLLOWERINFO, LEAD_Z(2, 24));
    lead_expect(&h, "SEND 4 DIFF 0x200000019\n"
                    "SEND 4 PROPOSAL 0x200000019 11 bytes\n"
                    "SEND 4 COMMIT 0x200000019\n"
                    "SEND 4 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

// ---- with the tree ----

static void snap_begun(struct leader_help *h, zab_link link, int64_t zxid)
{
    lead_step(h, (struct zab_event){.type = ZAB_EV_SNAP_BEGUN, .link = link, .zxid = zxid});
}

static void a_snapshot_is_followed_by_what_came_since(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    h.core.options.force_snapshot_sync = true;
    lead_to_comparing(&h);
    lead_ack_epoch(&h, 2, 1, LEAD_Z(1, 1));
    lead_event(&h, ZAB_EV_EPOCH_SAVED);
    lead_expect(&h, "SAVE_CURRENT 2\nSEND_SNAP 2 0x100000001\n");
    snap_begun(&h, 2, LEAD_Z(1, 1)); // of an older file
    lead_pass(&h, 2 * LEAD_TICK_MS);
    lead_link(&h, ZAB_EV_LINK_ROOM, 2);
    lead_expect(&h, "");
    lead_link(&h, ZAB_EV_SNAP_SENT, 2);
    lead_expect(&h, "SEND 2 PROPOSAL 0x100000002 3 bytes\n"
                    "SEND 2 COMMIT 0x100000002\n"
                    "SEND 2 NEWLEADER 0x200000000 181 bytes\n");
    lead_ack(&h, 2, LEAD_Z(2, 0));
    lead_expect(&h, "SERVE 0x200000000\nSEND 2 UPTODATE -1\n");
    lead_fini(&h);
}

static void traffic_during_a_snapshot_waits_in_the_log(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    h.core.options.force_snapshot_sync = true;
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_expect(&h, "SEND_SNAP 3 0x100000002\n");
    snap_begun(&h, 3, LEAD_Z(2, 0));
    write_some(&h, 22);
    lead_link(&h, ZAB_EV_SNAP_SENT, 3);
    lead_expect(&h, "READ_LOG 3 0x200000000 0x200000001\n");
    answer(&h, 3, 0, 1, 1, true);
    lead_forget(&h);
    lead_ack(&h, 3, LEAD_Z(2, 0));
    lead_expect(&h, "SEND 3 UPTODATE -1\n");
    lead_propose(&h, LEAD_Z(2, 23));
    lead_expect(&h, "SEND 2 PROPOSAL 0x200000017 11 bytes\nSEND 3 PROPOSAL 0x200000017 11 bytes\n");
    lead_fini(&h);
}

// If the learner took the older tree, what it acknowledged would be durable on one server less.
static void a_tree_older_than_the_learner_is_not_sent(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    h.core.options.force_snapshot_sync = true;
    write_some(&h, 3);
    lead_propose(&h, LEAD_Z(2, 4));
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 4)); // what is not committed does not count
    lead_expect(&h, "SEND_SNAP 3 0x200000003\n");
    snap_begun(&h, 3, LEAD_Z(2, 2));
    lead_expect(&h, "CLOSE 3\n");
    lead_expect_note(&h, "older than what it has");
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_Z(2, 3));
    snap_begun(&h, 3, LEAD_Z(2, 3));
    lead_link(&h, ZAB_EV_SNAP_SENT, 3);
    lead_expect(&h, "SEND_SNAP 3 0x200000003\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n"
                    "SEND 3 PROPOSAL 0x200000004 11 bytes\n");
    lead_fini(&h);
}

static void the_tree_is_sent_when_ours_has_what_the_learner_has(void **state)
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
    h.core.options.force_snapshot_sync = true;
    lead_propose(&h, LEAD_Z(2, 1));
    lead_propose(&h, LEAD_Z(2, 2));
    for (zab_link link = 2; link <= 4; link++) {
        lead_ack(&h, link, LEAD_Z(2, 2)); // committed without us
    }
    lead_link(&h, ZAB_EV_LINK_DOWN, 4);
    arrive(&h, 4, ZAB_FOLLOWERINFO, LEAD_Z(2, 2));
    lead_expect(&h, "");
    lead_applied(&h, LEAD_Z(2, 1));
    lead_pass(&h, LEAD_TICK_MS / 4);
    lead_expect(&h, "");
    lead_applied(&h, LEAD_Z(2, 2));
    lead_expect(&h, "SEND_SNAP 4 0x200000002\n");
    lead_applied(&h, LEAD_Z(2, 2));
    lead_expect(&h, "");
    lead_fini(&h);
}

static void a_floor_at_an_epochs_beginning_is_no_hole(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    recent_reset(&h.core.history, LEAD_Z(1, 0)); // as after a replay that began with 1:1
    recent_add(&h.core.history, LEAD_Z(1, 1), slice_str("one"));
    recent_add(&h.core.history, LEAD_Z(1, 2), slice_str("two"));
    lead_to_serving(&h);
    arrive(&h, 3, ZAB_FOLLOWERINFO, 0);
    lead_expect(&h, "READ_LOG 3 0x0 0x100000000 first\n");
    answer(&h, 3, -1, 1, 0, true);
    lead_expect(&h, "SEND_SNAP 3 0x0\n");
    snap_begun(&h, 3, 0); // the first one of an empty server
    lead_link(&h, ZAB_EV_SNAP_SENT, 3);
    lead_expect(&h, "READ_LOG 3 0x0 0x100000000\n");
    answer(&h, 3, -1, 1, 0, true);
    lead_expect(&h, "SEND 3 PROPOSAL 0x100000001 3 bytes\n"
                    "SEND 3 COMMIT 0x100000001\n"
                    "SEND 3 PROPOSAL 0x100000002 3 bytes\n"
                    "SEND 3 COMMIT 0x100000002\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

static void a_snapshot_that_fails_closes(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    h.core.options.force_snapshot_sync = true;
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_forget(&h);
    lead_step(&h, (struct zab_event){.type = ZAB_EV_SNAP_SENT, .link = 3, .is_ok = false});
    lead_expect(&h, "CLOSE 3\n");
    lead_fini(&h);
}

// ---- limits ----

static void observers_wait_their_turn_and_voters_do_not(void **state)
{
    (void)state;
    struct leader_help h;
    lead_init(&h, 3);
    lead_to_serving(&h);
    h.core.options.force_snapshot_sync = true;
    arrive(&h, 8, ZAB_OBSERVERINFO, 0);
    arrive(&h, 9, ZAB_OBSERVERINFO, 0);
    arrive(&h, 10, ZAB_OBSERVERINFO, 0);
    lead_expect(&h, "CLOSE 10\n");
    lead_expect_note(&h, "too many snapshots");
    arrive(&h, 3, ZAB_FOLLOWERINFO, 0);
    lead_expect(&h, "SEND_SNAP 3 0x0\n");
    h.core.options.force_snapshot_sync = false;
    arrive(&h, 11, ZAB_OBSERVERINFO, LEAD_LAST_ZXID); // diffs are counted apart
    arrive(&h, 12, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    arrive(&h, 13, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_expect(&h, "CLOSE 13\n");
    lead_ack(&h, 11, LEAD_Z(2, 0)); // that one is done
    arrive(&h, 14, ZAB_OBSERVERINFO, LEAD_LAST_ZXID);
    lead_expect(&h, "SEND 14 DIFF 0x100000002\nSEND 14 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
}

// 10 MiB of history, a window of 4 MiB.
static void a_link_without_room_gets_no_more(void **state)
{
    (void)state;
    const size_t size = 1 << 20;
    struct leader_help h;
    uint8_t *big = mem_zalloc(size);
    lead_init(&h, 3);
    h.core.history.bytes_max = 64 * size;
    lead_to_serving(&h);
    for (int64_t i = 1; i <= 10; i++) {
        lead_step(&h, (struct zab_event){.type = ZAB_EV_PROPOSE,
                                         .zxid = LEAD_Z(2, i),
                                         .bytes = slice_of(big, size)});
        lead_link(&h, ZAB_EV_LINK_ROOM, 2);
    }
    lead_logged(&h, LEAD_Z(2, 10));
    lead_ack(&h, 2, LEAD_Z(2, 10));
    arrive(&h, 3, ZAB_FOLLOWERINFO, LEAD_LAST_ZXID);
    lead_expect(&h, "SEND 3 DIFF 0x20000000a\n"
                    "SEND 3 PROPOSAL 0x200000001 1048576 bytes\n"
                    "SEND 3 COMMIT 0x200000001\n"
                    "SEND 3 PROPOSAL 0x200000002 1048576 bytes\n"
                    "SEND 3 COMMIT 0x200000002\n"
                    "SEND 3 PROPOSAL 0x200000003 1048576 bytes\n"
                    "SEND 3 COMMIT 0x200000003\n"
                    "SEND 3 PROPOSAL 0x200000004 1048576 bytes\n"
                    "SEND 3 COMMIT 0x200000004\n");
    lead_link(&h, ZAB_EV_LINK_ROOM, 3);
    lead_forget(&h);
    lead_link(&h, ZAB_EV_LINK_ROOM, 3);
    lead_expect(&h, "SEND 3 PROPOSAL 0x200000009 1048576 bytes\n"
                    "SEND 3 COMMIT 0x200000009\n"
                    "SEND 3 PROPOSAL 0x20000000a 1048576 bytes\n"
                    "SEND 3 COMMIT 0x20000000a\n"
                    "SEND 3 NEWLEADER 0x200000000 181 bytes\n");
    lead_fini(&h);
    mem_free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_one_gets_an_empty_diff),
        cmocka_unit_test(memory_gives_what_is_missing_across_epochs),
        cmocka_unit_test(what_nobody_else_has_is_cut),
        cmocka_unit_test(an_ack_from_before_the_cut_does_not_count),
        cmocka_unit_test(one_that_comes_amid_traffic_misses_nothing),
        cmocka_unit_test(the_log_comes_in_chunks_and_memory_goes_on),
        cmocka_unit_test(a_log_that_does_not_reach_back_means_a_snapshot),
        cmocka_unit_test(who_lost_its_history_gets_all_that_is_committed),
        cmocka_unit_test(a_log_above_the_size_limit_means_a_snapshot),
        cmocka_unit_test(an_unknown_transaction_of_an_ended_epoch_means_a_snapshot),
        cmocka_unit_test(a_hole_in_the_first_chunk_means_a_snapshot),
        cmocka_unit_test(a_hole_found_later_closes_and_snapshots_follow),
        cmocka_unit_test(without_log_sync_it_is_memory_or_a_snapshot),
        cmocka_unit_test(a_snapshot_is_followed_by_what_came_since),
        cmocka_unit_test(traffic_during_a_snapshot_waits_in_the_log),
        cmocka_unit_test(a_tree_older_than_the_learner_is_not_sent),
        cmocka_unit_test(the_tree_is_sent_when_ours_has_what_the_learner_has),
        cmocka_unit_test(a_floor_at_an_epochs_beginning_is_no_hole),
        cmocka_unit_test(a_snapshot_that_fails_closes),
        cmocka_unit_test(observers_wait_their_turn_and_voters_do_not),
        cmocka_unit_test(a_link_without_room_gets_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
