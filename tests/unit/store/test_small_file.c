// SPDX-License-Identifier: Apache-2.0
//
// Small files: after a crash at any operation there is the old contents or the new one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/disk.h"
#include "store/small_file.h"

#define DIR "/d"

struct fixture {
    struct world world;
    struct sim_disk disk;
    struct port_files *fs;
    struct store_error e;
};

static void begin(struct fixture *f, uint64_t seed)
{
    *f = (struct fixture){0};
    world_init(&f->world, seed);
    disk_init(&f->disk, &f->world);
    f->fs = &f->disk.port;
    disk_make_durable_dir(&f->disk, DIR);
}

static void end(struct fixture *f)
{
    disk_fini(&f->disk);
    world_fini(&f->world);
}

static enum err put(struct fixture *f, const char *text)
{
    return small_file_write(f->fs, DIR, "n", slice_str(text), &f->e);
}

static void numbers_are_read_from_the_first_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value; // -1: none
    } cases[] = {{"5", 5},
                 {" 7\t\r\nrest", 7},
                 {"", -1},
                 {"\n5", -1},
                 {"5x", -1},
                 {"-1", -1},
                 {"+3", 3},
                 {"99999999999999999999", -1},
                 {"0", 0},
                 {"1 2", -1},
                 {"\x80"
                  "4",
                  -1}};
    struct fixture f;
    begin(&f, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = -1;
        assert_int_equal(put(&f, cases[i].text), ERR_OK);
        enum err err = small_file_read_number(f.fs, DIR, "n", &value, &f.e);
        assert_int_equal(value, cases[i].value);
        if (err != ERR_OK) {
            assert_int_equal(err, ERR_MALFORMED);
            assert_non_null(strstr(f.e.text, DIR "/n does not hold a decimal number"));
        }
    }
    end(&f);
}

static void missing_file_is_not_found_and_may_be_removed(void **state)
{
    (void)state;
    struct fixture f;
    struct buf text = {0};
    bool was_there = true;
    begin(&f, 1);
    assert_int_equal(small_file_read(f.fs, DIR, "n", &text, &f.e), ERR_NOT_FOUND);
    assert_false(small_file_exists(f.fs, DIR, "n"));
    assert_int_equal(small_file_remove(f.fs, DIR, "n", &was_there, &f.e), ERR_OK);
    assert_false(was_there);
    assert_int_equal(put(&f, "x"), ERR_OK);
    assert_true(small_file_exists(f.fs, DIR, "n"));
    assert_int_equal(small_file_remove(f.fs, DIR, "n", &was_there, &f.e), ERR_OK);
    assert_true(was_there);
    disk_crash(&f.disk);
    assert_false(small_file_exists(f.fs, DIR, "n"));
    buf_fini(&text);
    end(&f);
}

static void long_file_is_read_in_part(void **state)
{
    (void)state;
    struct fixture f;
    struct buf text = {0};
    struct buf got = {0};
    begin(&f, 1);
    for (int i = 0; i < 2000; i++) {
        buf_append_str(&text, "x");
    }
    assert_int_equal(put(&f, buf_cstr(&text)), ERR_OK);
    assert_int_equal(small_file_read(f.fs, DIR, "n", &got, &f.e), ERR_OK);
    assert_int_equal(got.len, SMALL_FILE_BYTES_MAX);
    buf_fini(&got);
    buf_fini(&text);
    end(&f);
}

static void sealed_text_is_what_was_written_or_damaged(void **state)
{
    (void)state;
    struct fixture f;
    struct buf text = {0};
    struct buf got = {0};
    begin(&f, 1);
    assert_int_equal(small_file_write_sealed(f.fs, DIR, "n", slice_str("a b\nc"), &f.e), ERR_OK);
    assert_int_equal(small_file_read_sealed(f.fs, DIR, "n", &got, &f.e), ERR_OK);
    assert_true(slice_equal_str(buf_slice(&got), "a b\nc"));
    assert_int_equal(small_file_read(f.fs, DIR, "n", &text, &f.e), ERR_OK);
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(small_file_write(f.fs, DIR, "n", buf_slice(&text), &f.e), ERR_OK);
        assert_int_equal(small_file_read_sealed(f.fs, DIR, "n", &got, &f.e), ERR_CORRUPT);
        text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t len = 0; len < text.len; len++) {
        struct slice part = slice_of(text.data, len);
        assert_int_equal(small_file_write(f.fs, DIR, "n", part, &f.e), ERR_OK);
        assert_int_equal(small_file_read_sealed(f.fs, DIR, "n", &got, &f.e), ERR_CORRUPT);
    }
    assert_non_null(strstr(f.e.text, DIR "/n is damaged"));
    buf_fini(&got);
    buf_fini(&text);
    end(&f);
}

// What a crash left; '-' when the file is gone.
static char contents(struct fixture *f)
{
    struct buf text = {0};
    char c = '-';
    if (small_file_read(f->fs, DIR, "n", &text, &f->e) == ERR_OK) {
        assert_int_equal(text.len, 600);
        c = (char)text.data[0];
        for (size_t i = 0; i < text.len; i++) {
            assert_int_equal(text.data[i], c);
        }
    }
    buf_fini(&text);
    return c;
}

static void power_may_go_at_any_operation(void **state)
{
    (void)state;
    char old[601];
    char new[601];
    memset(old, 'o', 600);
    memset(new, 'n', 600);
    old[600] = new[600] = '\0';
    bool was_new = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (uint64_t op = 1; !was_new || op < 8; op++) {
            struct fixture f;
            begin(&f, seed);
            assert_int_equal(put(&f, old), ERR_OK);
            f.disk.freeze_at = f.disk.op_count + op;
            enum err err = put(&f, new);
            disk_crash(&f.disk);
            f.disk.freeze_at = 0;
            char left = contents(&f);
            assert_true(left == 'n' || (err != ERR_OK && left == 'o'));
            was_new = was_new || err == ERR_OK;
            end(&f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_from_the_first_line),
        cmocka_unit_test(missing_file_is_not_found_and_may_be_removed),
        cmocka_unit_test(long_file_is_read_in_part),
        cmocka_unit_test(sealed_text_is_what_was_written_or_damaged),
        cmocka_unit_test(power_may_go_at_any_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
