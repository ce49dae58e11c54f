// SPDX-License-Identifier: Apache-2.0
//
// The test as executor.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/server/fake_peer.h"

// ---- what the pipeline tells ----

static void on_propose(void *ctx, int64_t zxid, struct slice txn, struct slice config)
{
    struct fake_peer *f = ctx;
    assert_true(slice_is_null(config));
    assert_true(zxid > f->proposed);
    f->proposed = zxid;
    buf_put_i64(&f->proposals, zxid);
    buf_put_i32(&f->proposals, (int32_t)txn.len);
    buf_append_slice(&f->proposals, txn);
}

static void on_logged(void *ctx, int64_t zxid)
{
    struct fake_peer *f = ctx;
    assert_true(zxid > f->logged);
    f->logged = zxid;
    if (f->is_quorum) {
        pipeline_commit(fake_pipeline(f), zxid);
    }
}

static void on_applied(void *ctx, int64_t zxid)
{
    struct fake_peer *f = ctx;
    assert_true(zxid > f->applied);
    assert_true(zxid <= f->logged);
    f->applied = zxid;
}

static void on_failed(void *ctx, const char *why)
{
    struct fake_peer *f = ctx;
    f->failed_count++;
    (void)snprintf(f->why, sizeof(f->why), "%s", why);
}

static void append_with_length(struct buf *to, const struct buf *part)
{
    buf_put_i32(to, (int32_t)part->len);
    buf_append_slice(to, slice_of(part->data, part->len));
}

static void on_forward(void *ctx, const struct request *request)
{
    struct fake_peer *f = ctx;
    struct buf data = {0};
    struct buf authinfo = {0};
    forward_encode(request, &data, &authinfo);
    append_with_length(&f->forwarded, &data);
    append_with_length(&f->forwarded, &authinfo);
    buf_fini(&data);
    buf_fini(&authinfo);
    f->forwarded_count++;
    f->forwarded_type = request->type;
}

static void on_sync(void *ctx, uint64_t token)
{
    struct fake_peer *f = ctx;
    assert_true(token > f->sync_token);
    f->sync_token = token;
    f->sync_count++;
}

void fake_settled(void *ctx, int64_t zxid)
{
    struct fake_peer *f = ctx;
    f->settled_count++;
    f->settled_zxid = zxid;
    f->logged = zxid;
    f->applied = zxid;
    f->proposed = zxid;
}

// ---- one ----

void fake_join(struct fake_peer *f, struct stage *st)
{
    *f = (struct fake_peer){
        .stage = st,
        .peer = {.propose = on_propose,
                 .logged = on_logged,
                 .applied = on_applied,
                 .failed = on_failed,
                 .forward = on_forward,
                 .sync = on_sync},
    };
    f->peer.ctx = f;
    pipeline_join(fake_pipeline(f), &f->peer);
}

void fake_fini(struct fake_peer *f)
{
    buf_fini(&f->proposals);
    buf_fini(&f->forwarded);
}

void fake_settle(struct fake_peer *f)
{
    size_t before = f->settled_count;
    server_rest(stage_server(f->stage));
    pipeline_settle(fake_pipeline(f), fake_settled, f);
    while (f->settled_count == before) {
        stage_step(f->stage);
    }
    buf_clear(&f->proposals);
    buf_clear(&f->forwarded);
    server_serve(stage_server(f->stage));
}

void fake_until_logged(struct fake_peer *f, int64_t zxid)
{
    while (f->logged < zxid) {
        stage_step(f->stage);
    }
}

void fake_until_proposed(struct fake_peer *f, int64_t zxid)
{
    while (f->proposed < zxid) {
        stage_step(f->stage);
    }
}

void fake_until_forwarded(struct fake_peer *f, size_t count)
{
    while (f->forwarded_count < count) {
        stage_step(f->stage);
    }
}

// ---- a leader ----

void leader_open(struct fake_leader *l, uint64_t seed, const char *zoo_cfg)
{
    stage_open(&l->st, seed, zoo_cfg, NULL);
    fake_join(&l->f, &l->st);
    l->f.is_quorum = true;
    pipeline_lead(fake_pipeline(&l->f), FAKE_EPOCH);
    guest_open(&l->g, &l->st);
    guest_open(&l->other, &l->st);
    l->f.is_quorum = false;
}

void leader_close(struct fake_leader *l)
{
    stage_close(&l->st);
    fake_fini(&l->f);
}

// ---- two ----

void pair_open(struct fake_pair *pair, uint64_t seed)
{
    static const char zoo_cfg[] = "maxSessionTimeout=600000\n";
    stage_open(&pair->leader_stage, seed, zoo_cfg, NULL);
    stage_open(&pair->learner_stage, seed + 1000, zoo_cfg, NULL);
    fake_join(&pair->leader, &pair->leader_stage);
    fake_join(&pair->learner, &pair->learner_stage);
    pipeline_lead(fake_pipeline(&pair->leader), FAKE_EPOCH);
    pipeline_learn(fake_pipeline(&pair->learner));
    stage_server(&pair->learner_stage)->sessions.next_id ^= INT64_C(3) << 56; // of server 2
}

void pair_close(struct fake_pair *pair)
{
    stage_close(&pair->leader_stage);
    stage_close(&pair->learner_stage);
    fake_fini(&pair->leader);
    fake_fini(&pair->learner);
}

static struct slice take_part(const struct buf *from, size_t *at)
{
    size_t len = be32_load(from->data + *at);
    struct slice part = slice_of(from->data + *at + sizeof(int32_t), len);
    *at += sizeof(int32_t) + len;
    return part;
}

size_t pair_pass_requests(struct fake_pair *pair)
{
    struct buf all = pair->learner.forwarded;
    buf_init(&pair->learner.forwarded);
    size_t count = 0;
    for (size_t at = 0; at < all.len; count++) {
        struct slice data = take_part(&all, &at);
        struct slice authinfo = take_part(&all, &at);
        const struct zab_packet packet = {.type = ZAB_REQUEST, .data = data, .authinfo = authinfo};
        bool is_sync = be32_load(data.data + 12) == OP_SYNC;
        if (is_sync) { // everything before it is committed first
            pair_pass_proposals(pair, SIZE_MAX);
            pair_commit(pair);
            pipeline_forward_synced(fake_pipeline(&pair->learner));
        } else {
            pipeline_remote(fake_pipeline(&pair->leader), FAKE_LINK, &packet);
        }
    }
    pipeline_flush(fake_pipeline(&pair->leader)); // the turn ends
    buf_fini(&all);
    return count;
}

size_t pair_pass_proposals(struct fake_pair *pair, size_t max)
{
    struct fake_peer *from = &pair->leader;
    size_t count = 0;
    for (; count < max && from->passed < from->proposals.len; count++) {
        int64_t zxid = (int64_t)be64_load(from->proposals.data + from->passed);
        from->passed += sizeof(zxid);
        struct slice txn = take_part(&from->proposals, &from->passed);
        pipeline_append(fake_pipeline(&pair->learner), zxid, txn);
    }
    pipeline_flush(fake_pipeline(&pair->learner));
    return count;
}

void pair_learn_again(struct fake_pair *pair)
{
    struct fake_peer *from = &pair->leader;
    int64_t last = tree_last_zxid(stage_server(&pair->learner_stage)->tree);
    from->passed = 0;
    while (from->passed < from->proposals.len &&
           (int64_t)be64_load(from->proposals.data + from->passed) <= last) {
        from->passed += sizeof(int64_t);
        (void)take_part(&from->proposals, &from->passed);
    }
    pipeline_learn(fake_pipeline(&pair->learner));
}

void pair_commit(struct fake_pair *pair)
{
    pipeline_commit(fake_pipeline(&pair->leader), pair->leader.proposed);
    pipeline_commit(fake_pipeline(&pair->learner), fake_pipeline(&pair->learner)->last_zxid);
}

// What was read in this turn is answered in a later one, so it goes round until all is quiet.
void pair_flow(struct fake_pair *pair)
{
    for (int quiet = 0; quiet < 20;) {
        stage_run(&pair->leader_stage, 10);
        stage_run(&pair->learner_stage, 10);
        size_t count = pair_pass_requests(pair) + pair_pass_proposals(pair, SIZE_MAX);
        pair_commit(pair);
        quiet = count > 0 ? 0 : quiet + 1;
    }
}
