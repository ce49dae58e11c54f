// SPDX-License-Identifier: Apache-2.0
//
// Recovery: every way a data directory can look after a stop, a crash or an accident.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/mark.h"
#include "store/logfile.h"
#include "store/record.h"
#include "store/recover.h"
#include "tests/unit/store/world.h"

struct fixture {
    struct memfs fs;
    struct port_clock clock;
    struct datadir *d;
    struct recover_options options;
    struct tree *tree;
    struct recover_report report;
    struct store_error e;
    struct buf notes; // one line each
    struct buf batch; // of transactions to put into a log
};

static int64_t mono_ns(struct port_clock *clock)
{
    (void)clock;
    return 0;
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){.clock = {.mono_ns = mono_ns, .wall_ms = mono_ns}};
    world_disk_init(&f->fs);
    f->options = (struct recover_options){
        .tree = world_options(),
        .record_bytes_max = WORLD_RECORD_BYTES_MAX,
        .db_autocreate = true,
        .drop_dead_ephemerals = true,
        .snapshot_with_last_zxid = true,
    };
}

static void end(struct fixture *f)
{
    tree_free(f->tree);
    assert_int_equal(f->fs.opened, 0);
    buf_fini(&f->notes);
    buf_fini(&f->batch);
    memfs_fini(&f->fs);
}

static void take_note(void *ctx, const char *text)
{
    buf_append_str(ctx, text);
    buf_append_str(ctx, "\n");
}

static enum err run(struct fixture *f)
{
    struct datadir *d;
    enum err err = datadir_open(&f->fs.port, "/d", NULL, true, &d, &f->e);
    if (err != ERR_OK) {
        return err;
    }
    tree_free(f->tree);
    f->tree = NULL;
    buf_clear(&f->notes);
    err = recover(d, &f->clock, &f->options, take_note, &f->notes, &f->tree, &f->report, &f->e);
    datadir_close(d);
    if (err == ERR_OK) {
        assert_true(tree_check(f->tree));
    }
    return err;
}

static bool noted(struct fixture *f, const char *text)
{
    return strstr(buf_cstr(&f->notes), text) != NULL;
}

static bool exists(struct fixture *f, const char *name)
{
    struct buf path = {0};
    bool is_there = memfs_find(&f->fs, names_join(&path, WORLD_DIR, name)) != NULL;
    buf_fini(&path);
    return is_there;
}

static struct buf *bytes_of(struct fixture *f, const char *name)
{
    struct buf path = {0};
    struct memfs_file *file = memfs_find(&f->fs, names_join(&path, WORLD_DIR, name));
    assert_non_null(file);
    buf_fini(&path);
    return &file->bytes;
}

static bool has_node(struct fixture *f, const char *path)
{
    return tree_find(f->tree, slice_str(path)) != NULL;
}

// A snapshot of creates 1 to `snapshot`, a log of 1 to `last`.
static void put_history(struct fixture *f, int snapshot, int last)
{
    world_put_snapshot_many(&f->fs, snapshot);
    world_put_log_many(&f->fs, 1, last, 10);
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

static void nothing_at_all_becomes_an_empty_database(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run(f), ERR_OK);
    assert_true(f->report.wrote_snapshot);
    assert_int_equal(f->report.last_zxid, 0);
    assert_int_equal(bytes_of(f, "snapshot.0")->len, 478);
    assert_int_equal(tree_node_count(f->tree), 5);
    assert_int_equal(run(f), ERR_OK); // and is found the next time
    assert_false(f->report.wrote_snapshot);
    assert_string_equal(f->report.snapshot, "snapshot.0");
}

static void empty_database_is_not_made_where_it_is_not_allowed(void **state)
{
    struct fixture *f = *state;
    f->options.db_autocreate = false;
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.last_zxid, -1);
    assert_false(exists(f, "snapshot.0"));
    memfs_put(&f->fs, "/d/initialize", "", 0);
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.last_zxid, 0);
    assert_true(exists(f, "snapshot.0"));
    assert_null(memfs_find(&f->fs, "/d/initialize"));
}

static void log_is_replayed_behind_the_snapshot(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 150);
    assert_int_equal(run(f), ERR_OK);
    assert_string_equal(f->report.snapshot, "snapshot.64");
    assert_int_equal(f->report.snapshot_zxid, 100);
    assert_int_equal(f->report.nodes, 104);
    assert_int_equal(f->report.txns_replayed, 50);
    assert_int_equal(f->report.last_zxid, 150);
    assert_true(has_node(f, "/n150"));
    assert_int_equal(f->notes.len, 0);
}

static void see_txn(void *ctx, int64_t zxid, struct slice txn)
{
    struct buf *notes = ctx; // on_txn shares it with the notes
    buf_printf(notes, "%lld:%zu ", (long long)zxid, txn.len);
}

static void replayed_transactions_are_told(void **state)
{
    struct fixture *f = *state;
    struct slice rest;
    struct slice body;
    put_history(f, 5, 8);
    f->options.on_txn = see_txn;
    assert_int_equal(run(f), ERR_OK);
    world_put_many(&f->batch, 1, 1, 10);
    rest = buf_slice(&f->batch);
    assert_true(record_next(&rest, &body));
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "6:%zu 7:%zu 8:%zu ", body.len, body.len, body.len);
    assert_string_equal(buf_cstr(&f->notes), wanted);
}

static void recovered_tree_is_the_tree_that_was_lost(void **state)
{
    struct fixture *f = *state;
    f->options.drop_dead_ephemerals = false;
    struct tree *t = world_tree();
    world_put_session(&f->batch, 1, 0x10, 4000);
    world_put_create(&f->batch, 2, "/a", "x", false);
    world_put_create(&f->batch, 3, "/a/e", "y", true);
    world_put_set(&f->batch, 4, "/a", "z", 1);
    world_apply(t, buf_slice(&f->batch));
    world_put_snapshot(&f->fs, t, NAMES_GZ);
    struct buf more = {0};
    world_put_delete(&more, 5, "/a/e");
    world_put_ttl(&more, 6, "/t", 1000);
    world_put_session(&more, 7, 0x11, 5000);
    world_apply(t, buf_slice(&more));
    world_put_log(&f->fs, 5, &more);
    assert_int_equal(run(f), ERR_OK);
    world_assert_equal(f->tree, t);
    tree_free(t);
    buf_fini(&more);
}

static void damaged_snapshot_gives_way_to_the_older_one(void **state)
{
    EXPECT_MARK("damaged snapshot is passed over");
    struct fixture *f = *state;
    put_history(f, 100, 150);
    put_history(f, 120, 150);
    bytes_of(f, "snapshot.78")->data[200] ^= 1;
    assert_int_equal(run(f), ERR_OK);
    assert_string_equal(f->report.snapshot, "snapshot.64");
    assert_int_equal(f->report.snapshots_skipped, 1);
    assert_int_equal(f->report.last_zxid, 150);
    assert_true(noted(f, "snapshot.78, offset"));
}

static void half_written_snapshots_are_passed_over_and_temporaries_removed(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 150);
    memfs_put(&f->fs, WORLD_DIR "/snapshot.80", "ZKSN half written", 17);
    memfs_put(&f->fs, WORLD_DIR "/snapshot.96.gz.tmp", "anything", 8);
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.snapshots_skipped, 0);
    assert_true(noted(f, "snapshot.80 is not whole"));
    assert_true(noted(f, "snapshot.96.gz.tmp"));
    assert_false(exists(f, "snapshot.96.gz.tmp"));
    assert_int_equal(f->report.last_zxid, 150);
}

static void no_valid_snapshot_among_candidates_is_an_error(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 150);
    bytes_of(f, "snapshot.64")->data[200] ^= 1;
    assert_int_equal(run(f), ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "none of 1 snapshots in " WORLD_DIR " is valid"));
    assert_null(f->tree);
}

static void missing_transactions_behind_an_older_snapshot_are_an_error(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 150);
    put_history(f, 120, 150);
    bytes_of(f, "snapshot.78")->data[200] ^= 1;
    world_put_many(&f->batch, 121, 30, 10);
    assert_int_equal(f->fs.port.remove(&f->fs.port, WORLD_DIR "/log.1"), ERR_OK);
    world_put_log(&f->fs, 121, &f->batch);
    assert_int_equal(run(f), ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "transactions 0x65 to 0x78 are missing"));
}

static void gap_without_a_reason_is_noted(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 100);
    world_put_log_many(&f->fs, 111, 5, 10);
    assert_int_equal(run(f), ERR_OK);
    assert_true(noted(f, "no transactions between 0x64 and 0x6f"));
}

static void log_without_snapshot_is_refused_unless_trusted(void **state)
{
    struct fixture *f = *state;
    world_put_log_many(&f->fs, 1, 10, 10);
    assert_int_equal(run(f), ERR_NOT_FOUND);
    assert_non_null(strstr(f->e.text, "snapshot.trust.empty=true"));
    f->options.trust_empty_snapshot = true;
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.txns_replayed, 10);
    assert_true(f->report.wrote_snapshot);
    assert_true(exists(f, "snapshot.a"));
    f->options.trust_empty_snapshot = false;
    assert_int_equal(run(f), ERR_OK); // it is not needed any more
    assert_int_equal(f->report.last_zxid, 10);
}

static void torn_tail_is_cut_once(void **state)
{
    EXPECT_MARK("torn tail is cut");
    struct fixture *f = *state;
    put_history(f, 100, 150);
    struct buf *bytes = bytes_of(f, "log.1");
    size_t whole = bytes->len;
    bytes->len -= 5;
    memset(buf_reserve(bytes, 4000), 0, 4000);
    bytes->len += 4000;
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.last_zxid, 149);
    assert_true(noted(f, "cut " WORLD_DIR "/log.1 at offset"));
    assert_true(bytes->len < whole);
    memfs_crash(&f->fs);
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.last_zxid, 149);
    assert_int_equal(f->notes.len, 0);
}

static void empty_last_log_is_removed(void **state)
{
    (void)state;
    EXPECT_MARK("empty log file is removed");
    for (size_t len = 0; len <= 300; len += 4) {
        struct fixture f;
        uint8_t bytes[300] = {0};
        begin(&f);
        put_history(&f, 100, 150);
        logfile_header(bytes);
        memfs_put(&f.fs, WORLD_DIR "/log.97", bytes, len);
        assert_int_equal(run(&f), ERR_OK);
        assert_int_equal(f.report.last_zxid, 150);
        assert_false(exists(&f, "log.97"));
        end(&f);
    }
}

static void empty_log_beside_no_snapshot_is_an_empty_database(void **state)
{
    struct fixture *f = *state;
    struct buf none = {0};
    world_put_log(&f->fs, 1, &none);
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.last_zxid, 0);
    assert_false(exists(f, "log.1"));
}

static void damage_in_the_middle_stops_the_start_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 150);
    struct buf *bytes = bytes_of(f, "log.1");
    size_t len = bytes->len;
    bytes->data[len - 400] ^= 1;
    assert_int_equal(run(f), ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, WORLD_DIR "/log.1 is damaged at offset"));
    assert_int_equal(bytes->len, len);
}

static void unreadable_transaction_stops_the_start(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 100);
    world_put_many(&f->batch, 101, 2, 10);
    be32_store(f->batch.data + 12 + 28, 77); // the type of the first
    world_put_log(&f->fs, 101, &f->batch);
    assert_int_equal(run(f), ERR_CORRUPT);
    assert_non_null(strstr(f->e.text, "log.65 holds a transaction at offset 16"));
}

static void ephemerals_of_dead_sessions_go(void **state)
{
    struct fixture *f = *state;
    put_history(f, 1, 1);
    world_put_create(&f->batch, 2, "/dead", "", true); // session 0x10 does not exist
    world_put_log(&f->fs, 2, &f->batch);
    f->options.drop_dead_ephemerals = false;
    assert_int_equal(run(f), ERR_OK);
    assert_true(has_node(f, "/dead"));
    f->options.drop_dead_ephemerals = true;
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.dead_ephemerals, 1);
    assert_false(has_node(f, "/dead"));
}

static void ttl_nodes_without_extended_types_are_refused(void **state)
{
    struct fixture *f = *state;
    put_history(f, 1, 1);
    world_put_ttl(&f->batch, 2, "/ttl", 1000);
    world_put_log(&f->fs, 2, &f->batch);
    f->options.tree.extended_types_enabled = false;
    assert_int_equal(run(f), ERR_UNSUPPORTED);
    assert_non_null(strstr(f->e.text, "set extendedTypesEnabled=true"));
    f->options.tree.extended_types_enabled = true;
    assert_int_equal(run(f), ERR_OK);
    assert_true(has_node(f, "/ttl"));
}

// A snapshot that saw transactions the log lost: an operator must know.
static void log_that_ends_before_the_snapshot_does_is_noted(void **state)
{
    struct fixture *f = *state;
    put_history(f, 100, 150);
    struct buf *bytes = bytes_of(f, "snapshot.64");
    memfs_put(&f->fs, WORLD_DIR "/snapshot.5a", bytes->data, bytes->len);
    assert_int_equal(f->fs.port.remove(&f->fs.port, WORLD_DIR "/snapshot.64"), ERR_OK);
    assert_int_equal(f->fs.port.remove(&f->fs.port, WORLD_DIR "/log.1"), ERR_OK);
    assert_int_equal(run(f), ERR_OK);
    // The tree of this test has no digests in its log, so its snapshot claims the point it has.
    assert_int_equal(f->report.last_zxid, 90);
    assert_true(noted(f, "the end of the log is missing"));
}

// Every write and every sync of a first start fails in turn; the start after it must succeed.
static void failing_disk_at_the_first_start_is_survived(void **state)
{
    (void)state;
    unsigned failed = 0;
    for (unsigned n = 1; n <= 12; n++) {
        struct fixture f;
        begin(&f);
        f.fs.fail_sync_in = n % 2 == 0 ? n / 2 : 0;
        f.fs.fail_write_in = n % 2 == 1 ? n / 2 + 1 : 0;
        failed += run(&f) != ERR_OK ? 1 : 0;
        f.fs.fail_sync_in = 0;
        f.fs.fail_write_in = 0;
        memfs_crash(&f.fs);
        assert_int_equal(run(&f), ERR_OK);
        assert_int_equal(f.report.last_zxid, 0);
        end(&f);
    }
    assert_true(failed >= 3); // a write and the syncs of a file and of two directories
}

// A rehearsal comes to the same tree and leaves every file as it is.
static void rehearsal_changes_no_file(void **state)
{
    struct fixture *f = *state;
    put_history(f, 5, 9);
    bytes_of(f, "log.1")->len -= 3; // torn
    memfs_put(&f->fs, WORLD_DIR "/snapshot.7.tmp", "x", 1);
    memfs_put(&f->fs, "/d/initialize", "", 0);
    size_t log_bytes = bytes_of(f, "log.1")->len;
    f->options.is_rehearsal = true;
    struct datadir *d = datadir_look(&f->fs.port, "/d", NULL);
    unsigned files = memfs_count(&f->fs);
    assert_int_equal(
        recover(d, &f->clock, &f->options, take_note, &f->notes, &f->tree, &f->report, &f->e),
        ERR_OK);
    assert_int_equal(f->report.last_zxid, 8);
    assert_true(noted(f, "a server removes /d/version-2/snapshot.7.tmp"));
    assert_true(noted(f, "a server cuts /d/version-2/log.1"));
    assert_int_equal(memfs_count(&f->fs), files);
    assert_int_equal(bytes_of(f, "log.1")->len, log_bytes);
    assert_false(datadir_is_locked(d));
    assert_true(datadir_has_initialize(d));
    datadir_close(d);
    f->options.is_rehearsal = false;
    assert_int_equal(run(f), ERR_OK);
    assert_int_equal(f->report.last_zxid, 8);
    assert_true(noted(f, "cut /d/version-2/log.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(nothing_at_all_becomes_an_empty_database),
        T(empty_database_is_not_made_where_it_is_not_allowed),
        T(log_is_replayed_behind_the_snapshot),
        T(replayed_transactions_are_told),
        T(recovered_tree_is_the_tree_that_was_lost),
        T(damaged_snapshot_gives_way_to_the_older_one),
        T(half_written_snapshots_are_passed_over_and_temporaries_removed),
        T(no_valid_snapshot_among_candidates_is_an_error),
        T(missing_transactions_behind_an_older_snapshot_are_an_error),
        T(gap_without_a_reason_is_noted),
        T(log_without_snapshot_is_refused_unless_trusted),
        T(torn_tail_is_cut_once),
        cmocka_unit_test(empty_last_log_is_removed),
        T(empty_log_beside_no_snapshot_is_an_empty_database),
        T(damage_in_the_middle_stops_the_start_and_changes_nothing),
        T(unreadable_transaction_stops_the_start),
        T(rehearsal_changes_no_file),
        T(ephemerals_of_dead_sessions_go),
        T(ttl_nodes_without_extended_types_are_refused),
        T(log_that_ends_before_the_snapshot_does_is_noted),
        cmocka_unit_test(failing_disk_at_the_first_start_is_survived),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
