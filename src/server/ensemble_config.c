// SPDX-License-Identifier: Apache-2.0
//
// What the configuration of the ensemble, and a change of it, means to this server: its
// connections, its clients' port, its files, the node that shows it.
//
// /zookeeper/config is written here without a transaction whenever this server begins to serve: it
// may hold the text of whoever sent the snapshot. While it serves, the transaction of a reconfig
// writes it, in its order among the others. Source: QuorumPeer.processReconfig.
#include "base/mem.h"
#include "server/ensemble_priv.h"
#include "server/reconfig.h"

static void log_config(struct ensemble *e, const char *what, struct slice text)
{
    struct log_line l;
    if (log_begin(&l, e->server->log, EVENT_ENSEMBLE_CONFIG)) {
        log_str(&l, "what", what);
        log_slice(&l, "config", text);
        log_end(&l);
    }
}

static void configure_mesh(struct ensemble *e)
{
    if (e->mesh != NULL) {
        mesh_configure(e->mesh, zab_committed_config(e->zab), zab_seen_config(e->zab));
    }
}

// ---- at the start ----

// A reconfig that was proposed may be in the log although the crash came before zoo.cfg.dynamic
// .next was durable: the replayed tree shows it. Only beside a dynamic file, as that: a list of
// members that somebody wrote into zoo.cfg by hand, to save what can be saved, has no version.
static bool find_in_tree(const struct ensemble *e, int64_t newer_than, struct config_servers *ret)
{
    const struct server *s = e->server;
    const struct znode *n = tree_find(s->tree, slice_str("/zookeeper/config"));
    if (n == NULL || !s->config->reconfig_enabled || s->config->dynamic_config_file == NULL) {
        return false;
    }
    struct buf complaint = {0};
    bool is_ok = config_servers_parse(znode_data(n), ret, &complaint) == ERR_OK;
    buf_fini(&complaint);
    return is_ok && ret->count > 0 && ret->version > newer_than;
}

void ensemble_config_open(struct ensemble *e)
{
    const struct server *s = e->server;
    const struct config *cfg = s->config;
    const char *file = s->options.config_file;
    const struct config_servers *seen = cfg->has_seen ? &cfg->seen : &cfg->servers;
    config_servers_init(&e->replayed);
    if (find_in_tree(e, seen->version, &e->replayed)) {
        seen = &e->replayed;
    }
    e->seen_at_start = seen;
    if (file != NULL && cfg->reconfig_enabled && cfg->dynamic_config_file == NULL) {
        dynamic_config_back_up(s->options.files, file, s->log);
    }
    const struct dynamic_config_options options = {
        .files = s->options.files,
        .worker = e->worker,
        .log = s->log,
        .config_file = file,
        .sid = cfg->server_id,
        .seen_version = seen->version,
    };
    e->dynamic = dynamic_config_new(&options);
}

void ensemble_config_close(struct ensemble *e)
{
    dynamic_config_free(e->dynamic);
    config_servers_fini(&e->replayed);
}

// ---- changes ----

void ensemble_see_config(struct ensemble *e, struct slice text)
{
    log_config(e, "proposed", text);
    dynamic_config_see(e->dynamic, text);
    configure_mesh(e);
}

void ensemble_activate_config(struct ensemble *e, struct slice text)
{
    const struct config_servers *config = zab_committed_config(e->zab);
    const struct config_member *own = config_servers_find(config, e->server->config->server_id);
    log_config(e, "in force", text);
    dynamic_config_activate(e->dynamic, text);
    configure_mesh(e);
    if (own != NULL && own->client.host != NULL) {
        server_listen_at(e->server, own->client.host, own->client.port);
    }
}

void ensemble_show_config(struct ensemble *e)
{
    struct server *s = e->server;
    const struct config_servers *config = zab_committed_config(e->zab);
    struct buf text = {0};
    config_servers_print(config, &text);
    tree_set_config(s->tree, buf_slice(&text), config->version, clock_wall_ms(s->options.clock),
                    s->watches);
    reply_fired(s);
    buf_fini(&text);
}

// ---- requests ----

enum zk_code ensemble_reconfig(void *ctx, const struct jute_reconfig_request *request, int64_t zxid,
                               struct buf *ret_text)
{
    const struct ensemble *e = ctx;
    const struct config *cfg = e->server->config;
    size_t count = zab_followers(e->zab, NULL, 0);
    struct zab_follower *followers = mem_alloc(count * sizeof(*followers));
    (void)zab_followers(e->zab, followers, count);
    const struct reconfig_view view = {
        .committed = zab_committed_config(e->zab),
        .seen = zab_seen_config(e->zab),
        .sid = cfg->server_id,
        .is_standalone_enabled = cfg->standalone_enabled,
        .allows_many_addresses = cfg->multi_address_enabled,
        .followers = followers,
        .follower_count = count,
    };
    enum zk_code code = reconfig_check(&view, request, zxid, ret_text);
    mem_free(followers);
    return code;
}
