// SPDX-License-Identifier: Apache-2.0
//
// Packets to clients: headers, bodies of every write, failed multis, events and who may hear them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/guest.h"

static int setup(void **state)
{
    return guest_pair_open(state, 41, "extendedTypesEnabled=true\n");
}

static struct jute_acl open_acl = {PERM_ALL,
                                   {{(const uint8_t *)"world", 5}, {(const uint8_t *)"anyone", 6}}};

// ---- writes ----

static void a_write_is_answered_with_its_own_zxid(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/a", 0);
    int64_t zxid = f->g.header.zxid;
    assert_true(slice_equal_str(guest_str(&f->g), "/a"));
    guest_body_end(&f->g);
    assert_int_equal(guest_answer(&f->g, guest_set(&f->g, "/a", "x", -1)), ZK_OK);
    assert_int_equal(f->g.header.zxid, zxid + 1);
    struct jute_stat stat = guest_stat(&f->g);
    guest_body_end(&f->g);
    assert_int_equal(stat.mzxid, zxid + 1);
    assert_int_equal(stat.version, 1);
    assert_int_equal(guest_answer(&f->g, guest_delete(&f->g, "/a", 1)), ZK_OK);
    assert_int_equal(f->g.header.zxid, zxid + 2);
    guest_body_end(&f->g);
}

static void a_failed_write_consumes_a_zxid_and_has_no_body(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, guest_delete(&f->g, "/none", -1)), ZK_NO_NODE);
    int64_t zxid = f->g.header.zxid;
    guest_body_end(&f->g);
    assert_int_equal(guest_answer(&f->g, guest_set(&f->g, "/none", "", -1)), ZK_NO_NODE);
    assert_int_equal(f->g.header.zxid, zxid + 1);
    guest_body_end(&f->g);
}

static void creates_with_a_stat_answer_path_and_stat(void **state)
{
    struct guest_pair *f = *state;
    struct jute_create_request plain = {
        slice_str("/two-"), slice_str("abc"), {1, &open_acl}, CREATE_PERSISTENT_SEQUENTIAL};
    struct buf body = {0};
    jute_create_request_encode(&plain, &body);
    assert_int_equal(guest_answer(&f->g, guest_ask(&f->g, OP_CREATE2, &body)), ZK_OK);
    assert_true(slice_equal_str(guest_str(&f->g), "/two-0000000000"));
    assert_int_equal(guest_stat(&f->g).data_length, 3);
    guest_body_end(&f->g);
    guest_make(&f->g, "/c", CREATE_CONTAINER);
    assert_true(slice_equal_str(guest_str(&f->g), "/c"));
    assert_int_equal(guest_stat(&f->g).ephemeral_owner, 0); // its mark is not shown
    guest_body_end(&f->g);
    assert_int_equal(guest_answer(&f->g, guest_create_ttl(&f->g, "/t", 5000)), ZK_OK);
    assert_true(slice_equal_str(guest_str(&f->g), "/t"));
    assert_int_equal(guest_stat(&f->g).ephemeral_owner, 0);
    guest_body_end(&f->g);
}

static void set_acl_answers_the_stat(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/a", 0);
    struct jute_set_acl_request r = {slice_str("/a"), {1, &open_acl}, 0};
    struct buf body = {0};
    jute_set_acl_request_encode(&r, &body);
    assert_int_equal(guest_answer(&f->g, guest_ask(&f->g, OP_SET_ACL, &body)), ZK_OK);
    assert_int_equal(guest_stat(&f->g).aversion, 1);
    guest_body_end(&f->g);
}

static void a_write_that_does_not_decode_is_answered_in_order(void **state)
{
    struct guest_pair *f = *state;
    int32_t create = guest_create(&f->g, "/a", "", 0);
    int32_t broken = guest_plain(&f->g, OP_SET_DATA);
    int32_t set = guest_set(&f->g, "/a", "x", 0);
    assert_int_equal(guest_answer(&f->g, create), ZK_OK);
    assert_int_equal(guest_answer(&f->g, broken), ZK_MARSHALLING_ERROR);
    guest_body_end(&f->g);
    assert_int_equal(guest_answer(&f->g, set), ZK_OK);
}

static void closing_a_session_is_answered_last(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/mine", CREATE_EPHEMERAL);
    assert_int_equal(guest_answer(&f->other, guest_read(&f->other, OP_EXISTS, "/mine", true)),
                     ZK_OK);
    int32_t create = guest_create(&f->g, "/a", "", 0);
    int32_t close = guest_plain(&f->g, OP_CLOSE_SESSION);
    assert_int_equal(guest_answer(&f->g, create), ZK_OK);
    assert_int_equal(guest_answer(&f->g, close), ZK_OK);
    int64_t zxid = f->g.header.zxid;
    guest_body_end(&f->g);
    guest_end(&f->g);
    guest_event(&f->other, WATCH_EVENT_DELETED, "/mine");
    assert_int_equal(f->other.header.zxid, zxid);
    assert_false(guest_come_back(&f->g));
}

// ---- multi ----

static struct jute_multi_header part(struct guest *g)
{
    struct jute_multi_header h = {0};
    assert_true(jute_multi_header_decode(&g->body, &h));
    return h;
}

static int32_t send_multi(struct guest *g, struct multi_op *ops, int32_t count)
{
    struct buf body = {0};
    multi_encode(&(struct multi){.count = count, .ops = ops}, &body);
    return guest_ask(g, OP_MULTI, &body);
}

static struct multi_op create_op(int32_t type, const char *path, int32_t flags)
{
    return (struct multi_op){.type = type,
                             .create = {slice_str(path), slice_str("d"), {1, &open_acl}, flags}};
}

static void every_part_of_a_multi_has_its_own_result(void **state)
{
    struct guest_pair *f = *state;
    struct multi_op ops[] = {
        create_op(OP_CREATE, "/a", 0),
        create_op(OP_CREATE2, "/a/b", 0),
        create_op(OP_CREATE_CONTAINER, "/c", CREATE_CONTAINER),
        {.type = OP_CREATE_TTL,
         .create_ttl =
             {slice_str("/t"), slice_str(""), {1, &open_acl}, CREATE_PERSISTENT_TTL, 9000}},
        {.type = OP_SET_DATA, .set_data = {slice_str("/a"), slice_str("dd"), 0}},
        {.type = OP_CHECK, .path_version = {slice_str("/a"), 1}},
        {.type = OP_DELETE, .path_version = {slice_str("/a/b"), 0}},
    };
    assert_int_equal(guest_answer(&f->g, send_multi(&f->g, ops, 7)), ZK_OK);
    int64_t zxid = f->g.header.zxid;
    assert_int_equal(part(&f->g).type, OP_CREATE);
    assert_true(slice_equal_str(guest_str(&f->g), "/a"));
    static const char *const with_stat[] = {"/a/b", "/c", "/t"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(part(&f->g).type, OP_CREATE2);
        assert_true(slice_equal_str(guest_str(&f->g), with_stat[i]));
        assert_int_equal(guest_stat(&f->g).czxid, zxid);
    }
    assert_int_equal(part(&f->g).type, OP_SET_DATA);
    assert_int_equal(guest_stat(&f->g).version, 1);
    assert_int_equal(part(&f->g).type, OP_CHECK);
    assert_int_equal(part(&f->g).type, OP_DELETE);
    assert_true(part(&f->g).done);
    guest_body_end(&f->g);
}

static void a_failed_multi_shows_0_the_code_and_then_inconsistency(void **state)
{
    struct guest_pair *f = *state;
    struct multi_op ops[] = {
        create_op(OP_CREATE, "/a", 0),
        {.type = OP_DELETE, .path_version = {slice_str("/none"), -1}},
        create_op(OP_CREATE, "/b", 0),
        create_op(OP_CREATE, "/c", 0),
    };
    static const int32_t codes[] = {ZK_OK, ZK_NO_NODE, ZK_RUNTIME_INCONSISTENCY,
                                    ZK_RUNTIME_INCONSISTENCY};
    assert_int_equal(guest_answer(&f->g, send_multi(&f->g, ops, 4)), ZK_OK);
    for (size_t i = 0; i < 4; i++) {
        struct jute_multi_header h = part(&f->g);
        assert_int_equal(h.type, OP_ERROR);
        assert_int_equal(h.err, codes[i]);
        assert_int_equal(guest_i32(&f->g), codes[i]);
    }
    assert_true(part(&f->g).done);
    guest_body_end(&f->g);
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_EXISTS, "/a", false)), ZK_NO_NODE);
}

static void an_empty_multi_is_answered_with_its_end(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, send_multi(&f->g, NULL, 0)), ZK_OK);
    assert_true(part(&f->g).done);
    guest_body_end(&f->g);
}

// ---- events ----

// The watch is used up although its owner hears nothing.
static void who_may_not_read_a_node_does_not_hear_of_it(void **state)
{
    struct guest_pair *f = *state;
    struct jute_acl secret = {PERM_WRITE | PERM_ADMIN, open_acl.id};
    const struct jute_acl_vec vec = {1, &secret};
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_EXISTS, "/s", true)), ZK_NO_NODE);
    assert_int_equal(guest_answer(&f->other, guest_create_acl(&f->other, "/s", &vec)), ZK_OK);
    guest_silence(&f->g, 50);
    assert_int_equal(watches_count(stage_server(&f->st)->watches), 0);
}

static void an_event_comes_before_a_read_that_shows_the_change(void **state)
{
    struct guest_pair *f = *state;
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_EXISTS, "/a", true)), ZK_NO_NODE);
    int32_t create = guest_create(&f->other, "/a", "", 0);
    bool was_heard = false;
    for (int i = 0; i < 200 && !was_heard; i++) { // reads race the write of the other client
        int32_t xid = guest_read(&f->g, OP_EXISTS, "/a", false);
        assert_true(guest_next(&f->g));
        if ((int32_t)be32_load(f->g.frame.data) == XID_NOTIFICATION) {
            was_heard = true;
            assert_true(guest_next(&f->g));
        }
        assert_int_equal(be32_load(f->g.frame.data), xid);
        int32_t code = (int32_t)be32_load(f->g.frame.data + 12);
        assert_int_equal(code, was_heard ? ZK_OK : ZK_NO_NODE);
    }
    assert_true(was_heard);
    assert_int_equal(guest_answer(&f->other, create), ZK_OK);
}

static void deleting_fires_the_node_and_its_parent_in_order(void **state)
{
    struct guest_pair *f = *state;
    guest_make(&f->g, "/a", 0);
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_GET_DATA, "/a", true)), ZK_OK);
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_GET_CHILDREN, "/a", true)), ZK_OK);
    assert_int_equal(guest_answer(&f->g, guest_read(&f->g, OP_GET_CHILDREN, "/", true)), ZK_OK);
    assert_int_equal(guest_answer(&f->other, guest_delete(&f->other, "/a", -1)), ZK_OK);
    guest_event(&f->g, WATCH_EVENT_DELETED, "/a"); // once for both watches
    guest_event(&f->g, WATCH_EVENT_CHILDREN_CHANGED, "/");
    guest_silence(&f->g, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, guest_pair_close)
        T(a_write_is_answered_with_its_own_zxid),
        T(a_failed_write_consumes_a_zxid_and_has_no_body),
        T(creates_with_a_stat_answer_path_and_stat),
        T(set_acl_answers_the_stat),
        T(a_write_that_does_not_decode_is_answered_in_order),
        T(closing_a_session_is_answered_last),
        T(every_part_of_a_multi_has_its_own_result),
        T(a_failed_multi_shows_0_the_code_and_then_inconsistency),
        T(an_empty_multi_is_answered_with_its_end),
        T(who_may_not_read_a_node_does_not_hear_of_it),
        T(an_event_comes_before_a_read_that_shows_the_change),
        T(deleting_fires_the_node_and_its_parent_in_order),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
