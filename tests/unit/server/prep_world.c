// SPDX-License-Identifier: Apache-2.0
//
// A small world around preparation.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/op.h"
#include "tests/unit/server/prep_world.h"

enum { WALL_MS = 1700000000, STRING_MAX = 1 << 20 };

static void drop_line(void *ctx, enum log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    (void)line;
    (void)len;
}

void prep_world_open(struct prep_world *w, const char *const *defines)
{
    *w = (struct prep_world){0};
    assert_int_equal(host_open(&w->host), ERR_OK);
    w->config = config_new();
    config_set_argument(w->config, CONFIG_KEY_data_dir, "/nowhere");
    for (; defines != NULL && *defines != NULL; defines++) {
        config_define(w->config, *defines);
    }
    config_finish(w->config);
    log_init(&w->log, host_clock(w->host), drop_line, NULL);
    auth_init(&w->auth, w->config, host_digest(w->host));
    const struct tree_options options = {
        .hash_seed = 7,
        .digest_enabled = true,
        .extended_types_enabled = w->config->extended_types_enabled,
    };
    w->tree = tree_new(&options);
    auth_use_tree(&w->auth, w->tree);
    changes_init(&w->changes, w->tree, true);
    sessions_init(&w->sessions, 1000, 1, 0);
    w->session = sessions_new_id(&w->sessions);
    sessions_track(&w->sessions, w->session, 10000, 0);
    w->prep = (struct prep){
        .config = w->config,
        .auth = &w->auth,
        .tree = w->tree,
        .changes = &w->changes,
        .sessions = &w->sessions,
        .log = &w->log,
        .arena = &w->arena,
        .string_max = STRING_MAX,
    };
}

void prep_world_close(struct prep_world *w)
{
    tree_outcome_fini(&w->outcome);
    changes_fini(&w->changes);
    sessions_fini(&w->sessions);
    tree_free(w->tree);
    arena_fini(&w->arena);
    ids_fini(&w->ids);
    buf_fini(&w->queue);
    config_free(w->config);
    host_close(w->host);
}

int prep_world_set_up_with(void **state, const char *const *defines)
{
    static struct prep_world w;
    prep_world_open(&w, defines);
    *state = &w;
    return 0;
}

int prep_world_set_up(void **state)
{
    return prep_world_set_up_with(state, NULL);
}

int prep_world_tear_down(void **state)
{
    prep_world_close(*state);
    return 0;
}

enum zk_code prep_world_write(struct prep_world *w, int32_t type, const struct buf *body)
{
    const struct request request = {
        .ids = &w->ids,
        .session_id = w->session,
        .xid = 1,
        .type = type,
        .body = buf_slice(body),
    };
    arena_reset(&w->arena);
    struct prep_result r = prep_request(&w->prep, &request, w->last_zxid + 1, WALL_MS, &w->last);
    if (r.is_txn) {
        w->last_zxid++;
        size_t start = w->queue.len;
        buf_put_i32(&w->queue, 0);
        txn_encode(&w->last, &w->queue);
        be32_store(w->queue.data + start, (uint32_t)(w->queue.len - start - 4));
    }
    return r.code;
}

enum zk_code prep_world_create(struct prep_world *w, const char *path, const char *data,
                               int32_t flags)
{
    struct jute_acl open = {31, {slice_str("world"), slice_str("anyone")}};
    const struct jute_create_request r = {slice_str(path), slice_str(data), {1, &open}, flags};
    struct buf body = {0};
    jute_create_request_encode(&r, &body);
    enum zk_code code = prep_world_write(w, OP_CREATE, &body);
    buf_fini(&body);
    return code;
}

enum zk_code prep_world_delete(struct prep_world *w, const char *path, int32_t version)
{
    const struct jute_path_version r = {slice_str(path), version};
    struct buf body = {0};
    jute_path_version_encode(&r, &body);
    enum zk_code code = prep_world_write(w, OP_DELETE, &body);
    buf_fini(&body);
    return code;
}

enum zk_code prep_world_set(struct prep_world *w, const char *path, const char *data,
                            int32_t version)
{
    const struct jute_set_data_request r = {slice_str(path), slice_str(data), version};
    struct buf body = {0};
    jute_set_data_request_encode(&r, &body);
    enum zk_code code = prep_world_write(w, OP_SET_DATA, &body);
    buf_fini(&body);
    return code;
}

static void apply_one(struct prep_world *w, struct slice bytes)
{
    struct txn txn;
    struct arena arena = {0};
    assert_int_equal(txn_decode(bytes, &arena, STRING_MAX, &txn), ERR_OK);
    tree_apply(w->tree, &txn, NULL, &w->outcome);
    changes_applied(&w->changes, txn.header.zxid);
    if (txn.has_digest) {
        assert_int_equal(txn.digest.tree_digest, (int64_t)tree_digest(w->tree));
    }
    arena_fini(&arena);
}

void prep_world_apply(struct prep_world *w, size_t max)
{
    size_t at = 0;
    for (size_t i = 0; i < max && at < w->queue.len; i++) {
        size_t len = be32_load(w->queue.data + at);
        apply_one(w, slice_of(w->queue.data + at + 4, len));
        at += 4 + len;
    }
    buf_consume(&w->queue, at);
    assert_int_equal(tree_digest_mismatches(w->tree), 0);
}
