// SPDX-License-Identifier: Apache-2.0
//
// Sorting lines, and cutting entries out of a file in the syntax of java.util.Properties: an entry
// is as many lines as it is continued over, and the comments before it are not part of it.
#include "server/dynamic_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "config/props.h"
#include "jute/utf8.h"

// As it stands in a file, which is ISO-8859-1 with escapes.
static void append_escaped(struct slice text, struct buf *out)
{
    const uint8_t *p = text.data;
    const uint8_t *end = p + text.len;
    while (p < end) {
        size_t len = utf8_char_len(p, end);
        uint32_t c = len > 0 ? utf8_char(p, len) : *p;
        if (c == '\\') {
            buf_append_str(out, "\\\\");
        } else if (c < 0x80) {
            buf_put_u8(out, (uint8_t)c);
        } else if (c < 0x10000) {
            buf_printf(out, "\\u%04x", c);
        } else {
            buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                       0xdc00 + ((c - 0x10000) & 0x3ff));
        }
        p += len > 0 ? len : 1;
    }
}

// ---- the dynamic file ----

struct lines {
    struct slice *items;
    size_t count, cap;
    struct arena arena;
};

static void add_line(struct lines *l, const struct props_entry *e)
{
    if (l->count == l->cap) {
        l->cap = l->cap * 2 + 8;
        l->items = mem_realloc(l->items, l->cap * sizeof(l->items[0]));
    }
    size_t len = e->key.len + 1 + e->value.len;
    uint8_t *line = arena_alloc(&l->arena, len);
    memcpy(line, e->key.data, e->key.len);
    line[e->key.len] = '=';
    if (e->value.len > 0) {
        memcpy(line + e->key.len + 1, e->value.data, e->value.len);
    }
    l->items[l->count++] = slice_of(line, len);
}

static int compare_lines(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->data, y->data, len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static enum err read_lines(struct slice text, bool has_version, struct lines *ret)
{
    struct props_reader reader;
    struct props_entry entry;
    props_init_utf8(&reader, text);
    enum err e;
    while ((e = props_next(&reader, &entry)) == ERR_OK) {
        if (has_version || !slice_starts_with(entry.key, slice_str("version"))) {
            add_line(ret, &entry);
        }
    }
    props_fini(&reader);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err dynamic_text_print(struct slice text, bool has_version, struct buf *out)
{
    struct lines lines = {0};
    enum err e = read_lines(text, has_version, &lines);
    if (e == ERR_OK && lines.count > 0) {
        qsort(lines.items, lines.count, sizeof(lines.items[0]), compare_lines);
    }
    for (size_t i = 0; e == ERR_OK && i < lines.count; i++) {
        buf_append_str(out, i > 0 ? "\n" : "");
        append_escaped(lines.items[i], out);
    }
    mem_free(lines.items);
    arena_fini(&lines.arena);
    return e;
}

// ---- zoo.cfg ----

static bool is_dropped(struct slice key, bool drops_client_port)
{
    static const char *const dropped[] = {"server.", "group", "weight", "dynamicConfigFile",
                                          "peerType"};
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (slice_starts_with(key, slice_str(dropped[i]))) {
            return true;
        }
    }
    // Java drops every key that begins with clientPort, also the length of the queue.
    return drops_client_port &&
           (slice_equal_str(key, "clientPort") || slice_equal_str(key, "clientPortAddress"));
}

// The bytes of the first `count` lines. As props.c counts them: \n, \r and \r\n end a line.
static size_t skip_lines(struct slice text, unsigned count)
{
    size_t at = 0;
    while (count > 0 && at < text.len) {
        uint8_t c = text.data[at++];
        if (c == '\r' && at < text.len && text.data[at] == '\n') {
            at++;
        }
        count -= c == '\n' || c == '\r' ? 1 : 0;
    }
    return at;
}

// What is appended next must not continue the last entry.
static void end_last_line(struct buf *out, size_t start)
{
    if (out->len > start && out->data[out->len - 1] != '\n') {
        buf_append_str(out, "\n");
    }
    if (out->len > start + 1 && out->data[out->len - 2] == '\\') {
        buf_append_str(out, "\n");
    }
}

enum err dynamic_text_rewrite(struct slice old, const char *dynamic_file, bool drops_client_port,
                              struct buf *out)
{
    struct props_reader reader;
    struct props_entry entry;
    props_init(&reader, old);
    size_t start = out->len;
    enum err e;
    do {
        struct slice before = reader.rest;
        unsigned first_line = reader.next_line;
        e = props_next(&reader, &entry);
        size_t len = before.len - reader.rest.len;
        if (e == ERR_OK && is_dropped(entry.key, drops_client_port)) {
            len = skip_lines(before, entry.line - first_line);
        }
        buf_append(out, before.data, len);
    } while (e == ERR_OK);
    props_fini(&reader);
    if (e != ERR_NOT_FOUND) {
        out->len = start;
        return e;
    }
    end_last_line(out, start);
    buf_append_str(out, "dynamicConfigFile=");
    append_escaped(slice_str(dynamic_file), out);
    buf_append_str(out, "\n");
    return ERR_OK;
}
