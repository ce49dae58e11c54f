// SPDX-License-Identifier: Apache-2.0
//
// Names in real directories.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "host/file.h"
#include "tests/unit/host/temp_dir.h"

struct fixture {
    struct temp_dir dir;
    struct host_files fs;
};

static int setup(void **state)
{
    static struct fixture f;
    temp_dir_make(&f.dir);
    files_init(&f.fs, NULL);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    const struct fixture *f = *state;
    temp_dir_remove(&f->dir);
    return 0;
}

static void make_file(struct fixture *f, const char *name, const char *text)
{
    char path[TEMP_PATH_BYTES];
    struct port_file *file = NULL;
    assert_int_equal(f->fs.port.open(&f->fs.port, temp_path(&f->dir, name, path),
                                     PORT_OPEN_WRITE | PORT_OPEN_CREATE, &file),
                     ERR_OK);
    assert_int_equal(file->write(file, 0, text, strlen(text)), ERR_OK);
    file->close(file);
}

static void count_entry(void *ctx, const char *name)
{
    int *count = ctx;
    assert_string_not_equal(name, ".");
    assert_string_not_equal(name, "..");
    (*count)++;
}

static int count_entries(struct fixture *f)
{
    int count = 0;
    assert_int_equal(f->fs.port.list(&f->fs.port, f->dir.path, count_entry, &count), ERR_OK);
    return count;
}

static void listing_leaves_the_dots_out(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(count_entries(f), 0);
    make_file(f, "a", "1");
    make_file(f, "b", "22");
    assert_int_equal(count_entries(f), 2);
    int count = 0;
    char path[TEMP_PATH_BYTES];
    assert_int_equal(
        f->fs.port.list(&f->fs.port, temp_path(&f->dir, "none", path), count_entry, &count),
        ERR_NOT_FOUND);
}

static void directories_are_made_with_their_parents(void **state)
{
    struct fixture *f = *state;
    char path[TEMP_PATH_BYTES];
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, temp_path(&f->dir, "x/y/z", path)), ERR_OK);
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, path), ERR_OK);
    struct port_file_info info;
    assert_int_equal(f->fs.port.info(&f->fs.port, path, &info), ERR_OK);
    assert_true(info.is_dir);
    assert_true(f->fs.port.is_writable(&f->fs.port, path));
    make_file(f, "plain", "1");
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, temp_path(&f->dir, "plain", path)),
                     ERR_EXISTS);
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, temp_path(&f->dir, "plain/sub", path)),
                     ERR_EXISTS);
    assert_false(f->fs.port.is_writable(&f->fs.port, temp_path(&f->dir, "none", path)));
}

static void renaming_replaces_and_keeps_contents(void **state)
{
    struct fixture *f = *state;
    char from[TEMP_PATH_BYTES];
    char to[TEMP_PATH_BYTES];
    make_file(f, "tmp", "fresh!");
    make_file(f, "final", "old");
    assert_int_equal(f->fs.port.rename(&f->fs.port, temp_path(&f->dir, "tmp", from),
                                       temp_path(&f->dir, "final", to)),
                     ERR_OK);
    assert_int_equal(f->fs.port.sync_dir(&f->fs.port, f->dir.path), ERR_OK);
    struct port_file_info info;
    assert_int_equal(f->fs.port.info(&f->fs.port, to, &info), ERR_OK);
    assert_false(info.is_dir);
    assert_int_equal(info.bytes, 6);
    assert_int_equal(f->fs.port.info(&f->fs.port, from, &info), ERR_NOT_FOUND);
    assert_int_equal(f->fs.port.rename(&f->fs.port, from, to), ERR_NOT_FOUND);
}

static void removed_names_are_gone(void **state)
{
    struct fixture *f = *state;
    char path[TEMP_PATH_BYTES];
    make_file(f, "a", "1");
    assert_int_equal(f->fs.port.remove(&f->fs.port, temp_path(&f->dir, "a", path)), ERR_OK);
    assert_int_equal(f->fs.port.remove(&f->fs.port, path), ERR_NOT_FOUND);
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, temp_path(&f->dir, "d", path)), ERR_OK);
    assert_int_equal(f->fs.port.remove(&f->fs.port, path), ERR_OK);
    assert_int_equal(count_entries(f), 0);
    assert_int_equal(f->fs.port.sync_dir(&f->fs.port, path), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(listing_leaves_the_dots_out),
        T(directories_are_made_with_their_parents),
        T(renaming_replaces_and_keeps_contents),
        T(removed_names_are_gone),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
