// SPDX-License-Identifier: Apache-2.0
//
// Real files: reading past the end, growing, locking, and what cannot be done.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "host/file.h"
#include "tests/unit/host/temp_dir.h"

struct fixture {
    struct temp_dir dir;
    struct host_files fs;
    struct trace_sink sink;
    char traced[TRACE_LINE_MAX];
    char path[TEMP_PATH_BYTES];
};

static int setup(void **state)
{
    static struct fixture f;
    temp_dir_make(&f.dir);
    files_init(&f.fs, NULL);
    (void)temp_path(&f.dir, "log", f.path);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    const struct fixture *f = *state;
    temp_dir_remove(&f->dir);
    return 0;
}

static struct port_file *create(struct fixture *f)
{
    struct port_file *file = NULL;
    assert_int_equal(
        f->fs.port.open(&f->fs.port, f->path, PORT_OPEN_WRITE | PORT_OPEN_CREATE, &file), ERR_OK);
    return file;
}

static void written_bytes_are_read_back_at_their_offset(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f);
    assert_int_equal(file->write(file, 5, "hello", 5), ERR_OK);
    assert_int_equal(file->sync(file), ERR_OK);
    uint64_t size = 0;
    assert_int_equal(file->size(file, &size), ERR_OK);
    assert_int_equal(size, 10);
    char bytes[20];
    size_t len = 0;
    assert_int_equal(file->read(file, 3, bytes, 7, &len), ERR_OK);
    assert_int_equal(len, 7);
    assert_memory_equal(bytes, "\0\0hello", 7);
    file->close(file);
}

// What the cache holds of a file and what goes past it are one file.
static void direct_writes_mix_with_plain_ones(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f);
    size_t len = 2 * (size_t)PORT_FILE_BLOCK_BYTES;
    uint8_t *blocks = mem_alloc_aligned(PORT_FILE_BLOCK_BYTES, len);
    uint8_t *found = mem_alloc(len);
    memset(blocks, 'd', len);
    assert_int_equal(file->write(file, 0, "0123456789", 10), ERR_OK);
    assert_int_equal(file->write_direct(file, PORT_FILE_BLOCK_BYTES, blocks, len), ERR_OK);
    assert_int_equal(file->write(file, PORT_FILE_BLOCK_BYTES + 1, "plain", 5), ERR_OK);
    assert_int_equal(file->sync(file), ERR_OK);
    size_t got = 0;
    assert_int_equal(file->read(file, 0, found, len, &got), ERR_OK);
    assert_int_equal(got, len);
    assert_memory_equal(found, "0123456789\0", 11);
    assert_memory_equal(found + PORT_FILE_BLOCK_BYTES, "dplaind", 7);
    assert_int_equal(file->write_direct(file, 0, blocks, PORT_FILE_BLOCK_BYTES), ERR_OK);
    assert_int_equal(file->read(file, 0, found, len, &got), ERR_OK);
    assert_memory_equal(found, blocks, PORT_FILE_BLOCK_BYTES);
    uint64_t size = 0;
    assert_int_equal(file->size(file, &size), ERR_OK);
    assert_int_equal(size, 3 * (uint64_t)PORT_FILE_BLOCK_BYTES);
    file->close(file);
    mem_free(found);
    mem_free(blocks);
}

static void reading_is_short_only_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f);
    assert_int_equal(file->write(file, 0, "0123456789", 10), ERR_OK);
    char bytes[20];
    size_t len = 99;
    assert_int_equal(file->read(file, 8, bytes, sizeof(bytes), &len), ERR_OK);
    assert_int_equal(len, 2);
    assert_int_equal(file->read(file, 10, bytes, sizeof(bytes), &len), ERR_OK);
    assert_int_equal(len, 0);
    file->close(file);
}

static void truncating_cuts_and_grows(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f);
    assert_int_equal(file->write(file, 0, "0123456789", 10), ERR_OK);
    assert_int_equal(file->truncate(file, 4), ERR_OK);
    assert_int_equal(file->truncate(file, 6), ERR_OK);
    char bytes[6];
    size_t len = 0;
    assert_int_equal(file->read(file, 0, bytes, 6, &len), ERR_OK);
    assert_memory_equal(bytes, "0123\0\0", 6);
    file->close(file);
}

static void open_flags_mean_what_they_say(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = NULL;
    assert_int_equal(f->fs.port.open(&f->fs.port, f->path, PORT_OPEN_READ, &file), ERR_NOT_FOUND);
    assert_int_equal(f->fs.port.open(&f->fs.port, f->path, PORT_OPEN_WRITE, &file), ERR_NOT_FOUND);
    assert_null(file);
    file = create(f);
    assert_int_equal(file->write(file, 0, "old", 3), ERR_OK);
    file->close(file);
    unsigned flags = PORT_OPEN_WRITE | PORT_OPEN_TRUNCATE;
    assert_int_equal(f->fs.port.open(&f->fs.port, f->path, flags, &file), ERR_OK);
    uint64_t size = 99;
    assert_int_equal(file->size(file, &size), ERR_OK);
    assert_int_equal(size, 0);
    file->close(file);
    assert_int_equal(f->fs.port.open(&f->fs.port, f->path, PORT_OPEN_READ, &file), ERR_OK);
    assert_int_not_equal(file->write(file, 0, "x", 1), ERR_OK);
    file->close(file);
}

// ---- traces ----

static void keep_line(struct trace_sink *sink, const char *text)
{
    struct fixture *f = CONTAINER_OF(sink, struct fixture, sink);
    (void)snprintf(f->traced, sizeof(f->traced), "%s", text);
}

static void a_failed_call_is_traced_with_its_number(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = NULL;
    f->sink.line = keep_line;
    f->fs.trace = &f->sink;
    assert_int_equal(f->fs.port.open(&f->fs.port, "/none", PORT_OPEN_READ, &file), ERR_NOT_FOUND);
    assert_string_equal(f->traced, "open /none failed: errno 2, NOT_FOUND");
    assert_int_equal(f->fs.port.open(&f->fs.port, "/dev/full", PORT_OPEN_WRITE, &file), ERR_OK);
    assert_int_equal(file->write(file, 0, "x", 1), ERR_NO_SPACE);
    assert_string_equal(f->traced, "pwrite /dev/full failed: errno 28, NO_SPACE");
    file->close(file);
    f->fs.trace = NULL;
}

static void full_file_system_is_no_space(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = NULL;
    if (f->fs.port.open(&f->fs.port, "/dev/full", PORT_OPEN_WRITE, &file) == ERR_OK) {
        assert_int_equal(file->write(file, 0, "x", 1), ERR_NO_SPACE);
        file->close(file);
    }
    pid_t child = fork(); // the file size limit gives EFBIG once its signal is ignored
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit small = {4096, 4096};
        (void)setrlimit(RLIMIT_FSIZE, &small);
        (void)signal(SIGXFSZ, SIG_IGN);
        static const char zeros[8192];
        file = create(f);
        enum err e = file->write(file, 0, zeros, sizeof(zeros));
        _exit(e == ERR_TOO_BIG ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void second_lock_is_refused_until_the_first_goes(void **state)
{
    struct fixture *f = *state;
    struct port_file *first = NULL;
    struct port_file *second = NULL;
    assert_int_equal(f->fs.port.lock(&f->fs.port, f->path, &first), ERR_OK);
    assert_int_equal(f->fs.port.lock(&f->fs.port, f->path, &second), ERR_LOCKED);
    assert_null(second);
    first->close(first);
    assert_int_equal(f->fs.port.lock(&f->fs.port, f->path, &second), ERR_OK);
    second->close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_failed_call_is_traced_with_its_number),
        T(written_bytes_are_read_back_at_their_offset),
        T(direct_writes_mix_with_plain_ones),
        T(reading_is_short_only_at_the_end),
        T(truncating_cuts_and_grows),
        T(open_flags_mean_what_they_say),
        T(full_file_system_is_no_space),
        T(second_lock_is_refused_until_the_first_goes),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
