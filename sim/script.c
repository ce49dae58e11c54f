// SPDX-License-Identifier: Apache-2.0
//
// The verbs of a script.
#include "sim/script.h"

#include <stdio.h>

#include "base/assert.h"
#include "jute/code.h"
#include "jute/op.h"
#include "jute/records.h"

enum { PATIENCE_MS = 30 * 1000, THINK_NS = 400000, PATH_BYTES = 16 };

static struct slice path_of(int32_t node, char to[PATH_BYTES])
{
    (void)snprintf(to, PATH_BYTES, "/w%d", node);
    return slice_str(to);
}

// ---- writers ----

static void send_create(struct writer *w, int32_t node)
{
    char path[PATH_BYTES];
    struct jute_acl anyone = {.perms = 31,
                              .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
    struct buf body = {0};
    jute_create_request_encode(&(struct jute_create_request){.path = path_of(node, path),
                                                             .data = slice_str(path),
                                                             .acl = {.count = 1, .items = &anyone}},
                               &body);
    client_send(&w->client, w->next_xid++, OP_CREATE, buf_slice(&body));
    buf_fini(&body);
    w->open[w->open_count++] = node;
}

static int32_t new_node(struct script *s)
{
    ASSERT(s->node_count < SCRIPT_NODES_MAX);
    return s->node_count++;
}

static void think_soon(struct writer *w)
{
    world_start(&w->script->world, &w->think, world_delay(&w->script->world, THINK_NS));
}

static void on_think_time(struct port_timer *timer)
{
    struct writer *w = CONTAINER_OF(timer, struct writer, think);
    while (w->client.is_open && w->open_count < w->window &&
           w->script->node_count < SCRIPT_NODES_MAX) {
        send_create(w, new_node(w->script));
    }
    if (w->window > 0) {
        think_soon(w);
    }
}

static void on_open(void *owner, bool is_new)
{
    (void)owner;
    (void)is_new;
}

static void on_reply(void *owner, const struct jute_reply_header *header, struct jute_in *body)
{
    (void)body;
    struct writer *w = owner;
    if (w->open_count == 0) {
        world_fail(&w->script->world, "an answer that nobody asked");
        return;
    }
    if (header->err == ZK_OK) {
        w->script->is_acked[w->open[0]] = true;
        w->script->acked_count++;
    }
    w->open_count--;
    memmove(w->open, w->open + 1, w->open_count * sizeof(w->open[0]));
}

static void on_event(void *owner, const struct jute_watcher_event *event, int64_t zxid)
{
    (void)event;
    (void)zxid;
    world_fail(&((struct writer *)owner)->script->world, "an event that nobody asked");
}

static void on_lost(void *owner)
{
    ((struct writer *)owner)->open_count = 0;
}

static const struct client_handler handler = {on_open, on_reply, on_event, on_lost};

// ---- time ----

static bool step(struct script *s)
{
    bool goes_on = world_step(&s->world);
    cluster_tend(&s->cluster);
    return goes_on && !world_has_failed(&s->world);
}

bool script_run(struct script *s, int64_t duration_ms)
{
    int64_t end_ns = s->world.now_ns + duration_ms * 1000000;
    while (s->world.now_ns < end_ns) {
        if (!step(s)) {
            return false;
        }
    }
    return true;
}

bool script_run_a_little(struct script *s, int64_t most_us)
{
    int64_t end_ns =
        s->world.now_ns + (int64_t)prng_below(&s->world.prng, (uint64_t)most_us) * 1000;
    while (s->world.now_ns < end_ns) {
        if (!step(s)) {
            return false;
        }
    }
    return true;
}

static bool wait_until(struct script *s, bool (*is_so)(const struct script *s, int64_t what),
                       int64_t what, const char *text)
{
    int64_t end_ns = s->world.now_ns + (int64_t)PATIENCE_MS * 1000000;
    while (!is_so(s, what)) {
        if (s->world.now_ns > end_ns) {
            struct buf state = {0};
            cluster_print(&s->cluster, &state);
            world_fail(&s->world, "waited in vain until %s: %s", text, buf_cstr(&state));
            buf_fini(&state);
        }
        if (!step(s)) {
            return false;
        }
    }
    return true;
}

// ---- servers ----

int script_leader(const struct script *s)
{
    return cluster_leader(&s->cluster);
}

int script_follower(const struct script *s, int but)
{
    for (int i = 0; i < s->cluster.count; i++) {
        if (i != but && i != script_leader(s) && !s->cluster.members[i].is_held) {
            return i;
        }
    }
    return -1;
}

static bool all_serve(const struct script *s, int64_t leader)
{
    return cluster_all_serve(&s->cluster) && (leader < 0 || script_leader(s) == leader);
}

bool script_all_serve(struct script *s, int leader)
{
    return wait_until(s, all_serve, leader, "all serve");
}

bool script_start(struct script *s)
{
    return script_start_but(s, -1);
}

bool script_start_but(struct script *s, int held)
{
    if (held >= 0) {
        s->cluster.members[held].is_held = true;
    }
    cluster_start_all(&s->cluster);
    return script_all_serve(s, -1);
}

bool script_hold(struct script *s, int number)
{
    s->cluster.members[number].is_held = true;
    cluster_kill(&s->cluster, number, 1);
    return !world_has_failed(&s->world);
}

bool script_cut_power(struct script *s, int number)
{
    s->cluster.members[number].is_held = true;
    cluster_cut_power(&s->cluster, number, 1);
    return !world_has_failed(&s->world);
}

bool script_release(struct script *s, int number)
{
    s->cluster.members[number].is_held = false;
    cluster_start(&s->cluster, number);
    return !world_has_failed(&s->world);
}

bool script_isolate(struct script *s, int number, bool is_isolated)
{
    struct sim_net *self = &cluster_node(&s->cluster, number)->net;
    for (int i = 0; i < s->cluster.count; i++) {
        struct sim_net *other = &cluster_node(&s->cluster, i)->net;
        if (i != number && is_isolated) {
            net_cut_way(self, other);
            net_cut_way(other, self);
        } else if (i != number) {
            net_mend_way(self, other);
            net_mend_way(other, self);
        }
    }
    return !world_has_failed(&s->world);
}

// ---- writes ----

static bool is_open(const struct script *s, int64_t server)
{
    return s->writers[server].client.is_open;
}

static bool has_acked(const struct script *s, int64_t count)
{
    return s->acked_count >= count;
}

bool script_write(struct script *s, int server, int count)
{
    struct writer *w = &s->writers[server];
    for (int i = 0; i < count; i++) {
        if (!wait_until(s, is_open, server, "a writer has a session")) {
            return false;
        }
        send_create(w, new_node(s));
        if (!wait_until(s, has_acked, s->acked_count + 1, "a write is acknowledged")) {
            return false;
        }
    }
    return true;
}

int32_t script_try_write(struct script *s, int server)
{
    struct writer *w = &s->writers[server];
    int32_t node = new_node(s);
    if (w->client.is_open && w->open_count < SCRIPT_OPEN_MAX) {
        send_create(w, node);
    }
    return node;
}

void script_write_on(struct script *s, int server, size_t window)
{
    ASSERT(window <= SCRIPT_OPEN_MAX);
    s->writers[server].window = window;
    think_soon(&s->writers[server]);
}

bool script_has(const struct script *s, int server, int32_t node)
{
    char path[PATH_BYTES];
    return sight_has(&s->cluster.members[server].box, path_of(node, path));
}

bool script_expect(struct script *s, int32_t node, bool is_there)
{
    for (int i = 0; i < s->cluster.count; i++) {
        if (!s->cluster.members[i].is_held && script_has(s, i, node) != is_there) {
            world_fail(&s->world, "/w%d is%s on server %d", node, is_there ? " not" : "", i + 1);
        }
    }
    return !world_has_failed(&s->world);
}

// ---- the end ----

static bool is_level(const struct script *s, int64_t nothing)
{
    (void)nothing;
    return cluster_is_level(&s->cluster);
}

bool script_level(struct script *s)
{
    return wait_until(s, is_level, 0, "all trees are at one zxid");
}

static bool check_all_equal(struct script *s)
{
    // The write: a leader alone knows that its epoch has begun.
    if (!script_all_serve(s, -1) || !script_write(s, script_leader(s), 1) || !script_level(s)) {
        return false;
    }
    for (int32_t node = 0; node < s->node_count; node++) {
        if (s->is_acked[node] && !script_expect(s, node, true)) {
            return false;
        }
    }
    uint64_t first = sight_hash(&s->cluster.members[0].box);
    for (int i = 1; i < s->cluster.count; i++) {
        if (sight_hash(&s->cluster.members[i].box) != first) {
            world_fail(&s->world, "replicas: the trees or sessions of servers 1 and %d differ",
                       i + 1);
        }
    }
    return !world_has_failed(&s->world);
}

bool script_settle(struct script *s)
{
    for (int i = 0; i < s->cluster.count; i++) {
        script_write_on(s, i, 0);
        if (s->cluster.members[i].is_held && !script_release(s, i)) {
            return false;
        }
    }
    if (!check_all_equal(s)) {
        return false;
    }
    for (int i = 0; i < s->cluster.count; i++) {
        cluster_cut_power(&s->cluster, i, 1);
    }
    return check_all_equal(s);
}

// ---- life cycle ----

void script_init(struct script *s, uint64_t seed, const struct cluster_options *options)
{
    *s = (struct script){0};
    world_init(&s->world, seed);
    cluster_init(&s->cluster, &s->world, options);
    for (int i = 0; i < s->cluster.count; i++) {
        struct writer *w = &s->writers[i];
        w->script = s;
        w->next_xid = 1;
        w->think.fire = on_think_time;
        client_init(&w->client, cluster_node(&s->cluster, i), BOX_CLIENT_PORT, &handler, w);
        w->client.slack_ms = INT32_MAX; // sessions may end as they like
        client_start(&w->client);
    }
}

void script_fini(struct script *s)
{
    for (int i = 0; i < s->cluster.count; i++) {
        timers_stop(&s->world.events, &s->writers[i].think);
        client_fini(&s->writers[i].client);
    }
    cluster_fini(&s->cluster);
    world_fini(&s->world);
}
