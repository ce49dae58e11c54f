// SPDX-License-Identifier: Apache-2.0
//
// The data directory: making it, owning it, refusing it, and its small files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/datadir.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct datadir *d;
    struct store_error e;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    memfs_init(&f->fs);
}

static void end(struct fixture *f)
{
    datadir_close(f->d);
    world_disk_fini(&f->fs);
}

static void open_dir(struct fixture *f, const char *data, const char *log)
{
    assert_int_equal(datadir_open(&f->fs.port, data, log, true, &f->d, &f->e), ERR_OK);
}

static int set_up(void **state)
{
    static struct fixture f;
    begin(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    end(*state);
    return 0;
}

static void both_directories_are_made(void **state)
{
    struct fixture *f = *state;
    open_dir(f, "/data/", "/log");
    assert_string_equal(datadir_root(f->d), "/data");
    assert_string_equal(datadir_snap_dir(f->d), "/data/version-2");
    assert_string_equal(datadir_log_dir(f->d), "/log/version-2");
    assert_non_null(memfs_find(&f->fs, "/data/version-2/.dir"));
    assert_non_null(memfs_find(&f->fs, "/log/version-2/.dir"));
}

static void one_directory_serves_for_both(void **state)
{
    struct fixture *f = *state;
    memfs_put(&f->fs, "/data/version-2/log.1", "", 0);
    memfs_put(&f->fs, "/data/version-2/snapshot.0", "", 0);
    open_dir(f, "/data", NULL);
    assert_string_equal(datadir_log_dir(f->d), datadir_snap_dir(f->d));
    datadir_close(f->d);
    open_dir(f, "/data", "/data/");
    assert_string_equal(datadir_log_dir(f->d), datadir_snap_dir(f->d));
}

static void missing_directory_is_an_error_without_autocreate(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(datadir_open(&f->fs.port, "/data", NULL, false, &f->d, &f->e), ERR_NOT_FOUND);
    assert_string_equal(f->e.text, "data directory /data/version-2 is missing and "
                                   "zookeeper.datadir.autocreate is false; create it");
    assert_int_equal(memfs_count(&f->fs), 0);
}

static void unusable_directory_is_refused(void **state)
{
    struct fixture *f = *state;
    f->fs.is_read_only_dir = true;
    assert_int_equal(datadir_open(&f->fs.port, "/data", NULL, true, &f->d, &f->e), ERR_ACCESS);
    memfs_put(&f->fs, "/data/version-2/snapshot.0", "", 0);
    assert_int_equal(datadir_open(&f->fs.port, "/data", NULL, true, &f->d, &f->e), ERR_ACCESS);
    assert_non_null(strstr(f->e.text, "/data/version-2 is not writable"));
    f->fs.is_read_only_dir = false;
    memfs_put(&f->fs, "/other/version-2", "a file", 6);
    assert_int_equal(datadir_open(&f->fs.port, "/other", NULL, true, &f->d, &f->e), ERR_INVALID);
}

static void second_server_is_refused_until_the_first_is_gone(void **state)
{
    struct fixture *f = *state;
    struct datadir *second;
    open_dir(f, "/data", "/log");
    assert_int_equal(datadir_open(&f->fs.port, "/data", NULL, true, &second, &f->e), ERR_LOCKED);
    assert_string_equal(f->e.text, "another server runs on /data (it holds /data/.paddock.lock); "
                                   "stop it or use another directory");
    // A log directory must not be shared either.
    assert_int_equal(datadir_open(&f->fs.port, "/data2", "/log", true, &second, &f->e), ERR_LOCKED);
    datadir_close(f->d);
    open_dir(f, "/data", NULL);
}

static void misplaced_files_are_refused(void **state)
{
    struct fixture *f = *state;
    memfs_put(&f->fs, "/log/version-2/snapshot.5", "", 0);
    assert_int_equal(datadir_open(&f->fs.port, "/data", "/log", true, &f->d, &f->e), ERR_INVALID);
    assert_non_null(strstr(f->e.text, "/log/version-2 holds the snapshot snapshot.5"));
    assert_int_equal(f->fs.port.remove(&f->fs.port, "/log/version-2/snapshot.5"), ERR_OK);
    memfs_put(&f->fs, "/data/version-2/log.5", "", 0);
    assert_int_equal(datadir_open(&f->fs.port, "/data", "/log", true, &f->d, &f->e), ERR_INVALID);
    assert_non_null(strstr(f->e.text, "/data/version-2 holds the transaction log log.5"));
}

static void lists_hold_one_kind_of_the_right_directory(void **state)
{
    struct fixture *f = *state;
    struct names_list l;
    open_dir(f, "/data", "/log");
    memfs_put(&f->fs, "/log/version-2/log.10", "", 0);
    memfs_put(&f->fs, "/log/version-2/log.9", "", 0);
    memfs_put(&f->fs, "/data/version-2/snapshot.9.gz", "", 0);
    memfs_put(&f->fs, "/data/version-2/snapshot.a.tmp", "", 0);
    memfs_put(&f->fs, "/data/version-2/currentEpoch", "1", 1);
    assert_int_equal(datadir_list(f->d, NAMES_LOG, &l, &f->e), ERR_OK);
    assert_int_equal(l.count, 2);
    assert_string_equal(l.items[1].name, "log.10");
    names_list_fini(&l);
    assert_int_equal(datadir_list(f->d, NAMES_SNAPSHOT, &l, &f->e), ERR_OK);
    assert_int_equal(l.count, 1);
    names_list_fini(&l);
    assert_int_equal(datadir_list(f->d, NAMES_SNAPSHOT_TMP, &l, &f->e), ERR_OK);
    assert_int_equal(l.count, 1);
    names_list_fini(&l);
}

static void sizes_are_those_of_the_directories(void **state)
{
    struct fixture *f = *state;
    uint64_t snap;
    uint64_t log;
    open_dir(f, "/data", "/log");
    memfs_put(&f->fs, "/data/version-2/snapshot.0", "12345", 5);
    memfs_put(&f->fs, "/data/version-2/currentEpoch", "1", 1);
    memfs_put(&f->fs, "/log/version-2/log.1", "123", 3);
    datadir_bytes(f->d, &snap, &log);
    assert_int_equal(snap, 6);
    assert_int_equal(log, 3);
    datadir_close(f->d);
    memfs_put(&f->fs, "/one/version-2/log.1", "123", 3);
    memfs_put(&f->fs, "/one/version-2/snapshot.0", "12345", 5);
    open_dir(f, "/one", NULL);
    datadir_bytes(f->d, &snap, &log);
    assert_int_equal(snap, 8);
    assert_int_equal(log, 8);
}

static void myid_is_the_number_of_its_first_line(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        int64_t id;
        enum err err;
    } cases[] = {
        {"1", 1, ERR_OK},
        {"12\n", 12, ERR_OK},
        {" 254 \r\nwords", 254, ERR_OK},
        {"-1\n", -1, ERR_OK},
        {"+7", 7, ERR_OK},
        {"9223372036854775807", INT64_MAX, ERR_OK},
        {"-9223372036854775808", INT64_MIN, ERR_OK},
        {"9223372036854775808", 0, ERR_MALFORMED},
        {"", 0, ERR_MALFORMED},
        {"\n1", 0, ERR_MALFORMED},
        {"one", 0, ERR_MALFORMED},
        {"1 2", 0, ERR_MALFORMED},
        {"0x1", 0, ERR_MALFORMED},
        {"-", 0, ERR_MALFORMED},
    };
    int64_t id = 99;
    open_dir(f, "/data", "/log");
    assert_int_equal(datadir_read_myid(f->d, &id, &f->e), ERR_NOT_FOUND);
    assert_int_equal(id, 99);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memfs_put(&f->fs, "/data/myid", cases[i].text, strlen(cases[i].text));
        assert_int_equal(datadir_read_myid(f->d, &id, &f->e), cases[i].err);
        if (cases[i].err == ERR_OK) {
            assert_int_equal(id, cases[i].id);
        } else {
            assert_string_equal(f->e.text,
                                "/data/myid does not hold a decimal number in its first line");
        }
    }
}

static void initialize_is_taken_once_from_the_log_directory(void **state)
{
    struct fixture *f = *state;
    bool was_there;
    open_dir(f, "/data", "/log");
    memfs_put(&f->fs, "/data/initialize", "", 0); // the wrong place
    assert_int_equal(datadir_take_initialize(f->d, &was_there, &f->e), ERR_OK);
    assert_false(was_there);
    memfs_put(&f->fs, "/log/initialize", "", 0);
    assert_int_equal(datadir_take_initialize(f->d, &was_there, &f->e), ERR_OK);
    assert_true(was_there);
    assert_int_equal(datadir_take_initialize(f->d, &was_there, &f->e), ERR_OK);
    assert_false(was_there);
}

static void epoch_is_durable_when_its_write_returns(void **state)
{
    struct fixture *f = *state;
    int64_t epoch;
    open_dir(f, "/data", "/log");
    assert_int_equal(datadir_read_epoch(f->d, DATADIR_EPOCH_CURRENT, &epoch, &f->e), ERR_NOT_FOUND);
    assert_int_equal(datadir_write_epoch(f->d, DATADIR_EPOCH_CURRENT, 12, &f->e), ERR_OK);
    memfs_crash(&f->fs);
    assert_int_equal(datadir_read_epoch(f->d, DATADIR_EPOCH_CURRENT, &epoch, &f->e), ERR_OK);
    assert_int_equal(epoch, 12);
    struct memfs_file *file = memfs_find(&f->fs, "/data/version-2/currentEpoch");
    assert_int_equal(file->bytes.len, 2); // no newline, as Java writes it
    assert_null(memfs_find(&f->fs, "/data/version-2/currentEpoch.tmp"));
}

static void failing_to_write_an_epoch_keeps_the_old_one(void **state)
{
    struct fixture *f = *state;
    int64_t epoch;
    open_dir(f, "/data", NULL);
    assert_int_equal(datadir_write_epoch(f->d, DATADIR_EPOCH_ACCEPTED, 1, &f->e), ERR_OK);
    f->fs.fail_write_in = 1;
    assert_int_equal(datadir_write_epoch(f->d, DATADIR_EPOCH_ACCEPTED, 2, &f->e), ERR_IO);
    f->fs.fail_sync_in = 1;
    assert_int_equal(datadir_write_epoch(f->d, DATADIR_EPOCH_ACCEPTED, 2, &f->e), ERR_IO);
    assert_string_equal(f->e.text,
                        "cannot write /data/version-2/acceptedEpoch: input/output error");
    assert_int_equal(datadir_read_epoch(f->d, DATADIR_EPOCH_ACCEPTED, &epoch, &f->e), ERR_OK);
    assert_int_equal(epoch, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(both_directories_are_made),
        T(one_directory_serves_for_both),
        T(missing_directory_is_an_error_without_autocreate),
        T(unusable_directory_is_refused),
        T(second_server_is_refused_until_the_first_is_gone),
        T(misplaced_files_are_refused),
        T(lists_hold_one_kind_of_the_right_directory),
        T(sizes_are_those_of_the_directories),
        T(myid_is_the_number_of_its_first_line),
        T(initialize_is_taken_once_from_the_log_directory),
        T(epoch_is_durable_when_its_write_returns),
        T(failing_to_write_an_epoch_keeps_the_old_one),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
