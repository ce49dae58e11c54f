// SPDX-License-Identifier: Apache-2.0
//
// The parser of a snapshot's parts: it takes what is whole, says how much it needs for the rest,
// and points at what is wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/snapparts.h"

enum { STRING_MAX = 1000 };

struct fixture {
    struct snapparts parts;
    struct snapscan_visitor visitor;
    struct buf seen; // what the visitor was given, one line each
    enum err answer; // of the visitor to a node
    struct buf bytes;
};

static enum err see_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct fixture *f = ctx;
    buf_printf(&f->seen, "session %lld %d\n", (long long)session, timeout_ms);
    return ERR_OK;
}

static enum err see_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct fixture *f = ctx;
    buf_printf(&f->seen, "acl %lld", (long long)acl_id);
    for (int32_t i = 0; i < acl->count; i++) {
        buf_append_str(&f->seen, " ");
        buf_append_slice(&f->seen, acl->items[i].id.id);
    }
    buf_append_str(&f->seen, "\n");
    return ERR_OK;
}

static enum err see_node(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                         const struct jute_stat_persisted *stat)
{
    struct fixture *f = ctx;
    buf_append_str(&f->seen, "node ");
    buf_append_slice(&f->seen, path);
    buf_append_str(&f->seen, slice_is_null(data) ? " null" : " ");
    buf_append_slice(&f->seen, data);
    buf_printf(&f->seen, " %lld %lld %d\n", (long long)acl_id, (long long)stat->pzxid,
               stat->aversion);
    return f->answer;
}

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.visitor = {see_session, see_acl, see_node, &f}};
    snapparts_init(&f.parts, STRING_MAX, &f.visitor);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    snapparts_fini(&f->parts);
    buf_fini(&f->seen);
    buf_fini(&f->bytes);
    return 0;
}

static void put_acl_entry(struct buf *to, const char *id)
{
    buf_put_i32(to, 31);
    jute_str_encode(slice_str("digest"), to);
    jute_str_encode(slice_str(id), to);
}

static void put_node(struct buf *to, const char *path, struct slice data, int64_t acl_id)
{
    const struct jute_stat_persisted stat = {.aversion = 3, .pzxid = 9};
    jute_str_encode(slice_str(path), to);
    jute_str_encode(data, to);
    buf_put_i64(to, acl_id);
    jute_stat_persisted_encode(&stat, to);
}

static void put_all(struct buf *to)
{
    buf_put_i32(to, 2);
    buf_put_i64(to, 7);
    buf_put_i32(to, 4000);
    buf_put_i64(to, 8);
    buf_put_i32(to, 6000);
    buf_put_i32(to, 1);
    buf_put_i64(to, 5);
    buf_put_i32(to, 2);
    put_acl_entry(to, "ann");
    put_acl_entry(to, "bob");
    put_node(to, "", slice_null(), -1);
    put_node(to, "/a", slice_str(""), 5);
    put_node(to, "/a/b", slice_str("data"), 5);
    buf_append(to, "\0\0\0\1/", 5);
}

static const char all_seen[] = "session 7 4000\nsession 8 6000\nacl 5 ann bob\n"
                               "node  null -1 9 3\nnode /a  5 9 3\nnode /a/b data 5 9 3\n";

static void whole_parts_are_taken_up_to_the_end(void **state)
{
    struct fixture *f = *state;
    put_all(&f->bytes);
    buf_append_str(&f->bytes, "behind");
    struct slice rest = buf_slice(&f->bytes);
    size_t need = 99;
    assert_int_equal(snapparts_take(&f->parts, &rest, &need), ERR_OK);
    assert_int_equal(need, 0);
    assert_int_equal(f->parts.phase, SNAPPARTS_END);
    assert_int_equal(f->parts.nodes, 3);
    assert_int_equal(f->parts.sessions, 2);
    assert_true(slice_equal_str(rest, "behind"));
    assert_string_equal(buf_cstr(&f->seen), all_seen);
}

// The bytes end at every place once; then the rest comes.
static void what_is_needed_is_never_more_than_the_part_has(void **state)
{
    struct fixture *f = *state;
    put_all(&f->bytes);
    for (size_t cut = 0; cut < f->bytes.len; cut++) {
        snapparts_fini(&f->parts);
        snapparts_init(&f->parts, STRING_MAX, &f->visitor);
        buf_clear(&f->seen);
        struct slice rest = slice_of(f->bytes.data, cut);
        size_t need = 0;
        assert_int_equal(snapparts_take(&f->parts, &rest, &need), ERR_OK);
        assert_true(need > rest.len);
        rest.len = f->bytes.len - (size_t)(rest.data - f->bytes.data);
        assert_true(need <= rest.len);
        assert_int_equal(snapparts_take(&f->parts, &rest, &need), ERR_OK);
        assert_int_equal(need, 0);
        assert_int_equal(rest.len, 0);
        assert_string_equal(buf_cstr(&f->seen), all_seen);
    }
}

static enum err take(struct fixture *f, size_t *ret_left)
{
    struct slice rest = buf_slice(&f->bytes);
    size_t need;
    enum err err = snapparts_take(&f->parts, &rest, &need);
    *ret_left = rest.len;
    return err;
}

static void counts_below_zero_are_none(void **state)
{
    struct fixture *f = *state;
    size_t left;
    buf_put_i32(&f->bytes, -1);
    buf_put_i32(&f->bytes, INT32_MIN);
    buf_append(&f->bytes, "\0\0\0\1/", 5);
    assert_int_equal(take(f, &left), ERR_OK);
    assert_int_equal(f->parts.phase, SNAPPARTS_END);
}

static void lengths_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t left;
    buf_put_i64(&f->bytes, 0); // no sessions, no lists
    buf_put_i32(&f->bytes, -2);
    assert_int_equal(take(f, &left), ERR_CORRUPT);
    assert_int_equal(left, 4);
    assert_string_equal(f->parts.fault, "a negative length");
}

static void strings_above_the_limit_are_refused_before_they_come(void **state)
{
    struct fixture *f = *state;
    size_t left;
    buf_put_i64(&f->bytes, 0);
    jute_str_encode(slice_str("/a"), &f->bytes);
    buf_put_i32(&f->bytes, STRING_MAX + 1);
    assert_int_equal(take(f, &left), ERR_TOO_BIG);
    assert_int_equal(left, 4 + 2 + 4); // the part that is wrong is still in front
}

static void acl_lists_above_the_limit_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t left;
    buf_put_i32(&f->bytes, 0);
    buf_put_i32(&f->bytes, 1);
    buf_put_i64(&f->bytes, 5);
    buf_put_i32(&f->bytes, 100);
    for (int i = 0; i < 100; i++) {
        put_acl_entry(&f->bytes, "somebody");
    }
    assert_int_equal(take(f, &left), ERR_TOO_BIG);
}

static void what_the_visitor_refuses_stays_in_front(void **state)
{
    struct fixture *f = *state;
    size_t left;
    f->answer = ERR_CORRUPT;
    put_all(&f->bytes);
    assert_int_equal(take(f, &left), ERR_CORRUPT);
    assert_int_equal(left, (4 + 4 + 68) + (4 + 2 + 4 + 68) + (4 + 4 + 4 + 4 + 68) + 5);
    assert_non_null(strstr(f->parts.fault, "a node without a parent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_parts_are_taken_up_to_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_needed_is_never_more_than_the_part_has, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(counts_below_zero_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lengths_that_cannot_be_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strings_above_the_limit_are_refused_before_they_come,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(acl_lists_above_the_limit_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_visitor_refuses_stays_in_front, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
