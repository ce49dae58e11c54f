// SPDX-License-Identifier: Apache-2.0
//
// Requests for other members.
#include "sim/governor.h"

#include "base/arena.h"
#include "jute/code.h"
#include "jute/op.h"
#include "jute/records.h"

enum { THINK_MS = 100, EVERYBODY = -1, OBSERVER_ONE_IN = 3 };

// Everybody but one, who is no member or an observer.
static void print_members(const struct cluster *c, int but, bool is_observer, struct buf *to)
{
    for (int i = 0; i < c->count; i++) {
        bool is_voter = i < c->voters && i != but;
        if (i != but || is_observer) {
            buf_printf(to, "server.%d=node-%d:2888:3888:%s\n", i + 1, i + 1,
                       is_voter ? "participant" : "observer");
        }
    }
}

static void ask(struct governor *g)
{
    struct prng *prng = &g->cluster->world->prng;
    int but = g->wants_all ? EVERYBODY : (int)prng_below(prng, (uint64_t)g->cluster->count);
    struct buf members = {0};
    struct buf body = {0};
    print_members(g->cluster, but, prng_below(prng, OBSERVER_ONE_IN) == 0, &members);
    const struct jute_reconfig_request request = {.joining = slice_null(),
                                                  .leaving = slice_null(),
                                                  .new_members = buf_slice(&members),
                                                  .cur_config_id = -1};
    jute_reconfig_request_encode(&request, &body);
    client_send(&g->client, g->next_xid++, OP_RECONFIG, buf_slice(&body));
    g->has_asked = true;
    g->has_asked_for_all = g->wants_all;
    buf_fini(&members);
    buf_fini(&body);
}

static void think_soon(struct governor *g)
{
    struct world *w = g->cluster->world;
    world_start(w, &g->think, world_delay(w, (int64_t)THINK_MS * 1000000));
}

static void on_think(struct port_timer *timer)
{
    struct governor *g = CONTAINER_OF(timer, struct governor, think);
    if (g->client.is_open && !g->has_asked && !g->has_all) {
        ask(g);
    }
    think_soon(g);
}

static void on_open(void *owner, bool is_new)
{
    struct governor *g = owner;
    struct buf body = {0};
    (void)is_new;
    jute_auth_packet_encode(
        &(struct jute_auth_packet){0, slice_str("digest"), slice_str("super:governor")}, &body);
    client_send(&g->client, XID_AUTH, OP_AUTH, buf_slice(&body));
    buf_fini(&body);
}

static void on_reply(void *owner, const struct jute_reply_header *header, struct jute_in *body)
{
    struct governor *g = owner;
    (void)body;
    if (header->xid == XID_AUTH) {
        return;
    }
    g->has_asked = false;
    g->changes += header->err == ZK_OK ? 1 : 0;
    g->refusals += header->err != ZK_OK ? 1 : 0;
    g->has_all = g->has_asked_for_all && header->err == ZK_OK;
}

static void on_event(void *owner, const struct jute_watcher_event *event, int64_t zxid)
{
    struct governor *g = owner;
    (void)event;
    (void)zxid;
    world_fail(g->cluster->world, "governor: an event that nobody asked");
}

static void on_lost(void *owner)
{
    struct governor *g = owner;
    g->has_asked = false;
}

static const struct client_handler handler = {on_open, on_reply, on_event, on_lost};

void governor_start(struct governor *g, struct cluster *c)
{
    *g = (struct governor){.cluster = c, .think = {.fire = on_think}, .next_xid = 1};
    client_init(&g->client, cluster_node(c, 0), BOX_CLIENT_PORT, &handler, g);
    for (int i = 1; i < c->count; i++) {
        client_add_server(&g->client, cluster_node(c, i));
    }
    client_start(&g->client);
    think_soon(g);
}

void governor_stop(struct governor *g)
{
    timers_stop(&g->cluster->world->events, &g->think);
    client_stop(&g->client);
}

void governor_fini(struct governor *g)
{
    timers_stop(&g->cluster->world->events, &g->think);
    client_fini(&g->client);
}

void governor_restore(struct governor *g)
{
    g->wants_all = true;
}

bool governor_is_done(const struct governor *g)
{
    const struct cluster *c = g->cluster;
    int64_t version = -1;
    for (int i = 0; g->has_all && i < c->count; i++) {
        const struct box *b = &c->members[i].box;
        if (!box_is_up(b) || !cluster_is_serving(c, i)) {
            return false;
        }
        const struct config_servers *config = box_config_in_force(b);
        bool is_whole = config_servers_count_role(config, CONFIG_PARTICIPANT) == (size_t)c->voters;
        if (!is_whole || (version != -1 && config->version != version)) {
            return false;
        }
        version = config->version;
    }
    return g->has_all;
}
