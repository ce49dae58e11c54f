// SPDX-License-Identifier: Apache-2.0
//
// One function per kind of trouble, and one that undoes.
#include "sim/strike.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"

enum {
    POWER_AT_OPS = 120, // within so many disk operations
    FAIL_AT_OPS = 6,
    FULL_ROOM_BYTES = 30 * 1024,
    SLOWNESS_MAX = 200,
    DELAY_MS_MAX = 300,
    BYTES_PER_MS_MAX = 64,
    FLAP_MS = 60,
};

// One that lasts.
struct strike {
    struct list link;
    struct port_timer end;
    struct strikes *all;
    struct trouble t;
    int who, other;
    bool is_cut[SCHEDULE_SERVERS_MAX][SCHEDULE_SERVERS_MAX]; // the way from, to
    unsigned flaps;                                          // to come
    struct image *image;                                     // of OLD_DATA
};

void strikes_note(struct strikes *s, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_printf(&s->journal, "    %9.3f s: %s\n", (double)s->cluster->world->now_ns / 1e9, text);
}

// ---- ways ----

static void cut(struct strike *k, int from, int to)
{
    const struct cluster *c = k->all->cluster;
    if (from != to && !k->is_cut[from][to]) {
        k->is_cut[from][to] = true;
        net_cut_way(&cluster_node(c, from)->net, &cluster_node(c, to)->net);
    }
}

static void cut_both(struct strike *k, int a, int b)
{
    cut(k, a, b);
    cut(k, b, a);
}

static void mend(struct strike *k)
{
    const struct cluster *c = k->all->cluster;
    for (int from = 0; from < c->count; from++) {
        for (int to = 0; to < c->count; to++) {
            if (k->is_cut[from][to]) {
                k->is_cut[from][to] = false;
                net_mend_way(&cluster_node(c, from)->net, &cluster_node(c, to)->net);
            }
        }
    }
}

// Servers whose bit is set from those whose bit is not; `bridge` sees all of them.
static void split(struct strike *k, uint64_t bits, int bridge)
{
    int count = k->all->cluster->count;
    for (int a = 0; a < count; a++) {
        for (int b = 0; b < a; b++) {
            bool is_parted = (bits >> a & 1) != (bits >> b & 1);
            if (is_parted && a != bridge && b != bridge) {
                cut_both(k, a, b);
            }
        }
    }
}

static void set_delay(const struct strike *k, int64_t delay_ms)
{
    const struct cluster *c = k->all->cluster;
    bool is_one_way = (k->t.dice & 1) != 0;
    way_make(cluster_node(c, k->who), cluster_node(c, k->other))->delay_ns = delay_ms * 1000000;
    if (!is_one_way) {
        way_make(cluster_node(c, k->other), cluster_node(c, k->who))->delay_ns = delay_ms * 1000000;
    }
}

static void set_rate(const struct strike *k, int64_t bytes_per_ms)
{
    const struct cluster *c = k->all->cluster;
    way_make(cluster_node(c, k->who), cluster_node(c, k->other))->bytes_per_ms = bytes_per_ms;
    way_make(cluster_node(c, k->other), cluster_node(c, k->who))->bytes_per_ms = bytes_per_ms;
}

// ---- disks ----

static void fail_disk(const struct strike *k)
{
    static const enum disk_op ops[] = {DISK_WRITE,  DISK_SYNC,     DISK_TRUNCATE, DISK_RENAME,
                                       DISK_REMOVE, DISK_SYNC_DIR, DISK_OPEN,     DISK_READ};
    struct sim_disk *d = &cluster_node(k->all->cluster, k->who)->disk;
    enum disk_op op = ops[k->t.dice % (sizeof(ops) / sizeof(ops[0]))];
    enum err with = (k->t.dice >> 32 & 1) != 0 ? ERR_IO : ERR_NO_SPACE;
    disk_fail_nth(d, op, 1 + (k->t.dice >> 40) % FAIL_AT_OPS, with);
}

static void fill_disk(const struct strike *k)
{
    struct sim_disk *d = &cluster_node(k->all->cluster, k->who)->disk;
    d->capacity_bytes = disk_used_bytes(d) + k->t.dice % FULL_ROOM_BYTES;
}

static void exchange(struct strike *k)
{
    struct cluster *c = k->all->cluster;
    struct buf note = {0};
    for (int i = 0; i < c->count; i++) { // what is planned for others would come too soon
        disk_heal(&cluster_node(c, i)->disk);
    }
    if (k->t.kind == TROUBLE_ROT) {
        cluster_damage(c, k->who, k->t.dice, CLUSTER_TICK_MS, &note);
        strikes_note(k->all, "server %d: %s", k->who + 1, buf_cstr(&note));
    } else {
        cluster_exchange_disk(c, k->who, k->image, CLUSTER_TICK_MS);
    }
    buf_fini(&note);
}

// ---- beginning and ending ----

static void pause_all(struct strike *k)
{
    for (int i = 0; i < k->all->cluster->count; i++) {
        node_pause(cluster_node(k->all->cluster, i), k->t.for_ms);
    }
}

// Between servers: all of these last.
static void begin_on_ways(struct strike *k)
{
    if (k->t.kind == TROUBLE_CUT || k->t.kind == TROUBLE_FLAP) {
        k->flaps = k->t.kind == TROUBLE_FLAP ? 2 + 2 * (unsigned)(k->t.dice % 8) : 0;
        cut_both(k, k->who, k->other);
    } else if (k->t.kind == TROUBLE_CUT_ONE) {
        cut(k, k->who, k->other);
    } else if (k->t.kind == TROUBLE_ISOLATE) {
        split(k, UINT64_C(1) << k->who, -1);
    } else if (k->t.kind == TROUBLE_SPLIT) {
        split(k, k->t.dice, -1);
    } else if (k->t.kind == TROUBLE_BRIDGE) {
        split(k, k->t.dice, k->who);
    } else if (k->t.kind == TROUBLE_CUT_OFF) {
        net_cut_off(&cluster_node(k->all->cluster, k->who)->net, true);
    } else if (k->t.kind == TROUBLE_SLOW) {
        set_delay(k, 1 + (int64_t)(k->t.dice >> 8) % DELAY_MS_MAX);
    } else {
        set_rate(k, 1 + (int64_t)(k->t.dice >> 8) % BYTES_PER_MS_MAX);
    }
}

// Returns whether it is over already.
static bool begin(struct strike *k)
{
    struct cluster *c = k->all->cluster;
    struct sim_node *node = cluster_node(c, k->who);
    switch (k->t.kind) {
    case TROUBLE_KILL:
        cluster_kill(c, k->who, k->t.for_ms);
        return true;
    case TROUBLE_POWER:
        cluster_cut_power(c, k->who, k->t.for_ms);
        return true;
    case TROUBLE_POWER_AT:
        cluster_cut_power_at(c, k->who, k->t.dice % POWER_AT_OPS, k->t.for_ms);
        return true;
    case TROUBLE_STOP:
        cluster_stop(c, k->who, k->t.for_ms);
        return true;
    case TROUBLE_CUT:
    case TROUBLE_FLAP:
    case TROUBLE_CUT_ONE:
    case TROUBLE_ISOLATE:
    case TROUBLE_SPLIT:
    case TROUBLE_BRIDGE:
    case TROUBLE_CUT_OFF:
    case TROUBLE_SLOW:
    case TROUBLE_NARROW:
        begin_on_ways(k);
        return false;
    case TROUBLE_RESET:
        net_break_between(&node->net, &cluster_node(c, k->other)->net);
        return true;
    case TROUBLE_PAUSE:
        node_pause(node, k->t.for_ms);
        return true;
    case TROUBLE_PAUSE_ALL:
        pause_all(k);
        return true;
    case TROUBLE_DISK_FAIL:
        fail_disk(k);
        return true;
    case TROUBLE_DISK_FULL:
        fill_disk(k);
        return false;
    case TROUBLE_DISK_SLOW:
        node->disk.slowness = 2 + (int64_t)(k->t.dice % SLOWNESS_MAX);
        return false;
    case TROUBLE_OLD_DATA: // taken now, put back later
        k->image = image_take(&node->disk);
        return false;
    case TROUBLE_ROT:
    case TROUBLE_WIPE:
        exchange(k);
        return true;
    case TROUBLE_CLOCK:
    case TROUBLE_AWAY:
    case TROUBLE_KINDS:
        break;
    }
    ASSERT(false);
    return true;
}

static void end(struct strike *k)
{
    const struct cluster *c = k->all->cluster;
    struct sim_node *node = cluster_node(c, k->who);
    mend(k);
    if (k->t.kind == TROUBLE_CUT_OFF) {
        net_cut_off(&node->net, false);
    } else if (k->t.kind == TROUBLE_SLOW) {
        set_delay(k, 0);
    } else if (k->t.kind == TROUBLE_NARROW) {
        set_rate(k, 0);
    } else if (k->t.kind == TROUBLE_DISK_FULL) {
        node->disk.capacity_bytes = UINT64_MAX;
    } else if (k->t.kind == TROUBLE_DISK_SLOW) {
        node->disk.slowness = 0;
    }
}

static void drop(struct strike *k)
{
    timers_stop(&k->all->cluster->world->events, &k->end);
    list_remove(&k->link);
    image_free(k->image);
    mem_free(k);
}

// Nothing lasts but `but`, and no server lacks anything.
static bool is_well(const struct strikes *s, const struct strike *but)
{
    LIST_FOREACH (it, &s->lasting) {
        const struct strike *k = CONTAINER_OF(it, struct strike, link);
        if (k != but && k->image == NULL) {
            return false;
        }
    }
    for (int i = 0; i < s->cluster->count; i++) {
        const struct sim_disk *d = &cluster_node(s->cluster, i)->disk;
        if (d->freeze_at != 0 || cluster_node(s->cluster, i)->paused_until_ns > d->world->now_ns) {
            return false;
        }
    }
    return cluster_all_serve(s->cluster);
}

static bool is_waiting_for_disk(const struct cluster *c)
{
    for (int i = 0; i < c->count; i++) {
        if (c->members[i].is_damaged) {
            return true;
        }
    }
    return false;
}

static void on_end_time(struct port_timer *timer)
{
    struct strike *k = CONTAINER_OF(timer, struct strike, end);
    struct world *w = k->all->cluster->world;
    if (k->flaps > 0) {
        k->flaps--;
        if (k->flaps % 2 == 1) {
            mend(k);
        } else {
            cut_both(k, k->who, k->other);
        }
        world_start(w, &k->end, world_delay(w, (int64_t)FLAP_MS * 1000000));
        return;
    }
    if (k->t.kind == TROUBLE_OLD_DATA) {
        if (!is_well(k->all, k)) {
            world_start(w, &k->end, (int64_t)CLUSTER_TICK_MS * 1000000);
            return;
        }
        strikes_note(k->all, "server %d comes back with old data", k->who + 1);
        exchange(k);
    }
    end(k);
    drop(k);
}

static int resolve(const struct cluster *c, int who)
{
    int leader = who == TROUBLE_LEADER ? cluster_leader(c) : who;
    return leader >= 0 && leader < c->count ? leader : 0;
}

bool strikes_try(struct strikes *s, const struct trouble *t)
{
    struct cluster *c = s->cluster;
    bool is_delicate = t->kind == TROUBLE_ROT || t->kind == TROUBLE_WIPE;
    if (is_waiting_for_disk(c) || (is_delicate && !is_well(s, NULL))) {
        return false;
    }
    struct strike *k = mem_zalloc(sizeof(*k));
    *k = (struct strike){.all = s, .t = *t, .end = {.fire = on_end_time}};
    k->who = resolve(c, t->who);
    k->other = resolve(c, t->other);
    k->other = k->other == k->who ? (k->who + 1) % c->count : k->other;
    list_push_back(&s->lasting, &k->link);
    s->counts[t->kind]++;
    struct buf text = {0};
    trouble_print(t, &text);
    strikes_note(s, "%s (%d, %d)", buf_cstr(&text), k->who + 1, k->other + 1);
    buf_fini(&text);
    if (begin(k)) {
        drop(k);
    } else {
        world_start(c->world, &k->end, t->for_ms * 1000000);
    }
    return true;
}

void strikes_end_all(struct strikes *s)
{
    LIST_FOREACH_SAFE (it, tmp, &s->lasting) {
        struct strike *k = CONTAINER_OF(it, struct strike, link);
        end(k);
        drop(k);
    }
    for (int i = 0; i < s->cluster->count; i++) {
        disk_heal(&cluster_node(s->cluster, i)->disk);
    }
}

void strikes_init(struct strikes *s, struct cluster *c)
{
    *s = (struct strikes){.cluster = c};
    list_init(&s->lasting);
}

void strikes_fini(struct strikes *s)
{
    LIST_FOREACH_SAFE (it, tmp, &s->lasting) {
        drop(CONTAINER_OF(it, struct strike, link));
    }
    buf_fini(&s->journal);
}
