// SPDX-License-Identifier: Apache-2.0
//
// Every read operation: its answer, its refusals, the watch that it leaves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/guest.h"

static int setup(void **state)
{
    return guest_pair_open(state, 31, NULL);
}

static void make(struct guest *g, const char *path, const char *data, int32_t flags)
{
    assert_int_equal(guest_answer(g, guest_create(g, path, data, flags)), ZK_OK);
}

static enum zk_code answer_to(struct guest *g, int32_t type, const char *path)
{
    return guest_answer(g, guest_read(g, type, path, false));
}

// A node whose only list entry gives `perms` to `scheme`:`id`.
static void make_guarded(struct guest *g, const char *path, int32_t perms, const char *scheme,
                         const char *id)
{
    struct jute_acl acl = {perms, {slice_str(scheme), slice_str(id)}};
    const struct jute_acl_vec vec = {1, &acl};
    assert_int_equal(guest_answer(g, guest_create_acl(g, path, &vec)), ZK_OK);
}

// ---- nodes ----

static void exists_tells_the_stat_or_that_there_is_none(void **state)
{
    struct guest_pair *f = *state;
    make(&f->g, "/a", "four", 0);
    int64_t czxid = f->g.header.zxid;
    assert_int_equal(answer_to(&f->g, OP_EXISTS, "/a"), ZK_OK);
    assert_int_equal(f->g.header.zxid, czxid);
    struct jute_stat stat = guest_stat(&f->g);
    guest_body_end(&f->g);
    assert_int_equal(stat.czxid, czxid);
    assert_int_equal(stat.data_length, 4);
    assert_int_equal(answer_to(&f->g, OP_EXISTS, "/b"), ZK_NO_NODE);
    guest_body_end(&f->g);
    assert_int_equal(answer_to(&f->g, OP_EXISTS, ""), ZK_OK); // the root
    assert_int_equal(answer_to(&f->g, OP_EXISTS, NULL), ZK_MARSHALLING_ERROR);
}

static void exists_refuses_a_zero_byte_in_the_path(void **state)
{
    struct guest_pair *f = *state;
    struct buf body = {0};
    jute_path_watch_encode(&(struct jute_path_watch){slice_of("/a\0b", 4), false}, &body);
    assert_int_equal(guest_answer(&f->g, guest_ask(&f->g, OP_EXISTS, &body)), ZK_BAD_ARGUMENTS);
}

static void exists_watches_a_node_that_is_not_there(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_EXISTS, "/soon", true)), ZK_NO_NODE);
    guest_make(&f->other, "/soon", 0);
    int64_t zxid = f->other.header.zxid;
    guest_event(&f->g, WATCH_EVENT_CREATED, "/soon");
    assert_int_equal(f->g.header.zxid, zxid);
    assert_int_equal(guest_answer(&f->other, guest_set(&f->other, "/soon", "2", -1)), ZK_OK);
    guest_silence(&f->g, 50); // once
}

static void get_data_gives_data_and_stat(void **state)
{
    struct guest_pair *f = *state;
    make(&f->g, "/a", "some bytes", 0);
    make(&f->g, "/null", NULL, 0);
    assert_int_equal(answer_to(&f->g, OP_GET_DATA, "/a"), ZK_OK);
    assert_true(slice_equal_str(guest_str(&f->g), "some bytes"));
    assert_int_equal(guest_stat(&f->g).data_length, 10);
    guest_body_end(&f->g);
    assert_int_equal(answer_to(&f->g, OP_GET_DATA, "/null"), ZK_OK);
    assert_true(slice_is_null(guest_str(&f->g)));
    assert_int_equal(answer_to(&f->g, OP_GET_DATA, "/none"), ZK_NO_NODE);
    assert_int_equal(answer_to(&f->g, OP_GET_DATA, NULL), ZK_MARSHALLING_ERROR);
}

static void a_failed_read_leaves_no_watch(void **state)
{
    struct guest_pair *f = *state;
    static const int32_t types[] = {OP_GET_DATA, OP_GET_CHILDREN, OP_GET_CHILDREN2};
    for (size_t i = 0; i < 3; i++) {
        int32_t xid = guest_read(&f->g, types[i], "/none", true);
        assert_int_equal(guest_answer(&f->g, xid), ZK_NO_NODE);
    }
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 0);
}

static bool has_name(const struct jute_str_vec *v, const char *name)
{
    for (int32_t i = 0; i < v->count; i++) {
        if (slice_equal_str(v->items[i], name)) {
            return true;
        }
    }
    return false;
}

static void get_children_lists_names_and_the_second_form_adds_the_stat(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/p", 0);
    guest_make(&f->g, "/p/one", 0);
    guest_make(&f->g, "/p/two", 0);
    for (int second = 0; second < 2; second++) {
        int32_t type = second == 1 ? OP_GET_CHILDREN2 : OP_GET_CHILDREN;
        assert_int_equal(answer_to(&f->g, type, "/p"), ZK_OK);
        struct jute_str_vec names = guest_strs(&f->g);
        assert_int_equal(names.count, 2);
        assert_true(has_name(&names, "one") && has_name(&names, "two"));
        if (second == 1) {
            assert_int_equal(guest_stat(&f->g).num_children, 2);
        }
        guest_body_end(&f->g);
    }
    assert_int_equal(answer_to(&f->g, OP_GET_CHILDREN, "/p/one"), ZK_OK);
    assert_int_equal(guest_strs(&f->g).count, 0);
}

// The data of /a must be `data`, whichever session asks and however often; the Stat beside it.
static struct jute_stat read_again(struct guest_pair *f, const char *data)
{
    struct jute_stat stat = {0};
    for (int i = 0; i < 4; i++) {
        struct guest *g = i % 2 == 0 ? &f->g : &f->other;
        assert_int_equal(answer_to(g, OP_GET_DATA, "/a"), ZK_OK);
        assert_true(slice_equal_str(guest_str(g), data));
        stat = guest_stat(g);
        guest_body_end(g);
    }
    return stat;
}

static void reads_over_and_over_show_the_last_write(void **state)
{
    struct guest_pair *f = *state;
    make(&f->g, "/a", "test1", 0);
    int64_t czxid = f->g.header.zxid;
    assert_int_equal(read_again(f, "test1").mzxid, czxid);
    assert_int_equal(guest_answer(&f->other, guest_set(&f->other, "/a", "test2", -1)), ZK_OK);
    int64_t mzxid = f->other.header.zxid;
    struct jute_stat stat = read_again(f, "test2");
    assert_int_equal(stat.mzxid, mzxid);
    assert_int_equal(stat.pzxid, czxid);
    make(&f->g, "/a/child", "child", 0); // changes the Stat alone
    stat = read_again(f, "test2");
    assert_int_equal(stat.mzxid, mzxid);
    assert_int_equal(stat.pzxid, f->g.header.zxid);
    assert_int_equal(stat.cversion, 1);
    assert_int_equal(stat.num_children, 1);
}

static void a_child_watch_fires_once_for_a_new_child(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_GET_CHILDREN, "/", true)), ZK_OK);
    guest_make(&f->other, "/new", 0);
    guest_event(&f->g, WATCH_EVENT_CHILDREN_CHANGED, "/");
    guest_make(&f->other, "/newer", 0);
    guest_silence(&f->g, 50);
}

static void all_children_are_counted_below_a_path(void **state)
{
    struct guest_pair *f = *state;
    static const char *const paths[] = {"/p", "/p/a", "/p/a/b", "/pq"};
    for (size_t i = 0; i < 4; i++) {
        guest_make(&f->g, paths[i], 0);
    }
    int32_t xid = guest_path(&f->g, OP_GET_ALL_CHILDREN_NUMBER, "/p");
    assert_int_equal(guest_answer(&f->g, xid), ZK_OK);
    assert_int_equal(guest_i32(&f->g), 2);
    guest_body_end(&f->g);
    xid = guest_path(&f->g, OP_GET_ALL_CHILDREN_NUMBER, "/");
    assert_int_equal(guest_answer(&f->g, xid), ZK_OK);
    assert_int_equal(guest_i32(&f->g), 4 + 3); // and /zookeeper, quota, config
    xid = guest_path(&f->g, OP_GET_ALL_CHILDREN_NUMBER, "/none");
    assert_int_equal(guest_answer(&f->g, xid), ZK_NO_NODE);
}

// ---- who may ----

static void reading_needs_the_permission(void **state)
{
    struct guest_pair *f = *state;
    static const int32_t types[] = {OP_EXISTS, OP_GET_DATA, OP_GET_CHILDREN, OP_GET_CHILDREN2};
    make_guarded(&f->g, "/secret", PERM_WRITE, "world", "anyone");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_int_equal(answer_to(&f->g, types[i], "/secret"), ZK_NO_AUTH);
        guest_body_end(&f->g);
    }
    int32_t xid = guest_path(&f->g, OP_GET_ALL_CHILDREN_NUMBER, "/secret");
    assert_int_equal(guest_answer(&f->g, xid), ZK_NO_AUTH);
    xid = guest_path(&f->g, OP_GET_ACL, "/secret");
    assert_int_equal(guest_answer(&f->g, xid), ZK_NO_AUTH);
}

static struct slice first_id(struct guest *g)
{
    struct jute_acl_vec acl = {0};
    assert_true(jute_acl_vec_decode(&g->body, &acl));
    assert_true(acl.count >= 1);
    return acl.items[0].id.id;
}

static void get_acl_hides_hashes_from_who_may_not_administer(void **state)
{
    struct guest_pair *f = *state;
    struct jute_acl items[] = {
        {PERM_ALL, {slice_str("digest"), slice_str("bob:G6Zws9H3ZDm4Oj3cXgUDhE1tMrE=")}},
        {PERM_READ, {slice_str("world"), slice_str("anyone")}},
    };
    const struct jute_acl_vec vec = {2, items};
    assert_int_equal(guest_answer(&f->g, guest_create_acl(&f->g, "/a", &vec)), ZK_OK);
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_GET_ACL, "/a")), ZK_OK);
    assert_true(slice_equal_str(first_id(&f->g), "bob:x"));
    assert_int_equal(guest_stat(&f->g).aversion, 0);
    guest_body_end(&f->g);
    // One who may administer sees them whole.
    items[1].perms = PERM_READ | PERM_ADMIN;
    assert_int_equal(guest_answer(&f->g, guest_create_acl(&f->g, "/b", &vec)), ZK_OK);
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_GET_ACL, "/b")), ZK_OK);
    assert_true(slice_equal(first_id(&f->g), items[0].id.id));
}

static void get_acl_is_enough_for_admins_without_read(void **state)
{
    struct guest_pair *f = *state;
    make_guarded(&f->g, "/a", PERM_ADMIN, "world", "anyone");
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_GET_ACL, "/a")), ZK_OK);
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_GET_ACL, "/none")), ZK_NO_NODE);
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_GET_ACL, NULL)),
                     ZK_MARSHALLING_ERROR);
}

// ---- multiRead ----

static int32_t multi_read(struct guest *g, const int32_t *types, const char *const *paths,
                          int32_t count)
{
    struct multi_op ops[4];
    for (int32_t i = 0; i < count; i++) {
        ops[i] = (struct multi_op){.type = types[i], .read = {slice_str(paths[i]), true}};
    }
    struct buf body = {0};
    multi_encode(&(struct multi){.count = count, .ops = ops}, &body);
    return guest_ask(g, OP_MULTI_READ, &body);
}

static struct jute_multi_header part(struct guest *g)
{
    struct jute_multi_header h = {0};
    assert_true(jute_multi_header_decode(&g->body, &h));
    return h;
}

static void every_part_of_a_multi_read_succeeds_or_fails_alone(void **state)
{
    struct guest_pair *f = *state;
    make(&f->g, "/a", "A", 0);
    make_guarded(&f->g, "/secret", PERM_WRITE, "world", "anyone");
    const int32_t types[] = {OP_GET_DATA, OP_GET_CHILDREN, OP_GET_DATA, OP_GET_CHILDREN};
    const char *const paths[] = {"/a", "/none", "/secret", "/a"};
    assert_int_equal(guest_answer(&f->g, multi_read(&f->g, types, paths, 4)), ZK_OK);
    assert_int_equal(part(&f->g).type, OP_GET_DATA);
    assert_true(slice_equal_str(guest_str(&f->g), "A"));
    guest_stat(&f->g);
    struct jute_multi_header h = part(&f->g);
    assert_int_equal(h.type, OP_ERROR);
    assert_int_equal(h.err, ZK_NO_NODE);
    assert_int_equal(guest_i32(&f->g), ZK_NO_NODE);
    h = part(&f->g);
    assert_int_equal(h.type, OP_ERROR);
    assert_int_equal(h.err, ZK_NO_AUTH);
    assert_int_equal(guest_i32(&f->g), ZK_NO_AUTH);
    assert_int_equal(part(&f->g).type, OP_GET_CHILDREN);
    assert_int_equal(guest_strs(&f->g).count, 0);
    h = part(&f->g);
    assert_true(h.done);
    guest_body_end(&f->g);
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 0); // the flag is ignored
}

static void a_multi_read_refuses_writes_and_takes_none_at_all(void **state)
{
    struct guest_pair *f = *state;
    const int32_t types[] = {OP_DELETE};
    const char *const paths[] = {"/a"};
    struct multi_op op = {.type = types[0], .path_version = {slice_str(paths[0]), -1}};
    struct buf body = {0};
    multi_encode(&(struct multi){.count = 1, .ops = &op}, &body);
    int32_t xid = guest_ask(&f->g, OP_MULTI_READ, &body);
    assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
    assert_int_equal(guest_answer(&f->g, multi_read(&f->g, types, paths, 0)), ZK_OK);
    assert_true(part(&f->g).done);
    guest_body_end(&f->g);
}

// ---- watches ----

static void a_persistent_watch_hears_of_its_node_and_its_children(void **state)
{
    struct guest_pair *f = *state;
    int32_t xid = guest_path_type(&f->g, OP_ADD_WATCH, "/p", ADD_WATCH_PERSISTENT);
    assert_int_equal(guest_answer(&f->g, xid), ZK_OK);
    assert_int_equal(guest_i32(&f->g), ZK_OK);
    guest_body_end(&f->g);
    guest_make(&f->other, "/p", 0);
    guest_make(&f->other, "/p/c", 0);
    guest_make(&f->other, "/p/c/d", 0); // too deep
    assert_int_equal(guest_answer(&f->other, guest_set(&f->other, "/p", "x", -1)), ZK_OK);
    guest_event(&f->g, WATCH_EVENT_CREATED, "/p");
    guest_event(&f->g, WATCH_EVENT_CHILDREN_CHANGED, "/p");
    guest_event(&f->g, WATCH_EVENT_DATA_CHANGED, "/p");
    guest_silence(&f->g, 50);
}

static void a_recursive_watch_hears_of_everything_below(void **state)
{
    struct guest_pair *f = *state;
    int32_t xid = guest_path_type(&f->g, OP_ADD_WATCH, "/p", ADD_WATCH_RECURSIVE);
    assert_int_equal(guest_answer(&f->g, xid), ZK_OK);
    guest_make(&f->other, "/p", 0);
    guest_make(&f->other, "/p/c", 0);
    guest_make(&f->other, "/p/c/d", 0);
    guest_make(&f->other, "/q", 0);
    assert_int_equal(guest_answer(&f->other, guest_delete(&f->other, "/p/c/d", -1)), ZK_OK);
    guest_event(&f->g, WATCH_EVENT_CREATED, "/p");
    guest_event(&f->g, WATCH_EVENT_CREATED, "/p/c");
    guest_event(&f->g, WATCH_EVENT_CREATED, "/p/c/d");
    guest_event(&f->g, WATCH_EVENT_DELETED, "/p/c/d");
    guest_silence(&f->g, 50);
}

static void an_unknown_mode_of_watch_is_refused(void **state)
{
    struct guest_pair *f = *state;
    static const int32_t modes[] = {-1, 2, INT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        int32_t xid = guest_path_type(&f->g, OP_ADD_WATCH, "/p", modes[i]);
        assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
        guest_body_end(&f->g);
    }
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 0);
}

// What each type of checkWatches and removeWatches finds: children, data, any, persistent,
// recursive.
enum { KINDS = 4, TYPES = 5 };
static const bool finds[KINDS][TYPES] = {
    {true, false, true, false, false}, // of getChildren
    {false, true, true, false, false}, // of getData
    {false, false, true, true, false}, // persistent
    {false, false, true, false, true}, // recursive
};

static void set_kind(struct guest *g, int kind)
{
    int32_t xid = kind == 0   ? guest_read(g, OP_GET_CHILDREN, "/a", true)
                  : kind == 1 ? guest_read(g, OP_GET_DATA, "/a", true)
                              : guest_path_type(g, OP_ADD_WATCH, "/a", kind - 2);
    assert_int_equal(guest_answer(g, xid), ZK_OK);
}

static void watches_are_found_and_removed_by_type(void **state)
{
    struct guest_pair *f = *state;
    struct watches *ws = stage_server(&f->st)->watches;
    guest_make(&f->g, "/a", 0);
    for (int kind = 0; kind < KINDS; kind++) {
        for (int type = 1; type <= TYPES; type++) {
            set_kind(&f->g, kind);
            enum zk_code want = finds[kind][type - 1] ? ZK_OK : ZK_NO_WATCHER;
            int32_t xid = guest_path_type(&f->g, OP_CHECK_WATCHES, "/a", type);
            assert_int_equal(guest_answer(&f->g, xid), want);
            assert_true(watches_count(ws) > 0); // a look changes nothing
            xid = guest_path_type(&f->g, OP_REMOVE_WATCHES, "/a", type);
            assert_int_equal(guest_answer(&f->g, xid), want);
            guest_body_end(&f->g);
            assert_int_equal(watches_count(ws) == 0, want == ZK_OK);
            (void)guest_answer(&f->g, guest_path_type(&f->g, OP_REMOVE_WATCHES, "/a", 3));
            assert_int_equal(watches_count(ws), 0);
        }
    }
}

static void removing_is_exact_in_path_owner_and_type(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/a", 0);
    guest_make(&f->g, "/a/b", 0);
    set_kind(&f->g, 3); // recursive on /a
    int32_t xid = guest_path_type(&f->g, OP_REMOVE_WATCHES, "/a/b", 5);
    assert_int_equal(guest_answer(&f->g, xid), ZK_NO_WATCHER);
    xid = guest_path_type(&f->other, OP_REMOVE_WATCHES, "/a", 3);
    assert_int_equal(guest_answer(&f->other, xid), ZK_NO_WATCHER);
    static const int32_t types[] = {0, 6, -1};
    for (size_t i = 0; i < 3; i++) {
        xid = guest_path_type(&f->g, OP_REMOVE_WATCHES, "/a", types[i]);
        assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
        xid = guest_path_type(&f->g, OP_CHECK_WATCHES, "/a", types[i]);
        assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
    }
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 1);
}

// ---- the caller itself ----

static int32_t ephemerals(struct guest *g, const char *prefix)
{
    assert_int_equal(guest_answer(g, guest_path(g, OP_GET_EPHEMERALS, prefix)), ZK_OK);
    int32_t count = guest_strs(g).count;
    guest_body_end(g);
    return count;
}

static void ephemerals_are_the_callers_own_by_prefix(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/d", 0);
    guest_make(&f->g, "/d/e1", CREATE_EPHEMERAL);
    guest_make(&f->g, "/d/e2", CREATE_EPHEMERAL);
    guest_make(&f->g, "/other", CREATE_EPHEMERAL);
    guest_make(&f->other, "/d/theirs", CREATE_EPHEMERAL);
    static const char *const all[] = {NULL, "", "/", "  ", " / "};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(ephemerals(&f->g, all[i]), 3);
    }
    assert_int_equal(ephemerals(&f->g, "/d/e"), 2); // plain text, not a path
    assert_int_equal(ephemerals(&f->g, "/d/e2"), 1);
    assert_int_equal(ephemerals(&f->g, "/x"), 0);
    assert_int_equal(ephemerals(&f->other, "/"), 1);
}

static void who_am_i_lists_every_identity_without_secrets(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, guest_auth(&f->g, "digest", "bob:secret")), ZK_OK);
    assert_int_equal(guest_answer(&f->g, guest_plain(&f->g, OP_WHO_AM_I)), ZK_OK);
    struct jute_client_info_vec v = {0};
    assert_true(jute_client_info_vec_decode(&f->g.body, &v));
    guest_body_end(&f->g);
    assert_int_equal(v.count, 2);
    assert_true(slice_equal_str(v.items[0].auth_scheme, "ip"));
    assert_true(slice_equal_str(v.items[0].user, "127.0.0.1"));
    assert_true(slice_equal_str(v.items[1].auth_scheme, "digest"));
    assert_true(slice_equal_str(v.items[1].user, "bob"));
}

static void sync_gives_the_path_back_as_it_came(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_SYNC, "not/a//path")), ZK_OK);
    assert_true(slice_equal_str(guest_str(&f->g), "not/a//path"));
    assert_int_equal(guest_answer(&f->g, guest_path(&f->g, OP_SYNC, NULL)), ZK_OK);
    assert_true(slice_is_null(guest_str(&f->g)));
    guest_body_end(&f->g);
}

static void ping_is_answered_with_its_own_xid_and_the_last_zxid(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/a", 0);
    int64_t zxid = f->g.header.zxid;
    guest_plain(&f->g, OP_PING); // with an xid above 0
    assert_int_equal(guest_answer(&f->g, XID_PING), ZK_OK);
    assert_int_equal(f->g.header.zxid, zxid);
    guest_body_end(&f->g);
}

static void a_body_that_does_not_decode_is_a_marshalling_error_and_no_more(void **state)
{
    struct guest_pair *f = *state;
    static const int32_t types[] = {
        OP_EXISTS,        OP_GET_DATA,       OP_GET_CHILDREN,   OP_GET_CHILDREN2,
        OP_GET_ACL,       OP_SYNC,           OP_MULTI_READ,     OP_ADD_WATCH,
        OP_CHECK_WATCHES, OP_REMOVE_WATCHES, OP_GET_EPHEMERALS, OP_GET_ALL_CHILDREN_NUMBER,
        OP_SET_WATCHES,   OP_SET_WATCHES2};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct buf body = {0};
        buf_append_str(&body, "\x7f");
        int32_t xid = guest_ask(&f->g, types[i], &body);
        assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
        guest_body_end(&f->g);
    }
    assert_int_equal(answer_to(&f->g, OP_EXISTS, "/"), ZK_OK); // the connection stays
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, guest_pair_close)
        T(exists_tells_the_stat_or_that_there_is_none),
        T(exists_refuses_a_zero_byte_in_the_path),
        T(exists_watches_a_node_that_is_not_there),
        T(get_data_gives_data_and_stat),
        T(a_failed_read_leaves_no_watch),
        T(get_children_lists_names_and_the_second_form_adds_the_stat),
        T(reads_over_and_over_show_the_last_write),
        T(a_child_watch_fires_once_for_a_new_child),
        T(all_children_are_counted_below_a_path),
        T(reading_needs_the_permission),
        T(get_acl_hides_hashes_from_who_may_not_administer),
        T(get_acl_is_enough_for_admins_without_read),
        T(every_part_of_a_multi_read_succeeds_or_fails_alone),
        T(a_multi_read_refuses_writes_and_takes_none_at_all),
        T(a_persistent_watch_hears_of_its_node_and_its_children),
        T(a_recursive_watch_hears_of_everything_below),
        T(an_unknown_mode_of_watch_is_refused),
        T(watches_are_found_and_removed_by_type),
        T(removing_is_exact_in_path_owner_and_type),
        T(ephemerals_are_the_callers_own_by_prefix),
        T(who_am_i_lists_every_identity_without_secrets),
        T(sync_gives_the_path_back_as_it_came),
        T(ping_is_answered_with_its_own_xid_and_the_last_zxid),
        T(a_body_that_does_not_decode_is_a_marshalling_error_and_no_more),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
