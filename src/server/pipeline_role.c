// SPDX-License-Identifier: Apache-2.0
//
// What an ensemble adds to the write path: roles begin and end, requests come from learners or go
// to the leader, commits come from others.
#include "base/assert.h"
#include "base/mark.h"
#include "jute/op.h"
#include "server/pipeline_priv.h"
#include "server/server_priv.h"
#include "tree/owner.h"

// ---- leading ----

static void track_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct server *s = ctx;
    sessions_track(&s->sessions, session, timeout_ms, server_now_ms(s));
}

struct dead_owners {
    const struct tree *tree;
    struct buf ids;
};

// With extended types off a TTL node looks like an ephemeral, of a session that nobody can have. A
// leader that has them on takes it for what it is; we leave it alone.
static bool is_ttl_mark(int64_t owner)
{
    return (uint64_t)owner >> 40 == TTL_OWNER_MARK >> 40;
}

static void add_dead_owner(void *ctx, int64_t session)
{
    struct dead_owners *dead = ctx;
    int32_t unused;
    if (!is_ttl_mark(session) && !tree_session_find(dead->tree, session, &unused)) {
        buf_put_i64(&dead->ids, session);
    }
}

// Ephemerals that nobody's session holds any more go by a transaction, so they go everywhere. Java
// takes them away from the leader's tree alone. Source: ZooKeeperServer.loadData.
static void close_dead_sessions(struct pipeline *pl)
{
    static const struct ids nobody = {0};
    struct dead_owners dead = {.tree = pl->server->tree};
    tree_ephemeral_owners_each(dead.tree, add_dead_owner, &dead);
    for (size_t at = 0; at < dead.ids.len && pl->mode == PIPELINE_LEADING; at += sizeof(int64_t)) {
        MARK("ephemerals of a dead session");
        const struct request request = {
            .ids = &nobody,
            .session_id = (int64_t)be64_load(dead.ids.data + at),
            .type = OP_CLOSE_SESSION,
            .body = slice_str(""),
            .arrived_ns = pl->server->now_ns,
        };
        (void)pipeline_write(pl, &request);
    }
    buf_fini(&dead.ids);
}

static void begin_role(struct pipeline *pl, enum pipeline_mode mode, int64_t zxid)
{
    struct server *s = pl->server;
    ASSERT(pl->mode == PIPELINE_RESTING);
    ASSERT(pipeline_is_idle(pl));
    ASSERT(pl->log != NULL);
    ASSERT(!pl->is_over);
    pl->last_zxid = zxid;
    pl->committed = zxid;
    changes_abandon(&s->changes); // its digest is the tree's
    sessions_clear(&s->sessions, server_now_ms(s));
    bool is_leading = mode == PIPELINE_LEADING;
    s->sessions.is_leading = is_leading;
    s->prep.reconfig = is_leading ? pl->peer->reconfig : NULL;
    s->prep.reconfig_ctx = pl->peer->ctx;
    pl->mode = mode;
}

void pipeline_lead(struct pipeline *pl, int64_t epoch_zxid)
{
    struct server *s = pl->server;
    ASSERT(epoch_zxid > tree_last_zxid(s->tree));
    begin_role(pl, PIPELINE_LEADING, epoch_zxid);
    stats_lead(s->stats);
    tree_set_last_zxid(s->tree, epoch_zxid);
    tree_sessions_each(s->tree, track_session, s);
    close_dead_sessions(pl);
}

// Its answer is a transaction in any case.
static void create_session_remote(struct pipeline *pl, const struct request *request)
{
    struct sessions *sessions = &pl->server->sessions;
    if (request->body.len >= sizeof(int32_t)) {
        int32_t timeout_ms = (int32_t)be32_load(request->body.data);
        struct session *session =
            sessions_track(sessions, request->session_id, timeout_ms, server_now_ms(pl->server));
        session_set_owner(session, request->link);
    }
    pipeline_write_remote(pl, request);
}

void pipeline_pause(struct pipeline *pl)
{
    ASSERT(pl->mode == PIPELINE_LEADING);
    pl->is_paused = true;
}

void pipeline_resume(struct pipeline *pl)
{
    pl->is_paused = false;
}

void pipeline_remote(struct pipeline *pl, zab_link link, const struct zab_packet *packet)
{
    ASSERT(pl->mode == PIPELINE_LEADING && link != 0 && !pl->is_paused);
    struct request request;
    struct ids ids;
    if (pl->is_over || forward_decode(packet, &pl->server->read_arena, &ids, &request) != ERR_OK) {
        arena_reset(&pl->server->read_arena);
        return;
    }
    request.arrived_ns = pl->server->now_ns;
    request.link = link;
    if (request.type == OP_CREATE_SESSION) {
        create_session_remote(pl, &request);
    } else if (op_kind(request.type) == OP_KIND_WRITE) {
        pipeline_write_remote(pl, &request);
    }
    arena_reset(&pl->server->read_arena);
}

// ---- learning ----

void pipeline_learn(struct pipeline *pl)
{
    begin_role(pl, PIPELINE_LEARNING, tree_last_zxid(pl->server->tree));
}

// What a restart could not read must not get into the log.
static bool is_readable(struct pipeline *pl, int64_t zxid, struct slice txn)
{
    struct txn unused;
    bool is_decoded = txn_decode(txn, &pl->arena, UINT32_MAX, &unused) == ERR_OK;
    arena_reset(&pl->arena);
    return is_decoded && unused.header.zxid == zxid && zxid > pl->last_zxid;
}

void pipeline_append(struct pipeline *pl, int64_t zxid, struct slice txn)
{
    ASSERT(pl->mode == PIPELINE_LEARNING);
    if (pl->is_over) {
        return;
    }
    if (!is_readable(pl, zxid, txn)) {
        MARK("leader sends what is no transaction");
        pipeline_fail(pl, "the leader sent a transaction that does not decode or is out of order");
        return;
    }
    if (pl->filling->count == 0) {
        pl->filling_since_ns = pl->server->now_ns;
    }
    pl->last_added_ns = pl->server->now_ns;
    pl->last_zxid = zxid;
    const struct pending nobody = {.arrived_ns = pl->server->now_ns};
    batch_add_bytes(pl->filling, zxid, txn, &nobody);
}

// Our own undecodable writes are answered here: a Java leader stops at one. Source: PROTOCOL traps;
// PrepRequestProcessor.pRequestHelper.
bool pipeline_forward(struct pipeline *pl, const struct request *request)
{
    struct server *s = pl->server;
    if (pl->is_over) {
        pipeline_lose(pl, request);
        return true;
    }
    bool is_out_of_memory;
    if (!prep_is_decodable(&s->prep, request, &is_out_of_memory)) {
        if (!is_out_of_memory) {
            return false;
        }
        throttle_large_done(&s->throttle, request->large_bytes);
        conn_no_memory(request->conn);
        return true;
    }
    const struct pending p = pipeline_pending(request, ZK_OK); // its code comes with the answer
    forward_add(&pl->forward, &p, ++pl->last_order, request->body.len);
    s->in_process++;
    if (request->conn != NULL) { // nobody waits for the upgrade of a session
        conn_write_begun(request->conn);
    }
    pl->peer->forward(pl->peer->ctx, request);
    return true;
}

void pipeline_commit(struct pipeline *pl, int64_t zxid)
{
    if (zxid > pl->committed && pl->done == NULL) {
        pl->committed = zxid;
        pipeline_apply_ready(pl);
    }
}

// ---- syncs ----

void pipeline_sync(struct pipeline *pl, const struct request *request)
{
    struct server *s = pl->server;
    ASSERT(pl->mode != PIPELINE_ALONE);
    if (pipeline_is_closed(pl)) {
        pipeline_lose(pl, request);
        return;
    }
    bool is_leading = pl->mode == PIPELINE_LEADING;
    uint64_t order = pl->last_order + 1;
    if (!syncs_add(&pl->syncs, request, order, is_leading ? pl->last_zxid : INT64_MAX)) {
        throttle_large_done(&s->throttle, request->large_bytes);
        conn_no_memory(request->conn);
        return;
    }
    pl->last_order = order;
    s->in_process++;
    conn_write_begun(request->conn);
    if (is_leading) {
        pl->peer->sync(pl->peer->ctx, order);
    } else {
        pl->peer->forward(pl->peer->ctx, request);
    }
}

void pipeline_forward_synced(struct pipeline *pl)
{
    if (pl->mode == PIPELINE_LEARNING && pl->done == NULL) {
        syncs_confirm_next(&pl->syncs, pl->committed);
        pipeline_answer_syncs(pl);
        server_settled(pl->server);
    }
}

void pipeline_sync_done(struct pipeline *pl, uint64_t token)
{
    if (pl->mode == PIPELINE_LEADING && pl->done == NULL) {
        syncs_confirm(&pl->syncs, token);
        pipeline_answer_syncs(pl);
        server_settled(pl->server);
    }
}

// ---- the end of a role ----

static void forget(struct pipeline *pl, const struct pending *p)
{
    if (p->conn != NULL) {
        conn_close(p->conn, "nobody will know what became of its write");
    }
    pipeline_settle_one(pl, p);
}

void pipeline_forget_forwarded(struct pipeline *pl)
{
    struct forward_item item;
    while (forward_take_any(&pl->forward, &item)) {
        forget(pl, &item.pending);
    }
    struct sync *sync;
    while ((sync = syncs_take(&pl->syncs)) != NULL) {
        const struct pending p = pipeline_pending(sync_request(sync), ZK_OK);
        forget(pl, &p);
        sync_free(sync);
    }
    syncs_init(&pl->syncs);
}

void pipeline_end_role(struct pipeline *pl)
{
    struct server *s = pl->server;
    if (pl->done == NULL || pl->in_flight != NULL || pl->is_making_room) {
        return;
    }
    pl->committed = INT64_MAX;
    pipeline_apply_ready(pl);
    ASSERT(pipeline_is_idle(pl));
    changes_abandon(&s->changes);
    pl->last_zxid = tree_last_zxid(s->tree);
    pl->committed = pl->last_zxid;
    pl->mode = PIPELINE_RESTING;
    pl->is_over = false;
    pipeline_settled *done = pl->done;
    pl->done = NULL;
    trace(server_trace(s), "settled at 0x%llx", (unsigned long long)pl->last_zxid);
    done(pl->done_ctx, pl->last_zxid);
}

void pipeline_settle(struct pipeline *pl, pipeline_settled *done, void *ctx)
{
    ASSERT(pl->mode != PIPELINE_ALONE && pl->done == NULL);
    if (pl->mode == PIPELINE_RESTING) {
        done(ctx, tree_last_zxid(pl->server->tree));
        return;
    }
    struct port_loop *loop = pl->server->options.loop;
    loop->timer_stop(loop, &pl->flush_timer);
    pl->is_over = true;
    pl->is_paused = false;
    pl->done = done;
    pl->done_ctx = ctx;
    // What is applied from here on may never have been committed, and be cut off again; a snapshot
    // that is being taken would have some of it.
    snapper_give_up(&pl->server->snapper);
    pipeline_forget_forwarded(pl);
    pipeline_forget_batch(pl, pl->filling);
    pipeline_end_role(pl);
}

// ---- resting ----

void pipeline_join(struct pipeline *pl, const struct pipeline_peer *peer)
{
    ASSERT(pl->mode == PIPELINE_ALONE);
    ASSERT(pipeline_is_idle(pl));
    pl->peer = peer;
    pl->mode = PIPELINE_RESTING;
    txnlog_keep_end(pl->log);
}

void pipeline_pause_log(struct pipeline *pl)
{
    ASSERT(pl->mode == PIPELINE_RESTING && !pl->is_making_room);
    txnlog_close(pl->log);
    pl->log = NULL;
}

void pipeline_resume_log(struct pipeline *pl)
{
    ASSERT(pl->log == NULL);
    struct server *s = pl->server;
    const struct config *cfg = s->config;
    const struct txnlog_options options = {
        .prealloc_bytes = cfg->prealloc_kb * 1024,
        .size_limit_bytes = cfg->txn_log_size_limit_kb * 1024,
        .force_sync = cfg->force_sync,
        .trace = s->options.trace,
    };
    pl->log = txnlog_open(s->options.files, datadir_log_dir(s->datadir), &options);
    if (pl->mode != PIPELINE_ALONE) {
        txnlog_keep_end(pl->log);
    }
}

void pipeline_replace_tree(struct pipeline *pl, struct tree *tree)
{
    struct server *s = pl->server;
    ASSERT(pl->mode == PIPELINE_RESTING);
    snapper_give_up(&s->snapper);
    changes_fini(&s->changes);
    tree_free(s->tree);
    s->tree = tree;
    s->prep.tree = tree;
    auth_use_tree(&s->auth, tree);
    changes_init(&s->changes, tree, s->config->digest_enabled);
    pl->last_zxid = tree_last_zxid(tree);
    pl->committed = pl->last_zxid;
    pl->mismatches = tree_digest_mismatches(tree);
}
