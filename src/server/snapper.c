// SPDX-License-Identifier: Apache-2.0
//
// Snapshots while serving.
#include "server/snapper.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "server/server_priv.h"

// ---- when ----

// Half the limit plus a random part of the other half, so that servers of an ensemble differ.
static uint64_t jitter(struct snapper *sn, uint64_t limit)
{
    uint64_t half = limit / 2;
    return half + prng_below(&sn->prng, half > 0 ? half : 1);
}

static void set_due(struct snapper *sn)
{
    const struct config *cfg = sn->server->config;
    sn->txns = 0;
    sn->bytes = 0;
    sn->txns_due = jitter(sn, (uint64_t)cfg->snap_count);
    sn->bytes_due = cfg->snap_size_limit_kb > 0
                        ? jitter(sn, (uint64_t)cfg->snap_size_limit_kb * 1024)
                        : UINT64_MAX;
}

void snapper_init(struct snapper *sn, struct server *server, uint64_t seed, int64_t last_zxid)
{
    *sn = (struct snapper){.server = server, .last_zxid = last_zxid};
    prng_init(&sn->prng, seed);
    set_due(sn);
}

void snapper_count(struct snapper *sn, uint64_t txns, uint64_t bytes)
{
    sn->txns += txns;
    sn->bytes += bytes;
    if (sn->txns > sn->txns_due || sn->bytes > sn->bytes_due) {
        set_due(sn);
        pipeline_roll(&sn->server->pipeline);
        snapper_start(sn);
    }
}

// ---- the worker's side ----

static void write_slice(struct snapper *sn, struct snapper_slice *slice)
{
    struct server *s = sn->server;
    if (sn->file == NULL && sn->err == ERR_OK) {
        enum names_method method = names_method_parse(s->config->snapshot_compression_method);
        sn->err = snapfile_open(s->options.files, datadir_snap_dir(s->datadir), sn->zxid, method,
                                &sn->file, &sn->error);
    }
    if (sn->err == ERR_OK) {
        sn->err = snapfile_write(sn->file, buf_slice(&slice->bytes), slice->seal, &sn->error);
    }
}

static void slice_run(struct port_job *job)
{
    struct snapper_slice *slice = CONTAINER_OF(job, struct snapper_slice, job);
    struct snapper *sn = slice->snapper;
    if (sn->err == ERR_OK) {
        write_slice(sn, slice);
    }
    if (sn->err != ERR_OK) {
        snapfile_abort(sn->file);
        sn->file = NULL;
    } else if (slice->is_last) {
        sn->err = snapfile_finish(sn->file, &sn->file_bytes, &sn->error);
        sn->file = NULL;
    }
    slice->err = sn->err;
}

// ---- the loop's side ----

static void end(struct snapper *sn)
{
    snapwrite_free(sn->walk);
    sn->walk = NULL;
    sn->state = SNAPPER_IDLE;
    for (size_t i = 0; i < SNAPPER_SLICES; i++) {
        buf_fini(&sn->slices[i].bytes);
    }
}

static void report(struct snapper *sn)
{
    struct server *s = sn->server;
    struct log_line l;
    trace(server_trace(s), "snapshot 0x%llx %s", (unsigned long long)sn->zxid,
          sn->is_given_up  ? "is not wanted any more"
          : sn->has_failed ? sn->error.text
                           : "is written");
    if (sn->is_given_up) {
        return;
    }
    if (sn->has_failed) {
        if (log_begin(&l, s->log, EVENT_SNAPSHOT_FAILED)) {
            log_str(&l, "error", sn->error.text);
            log_end(&l);
        }
        return;
    }
    sn->last_zxid = sn->zxid;
    stats_snapshot(s->stats, s->now_ns - sn->started_ns);
    if (log_begin(&l, s->log, EVENT_SNAPSHOT_WRITTEN)) {
        log_hex(&l, "zxid", sn->zxid);
        log_i64(&l, "bytes", (int64_t)sn->file_bytes);
        log_i64(&l, "ms", (s->now_ns - sn->started_ns) / 1000000);
        log_end(&l);
    }
}

static void finish(struct snapper *sn)
{
    if (sn->is_given_up) {
        snapfile_abort(sn->file);
        sn->file = NULL;
    }
    end(sn);
    report(sn);
}

void snapper_give_up(struct snapper *sn)
{
    if (sn->state == SNAPPER_FINISHING && sn->has_failed) {
        snapwrite_free(sn->walk); // it stands in the middle of the tree
        sn->walk = NULL;
    }
    if (sn->state != SNAPPER_WALKING) {
        return; // what was serialized already is right
    }
    MARK("snapshot is not wanted any more");
    snapwrite_free(sn->walk);
    sn->walk = NULL;
    sn->is_given_up = true;
    sn->state = SNAPPER_FINISHING;
    if (sn->in_flight == 0) {
        finish(sn);
    }
}

static void slice_done(struct port_job *job)
{
    struct snapper_slice *slice = CONTAINER_OF(job, struct snapper_slice, job);
    struct snapper *sn = slice->snapper;
    server_take_time(sn->server);
    slice->is_busy = false;
    sn->in_flight--;
    if (slice->err != ERR_OK) {
        sn->has_failed = true;
        MARK("snapshot is given up");
        sn->state = SNAPPER_FINISHING;
    }
    if (sn->state == SNAPPER_FINISHING && sn->in_flight == 0) {
        finish(sn);
    }
}

static enum err open_worker(struct snapper *sn)
{
    struct port_loop *loop = sn->server->options.loop;
    return sn->worker != NULL ? ERR_OK : loop->worker_open(loop, "snapshot", &sn->worker);
}

void snapper_start(struct snapper *sn)
{
    struct server *s = sn->server;
    if (sn->state != SNAPPER_IDLE || sn->last_zxid == tree_last_zxid(s->tree)) {
        MARK("snapshot is skipped");
        return;
    }
    enum err e = open_worker(sn);
    if (e != ERR_OK) {
        log_event_err(s->log, EVENT_SNAPSHOT_FAILED, e);
        return;
    }
    const struct snapwrite_options options = {
        .with_digest = s->config->digest_enabled,
        .with_last_zxid = s->config->serialize_last_processed_zxid,
    };
    sn->walk = snapwrite_new(s->tree, &options);
    sn->zxid = snapwrite_zxid(sn->walk);
    sn->started_ns = s->now_ns;
    sn->err = ERR_OK;
    sn->has_failed = false;
    sn->is_given_up = false;
    sn->state = SNAPPER_WALKING;
    trace(server_trace(s), "snapshot 0x%llx begins", (unsigned long long)sn->zxid);
    log_event(s->log, EVENT_SNAPSHOT_STARTED);
}

static struct snapper_slice *free_slice(struct snapper *sn)
{
    for (size_t i = 0; i < SNAPPER_SLICES; i++) {
        if (!sn->slices[i].is_busy) {
            return &sn->slices[i];
        }
    }
    return NULL;
}

void snapper_step(struct snapper *sn)
{
    if (sn->state != SNAPPER_WALKING) {
        return;
    }
    struct snapper_slice *slice = free_slice(sn);
    if (slice == NULL) {
        return;
    }
    buf_clear(&slice->bytes);
    bool has_more =
        snapwrite_slice(sn->walk, LIMIT_SNAPSHOT_SLICE_BYTES, &slice->bytes, &slice->seal);
    slice->job = (struct port_job){.run = slice_run, .done = slice_done};
    slice->snapper = sn;
    slice->is_last = !has_more;
    slice->is_busy = true;
    sn->in_flight++;
    if (!has_more) {
        sn->state = SNAPPER_FINISHING;
    }
    sn->worker->submit(sn->worker, &slice->job);
}

void snapper_close(struct snapper *sn)
{
    if (sn->worker != NULL) {
        sn->worker->close(sn->worker);
        snapfile_abort(sn->file);
        sn->worker = NULL;
    }
    end(sn);
}
