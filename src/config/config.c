// SPDX-License-Identifier: Apache-2.0
//
// Gathering the configuration: each source is read into texts with their places, and names that set
// nothing are reported. Values are read later, by config_finish, so that a text that a stronger
// source overrides is never complained about.
#include "config/config.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "config/props.h"
#include "config/sources.h"

static const char prefix[] = "zookeeper.";
static const struct config_place place_of_define = {.file = "-D"};
static const struct config_place place_of_argument = {.file = "command line"};

struct config *config_new(void)
{
    struct config *cfg = mem_zalloc(sizeof *cfg);
    cfg->sources = config_sources_new();
    config_servers_init(&cfg->servers);
    config_finish(cfg);
    cfg->sources->diag_count = 0; // an empty configuration is not complained about yet
    return cfg;
}

void config_free(struct config *cfg)
{
    if (cfg != NULL) {
        config_servers_fini(&cfg->servers);
        config_servers_fini(&cfg->seen);
        config_sources_free(cfg->sources);
        mem_free(cfg);
    }
}

// Forget what config_finish said: it will say it again.
static void begin_source(struct config *cfg)
{
    cfg->sources->diag_count = cfg->sources->diag_mark;
}

static void end_source(struct config *cfg)
{
    cfg->sources->diag_mark = cfg->sources->diag_count;
}

static bool has_many_names(enum config_key key)
{
    enum config_kind kind = config_row(key)->kind;
    return kind == CONFIG_KIND_MANY || kind == CONFIG_KIND_LINES;
}

static struct slice without_prefix(struct slice name)
{
    bool has_prefix = slice_starts_with(name, slice_str(prefix));
    return has_prefix ? slice_skip(name, sizeof prefix - 1) : name;
}

// ---- -Dname=value ----

static void report_unknown_property(struct config *cfg, struct slice name)
{
    struct config_sources *s = cfg->sources;
    enum config_key key;
    bool has_prefix = slice_starts_with(name, slice_str(prefix));
    if (config_find_key(without_prefix(name), &key) && config_row(key)->property[0] == 0) {
        config_say(s, CONFIG_WARNING, place_of_define,
                   "%.*s has no effect: %s can be set in zoo.cfg only", SLICE_ARGS(name),
                   config_key_name(key));
        return;
    }
    if (config_find_key(name, &key) && config_row(key)->property[0] != 0) {
        config_say(s, CONFIG_WARNING, place_of_define, "%.*s has no effect: write -D%s=...",
                   SLICE_ARGS(name), config_row(key)->property);
        return;
    }
    const char *suggestion = has_prefix ? config_suggest(name) : NULL;
    if (suggestion != NULL) {
        config_say(s, CONFIG_WARNING, place_of_define,
                   "%.*s is not known and has no effect; is %s meant?", SLICE_ARGS(name),
                   suggestion);
    } else if (has_prefix) {
        config_say(s, CONFIG_WARNING, place_of_define, "%.*s is not known and has no effect",
                   SLICE_ARGS(name));
    } else {
        config_say(s, CONFIG_NOTE, place_of_define,
                   "%.*s is no property of ZooKeeper and has no effect", SLICE_ARGS(name));
    }
}

static enum config_rank rank_of_property(enum config_key key, struct slice name)
{
    if (key == CONFIG_KEY_sync_enabled) {
        return CONFIG_RANK_WINNING_PROPERTY; // Source: QuorumPeer.getSyncEnabled
    }
    bool is_bare = !slice_equal_str(name, config_row(key)->property);
    return is_bare && !has_many_names(key) ? CONFIG_RANK_BARE_PROPERTY : CONFIG_RANK_PROPERTY;
}

void config_define(struct config *cfg, const char *text)
{
    begin_source(cfg);
    const char *equals = strchr(text, '=');
    size_t name_len = equals != NULL ? (size_t)(equals - text) : strlen(text);
    struct slice name = slice_of(text, name_len);
    struct slice value = props_trim(slice_str(equals != NULL ? equals + 1 : ""));
    enum config_key key;
    if (!config_find_property(name, &key)) {
        report_unknown_property(cfg, name);
    } else if (has_many_names(key)) {
        config_add_line(cfg->sources, key, CONFIG_RANK_PROPERTY, without_prefix(name), value,
                        place_of_define, false);
    } else {
        config_set(cfg->sources, key, rank_of_property(key, name), value, place_of_define);
    }
    end_source(cfg);
}

void config_set_argument(struct config *cfg, enum config_key key, const char *value)
{
    ASSERT(!has_many_names(key));
    begin_source(cfg);
    config_set(cfg->sources, key, CONFIG_RANK_ARGUMENT, slice_str(value), place_of_argument);
    end_source(cfg);
}

// ---- zoo.cfg ----

static void report_unknown_key(struct config *cfg, const struct props_entry *e,
                               struct config_place place)
{
    struct config_sources *s = cfg->sources;
    enum config_key key;
    const char *suggestion = config_suggest(e->key);
    if (config_find_property(e->key, &key) && config_row(key)->key[0] == 0) {
        config_say(s, CONFIG_WARNING, place,
                   "%.*s has no effect in this file, in Java neither: give -D%.*s=%.*s",
                   SLICE_ARGS(e->key), SLICE_ARGS(e->key), SLICE_ARGS(e->value));
    } else if (suggestion != NULL) {
        config_say(s, CONFIG_WARNING, place, "%.*s is not known and has no effect; is %s meant?",
                   SLICE_ARGS(e->key), suggestion);
    } else {
        config_say(s, CONFIG_WARNING, place, "%.*s is not known and has no effect",
                   SLICE_ARGS(e->key));
    }
}

static void report_duplicate(struct config *cfg, enum config_key key, struct config_place place)
{
    const struct config_entry *old = &cfg->sources->entries[key];
    if (old->rank == CONFIG_RANK_FILE && old->place.file == place.file) {
        config_say(cfg->sources, CONFIG_WARNING, place, "%s is set again: line %u has no effect",
                   config_key_name(key), old->place.line);
    }
}

static void take_entry(struct config *cfg, const struct props_entry *e, const char *file)
{
    struct config_place place = {.file = file, .line = e->line};
    enum config_key key;
    if (memchr(e->value.data, 0, e->value.len) != NULL) {
        config_say(cfg->sources, CONFIG_ERROR, place, "%.*s contains a zero character",
                   SLICE_ARGS(e->key));
    } else if (!config_find_key(e->key, &key)) {
        report_unknown_key(cfg, e, place);
    } else if (has_many_names(key)) {
        config_add_line(cfg->sources, key, CONFIG_RANK_FILE, e->key, e->value, place, false);
    } else {
        report_duplicate(cfg, key, place);
        config_set(cfg->sources, key, CONFIG_RANK_FILE, e->value, place);
    }
}

void config_parse_file(struct config *cfg, const char *file, struct slice text)
{
    begin_source(cfg);
    const char *name = config_copy(cfg->sources, slice_str(file));
    struct props_reader reader;
    struct props_entry entry;
    props_init(&reader, text);
    enum err e;
    while ((e = props_next(&reader, &entry)) == ERR_OK) {
        take_entry(cfg, &entry, name);
    }
    if (e == ERR_MALFORMED) {
        struct config_place place = {.file = name, .line = entry.line};
        config_say(cfg->sources, CONFIG_ERROR, place,
                   "malformed \\u escape: four hexadecimal digits must follow; a backslash itself "
                   "is written \\\\");
    }
    props_fini(&reader);
    end_source(cfg);
}

// ---- the dynamic file ----

static void take_dynamic_entry(struct config *cfg, const struct props_entry *e, const char *file)
{
    struct config_place place = {.file = file, .line = e->line};
    enum config_key key;
    if (slice_equal_str(e->key, "version")) {
        config_say(cfg->sources, CONFIG_ERROR, place, "dynamic file shouldn't have version inside");
    } else if (!config_find_key(e->key, &key) || config_row(key)->kind != CONFIG_KIND_LINES) {
        config_say(cfg->sources, CONFIG_ERROR, place, "Unrecognised parameter: %.*s",
                   SLICE_ARGS(e->key));
    } else {
        config_add_line(cfg->sources, key, CONFIG_RANK_FILE, e->key, e->value, place, true);
    }
}

// The version that the name of a dynamic file carries: hexadecimal digits behind its last dot, as
// zoo.cfg.dynamic.100000002. Source: QuorumPeerConfig.getVersionFromFilename.
static void take_version_of_name(struct config *cfg, const char *file)
{
    const char *dot = strrchr(file, '.');
    size_t digits = dot != NULL ? strspn(dot + 1, "0123456789abcdefABCDEF") : 0;
    if (digits > 0 && digits <= 16 && dot[1 + digits] == 0) {
        config_add_line(cfg->sources, CONFIG_KEY_version, CONFIG_RANK_FILE, slice_str("version"),
                        slice_str(dot + 1), (struct config_place){.file = file}, true);
    }
}

void config_parse_dynamic(struct config *cfg, const char *file, struct slice text)
{
    begin_source(cfg);
    const char *name = config_copy(cfg->sources, slice_str(file));
    cfg->sources->dynamic_file = name;
    struct props_reader reader;
    struct props_entry entry;
    props_init(&reader, text);
    enum err e;
    while ((e = props_next(&reader, &entry)) == ERR_OK) {
        take_dynamic_entry(cfg, &entry, name);
    }
    if (e == ERR_MALFORMED) {
        struct config_place place = {.file = name, .line = entry.line};
        config_say(cfg->sources, CONFIG_ERROR, place, "malformed \\u escape");
    }
    props_fini(&reader);
    take_version_of_name(cfg, name);
    end_source(cfg);
}

void config_parse_seen(struct config *cfg, const char *file, struct slice text)
{
    begin_source(cfg);
    config_servers_fini(&cfg->seen);
    struct buf complaint = {0};
    cfg->has_seen = config_servers_parse(text, &cfg->seen, &complaint) == ERR_OK;
    if (!cfg->has_seen) {
        struct config_place place = {.file = config_copy(cfg->sources, slice_str(file))};
        config_say(cfg->sources, CONFIG_ERROR, place, "%s", buf_cstr(&complaint));
    }
    buf_fini(&complaint);
    end_source(cfg);
}

void config_set_myid(struct config *cfg, const char *file, struct slice text)
{
    struct config_sources *s = cfg->sources;
    s->myid_file = config_copy(s, slice_str(file));
    s->myid_text = NULL;
    if (!slice_is_null(text)) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        s->myid_text = config_copy(s, slice_of(text.data, len));
    }
}

// ---- asking ----

const struct config_diag *config_diags(const struct config *cfg, size_t *ret_count)
{
    *ret_count = cfg->sources->diag_count;
    return cfg->sources->diags;
}

bool config_has_errors(const struct config *cfg)
{
    for (size_t i = 0; i < cfg->sources->diag_count; i++) {
        if (cfg->sources->diags[i].severity == CONFIG_ERROR) {
            return true;
        }
    }
    return false;
}

bool config_is_distributed(const struct config *cfg)
{
    return !cfg->standalone_enabled ||
           config_servers_count_role(&cfg->servers, CONFIG_PARTICIPANT) > 1;
}

const char *config_origin(const struct config *cfg, enum config_key key)
{
    const struct config_entry *e = &cfg->sources->entries[key];
    if (e->rank == CONFIG_RANK_DEFAULT) {
        return "default";
    }
    if (e->place.line == 0) {
        return e->place.file;
    }
    struct buf text = {0};
    buf_printf(&text, "%s:%u", e->place.file, e->place.line);
    const char *copy = config_copy(cfg->sources, buf_slice(&text));
    buf_fini(&text);
    return copy;
}
