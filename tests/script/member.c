// SPDX-License-Identifier: Apache-2.0
//
// The executor of one member: turns effects into jobs, messages and applied transactions, as the
// server does, and tells the judge what counts.
#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "jute/op.h"
#include "tests/script/world.h"
#include "zab/core.h"
#include "zab/notification.h"

enum { REQUEST_HEADER_BYTES = 16 }; // session, cxid, opcode

// ---- applying ----

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Committed, and durable here.
static void apply(struct member *m, int64_t zxid)
{
    size_t n = 0;
    while (n < m->unapplied.count && m->unapplied.items[n].zxid <= zxid) {
        records_add(&m->tree, m->unapplied.items[n++]);
    }
    if (n > 0) {
        int64_t last = m->unapplied.items[n - 1].zxid;
        records_drop_up_to(&m->unapplied, last);
        m->tree_zxid = last;
    }
}

static void append(struct member *m, int64_t zxid, struct slice txn)
{
    struct record r = {.zxid = zxid, .txn = txn};
    records_add(&m->unapplied, r);
    disk_add(&m->disk, (struct disk_job){.type = DISK_APPEND, .record = r});
}

// The tree anew from the disk.
static void rebuild(struct member *m)
{
    m->unapplied.count = 0;
    m->tree_zxid = disk_recover(&m->disk, &m->tree);
    m->logged = m->tree_zxid;
    m->committed = smaller(m->committed, m->tree_zxid);
    m->checked = 0;
}

// ---- jobs of workers ----

static size_t add_job(struct member *m, struct zab_event e)
{
    if (m->job_count == m->job_cap) {
        m->job_cap = m->job_cap == 0 ? 8 : 2 * m->job_cap;
        m->jobs = mem_realloc(m->jobs, m->job_cap * sizeof(m->jobs[0]));
        m->job_records = mem_realloc(m->job_records, m->job_cap * sizeof(m->job_records[0]));
    }
    m->jobs[m->job_count] = e;
    m->job_records[m->job_count] = (struct records){0};
    return m->job_count++;
}

static void drop_jobs(struct member *m)
{
    for (size_t i = 0; i < m->job_count; i++) {
        records_fini(&m->job_records[i]);
    }
    m->job_count = 0;
}

// Of the newest image, or of a new one when that is older than the zxid asked for.
static void send_snapshot(struct member *m, struct zab_event *begun)
{
    if (m->disk.images[m->disk.image_count - 1].zxid < begun->zxid) {
        ASSERT(m->tree_zxid >= begun->zxid);
        disk_take_image(&m->disk, m->tree_zxid, &m->tree);
    }
    const struct image *image = &m->disk.images[m->disk.image_count - 1];
    begun->zxid = image->zxid;
    network_send(m->world, m, begun->link,
                 &(struct zab_packet){.type = ZAB_SNAP, .zxid = image->zxid});
    network_send_stream(m->world, m, begun->link, image);
}

bool member_finish_job(struct member *m)
{
    if (!m->is_up || m->job_count == 0) {
        return false;
    }
    struct zab_event e = m->jobs[0];
    struct records records = m->job_records[0];
    m->job_count--;
    memmove(m->jobs, m->jobs + 1, m->job_count * sizeof(m->jobs[0]));
    memmove(m->job_records, m->job_records + 1, m->job_count * sizeof(records));
    struct zab_record *items = mem_alloc((records.count + 1) * sizeof(*items));
    for (size_t i = 0; i < records.count; i++) {
        items[i] = (struct zab_record){records.items[i].zxid, records.items[i].txn};
    }
    e.records = items;
    e.record_count = records.count;
    if (e.type == ZAB_EV_SNAP_BEGUN) {
        send_snapshot(m, &e);
    }
    member_step(m, e);
    mem_free(items);
    records_fini(&records);
    return true;
}

// ---- effects ----

// Apply what is committed and durable; zab hears of it later.
static void apply_committed(struct member *m)
{
    int64_t before = m->tree_zxid;
    apply(m, smaller(m->committed, m->logged));
    if (m->tree_zxid > before) {
        (void)add_job(m, (struct zab_event){.type = ZAB_EV_APPLIED, .zxid = m->tree_zxid});
    }
}

static void read_log(struct member *m, const struct zab_effect *e)
{
    struct zab_event event;
    struct records found = {0};
    disk_read(&m->disk, e->zxid, e->zxid_end, e->is_first, m->world->read_max, &found, &event);
    event.link = e->link;
    size_t job = add_job(m, event);
    m->job_records[job] = found;
}

static void serve(struct member *m, int64_t zxid)
{
    if (zab_role(m->zab) == ZAB_LEADING) {
        m->next_zxid = zxid + 1;
        m->reconfig_zxid = 0;
        m->tree_zxid = zxid;
        m->committed = zxid;
    }
    judge_serve(m);
}

static void stop_serving(struct member *m)
{
    m->sync_count = 0;
    m->syncs_done = 0;
    m->next_zxid = 0;
    m->is_paused = false;
    buf_clear(&m->requests); // of those that waited
    drop_jobs(m);
    disk_add(&m->disk, (struct disk_job){.type = DISK_SETTLE});
}

static void commit(struct member *m, int64_t zxid)
{
    m->committed = zxid;
    judge_commit(m, zxid);
    apply_committed(m);
}

static void end_process(struct member *m, int code)
{
    world_crash(m->world, m->sid, false);
    m->exit_code = code;
}

static void keep_text(struct buf *place, struct slice text)
{
    buf_clear(place);
    buf_append_slice(place, text);
}

// What a server does with what is not zab's: the requests of learners all write.
static void deliver(struct member *m, const struct zab_effect *e)
{
    if (e->packet.type == ZAB_REQUEST) {
        buf_append_slice(&m->requests, slice_skip(e->packet.data, REQUEST_HEADER_BYTES));
        buf_put_u8(&m->requests, '\0');
    } else if (e->packet.type == ZAB_SYNC) {
        judge_synced(m);
    }
}

static void perform_persist(struct member *m, const struct zab_effect *e)
{
    struct world *w = m->world;
    switch ((int)e->type) {
    case ZAB_DO_SAVE_ACCEPTED:
        disk_add(&m->disk, (struct disk_job){.type = DISK_SAVE_ACCEPTED, .epoch = e->epoch});
        break;
    case ZAB_DO_SAVE_CURRENT:
        disk_add(&m->disk, (struct disk_job){.type = DISK_SAVE_CURRENT, .epoch = e->epoch});
        break;
    case ZAB_DO_APPEND:
        append(m, e->zxid, arena_copy(&w->arena, e->bytes));
        break;
    case ZAB_DO_TRUNCATE:
        network_pause(w, m, zab_leader_link(m->zab), true);
        disk_add(&m->disk, (struct disk_job){.type = DISK_TRUNCATE, .zxid = e->zxid});
        break;
    case ZAB_DO_LOAD_SNAP:
        network_pause(w, m, e->link, true);
        break;
    case ZAB_DO_SEE_CONFIG:
        keep_text(&m->disk.seen, e->config);
        break;
    case ZAB_DO_ACTIVATE_CONFIG:
        keep_text(&m->disk.committed, e->config);
        break;
    }
}

static void perform_send(struct member *m, const struct zab_effect *e)
{
    struct world *w = m->world;
    switch ((int)e->type) {
    case ZAB_DO_NOTIFY:
        network_mail(w, m->sid, e->sid, e->bytes);
        break;
    case ZAB_DO_SEND:
        network_send(w, m, e->link, &e->packet);
        break;
    case ZAB_DO_SEND_SNAP:
        (void)add_job(
            m, (struct zab_event){.type = ZAB_EV_SNAP_BEGUN, .link = e->link, .zxid = e->zxid});
        break;
    case ZAB_DO_READ_LOG:
        read_log(m, e);
        break;
    case ZAB_DO_LISTEN:
        m->is_listening = true;
        break;
    case ZAB_DO_UNLISTEN:
        m->is_listening = false;
        break;
    case ZAB_DO_DIAL:
        network_dial(w, m, e->link, e->sid);
        break;
    case ZAB_DO_CLOSE:
        network_close(w, m, e->link);
        break;
    }
}

static void perform_apply(struct member *m, const struct zab_effect *e)
{
    switch ((int)e->type) {
    case ZAB_DO_COMMIT:
        commit(m, e->zxid);
        break;
    case ZAB_DO_SERVE:
        serve(m, e->zxid);
        break;
    case ZAB_DO_PAUSE:
        m->is_paused = true;
        break;
    case ZAB_DO_RESUME:
        m->is_paused = false;
        break;
    case ZAB_DO_STOP_SERVING:
        stop_serving(m);
        break;
    case ZAB_DO_DELIVER:
        deliver(m, e);
        break;
    case ZAB_DO_SYNCED:
        judge_synced(m);
        break;
    case ZAB_DO_PONG:
        network_send(
            m->world, m, e->link,
            &(struct zab_packet){.type = ZAB_PING, .zxid = e->packet.zxid, .data = slice_str("")});
        break;
    case ZAB_DO_EXIT:
        end_process(m, e->code);
        break;
    }
}

// The three sorts of effect.h, in its order.
static void perform(struct member *m, const struct zab_effect *e)
{
    if (e->type <= ZAB_DO_ACTIVATE_CONFIG) {
        perform_persist(m, e);
    } else if (e->type <= ZAB_DO_UNLISTEN) {
        perform_send(m, e);
    } else {
        perform_apply(m, e);
    }
}

// ---- traces ----

static bool is_worth_a_line(const struct zab_effect *e)
{
    bool is_ping = e->type == ZAB_DO_SEND && e->packet.type == ZAB_PING;
    bool is_touch = e->type == ZAB_DO_DELIVER && e->packet.type == ZAB_PING;
    return e->type != ZAB_DO_NOTIFY && e->type != ZAB_DO_PONG && e->type != ZAB_DO_NOTE &&
           !is_ping && !is_touch;
}

static void print_vote(struct slice bytes, struct buf *to)
{
    struct notification n;
    if (notification_decode(bytes, &n) == ERR_OK) {
        buf_printf(to,
                   ": %s, for %" PRId64 " with 0x%" PRIx64 " of epoch %" PRId64 ", round %" PRId64,
                   zab_role_name(n.vote.state), n.vote.leader, (uint64_t)n.vote.zxid,
                   n.vote.peer_epoch, n.vote.election_epoch);
    }
}

static void print_effect(struct member *m, const struct zab_effect *e)
{
    struct buf *to = &m->world->trace;
    if (m->world->is_quiet || (!is_worth_a_line(e) && !m->world->shows_all)) {
        return;
    }
    buf_printf(to, "%6" PRId64 "  %" PRId64 "  ", m->world->now_ms, m->sid);
    zab_effect_print(e, to);
    if (e->type == ZAB_DO_NOTIFY) {
        print_vote(e->bytes, to);
    }
    buf_append_str(to, "\n");
}

// ---- events ----

// What is durable, before zab hears of it.
static void take_event(struct member *m, struct zab_event *e)
{
    if (e->type == ZAB_EV_LOGGED) {
        m->logged = e->zxid;
        apply_committed(m);
    } else if (e->type == ZAB_EV_TRUNCATED || e->type == ZAB_EV_SNAP_LOADED) {
        e->link = zab_leader_link(m->zab);
        network_pause(m->world, m, e->link, false);
        rebuild(m);
    } else if (e->type == ZAB_EV_SETTLED) {
        apply(m, INT64_MAX);
        e->zxid = m->tree_zxid;
    }
}

static void propose_requests(struct member *m)
{
    if (m->is_paused) {
        return;
    }
    struct buf texts = m->requests;
    m->requests = (struct buf){0};
    for (size_t at = 0; at < texts.len; at += strlen((const char *)texts.data + at) + 1) {
        member_propose(m, (const char *)texts.data + at, NULL);
    }
    buf_fini(&texts);
}

void member_step(struct member *m, struct zab_event e)
{
    struct zab_effects effects = m->effects; // an effect may end the process, and the list with it
    if (!m->is_up) {
        return;
    }
    e.now_ms = m->world->now_ms;
    m->effects = (struct zab_effects){0};
    zab_step(m->zab, &e, &effects);
    for (size_t i = 0; i < effects.count && m->is_up; i++) {
        print_effect(m, &effects.items[i]);
        perform(m, &effects.items[i]);
    }
    zab_effects_clear(&effects);
    if (m->is_up && m->effects.cap == 0) {
        m->effects = effects;
    } else {
        zab_effects_fini(&effects);
    }
    if (m->is_up) {
        propose_requests(m);
    }
}

bool member_work(struct member *m, bool is_told)
{
    struct zab_event e;
    if (!m->is_up || m->disk.job_count == 0 || (m->disk.is_held && is_told)) {
        return false;
    }
    (void)disk_work(&m->disk, &e);
    if (is_told) {
        take_event(m, &e);
        member_step(m, e);
    }
    return true;
}

void member_take_stream(struct member *m, zab_link link, struct image *image)
{
    (void)link;
    disk_add(&m->disk, (struct disk_job){.type = DISK_INSTALL, .image = *image});
    *image = (struct image){0};
}

// ---- wishes of clients ----

static void forward(struct member *m, int32_t opcode, const char *body)
{
    struct buf data = {0};
    buf_put_i64(&data, 1);
    buf_put_i32(&data, 1);
    buf_put_i32(&data, opcode);
    buf_append_str(&data, body);
    network_send(m->world, m, zab_leader_link(m->zab),
                 &(struct zab_packet){.type = ZAB_REQUEST, .zxid = -1, .data = buf_slice(&data)});
    buf_fini(&data);
}

void member_propose(struct member *m, const char *text, const char *config)
{
    if (m->is_up && zab_is_serving(m->zab) && zab_role(m->zab) != ZAB_LEADING) {
        forward(m, OP_SET_DATA, text);
        return;
    }
    if (!m->is_up || m->next_zxid == 0 || m->is_paused) {
        return;
    }
    if ((uint32_t)m->next_zxid == UINT32_MAX) {
        member_step(m, (struct zab_event){.type = ZAB_EV_FAILED}); // a new epoch is needed
        return;
    }
    int64_t zxid = m->next_zxid++;
    struct buf with_version = {0};
    if (config != NULL) {
        buf_printf(&with_version, "%sversion=%" PRIx64, config, (uint64_t)zxid);
        text = buf_cstr(&with_version);
    }
    struct slice txn = record_txn(&m->world->arena, zxid, text, config != NULL);
    struct zab_event e = {.type = ZAB_EV_PROPOSE, .zxid = zxid, .bytes = txn};
    e.config = config != NULL ? slice_str(text) : slice_null();
    m->reconfig_zxid = config != NULL ? zxid : m->reconfig_zxid;
    append(m, zxid, txn);
    member_step(m, e);
    buf_fini(&with_version);
}

void member_sync(struct member *m)
{
    if (!m->is_up || !zab_is_serving(m->zab) || m->sync_count == WORLD_SYNCS) {
        return;
    }
    m->sync_marks[m->sync_count++] = judge_committed_now(m);
    if (zab_role(m->zab) == ZAB_LEADING) {
        member_step(m, (struct zab_event){.type = ZAB_EV_SYNC, .token = m->sync_count});
    } else {
        forward(m, OP_SYNC, "");
    }
}
