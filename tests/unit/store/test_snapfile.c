// SPDX-License-Identifier: Apache-2.0
//
// The file of a snapshot: seals, compression, and a name only for whole and durable files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "store/snapfile.h"
#include "store/snapsource.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct store_error e;
};

static void begin(struct fixture *f)
{
    world_disk_init(&f->fs);
}

static void end(struct fixture *f)
{
    world_disk_fini(&f->fs);
}

static const char *const file_names[] = {
    [NAMES_PLAIN] = WORLD_DIR "/snapshot.5",
    [NAMES_GZ] = WORLD_DIR "/snapshot.5.gz",
    [NAMES_SNAPPY] = WORLD_DIR "/snapshot.5.snappy",
};

// Write `pieces` pieces of text, a seal behind the last.
static enum err write_file(struct fixture *f, enum names_method method, int pieces,
                           struct buf *ret_expected)
{
    struct snapfile *file;
    enum err err = snapfile_open(&f->fs.port, WORLD_DIR, 5, method, &file, &f->e);
    for (int i = 0; err == ERR_OK && i < pieces; i++) {
        struct buf piece = {0};
        for (int j = 0; j < 500; j++) {
            buf_printf(&piece, "piece %d, line %d, %d\n", i, j, i * j);
        }
        buf_append_slice(ret_expected, buf_slice(&piece));
        err = snapfile_write(file, buf_slice(&piece), i + 1 == pieces, &f->e);
        buf_fini(&piece);
        if (err != ERR_OK) {
            snapfile_abort(file);
        }
    }
    uint64_t bytes = 0;
    err = err == ERR_OK ? snapfile_finish(file, &bytes, &f->e) : err;
    if (err == ERR_OK) {
        struct memfs_file *found = memfs_find(&f->fs, file_names[method]);
        assert_non_null(found);
        assert_int_equal(bytes, found->bytes.len);
    }
    return err;
}

static void file_holds_bytes_and_seal_in_every_compression(void **state)
{
    (void)state;
    for (int m = NAMES_PLAIN; m <= NAMES_SNAPPY; m++) {
        struct fixture f;
        struct buf expected = {0};
        begin(&f);
        assert_int_equal(write_file(&f, (enum names_method)m, 100, &expected), ERR_OK);
        buf_put_i64(&expected, hash_adler32(1, buf_slice(&expected)));
        buf_append(&expected, "\0\0\0\1/", 5);
        memfs_crash(&f.fs);
        struct snapsource *s;
        struct slice got;
        assert_int_equal(snapsource_open(&f.fs.port, file_names[m], (enum names_method)m, &s, &f.e),
                         ERR_OK);
        assert_int_equal(snapsource_peek(s, expected.len + 1, &got, &f.e), ERR_OK);
        assert_int_equal(got.len, expected.len);
        assert_memory_equal(got.data, expected.data, expected.len);
        snapsource_close(s);
        assert_int_equal(memfs_count(&f.fs), 1);
        buf_fini(&expected);
        end(&f);
    }
}

static void snappy_frame_is_that_of_java(void **state)
{
    (void)state;
    struct fixture f;
    struct buf expected = {0};
    struct buf head = {0};
    begin(&f);
    assert_int_equal(write_file(&f, NAMES_SNAPPY, 10, &expected), ERR_OK);
    world_hex(&head, "82534e4150505900 00000001 00000001");
    struct memfs_file *file = memfs_find(&f.fs, file_names[NAMES_SNAPPY]);
    assert_memory_equal(file->bytes.data, head.data, head.len);
    // A raw snappy block begins with its uncompressed length as a varint: 32768 is 80 80 02.
    assert_memory_equal(file->bytes.data + 20, "\x80\x80\x02", 3);
    buf_fini(&head);
    buf_fini(&expected);
    end(&f);
}

static void large_files_leave_in_large_writes(void **state)
{
    (void)state;
    struct fixture f;
    struct buf expected = {0};
    begin(&f);
    assert_int_equal(write_file(&f, NAMES_PLAIN, 2000, &expected), ERR_OK);
    assert_true(expected.len > 24 * 1024 * 1024);
    assert_int_equal(f.fs.writes, expected.len / (256 * 1024) + 1);
    assert_int_equal(f.fs.syncs, 2); // the file and its directory, once
    buf_fini(&expected);
    end(&f);
}

// Fail every write and every sync in turn: no file stays, and no handle.
static void failure_leaves_nothing(void **state)
{
    (void)state;
    for (int m = NAMES_PLAIN; m <= NAMES_SNAPPY; m++) {
        for (unsigned n = 1;; n++) {
            struct fixture f;
            struct buf expected = {0};
            begin(&f);
            f.fs.fail_write_in = n;
            enum err err = write_file(&f, (enum names_method)m, 50, &expected);
            buf_fini(&expected);
            if (err == ERR_OK) {
                assert_true(f.fs.fail_write_in > 0);
                end(&f);
                break;
            }
            assert_int_equal(err, ERR_IO);
            assert_int_equal(memfs_count(&f.fs), 0);
            assert_non_null(strstr(f.e.text, ".tmp: input/output error"));
            end(&f);
        }
    }
}

static void unsynced_file_gets_no_name(void **state)
{
    (void)state;
    struct fixture f;
    struct buf expected = {0};
    begin(&f);
    memfs_put(&f.fs, WORLD_DIR "/snapshot.5", "the old one", 11);
    f.fs.fail_sync_in = 1;
    assert_int_equal(write_file(&f, NAMES_PLAIN, 1, &expected), ERR_IO);
    assert_int_equal(memfs_count(&f.fs), 1);
    assert_int_equal(memfs_find(&f.fs, WORLD_DIR "/snapshot.5")->bytes.len, 11);
    buf_fini(&expected);
    end(&f);
}

static void file_that_cannot_be_created_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    struct snapfile *file = NULL;
    begin(&f);
    f.fs.fail_open_in = 1;
    assert_int_equal(snapfile_open(&f.fs.port, WORLD_DIR, 5, NAMES_GZ, &file, &f.e),
                     ERR_TOO_MANY_FILES);
    assert_null(file);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_holds_bytes_and_seal_in_every_compression),
        cmocka_unit_test(snappy_frame_is_that_of_java),
        cmocka_unit_test(large_files_leave_in_large_writes),
        cmocka_unit_test(failure_leaves_nothing),
        cmocka_unit_test(unsynced_file_gets_no_name),
        cmocka_unit_test(file_that_cannot_be_created_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
