// SPDX-License-Identifier: Apache-2.0
//
// Starting, ending and asking the servers of an ensemble.
#include "sim/cluster.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "sim/rot.h"

// ---- set-up ----

static const char common_text[] = "admin.enableServer=false\n"
                                  "maxClientCnxns=0\n"
                                  "snapCount=100\n"
                                  "preAllocSize=16\n"
                                  "autopurge.snapRetainCount=3\n"
                                  "extendedTypesEnabled=true\n"
                                  "enforceQuota=true\n";

// The zoo.cfg of a server that knows the first `voters` voters.
static void print_config(const struct cluster_options *o, int number, int voters, struct buf *to)
{
    buf_printf(to, "tickTime=%d\ninitLimit=%d\nsyncLimit=%d\n%s%s", CLUSTER_TICK_MS,
               CLUSTER_INIT_LIMIT, CLUSTER_SYNC_LIMIT, common_text,
               o->extra != NULL ? o->extra : "");
    if (number >= o->voters) {
        buf_append_str(to, "peerType=observer\n");
    }
    for (int i = 0; i < o->voters + o->observers; i++) {
        if (i >= voters && i < o->voters) {
            continue;
        }
        buf_printf(to, "server.%d=node-%d:2888:3888%s\n", i + 1, i + 1,
                   i < o->voters ? "" : ":observer");
    }
    buf_append_str(to, o->only[number] != NULL ? o->only[number] : "");
}

static void name_machine(struct world *w, const struct box *b, int number)
{
    char name[24];
    struct port_address address = net_address(&b->node->net, 0);
    (void)snprintf(name, sizeof(name), "node-%d", number + 1);
    names_set(w, name, &address, 1);
}

static void on_restart_time(struct port_timer *timer);

void cluster_init(struct cluster *c, struct world *w, const struct cluster_options *options)
{
    *c = (struct cluster){.world = w,
                          .count = options->voters + options->observers,
                          .voters = options->voters,
                          .options = *options,
                          .may_fail = options->may_fail};
    ASSERT(c->count <= SCHEDULE_SERVERS_MAX);
    look_init(&c->look, w);
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        struct buf text = {0};
        print_config(options, i, options->voters, &text);
        m->cluster = c;
        m->number = i;
        m->restart.fire = on_restart_time;
        box_init_member(&m->box, w, i + 1, buf_cstr(&text), options->is_verbose);
        name_machine(w, &m->box, i);
        buf_fini(&text);
    }
}

void cluster_configure(struct cluster *c, int number, int voters)
{
    struct buf text = {0};
    print_config(&c->options, number, voters, &text);
    box_configure(&c->members[number].box, buf_cstr(&text));
    buf_fini(&text);
}

// A connection is gone when both its ends are closed: all processes end before the first machine.
void cluster_fini(struct cluster *c)
{
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        timers_stop(&c->world->events, &m->restart);
        if (box_is_up(&m->box)) {
            box_kill(&m->box);
        }
    }
    for (int i = 0; i < c->count; i++) {
        box_fini(&c->members[i].box);
    }
    look_fini(&c->look);
}

// ---- starting ----

static void start_later(struct member *m)
{
    if (m->restart.impl == NULL && !m->is_held) {
        world_start(m->cluster->world, &m->restart, m->down_ms * 1000000);
    }
}

// With a damaged disk a server may refuse to start, when it says why: then somebody empties it.
static void give_up_disk(struct member *m)
{
    struct cluster *c = m->cluster;
    m->was_refused = true;
    c->refusals++;
    image_restore(&m->box.node->disk, NULL);
    look_forget(&c->look, m->number);
}

// What a server with another disk has forgotten is safe once the others have settled on it.
static bool others_serve(const struct cluster *c, int number)
{
    int leader = cluster_leader(c);
    for (int i = 0; i < c->count; i++) {
        if (i != number && !cluster_is_serving(c, i)) {
            return false;
        }
    }
    return leader >= 0 && leader != number;
}

static void on_restart_time(struct port_timer *timer)
{
    struct member *m = CONTAINER_OF(timer, struct member, restart);
    struct cluster *c = m->cluster;
    if (box_is_up(&m->box)) {
        return;
    }
    if (m->is_damaged && !others_serve(c, m->number)) {
        start_later(m);
        return;
    }
    enum server_exit code = box_start(&m->box);
    if (code == SERVER_EXIT_OK) {
        return;
    }
    m->down_ms = CLUSTER_TICK_MS;
    if (m->is_damaged && !m->was_refused && code != SERVER_EXIT_DATADIR) {
        give_up_disk(m);
    } else if (!m->box.node->disk.is_frozen && (c->is_healed || !c->may_fail)) {
        world_fail(c->world, "server %d does not start: %s", m->number + 1, m->box.last_problem);
    }
    start_later(m);
}

void cluster_start(struct cluster *c, int number)
{
    c->members[number].down_ms = 1;
    start_later(&c->members[number]);
}

void cluster_start_all(struct cluster *c)
{
    for (int i = 0; i < c->count; i++) {
        cluster_start(c, i);
    }
}

// ---- ending ----

static void set_down(struct member *m, int64_t down_ms)
{
    m->down_ms = down_ms;
    timers_stop(&m->cluster->world->events, &m->restart);
}

void cluster_kill(struct cluster *c, int number, int64_t down_ms)
{
    struct member *m = &c->members[number];
    set_down(m, down_ms);
    if (box_is_up(&m->box)) {
        box_kill(&m->box);
    }
    m->is_stopping = false;
    start_later(m);
}

static void cut_power(struct member *m)
{
    m->cluster->power_cuts++;
    m->is_stopping = false;
    box_power_cut(&m->box);
    start_later(m);
}

void cluster_cut_power(struct cluster *c, int number, int64_t down_ms)
{
    set_down(&c->members[number], down_ms);
    cut_power(&c->members[number]);
}

void cluster_cut_power_at(struct cluster *c, int number, uint64_t ops, int64_t down_ms)
{
    struct member *m = &c->members[number];
    m->down_ms = down_ms;
    m->box.node->disk.freeze_at = m->box.node->disk.op_count + 1 + ops;
}

void cluster_stop(struct cluster *c, int number, int64_t down_ms)
{
    struct member *m = &c->members[number];
    if (box_is_up(&m->box) && !m->is_stopping) {
        m->down_ms = down_ms;
        m->is_stopping = true;
        box_stop(&m->box);
    }
}

void cluster_exchange_disk(struct cluster *c, int number, const struct image *image,
                           int64_t down_ms)
{
    struct member *m = &c->members[number];
    cluster_kill(c, number, down_ms);
    image_restore(&m->box.node->disk, image);
    look_forget(&c->look, number);
    m->is_damaged = true;
    m->was_refused = false;
}

void cluster_damage(struct cluster *c, int number, uint64_t dice, int64_t down_ms, struct buf *note)
{
    struct member *m = &c->members[number];
    struct sim_disk *d = &m->box.node->disk;
    struct prng p;
    prng_init(&p, dice);
    cluster_kill(c, number, down_ms);
    struct image *image = image_take(d); // all of it durable, so that only the damage is missing
    image_restore(d, image);
    image_free(image);
    enum rot_kind kind = (enum rot_kind)prng_below(&p, ROT_KINDS);
    (void)rot_once(d, "/data/version-2", kind, &p, note);
    look_forget(&c->look, number);
    m->is_damaged = true;
    m->was_refused = false;
}

// ---- after every step ----

static void tend(struct member *m)
{
    struct cluster *c = m->cluster;
    if (m->box.node->disk.is_frozen) {
        cut_power(m);
    } else if (box_reap(&m->box)) {
        if (!m->is_stopping && !c->may_fail) {
            world_fail(c->world, "server %d ended by itself: %s", m->number + 1,
                       m->box.last_problem);
        }
        m->is_stopping = false;
        start_later(m);
    }
}

void cluster_tend(struct cluster *c)
{
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        tend(m);
        if (m->turns != m->box.node->turns) {
            m->turns = m->box.node->turns;
            look_at(&c->look, i, &m->box);
            m->is_damaged = m->is_damaged && !cluster_is_serving(c, i);
        }
    }
}

// ---- asking ----

int cluster_leader(const struct cluster *c)
{
    int leader = -1;
    int64_t epoch = -1;
    for (int i = 0; i < c->count; i++) {
        struct sight s = sight_of(&c->members[i].box);
        if (s.is_serving && s.is_leading && s.epoch > epoch) {
            leader = i;
            epoch = s.epoch;
        }
    }
    return leader;
}

bool cluster_is_serving(const struct cluster *c, int number)
{
    return sight_of(&c->members[number].box).is_serving;
}

bool cluster_all_serve(const struct cluster *c)
{
    int leader = cluster_leader(c);
    if (leader < 0) {
        return false;
    }
    int64_t epoch = sight_of(&c->members[leader].box).epoch;
    for (int i = 0; i < c->count; i++) {
        struct sight s = sight_of(&c->members[i].box);
        bool is_well = s.is_serving && s.epoch == epoch && !c->members[i].is_stopping;
        if (!is_well && !c->members[i].is_held) {
            return false;
        }
    }
    return true;
}

bool cluster_is_level(const struct cluster *c)
{
    int leader = cluster_leader(c);
    int64_t zxid = leader >= 0 ? sight_of(&c->members[leader].box).zxid : 0;
    for (int i = 0; i < c->count; i++) {
        struct sight s = sight_of(&c->members[i].box);
        if (!c->members[i].is_held && s.zxid != zxid) {
            return false;
        }
    }
    return cluster_all_serve(c);
}

void cluster_print(const struct cluster *c, struct buf *to)
{
    for (int i = 0; i < c->count; i++) {
        struct sight s = sight_of(&c->members[i].box);
        buf_printf(to, "%sserver %d ", i > 0 ? "; " : "", i + 1);
        if (!s.is_up) {
            buf_append_str(to, "is down");
            continue;
        }
        buf_printf(to, "%s%s, epoch %" PRId64 ", zxid 0x%" PRIx64, s.role,
                   s.is_serving ? " and serves" : "", s.epoch, s.zxid);
    }
}
