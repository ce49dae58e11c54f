// SPDX-License-Identifier: Apache-2.0
//
// Files are found by name; an open one holds a pointer to its item, which stays when it is removed.
#include "tests/unit/cli/fake.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

struct open_file {
    struct port_file base;
    struct fake *fake;
    struct fake_file *item;
};

// ---- one file ----

static enum err read_file(struct port_file *base, uint64_t offset, void *to, size_t len,
                          size_t *ret)
{
    struct buf *bytes = &((struct open_file *)base)->item->bytes;
    size_t left = offset < bytes->len ? bytes->len - (size_t)offset : 0;
    *ret = left < len ? left : len;
    if (*ret > 0) {
        memcpy(to, bytes->data + offset, *ret);
    }
    return ERR_OK;
}

static enum err write_file(struct port_file *base, uint64_t offset, const void *from, size_t len)
{
    struct open_file *f = (struct open_file *)base;
    if (f->fake->write_error != ERR_OK) {
        return f->fake->write_error;
    }
    ASSERT(offset == f->item->bytes.len);
    buf_append(&f->item->bytes, from, len);
    return ERR_OK;
}

static enum err sync_file(struct port_file *base)
{
    (void)base;
    return ERR_OK;
}

static void close_file(struct port_file *base)
{
    mem_free(base);
}

// ---- all files ----

static struct fake *fake_of(struct port_files *fs)
{
    return (struct fake *)((char *)fs - offsetof(struct fake, files));
}

static struct fake_file *find(struct fake *f, const char *name)
{
    for (size_t i = 0; i < f->item_count; i++) {
        if (f->items[i].name != NULL && strcmp(f->items[i].name, name) == 0) {
            return &f->items[i];
        }
    }
    return NULL;
}

static struct fake_file *add(struct fake *f, const char *name)
{
    ASSERT(f->item_count < sizeof(f->items) / sizeof(f->items[0]));
    struct fake_file *item = &f->items[f->item_count++];
    *item = (struct fake_file){.name = mem_strdup(name)};
    return item;
}

static enum err open_file(struct port_files *fs, const char *path, unsigned flags,
                          struct port_file **ret)
{
    struct fake *fake = fake_of(fs);
    struct fake_file *item = find(fake, path);
    if (item == NULL && (flags & PORT_OPEN_CREATE) == 0) {
        return ERR_NOT_FOUND;
    }
    item = item != NULL ? item : add(fake, path);
    if ((flags & PORT_OPEN_TRUNCATE) != 0) {
        buf_clear(&item->bytes);
    }
    struct open_file *f = mem_zalloc(sizeof(*f));
    f->base = (struct port_file){
        .read = read_file, .write = write_file, .sync = sync_file, .close = close_file};
    f->fake = fake;
    f->item = item;
    *ret = &f->base;
    return ERR_OK;
}

static enum err remove_file(struct port_files *fs, const char *path)
{
    struct fake_file *item = find(fake_of(fs), path);
    if (item == NULL) {
        return ERR_NOT_FOUND;
    }
    mem_free(item->name);
    item->name = NULL;
    return ERR_OK;
}

static enum err rename_file(struct port_files *fs, const char *from, const char *to)
{
    struct fake_file *item = find(fake_of(fs), from);
    if (item == NULL) {
        return ERR_NOT_FOUND;
    }
    (void)remove_file(fs, to);
    mem_free(item->name);
    item->name = mem_strdup(to);
    return ERR_OK;
}

static enum err sync_dir(struct port_files *fs, const char *path)
{
    (void)fs;
    (void)path;
    return ERR_OK;
}

void fake_put(struct fake *f, const char *name, struct slice bytes)
{
    struct fake_file *item = find(f, name);
    item = item != NULL ? item : add(f, name);
    buf_clear(&item->bytes);
    buf_append_slice(&item->bytes, bytes);
}

struct buf *fake_get(struct fake *f, const char *name)
{
    struct fake_file *item = find(f, name);
    return item != NULL ? &item->bytes : NULL;
}

// ---- the rest of the machine ----

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

static int no_signal(void)
{
    return 0;
}

static int columns(void)
{
    return 80;
}

static int64_t mono_ns(struct port_clock *clock)
{
    struct fake *f = (struct fake *)((char *)clock - offsetof(struct fake, clock));
    return f->now_ns += 1000;
}

static int64_t wall_ms(struct port_clock *clock)
{
    (void)clock;
    return INT64_C(1700000000000);
}

void fake_init(struct fake *f)
{
    *f = (struct fake){0};
    f->files = (struct port_files){
        .open = open_file, .rename = rename_file, .remove = remove_file, .sync_dir = sync_dir};
    f->clock = (struct port_clock){.mono_ns = mono_ns, .wall_ms = wall_ms};
    f->host = (struct cli_host){.env = no_env,
                                .files = &f->files,
                                .clock = &f->clock,
                                .interrupted = no_signal,
                                .columns = columns,
                                .rows = columns};
    f->cli = (struct cli){.host = &f->host,
                          .out = open_memstream(&f->out, &f->out_bytes),
                          .err = open_memstream(&f->err, &f->err_bytes),
                          .program = "paddock",
                          .version = "0"};
}

void fake_fini(struct fake *f)
{
    (void)fclose(f->cli.out);
    (void)fclose(f->cli.err);
    free(f->out);
    free(f->err);
    for (size_t i = 0; i < f->item_count; i++) {
        mem_free(f->items[i].name);
        buf_fini(&f->items[i].bytes);
    }
}

const char *fake_out(struct fake *f)
{
    (void)fflush(f->cli.out);
    return f->out;
}

const char *fake_err(struct fake *f)
{
    (void)fflush(f->cli.err);
    return f->err;
}
