// SPDX-License-Identifier: Apache-2.0
//
// From a snapshot file to a learner's tree, in chunks of any size and every compression.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/snapload.h"
#include "store/snapsend.h"
#include "tests/unit/store/world.h"

static struct tree *some_tree(int count)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_session(&batch, 1, 0x10, 4000);
    world_put_create(&batch, 2, "/e", "", true);
    world_put_create(&batch, 3, "/null", NULL, false);
    world_put_many(&batch, 4, count, 100);
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

static enum err send_all(struct snapsend *s, size_t chunk_bytes, struct buf *to,
                         struct store_error *e)
{
    bool is_done = false;
    enum err err = ERR_OK;
    while (!is_done && err == ERR_OK) {
        size_t before = to->len;
        err = snapsend_next(s, chunk_bytes, to, &is_done, e);
        assert_true(err != ERR_OK || to->len > before);
    }
    return err;
}

static struct tree *load(const struct buf *stream, int64_t zxid)
{
    struct tree_options options = world_options();
    struct snapload *l = snapload_new(&options, WORLD_RECORD_BYTES_MAX);
    struct store_error e;
    struct tree *t = NULL;
    size_t used = 0;
    bool is_done = false;
    assert_int_equal(snapload_feed(l, buf_slice(stream), &used, &is_done, &e), ERR_OK);
    assert_true(is_done && used == stream->len);
    assert_int_equal(snapload_take_tree(l, zxid, &t, &e), ERR_OK);
    snapload_free(l);
    return t;
}

static void newest_file_arrives_as_it_is(void **state)
{
    (void)state;
    static const enum names_method methods[] = {NAMES_PLAIN, NAMES_GZ, NAMES_SNAPPY};
    static const size_t chunks[] = {1, 1000, 256 * 1024};
    for (size_t i = 0; i < 9; i++) {
        struct memfs fs;
        struct store_error e;
        struct snapsend *s;
        struct buf stream = {0};
        world_disk_init(&fs);
        world_put_snapshot_many(&fs, 1); // an older one
        struct tree *t = some_tree(20000);
        world_put_snapshot(&fs, t, methods[i % 3]);
        struct datadir *d = datadir_look(&fs.port, "/d", NULL);
        assert_int_equal(snapsend_open(d, WORLD_RECORD_BYTES_MAX, &s, &e), ERR_OK);
        assert_int_equal(snapsend_zxid(s), tree_last_zxid(t));
        assert_int_equal(send_all(s, chunks[i / 3], &stream, &e), ERR_OK);
        struct tree *got = load(&stream, tree_last_zxid(t));
        world_assert_equal(t, got);
        tree_free(got);
        tree_free(t);
        snapsend_close(s);
        datadir_close(d);
        buf_fini(&stream);
        world_disk_fini(&fs);
    }
}

static void without_a_whole_snapshot_there_is_nothing_to_send(void **state)
{
    (void)state;
    struct memfs fs;
    struct store_error e;
    struct snapsend *s = NULL;
    world_disk_init(&fs);
    struct datadir *d = datadir_look(&fs.port, "/d", NULL);
    assert_int_equal(snapsend_open(d, WORLD_RECORD_BYTES_MAX, &s, &e), ERR_NOT_FOUND);
    assert_null(s);
    datadir_close(d);
    world_disk_fini(&fs);
}

// A node that claims more bytes than there may be, in a file whose ends look whole.
static void damage_on_the_way_is_an_error(void **state)
{
    (void)state;
    struct memfs fs;
    struct store_error e;
    struct snapsend *s;
    struct buf stream = {0};
    world_disk_init(&fs);
    struct tree *t = some_tree(2000);
    world_put_snapshot(&fs, t, NAMES_PLAIN);
    char name[NAMES_BYTES_MAX];
    struct buf path = {0};
    names_print_snapshot(tree_last_zxid(t), NAMES_PLAIN, name);
    struct memfs_file *file = memfs_find(&fs, names_join(&path, WORLD_DIR, name));
    memset(file->bytes.data + file->bytes.len / 2, 0x7f, 400);
    buf_fini(&path);
    struct datadir *d = datadir_look(&fs.port, "/d", NULL);
    assert_int_equal(snapsend_open(d, WORLD_RECORD_BYTES_MAX, &s, &e), ERR_OK);
    assert_int_not_equal(send_all(s, 4096, &stream, &e), ERR_OK);
    snapsend_close(s);
    datadir_close(d);
    buf_fini(&stream);
    tree_free(t);
    world_disk_fini(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_file_arrives_as_it_is),
        cmocka_unit_test(without_a_whole_snapshot_there_is_nothing_to_send),
        cmocka_unit_test(damage_on_the_way_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
