// SPDX-License-Identifier: Apache-2.0
//
// Files for learners that lag behind: the newest snapshot, or records of the log, read by a worker
// one chunk at a time and handed to the link as it has room. One feed per link.
//
//     open ──► chunk ──► sent or told ──► chunk ... ──► end
//       ▲         ▲            │ no room
//       │         └── room ◄───┘
//    waiting: the newest snapshot is too old
#include "base/assert.h"
#include "base/limits.h"
#include "base/mem.h"
#include "server/ensemble_priv.h"
#include "store/logchunk.h"
#include "store/snapsend.h"

enum { CHUNK_BYTES = 256 * 1024, LOG_CHUNK_BYTES = 1024 * 1024 };

struct feed {
    struct list link; // of ensemble.feeds
    struct ensemble *ensemble;
    zab_link to;
    struct port_job job;
    enum err (*work)(struct feed *f);
    void (*told)(struct feed *f);
    bool is_busy; // the worker has it
    bool is_gone; // the link is closed; freed when the worker is done
    bool is_snapshot;
    bool has_begun;
    enum err err;
    struct store_error error;
    // records
    struct logchunk *log;
    int64_t after, up_to; // as asked
    int64_t durable;      // end of our log when it was asked
    int64_t given;        // newest record that was told, or where reading began
    int64_t at;           // where the log stood at or before `after`
    bool is_first;
    bool is_told;    // zab/ is looking at the records, which the next reading overwrites
    bool wants_next; // and has asked for more
    struct logchunk_result records;
    // a snapshot
    struct snapsend *snapshot;
    int64_t least_zxid; // it must stand there or later
    bool has_asked;     // for a snapshot to be written
    bool is_waiting;    // for such a snapshot to be written
    struct buf bytes;
    bool is_last;
};

static struct feed *find(struct ensemble *e, zab_link link)
{
    LIST_FOREACH (it, &e->feeds) {
        struct feed *f = CONTAINER_OF(it, struct feed, link);
        if (f->to == link && !f->is_gone) {
            return f;
        }
    }
    return NULL;
}

static void free_feed(struct feed *f)
{
    list_remove(&f->link);
    snapsend_close(f->snapshot);
    logchunk_close(f->log);
    buf_fini(&f->bytes);
    mem_free(f);
}

static void run(struct port_job *job)
{
    struct feed *f = CONTAINER_OF(job, struct feed, job);
    f->err = f->work(f);
}

static void done(struct port_job *job)
{
    struct feed *f = CONTAINER_OF(job, struct feed, job);
    struct ensemble *e = f->ensemble;
    server_take_time(e->server);
    f->is_busy = false;
    if (f->is_gone) {
        free_feed(f);
        return;
    }
    // A log that does not reach back, or is larger than a snapshot, is nobody's fault: it gets one.
    bool is_fault = f->err != ERR_OK && f->err != ERR_NOT_FOUND && f->err != ERR_TOO_BIG;
    struct log_line l;
    if (f->err != ERR_OK) {
        trace(server_trace(e->server), "feed of link 0x%llx: %s", (unsigned long long)f->to,
              f->error.text);
    }
    if (is_fault && log_begin(&l, e->server->log, EVENT_ENSEMBLE_DISK_FAILED)) {
        log_str(&l, "error", f->error.text);
        log_end(&l);
    }
    f->told(f);
}

static void next(struct feed *f)
{
    ASSERT(!f->is_busy);
    f->is_busy = true;
    f->ensemble->feeder->submit(f->ensemble->feeder, &f->job);
}

static struct feed *make(struct ensemble *e, zab_link link)
{
    struct feed *f = find(e, link);
    if (f == NULL) {
        f = mem_zalloc(sizeof(*f));
        f->ensemble = e;
        f->to = link;
        f->job = (struct port_job){.run = run, .done = done};
        list_push_back(&e->feeds, &f->link);
    }
    ASSERT(!f->is_busy);
    return f;
}

void ensemble_feed_stop(struct ensemble *e, zab_link link)
{
    struct feed *f = find(e, link);
    if (f != NULL && (f->is_busy || f->is_told)) {
        f->is_gone = true;
    } else if (f != NULL) {
        free_feed(f);
    }
}

void ensemble_feed_stop_all(struct ensemble *e)
{
    LIST_FOREACH_SAFE (it, tmp, &e->feeds) {
        ensemble_feed_stop(e, CONTAINER_OF(it, struct feed, link)->to);
    }
}

void ensemble_feed_close(struct ensemble *e)
{
    LIST_FOREACH_SAFE (it, tmp, &e->feeds) {
        free_feed(CONTAINER_OF(it, struct feed, link));
    }
}

// ---- a snapshot ----

static enum err read_snapshot(struct feed *f)
{
    struct server *s = f->ensemble->server;
    enum err err = ERR_OK;
    if (f->snapshot == NULL) {
        err = snapsend_open(s->datadir, s->string_max, &f->snapshot, &f->error);
    }
    buf_clear(&f->bytes);
    return err == ERR_OK
               ? snapsend_next(f->snapshot, CHUNK_BYTES, &f->bytes, &f->is_last, &f->error)
               : err;
}

static void snapshot_ended(struct feed *f, bool is_ok)
{
    struct ensemble *e = f->ensemble;
    struct zab_event event = {.type = ZAB_EV_SNAP_SENT, .link = f->to, .is_ok = is_ok};
    free_feed(f);
    ensemble_step(e, &event);
}

static void begin_snapshot(struct feed *f, struct link *l)
{
    const struct zab_packet packet = {
        .type = ZAB_SNAP, .zxid = snapsend_zxid(f->snapshot), .data = slice_null()};
    account_sent(f->ensemble->server->stats, packet.type);
    link_send(l, &packet);
    f->has_begun = true;
    struct zab_event event = {.type = ZAB_EV_SNAP_BEGUN,
                              .link = f->to,
                              .zxid = snapsend_zxid(f->snapshot),
                              .is_ok = true};
    ensemble_step(f->ensemble, &event);
}

// The newest file may be older than the snapper knows: others were cut away with the log.
static bool is_too_old(struct feed *f)
{
    if (f->has_begun || snapsend_zxid(f->snapshot) >= f->least_zxid) {
        return false;
    }
    f->ensemble->server->snapper.last_zxid = snapsend_zxid(f->snapshot);
    snapsend_close(f->snapshot);
    f->snapshot = NULL;
    f->is_waiting = true;
    return true;
}

static void snapshot_read(struct feed *f)
{
    struct ensemble *e = f->ensemble;
    zab_link to = f->to;
    struct link *l = links_find(&e->links, to);
    if (f->err != ERR_OK || l == NULL) {
        snapshot_ended(f, false);
        return;
    }
    if (is_too_old(f)) {
        return;
    }
    if (!f->has_begun) {
        begin_snapshot(f, l);
        if (find(e, to) != f) {
            return; // zab/ has closed the link
        }
    }
    link_write(l, buf_slice(&f->bytes));
    if (f->is_last) {
        snapshot_ended(f, true);
    } else if (link_has_room(l)) {
        next(f);
    }
}

// What a learner has logged it must not lose: an older snapshot would take it away, and the rest
// may never come. So one is written that is new enough.
static void look_for_snapshot(struct feed *f)
{
    struct server *s = f->ensemble->server;
    struct snapper *sn = &s->snapper;
    if (sn->last_zxid >= f->least_zxid) {
        f->is_waiting = false;
        next(f);
    } else if (sn->state == SNAPPER_IDLE && f->has_asked && sn->has_failed) {
        snapshot_ended(f, false);
    } else if (sn->state == SNAPPER_IDLE && tree_last_zxid(s->tree) >= f->least_zxid) {
        f->has_asked = true;
        snapper_start(sn);
    }
}

void ensemble_feed_wait(struct ensemble *e)
{
    LIST_FOREACH_SAFE (it, tmp, &e->feeds) {
        struct feed *f = CONTAINER_OF(it, struct feed, link);
        if (f->is_waiting && !f->is_gone) {
            look_for_snapshot(f);
        }
    }
}

void ensemble_feed_snapshot(struct ensemble *e, zab_link link, int64_t least_zxid)
{
    ensemble_feed_stop(e, link);
    struct feed *f = make(e, link);
    f->is_snapshot = true;
    f->work = read_snapshot;
    f->told = snapshot_read;
    f->least_zxid = least_zxid;
    f->is_waiting = true; // until the end of the turn at most, when there is one
}

bool ensemble_feed_room(struct ensemble *e, zab_link link)
{
    struct feed *f = find(e, link);
    if (f == NULL || !f->is_snapshot) {
        return false;
    }
    if (!f->is_busy && !f->is_waiting) {
        next(f);
    }
    return true;
}

// ---- records ----

static enum err open_log(struct feed *f)
{
    struct server *s = f->ensemble->server;
    const struct logchunk_options options = {
        .record_bytes_max = s->string_max,
        .snapshot_size_factor = s->config->snapshot_size_factor,
        .is_standing = !f->is_first,
    };
    return logchunk_open(s->datadir, f->after, f->durable, &options, &f->log, &f->at, &f->error);
}

// What is not durable yet is not read; zab/ asks again for the rest.
static enum err read_log(struct feed *f)
{
    enum err err = f->log == NULL ? open_log(f) : ERR_OK;
    int64_t up_to = f->up_to < f->durable ? f->up_to : f->durable;
    return err == ERR_OK ? logchunk_next(f->log, up_to, LOG_CHUNK_BYTES, &f->records, &f->error)
                         : err;
}

static void log_read(struct feed *f)
{
    struct ensemble *e = f->ensemble;
    struct zab_event event = {
        .type = ZAB_EV_LOG_READ, .link = f->to, .zxid = -1, .is_ok = f->err == ERR_OK};
    if (f->err != ERR_OK) {
        free_feed(f);
        ensemble_step(e, &event);
        return;
    }
    struct zab_record *records = mem_alloc((f->records.count + 1) * sizeof(*records));
    for (size_t i = 0; i < f->records.count; i++) {
        const struct logchunk_record *r = &f->records.records[i];
        records[i] = (struct zab_record){.zxid = r->zxid, .txn = r->txn};
    }
    event.zxid = f->at;
    event.is_end = f->records.is_end;
    event.records = records;
    event.record_count = f->records.count;
    f->given = event.record_count > 0 ? records[event.record_count - 1].zxid : f->given;
    f->is_told = true;
    ensemble_step(e, &event);
    mem_free(records);
    f->is_told = false;
    if (f->is_gone) {
        free_feed(f);
    } else if (f->wants_next) {
        f->wants_next = false;
        next(f);
    }
}

// The reader goes on where it stands; for another place it is opened anew.
void ensemble_feed_log(struct ensemble *e, const struct zab_effect *effect)
{
    struct feed *f = make(e, effect->link);
    if (f->is_snapshot || (!f->is_told && f->log != NULL && f->given != effect->zxid)) {
        ensemble_feed_stop(e, effect->link);
        f = make(e, effect->link);
    }
    f->work = read_log;
    f->told = log_read;
    f->after = effect->zxid;
    f->up_to = effect->zxid_end;
    f->is_first = effect->is_first;
    f->durable = e->logged_zxid;
    if (f->log == NULL) {
        f->given = effect->zxid;
    }
    if (f->is_told) {
        f->wants_next = true;
    } else {
        next(f);
    }
}
