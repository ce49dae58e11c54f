// SPDX-License-Identifier: Apache-2.0
//
// Building the stage.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/server/guest.h"

enum { END_MS = 60000, STEPS_MAX = 2000000 };

// What -D sets can only be set before the file is read.
static void define(struct box *b, const char *zoo_cfg, const char *const *defines)
{
    config_free(b->config);
    b->config = config_new();
    for (; *defines != NULL; defines++) {
        config_define(b->config, *defines);
    }
    struct buf text = {0};
    buf_printf(&text, "tickTime=200\nclientPort=%d\ndataDir=/data\n%s", BOX_CLIENT_PORT, zoo_cfg);
    config_parse_file(b->config, "zoo.cfg", buf_slice(&text));
    config_finish(b->config);
    assert_false(config_has_errors(b->config));
    buf_fini(&text);
}

void stage_open(struct stage *st, uint64_t seed, const char *zoo_cfg, const char *const *defines)
{
    *st = (struct stage){0};
    list_init(&st->guests);
    zoo_cfg = zoo_cfg != NULL ? zoo_cfg : "";
    world_init(&st->world, seed);
    box_init(&st->box, &st->world, zoo_cfg, false);
    st->box.log.level = LOG_DEBUG; // every line is formatted
    if (defines != NULL) {
        define(&st->box, zoo_cfg, defines);
    }
    stage_start(st);
}

void stage_start(struct stage *st)
{
    assert_int_equal(box_start(&st->box), SERVER_EXIT_OK);
}

void stage_power_cut(struct stage *st)
{
    box_power_cut(&st->box);
    stage_start(st);
}

void stage_close(struct stage *st)
{
    LIST_FOREACH_SAFE (it, tmp, &st->guests) {
        guest_leave(CONTAINER_OF(it, struct guest, link));
    }
    if (box_is_up(&st->box)) {
        box_kill(&st->box);
    }
    box_fini(&st->box);
    assert_string_equal(st->world.failure, "");
    world_fini(&st->world);
}

bool stage_has_node(const struct stage *st, const char *path)
{
    return tree_find(stage_server(st)->tree, slice_str(path)) != NULL;
}

size_t stage_count_files(const struct stage *st, enum names_kind kind)
{
    struct names_list list;
    struct store_error error;
    struct port_files *fs = &stage_disk(st)->port;
    assert_int_equal(names_list_dir(fs, "/data/version-2", kind, &list, &error), ERR_OK);
    size_t count = list.count;
    names_list_fini(&list);
    return count;
}

// A wait for something that never happens fails soon.
void stage_step(struct stage *st)
{
    assert_true(st->world.steps < STEPS_MAX);
    assert_true(world_step(&st->world));
}

void stage_until_in_process(struct stage *st)
{
    while (stage_server(st)->in_process == 0) {
        stage_step(st);
    }
}

static void nothing(struct port_timer *timer)
{
    (void)timer;
}

// An event of our own at the end: else the last step would go on to whatever comes next.
void stage_run(struct stage *st, int64_t duration_ms)
{
    struct port_timer end = {.fire = nothing};
    world_start(&st->world, &end, duration_ms * 1000000);
    while (end.impl != NULL) {
        stage_step(st);
    }
}

void stage_stall(struct stage *st, int64_t duration_ms)
{
    st->world.now_ns += duration_ms * 1000000;
}

int64_t stage_now_ms(const struct stage *st)
{
    return st->world.now_ns / 1000000;
}

enum server_exit stage_wait_for_end(struct stage *st)
{
    int64_t end_ms = stage_now_ms(st) + END_MS;
    while (!st->box.has_stopped) {
        assert_true(stage_now_ms(st) < end_ms);
        stage_step(st);
    }
    enum server_exit code = st->box.exit_code;
    assert_true(box_reap(&st->box));
    return code;
}

enum server_exit stage_stop(struct stage *st)
{
    box_stop(&st->box);
    return stage_wait_for_end(st);
}
