// SPDX-License-Identifier: Apache-2.0
//
// What may happen, with how much weight. Trouble is more likely in some runs than in others: each
// run draws its own weights.
#include "tests/script/chaos.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/prng.h"
#include "zab/core.h"

enum { STEPS = 1500, HEAL_ROUNDS = 60, HEAL_MS = 1000 };

struct chaos {
    struct world world;
    struct prng prng;
    int64_t sids; // servers 1 to this one
    int64_t voters;
    int proposals;
    struct chaos_count count;
    unsigned weights[20];
};

static int64_t below(struct chaos *c, int64_t bound)
{
    return (int64_t)prng_below(&c->prng, (uint64_t)bound);
}

static struct member *any(struct chaos *c)
{
    return world_member(&c->world, 1 + below(c, c->sids));
}

// ---- what happens ----

static void deliver_link(struct chaos *c)
{
    struct world *w = &c->world;
    if (w->wire_count > 0) {
        struct wire *wire = w->wires[below(c, (int64_t)w->wire_count)];
        int end = (int)below(c, 2);
        for (int64_t n = 1 + below(c, 6); n > 0 && network_deliver_wire(w, wire, end); n--) {
        }
        network_forget_closed(w);
    }
}

static void deliver_mail(struct chaos *c)
{
    for (int i = 0; i < 4; i++) {
        (void)network_deliver_mail(&c->world, any(c)->sid, any(c)->sid);
    }
}

static void work(struct chaos *c)
{
    struct member *m = any(c);
    for (int64_t n = 1 + below(c, 6); n > 0 && member_work(m, true); n--) {
    }
    (void)member_finish_job(m);
}

static void time_passes(struct chaos *c)
{
    world_pass(&c->world, 1 + below(c, below(c, 8) == 0 ? 400 : 40));
}

static void runs_well(struct chaos *c)
{
    world_run(&c->world, 1 + below(c, 300));
}

static void crash(struct chaos *c)
{
    struct member *m = any(c);
    if (!m->is_up) {
        return;
    }
    c->count.crashes++;
    for (int64_t n = below(c, 3); n > 0 && m->disk.job_count > 0; n--) {
        (void)member_work(m, false); // it reached the disk, and nobody heard
    }
    world_crash(&c->world, m->sid, below(c, 2) == 0);
}

static void start(struct chaos *c)
{
    world_start(&c->world, any(c)->sid);
}

static void cut(struct chaos *c)
{
    int64_t a = any(c)->sid;
    int64_t b = any(c)->sid;
    if (a != b) {
        c->world.is_cut[a][b] = true;
        c->world.is_cut[b][a] = true;
    }
}

static void isolate(struct chaos *c)
{
    int64_t a = any(c)->sid;
    for (int64_t b = 1; b <= c->sids; b++) {
        c->world.is_cut[a][b] = a != b;
        c->world.is_cut[b][a] = a != b;
    }
}

static void heal(struct chaos *c)
{
    int64_t a = any(c)->sid;
    for (int64_t b = 1; b <= c->sids; b++) {
        network_heal(&c->world, a, b);
    }
}

static void break_link(struct chaos *c)
{
    network_break(&c->world, any(c)->sid, any(c)->sid);
}

static void propose(struct chaos *c)
{
    struct member *m = any(c);
    for (int64_t n = 1 + below(c, 5); n > 0; n--) {
        struct buf text = {0};
        buf_printf(&text, "t%d", c->proposals++);
        member_propose(m, buf_cstr(&text), NULL);
        buf_fini(&text);
    }
}

static void sync(struct chaos *c)
{
    c->count.syncs++;
    member_sync(any(c));
}

// Whether an image holds nothing but what was committed: no leader can ask to cut behind it.
static bool is_committed(const struct chaos *c, const struct image *image)
{
    const struct records *all = &c->world.committed;
    for (size_t i = 0; i < image->records.count; i++) {
        if (i >= all->count || !record_equal(&image->records.items[i], &all->items[i])) {
            return false;
        }
    }
    return true;
}

static void take_image(struct chaos *c)
{
    struct member *m = any(c);
    const struct disk *d = &m->disk;
    if (m->is_up) {
        disk_take_image(&m->disk, m->tree_zxid, &m->tree);
    }
    if (below(c, 3) == 0 && is_committed(c, &d->images[d->image_count - 1])) {
        disk_purge(&m->disk, d->images[d->image_count - 1].zxid);
    }
}

static void fails(struct chaos *c)
{
    member_step(any(c), (struct zab_event){.type = ZAB_EV_FAILED});
}

static void hand_over(struct chaos *c)
{
    struct member *m = any(c);
    int64_t to = below(c, 2) == 0 ? any(c)->sid : -1;
    bool is_possible = m->is_up && zab_refuses_handover(m->zab, to) == NULL;
    c->count.handovers += is_possible ? 1 : 0;
    member_step(m, (struct zab_event){.type = ZAB_EV_HAND_OVER, .sid = to});
}

// The write path of a server asks before it proposes: a quorum of the new configuration follows,
// and no other reconfiguration is under way.
static bool may_propose(struct member *m, const char *members)
{
    struct zab_follower followers[WORLD_SIDS];
    struct config_servers config;
    struct quorum quorum;
    struct quorum_set set = {0};
    struct buf complaint = {0};
    config_servers_init(&config);
    ASSERT(config_servers_parse(slice_str(members), &config, &complaint) == ERR_OK);
    ASSERT(quorum_init_config(&quorum, &config) == ERR_OK);
    quorum_add(&quorum, &set, m->sid);
    size_t count = zab_followers(m->zab, followers, WORLD_SIDS);
    for (size_t i = 0; i < count; i++) {
        if (followers[i].is_synced && followers[i].is_forwarding) {
            quorum_add(&quorum, &set, followers[i].sid);
        }
    }
    config_servers_fini(&config);
    buf_fini(&complaint);
    return quorum_is_reached(&quorum, set);
}

static void reconfigure(struct chaos *c)
{
    struct member *m = any(c);
    if (!m->is_up || m->next_zxid == 0 || m->reconfig_zxid > m->committed ||
        zab_seen_config(m->zab)->version != zab_committed_config(m->zab)->version) {
        return;
    }
    struct buf members = {0};
    int64_t voters = 0;
    for (int64_t sid = 1; sid <= c->sids; sid++) {
        int64_t kind = below(c, 4);
        bool votes = kind < 2 || c->sids - sid < 2 - voters;
        voters += votes ? 1 : 0;
        if (votes || kind == 2) {
            buf_printf(&members, "server.%" PRId64 "=h%" PRId64 ":2888:3888:%s\n", sid, sid,
                       votes ? "participant" : "observer");
        }
    }
    if (may_propose(m, buf_cstr(&members))) {
        c->count.reconfigs++;
        member_propose(m, NULL, buf_cstr(&members));
    }
    buf_fini(&members);
}

static const struct {
    void (*happen)(struct chaos *c);
    unsigned weight; // at most, in a run; 0 in a quarter of the runs for those that are trouble
    bool is_trouble;
} HAPPENINGS[] = {
    {deliver_link, 60, false}, {deliver_mail, 30, false},
    {work, 30, false},         {time_passes, 10, false},
    {runs_well, 6, false},     {propose, 10, false},
    {start, 8, false},         {heal, 5, false},
    {crash, 6, true},          {cut, 5, true},
    {isolate, 3, true},        {break_link, 4, true},
    {sync, 4, true},           {take_image, 5, true},
    {fails, 2, true},          {reconfigure, 2, true},
    {hand_over, 5, true},
};
enum { HAPPENINGS_COUNT = sizeof(HAPPENINGS) / sizeof(HAPPENINGS[0]) };

// ---- a run ----

static void print_servers(struct chaos *c, struct buf *to)
{
    for (int64_t sid = 1; sid <= c->sids; sid++) {
        buf_printf(to, "server.%" PRId64 "=h%" PRId64 ":2888:3888:%s\n", sid, sid,
                   sid <= c->voters ? "participant" : "observer");
    }
    if (c->voters == 5 && below(c, 3) == 0) {
        buf_append_str(to, "group.1=1:2\ngroup.2=3:4\ngroup.3=5\n");
    }
    buf_append_str(to, "version=0");
}

static void draw(struct chaos *c)
{
    struct world *w = &c->world;
    c->voters = below(c, 3) == 0 ? 5 : below(c, 8) == 0 ? 1 + below(c, 4) : 3;
    c->sids = c->voters + below(c, 3);
    w->options.seed = prng_next(&c->prng);
    w->options.history_count = below(c, 2) == 0 ? 100 : (size_t)below(c, 5);
    w->options.reconfig_enabled = below(c, 4) != 0;
    w->options.force_snapshot_sync = below(c, 10) == 0;
    w->options.observer_election_delay_ms = below(c, 2) * 200;
    w->read_max = (size_t)(1 + below(c, 4));
    for (size_t i = 0; i < HAPPENINGS_COUNT; i++) {
        bool is_spared = HAPPENINGS[i].is_trouble && below(c, 4) == 0;
        c->weights[i] = is_spared ? 0 : 1 + (unsigned)below(c, HAPPENINGS[i].weight);
    }
    print_servers(c, &w->config);
    for (int64_t sid = 1; sid <= c->sids; sid++) {
        world_add(w, sid);
        world_start(w, sid);
    }
}

static void happen(struct chaos *c)
{
    unsigned total = 0;
    for (size_t i = 0; i < HAPPENINGS_COUNT; i++) {
        total += c->weights[i];
    }
    unsigned at = (unsigned)below(c, total);
    size_t i = 0;
    for (; at >= c->weights[i]; i++) {
        at -= c->weights[i];
    }
    HAPPENINGS[i].happen(c);
}

static bool is_whole(struct chaos *c, size_t committed_before)
{
    struct world *w = &c->world;
    if (w->committed.count <= committed_before) {
        return false;
    }
    for (int64_t sid = 1; sid <= c->sids; sid++) {
        struct member *m = world_member(w, sid);
        if (!m->is_up || !zab_is_serving(m->zab) || !judge_tree_is_whole(m)) {
            return false;
        }
    }
    return true;
}

static void describe(struct member *m, struct buf *to)
{
    if (!m->is_up) {
        buf_printf(to, "\n  %" PRId64 ": exit %d", m->sid, m->exit_code);
        return;
    }
    buf_printf(to,
               "\n  %" PRId64 ": %s%s of %" PRId64 ", tree 0x%" PRIx64 " (%zu), "
               "configurations %" PRIx64 " %" PRIx64 ", epochs %" PRId64 " %" PRId64 "%s",
               m->sid, zab_role_name(zab_role(m->zab)), zab_is_serving(m->zab) ? " serves" : "",
               zab_leader_sid(m->zab), (uint64_t)m->tree_zxid, m->tree.count,
               (uint64_t)zab_committed_config(m->zab)->version,
               (uint64_t)zab_seen_config(m->zab)->version, m->disk.accepted_epoch,
               m->disk.current_epoch, zab_is_voter(m->zab) ? "" : ", no vote");
}

// All are started and connected; then something new must be committed and reach everybody.
static void come_together(struct chaos *c)
{
    struct world *w = &c->world;
    size_t before = w->committed.count;
    for (int64_t a = 1; a <= c->sids; a++) {
        world_start(w, a);
        for (int64_t b = 1; b < a; b++) {
            network_heal(w, a, b);
        }
    }
    for (int i = 0; i < HEAL_ROUNDS && w->verdict == NULL; i++) {
        world_run(w, HEAL_MS);
        for (int64_t sid = 1; sid <= c->sids; sid++) {
            world_start(w, sid); // one that ended itself
        }
        if (is_whole(c, before)) {
            return;
        }
        if (i % 4 == 1) {
            propose(c);
        }
    }
    if (w->verdict == NULL) {
        judge_fail(w, "no progress after all was healed", world_member(w, 1));
        for (int64_t sid = 1; sid <= c->sids; sid++) {
            describe(world_member(w, sid), &w->evidence);
        }
    }
}

bool chaos_run(uint64_t seed, bool is_loud, struct buf *complaint, struct buf *ret_trace,
               struct chaos_count *ret_count)
{
    struct chaos c = {0};
    world_init(&c.world);
    c.world.is_quiet = !is_loud;
    c.world.shows_all = is_loud;
    prng_init(&c.prng, seed);
    draw(&c);
    for (int i = 0; i < STEPS && c.world.verdict == NULL; i++) {
        happen(&c);
    }
    if (c.world.verdict == NULL) {
        come_together(&c);
    }
    bool is_well = c.world.verdict == NULL;
    if (!is_well) {
        buf_printf(complaint, "%s: %s", c.world.verdict, buf_cstr(&c.world.evidence));
    }
    c.count.committed = c.world.committed.count;
    for (int64_t e = 0; e < WORLD_EPOCHS; e++) {
        c.count.elections += c.world.epoch_leader[e] != 0 ? 1 : 0;
    }
    *ret_count = c.count;
    *ret_trace = c.world.trace;
    c.world.trace = (struct buf){0};
    world_fini(&c.world);
    return is_well;
}
