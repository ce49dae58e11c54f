// SPDX-License-Identifier: Apache-2.0
//
// Print what a data directory recovers to, as text that can be compared: one line per node in order
// of the paths, one per session, then the last zxid and the digest.
//
//     dump_datadir [--ttl] DATADIR [DATALOGDIR]
//
// It recovers as a server does: it takes the lock, cuts a torn tail, writes a missing snapshot.0.
// --ttl means extendedTypesEnabled. Ephemerals of dead sessions are kept, so that nothing of the
// files is hidden. Exit code 1 with the reason on standard error when there is nothing to print.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "host/clock.h"
#include "host/file.h"
#include "store/recover.h"

enum { STRING_BYTES_MAX = 64 * 1024 * 1024 };

// Bytes that are not printable ASCII as \xx.
static void put_escaped(struct buf *to, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] > ' ' && s.data[i] < 0x7f && s.data[i] != '\\') {
            buf_put_u8(to, s.data[i]);
        } else {
            buf_printf(to, "\\%02x", s.data[i]);
        }
    }
}

static void put_acl(struct buf *to, const struct jute_acl_vec *acl)
{
    for (int32_t i = 0; i < acl->count; i++) {
        buf_printf(to, "%s%d:", i == 0 ? "" : ",", acl->items[i].perms);
        put_escaped(to, acl->items[i].id.scheme);
        buf_append_str(to, ":");
        put_escaped(to, acl->items[i].id.id);
    }
}

static char *print_node(const struct tree *t, const struct znode *n, const struct buf *path)
{
    struct buf line = {0};
    struct jute_stat_persisted s;
    znode_stat_stored(n, &s);
    put_escaped(&line, path->len == 0 ? slice_str("/") : buf_slice(path));
    buf_append_str(&line, " data=");
    if (slice_is_null(znode_data(n))) {
        buf_append_str(&line, "null");
    } else {
        buf_append_str(&line, "\"");
        put_escaped(&line, znode_data(n));
        buf_append_str(&line, "\"");
    }
    buf_append_str(&line, " acl=");
    put_acl(&line, tree_acl(t, znode_acl_id(n)));
    buf_printf(&line,
               " czxid=%" PRIx64 " mzxid=%" PRIx64 " pzxid=%" PRIx64 " ctime=%" PRId64
               " mtime=%" PRId64 " version=%d cversion=%d aversion=%d owner=%" PRIx64,
               s.czxid, s.mzxid, s.pzxid, s.ctime, s.mtime, s.version, s.cversion, s.aversion,
               s.ephemeral_owner);
    char *text = mem_strdup(buf_cstr(&line));
    buf_fini(&line);
    return text;
}

struct lines {
    char **items;
    size_t count, cap;
};

static void add_line(struct lines *l, char *take)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 1024 : l->cap * 2;
        l->items = mem_realloc(l->items, l->cap * sizeof *l->items);
    }
    l->items[l->count++] = take;
}

static void add_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    char text[64];
    (void)snprintf(text, sizeof text, "session %" PRIx64 " timeout=%d", session, timeout_ms);
    add_line(ctx, mem_strdup(text));
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_sorted(struct lines *l)
{
    if (l->count > 0) {
        qsort(l->items, l->count, sizeof *l->items, compare_lines);
    }
    for (size_t i = 0; i < l->count; i++) {
        puts(l->items[i]);
        mem_free(l->items[i]);
    }
    mem_free(l->items);
}

static void print_tree(struct tree *t)
{
    struct lines nodes = {0};
    struct lines sessions = {0};
    struct buf path = {0};
    struct tree_walk *walk = tree_walk_open(t);
    int64_t acl_id;
    const struct znode *n;
    while ((n = tree_walk_next(walk, &path, &acl_id)) != NULL) {
        add_line(&nodes, print_node(t, n, &path));
    }
    tree_walk_close(walk);
    buf_fini(&path);
    tree_sessions_each(t, add_session, &sessions);
    print_sorted(&nodes);
    print_sorted(&sessions);
    printf("last_zxid=%" PRIx64 " digest=%" PRIx64 " digest_mismatches=%" PRIu64
           " first_mismatch=%" PRIx64 "\n",
           tree_last_zxid(t), tree_digest(t), tree_digest_mismatches(t),
           tree_digest_first_mismatch(t));
}

static void print_note(void *ctx, const char *text)
{
    (void)ctx;
    fprintf(stderr, "note: %s\n", text);
}

static enum err run(bool with_ttl, const char *data_dir, const char *log_dir, struct store_error *e)
{
    struct host_files fs;
    struct port_clock clock;
    struct datadir *d;
    struct tree *t;
    struct recover_report report;
    struct recover_options options = {
        .tree = {.digest_enabled = true, .extended_types_enabled = with_ttl},
        .record_bytes_max = STRING_BYTES_MAX,
        .db_autocreate = true,
        .snapshot_with_last_zxid = true,
    };
    files_init(&fs, NULL);
    clock_init(&clock);
    enum err err = datadir_open(&fs.port, data_dir, log_dir, false, &d, e);
    if (err != ERR_OK) {
        return err;
    }
    err = recover(d, &clock, &options, print_note, NULL, &t, &report, e);
    if (err == ERR_OK) {
        print_tree(t);
        fprintf(stderr,
                "%s: %" PRIu64 " nodes in %" PRId64 " ms; %" PRIu64 " txns in %" PRId64 " ms\n",
                report.snapshot, report.nodes, report.snapshot_ms, report.txns_replayed,
                report.replay_ms);
        tree_free(t);
    }
    datadir_close(d);
    return err;
}

int main(int argc, char **argv)
{
    bool with_ttl = argc > 1 && strcmp(argv[1], "--ttl") == 0;
    int first = with_ttl ? 2 : 1;
    if (argc - first < 1 || argc - first > 2) {
        fprintf(stderr, "usage: %s [--ttl] DATADIR [DATALOGDIR]\n", argv[0]);
        return 2;
    }
    struct store_error e = {.text = ""};
    if (run(with_ttl, argv[first], argv[first + 1], &e) != ERR_OK) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    return 0;
}
