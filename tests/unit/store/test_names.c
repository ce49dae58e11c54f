// SPDX-License-Identifier: Apache-2.0
//
// File names: what is ours, what is not, and the order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/names.h"
#include "tests/unit/store/memfs.h"

static void log_name_gives_its_zxid(void **state)
{
    (void)state;
    struct names_file f;
    assert_int_equal(names_parse("log.0", &f), NAMES_LOG);
    assert_int_equal(f.zxid, 0);
    assert_int_equal(names_parse("log.100000001", &f), NAMES_LOG);
    assert_int_equal(f.zxid, 0x100000001);
    assert_int_equal(names_parse("log.7fffffffffffffff", &f), NAMES_LOG);
    assert_int_equal(f.zxid, INT64_MAX);
    assert_string_equal(f.name, "log.7fffffffffffffff");
}

static void snapshot_name_gives_its_method(void **state)
{
    (void)state;
    struct names_file f;
    assert_int_equal(names_parse("snapshot.a", &f), NAMES_SNAPSHOT);
    assert_int_equal(f.method, NAMES_PLAIN);
    assert_int_equal(names_parse("snapshot.a.gz", &f), NAMES_SNAPSHOT);
    assert_int_equal(f.method, NAMES_GZ);
    assert_int_equal(names_parse("snapshot.a.snappy", &f), NAMES_SNAPSHOT);
    assert_int_equal(f.method, NAMES_SNAPPY);
    assert_int_equal(f.zxid, 10);
}

static void unfinished_snapshots_are_told_apart(void **state)
{
    (void)state;
    struct names_file f;
    assert_int_equal(names_parse("snapshot.a.tmp", &f), NAMES_SNAPSHOT_TMP);
    assert_int_equal(names_parse("snapshot.a.gz.tmp", &f), NAMES_SNAPSHOT_TMP);
    assert_int_equal(names_parse("snapshot.7fffffffffffffff.snappy.tmp", &f), NAMES_SNAPSHOT_TMP);
}

static void other_names_are_not_ours(void **state)
{
    (void)state;
    static const char *const names[] = {
        "log",
        "log.",
        "log.g",
        "log.5.bak",
        "logs.5",
        "log.-5",
        "log.0x5",
        "log.5 ",
        "log.ffffffffffffffff",
        "log.11111111111111111",
        "snapshot.",
        "snapshot.5.",
        "snapshot.5.zip",
        "snapshot.5.gz.old",
        "snapshot.5.tmp.gz",
        "currentEpoch",
        "",
        "xsnapshot.5",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct names_file f;
        assert_int_equal(names_parse(names[i], &f), NAMES_OTHER);
    }
}

static void printed_names_parse_back(void **state)
{
    (void)state;
    char name[NAMES_BYTES_MAX];
    struct names_file f;
    names_print_log(0x3000000ab, name);
    assert_string_equal(name, "log.3000000ab");
    for (int m = NAMES_PLAIN; m <= NAMES_SNAPPY; m++) {
        names_print_snapshot(INT64_MAX, (enum names_method)m, name);
        assert_int_equal(names_parse(name, &f), NAMES_SNAPSHOT);
        assert_int_equal(f.method, m);
        assert_int_equal(f.zxid, INT64_MAX);
    }
}

static void unknown_method_means_plain(void **state)
{
    (void)state;
    assert_int_equal(names_method_parse("gz"), NAMES_GZ);
    assert_int_equal(names_method_parse("SNAPPY"), NAMES_SNAPPY);
    assert_int_equal(names_method_parse(""), NAMES_PLAIN);
    assert_int_equal(names_method_parse("zstd"), NAMES_PLAIN);
}

static void files_sort_by_number_not_by_text(void **state)
{
    (void)state;
    struct memfs fs;
    memfs_init(&fs);
    memfs_put(&fs, "/d/log.10", "", 0);
    memfs_put(&fs, "/d/log.9", "", 0);
    memfs_put(&fs, "/d/log.100000000", "", 0);
    memfs_put(&fs, "/d/snapshot.5", "", 0);
    struct names_list l;
    assert_int_equal(names_list_dir(&fs.port, "/d", NAMES_LOG, &l, NULL), ERR_OK);
    assert_int_equal(l.count, 3);
    assert_string_equal(l.items[0].name, "log.9");
    assert_string_equal(l.items[1].name, "log.10");
    assert_string_equal(l.items[2].name, "log.100000000");
    names_list_fini(&l);
    struct store_error e;
    assert_int_equal(names_list_dir(&fs.port, "/none", NAMES_LOG, &l, &e), ERR_NOT_FOUND);
    assert_string_equal(e.text, "cannot list /none: no such file or directory");
    memfs_fini(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_name_gives_its_zxid),
        cmocka_unit_test(snapshot_name_gives_its_method),
        cmocka_unit_test(unfinished_snapshots_are_told_apart),
        cmocka_unit_test(other_names_are_not_ours),
        cmocka_unit_test(printed_names_parse_back),
        cmocka_unit_test(unknown_method_means_plain),
        cmocka_unit_test(files_sort_by_number_not_by_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
