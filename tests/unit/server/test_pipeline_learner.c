// SPDX-License-Identifier: Apache-2.0
//
// A learner's clients: what is forwarded, what answers it, and in which order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mark.h"
#include "base/prng.h"
#include "tests/unit/server/fake_peer.h"

enum { QUIET_MS = 100 };

// ---- a learner's clients ----

// A session on the learner, which the leader opens.
static void enter(struct guest *g, struct fake_pair *pair)
{
    struct connect_response r;
    guest_connect(g, &pair->learner_stage);
    guest_ask_session(g, 0, PAIR_TIMEOUT_MS);
    pair_flow(pair);
    assert_true(guest_take_session(g, &r));
    assert_true(g->session_id != 0);
}

static void begin(struct fake_pair *pair, struct guest *g, uint64_t seed)
{
    pair_open(pair, seed);
    enter(g, pair);
}

static void a_session_of_a_learner_is_opened_and_closed_by_the_leader(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    pair_open(&pair, 1);
    guest_connect(&g, &pair.learner_stage);
    guest_ask_session(&g, 0, GUEST_TIMEOUT_MS);
    fake_until_forwarded(&pair.learner, 1);
    assert_int_equal(pair.learner.forwarded_type, OP_CREATE_SESSION);
    guest_silence(&g, QUIET_MS);
    pair_flow(&pair);
    struct connect_response r;
    assert_true(guest_take_session(&g, &r));
    int32_t timeout_ms = 0;
    const struct tree *tree = stage_server(&pair.leader_stage)->tree;
    assert_true(tree_session_find(tree, g.session_id, &timeout_ms));
    assert_int_equal(timeout_ms, g.timeout_ms);
    int32_t close = guest_plain(&g, OP_CLOSE_SESSION);
    pair_flow(&pair);
    assert_int_equal(guest_answer(&g, close), ZK_OK);
    guest_end(&g);
    assert_false(tree_session_find(tree, g.session_id, &timeout_ms));
    assert_null(sessions_find(&stage_server(&pair.leader_stage)->sessions, g.session_id));
    assert_null(sessions_find(&stage_server(&pair.learner_stage)->sessions, g.session_id));
    pair_close(&pair);
}

static void a_write_is_answered_by_its_transaction(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 2);
    int32_t create = guest_create(&g, "/a", "data", 0);
    int32_t read = guest_read(&g, OP_GET_DATA, "/a", false);
    fake_until_forwarded(&pair.learner, 2);
    guest_silence(&g, QUIET_MS);
    pair_pass_requests(&pair);
    pair_pass_proposals(&pair, SIZE_MAX);
    guest_silence(&g, QUIET_MS); // logged, and not committed
    pair_commit(&pair);
    assert_int_equal(guest_answer(&g, create), ZK_OK);
    assert_true(slice_equal_str(guest_str(&g), "/a"));
    assert_int_equal(g.header.zxid, pair.leader.proposed);
    assert_int_equal(guest_answer(&g, read), ZK_OK);
    assert_true(slice_equal_str(guest_str(&g), "data"));
    assert_int_equal(stage_server(&pair.learner_stage)->in_process, 0);
    pair_close(&pair);
}

static int32_t ask_create2(struct guest *g, const char *path)
{
    struct jute_acl open = {31, {slice_str("world"), slice_str("anyone")}};
    const struct jute_create_request r = {slice_str(path), slice_str(""), {1, &open}, 0};
    struct buf body = {0};
    jute_create_request_encode(&r, &body);
    return guest_ask(g, OP_CREATE2, &body);
}

static void pipelined_writes_are_answered_in_order_with_their_errors(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 3);
    int32_t create = ask_create2(&g, "/a");
    int32_t again = guest_create(&g, "/a", "", 0);
    int32_t set = guest_set(&g, "/a", "1", -1);
    int32_t delete = guest_delete(&g, "/a", 7);
    int32_t last = guest_create(&g, "/a/b-", "", CREATE_EPHEMERAL_SEQUENTIAL);
    pair_flow(&pair);
    assert_int_equal(guest_answer(&g, create), ZK_OK);
    assert_true(slice_equal_str(guest_str(&g), "/a"));
    assert_int_equal(guest_stat(&g).version, 0);
    assert_int_equal(guest_answer(&g, again), ZK_NODE_EXISTS);
    guest_body_end(&g);
    assert_int_equal(guest_answer(&g, set), ZK_OK);
    assert_int_equal(guest_stat(&g).version, 1);
    assert_int_equal(guest_answer(&g, delete), ZK_BAD_VERSION);
    assert_int_equal(guest_answer(&g, last), ZK_OK);
    assert_true(slice_equal_str(guest_str(&g), "/a/b-0000000000"));
    pair_close(&pair);
}

static void a_failed_multi_tells_which_part_failed(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 4);
    struct buf body = {0};
    const struct jute_path_version check = {slice_str("/"), -1};
    const struct jute_path_version del = {slice_str("/nowhere"), -1};
    multi_entry_begin(OP_CHECK, &body);
    jute_path_version_encode(&check, &body);
    multi_entry_begin(OP_DELETE, &body);
    jute_path_version_encode(&del, &body);
    multi_end(&body);
    int32_t xid = guest_ask(&g, OP_MULTI, &body);
    buf_fini(&body);
    pair_flow(&pair);
    assert_int_equal(guest_answer(&g, xid), ZK_OK);
    struct multi_header { // {i32 type, bool done, i32 err}, i32 err
        int32_t type, err;
    } parts[2];
    for (int i = 0; i < 2; i++) {
        bool is_end;
        parts[i].type = guest_i32(&g);
        assert_true(jute_in_boolean(&g.body, &is_end));
        parts[i].err = guest_i32(&g);
        assert_int_equal(guest_i32(&g), parts[i].err);
    }
    assert_int_equal(parts[0].err, ZK_OK);
    assert_int_equal(parts[1].err, ZK_NO_NODE);
    pair_close(&pair);
}

static void other_transactions_pass_a_waiting_write(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g, far;
    begin(&pair, &g, 5);
    guest_connect(&far, &pair.leader_stage);
    guest_ask_session(&far, 0, PAIR_TIMEOUT_MS);
    pair_flow(&pair);
    struct connect_response r;
    assert_true(guest_take_session(&far, &r));
    int32_t mine = guest_create(&g, "/mine", "", 0);
    fake_until_forwarded(&pair.learner, 2);
    int64_t zxid = pair.leader.proposed + 1;
    guest_create(&far, "/theirs", "", 0);
    fake_until_proposed(&pair.leader, zxid);
    pair_pass_proposals(&pair, SIZE_MAX);
    pair_commit(&pair);
    guest_silence(&g, QUIET_MS);
    assert_true(stage_has_node(&pair.learner_stage, "/theirs"));
    pair_flow(&pair);
    assert_int_equal(guest_answer(&g, mine), ZK_OK);
    pair_close(&pair);
}

// The same session and xid from an earlier server of the session, but for another operation.
static void a_transaction_of_another_kind_is_no_answer(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 6);
    int32_t set = guest_set(&g, "/", "mine", -1);
    fake_until_forwarded(&pair.learner, 2);
    struct txn txn = {.header = {.client_id = g.session_id,
                                 .cxid = set,
                                 .zxid = pair.leader.proposed + 1,
                                 .type = OP_DELETE},
                      .op = {.type = OP_DELETE, .del = {slice_str("/nowhere")}}};
    struct buf bytes = {0};
    txn_encode(&txn, &bytes);
    pipeline_append(fake_pipeline(&pair.learner), txn.header.zxid, buf_slice(&bytes));
    pipeline_flush(fake_pipeline(&pair.learner));
    pipeline_commit(fake_pipeline(&pair.learner), txn.header.zxid);
    buf_fini(&bytes);
    guest_silence(&g, QUIET_MS);
    assert_int_equal(tree_last_zxid(stage_server(&pair.learner_stage)->tree), txn.header.zxid);
    pair_close(&pair);
}

static void what_does_not_decode_is_refused_here_and_not_forwarded(void **state)
{
    (void)state;
    static const int32_t types[] = {OP_CREATE, OP_CREATE2,  OP_CREATE_CONTAINER, OP_CREATE_TTL,
                                    OP_DELETE, OP_SET_DATA, OP_SET_ACL,          OP_RECONFIG};
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 7);
    int32_t write = guest_create(&g, "/a", "", 0);
    int32_t bad[8];
    for (size_t i = 0; i < 8; i++) {
        struct buf body = {0};
        buf_put_i32(&body, 1000); // of a path that is not there
        bad[i] = guest_ask(&g, types[i], &body);
        buf_fini(&body);
    }
    stage_run(&pair.learner_stage, QUIET_MS);
    assert_int_equal(pair.learner.forwarded_count, 2); // session and write
    guest_silence(&g, QUIET_MS);                       // the refusals keep their places
    pair_flow(&pair);
    assert_int_equal(guest_answer(&g, write), ZK_OK);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(guest_answer(&g, bad[i]), ZK_MARSHALLING_ERROR);
    }
    pair_close(&pair);
}

static void reads_of_other_clients_do_not_wait(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g, other;
    begin(&pair, &g, 8);
    enter(&other, &pair);
    guest_create(&g, "/a", "", 0);
    fake_until_forwarded(&pair.learner, 3);
    int32_t read = guest_read(&other, OP_EXISTS, "/a", false);
    assert_int_equal(guest_answer(&other, read), ZK_NO_NODE);
    pair_close(&pair);
}

static void events_reach_a_learners_clients_before_the_answer(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 10);
    int32_t read = guest_read(&g, OP_EXISTS, "/a", true);
    assert_int_equal(guest_answer(&g, read), ZK_NO_NODE);
    int32_t create = guest_create(&g, "/a", "", 0);
    pair_flow(&pair);
    guest_event(&g, WATCH_EVENT_CREATED, "/a");
    assert_int_equal(guest_answer(&g, create), ZK_OK);
    pair_close(&pair);
}

// ---- a learner's syncs ----

static void a_sync_is_answered_when_the_leaders_packet_and_all_before_it_are_here(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g, far;
    begin(&pair, &g, 11);
    guest_connect(&far, &pair.leader_stage);
    guest_ask_session(&far, 0, PAIR_TIMEOUT_MS);
    pair_flow(&pair);
    struct connect_response r;
    assert_true(guest_take_session(&far, &r));
    int64_t zxid = pair.leader.proposed + 1;
    guest_create(&far, "/a", "", 0);
    fake_until_proposed(&pair.leader, zxid);
    int32_t sync = guest_path(&g, OP_SYNC, "/");
    int32_t read = guest_read(&g, OP_EXISTS, "/a", false);
    fake_until_forwarded(&pair.learner, 2);
    assert_int_equal(pair.learner.forwarded_type, OP_SYNC);
    struct pipeline *pl = fake_pipeline(&pair.learner);
    pair_pass_proposals(&pair, SIZE_MAX);
    pipeline_commit(pl, zxid);
    pipeline_forward_synced(pl); // the log has it not yet
    assert_int_equal(g.in.len, 0);
    assert_false(stage_has_node(&pair.learner_stage, "/a"));
    assert_int_equal(guest_answer(&g, sync), ZK_OK);
    assert_int_equal(guest_answer(&g, read), ZK_OK);
    pair_close(&pair);
}

static void a_sync_keeps_its_place_between_writes(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 12);
    int32_t xids[5];
    xids[0] = guest_create(&g, "/a", "", 0);
    xids[1] = guest_path(&g, OP_SYNC, "/");
    xids[2] = guest_create(&g, "/b", "", 0);
    xids[3] = guest_path(&g, OP_SYNC, "/");
    xids[4] = guest_read(&g, OP_EXISTS, "/b", false);
    pair_flow(&pair);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(guest_answer(&g, xids[i]), ZK_OK);
    }
    assert_int_equal(stage_server(&pair.learner_stage)->in_process, 0);
    pair_close(&pair);
}

// A leader may let the packet wait for its quorum while later writes commit.
static void a_write_that_commits_confirms_the_syncs_before_it(void **state)
{
    (void)state;
    EXPECT_MARK("write confirms a sync before it");
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 13);
    int32_t sync = guest_path(&g, OP_SYNC, "/");
    fake_until_forwarded(&pair.learner, 2);
    buf_clear(&pair.learner.forwarded); // we answer it ourselves
    int32_t write = guest_create(&g, "/a", "", 0);
    int32_t last = guest_path(&g, OP_SYNC, "/");
    fake_until_forwarded(&pair.learner, 4);
    struct buf *queue = &pair.learner.forwarded;
    size_t write_bytes = 8 + be32_load(queue->data);
    write_bytes += be32_load(queue->data + write_bytes - 4);
    queue->len = write_bytes; // without the last sync
    pair_pass_requests(&pair);
    pair_pass_proposals(&pair, SIZE_MAX);
    pair_commit(&pair);
    assert_int_equal(guest_answer(&g, sync), ZK_OK);
    assert_int_equal(guest_answer(&g, write), ZK_OK);
    struct pipeline *pl = fake_pipeline(&pair.learner);
    pipeline_forward_synced(pl); // of the first one, late
    guest_silence(&g, QUIET_MS);
    pipeline_forward_synced(pl);
    assert_int_equal(guest_answer(&g, last), ZK_OK);
    pipeline_forward_synced(pl); // nobody asked for it
    pair_close(&pair);
}

// ---- bounds ----

// However many clients send at once: the way to the leader is not buried under large requests, and
// small ones, those of clients who only ping among them, are not held up.
static void large_requests_wait_when_the_leader_has_too_many(void **state)
{
    (void)state;
    EXPECT_MARK("large frame waits");
    enum { GUESTS = 30, DATA_BYTES = 1000 * 1000 };
    static char data[DATA_BYTES + 1];
    memset(data, 'x', DATA_BYTES);
    struct fake_pair pair;
    struct guest g[GUESTS];
    pair_open(&pair, 14);
    for (int i = 0; i < GUESTS; i++) {
        enter(&g[i], &pair);
    }
    for (int i = 0; i < GUESTS; i++) {
        guest_create(&g[i], "/n-", data, CREATE_PERSISTENT_SEQUENTIAL);
    }
    stage_run(&pair.learner_stage, 1000);
    const struct forward *f = &fake_pipeline(&pair.learner)->forward;
    assert_true(f->bytes > LIMIT_FORWARDED_BYTES);
    assert_true(f->bytes < LIMIT_FORWARDED_BYTES + 2 * DATA_BYTES);
    struct guest quiet;
    guest_connect(&quiet, &pair.learner_stage);
    guest_ask_session(&quiet, 0, PAIR_TIMEOUT_MS);
    fake_until_forwarded(&pair.learner, GUESTS + f->count + 1);
    for (int i = 0; i < GUESTS; i++) {
        pair_flow(&pair);
        assert_int_equal(guest_answer(&g[i], 1), ZK_OK);
    }
    assert_int_equal(f->bytes, 0);
    pair_close(&pair);
}

// ---- the end ----

static void a_learner_that_loses_its_leader_forgets_what_it_forwarded(void **state)
{
    (void)state;
    struct fake_pair pair;
    struct guest g;
    begin(&pair, &g, 41);
    guest_create(&g, "/a", "", 0);
    guest_path(&g, OP_SYNC, "/");
    guest_read(&g, OP_EXISTS, "/a", false);
    fake_until_forwarded(&pair.learner, 3);
    fake_settle(&pair.learner);
    guest_end(&g);
    struct server *s = stage_server(&pair.learner_stage);
    assert_int_equal(s->in_process, 0);
    assert_int_equal(s->pipeline.forward.count, 0);
    assert_true(syncs_is_empty(&s->pipeline.syncs));
    assert_true(list_is_empty(&s->orphans));
    // It leads next, and what it begins is not taken for an answer.
    pair.learner.is_quorum = true;
    pipeline_lead(&s->pipeline, 2 * FAKE_EPOCH);
    struct guest next;
    guest_open(&next, &pair.learner_stage);
    guest_make(&next, "/b", 0);
    pair_close(&pair);
}

// ---- at random ----

static void do_something(struct guest *g, struct prng *prng)
{
    char path[16];
    (void)snprintf(path, sizeof(path), "/n%d", (int)prng_below(prng, 6));
    switch (prng_below(prng, 8)) {
    case 0:
    case 1:
        guest_create(g, path, path, prng_below(prng, 3) == 0 ? CREATE_EPHEMERAL : 0);
        return;
    case 2:
        guest_set(g, path, path + prng_below(prng, 3), (int32_t)prng_below(prng, 3) - 1);
        return;
    case 3:
        guest_delete(g, path, -1);
        return;
    case 4:
        guest_path(g, OP_SYNC, path);
        return;
    case 5:
        guest_read(g, OP_EXISTS, path, false);
        return;
    case 6:
        guest_create(g, "/s-", "", CREATE_PERSISTENT_SEQUENTIAL);
        return;
    default:
        guest_plain(g, OP_SET_DATA); // does not decode
        return;
    }
}

// Every request is answered, in its order; what an answer shows never goes back.
static void all_is_answered(struct guest *g)
{
    int64_t zxid = 0;
    for (int32_t xid = 1; xid <= g->last_xid; xid++) {
        (void)guest_answer(g, xid);
        assert_true(g->header.zxid >= zxid);
        zxid = g->header.zxid;
    }
}

static void leader_and_learner_end_with_the_same_tree(void **state)
{
    (void)state;
    enum { ROUNDS = 150, GUESTS = 3 };
    for (uint64_t seed = 100; seed < 112; seed++) {
        struct fake_pair pair;
        pair_open(&pair, seed);
        struct guest near[GUESTS], far[GUESTS];
        struct connect_response r;
        for (int i = 0; i < GUESTS; i++) {
            enter(&near[i], &pair);
            guest_connect(&far[i], &pair.leader_stage);
            guest_ask_session(&far[i], 0, PAIR_TIMEOUT_MS);
            pair_flow(&pair);
            assert_true(guest_take_session(&far[i], &r));
        }
        struct prng prng;
        prng_init(&prng, seed);
        for (int i = 0; i < ROUNDS; i++) {
            do_something(&near[prng_below(&prng, GUESTS)], &prng);
            do_something(&far[prng_below(&prng, GUESTS)], &prng);
            stage_step(&pair.leader_stage);
            stage_step(&pair.learner_stage);
            if (prng_below(&prng, 3) == 0) {
                pair_pass_requests(&pair);
            }
            pair_pass_proposals(&pair, prng_below(&prng, 4));
            if (prng_below(&prng, 4) == 0) {
                pair_commit(&pair);
            }
            if (pair.leader.sync_count > 0 && prng_below(&prng, 4) == 0) {
                pipeline_sync_done(fake_pipeline(&pair.leader), pair.leader.sync_token);
            }
        }
        for (int i = 0; i < 3; i++) { // syncs may be asked for behind writes
            pair_flow(&pair);
            pipeline_sync_done(fake_pipeline(&pair.leader), pair.leader.sync_token);
        }
        for (int i = 0; i < GUESTS; i++) {
            all_is_answered(&near[i]);
            all_is_answered(&far[i]);
        }
        const struct tree *a = stage_server(&pair.leader_stage)->tree;
        const struct tree *b = stage_server(&pair.learner_stage)->tree;
        assert_int_equal(tree_last_zxid(a), tree_last_zxid(b));
        assert_int_equal(tree_digest(a), tree_digest(b));
        assert_int_equal(tree_node_count(a), tree_node_count(b));
        assert_int_equal(tree_digest_mismatches(b), 0);
        assert_true(tree_check(a) && tree_check(b));
        assert_int_equal(stage_server(&pair.leader_stage)->in_process, 0);
        assert_int_equal(stage_server(&pair.learner_stage)->in_process, 0);
        pair_close(&pair);
    }
}

// Whatever is on its way when the leader is lost: the tree is what the log says, and the learner
// goes on from there when it finds its leader again.
static void a_learner_may_lose_its_leader_at_any_moment(void **state)
{
    (void)state;
    enum { GUESTS = 3, ROUNDS = 60 };
    int in_flight = 0;
    int uncommitted = 0;
    int forwarded = 0;
    for (uint64_t seed = 200; seed < 216; seed++) {
        struct fake_pair pair;
        struct guest near[GUESTS];
        pair_open(&pair, seed);
        for (int i = 0; i < GUESTS; i++) {
            enter(&near[i], &pair);
        }
        struct prng prng;
        prng_init(&prng, seed);
        for (uint64_t i = 0; i < 10 + prng_below(&prng, ROUNDS); i++) {
            do_something(&near[prng_below(&prng, GUESTS)], &prng);
            stage_step(&pair.leader_stage);
            stage_step(&pair.learner_stage);
            if (prng_below(&prng, 3) == 0) {
                pair_pass_requests(&pair);
            }
            pair_pass_proposals(&pair, prng_below(&prng, 4));
            if (prng_below(&prng, 6) == 0) {
                pair_commit(&pair);
            }
        }
        struct server *s = stage_server(&pair.learner_stage);
        in_flight += s->pipeline.in_flight != NULL ? 1 : 0;
        uncommitted += s->pipeline.last_zxid > s->pipeline.committed ? 1 : 0;
        forwarded += s->pipeline.forward.count > 0 ? 1 : 0;
        fake_settle(&pair.learner);
        assert_int_equal(s->in_process, 0);
        assert_true(list_is_empty(&s->orphans) && syncs_is_empty(&s->pipeline.syncs));
        assert_int_equal(s->pipeline.forward.count, 0);
        assert_true(pair.learner.settled_zxid <= pair.leader.proposed);
        pair_learn_again(&pair);
        struct guest back;
        enter(&back, &pair);
        int32_t sync = guest_path(&back, OP_SYNC, "/");
        pair_flow(&pair);
        assert_int_equal(guest_answer(&back, sync), ZK_OK);
        const struct tree *a = stage_server(&pair.leader_stage)->tree;
        assert_int_equal(tree_last_zxid(a), tree_last_zxid(s->tree));
        assert_int_equal(tree_digest(a), tree_digest(s->tree));
        uint64_t digest = tree_digest(a);
        stage_power_cut(&pair.learner_stage);
        assert_int_equal(tree_digest(stage_server(&pair.learner_stage)->tree), digest);
        pair_close(&pair);
    }
    assert_true(in_flight > 0 && uncommitted > 0 && forwarded > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_of_a_learner_is_opened_and_closed_by_the_leader),
        cmocka_unit_test(a_write_is_answered_by_its_transaction),
        cmocka_unit_test(pipelined_writes_are_answered_in_order_with_their_errors),
        cmocka_unit_test(a_failed_multi_tells_which_part_failed),
        cmocka_unit_test(other_transactions_pass_a_waiting_write),
        cmocka_unit_test(a_transaction_of_another_kind_is_no_answer),
        cmocka_unit_test(what_does_not_decode_is_refused_here_and_not_forwarded),
        cmocka_unit_test(reads_of_other_clients_do_not_wait),
        cmocka_unit_test(events_reach_a_learners_clients_before_the_answer),
        cmocka_unit_test(a_sync_is_answered_when_the_leaders_packet_and_all_before_it_are_here),
        cmocka_unit_test(a_sync_keeps_its_place_between_writes),
        cmocka_unit_test(a_write_that_commits_confirms_the_syncs_before_it),
        cmocka_unit_test(a_learner_that_loses_its_leader_forgets_what_it_forwarded),
        cmocka_unit_test(large_requests_wait_when_the_leader_has_too_many),
        cmocka_unit_test(leader_and_learner_end_with_the_same_tree),
        cmocka_unit_test(a_learner_may_lose_its_leader_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
