// SPDX-License-Identifier: Apache-2.0
//
// The members' life, and time.
#include "tests/script/world.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "zab/core.h"

enum {
    ROUNDS_MAX = 20000, // of deliveries, without time passing
    EXIT_NO_SYNC = 13,  // the log could not be cut as the leader said
};

void world_init(struct world *w)
{
    *w = (struct world){.now_ms = 0, .read_max = 3};
    w->options = (struct zab_options){
        .tick_ms = WORLD_TICK_MS,
        .init_limit = 10,
        .sync_limit = 5,
        .reconfig_enabled = true,
        .log_sync_enabled = true,
        .notification_min_ms = 200,
        .notification_max_ms = 60000,
        .finalize_wait_ms = 200,
        .history_count = 100,
        .history_bytes = 1 << 20,
        .snap_syncs_max = 10,
        .diff_syncs_max = 100,
        .seed = 1,
    };
    for (int64_t sid = 0; sid < WORLD_SIDS; sid++) {
        w->members[sid] = (struct member){.world = w, .sid = sid, .next_link = 1};
    }
}

static void kill_process(struct member *m)
{
    zab_free(m->zab);
    m->zab = NULL;
    zab_effects_fini(&m->effects);
    for (size_t i = 0; i < m->job_count; i++) {
        records_fini(&m->job_records[i]);
    }
    m->job_count = 0;
    m->is_up = false;
    m->is_listening = false;
    m->next_zxid = 0;
    m->is_paused = false;
    m->sync_count = 0;
    m->syncs_done = 0;
    buf_fini(&m->requests);
}

void world_fini(struct world *w)
{
    for (int64_t sid = 0; sid < WORLD_SIDS; sid++) {
        struct member *m = &w->members[sid];
        if (m->is_listed) {
            network_crash(w, sid, true);
            kill_process(m);
            disk_fini(&m->disk);
        }
        records_fini(&m->tree);
        records_fini(&m->unapplied);
        mem_free(m->jobs);
        mem_free(m->job_records);
    }
    network_forget_closed(w);
    mem_free(w->wires);
    records_fini(&w->committed);
    arena_fini(&w->arena);
    buf_fini(&w->config);
    buf_fini(&w->trace);
    buf_fini(&w->evidence);
}

struct member *world_member(struct world *w, int64_t sid)
{
    ASSERT(sid >= 0);
    ASSERT(sid < WORLD_SIDS);
    return &w->members[sid];
}

void world_add(struct world *w, int64_t sid)
{
    struct member *m = world_member(w, sid);
    ASSERT(!m->is_listed);
    m->is_listed = true;
    disk_init(&m->disk, buf_slice(&w->config));
}

static void parse(const struct buf *text, struct config_servers *ret)
{
    struct buf complaint = {0};
    config_servers_init(ret);
    ASSERT(config_servers_parse(buf_slice(text), ret, &complaint) == ERR_OK);
    buf_fini(&complaint);
}

// Where a crash left transactions of an epoch in the log before currentEpoch was saved, the log is
// right: they were committed, and came behind everything older.
static struct zab_recovered recover(struct member *m)
{
    m->tree_zxid = disk_recover(&m->disk, &m->tree);
    m->unapplied.count = 0;
    m->logged = m->tree_zxid;
    m->committed = 0;
    int64_t epoch = zab_epoch_of(m->tree_zxid);
    if (epoch > m->disk.current_epoch) {
        m->disk.current_epoch = epoch;
    }
    return (struct zab_recovered){.accepted_epoch = m->disk.accepted_epoch,
                                  .current_epoch = m->disk.current_epoch,
                                  .last_zxid = m->tree_zxid};
}

void world_start(struct world *w, int64_t sid)
{
    struct member *m = world_member(w, sid);
    struct config_servers committed;
    struct config_servers seen;
    ASSERT(m->is_listed);
    if (m->is_up) {
        return;
    }
    if (m->exit_code == EXIT_NO_SYNC) {
        disk_forget(&m->disk);
    }
    parse(&m->disk.committed, &committed);
    parse(&m->disk.seen, &seen);
    struct zab_recovered recovered = recover(m);
    struct zab_options options = w->options;
    options.sid = sid;
    options.seed = w->options.seed + (uint64_t)sid;
    m->exit_code = 0;
    m->is_up = true;
    m->zab = zab_new(&options, &recovered, &committed, &seen);
    zab_effects_init(&m->effects);
    for (size_t i = 0; i < m->disk.log.count; i++) {
        zab_remember(m->zab, m->disk.log.items[i].zxid, m->disk.log.items[i].txn);
    }
    config_servers_fini(&committed);
    config_servers_fini(&seen);
    member_step(m, (struct zab_event){.type = ZAB_EV_START});
}

void world_crash(struct world *w, int64_t sid, bool loses_mail)
{
    struct member *m = world_member(w, sid);
    if (m->is_up) {
        network_crash(w, sid, loses_mail);
        disk_crash(&m->disk);
        kill_process(m);
    }
}

void world_wipe(struct world *w, int64_t sid)
{
    struct member *m = world_member(w, sid);
    world_crash(w, sid, true);
    disk_fini(&m->disk);
    disk_init(&m->disk, buf_slice(&w->config));
}

bool world_step_once(struct world *w)
{
    bool has_moved = false;
    for (int64_t sid = 0; sid < WORLD_SIDS; sid++) {
        has_moved |= member_finish_job(&w->members[sid]);
        has_moved |= member_work(&w->members[sid], true);
    }
    for (size_t i = 0; i < w->wire_count; i++) {
        has_moved |= network_deliver_wire(w, w->wires[i], 0);
        has_moved |= network_deliver_wire(w, w->wires[i], 1);
    }
    for (int64_t from = 0; from < WORLD_SIDS; from++) {
        for (int64_t to = 0; to < WORLD_SIDS; to++) {
            has_moved |= network_deliver_mail(w, from, to);
        }
    }
    network_forget_closed(w);
    return has_moved;
}

void world_settle(struct world *w)
{
    int rounds = 0;
    while (world_step_once(w) && rounds < ROUNDS_MAX) {
        rounds++;
    }
    if (rounds == ROUNDS_MAX) {
        judge_fail(w, "they talk without end", world_member(w, 1));
    }
}

// ---- time ----

static bool next_deadline(const struct world *w, int64_t *ret)
{
    bool is_found = false;
    for (int64_t sid = 0; sid < WORLD_SIDS; sid++) {
        int64_t at_ms;
        if (w->members[sid].is_up && zab_deadline_ms(w->members[sid].zab, &at_ms) &&
            (!is_found || at_ms < *ret)) {
            *ret = at_ms;
            is_found = true;
        }
    }
    return is_found;
}

static void ring(struct world *w)
{
    for (int64_t sid = 0; sid < WORLD_SIDS; sid++) {
        struct member *m = &w->members[sid];
        int64_t at_ms;
        if (m->is_up && zab_deadline_ms(m->zab, &at_ms) && at_ms <= w->now_ms) {
            member_step(m, (struct zab_event){.type = ZAB_EV_TIME});
        }
    }
}

static void advance(struct world *w, int64_t ms, bool is_settling)
{
    int64_t end_ms = w->now_ms + ms;
    int64_t at_ms = 0;
    int rings = 0;
    if (is_settling) {
        world_settle(w);
    }
    while (w->verdict == NULL && next_deadline(w, &at_ms) && at_ms <= end_ms) {
        rings = at_ms > w->now_ms ? 0 : rings + 1;
        ASSERT(rings < 1000); // a deadline that does not go away
        w->now_ms = at_ms > w->now_ms ? at_ms : w->now_ms;
        ring(w);
        if (is_settling) {
            world_settle(w);
        }
    }
    w->now_ms = end_ms;
}

void world_pass(struct world *w, int64_t ms)
{
    advance(w, ms, false);
}

void world_run(struct world *w, int64_t ms)
{
    advance(w, ms, true);
}
