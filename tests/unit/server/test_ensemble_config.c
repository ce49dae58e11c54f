// SPDX-License-Identifier: Apache-2.0
//
// Ensembles whose members change while servers die, with and without what they had not synced: what
// was acknowledged stays, nobody leads beside another one, and in the end all are members again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/number.h"
#include "jute/code.h"
#include "jute/op.h"
#include "sim/script.h"
#include "zab/zab.h"

enum { SEEDS = 4, VOTERS = 5, ROUNDS = 25, PATIENCE_MS = 60000, EVERYBODY = -1 };

static const char extra[] = "reconfigEnabled=true\nskipACL=yes\n";

// Who asks for other members, one request after the other.
struct governor {
    struct sim_client client;
    struct script *script;
    struct port_timer think;
    int32_t next_xid;
    bool has_asked;
    bool has_asked_for_all;
    bool wants_all; // from now on: everybody is to be a voter
    bool has_all;   // and that was answered with yes
    unsigned changes, refusals;
};

// Everybody but one, who is no member or an observer.
static void print_members(int but, bool is_observer, struct buf *to)
{
    for (int i = 0; i < VOTERS; i++) {
        if (i != but || is_observer) {
            buf_printf(to, "server.%d=node-%d:2888:3888:%s\n", i + 1, i + 1,
                       i == but ? "observer" : "participant");
        }
    }
}

static void ask(struct governor *g)
{
    struct prng *prng = &g->script->world.prng;
    int but = g->wants_all ? EVERYBODY : (int)prng_below(prng, VOTERS);
    struct buf members = {0}, body = {0};
    print_members(but, prng_below(prng, 3) == 0, &members);
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

static void think_soon(struct governor *g, int64_t ms)
{
    world_start(&g->script->world, &g->think, world_delay(&g->script->world, ms * 1000000));
}

static void on_think(struct port_timer *timer)
{
    struct governor *g = CONTAINER_OF(timer, struct governor, think);
    if (g->client.is_open && !g->has_asked && !g->has_all) {
        ask(g);
    }
    think_soon(g, 100);
}

static void on_open(void *owner, bool is_new)
{
    (void)owner;
    (void)is_new;
}

static void on_reply(void *owner, const struct jute_reply_header *header, struct jute_in *body)
{
    (void)body;
    struct governor *g = owner;
    g->has_asked = false;
    g->changes += header->err == ZK_OK ? 1 : 0;
    g->refusals += header->err != ZK_OK ? 1 : 0;
    g->has_all = g->has_asked_for_all && header->err == ZK_OK;
}

static void on_event(void *owner, const struct jute_watcher_event *event, int64_t zxid)
{
    (void)event;
    (void)zxid;
    world_fail(&((struct governor *)owner)->script->world, "an event that nobody asked");
}

static void on_lost(void *owner)
{
    ((struct governor *)owner)->has_asked = false;
}

static const struct client_handler handler = {on_open, on_reply, on_event, on_lost};

static void governor_start(struct governor *g, struct script *s)
{
    *g = (struct governor){.script = s, .think = {.fire = on_think}, .next_xid = 1};
    client_init(&g->client, cluster_node(&s->cluster, 0), BOX_CLIENT_PORT, &handler, g);
    for (int i = 1; i < VOTERS; i++) {
        client_add_server(&g->client, cluster_node(&s->cluster, i));
    }
    client_start(&g->client);
    think_soon(g, 100);
}

static void governor_end(struct governor *g)
{
    timers_stop(&g->script->world.events, &g->think);
    client_fini(&g->client);
}

static void shake(struct script *s, bool with_power)
{
    struct prng *prng = &s->world.prng;
    int who = (int)prng_below(prng, VOTERS);
    int64_t down_ms = 1 + (int64_t)prng_below(prng, 500);
    switch (prng_below(prng, with_power ? 4 : 2)) {
    case 0:
        break;
    case 1:
        cluster_kill(&s->cluster, who, down_ms);
        break;
    case 2:
        cluster_cut_power(&s->cluster, who, down_ms);
        break;
    case 3:
        cluster_cut_power_at(&s->cluster, who, 1 + prng_below(prng, 40), down_ms);
        break;
    }
}

// All are voters again, in a configuration that all have.
static bool is_one(const struct script *s)
{
    const struct config_servers *first = NULL;
    for (int i = 0; i < VOTERS; i++) {
        const struct server *server = s->cluster.members[i].box.server;
        if (server == NULL || !cluster_is_serving(&s->cluster, i)) {
            return false;
        }
        const struct config_servers *config = box_config_in_force(&s->cluster.members[i].box);
        first = first != NULL ? first : config;
        if (config->version != first->version ||
            config_servers_count_role(config, CONFIG_PARTICIPANT) != VOTERS) {
            return false;
        }
    }
    return true;
}

static bool come_together(struct script *s, struct governor *g)
{
    g->wants_all = true;
    int64_t end_ns = s->world.now_ns + (int64_t)PATIENCE_MS * 1000000;
    while (!g->has_all || !is_one(s)) {
        if (s->world.now_ns > end_ns) {
            struct buf state = {0};
            cluster_print(&s->cluster, &state);
            world_fail(&s->world, "the members do not come together%s: %s",
                       g->has_all ? "" : " (no answer)", buf_cstr(&state));
            buf_fini(&state);
        }
        if (!script_run(s, 10)) {
            return false;
        }
    }
    return true;
}

static bool write_for(struct script *s, int64_t ms)
{
    for (int i = 0; i < VOTERS; i++) {
        script_write_on(s, i, 1);
    }
    bool is_ok = script_run(s, ms);
    for (int i = 0; i < VOTERS; i++) {
        script_write_on(s, i, 0);
    }
    return is_ok;
}

static bool govern(struct script *s, struct governor *g, bool with_power)
{
    for (int round = 0; round < ROUNDS; round++) {
        int64_t rest_ms = 100 + (int64_t)prng_below(&s->world.prng, 400);
        if (!write_for(s, 10) || !script_run(s, rest_ms)) {
            return false;
        }
        shake(s, with_power);
    }
    return come_together(s, g);
}

static unsigned run(uint64_t seed, bool with_power)
{
    const struct cluster_options options = {
        .voters = VOTERS, .extra = extra, .is_verbose = getenv("VERBOSE") != NULL};
    struct script *s = mem_alloc(sizeof(*s));
    struct governor g;
    script_init(s, seed, &options);
    bool is_ok = script_start(s);
    governor_start(&g, s);
    is_ok = is_ok && govern(s, &g, with_power);
    unsigned changes = g.changes;
    client_stop(&g.client);
    is_ok = is_ok && script_settle(s);
    if (!is_ok) {
        print_error("seed %llu: %s\n", (unsigned long long)seed, s->world.failure);
    }
    assert_true(is_ok);
    governor_end(&g);
    script_fini(s);
    mem_free(s);
    return changes;
}

// SEEDS=n and FIRST=n look for more.
static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t value = otherwise;
    if (text != NULL) {
        assert_true(number_parse(slice_str(text), 1, INT64_MAX, &value));
    }
    return value;
}

static void run_all(bool with_power)
{
    int64_t seeds = setting("SEEDS", SEEDS);
    int64_t first = setting("FIRST", 1);
    unsigned changes = 0;
    for (int64_t i = 0; i < seeds; i++) {
        changes += run((uint64_t)(first + i), with_power);
    }
    assert_true(changes > 3 * seeds);
}

static void members_change_while_processes_die(void **state)
{
    (void)state;
    run_all(false);
}

static void members_change_while_power_fails(void **state)
{
    (void)state;
    run_all(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_change_while_processes_die),
        cmocka_unit_test(members_change_while_power_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
