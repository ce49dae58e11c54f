// SPDX-License-Identifier: Apache-2.0
//
// Names of log and snapshot files: a prefix, the zxid in hex, an extension.
#include "store/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/assert.h"
#include "base/mem.h"

enum { ZXID_DIGITS_MAX = 16 };

static const char *const method_extension[] = {
    [NAMES_PLAIN] = "",
    [NAMES_GZ] = ".gz",
    [NAMES_SNAPPY] = ".snappy",
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Read a zxid at *text and step over it. Zxids are signed 64 bit: what does not fit is none, as for
// Long.parseLong(name, 16).
static bool parse_zxid(const char **text, int64_t *ret)
{
    uint64_t v = 0;
    int digits = 0;
    const char *p = *text;
    for (int d = hex_digit(*p); d >= 0 && digits < ZXID_DIGITS_MAX; d = hex_digit(*p)) {
        v = v << 4 | (uint64_t)d;
        digits++;
        p++;
    }
    if (digits == 0 || v > INT64_MAX) {
        return false;
    }
    *text = p;
    *ret = (int64_t)v;
    return true;
}

static bool skip_prefix(const char **text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(*text, prefix, len) != 0) {
        return false;
    }
    *text += len;
    return true;
}

// The extensions behind the zxid of a snapshot.
static enum names_kind parse_snapshot_end(const char *rest, enum names_method *ret)
{
    *ret = NAMES_PLAIN;
    if (skip_prefix(&rest, method_extension[NAMES_GZ])) {
        *ret = NAMES_GZ;
    } else if (skip_prefix(&rest, method_extension[NAMES_SNAPPY])) {
        *ret = NAMES_SNAPPY;
    }
    if (*rest == '\0') {
        return NAMES_SNAPSHOT;
    }
    return strcmp(rest, ".tmp") == 0 ? NAMES_SNAPSHOT_TMP : NAMES_OTHER;
}

enum names_kind names_parse(const char *name, struct names_file *ret)
{
    struct names_file f = {.kind = NAMES_OTHER};
    const char *rest = name;
    size_t len = strlen(name);
    if (len >= sizeof f.name) {
        return NAMES_OTHER;
    }
    if (skip_prefix(&rest, "log.")) {
        if (parse_zxid(&rest, &f.zxid) && *rest == '\0') {
            f.kind = NAMES_LOG;
        }
    } else if (skip_prefix(&rest, "snapshot.") && parse_zxid(&rest, &f.zxid)) {
        f.kind = parse_snapshot_end(rest, &f.method);
    }
    if (f.kind != NAMES_OTHER) {
        memcpy(f.name, name, len + 1);
        *ret = f;
    }
    return f.kind;
}

void names_print_log(int64_t zxid, char ret[NAMES_BYTES_MAX])
{
    (void)snprintf(ret, NAMES_BYTES_MAX, "log.%llx", (unsigned long long)zxid);
}

void names_print_snapshot(int64_t zxid, enum names_method method, char ret[NAMES_BYTES_MAX])
{
    (void)snprintf(ret, NAMES_BYTES_MAX, "snapshot.%llx%s", (unsigned long long)zxid,
                   method_extension[method]);
}

enum names_method names_method_parse(const char *text)
{
    if (text == NULL) {
        return NAMES_PLAIN;
    }
    if (strcasecmp(text, "gz") == 0) {
        return NAMES_GZ;
    }
    return strcasecmp(text, "snappy") == 0 ? NAMES_SNAPPY : NAMES_PLAIN;
}

void names_list_add(struct names_list *l, const struct names_file *f)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 16 : l->cap * 2;
        l->items = mem_realloc(l->items, l->cap * sizeof *l->items);
    }
    l->items[l->count++] = *f;
}

static int compare_files(const void *a, const void *b)
{
    const struct names_file *x = a;
    const struct names_file *y = b;
    if (x->zxid != y->zxid) {
        return x->zxid < y->zxid ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

void names_list_sort(struct names_list *l)
{
    if (l->count > 1) {
        qsort(l->items, l->count, sizeof *l->items, compare_files);
    }
}

void names_list_fini(struct names_list *l)
{
    mem_free(l->items);
    *l = (struct names_list){0};
}

struct listing {
    enum names_kind kind;
    struct names_list *list;
};

static void add_when_of_kind(void *ctx, const char *name)
{
    struct listing *l = ctx;
    struct names_file f;
    if (names_parse(name, &f) == l->kind) {
        names_list_add(l->list, &f);
    }
}

enum err names_list_dir(struct port_files *fs, const char *dir, enum names_kind kind,
                        struct names_list *ret, struct store_error *e)
{
    ASSERT(kind != NAMES_OTHER);
    *ret = (struct names_list){0};
    struct listing l = {.kind = kind, .list = ret};
    enum err err = fs->list(fs, dir, add_when_of_kind, &l);
    if (err != ERR_OK) {
        names_list_fini(ret);
        return store_fail(e, err, "cannot list %s: %s", dir, err_text(err));
    }
    names_list_sort(ret);
    return ERR_OK;
}

const char *names_join(struct buf *to, const char *dir, const char *name)
{
    buf_clear(to);
    buf_append_str(to, dir);
    buf_append_str(to, "/");
    buf_append_str(to, name);
    return buf_cstr(to);
}
