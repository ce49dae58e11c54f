// SPDX-License-Identifier: Apache-2.0
//
// Serializing a tree in slices: the bytes of Java, the places of the seals, changes in between.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/snapwrite.h"
#include "tests/unit/store/world.h"

static const struct snapwrite_options all = {.with_digest = true, .with_last_zxid = true};

// All slices in one buffer, with "SEAL" where a seal belongs. Returns the number of slices.
static int serialize(struct tree *t, const struct snapwrite_options *options, size_t bytes_max,
                     struct buf *to)
{
    struct snapwrite *w = snapwrite_new(t, options);
    int slices = 0;
    for (bool more = true; more; slices++) {
        bool seal;
        more = snapwrite_slice(w, bytes_max, to, &seal);
        if (seal) {
            buf_append_str(to, "SEAL");
        }
    }
    snapwrite_free(w);
    return slices;
}

// The nodes of a 3.8.0 server's fresh snapshot.0 in our order of children.
static void fresh_tree_has_the_parts_of_java(void **state)
{
    (void)state;
    struct tree *t = world_tree();
    struct buf out = {0};
    struct buf head = {0};
    struct buf tail = {0};
    serialize(t, &all, 1 << 20, &out);
    world_hex(&head, "5a4b534e 00000002 ffffffffffffffff 00000000"
                     "00000001 0000000000000001 00000001 00000001 00000005 776f726c64 00000006"
                     "616e796f6e65"
                     "00000000 00000000 ffffffffffffffff");
    world_hex(&tail, "000000012f 5345414c"
                     "0000000000000000 00000002 0000000000000000 5345414c"
                     "0000000000000000 5345414c");
    // 478 bytes as Java 3.9 writes them, with three seals of 13 bytes replaced by four letters.
    assert_int_equal(out.len, 478 - 3 * (13 - 4));
    assert_memory_equal(out.data, head.data, head.len);
    assert_memory_equal(out.data + out.len - tail.len, tail.data, tail.len);
    buf_fini(&out);
    buf_fini(&head);
    buf_fini(&tail);
    tree_free(t);
}

static struct tree *some_tree(void)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    for (int64_t s = 1; s <= 100; s++) {
        world_put_session(&batch, s, s, 4000);
    }
    world_put_many(&batch, 101, 500, 20);
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

static void slices_of_any_size_make_the_same_file(void **state)
{
    (void)state;
    struct tree *t = some_tree();
    struct buf whole = {0};
    assert_true(serialize(t, &all, 1 << 20, &whole) <= 4);
    for (size_t max = 1; max < 5000; max = max * 3 + 1) {
        struct buf sliced = {0};
        int slices = serialize(t, &all, max, &sliced);
        assert_true((size_t)slices >= whole.len / (max + 200));
        assert_int_equal(sliced.len, whole.len);
        assert_memory_equal(sliced.data, whole.data, whole.len);
        buf_fini(&sliced);
    }
    buf_fini(&whole);
    tree_free(t);
}

static void slices_are_bounded(void **state)
{
    (void)state;
    struct tree *t = some_tree();
    struct snapwrite *w = snapwrite_new(t, &all);
    struct buf out = {0};
    bool seal;
    do {
        assert_true(out.len <= 1000 + 128); // and one node
        buf_clear(&out);
    } while (snapwrite_slice(w, 1000, &out, &seal));
    snapwrite_free(w);
    buf_fini(&out);
    tree_free(t);
}

// Counted, not timed: no slice takes more out of the tables than it could hold, whatever their
// size.
static void a_million_sessions_are_many_slices(void **state)
{
    (void)state;
    enum { SESSIONS = 1000000, MAX = 64 * 1024, SESSION_BYTES = 12 };
    struct tree *t = world_tree();
    struct buf batch = {0};
    for (int64_t s = 1; s <= SESSIONS; s++) {
        world_put_session(&batch, s, s, 4000);
    }
    world_apply(t, buf_slice(&batch));
    struct snapwrite *w = snapwrite_new(t, &all);
    struct buf out = {0};
    bool seal;
    size_t collecting = 0;
    while (out.len == 0) {
        assert_true(snapwrite_slice(w, MAX, &out, &seal));
        collecting++;
    }
    assert_in_range(collecting, SESSIONS * SESSION_BYTES / MAX, 3 * SESSIONS * SESSION_BYTES / MAX);
    assert_int_equal(be32_load(out.data + 16), SESSIONS);
    size_t slices = 0;
    for (bool more = true; more; slices++) {
        assert_in_range(out.len, 1, MAX + 16 * SESSION_BYTES); // and the sessions of one bucket
        buf_clear(&out);
        more = snapwrite_slice(w, MAX, &out, &seal);
    }
    assert_true(slices >= collecting);
    snapwrite_free(w);
    buf_fini(&batch);
    buf_fini(&out);
    tree_free(t);
}

static void parts_that_are_off_are_left_out(void **state)
{
    (void)state;
    struct tree *t = world_tree();
    for (unsigned i = 0; i < 4; i++) {
        struct snapwrite_options options = {
            .with_digest = (i & 1) != 0,
            .with_last_zxid = (i & 2) != 0,
        };
        struct buf out = {0};
        serialize(t, &options, 100, &out);
        size_t digest = (i & 1) != 0 ? 20 + 4 : 0;
        size_t last = (i & 2) != 0 ? 8 + 4 : 0;
        assert_int_equal(out.len, 424 - 9 + digest + last);
        buf_fini(&out);
    }
    tree_free(t);
}

static void snapshot_is_named_by_its_beginning_and_claims_its_end(void **state)
{
    (void)state;
    struct tree *t = some_tree();
    struct snapwrite *w = snapwrite_new(t, &all);
    struct buf batch = {0};
    struct buf out = {0};
    bool seal;
    assert_int_equal(snapwrite_zxid(w), 600);
    assert_true(snapwrite_slice(w, 100, &out, &seal));
    world_put_create(&batch, 601, "/later", "x", false);
    world_put_delete(&batch, 602, "/n101");
    world_apply(t, buf_slice(&batch));
    while (snapwrite_slice(w, 100, &out, &seal)) {
    }
    assert_int_equal(be64_load(out.data + out.len - 8), 602);
    assert_null(memmem(out.data, out.len, "/later", 6));
    snapwrite_free(w);
    buf_fini(&batch);
    buf_fini(&out);
    tree_free(t);
}

static void giving_up_half_way_is_legal(void **state)
{
    (void)state;
    struct tree *t = some_tree();
    struct snapwrite *w = snapwrite_new(t, &all);
    struct buf out = {0};
    bool seal;
    assert_true(snapwrite_slice(w, 1000, &out, &seal));
    snapwrite_free(w);
    snapwrite_free(NULL);
    buf_fini(&out);
    tree_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_tree_has_the_parts_of_java),
        cmocka_unit_test(slices_of_any_size_make_the_same_file),
        cmocka_unit_test(slices_are_bounded),
        cmocka_unit_test(a_million_sessions_are_many_slices),
        cmocka_unit_test(parts_that_are_off_are_left_out),
        cmocka_unit_test(snapshot_is_named_by_its_beginning_and_claims_its_end),
        cmocka_unit_test(giving_up_half_way_is_legal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
