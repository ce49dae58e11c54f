// SPDX-License-Identifier: Apache-2.0
//
// Roles: what a leader takes from learners, what a learner takes from its leader, how a role ends,
// and what may change between two of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mark.h"
#include "store/logend.h"
#include "tests/unit/server/fake_peer.h"

enum { QUIET_MS = 100, OTHER_LINK = 9 };

// ---- a leader and its learners ----

static void send_remote(struct fake_leader *l, zab_link link, const struct request *request)
{
    struct buf data = {0};
    struct buf authinfo = {0};
    forward_encode(request, &data, &authinfo);
    const struct zab_packet packet = {
        .type = ZAB_REQUEST, .data = buf_slice(&data), .authinfo = buf_slice(&authinfo)};
    pipeline_remote(fake_pipeline(&l->f), link, &packet);
    pipeline_flush(fake_pipeline(&l->f)); // the turn ends
    buf_fini(&data);
    buf_fini(&authinfo);
}

// Send a request; the transaction that it becomes is committed and left in `ret`.
static void ask_remote(struct fake_leader *l, zab_link link, const struct request *request,
                       struct txn *ret)
{
    buf_clear(&l->f.proposals);
    int64_t zxid = l->f.proposed + 1;
    send_remote(l, link, request);
    assert_int_equal(l->f.proposed, zxid);
    struct slice txn = slice_skip(buf_slice(&l->f.proposals), 12);
    static struct arena arena;
    arena_fini(&arena);
    assert_int_equal(txn_decode(txn, &arena, 100000, ret), ERR_OK);
    assert_int_equal(ret->header.zxid, zxid);
    assert_int_equal(ret->header.client_id, request->session_id);
    assert_int_equal(ret->header.cxid, request->xid);
    leader_commit(l, zxid);
    while (l->f.applied < zxid) {
        stage_step(&l->st);
    }
    arena_fini(&arena);
}

static const uint8_t timeout_body[] = {0, 0, 0x0f, 0xa0}; // 4000 ms

static void open_remote(struct fake_leader *l, zab_link link, int64_t session)
{
    struct txn txn;
    const struct request open = {.session_id = session,
                                 .type = OP_CREATE_SESSION,
                                 .body = slice_of(timeout_body, sizeof(timeout_body))};
    ask_remote(l, link, &open, &txn);
    assert_int_equal(txn.header.type, OP_CREATE_SESSION);
    assert_int_equal(txn.op.create_session.timeout_ms, 4000);
}

static struct request set_root(int64_t session, int32_t xid)
{
    static const uint8_t body[] = {0, 0, 0, 1, '/', 0, 0, 0, 1, 'x', 0xff, 0xff, 0xff, 0xff};
    return (struct request){
        .session_id = session, .xid = xid, .type = OP_SET_DATA, .body = slice_of(body, 14)};
}

static void a_forwarded_request_becomes_a_transaction_of_its_session(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 21, NULL);
    struct txn txn;
    const int64_t session = INT64_C(0x300000000000001);
    open_remote(&l, FAKE_LINK, session);
    int32_t timeout_ms;
    assert_true(tree_session_find(stage_server(&l.st)->tree, session, &timeout_ms));
    struct request set = set_root(session, 42);
    ask_remote(&l, FAKE_LINK, &set, &txn);
    assert_int_equal(txn.header.type, OP_SET_DATA);
    struct request end = {.session_id = session, .xid = 43, .type = OP_CLOSE_SESSION};
    ask_remote(&l, FAKE_LINK, &end, &txn);
    assert_int_equal(txn.header.type, OP_CLOSE_SESSION);
    assert_null(sessions_find(&stage_server(&l.st)->sessions, session));
    assert_int_equal(stage_server(&l.st)->in_process, 0);
    leader_close(&l);
}

static void the_identities_of_a_forwarded_request_decide(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 22, NULL);
    struct jute_acl mine = {31, {slice_str("digest"), slice_str("me:secret")}};
    const struct jute_acl_vec acl = {1, &mine};
    int32_t xid = guest_create_acl(&l.g, "/a", &acl);
    int64_t zxid = l.f.proposed + 1;
    fake_until_proposed(&l.f, zxid);
    leader_commit(&l, zxid);
    assert_int_equal(guest_answer(&l.g, xid), ZK_OK);
    struct txn txn;
    open_remote(&l, FAKE_LINK, 77);
    static const uint8_t body[] = {0, 0, 0, 2, '/', 'a', 0, 0, 0, 1, 'x', 0xff, 0xff, 0xff, 0xff};
    struct request set = {
        .session_id = 77, .xid = 1, .type = OP_SET_DATA, .body = slice_of(body, sizeof(body))};
    ask_remote(&l, FAKE_LINK, &set, &txn); // without any
    assert_int_equal(txn.op.error.err, ZK_NO_AUTH);
    struct jute_id items[2] = {{slice_str("ip"), slice_str("10.0.0.1")}, mine.id};
    struct ids ids = {items, 2};
    set.ids = &ids;
    ask_remote(&l, FAKE_LINK, &set, &txn);
    assert_int_equal(txn.header.type, OP_SET_DATA);
    leader_close(&l);
}

static void an_undecodable_forwarded_request_becomes_an_error_and_stops_nothing(void **state)
{
    (void)state;
    EXPECT_MARK("forwarded request does not decode");
    static const int32_t types[] = {
        OP_CREATE,           OP_CREATE2,  OP_CREATE_CONTAINER, OP_DELETE,  OP_CREATE_TTL,
        OP_DELETE_CONTAINER, OP_SET_DATA, OP_CREATE_SESSION,   OP_SET_ACL, OP_MULTI};
    struct fake_leader l;
    leader_open(&l, 23, NULL);
    open_remote(&l, FAKE_LINK, 77);
    struct txn txn;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct request bad = {
            .session_id = 77, .xid = (int32_t)i, .type = types[i], .body = slice_str("\1\2")};
        ask_remote(&l, FAKE_LINK, &bad, &txn);
        assert_int_equal(txn.header.type, OP_ERROR);
        assert_int_equal(txn.op.error.err, ZK_MARSHALLING_ERROR);
    }
    struct request set = set_root(77, 5);
    ask_remote(&l, FAKE_LINK, &set, &txn);
    assert_int_equal(txn.header.type, OP_SET_DATA);
    leader_close(&l);
}

static void what_is_no_write_is_ignored(void **state)
{
    (void)state;
    static const int32_t types[] = {OP_EXISTS, OP_SYNC, OP_PING, OP_AUTH, OP_ERROR, OP_CHECK, 4711};
    struct fake_leader l;
    leader_open(&l, 24, NULL);
    int64_t before = l.f.proposed;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct request request = {.session_id = 77, .type = types[i]};
        send_remote(&l, FAKE_LINK, &request);
    }
    static const uint8_t half[FORWARD_HEADER_BYTES] = {0};
    struct zab_packet packet = {.data = slice_of(half, sizeof(half) - 1)};
    pipeline_remote(fake_pipeline(&l.f), FAKE_LINK, &packet);
    packet = (struct zab_packet){.data = slice_of(half, sizeof(half)),
                                 .authinfo = slice_of("\0\0\0\5", 4)};
    pipeline_remote(fake_pipeline(&l.f), FAKE_LINK, &packet);
    packet = (struct zab_packet){0};
    pipeline_remote(fake_pipeline(&l.f), FAKE_LINK, &packet);
    assert_int_equal(l.f.proposed, before);
    leader_close(&l);
}

static void an_unknown_session_has_expired_and_a_moved_one_is_told_so(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 25, NULL);
    struct txn txn;
    struct request set = set_root(99, 1);
    ask_remote(&l, FAKE_LINK, &set, &txn);
    assert_int_equal(txn.op.error.err, ZK_SESSION_EXPIRED);
    open_remote(&l, FAKE_LINK, 99);
    ask_remote(&l, OTHER_LINK, &set, &txn);
    assert_int_equal(txn.op.error.err, ZK_SESSION_MOVED);
    session_set_owner(sessions_find(&stage_server(&l.st)->sessions, 99), OTHER_LINK);
    ask_remote(&l, OTHER_LINK, &set, &txn);
    assert_int_equal(txn.header.type, OP_SET_DATA);
    set = set_root(l.g.session_id, 1); // our own client's
    ask_remote(&l, OTHER_LINK, &set, &txn);
    assert_int_equal(txn.op.error.err, ZK_SESSION_MOVED);
    leader_close(&l);
}

// An epoch has 2^32 - 2 transactions.
static void the_last_zxid_of_an_epoch_ends_the_role(void **state)
{
    (void)state;
    EXPECT_MARK("zxids of the epoch are used up");
    struct fake_leader l;
    leader_open(&l, 26, NULL);
    struct pipeline *pl = fake_pipeline(&l.f);
    int64_t last = FAKE_EPOCH + 0xfffffffe;
    pl->last_zxid = last - 1;
    int32_t xid = guest_create(&l.g, "/a", "", 0);
    fake_until_logged(&l.f, last);
    leader_commit(&l, last);
    assert_int_equal(guest_answer(&l.g, xid), ZK_OK);
    assert_int_equal(l.f.failed_count, 0);
    guest_create(&l.g, "/b", "", 0);
    guest_end(&l.g); // the request is lost
    assert_int_equal(l.f.failed_count, 1);
    assert_non_null(strstr(l.f.why, "rolled over"));
    guest_create(&l.other, "/c", "", 0);
    guest_end(&l.other);
    assert_int_equal(l.f.failed_count, 1); // said once
    fake_settle(&l.f);
    assert_int_equal(l.f.settled_zxid, last);
    leader_close(&l);
}

static void add_name(void *ctx, const struct znode *node)
{
    (void)node;
    ++*(size_t *)ctx;
}

static void a_new_leader_closes_away_ephemerals_of_dead_sessions(void **state)
{
    (void)state;
    EXPECT_MARK("ephemerals of a dead session");
    enum { DEAD = 4242 };
    struct fake_leader l;
    leader_open(&l, 27, NULL);
    fake_settle(&l.f);
    struct txn txn = {.header = {.client_id = DEAD, .zxid = FAKE_EPOCH + 100, .type = OP_CREATE},
                      .op = {.type = OP_CREATE,
                             .create = {.path = slice_str("/dead"),
                                        .acl = {.count = -1},
                                        .ephemeral = true,
                                        .parent_cversion = 1}}};
    struct server *s = stage_server(&l.st);
    tree_apply(s->tree, &txn, NULL, &s->pipeline.outcome);
    // Extended types are off here: this one lies among the ephemerals, too.
    struct txn ttl = {.header = {.zxid = FAKE_EPOCH + 101, .type = OP_CREATE_TTL},
                      .op = {.type = OP_CREATE_TTL,
                             .create_ttl = {.path = slice_str("/ttl"),
                                            .acl = {.count = -1},
                                            .parent_cversion = 2,
                                            .ttl_ms = 1000}}};
    tree_apply(s->tree, &ttl, NULL, &s->pipeline.outcome);
    assert_int_equal(tree_ephemeral_count(s->tree), 2);
    l.f.is_quorum = true;
    pipeline_lead(&s->pipeline, 2 * FAKE_EPOCH);
    assert_int_equal(l.f.proposed, 2 * FAKE_EPOCH + 1);
    assert_true(stage_has_node(&l.st, "/dead"));
    fake_until_logged(&l.f, 2 * FAKE_EPOCH + 1);
    assert_false(stage_has_node(&l.st, "/dead"));
    assert_true(stage_has_node(&l.st, "/ttl"));
    size_t count = 0;
    tree_ephemerals_each(s->tree, DEAD, add_name, &count);
    assert_int_equal(count, 0);
    leader_close(&l);
}

// ---- what a learner is sent ----

static void what_is_no_transaction_ends_the_role_and_does_not_reach_the_log(void **state)
{
    (void)state;
    EXPECT_MARK("leader sends what is no transaction");
    struct txn txn = {.header = {.zxid = FAKE_EPOCH + 1, .type = OP_ERROR},
                      .op = {.type = OP_ERROR, .error = {.err = ZK_NO_NODE}}};
    struct buf good = {0};
    txn_encode(&txn, &good);
    const struct {
        int64_t zxid;
        struct slice bytes;
    } bad[] = {
        {FAKE_EPOCH + 1, slice_str("this is no transaction at all, or is it?")},
        {FAKE_EPOCH + 1, slice_of(good.data, good.len - 1)},
        {FAKE_EPOCH + 2, buf_slice(&good)}, // says another zxid
        {FAKE_EPOCH + 1, slice_str("")},
    };
    for (size_t i = 0; i < 5; i++) {
        struct fake_pair pair;
        pair_open(&pair, 30 + i);
        struct pipeline *pl = fake_pipeline(&pair.learner);
        pipeline_append(pl, FAKE_EPOCH + 1, buf_slice(&good)); // fine
        assert_int_equal(pair.learner.failed_count, 0);
        if (i < 4) {
            pipeline_append(pl, bad[i].zxid, bad[i].bytes);
        } else {
            pipeline_append(pl, FAKE_EPOCH + 1, buf_slice(&good)); // for the second time
        }
        assert_int_equal(pair.learner.failed_count, 1);
        txn.header.zxid = FAKE_EPOCH + 2;
        struct buf next = {0};
        txn_encode(&txn, &next);
        pipeline_append(pl, FAKE_EPOCH + 2, buf_slice(&next)); // behind it, nothing counts
        buf_fini(&next);
        pipeline_flush(pl);
        fake_until_logged(&pair.learner, FAKE_EPOCH + 1);
        fake_settle(&pair.learner);
        assert_int_equal(pair.learner.settled_zxid, FAKE_EPOCH + 1);
        pair_close(&pair);
    }
    buf_fini(&good);
}

// ---- a log that cannot be written ----

static void a_batch_that_cannot_be_logged_ends_the_role(void **state)
{
    (void)state;
    EXPECT_MARK("role ends with a batch");
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct fake_leader l;
        leader_open(&l, seed, "preAllocSize=0\n");
        int64_t before = l.f.proposed;
        int32_t done = guest_create(&l.g, "/done", "", 0);
        fake_until_logged(&l.f, before + 1);
        leader_commit(&l, before + 1);
        assert_int_equal(guest_answer(&l.g, done), ZK_OK);
        disk_fail_nth(stage_disk(&l.st), DISK_WRITE, 1, ERR_NO_SPACE);
        guest_create(&l.g, "/lost", "", 0);
        guest_end(&l.g);
        assert_int_equal(l.f.failed_count, 1);
        assert_int_equal(l.f.logged, before + 1);
        guest_create(&l.other, "/late", "", 0);
        guest_end(&l.other);
        fake_settle(&l.f);
        assert_int_equal(l.f.settled_zxid, before + 1);
        assert_int_equal(stage_server(&l.st)->in_process, 0);
        // The next role works, and what is on disk fits what was settled.
        l.f.is_quorum = true;
        pipeline_lead(fake_pipeline(&l.f), 2 * FAKE_EPOCH);
        struct guest g;
        guest_open(&g, &l.st);
        guest_make(&g, "/next", 0);
        stage_power_cut(&l.st);
        assert_true(stage_has_node(&l.st, "/done") && stage_has_node(&l.st, "/next"));
        assert_false(stage_has_node(&l.st, "/lost"));
        leader_close(&l);
    }
}

static void a_failed_sync_ends_a_member_too(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 35, NULL);
    disk_fail_nth(stage_disk(&l.st), DISK_SYNC, 1, ERR_IO);
    guest_create(&l.g, "/a", "", 0);
    assert_int_equal(stage_wait_for_end(&l.st), SERVER_EXIT_LOG);
    assert_int_equal(l.f.failed_count, 0);
    disk_heal(stage_disk(&l.st));
    leader_close(&l);
}

// ---- the end of a role ----

static void settling_applies_what_is_logged_and_forgets_the_rest(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fake_leader l;
        leader_open(&l, seed, NULL);
        int64_t before = l.f.proposed;
        struct pipeline *pl = fake_pipeline(&l.f);
        for (int i = 0; i < 400 && (pl->in_flight == NULL || pl->filling->count < 2 ||
                                    list_is_empty(&pl->logged));
             i++) {
            guest_create(&l.g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
            stage_step(&l.st);
        }
        assert_true(pl->in_flight != NULL && pl->filling->count >= 2);
        int64_t in_flight = pl->in_flight->last_zxid;
        leader_commit(&l, before + 1 + (int64_t)seed % 3); // some of them
        guest_path(&l.other, OP_SYNC, "/");
        fake_settle(&l.f);
        assert_int_equal(l.f.settled_zxid, in_flight); // it was on its way, and got there
        struct server *s = stage_server(&l.st);
        assert_int_equal(tree_last_zxid(s->tree), in_flight);
        assert_int_equal(s->in_process, 0);
        assert_true(list_is_empty(&s->orphans));
        assert_true(pipeline_is_idle(pl));
        assert_int_equal(s->changes.by_path.count, 0);
        assert_int_equal(s->changes.digest, tree_digest(s->tree));
        int64_t nodes = (int64_t)tree_node_count(s->tree);
        stage_power_cut(&l.st); // the log says the same
        assert_int_equal(tree_node_count(stage_server(&l.st)->tree), nodes);
        leader_close(&l);
    }
}

static void settling_without_a_role_is_done_at_once(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 40, NULL);
    int64_t last = l.f.proposed;
    fake_settle(&l.f);
    pipeline_settle(fake_pipeline(&l.f), fake_settled, &l.f);
    assert_int_equal(l.f.settled_count, 2);
    assert_int_equal(l.f.settled_zxid, last);
    leader_close(&l);
}

// ---- the tree and the log between two roles ----

static void a_tree_of_somebody_else_is_what_the_next_role_goes_on_from(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 42, NULL);
    fake_settle(&l.f);
    struct pipeline *pl = fake_pipeline(&l.f);
    pipeline_pause_log(pl);
    pipeline_resume_log(pl);
    const struct tree_options options = {.hash_seed = 3, .digest_enabled = true};
    struct tree *tree = tree_new(&options);
    tree_set_last_zxid(tree, FAKE_EPOCH + 1000);
    pipeline_replace_tree(pl, tree);
    pipeline_learn(pl);
    struct txn txn = {.header = {.zxid = FAKE_EPOCH + 1001, .type = OP_CREATE_SESSION},
                      .op = {.type = OP_CREATE_SESSION, .create_session = {.timeout_ms = 4000}}};
    txn.header.client_id = 17;
    struct buf bytes = {0};
    txn_encode(&txn, &bytes);
    pipeline_append(pl, txn.header.zxid, buf_slice(&bytes));
    pipeline_flush(pl);
    buf_fini(&bytes);
    pipeline_commit(pl, txn.header.zxid);
    while (l.f.applied < txn.header.zxid) {
        stage_step(&l.st);
    }
    int32_t timeout_ms;
    assert_true(tree_session_find(stage_server(&l.st)->tree, 17, &timeout_ms));
    fake_settle(&l.f);
    l.f.is_quorum = true;
    pipeline_lead(pl, 2 * FAKE_EPOCH);
    assert_non_null(sessions_find(&stage_server(&l.st)->sessions, 17));
    struct guest g;
    guest_open(&g, &l.st);
    guest_make(&g, "/a", 0);
    leader_close(&l);
}

// ---- how far the log goes ----

static int64_t noted_end(struct fake_leader *l)
{
    struct logend note;
    assert_int_equal(logend_read(&stage_disk(&l->st)->port,
                                 datadir_log_dir(stage_server(&l->st)->datadir), &note, NULL),
                     ERR_OK);
    return note.end;
}

// A second after a write, and not for every write.
static void a_member_notes_how_far_its_log_goes(void **state)
{
    (void)state;
    struct fake_leader l;
    leader_open(&l, 3, NULL);
    int64_t noted = noted_end(&l);
    for (int i = 0; i < 5; i++) {
        int64_t zxid = l.f.proposed + 1;
        guest_create(&l.g, "/n-", "", CREATE_PERSISTENT_SEQUENTIAL);
        fake_until_logged(&l.f, zxid);
    }
    assert_int_equal(noted_end(&l), noted); // not yet
    stage_run(&l.st, 1500);
    assert_int_equal(noted_end(&l), l.f.logged);
    leader_commit(&l, l.f.logged);
    leader_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forwarded_request_becomes_a_transaction_of_its_session),
        cmocka_unit_test(the_identities_of_a_forwarded_request_decide),
        cmocka_unit_test(an_undecodable_forwarded_request_becomes_an_error_and_stops_nothing),
        cmocka_unit_test(what_is_no_write_is_ignored),
        cmocka_unit_test(an_unknown_session_has_expired_and_a_moved_one_is_told_so),
        cmocka_unit_test(the_last_zxid_of_an_epoch_ends_the_role),
        cmocka_unit_test(a_new_leader_closes_away_ephemerals_of_dead_sessions),
        cmocka_unit_test(what_is_no_transaction_ends_the_role_and_does_not_reach_the_log),
        cmocka_unit_test(a_batch_that_cannot_be_logged_ends_the_role),
        cmocka_unit_test(a_failed_sync_ends_a_member_too),
        cmocka_unit_test(settling_applies_what_is_logged_and_forgets_the_rest),
        cmocka_unit_test(settling_without_a_role_is_done_at_once),
        cmocka_unit_test(a_member_notes_how_far_its_log_goes),
        cmocka_unit_test(a_tree_of_somebody_else_is_what_the_next_role_goes_on_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
