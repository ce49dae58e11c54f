// SPDX-License-Identifier: Apache-2.0
//
// Scanning a snapshot: the parts come in order, in every compression; a visitor can stop it, and
// what was read before damage is reported.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/snapscan.h"
#include "tests/unit/store/world.h"

struct seen {
    struct buf paths; // one line each
    int sessions, acls, nodes;
    int stop_at; // 0: never
};

static enum err see_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    struct seen *seen = ctx;
    assert_int_equal(session, 0x10);
    assert_int_equal(timeout_ms, 4000);
    assert_int_equal(seen->nodes, 0);
    seen->sessions++;
    return ERR_OK;
}

static enum err see_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    struct seen *seen = ctx;
    assert_true(acl_id > 0 && acl->count > 0);
    seen->acls++;
    return ERR_OK;
}

static enum err see_node(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                         const struct jute_stat_persisted *stat)
{
    struct seen *seen = ctx;
    (void)data;
    (void)acl_id;
    assert_true(stat->czxid >= 0);
    buf_append_slice(&seen->paths, path);
    buf_append_str(&seen->paths, "\n");
    return ++seen->nodes == seen->stop_at ? ERR_STOPPED : ERR_OK;
}

static enum err scan(struct memfs *fs, const char *name, enum names_method method,
                     struct seen *seen, struct snapscan_report *ret)
{
    const struct snapscan_visitor visitor = {see_session, see_acl, see_node, seen};
    struct store_error e;
    return snapscan(&fs->port, name, method, WORLD_RECORD_BYTES_MAX, &visitor, ret, &e);
}

// /a, /e and session 0x10.
static void put_snapshot(struct memfs *fs, enum names_method method)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_session(&batch, 1, 0x10, 4000);
    world_put_create(&batch, 2, "/a", "x", false);
    world_put_create(&batch, 3, "/e", "y", true);
    world_apply(t, buf_slice(&batch));
    world_put_snapshot(fs, t, method);
    buf_fini(&batch);
    tree_free(t);
}

static void parts_come_in_order_in_every_compression(void **state)
{
    static const char *const names[] = {WORLD_DIR "/snapshot.3", WORLD_DIR "/snapshot.3.gz",
                                        WORLD_DIR "/snapshot.3.snappy"};
    (void)state;
    for (enum names_method method = NAMES_PLAIN; method <= NAMES_SNAPPY; method++) {
        struct memfs fs;
        struct seen seen = {0};
        struct snapscan_report report;
        world_disk_init(&fs);
        put_snapshot(&fs, method);
        assert_int_equal(scan(&fs, names[method], method, &seen, &report), ERR_OK);
        assert_int_equal(seen.sessions, 1);
        assert_non_null(strstr(buf_cstr(&seen.paths), "\n/a\n"));
        assert_int_equal(seen.paths.data[0], '\n'); // the root
        assert_int_equal(report.nodes, (uint64_t)seen.nodes);
        assert_int_equal(report.version, 2);
        assert_true(report.has_digest && report.has_last_zxid);
        assert_int_equal(report.last_zxid, 3);
        buf_fini(&seen.paths);
        world_disk_fini(&fs);
    }
}

static void visitor_can_stop_the_scan(void **state)
{
    (void)state;
    struct memfs fs;
    struct seen seen = {.stop_at = 2};
    struct snapscan_report report;
    world_disk_init(&fs);
    put_snapshot(&fs, NAMES_PLAIN);
    assert_int_equal(scan(&fs, WORLD_DIR "/snapshot.3", NAMES_PLAIN, &seen, &report), ERR_STOPPED);
    assert_int_equal(seen.nodes, 2);
    buf_fini(&seen.paths);
    world_disk_fini(&fs);
}

static void what_came_before_damage_is_reported(void **state)
{
    (void)state;
    struct memfs fs;
    struct seen seen = {0};
    struct snapscan_report report;
    world_disk_init(&fs);
    put_snapshot(&fs, NAMES_PLAIN);
    memfs_find(&fs, WORLD_DIR "/snapshot.3")->bytes.len -= 60;
    assert_int_equal(scan(&fs, WORLD_DIR "/snapshot.3", NAMES_PLAIN, &seen, &report),
                     ERR_TRUNCATED);
    assert_true(report.nodes > 0);
    assert_int_equal(report.sessions, 1);
    assert_int_equal(scan(&fs, WORLD_DIR "/none", NAMES_PLAIN, &seen, &report), ERR_NOT_FOUND);
    assert_int_equal(report.nodes, 0);
    buf_fini(&seen.paths);
    world_disk_fini(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_in_order_in_every_compression),
        cmocka_unit_test(visitor_can_stop_the_scan),
        cmocka_unit_test(what_came_before_damage_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
