// SPDX-License-Identifier: Apache-2.0
//
// Reading snapshots: what was written comes back, in every form; what is damaged is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "store/snapfile.h"
#include "store/snapread.h"
#include "store/snapwrite.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct tree *tree;
    struct snapscan_report report;
    struct store_error e;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    world_disk_init(&f->fs);
}

static void end(struct fixture *f)
{
    tree_free(f->tree);
    world_disk_fini(&f->fs);
}

static enum err load(struct fixture *f, const char *name)
{
    struct names_file file;
    assert_int_equal(names_parse(name, &file), NAMES_SNAPSHOT);
    tree_free(f->tree);
    f->tree = world_tree();
    return snapread_load(&f->fs.port, WORLD_DIR, &file, WORLD_RECORD_BYTES_MAX, f->tree, &f->report,
                         &f->e);
}

static bool looks_whole(struct fixture *f, const char *name)
{
    struct names_file file;
    assert_int_equal(names_parse(name, &file), NAMES_SNAPSHOT);
    return snapread_looks_whole(&f->fs.port, WORLD_DIR, &file);
}

static void fresh_snapshot_of_java_is_a_fresh_tree(void **state)
{
    (void)state;
    struct fixture f;
    struct buf java = {0};
    struct tree *fresh = world_tree();
    begin(&f);
    world_java_snapshot(&java);
    assert_int_equal(java.len, 457);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.0", java.data, java.len);
    assert_true(looks_whole(&f, "snapshot.0"));
    assert_int_equal(load(&f, "snapshot.0"), ERR_OK);
    assert_true(f.report.has_digest);
    assert_false(f.report.has_last_zxid);
    assert_int_equal(f.report.nodes, 4);
    assert_int_equal(f.report.bytes, 457);
    world_assert_equal(f.tree, fresh);
    tree_free(fresh);
    buf_fini(&java);
    end(&f);
}

// Sessions, ephemerals, TTL nodes, null data, an own ACL list, many children.
static struct tree *rich_tree(void)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_session(&batch, 1, 0x10, 4000);
    world_put_session(&batch, 2, -5, 40000);
    world_put_create(&batch, 3, "/null", NULL, false);
    world_put_create(&batch, 4, "/empty", "", false);
    world_put_create(&batch, 5, "/mortal", "e", true);
    world_put_ttl(&batch, 6, "/ttl", 1234567);
    world_put_create(&batch, 7, "/a", "1", false);
    world_put_create(&batch, 8, "/a/b", "2", false);
    world_put_create(&batch, 9, "/a/b/\xc3\xa4", "3", false);
    world_put_set(&batch, 10, "/a/b", "changed", 1);
    world_put_many(&batch, 11, 3000, 300);
    world_put_delete(&batch, 3011, "/n11");
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

static const char *const names[] = {
    [NAMES_PLAIN] = "snapshot.bc3",
    [NAMES_GZ] = "snapshot.bc3.gz",
    [NAMES_SNAPPY] = "snapshot.bc3.snappy",
};

static void what_was_written_comes_back(void **state)
{
    (void)state;
    struct tree *t = rich_tree();
    for (int m = NAMES_PLAIN; m <= NAMES_SNAPPY; m++) {
        struct fixture f;
        begin(&f);
        world_put_snapshot(&f.fs, t, (enum names_method)m);
        assert_true(looks_whole(&f, names[m]));
        assert_int_equal(load(&f, names[m]), ERR_OK);
        world_assert_equal(f.tree, t);
        assert_true(tree_check(f.tree));
        assert_int_equal(tree_ephemeral_count(f.tree), 1);
        assert_int_equal(tree_ttl_node_count(f.tree), 1);
        assert_true(f.report.has_digest && f.report.has_last_zxid);
        assert_int_equal(f.report.last_zxid, 3011);
        assert_int_equal(f.report.sessions, 2);
        end(&f);
    }
    tree_free(t);
}

static void write_tail(struct fixture *f, struct tree *t, bool with_digest, bool with_last_zxid)
{
    struct snapwrite_options options = {.with_digest = with_digest,
                                        .with_last_zxid = with_last_zxid};
    struct snapfile *file;
    struct buf slice = {0};
    assert_int_equal(
        snapfile_open(&f->fs.port, WORLD_DIR, tree_last_zxid(t), NAMES_PLAIN, &file, NULL), ERR_OK);
    struct snapwrite *w = snapwrite_new(t, &options);
    for (bool more = true; more;) {
        bool seal;
        buf_clear(&slice);
        more = snapwrite_slice(w, 4096, &slice, &seal);
        assert_int_equal(snapfile_write(file, buf_slice(&slice), seal, NULL), ERR_OK);
    }
    snapwrite_free(w);
    buf_fini(&slice);
    assert_int_equal(snapfile_finish(file, NULL, NULL), ERR_OK);
}

static void every_legal_tail_is_read(void **state)
{
    (void)state;
    struct tree *t = rich_tree();
    for (unsigned i = 0; i < 4; i++) {
        struct fixture f;
        begin(&f);
        write_tail(&f, t, (i & 1) != 0, (i & 2) != 0);
        assert_int_equal(load(&f, names[NAMES_PLAIN]), ERR_OK);
        assert_int_equal(f.report.has_digest, (i & 1) != 0);
        assert_int_equal(f.report.has_last_zxid, (i & 2) != 0);
        world_assert_equal(f.tree, t);
        end(&f);
    }
    tree_free(t);
}

static void file_cut_anywhere_is_refused_except_between_its_parts(void **state)
{
    (void)state;
    struct fixture f;
    struct tree *t = world_tree();
    begin(&f);
    world_put_snapshot(&f.fs, t, NAMES_PLAIN);
    struct buf *bytes = &memfs_find(&f.fs, WORLD_DIR "/snapshot.0")->bytes;
    assert_int_equal(bytes->len, 478);
    for (size_t len = 0; len < 478; len++) {
        bytes->len = len;
        bool is_legal = len == 424 || len == 457;
        assert_int_equal(load(&f, "snapshot.0") == ERR_OK, is_legal);
        if (is_legal) {
            assert_true(looks_whole(&f, "snapshot.0"));
        }
    }
    bytes->len = 478;
    buf_put_u8(bytes, 0);
    assert_int_equal(load(&f, "snapshot.0"), ERR_CORRUPT);
    tree_free(t);
    end(&f);
}

static void any_flipped_bit_is_noticed(void **state)
{
    (void)state;
    for (int m = NAMES_PLAIN; m <= NAMES_SNAPPY; m++) {
        struct fixture f;
        struct tree *t = world_tree();
        struct names_file file = {.zxid = 0};
        begin(&f);
        world_put_snapshot(&f.fs, t, (enum names_method)m);
        names_print_snapshot(0, (enum names_method)m, file.name);
        struct buf path = {0};
        struct buf *bytes = &memfs_find(&f.fs, names_join(&path, WORLD_DIR, file.name))->bytes;
        // The headers of the compressed forms hold bytes that nobody looks at.
        size_t first = m == NAMES_PLAIN ? 0 : 16;
        for (size_t at = first; at < bytes->len; at++) {
            bytes->data[at] ^= 0x40;
            if (load(&f, file.name) != ERR_OK) {
                assert_non_null(strstr(f.e.text, file.name));
            } else {
                // A run of zeros has more than one compressed form.
                assert_int_not_equal(m, NAMES_PLAIN);
                world_assert_equal(f.tree, t);
            }
            bytes->data[at] ^= 0x40;
        }
        assert_int_equal(load(&f, file.name), ERR_OK);
        buf_fini(&path);
        tree_free(t);
        end(&f);
    }
}

static void lengths_are_checked_before_they_are_believed(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum err err;
    } cases[] = {
        {"5a4b534e00000002ffffffffffffffff 7fffffff", ERR_TRUNCATED},
        {"5a4b534e00000002ffffffffffffffff ffffffff ffffffff 7fffffff", ERR_TOO_BIG},
        {"5a4b534e00000002ffffffffffffffff 00000000 00000000 80000000", ERR_CORRUPT},
        {"5a4b534e00000002ffffffffffffffff 00000000 00000001 0000000000000001 7fffffff",
         ERR_TRUNCATED},
        {"5a4b534e00000002ffffffffffffffff 00000000 00000001 0000000000000001 00000001 00000000"
         "7fffffff",
         ERR_TOO_BIG},
        {"00000000000000020000000000000000", ERR_CORRUPT},
        {"", ERR_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        struct buf bytes = {0};
        begin(&f);
        world_hex(&bytes, cases[i].hex);
        memfs_put(&f.fs, WORLD_DIR "/snapshot.0", bytes.data, bytes.len);
        assert_int_equal(load(&f, "snapshot.0"), cases[i].err);
        buf_fini(&bytes);
        end(&f);
    }
}

static void cheap_test_looks_at_the_ends_only(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.1", "0123456789abcdef\0\0\0\1/", 21);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.2", "0123456789abcdef\0\0\0\1x", 21);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.3", "\0\0\0\1/", 5);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.4", "", 0);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.5.gz", "\x1f\x8b", 2);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.6.gz", "\x1f", 1);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.7.snappy", "\x82SNAPPY\0", 8);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.8.snappy", "\x82SNAPPY\1", 8);
    assert_true(looks_whole(&f, "snapshot.1"));
    assert_false(looks_whole(&f, "snapshot.2"));
    assert_false(looks_whole(&f, "snapshot.3"));
    assert_false(looks_whole(&f, "snapshot.4"));
    assert_true(looks_whole(&f, "snapshot.5.gz"));
    assert_false(looks_whole(&f, "snapshot.6.gz"));
    assert_true(looks_whole(&f, "snapshot.7.snappy"));
    assert_false(looks_whole(&f, "snapshot.8.snappy"));
    assert_false(looks_whole(&f, "snapshot.9"));
    end(&f);
}

static void intact_file_is_one_whatever_the_limit_of_strings(void **state)
{
    (void)state;
    struct fixture f;
    struct names_file file;
    struct tree *t = world_tree();
    struct buf batch = {0};
    begin(&f);
    world_put_many(&batch, 1, 2, 5000);
    world_apply(t, buf_slice(&batch));
    world_put_snapshot(&f.fs, t, NAMES_PLAIN);
    assert_int_equal(names_parse("snapshot.2", &file), NAMES_SNAPSHOT);
    f.tree = world_tree();
    assert_int_equal(snapread_load(&f.fs.port, WORLD_DIR, &file, 1000, f.tree, &f.report, &f.e),
                     ERR_TOO_BIG);
    assert_true(snapread_is_intact(&f.fs.port, WORLD_DIR, &file));
    memfs_find(&f.fs, WORLD_DIR "/snapshot.2")->bytes.data[600] ^= 1;
    assert_false(snapread_is_intact(&f.fs.port, WORLD_DIR, &file));
    buf_fini(&batch);
    tree_free(t);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intact_file_is_one_whatever_the_limit_of_strings),
        cmocka_unit_test(fresh_snapshot_of_java_is_a_fresh_tree),
        cmocka_unit_test(what_was_written_comes_back),
        cmocka_unit_test(every_legal_tail_is_read),
        cmocka_unit_test(file_cut_anywhere_is_refused_except_between_its_parts),
        cmocka_unit_test(any_flipped_bit_is_noticed),
        cmocka_unit_test(lengths_are_checked_before_they_are_believed),
        cmocka_unit_test(cheap_test_looks_at_the_ends_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
