// SPDX-License-Identifier: Apache-2.0
//
// A reconfig as a transaction: in which order it is refused, and what it holds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jute/op.h"
#include "tests/unit/server/prep_world.h"

static const char new_text[] = "server.1=a:1:2:participant;3\nversion=100000001";

struct fake_ensemble {
    enum zk_code code;
    size_t asked;
    int64_t zxid;
};

static enum zk_code lead_to(void *ctx, const struct jute_reconfig_request *request, int64_t zxid,
                            struct buf *ret_text)
{
    struct fake_ensemble *f = ctx;
    assert_true(slice_equal_str(request->leaving, "3"));
    assert_int_equal(request->cur_config_id, 7);
    f->asked++;
    f->zxid = zxid;
    if (f->code == ZK_OK) {
        buf_append_str(ret_text, new_text);
    }
    return f->code;
}

static enum zk_code ask(struct prep_world *w)
{
    const struct jute_reconfig_request r = {.joining = slice_null(),
                                            .leaving = slice_str("3"),
                                            .new_members = slice_null(),
                                            .cur_config_id = 7};
    struct buf body = {0};
    jute_reconfig_request_encode(&r, &body);
    enum zk_code code = prep_world_write(w, OP_RECONFIG, &body);
    buf_fini(&body);
    return code;
}

static int set_up(void **state)
{
    prep_world_set_up(state);
    struct prep_world *w = *state;
    w->config->reconfig_enabled = true;
    return 0;
}

static void alone_it_is_not_implemented(void **state)
{
    struct prep_world *w = *state;
    assert_int_equal(ask(w), ZK_UNIMPLEMENTED);
    assert_int_equal(w->last.header.type, OP_ERROR); // with a zxid of its own
    assert_int_equal(w->last_zxid, 1);
}

static void the_session_is_looked_at_before_the_ensemble(void **state)
{
    struct prep_world *w = *state;
    struct fake_ensemble f = {.code = ZK_OK};
    w->prep.reconfig = lead_to;
    w->prep.reconfig_ctx = &f;
    sessions_set_closing(&w->sessions, sessions_find(&w->sessions, w->session));
    assert_int_equal(ask(w), ZK_SESSION_EXPIRED);
    assert_int_equal(f.asked, 0);
}

static void rights_are_looked_at_last(void **state)
{
    struct prep_world *w = *state;
    struct fake_ensemble f = {.code = ZK_NEW_CONFIG_NO_QUORUM};
    w->prep.reconfig = lead_to;
    w->prep.reconfig_ctx = &f;
    assert_int_equal(ask(w), ZK_NEW_CONFIG_NO_QUORUM);
    f.code = ZK_OK;
    assert_int_equal(ask(w), ZK_NO_AUTH);
    assert_int_equal(f.zxid, 2);
    assert_int_equal(w->last.header.type, OP_ERROR);
    assert_int_equal(w->changes.by_path.count, 0);
}

static void it_sets_the_config_node_to_the_new_text(void **state)
{
    struct prep_world *w = *state;
    struct fake_ensemble f = {.code = ZK_OK};
    w->prep.reconfig = lead_to;
    w->prep.reconfig_ctx = &f;
    ids_add(&w->ids, slice_str("super"), slice_str(""));
    assert_int_equal(ask(w), ZK_OK);
    assert_int_equal(w->last.header.type, OP_RECONFIG);
    assert_true(slice_equal_str(w->last.op.set_data.path, "/zookeeper/config"));
    assert_true(slice_equal_str(w->last.op.set_data.data, new_text));
    assert_int_equal(w->last.op.set_data.version, -1);
    assert_int_equal(prep_world_set(w, "/zookeeper/config", "x", 0),
                     ZK_BAD_VERSION); // it is -1 now
    prep_world_apply(w, SIZE_MAX);
    const struct znode *node = tree_find(w->tree, slice_str("/zookeeper/config"));
    assert_true(slice_equal_str(znode_data(node), new_text));
    struct jute_stat stat;
    znode_stat(node, w->tree, &stat);
    assert_int_equal(stat.version, -1);
    assert_int_equal(stat.mzxid, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, prep_world_tear_down)
    const struct CMUnitTest tests[] = {
        T(alone_it_is_not_implemented),
        T(the_session_is_looked_at_before_the_ensemble),
        T(rights_are_looked_at_last),
        T(it_sets_the_config_node_to_the_new_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
