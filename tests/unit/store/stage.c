// SPDX-License-Identifier: Apache-2.0
//
// A data directory on the simulated disk.
#include "tests/unit/store/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/logfile.h"
#include "store/record.h"
#include "store/snapsave.h"

static int64_t no_time(struct port_clock *clock)
{
    (void)clock;
    return 0;
}

void stage_begin(struct stage *s, uint64_t seed)
{
    *s = (struct stage){.clock = {.mono_ns = no_time, .wall_ms = no_time}};
    world_init(&s->world, seed);
    disk_init(&s->disk, &s->world);
    s->fs = &s->disk.port;
    disk_make_durable_dir(&s->disk, WORLD_DIR);
    s->d = datadir_look(s->fs, "/d", NULL);
    s->options = (struct recover_options){.tree = world_options(),
                                          .record_bytes_max = WORLD_RECORD_BYTES_MAX,
                                          .db_autocreate = true,
                                          .snapshot_with_last_zxid = true};
}

void stage_end(struct stage *s)
{
    datadir_close(s->d);
    buf_fini(&s->notes);
    buf_fini(&s->text);
    disk_fini(&s->disk);
    world_fini(&s->world);
}

// ---- files ----

static enum err open_file(struct stage *s, const char *name, unsigned flags, struct port_file **ret)
{
    struct buf path = {0};
    enum err err = s->fs->open(s->fs, names_join(&path, WORLD_DIR, name), flags, ret);
    buf_fini(&path);
    return err;
}

void stage_put(struct stage *s, const char *name, struct slice bytes)
{
    struct port_file *f = NULL;
    assert_int_equal(
        open_file(s, name, PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &f), ERR_OK);
    assert_int_equal(f->write(f, 0, bytes.data, bytes.len), ERR_OK);
    assert_int_equal(f->sync(f), ERR_OK);
    f->close(f);
    assert_int_equal(s->fs->sync_dir(s->fs, WORLD_DIR), ERR_OK);
}

void stage_get(struct stage *s, const char *name, struct buf *ret)
{
    struct port_file *f = NULL;
    uint64_t size = 0;
    size_t got = 0;
    assert_int_equal(open_file(s, name, PORT_OPEN_READ, &f), ERR_OK);
    assert_int_equal(f->size(f, &size), ERR_OK);
    buf_clear(ret);
    assert_int_equal(f->read(f, 0, buf_reserve(ret, (size_t)size + 1), (size_t)size, &got), ERR_OK);
    ret->len = got;
    f->close(f);
}

bool stage_has(struct stage *s, const char *name)
{
    struct buf path = {0};
    struct port_file_info info;
    enum err err = s->fs->info(s->fs, names_join(&path, WORLD_DIR, name), &info);
    buf_fini(&path);
    return err == ERR_OK;
}

// ---- histories ----

void stage_put_log(struct stage *s, int64_t first, int64_t last)
{
    struct buf bytes = {0};
    struct buf batch = {0};
    char name[NAMES_BYTES_MAX];
    logfile_header(buf_reserve(&bytes, LOGFILE_HEADER_BYTES));
    bytes.len = LOGFILE_HEADER_BYTES;
    world_put_many(&batch, first, (int)(last - first + 1), 10);
    record_seal(batch.data, batch.len);
    buf_append_slice(&bytes, buf_slice(&batch));
    names_print_log(first, name);
    stage_put(s, name, buf_slice(&bytes));
    buf_fini(&batch);
    buf_fini(&bytes);
}

static struct tree *history_tree(int64_t last)
{
    struct tree *t = world_tree();
    struct buf batch = {0};
    world_put_many(&batch, 1, (int)last, 10);
    world_apply(t, buf_slice(&batch));
    buf_fini(&batch);
    return t;
}

void stage_put_snapshot(struct stage *s, int64_t last, enum names_method method)
{
    const struct snapsave_options options = {
        .method = method, .parts = {.with_digest = true, .with_last_zxid = true}};
    struct tree *t = history_tree(last);
    assert_int_equal(snapsave(s->fs, WORLD_DIR, t, &options, &s->e), ERR_OK);
    tree_free(t);
}

void stage_print_history(int64_t last, struct buf *to)
{
    struct tree *t = history_tree(last);
    buf_clear(to);
    world_print(t, to);
    tree_free(t);
}

// ---- recovery ----

static void take_note(void *ctx, const char *text)
{
    buf_append_str(ctx, text);
    buf_append_str(ctx, "\n");
}

enum err stage_recover(struct stage *s)
{
    struct tree *t;
    buf_clear(&s->notes);
    buf_clear(&s->text);
    enum err err =
        recover(s->d, &s->clock, &s->options, take_note, &s->notes, &t, &s->report, &s->e);
    if (err == ERR_OK) {
        assert_true(tree_check(t));
        world_print(t, &s->text);
        tree_free(t);
    }
    return err;
}

void stage_cut_power_in(struct stage *s, uint64_t operations)
{
    s->disk.freeze_at = s->disk.op_count + operations;
}

void stage_crash(struct stage *s)
{
    s->disk.freeze_at = 0;
    disk_crash(&s->disk);
}
