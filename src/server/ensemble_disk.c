// SPDX-License-Identifier: Apache-2.0
//
// What a member keeps on disk beside the log, done by a worker of its own: epochs, the cut behind a
// zxid, a leader's tree in place of ours. Each is one job; its end is an event for zab/.
#include "base/assert.h"
#include "base/mem.h"
#include "server/ensemble_priv.h"
#include "store/healing.h"
#include "store/install.h"
#include "store/snapsave.h"

// Jobs of one ensemble run one after the other; each lives until its end is told.
struct disk_job {
    struct port_job job;
    struct list link; // of ensemble.jobs
    struct ensemble *ensemble;
    enum err (*work)(struct disk_job *j);
    void (*told)(struct disk_job *j);
    enum err err;
    struct store_error error;
    enum datadir_epoch which;
    struct epochs epochs; // with the one to be saved
    bool ends_healing;    // nothing is missing here once it is saved
    int64_t zxid;
    uint64_t hash_seed;
    zab_link link_id;      // whose snapshot it is
    struct snapload *load; // of that snapshot
    struct tree *tree;     // made by the job
    struct port_timer wait;
};

enum { QUIET_MS = 1 }; // between two looks whether the snapshot worker is done

static void job_run(struct port_job *job)
{
    struct disk_job *j = CONTAINER_OF(job, struct disk_job, job);
    j->err = j->work(j);
}

static void log_failure(const struct disk_job *j)
{
    struct log_line l;
    if (log_begin(&l, j->ensemble->server->log, EVENT_ENSEMBLE_DISK_FAILED)) {
        log_str(&l, "error", j->error.text);
        log_end(&l);
    }
}

static void free_job(struct disk_job *j)
{
    snapload_free(j->load);
    tree_free(j->tree);
    mem_free(j);
}

static void job_done(struct port_job *job)
{
    struct disk_job *j = CONTAINER_OF(job, struct disk_job, job);
    struct ensemble *e = j->ensemble;
    server_take_time(e->server);
    list_remove(&j->link);
    if (j->err != ERR_OK) {
        log_failure(j);
    }
    j->told(j);
    free_job(j);
    ensemble_settle(e);
}

static void submit(struct ensemble *e, struct disk_job *j)
{
    j->job = (struct port_job){.run = job_run, .done = job_done};
    j->ensemble = e;
    list_push_back(&e->jobs, &j->link);
    e->worker->submit(e->worker, &j->job);
}

static void on_quiet_time(struct port_timer *timer)
{
    struct disk_job *j = CONTAINER_OF(timer, struct disk_job, wait);
    struct ensemble *e = j->ensemble;
    struct port_loop *loop = e->server->options.loop;
    if (e->server->snapper.state == SNAPPER_IDLE) {
        e->worker->submit(e->worker, &j->job);
    } else {
        loop->timer_start(loop, &j->wait, QUIET_MS);
    }
}

// The job replaces the history: a snapshot of the present one, of which the last bytes are still
// being written, must not get its name behind the job's back.
static void submit_alone(struct ensemble *e, struct disk_job *j)
{
    j->job = (struct port_job){.run = job_run, .done = job_done};
    j->wait = (struct port_timer){.fire = on_quiet_time};
    j->ensemble = e;
    list_push_back(&e->jobs, &j->link);
    snapper_give_up(&e->server->snapper);
    on_quiet_time(&j->wait);
}

void ensemble_disk_close(struct ensemble *e)
{
    ensemble_load_stop(e);
    struct port_loop *loop = e->server->options.loop;
    while (!list_is_empty(&e->jobs)) {
        struct disk_job *j = CONTAINER_OF(e->jobs.next, struct disk_job, link);
        loop->timer_stop(loop, &j->wait);
        list_remove(&j->link);
        free_job(j);
    }
}

// ---- epochs ----

static enum err save_epoch(struct disk_job *j)
{
    struct datadir *d = j->ensemble->server->datadir;
    enum err err = epochs_save(d, &j->epochs, j->which, &j->error);
    return err == ERR_OK && j->ends_healing ? healing_done(d, &j->error) : err;
}

static void epoch_saved(struct disk_job *j)
{
    if (j->err == ERR_OK) {
        j->ensemble->epochs = j->epochs;
        j->ensemble->lacks_history = j->ensemble->lacks_history && !j->ends_healing;
    }
    struct zab_event event = {.type = ZAB_EV_EPOCH_SAVED, .is_ok = j->err == ERR_OK};
    ensemble_step(j->ensemble, &event);
}

// zab/ saves one epoch at a time, so `epochs` is up to date.
void ensemble_save_epoch(struct ensemble *e, enum datadir_epoch which, int64_t epoch)
{
    struct disk_job *j = mem_zalloc(sizeof(*j));
    *j = (struct disk_job){
        .work = save_epoch, .told = epoch_saved, .which = which, .epochs = e->epochs};
    // A learner saves it when the leader's history is durable here.
    j->ends_healing = which == DATADIR_EPOCH_CURRENT && zab_role(e->zab) != ZAB_LEADING;
    if (which == DATADIR_EPOCH_ACCEPTED) {
        j->epochs.accepted = epoch;
    } else {
        j->epochs.current = epoch;
    }
    submit(e, j);
}

// ---- another history ----

static void replace_tree(struct disk_job *j)
{
    struct pipeline *pl = &j->ensemble->server->pipeline;
    if (j->tree != NULL) {
        pipeline_replace_tree(pl, j->tree);
        j->tree = NULL;
        j->ensemble->logged_zxid = tree_last_zxid(j->ensemble->server->tree);
    }
    pipeline_resume_log(pl);
}

static void history_replaced(struct disk_job *j, enum zab_event_type type)
{
    replace_tree(j);
    struct zab_event event = {
        .type = type, .zxid = tree_last_zxid(j->ensemble->server->tree), .is_ok = j->err == ERR_OK};
    ensemble_step(j->ensemble, &event);
}

static enum err truncate_log(struct disk_job *j)
{
    struct server *s = j->ensemble->server;
    struct recover_options options;
    server_recover_options(s, j->hash_seed, &options);
    enum err err = install_truncated(s->datadir, j->zxid, s->options.clock, &options, NULL, NULL,
                                     &j->tree, &j->error);
    if (err == ERR_OK || store_is_of_system(err)) {
        return err; // what the disk does not do now says nothing about our log
    }
    // Our log is not what the leader believes; its snapshot will be.
    struct store_error second = {0};
    enum err marked = healing_begin(s->datadir, j->error.text, &second);
    if (marked != ERR_OK) {
        j->error = second;
    }
    return err;
}

static void release(const struct disk_job *j)
{
    struct link *l = links_find(&j->ensemble->links, j->link_id);
    if (l != NULL) {
        link_release(l);
    }
}

static void truncated(struct disk_job *j)
{
    release(j);
    j->ensemble->lacks_history = j->ensemble->lacks_history || j->err != ERR_OK;
    history_replaced(j, ZAB_EV_TRUNCATED);
}

void ensemble_truncate(struct ensemble *e, int64_t zxid)
{
    struct disk_job *j = mem_zalloc(sizeof(*j));
    *j = (struct disk_job){.work = truncate_log,
                           .told = truncated,
                           .zxid = zxid,
                           .link_id = zab_leader_link(e->zab),
                           .hash_seed = entropy_next(e->server->options.entropy)};
    struct link *l = links_find(&e->links, j->link_id);
    if (l != NULL) {
        link_hold(l);
    }
    pipeline_pause_log(&e->server->pipeline);
    submit_alone(e, j);
}

// ---- a snapshot that comes ----

void ensemble_load(struct ensemble *e, zab_link link, int64_t zxid)
{
    struct server *s = e->server;
    ASSERT(e->load == NULL);
    struct recover_options options;
    server_recover_options(s, entropy_next(s->options.entropy), &options);
    e->load = snapload_new(&options.tree, s->string_max);
    e->load_link = link;
    e->load_zxid = zxid;
    struct link *l = links_find(&e->links, link);
    if (l != NULL) {
        link_set_raw(l, true);
    }
}

void ensemble_load_stop(struct ensemble *e)
{
    snapload_free(e->load);
    e->load = NULL;
    e->load_link = 0;
}

static enum err install(struct disk_job *j)
{
    struct server *s = j->ensemble->server;
    enum err err = snapload_take_tree(j->load, j->zxid, &j->tree, &j->error);
    if (err != ERR_OK) {
        return err;
    }
    const struct snapsave_options options = {
        .method = names_method_parse(s->config->snapshot_compression_method),
        .parts = {.with_digest = s->config->digest_enabled,
                  .with_last_zxid = s->config->serialize_last_processed_zxid},
    };
    return install_tree(s->datadir, j->tree, &options, &j->error);
}

static void installed(struct disk_job *j)
{
    struct ensemble *e = j->ensemble;
    if (j->err != ERR_OK) {
        tree_free(j->tree);
        j->tree = NULL;
        // Which history is on disk now, only a recovery can tell.
        server_fail(e->server, SERVER_EXIT_UNEXPECTED);
        return;
    }
    release(j);
    history_replaced(j, ZAB_EV_SNAP_LOADED);
}

static void begin_install(struct ensemble *e, struct link *l)
{
    struct disk_job *j = mem_zalloc(sizeof(*j));
    *j = (struct disk_job){.work = install,
                           .told = installed,
                           .load = e->load,
                           .zxid = e->load_zxid,
                           .link_id = e->load_link};
    e->load = NULL;
    e->load_link = 0;
    link_set_raw(l, false);
    link_hold(l);
    pipeline_pause_log(&e->server->pipeline);
    submit_alone(e, j);
}

static void load_failed(struct ensemble *e, const char *text)
{
    struct log_line line;
    if (log_begin(&line, e->server->log, EVENT_ENSEMBLE_DISK_FAILED)) {
        log_str(&line, "error", text);
        log_end(&line);
    }
    ensemble_load_stop(e);
    struct zab_event event = {.type = ZAB_EV_SNAP_LOADED, .is_ok = false};
    ensemble_step(e, &event);
}

void ensemble_load_bytes(struct ensemble *e, struct slice bytes, size_t *ret_used, bool *ret_done)
{
    struct store_error error = {0};
    struct link *l = links_find(&e->links, e->load_link);
    *ret_used = 0;
    *ret_done = false;
    enum err err = snapload_feed(e->load, bytes, ret_used, ret_done, &error);
    if (err != ERR_OK) {
        load_failed(e, error.text);
    } else if (*ret_done) {
        begin_install(e, l);
    }
}
