// SPDX-License-Identifier: Apache-2.0
//
// The files beside zoo.cfg as a configuration is proposed and comes into force, and what a crash or
// a failing disk leaves of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/config.h"
#include "server/dynamic_config.h"
#include "sim/node.h"

static const char zoo_cfg[] = "# a member\ndataDir=/data\nclientPort=2181\ninitLimit=5\n"
                              "syncLimit=2\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";
static const char first[] = "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
                            "server.3=c:1:2:participant\nversion=100000000";
static const char second[] = "server.1=a:1:2:participant;0.0.0.0:2181\n"
                             "server.2=b:1:2:participant\nversion=10000000a";

struct home {
    struct world world;
    struct sim_node *node;
    struct port_worker *worker;
    struct dynamic_config *dynamic;
    struct log log;
    struct buf lines; // of the log
    unsigned idles;
};

static void on_line(void *ctx, enum log_level level, const char *line, size_t len)
{
    (void)level;
    buf_append(&((struct home *)ctx)->lines, line, len);
}

static void on_idle(void *ctx)
{
    ((struct home *)ctx)->idles++;
}

static void home_start(struct home *h)
{
    struct port_loop *loop = &h->node->loop;
    assert_int_equal(loop->worker_open(loop, "config", &h->worker), ERR_OK);
    const struct dynamic_config_options options = {
        .files = &h->node->disk.port,
        .worker = h->worker,
        .log = &h->log,
        .config_file = "/conf/zoo.cfg",
        .sid = 1,
        .on_idle = on_idle,
        .ctx = h,
    };
    h->dynamic = dynamic_config_new(&options);
}

static void home_open(struct home *h, uint64_t seed)
{
    *h = (struct home){0};
    world_init(&h->world, seed);
    h->node = node_open(&h->world);
    log_init(&h->log, &h->node->clock, on_line, h);
    disk_make_durable_dir(&h->node->disk, "/conf");
    disk_put(&h->node->disk, "/conf/zoo.cfg", false, slice_str(zoo_cfg));
    home_start(h);
}

static void home_stop(struct home *h)
{
    h->worker->close(h->worker);
    dynamic_config_free(h->dynamic);
    node_stop_process(h->node);
}

static void home_close(struct home *h)
{
    home_stop(h);
    node_close(h->node);
    assert_string_equal(h->world.failure, "");
    world_fini(&h->world);
    buf_fini(&h->lines);
}

static void run(struct home *h)
{
    while (!dynamic_config_is_idle(h->dynamic)) {
        assert_true(world_step(&h->world));
    }
}

// False when there is no such file.
static bool read_file(struct home *h, const char *path, struct buf *ret)
{
    struct port_files *fs = &h->node->disk.port;
    struct port_file *f;
    buf_clear(ret);
    if (fs->open(fs, path, PORT_OPEN_READ, &f) != ERR_OK) {
        return false;
    }
    size_t len;
    assert_int_equal(f->read(f, 0, buf_reserve(ret, 4096), 4096, &len), ERR_OK);
    ret->len = len;
    f->close(f);
    return true;
}

static void expect_file(struct home *h, const char *path, const char *text)
{
    struct buf got = {0};
    bool is_there = read_file(h, path, &got);
    assert_int_equal(is_there, text != NULL);
    if (text != NULL) {
        assert_string_equal(buf_cstr(&got), text);
    }
    buf_fini(&got);
}

static void what_is_proposed_waits_beside_what_is_in_force(void **state)
{
    (void)state;
    struct home h;
    home_open(&h, 1);
    dynamic_config_see(h.dynamic, slice_str(first));
    run(&h);
    assert_int_equal(h.idles, 1);
    expect_file(&h, "/conf/zoo.cfg.dynamic.next",
                "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
                "server.3=c:1:2:participant\nversion=100000000");
    expect_file(&h, "/conf/zoo.cfg", zoo_cfg);
    home_close(&h);
}

static void what_is_in_force_is_pointed_to(void **state)
{
    (void)state;
    struct home h;
    home_open(&h, 2);
    dynamic_config_see(h.dynamic, slice_str(first));
    dynamic_config_activate(h.dynamic, slice_str(first));
    run(&h);
    expect_file(&h, "/conf/zoo.cfg.dynamic.next", NULL);
    expect_file(&h, "/conf/zoo.cfg.dynamic.100000000",
                "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
                "server.3=c:1:2:participant");
    expect_file(&h, "/conf/zoo.cfg",
                "# a member\ndataDir=/data\nclientPort=2181\ninitLimit=5\nsyncLimit=2\n"
                "dynamicConfigFile=/conf/zoo.cfg.dynamic.100000000\n");
    dynamic_config_see(h.dynamic, slice_str(second));
    dynamic_config_activate(h.dynamic, slice_str(second));
    run(&h);
    expect_file(&h, "/conf/zoo.cfg", // the own line has the client port now
                "# a member\ndataDir=/data\ninitLimit=5\nsyncLimit=2\n"
                "dynamicConfigFile=/conf/zoo.cfg.dynamic.10000000a\n");
    expect_file(&h, "/conf/zoo.cfg.dynamic.10000000a",
                "server.1=a:1:2:participant;0.0.0.0:2181\nserver.2=b:1:2:participant");
    expect_file(&h, "/conf/zoo.cfg.dynamic.next", NULL);
    home_close(&h);
}

static void a_newer_proposal_outlives_what_comes_into_force(void **state)
{
    (void)state;
    struct home h;
    home_open(&h, 3);
    dynamic_config_see(h.dynamic, slice_str(second));
    dynamic_config_activate(h.dynamic, slice_str(first));
    run(&h);
    expect_file(&h, "/conf/zoo.cfg.dynamic.next",
                "server.1=a:1:2:participant;0.0.0.0:2181\nserver.2=b:1:2:participant\n"
                "version=10000000a");
    home_close(&h);
}

static void a_back_up_is_the_file_as_it_was(void **state)
{
    (void)state;
    struct home h;
    home_open(&h, 4);
    dynamic_config_back_up(&h.node->disk.port, "/conf/zoo.cfg", &h.log);
    expect_file(&h, "/conf/zoo.cfg.bak", zoo_cfg);
    assert_int_equal(h.lines.len, 0);
    dynamic_config_back_up(&h.node->disk.port, "/nowhere/zoo.cfg", &h.log);
    assert_non_null(strstr(buf_cstr(&h.lines), "config_not_saved"));
    home_close(&h);
}

static void without_a_file_nothing_is_written(void **state)
{
    (void)state;
    const struct dynamic_config_options options = {.config_file = NULL};
    struct dynamic_config *d = dynamic_config_new(&options);
    dynamic_config_see(d, slice_str(first));
    dynamic_config_activate(d, slice_str(first));
    assert_true(dynamic_config_is_idle(d));
    dynamic_config_free(d);
}

static void a_disk_that_fails_is_said_and_the_server_goes_on(void **state)
{
    (void)state;
    struct home h;
    home_open(&h, 5);
    disk_fail_nth(&h.node->disk, DISK_RENAME, 1, ERR_READ_ONLY);
    dynamic_config_activate(h.dynamic, slice_str(first));
    run(&h);
    assert_non_null(strstr(buf_cstr(&h.lines), "config_not_saved"));
    assert_non_null(strstr(buf_cstr(&h.lines), "/conf/zoo.cfg.dynamic.100000000"));
    expect_file(&h, "/conf/zoo.cfg", zoo_cfg);
    disk_heal(&h.node->disk);
    dynamic_config_activate(h.dynamic, slice_str(second));
    run(&h);
    assert_non_null(strstr(buf_cstr(&h.lines), "config_saved"));
    home_close(&h);
}

static void jobs_that_were_never_done_are_freed(void **state)
{
    (void)state;
    struct home h;
    home_open(&h, 6);
    dynamic_config_see(h.dynamic, slice_str(first));
    dynamic_config_activate(h.dynamic, slice_str(first));
    home_close(&h);
}

// What a start reads: members of `first`, or of `second`, and never anything else.
static void check_start(struct home *h)
{
    struct buf text = {0};
    struct config *cfg = config_new();
    assert_true(read_file(h, "/conf/zoo.cfg", &text));
    config_parse_file(cfg, "/conf/zoo.cfg", buf_slice(&text));
    config_set_myid(cfg, "/data/myid", slice_str("1"));
    config_finish(cfg);
    if (cfg->dynamic_config_file != NULL) {
        assert_true(read_file(h, cfg->dynamic_config_file, &text));
        config_parse_dynamic(cfg, cfg->dynamic_config_file, buf_slice(&text));
        if (read_file(h, "/conf/zoo.cfg.dynamic.next", &text)) {
            config_parse_seen(cfg, "/conf/zoo.cfg.dynamic.next", buf_slice(&text));
            assert_int_equal(cfg->seen.version, 0x10000000a);
        }
        config_finish(cfg);
    }
    assert_false(config_has_errors(cfg));
    assert_int_equal(cfg->client_port, 2181);
    assert_int_equal(cfg->servers.count, cfg->servers.version == 0x10000000a ? 2 : 3);
    config_free(cfg);
    buf_fini(&text);
}

static void after_a_crash_at_any_operation_the_member_can_start(void **state)
{
    (void)state;
    bool was_whole = false;
    for (uint64_t n = 1; !was_whole; n++) {
        assert_true(n < 200);
        struct home h;
        home_open(&h, n);
        dynamic_config_activate(h.dynamic, slice_str(first));
        run(&h);
        h.node->disk.freeze_at = h.node->disk.op_count + n;
        dynamic_config_see(h.dynamic, slice_str(second));
        dynamic_config_activate(h.dynamic, slice_str(second));
        run(&h);
        was_whole = !h.node->disk.is_frozen;
        home_stop(&h);
        disk_crash(&h.node->disk);
        check_start(&h);
        home_start(&h);
        home_close(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_proposed_waits_beside_what_is_in_force),
        cmocka_unit_test(what_is_in_force_is_pointed_to),
        cmocka_unit_test(a_newer_proposal_outlives_what_comes_into_force),
        cmocka_unit_test(a_back_up_is_the_file_as_it_was),
        cmocka_unit_test(without_a_file_nothing_is_written),
        cmocka_unit_test(a_disk_that_fails_is_said_and_the_server_goes_on),
        cmocka_unit_test(jobs_that_were_never_done_are_freed),
        cmocka_unit_test(after_a_crash_at_any_operation_the_member_can_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
