// SPDX-License-Identifier: Apache-2.0
//
// The window over a snapshot's bytes: what it shows, sums and refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "store/snapfile.h"
#include "store/snapsource.h"
#include "tests/unit/store/world.h"

enum { BYTES = 3 * 1024 * 1024 };

struct fixture {
    struct memfs fs;
    struct store_error e;
    uint8_t *bytes;
};

static const char *const file_names[] = {
    [NAMES_PLAIN] = WORLD_DIR "/snapshot.1",
    [NAMES_GZ] = WORLD_DIR "/snapshot.1.gz",
    [NAMES_SNAPPY] = WORLD_DIR "/snapshot.1.snappy",
};

static void begin(struct fixture *f, enum names_method method)
{
    struct snapfile *file;
    world_disk_init(&f->fs);
    f->bytes = mem_alloc(BYTES);
    for (size_t i = 0; i < BYTES; i++) {
        f->bytes[i] = (uint8_t)(i * i >> (i % 13));
    }
    assert_int_equal(snapfile_open(&f->fs.port, WORLD_DIR, 1, method, &file, &f->e), ERR_OK);
    assert_int_equal(snapfile_write(file, slice_of(f->bytes, BYTES), false, &f->e), ERR_OK);
    assert_int_equal(snapfile_finish(file, NULL, &f->e), ERR_OK);
}

static void end(struct fixture *f)
{
    assert_int_equal(f->fs.opened, 0);
    mem_free(f->bytes);
    memfs_fini(&f->fs);
}

static void bytes_offset_and_sum_go_together(void **state)
{
    (void)state;
    for (int m = NAMES_PLAIN; m <= NAMES_SNAPPY; m++) {
        struct fixture f;
        struct snapsource *s;
        begin(&f, (enum names_method)m);
        assert_int_equal(snapsource_open(&f.fs.port, file_names[m], (enum names_method)m, &s, &f.e),
                         ERR_OK);
        size_t at = 0;
        for (size_t len = 1; at < BYTES; len = (len * 7 + 3) % 700000) {
            struct slice got;
            size_t want = len < BYTES - at ? len : BYTES - at;
            assert_int_equal(snapsource_peek(s, len, &got, &f.e), ERR_OK);
            assert_int_equal(got.len, want);
            assert_memory_equal(got.data, f.bytes + at, want);
            snapsource_consume(s, want);
            at += want;
            assert_int_equal(snapsource_offset(s), at);
            if (at % 5 == 0) {
                assert_int_equal(snapsource_sum(s), hash_adler32(1, slice_of(f.bytes, at)));
            }
        }
        assert_int_equal(snapsource_sum(s), hash_adler32(1, slice_of(f.bytes, BYTES)));
        struct slice got;
        assert_int_equal(snapsource_peek(s, 1, &got, &f.e), ERR_OK);
        assert_int_equal(got.len, 0);
        snapsource_close(s);
        end(&f);
    }
}

static enum err read_to_end(struct fixture *f, enum names_method method)
{
    struct snapsource *s;
    enum err err = snapsource_open(&f->fs.port, file_names[method], method, &s, &f->e);
    if (err != ERR_OK) {
        return err;
    }
    struct slice got;
    do {
        err = snapsource_peek(s, 10000, &got, &f->e);
        if (err == ERR_OK) {
            snapsource_consume(s, got.len);
        }
    } while (err == ERR_OK && got.len > 0);
    snapsource_close(s);
    return err;
}

static void compressed_stream_that_ends_early_is_refused(void **state)
{
    (void)state;
    for (int m = NAMES_GZ; m <= NAMES_SNAPPY; m++) {
        struct fixture f;
        begin(&f, (enum names_method)m);
        struct buf *bytes = &memfs_find(&f.fs, file_names[m])->bytes;
        assert_int_equal(read_to_end(&f, (enum names_method)m), ERR_OK);
        bytes->len -= 3;
        assert_int_equal(read_to_end(&f, (enum names_method)m), ERR_CORRUPT);
        bytes->len = 5;
        assert_int_equal(read_to_end(&f, (enum names_method)m), ERR_CORRUPT);
        bytes->len = 0;
        assert_int_equal(read_to_end(&f, (enum names_method)m), ERR_CORRUPT);
        end(&f);
    }
}

static void snappy_block_of_impossible_length_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, NAMES_SNAPPY);
    struct buf *bytes = &memfs_find(&f.fs, file_names[NAMES_SNAPPY])->bytes;
    bytes->data[16] = 0x7f; // the first block's length
    assert_int_equal(read_to_end(&f, NAMES_SNAPPY), ERR_CORRUPT);
    bytes->data[16] = 0;
    bytes->data[22] = 0x7f; // its uncompressed length
    assert_int_equal(read_to_end(&f, NAMES_SNAPPY), ERR_CORRUPT);
    end(&f);
}

static void missing_file_is_reported_by_name(void **state)
{
    (void)state;
    struct memfs fs;
    struct snapsource *s;
    struct store_error e;
    memfs_init(&fs);
    assert_int_equal(snapsource_open(&fs.port, "/d/snapshot.1", NAMES_PLAIN, &s, &e),
                     ERR_NOT_FOUND);
    assert_string_equal(e.text, "snapshot /d/snapshot.1, offset 0: no such file or directory");
    memfs_fini(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_offset_and_sum_go_together),
        cmocka_unit_test(compressed_stream_that_ends_early_is_refused),
        cmocka_unit_test(snappy_block_of_impossible_length_is_refused),
        cmocka_unit_test(missing_file_is_reported_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
