// SPDX-License-Identifier: Apache-2.0
//
// Names, faults, space and crashes of the simulated disk.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/disk.h"

struct fixture {
    struct world world;
    struct sim_disk disk;
    struct port_files *fs;
};

static int setup(void **state)
{
    static struct fixture f;
    world_init(&f.world, 9);
    disk_init(&f.disk, &f.world);
    f.fs = &f.disk.port;
    disk_make_durable_dir(&f.disk, "/data/version-2");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    disk_fini(&f->disk);
    world_fini(&f->world);
    return 0;
}

static struct port_file *create(struct fixture *f, const char *path)
{
    struct port_file *file = NULL;
    assert_int_equal(f->fs->open(f->fs, path, PORT_OPEN_WRITE | PORT_OPEN_CREATE, &file), ERR_OK);
    return file;
}

static void touch(struct fixture *f, const char *path)
{
    struct port_file *file = create(f, path);
    file->close(file);
}

static bool exists(struct fixture *f, const char *path)
{
    struct port_file_info info;
    return f->fs->info(f->fs, path, &info) == ERR_OK;
}

static void name_survives_only_after_sync_dir(void **state)
{
    struct fixture *f = *state;
    int survived = 0;
    for (int i = 0; i < 60; i++) {
        struct port_file *file = create(f, "/data/version-2/log.1");
        assert_int_equal(file->write(file, 0, "x", 1), ERR_OK);
        assert_int_equal(file->sync(file), ERR_OK);
        file->close(file);
        disk_crash(&f->disk);
        survived += exists(f, "/data/version-2/log.1");
        (void)f->fs->remove(f->fs, "/data/version-2/log.1");
        assert_int_equal(f->fs->sync_dir(f->fs, "/data/version-2"), ERR_OK);
    }
    assert_in_range(survived, 10, 50); // it may, but nobody can rely on it
}

static void synced_name_survives(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 30; i++) {
        struct port_file *file = create(f, "/data/version-2/log.1");
        file->close(file);
        assert_int_equal(f->fs->sync_dir(f->fs, "/data/version-2"), ERR_OK);
        disk_crash(&f->disk);
        assert_true(exists(f, "/data/version-2/log.1"));
    }
}

static void rename_is_old_or_new_never_both(void **state)
{
    struct fixture *f = *state;
    int renamed = 0;
    for (int i = 0; i < 60; i++) {
        touch(f, "/data/old");
        assert_int_equal(f->fs->sync_dir(f->fs, "/data"), ERR_OK);
        assert_int_equal(f->fs->rename(f->fs, "/data/old", "/data/new"), ERR_OK);
        disk_crash(&f->disk);
        assert_true(exists(f, "/data/old") != exists(f, "/data/new"));
        renamed += exists(f, "/data/new");
        (void)f->fs->remove(f->fs, "/data/old");
        (void)f->fs->remove(f->fs, "/data/new");
    }
    assert_in_range(renamed, 10, 50);
}

static void full_disk_refuses_and_recovers(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f, "/data/log");
    f->disk.capacity_bytes = 1000;
    static const char bytes[800];
    assert_int_equal(file->write(file, 0, bytes, 800), ERR_OK);
    assert_int_equal(file->write(file, 0, bytes, 800), ERR_OK); // in place
    assert_int_equal(file->write(file, 800, bytes, 800), ERR_NO_SPACE);
    assert_true(disk_used_bytes(&f->disk) <= 1000);
    disk_heal(&f->disk);
    assert_int_equal(file->write(file, 800, bytes, 800), ERR_OK);
    uint64_t size = 0;
    assert_int_equal(file->size(file, &size), ERR_OK);
    assert_int_equal(size, 1600);
    file->close(file);
}

static void nth_operation_fails_once(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f, "/data/log");
    disk_fail_nth(&f->disk, DISK_WRITE, 2, ERR_IO);
    assert_int_equal(file->write(file, 0, "a", 1), ERR_OK);
    assert_int_equal(file->write(file, 0, "b", 1), ERR_IO);
    assert_int_equal(file->write(file, 0, "c", 1), ERR_OK);
    disk_fail_nth(&f->disk, DISK_SYNC, 1, ERR_IO);
    assert_int_equal(file->sync(file), ERR_IO);
    assert_int_equal(file->sync(file), ERR_OK);
    file->close(file);
}

static void frozen_disk_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = create(f, "/data/log");
    assert_int_equal(file->write(file, 0, "kept", 4), ERR_OK);
    assert_int_equal(file->sync(file), ERR_OK);
    assert_int_equal(f->fs->sync_dir(f->fs, "/data"), ERR_OK);
    f->disk.freeze_at = f->disk.op_count + 1;
    assert_int_equal(file->write(file, 0, "lost", 4), ERR_IO);
    assert_int_equal(file->sync(file), ERR_IO);
    assert_int_equal(f->fs->remove(f->fs, "/data/log"), ERR_IO);
    file->close(file);
    disk_crash(&f->disk);
    assert_int_equal(f->fs->open(f->fs, "/data/log", PORT_OPEN_READ, &file), ERR_OK);
    char bytes[8];
    size_t len = 0;
    assert_int_equal(file->read(file, 0, bytes, 8, &len), ERR_OK);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "kept", 4);
    file->close(file);
}

static void lying_sync_loses_bytes(void **state)
{
    struct fixture *f = *state;
    f->disk.sync_lies = true;
    int lost = 0;
    for (int i = 0; i < 60; i++) {
        struct port_file *file = create(f, "/data/log");
        assert_int_equal(file->write(file, 0, "x", 1), ERR_OK);
        assert_int_equal(file->sync(file), ERR_OK);
        assert_int_equal(f->fs->sync_dir(f->fs, "/data"), ERR_OK);
        file->close(file);
        disk_crash(&f->disk);
        struct port_file_info info = {0};
        lost += f->fs->info(f->fs, "/data/log", &info) != ERR_OK || info.bytes == 0;
        (void)f->fs->remove(f->fs, "/data/log");
    }
    assert_true(lost > 10);
}

static void directory_that_does_not_survive_takes_its_files(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(f->fs->make_dir(f->fs, "/data/new/deep"), ERR_OK);
        struct port_file *file = create(f, "/data/new/deep/file");
        file->close(file);
        assert_int_equal(f->fs->sync_dir(f->fs, "/data/new/deep"), ERR_OK);
        disk_crash(&f->disk);
        if (exists(f, "/data/new/deep/file")) {
            assert_true(exists(f, "/data/new/deep"));
            assert_true(exists(f, "/data/new"));
        }
    }
}

static void lock_is_held_once(void **state)
{
    struct fixture *f = *state;
    struct port_file *first = NULL;
    struct port_file *second = NULL;
    assert_int_equal(f->fs->lock(f->fs, "/data/lock", &first), ERR_OK);
    assert_int_equal(f->fs->lock(f->fs, "/data/lock", &second), ERR_LOCKED);
    first->close(first);
    assert_int_equal(f->fs->lock(f->fs, "/data/lock", &second), ERR_OK);
    second->close(second);
}

static void missing_parents_are_missing(void **state)
{
    struct fixture *f = *state;
    struct port_file *file = NULL;
    assert_int_equal(f->fs->open(f->fs, "/none/x", PORT_OPEN_WRITE | PORT_OPEN_CREATE, &file),
                     ERR_NOT_FOUND);
    assert_int_equal(f->fs->open(f->fs, "/data/none", PORT_OPEN_WRITE, &file), ERR_NOT_FOUND);
    assert_int_equal(f->fs->rename(f->fs, "/data/none", "/data/x"), ERR_NOT_FOUND);
    assert_null(file);
}

static void count(void *ctx, const char *name)
{
    (void)name;
    ++*(int *)ctx;
}

static void listing_shows_one_level(void **state)
{
    struct fixture *f = *state;
    touch(f, "/data/a");
    int entries = 0;
    assert_int_equal(f->fs->list(f->fs, "/data", count, &entries), ERR_OK);
    assert_int_equal(entries, 2); // a, version-2
    assert_int_equal(f->fs->list(f->fs, "/nowhere", count, &entries), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(name_survives_only_after_sync_dir),
        T(synced_name_survives),
        T(rename_is_old_or_new_never_both),
        T(full_disk_refuses_and_recovers),
        T(nth_operation_fails_once),
        T(frozen_disk_changes_nothing),
        T(lying_sync_loses_bytes),
        T(directory_that_does_not_survive_takes_its_files),
        T(lock_is_held_once),
        T(missing_parents_are_missing),
        T(listing_shows_one_level),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
