// SPDX-License-Identifier: Apache-2.0
//
// A client comes back with its watches: what it missed is told before the answer, the rest is
// watched again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/guest.h"

struct fixture {
    struct stage st;
    struct guest g;
    int64_t zxid; // up to which the client has seen everything
};

static int setup(void **state)
{
    static struct fixture f;
    guest_enter(&f.g, &f.st, 51, NULL);
    static const char *const paths[] = {"/same", "/changed", "/grown"};
    for (size_t i = 0; i < 3; i++) {
        if (guest_answer(&f.g, guest_create(&f.g, paths[i], "", 0)) != ZK_OK) {
            return -1;
        }
    }
    f.zxid = f.g.header.zxid;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    stage_close(&f->st);
    return 0;
}

enum { LISTS = 5, DATA = 0, EXIST, CHILD, PERSISTENT, RECURSIVE };

struct lists {
    struct slice items[LISTS][4];
    struct jute_str_vec vec[LISTS];
};

static void add(struct lists *l, int list, const char *path)
{
    struct jute_str_vec *v = &l->vec[list];
    v->items = l->items[list];
    v->items[v->count++] = path != NULL ? slice_str(path) : slice_null();
}

static int32_t send_lists(struct guest *g, int32_t type, int64_t zxid, const struct lists *l)
{
    struct jute_set_watches2 q = {zxid,          l->vec[DATA],       l->vec[EXIST],
                                  l->vec[CHILD], l->vec[PERSISTENT], l->vec[RECURSIVE]};
    const struct jute_set_watches first = {zxid, q.data, q.exist, q.child};
    struct buf body = {0};
    if (type == OP_SET_WATCHES) {
        jute_set_watches_encode(&first, &body);
    } else {
        jute_set_watches2_encode(&q, &body);
    }
    struct buf frame = {0};
    guest_frame(&frame, XID_SET_WATCHES, type, buf_slice(&body));
    guest_send(g, buf_slice(&frame));
    buf_fini(&frame);
    buf_fini(&body);
    return XID_SET_WATCHES;
}

// An event of what was missed belongs to no transaction.
static void missed(struct guest *g, enum watch_event type, const char *path)
{
    guest_event(g, type, path);
    assert_int_equal(g->header.zxid, -1);
}

static void what_was_missed_is_told_before_the_answer(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->g;
    assert_int_equal(guest_answer(g, guest_set(g, "/changed", "2", -1)), ZK_OK);
    guest_make(g, "/grown/child", 0);
    static const int32_t types[] = {OP_SET_WATCHES, OP_SET_WATCHES2};
    for (size_t i = 0; i < 2; i++) {
        struct lists l = {0};
        add(&l, DATA, "/changed");
        add(&l, DATA, "/gone");
        add(&l, EXIST, "/same");
        add(&l, CHILD, "/grown");
        add(&l, CHILD, "/gone");
        int32_t xid = send_lists(g, types[i], f->zxid, &l);
        missed(g, WATCH_EVENT_DATA_CHANGED, "/changed");
        missed(g, WATCH_EVENT_DELETED, "/gone");
        missed(g, WATCH_EVENT_CREATED, "/same");
        missed(g, WATCH_EVENT_CHILDREN_CHANGED, "/grown");
        missed(g, WATCH_EVENT_DELETED, "/gone");
        assert_int_equal(guest_answer(g, xid), ZK_OK);
        guest_body_end(g);
        assert_int_equal(watches_count(stage_server(&f->st)->watches), 0);
    }
}

static void what_was_not_missed_is_watched_again(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->g;
    struct lists l = {0};
    add(&l, DATA, "/same");
    add(&l, EXIST, "/new");
    add(&l, CHILD, "/grown");
    assert_int_equal(guest_answer(g, send_lists(g, OP_SET_WATCHES, f->zxid, &l)), ZK_OK);
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 3);
    int32_t set = guest_set(g, "/same", "x", -1);
    guest_event(g, WATCH_EVENT_DATA_CHANGED, "/same");
    assert_int_equal(guest_answer(g, set), ZK_OK);
    int32_t create = guest_create(g, "/new", "", 0);
    guest_event(g, WATCH_EVENT_CREATED, "/new");
    assert_int_equal(guest_answer(g, create), ZK_OK);
    create = guest_create(g, "/grown/child", "", 0);
    guest_event(g, WATCH_EVENT_CHILDREN_CHANGED, "/grown");
    assert_int_equal(guest_answer(g, create), ZK_OK);
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 0);
}

// A data watch does not care for children, nor a child watch for data.
static void each_list_looks_at_its_own_kind_of_change(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->g;
    assert_int_equal(guest_answer(g, guest_set(g, "/changed", "2", -1)), ZK_OK);
    guest_make(g, "/grown/child", 0);
    struct lists l = {0};
    add(&l, DATA, "/grown");
    add(&l, CHILD, "/changed");
    assert_int_equal(guest_answer(g, send_lists(g, OP_SET_WATCHES, f->zxid, &l)), ZK_OK);
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 2);
}

static void persistent_watches_come_back_without_a_look_at_the_tree(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->g;
    struct lists l = {0};
    add(&l, PERSISTENT, "/gone");
    add(&l, RECURSIVE, "/same");
    assert_int_equal(guest_answer(g, send_lists(g, OP_SET_WATCHES2, 0, &l)), ZK_OK);
    int32_t create = guest_create(g, "/same/below", "", 0);
    guest_event(g, WATCH_EVENT_CREATED, "/same/below");
    assert_int_equal(guest_answer(g, create), ZK_OK);
    for (int i = 0; i < 2; i++) { // data and children, and not only once
        create = guest_create(g, "/gone", "", 0);
        guest_event(g, WATCH_EVENT_CREATED, "/gone");
        assert_int_equal(guest_answer(g, create), ZK_OK);
        int32_t delete = guest_delete(g, "/gone", -1);
        guest_event(g, WATCH_EVENT_DELETED, "/gone");
        assert_int_equal(guest_answer(g, delete), ZK_OK);
    }
}

static void a_null_list_or_path_is_a_marshalling_error(void **state)
{
    struct fixture *f = *state;
    for (int list = DATA; list <= RECURSIVE; list++) {
        struct lists l = {0};
        l.vec[list].count = -1;
        int32_t xid = send_lists(&f->g, OP_SET_WATCHES2, f->zxid, &l);
        assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
        guest_body_end(&f->g);
    }
    for (int list = DATA; list <= CHILD; list++) {
        struct lists l = {0};
        add(&l, list, NULL);
        int32_t xid = send_lists(&f->g, OP_SET_WATCHES2, f->zxid, &l);
        assert_int_equal(guest_answer(&f->g, xid), ZK_MARSHALLING_ERROR);
    }
    struct lists l = {0};
    add(&l, PERSISTENT, NULL); // taken, as Java does
    int32_t xid = send_lists(&f->g, OP_SET_WATCHES2, f->zxid, &l);
    assert_int_equal(guest_answer(&f->g, xid), ZK_OK);
}

static void set_watches_wait_for_the_writes_before_them(void **state)
{
    struct fixture *f = *state;
    struct guest *g = &f->g;
    int32_t create = guest_create(g, "/new", "", 0);
    struct lists l = {0};
    add(&l, EXIST, "/new");
    int32_t xid = send_lists(g, OP_SET_WATCHES, f->zxid, &l);
    assert_int_equal(guest_answer(g, create), ZK_OK);
    missed(g, WATCH_EVENT_CREATED, "/new");
    assert_int_equal(guest_answer(g, xid), ZK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(what_was_missed_is_told_before_the_answer),
        T(what_was_not_missed_is_watched_again),
        T(each_list_looks_at_its_own_kind_of_change),
        T(persistent_watches_come_back_without_a_look_at_the_tree),
        T(a_null_list_or_path_is_a_marshalling_error),
        T(set_watches_wait_for_the_writes_before_them),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
