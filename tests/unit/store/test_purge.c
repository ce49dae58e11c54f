// SPDX-License-Identifier: Apache-2.0
//
// Purge: what goes, and above all what stays.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/names.h"
#include "store/purge.h"
#include "tests/unit/store/memfs.h"

#define WHOLE "0123456789abcdef\0\0\0\1/" // passes the cheap test

struct fixture {
    struct memfs fs;
    struct purge_report report;
    struct store_error e;
};

static void begin(struct fixture *f)
{
    memfs_init(&f->fs);
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, "/s"), ERR_OK);
    assert_int_equal(f->fs.port.make_dir(&f->fs.port, "/l"), ERR_OK);
}

static void put_all(struct fixture *f, const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        const char *whole = strstr(*paths, ".gz") != NULL       ? "\x1f\x8b and the rest of it"
                            : strstr(*paths, ".snappy") != NULL ? "\x82SNAPPY\0 and the rest"
                                                                : WHOLE;
        memfs_put(&f->fs, *paths, whole, sizeof WHOLE - 1);
    }
}

static enum err run(struct fixture *f, uint32_t keep)
{
    return purge_run(&f->fs.port, "/s", "/l", keep, &f->report, &f->e);
}

static void assert_left(struct fixture *f, const char *const *paths)
{
    unsigned count = 0;
    for (; *paths != NULL; paths++, count++) {
        if (memfs_find(&f->fs, *paths) == NULL) {
            fail_msg("%s is gone", *paths);
        }
    }
    assert_int_equal(memfs_count(&f->fs), count);
}

static void newest_snapshots_and_their_logs_stay(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_all(&f, (const char *const[]){"/s/snapshot.0", "/s/snapshot.9", "/s/snapshot.20.gz",
                                      "/s/snapshot.30.snappy", "/s/snapshot.100", "/l/log.1",
                                      "/l/log.a", "/l/log.15", "/l/log.21", "/l/log.101", NULL});
    assert_int_equal(run(&f, 3), ERR_OK);
    // log.15 may hold 0x21 and what follows: it is the newest at or below 0x20.
    assert_left(&f, (const char *const[]){"/s/snapshot.20.gz", "/s/snapshot.30.snappy",
                                          "/s/snapshot.100", "/l/log.15", "/l/log.21", "/l/log.101",
                                          NULL});
    assert_int_equal(f.report.snapshots_removed, 2);
    assert_int_equal(f.report.logs_removed, 2);
    assert_int_equal(f.report.bytes_removed, 4 * (sizeof WHOLE - 1));
    memfs_fini(&f.fs);
}

static void log_named_as_the_oldest_kept_snapshot_is_enough(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_all(&f,
            (const char *const[]){"/s/snapshot.1", "/s/snapshot.20", "/s/snapshot.30",
                                  "/s/snapshot.40", "/l/log.1", "/l/log.20", "/l/log.21", NULL});
    assert_int_equal(run(&f, 3), ERR_OK);
    assert_left(&f, (const char *const[]){"/s/snapshot.20", "/s/snapshot.30", "/s/snapshot.40",
                                          "/l/log.20", "/l/log.21", NULL});
    memfs_fini(&f.fs);
}

static void unfinished_and_foreign_files_stay_and_do_not_count(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_all(&f, (const char *const[]){"/s/snapshot.10", "/s/snapshot.20", "/s/snapshot.30",
                                      "/s/snapshot.5.tmp", "/s/snapshot.5.bak", "/s/currentEpoch",
                                      "/l/log.2.old", "/l/log.", "/l/log.1", NULL});
    memfs_put(&f.fs, "/s/snapshot.40", "half", 4);
    memfs_put(&f.fs, "/s/snapshot.8", "half", 4);
    assert_int_equal(run(&f, 3), ERR_OK);
    assert_left(&f, (const char *const[]){"/s/snapshot.10", "/s/snapshot.20", "/s/snapshot.30",
                                          "/s/snapshot.40", "/s/snapshot.5.tmp",
                                          "/s/snapshot.5.bak", "/s/currentEpoch", "/l/log.2.old",
                                          "/l/log.", "/l/log.1", NULL});
    memfs_fini(&f.fs);
}

static void nothing_goes_without_a_whole_snapshot(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_all(&f, (const char *const[]){"/l/log.1", "/l/log.2", NULL});
    memfs_put(&f.fs, "/s/snapshot.40", "half", 4);
    assert_int_equal(run(&f, 3), ERR_OK);
    assert_int_equal(memfs_count(&f.fs), 3);
    assert_int_equal(f.report.logs_removed, 0);
    memfs_fini(&f.fs);
}

static void fewer_snapshots_than_wanted_keep_all_their_logs(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_all(&f, (const char *const[]){"/s/snapshot.0", "/s/snapshot.50", "/l/log.1", "/l/log.30",
                                      NULL});
    assert_int_equal(run(&f, 3), ERR_OK);
    assert_int_equal(memfs_count(&f.fs), 4);
    memfs_fini(&f.fs);
}

static void missing_directory_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    put_all(&f, (const char *const[]){"/s/snapshot.0", NULL});
    assert_int_equal(purge_run(&f.fs.port, "/none", "/l", 3, &f.report, &f.e), ERR_NOT_FOUND);
    assert_int_equal(purge_run(&f.fs.port, "/s", "/none", 3, &f.report, &f.e), ERR_NOT_FOUND);
    assert_string_equal(f.e.text, "cannot list /none: no such file or directory");
    memfs_fini(&f.fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_snapshots_and_their_logs_stay),
        cmocka_unit_test(log_named_as_the_oldest_kept_snapshot_is_enough),
        cmocka_unit_test(unfinished_and_foreign_files_stay_and_do_not_count),
        cmocka_unit_test(nothing_goes_without_a_whole_snapshot),
        cmocka_unit_test(fewer_snapshots_than_wanted_keep_all_their_logs),
        cmocka_unit_test(missing_directory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
