// SPDX-License-Identifier: Apache-2.0
//
// The members among the values: reading their lines, finding this server among them, and what an
// ensemble needs before it can be started. Source: QuorumPeerConfig.parseDynamicConfig, setupMyId,
// setupClientPort, setupPeerType, checkValidity; QuorumPeer.start.
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "config/sources.h"
#include "config/value.h"

enum {
    SYNC_LIMIT_SUSPECT_S = 120, // a follower that hangs is noticed this late
    ID_MAX = 255,               // what fits into session ids
    ID_EXTENDED_MAX = 254,      // and leaves room for the mark of extended types
};

static const struct config_place nowhere = {.file = NULL};

// ---- lines ----

static void read_member_line(struct config *cfg, const struct config_line *line)
{
    bool is_moved = !line->is_dynamic && cfg->dynamic_config_file != NULL;
    if (is_moved && line->key == CONFIG_KEY_version) {
        return; // Java takes it for a property that nobody reads
    }
    if (is_moved) {
        config_say(cfg->sources, CONFIG_ERROR, line->place,
                   "parameter: %s must be in a separate dynamic config file", line->name);
        return;
    }
    struct buf complaint = {0};
    enum err e = config_servers_add(&cfg->servers, slice_str(line->name), slice_str(line->text),
                                    cfg->multi_address_enabled, &complaint);
    if (e != ERR_OK) {
        config_say(cfg->sources, CONFIG_ERROR, line->place, "%s: %s", line->name,
                   buf_cstr(&complaint));
    }
    buf_fini(&complaint);
}

void config_read_members(struct config *cfg)
{
    struct config_sources *s = cfg->sources;
    config_servers_fini(&cfg->servers);
    for (size_t i = 0; i < s->line_count; i++) {
        if (config_row(s->lines[i].key)->kind == CONFIG_KIND_LINES) {
            read_member_line(cfg, &s->lines[i]);
        }
    }
    struct buf complaint = {0};
    if (config_servers_check(&cfg->servers, &complaint) != ERR_OK) {
        config_say(s, CONFIG_ERROR, nowhere, "%s", buf_cstr(&complaint));
    }
    buf_fini(&complaint);
}

// ---- checks ----

static void check_count(struct config *cfg)
{
    struct config_sources *s = cfg->sources;
    size_t participants = config_servers_count_role(&cfg->servers, CONFIG_PARTICIPANT);
    size_t observers = config_servers_count_role(&cfg->servers, CONFIG_OBSERVER);
    if (participants == 0 && !cfg->standalone_enabled) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_standalone_enabled,
                      "standaloneEnabled = false then number of participants should be >0");
    } else if (participants == 0 && observers > 0) {
        config_say(s, CONFIG_ERROR, nowhere,
                   "Observers w/o participants is an invalid configuration");
    } else if (participants == 1 && cfg->standalone_enabled) {
        if (observers > 0) {
            config_say(s, CONFIG_ERROR, nowhere,
                       "Observers w/o quorum is an invalid configuration");
        }
        config_say(s, CONFIG_WARNING, nowhere,
                   "only one server line: this is a standalone server, and the line has no effect "
                   "but for its client address");
    } else if (participants == 2) {
        config_say(s, CONFIG_WARNING, nowhere,
                   "two voting servers: the ensemble stops when one of them does; three tolerate "
                   "the loss of one");
    } else if (participants > 0 && participants % 2 == 0) {
        config_say(s, CONFIG_WARNING, nowhere,
                   "%zu voting servers tolerate no more failures than %zu do", participants,
                   participants - 1);
    }
}

// The role that peerType claims is only a hint. Source: QuorumPeerConfig.setupPeerType.
static void check_role(struct config *cfg, const struct config_member *own)
{
    const char *claimed = cfg->sources->entries[CONFIG_KEY_peer_type].text;
    bool is_observer = claimed != NULL && strcasecmp(claimed, "observer") == 0;
    if (claimed != NULL && is_observer != (own->role == CONFIG_OBSERVER)) {
        config_say_at(cfg, CONFIG_WARNING, CONFIG_KEY_peer_type,
                      "peerType says %s, the server line of %" PRId64 " says %s: the line counts",
                      is_observer ? "observer" : "participant", own->id,
                      is_observer ? "participant" : "observer");
    }
}

static void check_own(struct config *cfg)
{
    if (!cfg->has_server_id) {
        return;
    }
    const struct config_member *own = config_servers_find(&cfg->servers, cfg->server_id);
    if (own == NULL) {
        config_say(cfg->sources, CONFIG_ERROR, nowhere,
                   "My id %" PRId64
                   " not in the peer list: no server line has the number that %s says",
                   cfg->server_id, cfg->sources->myid_file);
        return;
    }
    check_role(cfg, own);
    if (cfg->extended_types_enabled && own->id > ID_EXTENDED_MAX) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_extended_types_enabled,
                      "extendedTypesEnabled is true but Server ID is too large. Cannot be larger "
                      "than %d",
                      ID_EXTENDED_MAX);
    }
    if (own->id < 0 || own->id > ID_MAX) {
        config_say(cfg->sources, CONFIG_WARNING, nowhere,
                   "server id %" PRId64 " is outside 0..%d: session ids hold only its lowest 8 "
                   "bits, and must not meet those of another server",
                   own->id, ID_MAX);
    }
}

static void check_limits(struct config *cfg)
{
    if (cfg->init_limit == 0) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_init_limit, "initLimit is not set");
    }
    if (cfg->sync_limit == 0) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_sync_limit, "syncLimit is not set");
    }
    int64_t sync_s = (int64_t)cfg->sync_limit * cfg->tick_time_ms / 1000;
    if (sync_s > SYNC_LIMIT_SUSPECT_S) {
        config_say_at(cfg, CONFIG_WARNING, CONFIG_KEY_sync_limit,
                      "syncLimit=%" PRId32
                      " means that a member that hangs is dropped only after %" PRId64
                      " s; it counts ticks of %" PRId32 " ms",
                      cfg->sync_limit, sync_s, cfg->tick_time_ms);
    }
    if (cfg->sources->myid_file != NULL && !cfg->has_server_id) {
        config_say(cfg->sources, CONFIG_ERROR, nowhere,
                   "myid file is missing: write this server's number into %s",
                   cfg->sources->myid_file);
    }
    check_own(cfg);
}

void config_check_members(struct config *cfg)
{
    check_count(cfg);
    if (config_is_distributed(cfg)) {
        check_limits(cfg);
    }
}

// ---- the own number ----

// Decimal as Long.parseLong reads it.
static bool parse_id(const char *text, int64_t *ret)
{
    static const struct config_row row = {.key = "myid",
                                          .property = "",
                                          .min = INT64_MIN,
                                          .max = INT64_MAX,
                                          .kind = CONFIG_KIND_LONG};
    struct config_value v;
    if (config_value_parse(&row, text, &v) != ERR_OK) {
        return false;
    }
    *ret = v.number;
    return true;
}

void config_read_myid(struct config *cfg)
{
    const struct config_sources *s = cfg->sources;
    cfg->has_server_id = false;
    if (s->myid_text == NULL) {
        return;
    }
    cfg->has_server_id = parse_id(s->myid_text, &cfg->server_id);
    if (!cfg->has_server_id) {
        config_say(cfg->sources, CONFIG_ERROR, (struct config_place){.file = s->myid_file},
                   "serverid %s is not a number", s->myid_text);
    }
}

// ---- the own address ----

static bool is_wildcard(const char *host)
{
    return host == NULL || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

// What zoo.cfg says is remembered for the own line, but not printed to others.
static void take_static_address(struct config *cfg, struct config_member *own)
{
    if (cfg->has_client_port) {
        const char *host = cfg->client_port_address;
        own->client.host = host != NULL ? host : "0.0.0.0";
        own->client.port = (uint16_t)cfg->client_port;
        own->is_client_from_static = true;
    }
}

// The client address of the own server line must agree with the static one, and is the one that is
// bound. Source: QuorumPeerConfig.setupClientPort.
void config_merge_client_address(struct config *cfg)
{
    const struct config_member *own =
        cfg->has_server_id ? config_servers_find(&cfg->servers, cfg->server_id) : NULL;
    if (own == NULL) {
        return;
    }
    if (own->client.host == NULL) {
        take_static_address(cfg, &cfg->servers.members[own - cfg->servers.members]);
        return;
    }
    bool is_other_port = cfg->client_port != own->client.port;
    bool is_other_host = !is_wildcard(cfg->client_port_address) &&
                         strcmp(cfg->client_port_address, own->client.host) != 0;
    if (cfg->has_client_port && (is_other_port || is_other_host)) {
        config_say_at(
            cfg, CONFIG_ERROR, CONFIG_KEY_client_port,
            "client address for this server (id = %" PRId64 ") in static config file is %s:%" PRId32
            " is different from client address found in dynamic file: %s:%u",
            cfg->server_id, is_wildcard(cfg->client_port_address) ? "*" : cfg->client_port_address,
            cfg->client_port, own->client.host, own->client.port);
        return;
    }
    cfg->has_client_port = true;
    cfg->client_port = own->client.port;
    cfg->client_port_address = is_wildcard(own->client.host) ? NULL : own->client.host;
}
