// SPDX-License-Identifier: Apache-2.0
//
// Keeping texts, lines and diagnostics.
#include "config/sources.h"

#include <stdarg.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

// Offsets of the fields, one more than they are; 0 where there is none.
static const uint16_t field_offsets[CONFIG_KEY_COUNT] = {
#define KEY(id, ...) [CONFIG_KEY_##id] = offsetof(struct config, id) + 1,
#include "config/keys.def"
};

const void *config_field_const(const struct config *cfg, enum config_key key)
{
    ASSERT((unsigned)key < CONFIG_KEY_COUNT);
    size_t offset = field_offsets[key];
    return offset != 0 ? (const char *)cfg + offset - 1 : NULL;
}

void *config_field(struct config *cfg, enum config_key key)
{
    ASSERT((unsigned)key < CONFIG_KEY_COUNT);
    size_t offset = field_offsets[key];
    return offset != 0 ? (char *)cfg + offset - 1 : NULL;
}

struct config_sources *config_sources_new(void)
{
    return mem_zalloc(sizeof(struct config_sources));
}

void config_sources_free(struct config_sources *s)
{
    if (s != NULL) {
        mem_free(s->lines);
        mem_free(s->diags);
        mem_free(s->pairs);
        arena_fini(&s->strings);
        mem_free(s);
    }
}

const char *config_copy(struct config_sources *s, struct slice text)
{
    char *copy = arena_alloc(&s->strings, text.len + 1);
    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    copy[text.len] = 0;
    return copy;
}

void config_set(struct config_sources *s, enum config_key key, enum config_rank rank,
                struct slice text, struct config_place place)
{
    ASSERT((unsigned)key < CONFIG_KEY_COUNT && rank != CONFIG_RANK_DEFAULT);
    struct config_entry *e = &s->entries[key];
    if (rank >= e->rank) {
        *e = (struct config_entry){.rank = rank, .text = config_copy(s, text), .place = place};
    }
}

void config_add_line(struct config_sources *s, enum config_key key, enum config_rank rank,
                     struct slice name, struct slice text, struct config_place place,
                     bool is_dynamic)
{
    if (s->line_count == s->line_cap) {
        s->line_cap = s->line_cap * 2 + 8;
        s->lines = mem_realloc(s->lines, s->line_cap * sizeof s->lines[0]);
    }
    s->lines[s->line_count++] = (struct config_line){.key = key,
                                                     .rank = rank,
                                                     .name = config_copy(s, name),
                                                     .text = config_copy(s, text),
                                                     .place = place,
                                                     .is_dynamic = is_dynamic};
}

void config_say(struct config_sources *s, enum config_severity severity, struct config_place place,
                const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    if (s->diag_count == s->diag_cap) {
        s->diag_cap = s->diag_cap * 2 + 8;
        s->diags = mem_realloc(s->diags, s->diag_cap * sizeof s->diags[0]);
    }
    s->diags[s->diag_count++] = (struct config_diag){.severity = severity,
                                                     .file = place.file,
                                                     .line = place.line,
                                                     .text = config_copy(s, buf_slice(&text))};
    buf_fini(&text);
}

struct config_place config_place_of(const struct config *cfg, enum config_key key)
{
    return cfg->sources->entries[key].place;
}

bool config_is_set(const struct config *cfg, enum config_key key)
{
    return cfg->sources->entries[key].rank != CONFIG_RANK_DEFAULT;
}

void config_say_at(struct config *cfg, enum config_severity severity, enum config_key key,
                   const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    config_say(cfg->sources, severity, config_place_of(cfg, key), "%s", buf_cstr(&text));
    buf_fini(&text);
}
