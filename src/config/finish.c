// SPDX-License-Identifier: Apache-2.0
//
// From texts to values: read each row by its kind, say what has no effect, derive what was left
// open, and check what concerns more than one key. Messages hold the words of Java's where Java has
// one. What concerns the members is in members.c. Source: QuorumPeerConfig.parseProperties.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/props.h"
#include "config/sources.h"
#include "config/value.h"

enum {
    SNAP_RETAIN_MIN = 3,
    SNAP_COUNT_MIN = 2,
    COMMIT_LOG_COUNT_MIN = 500,
    JUTE_EXTRA_MIN = 1024,
};

static const struct config_place nowhere = {.file = NULL};

// ---- values of single rows ----

static void store(struct config *cfg, enum config_key key, const struct config_value *v,
                  const char *text)
{
    void *field = config_field(cfg, key);
    if (field == NULL) {
        return;
    }
    switch (config_row(key)->kind) {
    case CONFIG_KIND_BOOL:
    case CONFIG_KIND_FLAG:
    case CONFIG_KIND_UNLESS:
        *(bool *)field = v->flag;
        return;
    case CONFIG_KIND_INT:
        *(int32_t *)field = (int32_t)v->number;
        return;
    case CONFIG_KIND_LONG:
        *(int64_t *)field = v->number;
        return;
    case CONFIG_KIND_REAL:
        *(double *)field = v->real;
        return;
    case CONFIG_KIND_TEXT:
        *(const char **)field = text[0] != 0 ? text : NULL;
        return;
    case CONFIG_KIND_CHOICE:
    case CONFIG_KIND_CLASS:
    case CONFIG_KIND_LINES:
    case CONFIG_KIND_MANY:
        break;
    }
    ASSERT(false && "rows of these kinds have no field");
}

static void complain_about_value(struct config *cfg, enum config_key key, const char *text)
{
    const struct config_row *row = config_row(key);
    struct buf range = {0};
    config_value_range(row, &range);
    if (row->kind == CONFIG_KIND_BOOL) {
        config_say_at(cfg, CONFIG_ERROR, key, "Invalid option %s for %s. Choose 'true' or 'false.'",
                      text, row->key);
    } else if (key == CONFIG_KEY_election_alg) {
        config_say_at(cfg, CONFIG_ERROR, key,
                      "Invalid electionAlg value. Only 3 is supported, not %s.", text);
    } else if (key == CONFIG_KEY_peer_type) {
        config_say_at(cfg, CONFIG_ERROR, key, "Unrecognised peertype: %s; legal is %s", text,
                      buf_cstr(&range));
    } else if (key == CONFIG_KEY_tick_time_ms && strcmp(text, "0") == 0) {
        config_say_at(cfg, CONFIG_ERROR, key,
                      "tickTime is not set: 0 is outside its range; legal is %s", buf_cstr(&range));
    } else if (key == CONFIG_KEY_metrics_class_name) {
        config_say_at(cfg, CONFIG_ERROR, key,
                      "metrics provider class was not found: %s; legal is %s", text,
                      buf_cstr(&range));
    } else {
        config_say_at(cfg, CONFIG_ERROR, key, "%s=%s is not possible; legal is %s",
                      config_key_name(key), text, buf_cstr(&range));
    }
    buf_fini(&range);
}

// An empty property is as good as none to Java's Integer.getInteger and its like.
static bool is_empty_property(const struct config_row *row, const char *text)
{
    return text[0] == 0 && row->property[0] != 0 && row->kind != CONFIG_KIND_TEXT;
}

static void read_row(struct config *cfg, enum config_key key)
{
    const struct config_row *row = config_row(key);
    const struct config_entry *e = &cfg->sources->entries[key];
    struct config_value v = {0};
    if (e->rank != CONFIG_RANK_DEFAULT && !is_empty_property(row, e->text)) {
        if (config_value_parse(row, e->text, &v) == ERR_OK) {
            if (v.is_doubtful) {
                config_say_at(cfg, CONFIG_WARNING, key, "%s=%s counts as %s, as in Java",
                              config_key_name(key), e->text,
                              row->kind == CONFIG_KIND_UNLESS ? row->default_text : "false");
            }
            store(cfg, key, &v, e->text);
            return;
        }
        complain_about_value(cfg, key, e->text);
    }
    if (row->default_text[0] != 0) {
        enum err err = config_value_parse(row, row->default_text, &v);
        ASSERT(err == ERR_OK);
    }
    store(cfg, key, &v, row->default_text);
}

static void say_state(struct config *cfg, enum config_key key, const char *name,
                      struct config_place place)
{
    const struct config_row *row = config_row(key);
    const char *part = config_state_part(row->state);
    if (row->state == CONFIG_NO_MEANING) {
        config_say(cfg->sources, CONFIG_NOTE, place, "%s has no effect here. %s", name, row->help);
    } else if (row->state == CONFIG_CLIENT_ONLY) {
        config_say(cfg->sources, CONFIG_NOTE, place,
                   "%s has no effect: Java's client reads it, a server does not", name);
    } else if (part != NULL) {
        config_say(cfg->sources, CONFIG_NOTE, place,
                   "%s has no effect: it belongs to %s, which this version does not have", name,
                   part);
    }
}

static void read_rows(struct config *cfg)
{
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        enum config_key key = (enum config_key)i;
        read_row(cfg, key);
        if (config_is_set(cfg, key)) {
            say_state(cfg, key, config_key_name(key), config_place_of(cfg, key));
        }
    }
}

// ---- keys with many names ----

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct config_pair *)a)->name, ((const struct config_pair *)b)->name);
}

// Whether a later line of at least the same rank replaces `lines[at]`.
static bool is_overridden(const struct config_sources *s, size_t at)
{
    for (size_t i = 0; i < s->line_count; i++) {
        bool is_stronger = s->lines[i].rank > s->lines[at].rank ||
                           (s->lines[i].rank == s->lines[at].rank && i > at);
        if (is_stronger && s->lines[i].key == s->lines[at].key &&
            strcmp(s->lines[i].name, s->lines[at].name) == 0) {
            return true;
        }
    }
    return false;
}

// Append the pairs of `key` to `to`, sorted; returns how many.
static size_t collect_pairs(const struct config_sources *s, enum config_key key,
                            struct config_pair *to)
{
    size_t count = 0;
    for (size_t i = 0; i < s->line_count; i++) {
        if (s->lines[i].key == key && !is_overridden(s, i)) {
            to[count++] = (struct config_pair){.name = s->lines[i].name, .value = s->lines[i].text};
        }
    }
    if (count > 0) {
        qsort(to, count, sizeof *to, compare_pairs);
    }
    return count;
}

static bool is_class(const char *value, const char *name)
{
    const char *dot = strrchr(value, '.');
    return strcmp(dot != NULL ? dot + 1 : value, name) == 0;
}

static void check_provider(struct config *cfg, const struct config_line *line)
{
    if (is_class(line->text, "DigestAuthenticationProvider") ||
        is_class(line->text, "IPAuthenticationProvider") ||
        is_class(line->text, "KeyAuthenticationProvider")) {
        return; // always there, or needs nothing of its own
    }
    if (is_class(line->text, "EnsembleAuthenticationProvider")) {
        cfg->has_ensemble_auth = true;
    } else if (is_class(line->text, "SASLAuthenticationProvider")) {
        say_state(cfg, CONFIG_KEY_sasl_server_config, line->name, line->place);
    } else if (is_class(line->text, "X509AuthenticationProvider")) {
        say_state(cfg, CONFIG_KEY_x509_super_user, line->name, line->place);
    } else {
        config_say(cfg->sources, CONFIG_ERROR, line->place,
                   "%s=%s: there is no such authentication provider; legal is one of "
                   "DigestAuthenticationProvider, IPAuthenticationProvider, "
                   "EnsembleAuthenticationProvider, KeyAuthenticationProvider, "
                   "SASLAuthenticationProvider, X509AuthenticationProvider",
                   line->name, line->text);
    }
}

static void read_pairs(struct config *cfg)
{
    struct config_sources *s = cfg->sources;
    s->pairs = mem_realloc(s->pairs, (s->line_count * 2 + 1) * sizeof s->pairs[0]);
    cfg->super_users = s->pairs;
    cfg->super_user_count = collect_pairs(s, CONFIG_KEY_super_user, s->pairs);
    cfg->auth_providers = s->pairs + cfg->super_user_count;
    cfg->auth_provider_count =
        collect_pairs(s, CONFIG_KEY_auth_provider, s->pairs + cfg->super_user_count);
    cfg->has_ensemble_auth = false;
    for (size_t i = 0; i < s->line_count; i++) {
        const struct config_line *line = &s->lines[i];
        if (line->key == CONFIG_KEY_auth_provider && !is_overridden(s, i)) {
            check_provider(cfg, line);
        }
        if (config_row(line->key)->kind == CONFIG_KIND_MANY) {
            say_state(cfg, line->key, line->name, line->place);
        }
    }
}

// ---- ports ----

static void check_ports(struct config *cfg)
{
    cfg->has_client_port = config_is_set(cfg, CONFIG_KEY_client_port);
    if (!cfg->has_client_port && cfg->client_port_address != NULL) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_client_port_address,
                      "clientPortAddress is set but clientPort is not set");
    }
    if (!config_is_set(cfg, CONFIG_KEY_secure_client_port) &&
        config_is_set(cfg, CONFIG_KEY_secure_client_port_address)) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_secure_client_port_address,
                      "secureClientPortAddress is set but secureClientPort is not set");
    }
    config_merge_client_address(cfg);
    if (!cfg->has_client_port && config_is_set(cfg, CONFIG_KEY_secure_client_port)) {
        config_say_at(
            cfg, CONFIG_ERROR, CONFIG_KEY_secure_client_port,
            "no port would be open: secureClientPort needs TLS, which this version does not have; "
            "set clientPort");
    } else if (!cfg->has_client_port && cfg->data_dir != NULL) {
        config_say(cfg->sources, CONFIG_WARNING, nowhere,
                   "clientPort is not set: no client can connect");
    }
}

// ---- what was left open, and what is suspect ----

static int32_t ticks(const struct config *cfg, int32_t count)
{
    int64_t ms = (int64_t)cfg->tick_time_ms * count;
    return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

static int32_t not_negative(int32_t value)
{
    return value < 0 ? 0 : value;
}

static void derive(struct config *cfg)
{
    if (cfg->data_log_dir == NULL) {
        cfg->data_log_dir = cfg->data_dir;
    }
    if (cfg->min_session_timeout_ms == -1) {
        cfg->min_session_timeout_ms = ticks(cfg, 2);
    }
    if (cfg->max_session_timeout_ms == -1) {
        cfg->max_session_timeout_ms = ticks(cfg, 20);
    }
    if (!config_is_set(cfg, CONFIG_KEY_jute_extra_size)) {
        cfg->jute_extra_size = cfg->jute_max_buffer;
    }
    if (cfg->jute_extra_size < JUTE_EXTRA_MIN) {
        cfg->jute_extra_size = JUTE_EXTRA_MIN;
    }
    if (!config_is_set(cfg, CONFIG_KEY_max_write_queue_poll_ms)) {
        cfg->max_write_queue_poll_ms = cfg->flush_delay_ms / 3;
    }
    if (cfg->connect_limit == 0) {
        cfg->connect_limit = cfg->init_limit;
    }
    if (cfg->quorum_cnxn_timeout_ms <= 0) {
        cfg->quorum_cnxn_timeout_ms = ticks(cfg, cfg->sync_limit);
    }
    cfg->max_client_cnxns = not_negative(cfg->max_client_cnxns);
    cfg->max_cnxns = not_negative(cfg->max_cnxns);
    cfg->purge_interval_hours = not_negative(cfg->purge_interval_hours);
    cfg->large_request_threshold = not_negative(cfg->large_request_threshold);
    // Callers multiply these by 1024.
    cfg->snap_size_limit_kb = cfg->snap_size_limit_kb < 0 ? 0 : cfg->snap_size_limit_kb;
    cfg->txn_log_size_limit_kb = cfg->txn_log_size_limit_kb < 0 ? -1 : cfg->txn_log_size_limit_kb;
    cfg->is_loopback_trusted = !config_is_set(cfg, CONFIG_KEY_four_letter_whitelist);
}

static void raise_to_minimum(struct config *cfg, enum config_key key, int32_t *field, int32_t min)
{
    if (*field < min) {
        config_say_at(cfg, CONFIG_WARNING, key, "%s=%" PRId32 " counts as %" PRId32 ", its minimum",
                      config_key_name(key), *field, min);
        *field = min;
    }
}

static void check_throttle_weights(struct config *cfg)
{
    int32_t local = cfg->connection_throttle_local_session_weight;
    if (cfg->connection_throttle_global_session_weight < local) {
        config_say_at(
            cfg, CONFIG_ERROR, CONFIG_KEY_connection_throttle_global_session_weight,
            "connection_throttle_global_session_weight=%" PRId32
            " is not possible; legal is at least connection_throttle_local_session_weight (%" PRId32
            ")",
            cfg->connection_throttle_global_session_weight, local);
    }
    if (cfg->connection_throttle_renew_session_weight < local) {
        config_say_at(
            cfg, CONFIG_ERROR, CONFIG_KEY_connection_throttle_renew_session_weight,
            "connection_throttle_renew_session_weight=%" PRId32
            " is not possible; legal is at least connection_throttle_local_session_weight (%" PRId32
            ")",
            cfg->connection_throttle_renew_session_weight, local);
    }
}

static void check_suspects(struct config *cfg)
{
    raise_to_minimum(cfg, CONFIG_KEY_purge_snap_retain_count, &cfg->purge_snap_retain_count,
                     SNAP_RETAIN_MIN);
    raise_to_minimum(cfg, CONFIG_KEY_commit_log_count, &cfg->commit_log_count,
                     COMMIT_LOG_COUNT_MIN);
    raise_to_minimum(cfg, CONFIG_KEY_snap_count, &cfg->snap_count, SNAP_COUNT_MIN);
    if (!cfg->force_sync) {
        config_say_at(
            cfg, CONFIG_WARNING, CONFIG_KEY_force_sync,
            "forceSync=no: writes are acknowledged before they are on disk, and a power failure "
            "loses them");
    }
    if (cfg->skip_acl) {
        config_say_at(cfg, CONFIG_WARNING, CONFIG_KEY_skip_acl,
                      "skipACL=yes: every client may do everything");
    }
    const char *method = cfg->snapshot_compression_method;
    if (method != NULL && strcmp(method, "gz") != 0 && strcmp(method, "snappy") != 0) {
        config_say_at(
            cfg, CONFIG_WARNING, CONFIG_KEY_snapshot_compression_method,
            "snapshot.compression.method=%s means none, as in Java; known are gz and snappy",
            method);
    }
    if (cfg->data_dir != NULL && cfg->data_dir[0] != '/') {
        config_say_at(cfg, CONFIG_WARNING, CONFIG_KEY_data_dir,
                      "dataDir=%s is relative: where it is depends on where the server is started",
                      cfg->data_dir);
    }
}

static bool is_known_scheme(struct slice scheme)
{
    static const char *const known[] = {"digest", "ip", "ensemble", "sasl", "x509"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (slice_equal_str(scheme, known[i])) {
            return true;
        }
    }
    return false;
}

// Source: AuthenticationHelper.initConfigurations, validateConfiguredProperties.
static void check_enforced_auth(struct config *cfg)
{
    if (!cfg->enforce_auth_enabled) {
        return;
    }
    if (cfg->enforce_auth_schemes == NULL) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_enforce_auth_enabled,
                      "enforce.auth.enabled=true needs enforce.auth.schemes");
        return;
    }
    const char *rest = cfg->enforce_auth_schemes;
    while (rest != NULL) {
        const char *comma = strchr(rest, ',');
        size_t len = comma != NULL ? (size_t)(comma - rest) : strlen(rest);
        struct slice name = props_trim(slice_of(rest, len));
        if (!is_known_scheme(name)) {
            config_say_at(
                cfg, CONFIG_ERROR, CONFIG_KEY_enforce_auth_schemes,
                "enforce.auth.schemes: there is no scheme %.*s; legal are digest, ip, ensemble, "
                "sasl, x509",
                (int)name.len, (const char *)name.data);
        }
        rest = comma != NULL ? comma + 1 : NULL;
    }
}

static void check_quorum_sasl(struct config *cfg)
{
    if (!cfg->quorum_enable_sasl && cfg->quorum_server_require_sasl) {
        config_say_at(
            cfg, CONFIG_ERROR, CONFIG_KEY_quorum_server_require_sasl,
            "quorum.auth.enableSasl is disabled, so cannot enable quorum.auth.serverRequireSasl");
    }
    if (!cfg->quorum_enable_sasl && cfg->quorum_learner_require_sasl) {
        config_say_at(
            cfg, CONFIG_ERROR, CONFIG_KEY_quorum_learner_require_sasl,
            "quorum.auth.enableSasl is disabled, so cannot enable quorum.auth.learnerRequireSasl");
    }
    if (!cfg->quorum_learner_require_sasl && cfg->quorum_server_require_sasl) {
        config_say_at(cfg, CONFIG_ERROR, CONFIG_KEY_quorum_server_require_sasl,
                      "quorum.auth.learnerRequireSasl is disabled, so cannot enable "
                      "quorum.auth.serverRequireSasl");
    }
}

void config_finish(struct config *cfg)
{
    struct config_sources *s = cfg->sources;
    s->diag_count = s->diag_mark;
    read_rows(cfg);
    read_pairs(cfg);
    config_read_members(cfg);
    config_read_myid(cfg);
    check_quorum_sasl(cfg);
    if (cfg->data_dir == NULL) {
        config_say(s, CONFIG_ERROR, nowhere, "dataDir is not set");
    }
    check_suspects(cfg);
    check_ports(cfg);
    derive(cfg);
    if (cfg->min_session_timeout_ms > cfg->max_session_timeout_ms) {
        config_say_at(cfg, CONFIG_ERROR,
                      config_is_set(cfg, CONFIG_KEY_min_session_timeout_ms)
                          ? CONFIG_KEY_min_session_timeout_ms
                          : CONFIG_KEY_max_session_timeout_ms,
                      "minSessionTimeout must not be larger than maxSessionTimeout: %" PRId32
                      " is larger than %" PRId32,
                      cfg->min_session_timeout_ms, cfg->max_session_timeout_ms);
    }
    check_throttle_weights(cfg);
    check_enforced_auth(cfg);
    config_check_members(cfg);
}
