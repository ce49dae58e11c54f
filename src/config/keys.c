// SPDX-License-Identifier: Apache-2.0
//
// The table behind keys.h, and how names find their row. Names are looked up a few hundred times in
// the life of a process, so the search is linear.
#include "config/keys.h"

#include <string.h>

#include "base/assert.h"

static const struct config_row rows[] = {
#define KEY(id, kind_, key_, property_, default_, min_, max_, unit_, state_, help_)                \
    {.key = (key_),                                                                                \
     .property = (property_),                                                                      \
     .default_text = (default_),                                                                   \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .unit = (unit_),                                                                              \
     .help = (help_),                                                                              \
     .kind = CONFIG_KIND_##kind_,                                                                  \
     .state = CONFIG_##state_},
#define ROW KEY
#include "config/keys.def"
};

// The same list with its titles, which stand in front of the row that they begin with.
static const struct {
    const char *title; // NULL for a row
    enum config_key key;
} items[] = {
#define KEY(id, ...) {NULL, CONFIG_KEY_##id},
#define ROW(id, ...) {NULL, CONFIG_KEY_##id},
#define SECTION(title) {title, CONFIG_KEY_COUNT},
#include "config/keys.def"
};

// Names that Apache's administrator guide uses for what the source calls otherwise.
static const struct {
    const char *wrong;
    const char *right;
} guide_names[] = {
    {"connectionMaxTokens", "connection_throttle_tokens"},
    {"connectionTokenFillTime", "connection_throttle_fill_time"},
    {"connectionTokenFillCount", "connection_throttle_fill_count"},
    {"connectionFreezeTime", "connection_throttle_freeze_time"},
    {"connectionDropIncrease", "connection_throttle_drop_increase"},
    {"connectionDropDecrease", "connection_throttle_drop_decrease"},
    {"connectionDecreaseRatio", "connection_throttle_decrease_ratio"},
    {"requestThrottleLimit", "request_throttle_max_requests"},
    {"requestThrottleStallTime", "request_throttle_stall_time"},
    {"requestThrottleDropStale", "request_throttle_drop_stale"},
    {"requestStaleLatencyCheck", "request_stale_latency_check"},
    {"requestStaleConnectionCheck", "request_stale_connection_check"},
    {"throttledOpWaitTime", "throttled_op_wait_time"},
    {"advancedFlowControlEnabled", "netty.advancedFlowControl.enabled"},
    {"outstandingHandshake.limit", "netty.server.outstandingHandshake.limit"},
    {"purgeInterval", "autopurge.purgeInterval"},
    {"snapRetainCount", "autopurge.snapRetainCount"},
};

// Properties that Java also reads without the prefix. Source: FileTxnLog,
// ConfigUtils.getPropertyBackwardCompatibleWay.
static const enum config_key bare_properties[] = {
    CONFIG_KEY_fsync_warning_threshold_ms,
    CONFIG_KEY_leader_close_socket_async,
    CONFIG_KEY_learner_close_socket_async,
    CONFIG_KEY_learner_async_sending,
};

static const char prefix[] = "zookeeper.";

const struct config_row *config_row(enum config_key key)
{
    ASSERT((unsigned)key < CONFIG_KEY_COUNT);
    return &rows[key];
}

const char *config_key_name(enum config_key key)
{
    const struct config_row *row = config_row(key);
    return row->key[0] != 0 ? row->key : row->property;
}

const char *config_state_part(enum config_state state)
{
    switch (state) {
    case CONFIG_WORKS:
    case CONFIG_NO_MEANING:
    case CONFIG_CLIENT_ONLY:
        return NULL;
    case CONFIG_LATER_ENSEMBLE:
        return "rare features of ensembles";
    case CONFIG_LATER_TLS:
        return "TLS";
    case CONFIG_LATER_SASL:
        return "SASL";
    case CONFIG_LATER_ADMIN:
        return "the HTTP admin server";
    case CONFIG_LATER_METRICS:
        return "metrics over HTTP";
    case CONFIG_LATER_AUDIT:
        return "the audit log";
    }
    ASSERT(false);
    return NULL;
}

// Whether `pattern` (a name, or the beginning of one and '*') stands for `name`.
static bool matches(const char *pattern, struct slice name)
{
    size_t len = strlen(pattern);
    if (len > 0 && pattern[len - 1] == '*') {
        return slice_starts_with(name, slice_of(pattern, len - 1));
    }
    return len > 0 && slice_equal(name, slice_of(pattern, len));
}

// Whether `property` is "zookeeper." and then `name`.
static bool matches_behind_prefix(const char *property, struct slice name)
{
    size_t len = sizeof prefix - 1;
    return strncmp(property, prefix, len) == 0 && matches(property + len, name);
}

// An exact name wins over a pattern: sslQuorum is not ssl*.
static bool find(struct slice name, bool (*is_match)(const struct config_row *, struct slice),
                 enum config_key *ret)
{
    bool found = false;
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (is_match(&rows[i], name)) {
            *ret = (enum config_key)i;
            found = true;
            if (rows[i].kind != CONFIG_KIND_MANY && rows[i].kind != CONFIG_KIND_LINES) {
                break;
            }
        }
    }
    return found;
}

static bool is_key(const struct config_row *row, struct slice name)
{
    return matches(row->key, name);
}

static bool is_pass_through(const struct config_row *row, struct slice name)
{
    return matches_behind_prefix(row->property, name);
}

static bool is_property(const struct config_row *row, struct slice name)
{
    return matches(row->property, name);
}

bool config_find_key(struct slice name, enum config_key *ret)
{
    return find(name, is_key, ret) || find(name, is_pass_through, ret);
}

bool config_find_property(struct slice name, enum config_key *ret)
{
    if (find(name, is_property, ret)) {
        return true;
    }
    for (size_t i = 0; i < sizeof bare_properties / sizeof bare_properties[0]; i++) {
        if (slice_equal_str(name, rows[bare_properties[i]].key)) {
            *ret = bare_properties[i];
            return true;
        }
    }
    return false;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

// Equal but for case and for the characters that people mix up: '.', '_' and '-'.
static bool is_alike(const char *key, struct slice name)
{
    size_t at = 0;
    for (; *key != 0; key++) {
        if (strchr("._-", *key) != NULL) {
            continue;
        }
        while (at < name.len && name.data[at] != 0 && strchr("._-", name.data[at]) != NULL) {
            at++;
        }
        if (at == name.len || lower(name.data[at]) != lower((uint8_t)*key)) {
            return false;
        }
        at++;
    }
    return at == name.len;
}

const char *config_suggest(struct slice name)
{
    for (size_t i = 0; i < sizeof guide_names / sizeof guide_names[0]; i++) {
        if (slice_equal_str(name, guide_names[i].wrong)) {
            return guide_names[i].right;
        }
    }
    struct slice rest = name;
    if (slice_starts_with(name, slice_str(prefix))) {
        rest = slice_skip(name, sizeof prefix - 1);
    }
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (rows[i].key[0] != 0 && is_alike(rows[i].key, rest)) {
            return rows[i].key;
        }
    }
    return NULL;
}

const char *config_section(enum config_key key)
{
    for (size_t i = 1; i < sizeof items / sizeof items[0]; i++) {
        if (items[i].title == NULL && items[i].key == key) {
            return items[i - 1].title;
        }
    }
    return NULL;
}
