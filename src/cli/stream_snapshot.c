// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a snapshot, which come in the order of a hash table, sorted by path.
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "cli/data_files.h"
#include "cli/node_order.h"
#include "cli/node_sort.h"
#include "cli/node_stream.h"
#include "cli/progress.h"
#include "store/snapscan.h"

enum { SORT_BYTES = 32 * 1024 * 1024, FIXED_BYTES = 4 + 4 + 8 + 8 + 8 + 8 };

struct acl_entry {
    int64_t id;
    struct paddock_acl *acl;
    size_t count;
};

struct snapshot_stream {
    struct node_stream base;
    struct cli *cli;
    const struct node_server_options *options;
    struct progress progress;
    struct node_sort *sort;
    struct arena arena; // of the ACL lists
    struct acl_entry *acls;
    size_t acl_count, acl_cap;
    struct buf value, path;
    uint64_t nodes, taken;
};

// ---- scanning ----

static const char *terminated(struct arena *a, struct slice text)
{
    char *to = arena_alloc(a, text.len + 1);
    memcpy(to, text.data, text.len);
    to[text.len] = '\0';
    return to;
}

static enum err see_acl(void *ctx, int64_t id, const struct jute_acl_vec *list)
{
    struct snapshot_stream *s = ctx;
    size_t count = list->count > 0 ? (size_t)list->count : 0;
    struct acl_entry entry = {.id = id, .count = count};
    entry.acl = arena_alloc(&s->arena, (count + 1) * sizeof(*entry.acl));
    for (size_t i = 0; i < count; i++) {
        entry.acl[i] =
            (struct paddock_acl){.perms = list->items[i].perms,
                                 .scheme = terminated(&s->arena, list->items[i].id.scheme),
                                 .id = terminated(&s->arena, list->items[i].id.id)};
    }
    if (s->acl_count == s->acl_cap) {
        s->acl_cap = 2 * s->acl_cap + 16;
        s->acls = mem_realloc(s->acls, s->acl_cap * sizeof(*s->acls));
    }
    s->acls[s->acl_count++] = entry;
    return ERR_OK;
}

static enum err see_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    (void)ctx;
    (void)session;
    (void)timeout_ms;
    return ERR_OK;
}

// The path below the root of the stream, or NULL when the node is not part of it.
static const char *below(struct snapshot_stream *s, struct slice path)
{
    const char *root = s->options->root;
    size_t root_bytes = strcmp(root, "/") == 0 ? 0 : strlen(root);
    buf_clear(&s->path);
    buf_append_slice(&s->path, path.len > 0 ? path : slice_str("/"));
    const char *text = buf_cstr(&s->path);
    bool is_system = node_is_within(text, "/zookeeper") && !s->options->wants_zookeeper &&
                     !node_is_within(root, "/zookeeper");
    if (is_system || !node_is_within(text, root)) {
        return NULL;
    }
    return s->path.len > root_bytes ? text + root_bytes + 1 : text + s->path.len;
}

static enum err see_node(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                         const struct jute_stat_persisted *stat)
{
    struct snapshot_stream *s = ctx;
    const char *name = below(s, path);
    struct node n;
    node_set_owner(&n, stat->ephemeral_owner);
    progress_at(&s->progress, ++s->nodes, 0);
    if (s->cli->host->interrupted() != 0) {
        s->base.exit_code = cli_fail(s->cli, CLI_INTERRUPTED, "interrupted");
        return ERR_STOPPED;
    }
    if (name == NULL) {
        return ERR_OK;
    }
    if (n.kind == NODE_EPHEMERAL && !s->options->wants_ephemerals) {
        if (s->options->ephemerals_left_out != NULL) {
            (*s->options->ephemerals_left_out)++;
        }
        return ERR_OK;
    }
    buf_clear(&s->value);
    buf_put_i32(&s->value, slice_is_null(data) ? 1 : 0);
    buf_put_i32(&s->value, stat->version);
    buf_put_i64(&s->value, acl_id);
    buf_put_i64(&s->value, stat->ephemeral_owner);
    buf_put_i64(&s->value, stat->ctime);
    buf_put_i64(&s->value, stat->mtime);
    buf_append_slice(&s->value, data);
    s->taken++;
    return node_sort_add(s->sort, name, buf_slice(&s->value)) == CLI_DONE ? ERR_OK : ERR_STOPPED;
}

static int by_id(const void *a, const void *b)
{
    const struct acl_entry *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

// CLI_DONE, or after it was said.
static int scan(struct snapshot_stream *s, const char *file)
{
    const struct snapscan_visitor visitor = {
        .session = see_session, .acl = see_acl, .node = see_node, .ctx = s};
    struct snapscan_report report;
    struct store_error e = {.text = ""};
    progress_begin(&s->progress, s->cli, "sorting the snapshot", "nodes", 0);
    enum err err = snapscan(s->cli->host->files, file, data_files_method(file),
                            DATA_FILES_BYTES_MAX, &visitor, &report, &e);
    progress_end(&s->progress);
    if (err == ERR_STOPPED) {
        return s->base.exit_code != CLI_DONE ? s->base.exit_code : node_sort_exit_code(s->sort);
    }
    if (err != ERR_OK) {
        return cli_fail(s->cli, CLI_TROUBLE, "%s", e.text);
    }
    if (s->taken == 0) {
        return cli_fail(s->cli, CLI_NO, "Node does not exist: %s in %s", s->options->root, file);
    }
    if (s->acl_count > 1) {
        qsort(s->acls, s->acl_count, sizeof(*s->acls), by_id);
    }
    return node_sort_end(s->sort);
}

// ---- handing out ----

static void set_acl(const struct snapshot_stream *s, int64_t id, struct node *ret)
{
    static const struct paddock_acl open = {PADDOCK_ALL, "world", "anyone"};
    const struct acl_entry key = {.id = id};
    const struct acl_entry *entry =
        s->acl_count > 0 ? bsearch(&key, s->acls, s->acl_count, sizeof(key), by_id) : NULL;
    ret->has_acl = s->options->wants_acl;
    ret->acl = entry != NULL ? entry->acl : &open;
    ret->acl_count = entry != NULL ? entry->count : 1;
}

static enum node_step next(struct node_stream *base, struct node *ret)
{
    struct snapshot_stream *s = (struct snapshot_stream *)base;
    const char *path;
    struct slice value;
    if (!node_sort_next(s->sort, &path, &value)) {
        base->exit_code = node_sort_exit_code(s->sort);
        return base->exit_code == CLI_DONE ? NODE_END : NODE_FAILED;
    }
    const uint8_t *p = value.data;
    struct slice data = slice_skip(value, FIXED_BYTES);
    bool is_null = be32_load(p) == 1;
    *ret = (struct node){.path = path,
                         .is_kind_exact = true,
                         .has_data = true,
                         .data = {is_null ? NULL : data.data, data.len},
                         .data_bytes = (int64_t)data.len,
                         .version = (int32_t)be32_load(p + 4),
                         .ctime_ms = (int64_t)be64_load(p + 24),
                         .mtime_ms = (int64_t)be64_load(p + 32)};
    node_set_owner(ret, (int64_t)be64_load(p + 16));
    set_acl(s, (int64_t)be64_load(p + 8), ret);
    return NODE_NEXT;
}

static void close_stream(struct node_stream *base)
{
    struct snapshot_stream *s = (struct snapshot_stream *)base;
    node_sort_free(s->sort);
    arena_fini(&s->arena);
    mem_free(s->acls);
    buf_fini(&s->value);
    buf_fini(&s->path);
    mem_free(s);
}

struct node_stream *node_stream_snapshot(struct cli *c, const char *file,
                                         const struct node_server_options *options)
{
    struct snapshot_stream *s = mem_zalloc(sizeof(*s));
    s->base = (struct node_stream){.next = next, .close = close_stream};
    s->cli = c;
    s->options = options;
    s->sort = node_sort_new(c, SORT_BYTES);
    arena_init(&s->arena);
    if (scan(s, file) != CLI_DONE) {
        close_stream(&s->base);
        return NULL;
    }
    return &s->base;
}
