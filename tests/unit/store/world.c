// SPDX-License-Identifier: Apache-2.0
//
// Transactions, trees and files for the tests of store/.
#include "tests/unit/store/world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "jute/op.h"
#include "store/logfile.h"
#include "store/record.h"
#include "store/snapfile.h"
#include "store/snapwrite.h"

// ---- transactions ----

static struct jute_acl open_acl_item = {
    .perms = PERM_ALL,
    .id = {.scheme = {(const uint8_t *)"world", 5}, .id = {(const uint8_t *)"anyone", 6}},
};

static struct txn begin(int64_t zxid, int32_t type)
{
    return (struct txn){
        .header = {.client_id = 0x10,
                   .cxid = (int32_t)zxid,
                   .zxid = zxid,
                   .time_ms = 1000 + zxid,
                   .type = type},
        .op = {.type = type},
    };
}

static void put(struct buf *batch, const struct txn *txn)
{
    size_t start = record_begin(batch);
    txn_encode(txn, batch);
    record_end(batch, start);
}

static struct slice data_slice(const char *data)
{
    return data == NULL ? slice_null() : slice_str(data);
}

void world_put_session(struct buf *batch, int64_t zxid, int64_t session, int32_t timeout_ms)
{
    struct txn txn = begin(zxid, OP_CREATE_SESSION);
    txn.header.client_id = session;
    txn.op.create_session.timeout_ms = timeout_ms;
    put(batch, &txn);
}

void world_put_create(struct buf *batch, int64_t zxid, const char *path, const char *data,
                      bool is_ephemeral)
{
    struct txn txn = begin(zxid, OP_CREATE);
    txn.op.create = (struct jute_create_txn){
        .path = slice_str(path),
        .data = data_slice(data),
        .acl = {.count = 1, .items = &open_acl_item},
        .ephemeral = is_ephemeral,
        .parent_cversion = -1,
    };
    put(batch, &txn);
}

void world_put_set(struct buf *batch, int64_t zxid, const char *path, const char *data,
                   int32_t version)
{
    struct txn txn = begin(zxid, OP_SET_DATA);
    txn.op.set_data = (struct jute_set_data_txn){
        .path = slice_str(path), .data = data_slice(data), .version = version};
    put(batch, &txn);
}

void world_put_delete(struct buf *batch, int64_t zxid, const char *path)
{
    struct txn txn = begin(zxid, OP_DELETE);
    txn.op.del.path = slice_str(path);
    put(batch, &txn);
}

void world_put_ttl(struct buf *batch, int64_t zxid, const char *path, int64_t ttl_ms)
{
    struct txn txn = begin(zxid, OP_CREATE_TTL);
    txn.op.create_ttl = (struct jute_create_ttl_txn){
        .path = slice_str(path),
        .data = slice_str("ttl"),
        .acl = {.count = 1, .items = &open_acl_item},
        .parent_cversion = -1,
        .ttl_ms = ttl_ms,
    };
    put(batch, &txn);
}

void world_put_many(struct buf *batch, int64_t zxid, int count, size_t data_bytes)
{
    char *data = mem_alloc(data_bytes + 1);
    memset(data, 'x', data_bytes);
    data[data_bytes] = '\0';
    for (int i = 0; i < count; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/n%" PRId64, zxid + i);
        world_put_create(batch, zxid + i, path, data, false);
    }
    mem_free(data);
}

// ---- trees ----

struct tree_options world_options(void)
{
    return (struct tree_options){
        .hash_seed = 7, .digest_enabled = true, .extended_types_enabled = true};
}

struct tree *world_tree(void)
{
    struct tree_options options = world_options();
    return tree_new(&options);
}

void world_apply(struct tree *t, struct slice batch)
{
    struct arena arena;
    struct tree_outcome outcome = {0};
    struct slice body;
    arena_init(&arena);
    while (record_next(&batch, &body)) {
        struct txn txn;
        arena_reset(&arena);
        assert_int_equal(txn_decode(body, &arena, WORLD_RECORD_BYTES_MAX, &txn), ERR_OK);
        tree_apply(t, &txn, NULL, &outcome);
    }
    tree_outcome_fini(&outcome);
    arena_fini(&arena);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *print_node(const struct tree *t, const struct znode *n, const struct buf *path)
{
    struct buf line = {0};
    struct jute_stat_persisted stat;
    buf_append_slice(&line, buf_slice(path));
    buf_append_str(&line, slice_is_null(znode_data(n)) ? " null " : " data=");
    buf_append_slice(&line, znode_data(n));
    buf_append_str(&line, " ");
    znode_stat_stored(n, &stat);
    jute_stat_persisted_print(&stat, &line);
    const struct jute_acl_vec *acl = tree_acl(t, znode_acl_id(n));
    for (int32_t i = 0; i < acl->count; i++) {
        buf_append_str(&line, " ");
        jute_acl_print(&acl->items[i], &line);
    }
    char *text = mem_strdup(buf_cstr(&line));
    buf_fini(&line);
    return text;
}

static void print_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    buf_printf(ctx, "session %" PRIx64 " %d\n", session, timeout_ms);
}

void world_print(struct tree *t, struct buf *to)
{
    size_t cap = (size_t)tree_node_count(t) + 1;
    size_t count = 0;
    char **lines = mem_alloc(cap * sizeof *lines);
    struct buf path = {0};
    struct tree_walk *walk = tree_walk_open(t);
    int64_t acl_id;
    const struct znode *n;
    while ((n = tree_walk_next(walk, &path, &acl_id)) != NULL) {
        assert_true(count < cap);
        lines[count++] = print_node(t, n, &path);
    }
    tree_walk_close(walk);
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        buf_append_str(to, lines[i]);
        buf_append_str(to, "\n");
        mem_free(lines[i]);
    }
    mem_free(lines);
    buf_fini(&path);
    tree_sessions_each(t, print_session, to);
    buf_printf(to, "zxid %" PRIx64 " digest %" PRIx64 "\n", tree_last_zxid(t), tree_digest(t));
}

void world_assert_equal(struct tree *a, struct tree *b)
{
    struct buf x = {0};
    struct buf y = {0};
    world_print(a, &x);
    world_print(b, &y);
    assert_string_equal(buf_cstr(&x), buf_cstr(&y));
    buf_fini(&x);
    buf_fini(&y);
}

// ---- files ----

void world_disk_init(struct memfs *fs)
{
    memfs_init(fs);
    assert_int_equal(fs->port.make_dir(&fs->port, WORLD_DIR), ERR_OK);
}

void world_disk_fini(struct memfs *fs)
{
    assert_int_equal(fs->opened, 0);
    memfs_fini(fs);
}

void world_put_log(struct memfs *fs, int64_t first_zxid, struct buf *batch)
{
    char name[NAMES_BYTES_MAX];
    uint8_t header[LOGFILE_HEADER_BYTES];
    struct buf path = {0};
    struct buf bytes = {0};
    logfile_header(header);
    buf_append(&bytes, header, sizeof header);
    if (batch->len > 0) {
        record_seal(batch->data, batch->len);
    }
    buf_append_slice(&bytes, buf_slice(batch));
    names_print_log(first_zxid, name);
    memfs_put(fs, names_join(&path, WORLD_DIR, name), bytes.data, bytes.len);
    buf_fini(&bytes);
    buf_fini(&path);
}

void world_put_log_many(struct memfs *fs, int64_t first_zxid, int count, size_t data_bytes)
{
    struct buf batch = {0};
    world_put_many(&batch, first_zxid, count, data_bytes);
    world_put_log(fs, first_zxid, &batch);
    buf_fini(&batch);
}

void world_put_snapshot(struct memfs *fs, struct tree *t, enum names_method method)
{
    struct snapwrite_options options = {.with_digest = true, .with_last_zxid = true};
    struct snapfile *f;
    struct buf slice = {0};
    assert_int_equal(snapfile_open(&fs->port, WORLD_DIR, tree_last_zxid(t), method, &f, NULL),
                     ERR_OK);
    struct snapwrite *w = snapwrite_new(t, &options);
    for (bool more = true; more;) {
        bool seal;
        buf_clear(&slice);
        more = snapwrite_slice(w, 100, &slice, &seal);
        assert_int_equal(snapfile_write(f, buf_slice(&slice), seal, NULL), ERR_OK);
    }
    snapwrite_free(w);
    buf_fini(&slice);
    assert_int_equal(snapfile_finish(f, NULL, NULL), ERR_OK);
}

void world_put_snapshot_many(struct memfs *fs, int count)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_many(&batch, 1, count, 10);
    world_apply(t, buf_slice(&batch));
    world_put_snapshot(fs, t, NAMES_PLAIN);
    buf_fini(&batch);
    tree_free(t);
}

static uint8_t nibble(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void world_hex(struct buf *to, const char *text)
{
    while (*text != '\0') {
        if (*text == ' ' || *text == '\n') {
            text++;
            continue;
        }
        buf_put_u8(to, (uint8_t)(nibble(text[0]) << 4 | nibble(text[1])));
        text += 2;
    }
}

static const char java_snapshot[] =
    "5a4b534e00000002ffffffffffffffff 00000000"
    "00000001 0000000000000001 00000001 00000001 00000005776f726c64 00000006616e796f6e65"
    "00000000 00000000 ffffffffffffffff"
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 00000000 00000000"
    "00000000 0000000000000000 0000000000000000"
    "0000000a 2f7a6f6f6b6565706572 00000000 ffffffffffffffff"
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 00000000 00000000"
    "00000000 0000000000000000 0000000000000000"
    "00000011 2f7a6f6f6b65657065722f636f6e666967 00000000 0000000000000001"
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 00000000 00000000"
    "ffffffff 0000000000000000 0000000000000000"
    "00000010 2f7a6f6f6b65657065722f71756f7461 00000000 ffffffffffffffff"
    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 00000000 00000000"
    "00000000 0000000000000000 0000000000000000"
    "000000012f 00000000b8a23b49 000000012f"
    "0000000000000000 00000002 0000000000000000 0000000095b93d59 000000012f";

void world_java_snapshot(struct buf *to)
{
    world_hex(to, java_snapshot);
}
