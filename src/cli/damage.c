// SPDX-License-Identifier: Apache-2.0
//
// The table of damage.def and its texts.
#include "cli/damage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

static const struct {
    const char *name;
    enum damage_grade grade;
    const char *meaning, *remedy;
} kinds[] = {
#define X(KIND, name, grade, meaning, remedy)                                                      \
    [DAMAGE_##KIND] = {name, DAMAGE_##grade, meaning, remedy},
#include "cli/damage.def"
#undef X
};

static const char *const grade_names[] = {
    [DAMAGE_REMARK] = "remark", [DAMAGE_SELF] = "self-mending", [DAMAGE_REAL] = "damage"};

static const char *const repair_names[] = {
    [REPAIR_NONE] = "none",     [REPAIR_MOVE] = "move",   [REPAIR_REWRITE] = "rewrite",
    [REPAIR_RENAME] = "rename", [REPAIR_EPOCH] = "epoch", [REPAIR_SNAPSHOT] = "snapshot"};

const char *damage_name(enum damage_kind kind)
{
    return kinds[kind].name;
}

enum damage_grade damage_grade(enum damage_kind kind)
{
    return kinds[kind].grade;
}

struct damage *damage_add(struct damage_list *l, enum damage_kind kind, const char *file,
                          const char *format, ...)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 16 : l->cap * 2;
        l->items = mem_realloc(l->items, l->cap * sizeof(*l->items));
    }
    struct damage *d = &l->items[l->count++];
    *d = (struct damage){.kind = kind, .file = mem_strdup(file)};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(d->what, sizeof(d->what), format, args);
    va_end(args);
    return d;
}

void damage_at(struct damage *d, uint64_t offset, uint64_t end_offset)
{
    d->has_place = true;
    d->offset = offset;
    d->end_offset = end_offset;
}

void damage_list_fini(struct damage_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        mem_free(l->items[i].file);
    }
    mem_free(l->items);
    *l = (struct damage_list){0};
}

size_t damage_count(const struct damage_list *l, enum damage_grade grade)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        count += damage_grade(l->items[i].kind) >= grade ? 1 : 0;
    }
    return count;
}

void damage_text(const struct damage *d, struct buf *append)
{
    buf_printf(append, "%s: %s: ", kinds[d->kind].name, d->file);
    if (d->has_place) {
        buf_printf(append, "offset %" PRIu64 " to %" PRIu64 ": ", d->offset, d->end_offset);
    }
    buf_printf(append, "%s\n    means: %s\n    do:    %s\n", d->what, kinds[d->kind].meaning,
               kinds[d->kind].remedy);
    if (d->is_lossy) {
        buf_append_str(append, "    --repair --lossy would give up what cannot be read here\n");
    }
}

struct json *damage_json(const struct damage *d)
{
    struct json *o = json_new_object();
    json_put(o, "kind", json_new_cstr(kinds[d->kind].name));
    json_put(o, "grade", json_new_cstr(grade_names[kinds[d->kind].grade]));
    json_put(o, "file", json_new_cstr(d->file));
    json_put(o, "offset", d->has_place ? json_new_int((int64_t)d->offset) : json_new_null());
    json_put(o, "end_offset",
             d->has_place ? json_new_int((int64_t)d->end_offset) : json_new_null());
    json_put(o, "what", json_new_cstr(d->what));
    json_put(o, "meaning", json_new_cstr(kinds[d->kind].meaning));
    json_put(o, "remedy", json_new_cstr(kinds[d->kind].remedy));
    json_put(o, "repair", json_new_cstr(repair_names[d->repair]));
    json_put(o, "is_lossy", json_new_bool(d->is_lossy));
    return o;
}
