// SPDX-License-Identifier: Apache-2.0
//
// The stream to a learner: what one server sends another one holds, in pieces of any size; what is
// not such a stream is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/snapformat.h"
#include "store/snapload.h"
#include "store/snapwrite.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct snapload *l;
    struct store_error e;
    struct buf kept; // not used yet, as a connection keeps it
    bool is_done;
};

static void begin(struct fixture *f)
{
    struct tree_options options = world_options();
    *f = (struct fixture){.l = snapload_new(&options, WORLD_RECORD_BYTES_MAX)};
}

static void end(struct fixture *f)
{
    snapload_free(f->l);
    buf_fini(&f->kept);
}

static enum err feed(struct fixture *f, struct slice piece)
{
    size_t used = 0;
    buf_append_slice(&f->kept, piece);
    enum err err = snapload_feed(f->l, buf_slice(&f->kept), &used, &f->is_done, &f->e);
    buf_consume(&f->kept, used);
    return err;
}

// What stands in a snapshot file between header and first seal, and the signature.
static void stream_of(struct tree *t, size_t slice_bytes, struct buf *to)
{
    struct snapwrite_options options = {.with_digest = false, .with_last_zxid = false};
    struct snapwrite *w = snapwrite_new(t, &options);
    bool seal = false;
    while (snapwrite_slice(w, slice_bytes, to, &seal)) {
    }
    snapwrite_free(w);
    buf_consume(to, SNAPFORMAT_HEADER_BYTES);
    buf_append(to, SNAPFORMAT_SIGNATURE, SNAPFORMAT_SIGNATURE_BYTES);
}

// Sessions, ephemerals, null data, a large node, two ACL lists.
static struct tree *some_tree(void)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    char data[5000] = {0};
    memset(data, 'x', sizeof data - 1);
    world_put_session(&batch, 1, 0x10, 4000);
    world_put_session(&batch, 2, 0x20, 8000);
    world_put_create(&batch, 3, "/a", "1", false);
    world_put_create(&batch, 4, "/a/null", NULL, false);
    world_put_create(&batch, 5, "/a/e", "", true);
    world_put_create(&batch, 6, "/large", data, false);
    world_put_many(&batch, 7, 20, 30);
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

static void tree_arrives_in_pieces_of_every_size(void **state)
{
    (void)state;
    struct tree *t = some_tree();
    struct buf stream = {0};
    stream_of(t, 300, &stream);
    for (size_t size = 1; size <= stream.len; size += size < 100 ? 1 : 997) {
        struct fixture f;
        begin(&f);
        for (size_t at = 0; at < stream.len; at += size) {
            size_t len = stream.len - at < size ? stream.len - at : size;
            assert_false(f.is_done);
            assert_int_equal(feed(&f, slice_of(stream.data + at, len)), ERR_OK);
            assert_true(f.is_done || snapload_need(f.l) > f.kept.len);
            assert_true(f.kept.len < 5200);
        }
        assert_true(f.is_done);
        assert_int_equal(snapload_bytes(f.l), stream.len);
        struct tree *got;
        assert_int_equal(snapload_take_tree(f.l, 26, &got, &f.e), ERR_OK);
        assert_true(tree_check(got));
        assert_int_equal(snapload_nodes(f.l) + 1, tree_node_count(got));
        world_assert_equal(t, got);
        tree_free(got);
        end(&f);
    }
    buf_fini(&stream);
    tree_free(t);
}

static void bytes_behind_the_signature_are_not_used(void **state)
{
    (void)state;
    struct tree *t = some_tree();
    struct fixture f;
    struct buf stream = {0};
    stream_of(t, 1 << 20, &stream);
    size_t len = stream.len;
    buf_append_str(&stream, "NEWLEADER");
    begin(&f);
    assert_int_equal(feed(&f, buf_slice(&stream)), ERR_OK);
    assert_true(f.is_done);
    assert_int_equal(snapload_bytes(f.l), len);
    assert_true(slice_equal_str(buf_slice(&f.kept), "NEWLEADER"));
    end(&f);
    buf_fini(&stream);
    tree_free(t);
}

// Java sends what stands between header and first seal of its file, and the signature.
static void stream_of_java_is_its_file_without_header_and_seals(void **state)
{
    (void)state;
    enum { SEALS_BYTES = 2 * SNAPFORMAT_SEAL_BYTES + SNAPFORMAT_DIGEST_BYTES };
    struct buf java = {0};
    struct fixture f;
    world_java_snapshot(&java);
    java.len -= SEALS_BYTES;
    buf_consume(&java, SNAPFORMAT_HEADER_BYTES);
    buf_append(&java, "\0\0\0\12BenWasHere", 14);
    for (size_t size = 1; size <= java.len; size++) {
        begin(&f);
        for (size_t at = 0; at < java.len; at += size) {
            size_t len = java.len - at < size ? java.len - at : size;
            assert_int_equal(feed(&f, slice_of(java.data + at, len)), ERR_OK);
        }
        assert_true(f.is_done);
        struct tree *got;
        assert_int_equal(snapload_take_tree(f.l, 0, &got, &f.e), ERR_OK);
        struct tree *fresh = world_tree();
        assert_int_equal(tree_digest(got), tree_digest(fresh));
        tree_free(fresh);
        tree_free(got);
        end(&f);
    }
    buf_fini(&java);
}

static void another_signature_is_refused(void **state)
{
    (void)state;
    struct tree *t = world_tree();
    struct buf stream = {0};
    struct fixture f;
    stream_of(t, 1000, &stream);
    stream.data[stream.len - 1] ^= 1;
    begin(&f);
    assert_int_equal(feed(&f, buf_slice(&stream)), ERR_CORRUPT);
    assert_non_null(strstr(f.e.text, "its signature"));
    assert_non_null(strstr(f.e.text, "offset"));
    end(&f);
    buf_fini(&stream);
    tree_free(t);
}

static void nodes_that_make_no_tree_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct buf stream = {0};
    struct tree *got = NULL;
    buf_put_i64(&stream, 0); // neither sessions nor ACL lists
    buf_append(&stream, "\0\0\0\1/\0\0\0\12BenWasHere", 19);
    begin(&f);
    assert_int_equal(feed(&f, buf_slice(&stream)), ERR_OK);
    assert_true(f.is_done);
    assert_int_equal(snapload_take_tree(f.l, 1, &got, &f.e), ERR_CORRUPT);
    assert_null(got);
    end(&f);

    buf_clear(&stream);
    buf_put_i64(&stream, 0);
    buf_put_i32(&stream, -5);
    begin(&f);
    assert_int_equal(feed(&f, buf_slice(&stream)), ERR_CORRUPT);
    assert_non_null(strstr(f.e.text, "offset 8: a negative length"));
    end(&f);
    buf_fini(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_arrives_in_pieces_of_every_size),
        cmocka_unit_test(bytes_behind_the_signature_are_not_used),
        cmocka_unit_test(stream_of_java_is_its_file_without_header_and_seals),
        cmocka_unit_test(another_signature_is_refused),
        cmocka_unit_test(nodes_that_make_no_tree_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
