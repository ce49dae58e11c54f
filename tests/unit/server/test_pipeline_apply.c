// SPDX-License-Identifier: Apache-2.0
//
// From the log to the answer, on a leader: a transaction is applied when it is durable here and
// committed by others, in whatever order that comes and in whatever parts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mark.h"
#include "tests/unit/server/fake_peer.h"

enum { SEEDS = 6, QUIET_MS = 100 };

// ---- commit and sync of the log ----

static void a_commit_does_not_outrun_our_own_log(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fake_leader l;
        leader_open(&l, seed, NULL);
        int64_t zxid = l.f.proposed + 1;
        int32_t xid = guest_create(&l.g, "/a", "", 0);
        fake_until_proposed(&l.f, zxid);
        leader_commit(&l, zxid); // followers were faster
        while (l.f.logged < zxid) {
            assert_false(stage_has_node(&l.st, "/a"));
            assert_int_equal(l.g.in.len, 0);
            stage_step(&l.st);
        }
        assert_int_equal(guest_answer(&l.g, xid), ZK_OK);
        assert_int_equal(l.g.header.zxid, zxid);
        assert_int_equal(l.f.applied, zxid);
        leader_close(&l);
    }
}

static void a_logged_write_waits_for_its_commit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fake_leader l;
        leader_open(&l, seed, NULL);
        int64_t zxid = l.f.proposed + 1;
        int32_t xid = guest_create(&l.g, "/a", "", 0);
        int32_t read = guest_read(&l.g, OP_EXISTS, "/a", false);
        fake_until_logged(&l.f, zxid);
        guest_silence(&l.g, QUIET_MS); // the read waits behind it, too
        assert_false(stage_has_node(&l.st, "/a"));
        assert_int_equal(guest_answer(&l.other, guest_read(&l.other, OP_EXISTS, "/a", false)),
                         ZK_NO_NODE); // others do not wait
        leader_commit(&l, zxid);
        assert_int_equal(guest_answer(&l.g, xid), ZK_OK);
        assert_int_equal(guest_answer(&l.g, read), ZK_OK);
        leader_close(&l);
    }
}

static void a_batch_is_applied_in_parts_as_commits_come(void **state)
{
    (void)state;
    enum { WRITES = 6 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fake_leader l;
        leader_open(&l, seed, NULL);
        int64_t before = l.f.proposed;
        int32_t xids[WRITES];
        for (int i = 0; i < WRITES; i++) {
            xids[i] = guest_create(&l.g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        }
        fake_until_logged(&l.f, before + WRITES);
        for (int i = 0; i < WRITES; i++) {
            guest_silence(&l.g, 20);
            leader_commit(&l, before + 1 + i);
            assert_int_equal(guest_answer(&l.g, xids[i]), ZK_OK);
            assert_int_equal(l.g.header.zxid, before + 1 + i);
            assert_int_equal(tree_last_zxid(stage_server(&l.st)->tree), before + 1 + i);
        }
        assert_true(pipeline_is_idle(fake_pipeline(&l.f)));
        assert_int_equal(fake_pipeline(&l.f)->bytes, 0);
        leader_close(&l);
    }
}

static void one_commit_applies_several_batches(void **state)
{
    (void)state;
    enum { WRITES = 9 };
    struct fake_leader l;
    leader_open(&l, 3, NULL);
    int64_t before = l.f.proposed;
    for (int i = 0; i < WRITES; i++) { // each in a batch of its own
        guest_create(&l.g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        fake_until_logged(&l.f, before + 1 + i);
    }
    assert_int_equal(l.g.in.len, 0);
    leader_commit(&l, before + WRITES);
    for (int32_t xid = 1; xid <= WRITES; xid++) {
        assert_int_equal(guest_answer(&l.g, xid), ZK_OK);
    }
    assert_true(fake_pipeline(&l.f)->spare_count <= 4); // not all of them are kept
    leader_close(&l);
}

static void every_transaction_is_proposed_with_the_bytes_that_are_logged(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 4, NULL);
    buf_clear(&l.f.proposals);
    int64_t before = l.f.proposed;
    guest_create(&l.g, "/a", "data", 0);
    guest_delete(&l.g, "/nowhere", -1); // an error is proposed, too
    fake_until_proposed(&l.f, before + 2);
    struct arena arena = {0};
    struct txn txn;
    size_t at = sizeof(int64_t) + sizeof(int32_t);
    size_t len = be32_load(l.f.proposals.data + sizeof(int64_t));
    assert_int_equal(be64_load(l.f.proposals.data), before + 1);
    assert_int_equal(txn_decode(slice_of(l.f.proposals.data + at, len), &arena, 1000, &txn),
                     ERR_OK);
    assert_int_equal(txn.header.client_id, l.g.session_id);
    assert_int_equal(txn.header.cxid, 1);
    assert_int_equal(txn.header.type, OP_CREATE);
    at += len + sizeof(int64_t) + sizeof(int32_t);
    len = l.f.proposals.len - at;
    assert_int_equal(txn_decode(slice_of(l.f.proposals.data + at, len), &arena, 1000, &txn),
                     ERR_OK);
    assert_int_equal(txn.header.type, OP_ERROR);
    assert_int_equal(txn.op.error.err, ZK_NO_NODE);
    arena_fini(&arena);
    leader_close(&l);
}

// ---- order ----

static void events_leave_before_the_answer_that_shows_the_change(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 5, NULL);
    assert_int_equal(guest_answer(&l.g, guest_read(&l.g, OP_EXISTS, "/a", true)), ZK_NO_NODE);
    int64_t zxid = l.f.proposed + 1;
    int32_t create = guest_create(&l.g, "/a", "", 0);
    int32_t set = guest_set(&l.g, "/a", "x", -1);
    fake_until_logged(&l.f, zxid + 1);
    leader_commit(&l, zxid);
    guest_event(&l.g, WATCH_EVENT_CREATED, "/a");
    assert_int_equal(l.g.header.zxid, zxid);
    assert_int_equal(guest_answer(&l.g, create), ZK_OK);
    guest_silence(&l.g, QUIET_MS);
    leader_commit(&l, zxid + 1);
    assert_int_equal(guest_answer(&l.g, set), ZK_OK);
    leader_close(&l);
}

static void a_closed_connection_holds_up_nobody(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 6, NULL);
    int64_t zxid = l.f.proposed + 1;
    guest_create(&l.g, "/a", "", 0);
    fake_until_logged(&l.f, zxid);
    guest_hang_up(&l.g);
    stage_run(&l.st, QUIET_MS);
    int32_t xid = guest_create(&l.other, "/b", "", 0);
    fake_until_logged(&l.f, zxid + 1);
    leader_commit(&l, zxid + 1);
    assert_int_equal(guest_answer(&l.other, xid), ZK_OK);
    assert_true(stage_has_node(&l.st, "/a"));
    assert_int_equal(stage_server(&l.st)->in_process, 0);
    leader_close(&l);
}

// A client looks after a reconnect what became of its write: not before that is decided.
static void a_session_that_comes_back_waits_for_the_commit_of_its_writes(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 7, NULL);
    int64_t zxid = l.f.proposed + 1;
    guest_create(&l.g, "/a", "", 0);
    fake_until_logged(&l.f, zxid);
    guest_hang_up(&l.g);
    struct guest back = l.g;
    guest_connect(&back, &l.st);
    memcpy(back.passwd, l.g.passwd, sizeof(back.passwd));
    guest_ask_session(&back, l.g.session_id, GUEST_TIMEOUT_MS);
    guest_silence(&back, QUIET_MS);
    leader_commit(&l, zxid);
    struct connect_response r;
    assert_true(guest_take_session(&back, &r));
    assert_int_equal(guest_answer(&back, guest_read(&back, OP_EXISTS, "/a", false)), ZK_OK);
    leader_close(&l);
}

// ---- syncs of the leader's own clients ----

static int32_t ask_sync(struct guest *g)
{
    return guest_path(g, OP_SYNC, "/x");
}

static void until_sync_is_asked(struct fake_leader *l, size_t count)
{
    while (l->f.sync_count < count) {
        stage_step(&l->st);
    }
}

static void a_sync_is_answered_when_the_quorum_has_confirmed_it(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 8, NULL);
    int32_t sync = ask_sync(&l.g);
    int32_t read = guest_read(&l.g, OP_EXISTS, "/", false);
    until_sync_is_asked(&l, 1);
    guest_silence(&l.g, QUIET_MS);
    pipeline_sync_done(fake_pipeline(&l.f), l.f.sync_token);
    assert_int_equal(guest_answer(&l.g, sync), ZK_OK);
    assert_true(slice_equal_str(guest_str(&l.g), "/x"));
    assert_int_equal(guest_answer(&l.g, read), ZK_OK);
    pipeline_sync_done(fake_pipeline(&l.f), l.f.sync_token); // again: nothing
    assert_int_equal(stage_server(&l.st)->in_process, 0);
    leader_close(&l);
}

static void a_confirmed_sync_waits_for_what_was_proposed_before_it(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 9, NULL);
    int64_t zxid = l.f.proposed + 1;
    guest_create(&l.other, "/a", "", 0); // of somebody else
    fake_until_proposed(&l.f, zxid);
    int32_t sync = ask_sync(&l.g);
    int32_t read = guest_read(&l.g, OP_EXISTS, "/a", false);
    until_sync_is_asked(&l, 1);
    pipeline_sync_done(fake_pipeline(&l.f), l.f.sync_token);
    guest_silence(&l.g, QUIET_MS);
    leader_commit(&l, zxid);
    assert_int_equal(guest_answer(&l.g, sync), ZK_OK);
    assert_int_equal(guest_answer(&l.g, read), ZK_OK);
    leader_close(&l);
}

// What is proposed later and commits proves that we lead, and keeps its place behind the sync.
static void a_later_write_that_commits_confirms_the_sync_before_it(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 10, NULL);
    int64_t zxid = l.f.proposed + 1;
    int32_t first = guest_create(&l.g, "/a", "", 0);
    int32_t sync = ask_sync(&l.g);
    int32_t second = guest_create(&l.g, "/b", "", 0);
    int32_t last = ask_sync(&l.g);
    fake_until_logged(&l.f, zxid + 1);
    until_sync_is_asked(&l, 2);
    leader_commit(&l, zxid + 1);
    assert_int_equal(guest_answer(&l.g, first), ZK_OK);
    assert_int_equal(guest_answer(&l.g, sync), ZK_OK);
    assert_int_equal(l.g.header.zxid, zxid);
    assert_int_equal(guest_answer(&l.g, second), ZK_OK);
    guest_silence(&l.g, QUIET_MS);
    pipeline_sync_done(fake_pipeline(&l.f), l.f.sync_token - 1); // of the first: answered already
    guest_silence(&l.g, QUIET_MS);
    pipeline_sync_done(fake_pipeline(&l.f), l.f.sync_token);
    assert_int_equal(guest_answer(&l.g, last), ZK_OK);
    leader_close(&l);
}

static void a_sync_of_a_closed_connection_is_dropped(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 11, NULL);
    ask_sync(&l.g);
    until_sync_is_asked(&l, 1);
    guest_hang_up(&l.g);
    stage_run(&l.st, QUIET_MS);
    pipeline_sync_done(fake_pipeline(&l.f), l.f.sync_token);
    assert_int_equal(stage_server(&l.st)->in_process, 0);
    leader_close(&l);
}

// ---- sessions ----

static void a_write_of_a_session_that_moved_closes_its_connection(void **state)
{
    (void)state;
    EXPECT_MARK("write of a session that has moved");
    struct fake_leader l;
    leader_open(&l, 12, NULL);
    struct session *session = sessions_find(&stage_server(&l.st)->sessions, l.g.session_id);
    session_set_owner(session, FAKE_LINK);
    int64_t zxid = l.f.proposed + 1;
    guest_create(&l.g, "/a", "", 0);
    fake_until_logged(&l.f, zxid);
    guest_silence(&l.g, QUIET_MS);
    leader_commit(&l, zxid);
    guest_end(&l.g); // no answer
    assert_false(stage_has_node(&l.st, "/a"));
    leader_close(&l);
}

static void a_multi_of_a_session_that_moved_closes_its_connection(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 13, NULL);
    struct session *session = sessions_find(&stage_server(&l.st)->sessions, l.g.session_id);
    session_set_owner(session, FAKE_LINK);
    int64_t zxid = l.f.proposed + 1;
    struct buf body = {0};
    multi_entry_begin(OP_DELETE, &body);
    const struct jute_path_version del = {slice_str("/a"), -1};
    jute_path_version_encode(&del, &body);
    multi_end(&body);
    guest_ask(&l.g, OP_MULTI, &body);
    buf_fini(&body);
    fake_until_logged(&l.f, zxid);
    leader_commit(&l, zxid);
    guest_end(&l.g);
    leader_close(&l);
}

// ---- bounds ----

static void clients_are_not_read_while_too_much_waits_for_its_commit(void **state)
{
    (void)state;
    enum { WRITES = 90, DATA_BYTES = 1000 * 1000 };
    struct fake_leader l;
    leader_open(&l, 14, NULL);
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    for (int i = 0; i < WRITES; i++) {
        guest_create(&l.g, "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
    }
    stage_run(&l.st, 1500);
    const struct pipeline *pl = fake_pipeline(&l.f);
    assert_true(pl->bytes > LIMIT_UNAPPLIED_BYTES / 2);
    assert_true(pl->bytes <= LIMIT_UNAPPLIED_BYTES + LIMIT_LOG_BATCH_BYTES + 2 * DATA_BYTES);
    assert_true(l.f.proposed < FAKE_EPOCH + 2 + WRITES);
    l.f.is_quorum = true;
    leader_commit(&l, l.f.proposed);
    for (int32_t xid = 1; xid <= WRITES; xid++) {
        assert_int_equal(guest_answer(&l.g, xid), ZK_OK);
    }
    assert_int_equal(pl->bytes, 0);
    leader_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_does_not_outrun_our_own_log),
        cmocka_unit_test(a_logged_write_waits_for_its_commit),
        cmocka_unit_test(a_batch_is_applied_in_parts_as_commits_come),
        cmocka_unit_test(one_commit_applies_several_batches),
        cmocka_unit_test(every_transaction_is_proposed_with_the_bytes_that_are_logged),
        cmocka_unit_test(events_leave_before_the_answer_that_shows_the_change),
        cmocka_unit_test(a_closed_connection_holds_up_nobody),
        cmocka_unit_test(a_session_that_comes_back_waits_for_the_commit_of_its_writes),
        cmocka_unit_test(a_sync_is_answered_when_the_quorum_has_confirmed_it),
        cmocka_unit_test(a_confirmed_sync_waits_for_what_was_proposed_before_it),
        cmocka_unit_test(a_later_write_that_commits_confirms_the_sync_before_it),
        cmocka_unit_test(a_sync_of_a_closed_connection_is_dropped),
        cmocka_unit_test(a_write_of_a_session_that_moved_closes_its_connection),
        cmocka_unit_test(a_multi_of_a_session_that_moved_closes_its_connection),
        cmocka_unit_test(clients_are_not_read_while_too_much_waits_for_its_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
