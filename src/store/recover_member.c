// SPDX-License-Identifier: Apache-2.0
//
// Recovery of a member. An attempt that meets damage says where; the marker is written, what is
// damaged is set aside, and the next attempt finds less. Each round moves at least one file, or
// writes the marker, so there is a last one.
#include <inttypes.h>
#include <stdio.h>

#include "base/mark.h"
#include "base/mem.h"
#include "store/healing.h"
#include "store/logend.h"
#include "store/recover_priv.h"
#include "store/small_file.h"

enum { COPY_BYTES = 256 * 1024, HEADER_BYTES = 16, ROUNDS_MAX = 10000 };

struct member {
    struct datadir *dir;
    struct port_files *fs;
    recover_note *note;
    void *ctx;
    struct healing_aside aside; // the same number for everything of this start
    struct store_error *e;
};

static void note(const struct member *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(const struct member *m, const char *format, ...)
{
    char text[STORE_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (m->note != NULL) {
        m->note(m->ctx, text);
    }
}

static enum err set_aside(struct member *m, const char *dir, const char *name)
{
    enum err err = healing_set_aside(m->fs, dir, name, &m->aside, m->e);
    if (err == ERR_OK) {
        note(m, "moved %s/%s to %s", dir, name, m->aside.folder);
    }
    return err;
}

// ---- a damaged log ----

static enum err copy(struct port_file *from, struct port_file *to, uint64_t bytes)
{
    uint8_t *piece = mem_alloc(COPY_BYTES);
    enum err err = ERR_OK;
    for (uint64_t at = 0; err == ERR_OK && at < bytes;) {
        size_t len = bytes - at < COPY_BYTES ? (size_t)(bytes - at) : COPY_BYTES;
        size_t got = 0;
        err = from->read(from, at, piece, len, &got);
        if (err == ERR_OK && got == 0) {
            err = ERR_IO;
        }
        err = err == ERR_OK ? to->write(to, at, piece, got) : err;
        at += got;
    }
    mem_free(piece);
    return err == ERR_OK ? to->sync(to) : err;
}

// The first `bytes` of a file that was set aside, again under its name.
static enum err write_beginning(struct member *m, const char *dir, const char *name, uint64_t bytes)
{
    struct buf path = {0};
    struct buf kept = {0};
    struct port_file *from = NULL;
    struct port_file *to = NULL;
    (void)names_join(&kept, dir, m->aside.folder);
    buf_append_str(&kept, "/");
    buf_append_str(&kept, name);
    enum err err = m->fs->open(m->fs, buf_cstr(&kept), PORT_OPEN_READ, &from);
    if (err == ERR_OK) {
        err = m->fs->open(m->fs, names_join(&path, dir, name),
                          PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE, &to);
        if (err == ERR_OK) {
            err = copy(from, to, bytes);
            to->close(to);
        }
        from->close(from);
    }
    err = err == ERR_OK ? m->fs->sync_dir(m->fs, dir) : err;
    if (err != ERR_OK) {
        err = store_fail(m->e, err, "cannot write the intact beginning of %s again: %s",
                         buf_cstr(&kept), err_text(err));
    }
    buf_fini(&kept);
    buf_fini(&path);
    return err;
}

// The file with the damage and all later ones go; what is intact before it stays.
static enum err keep_log_before(struct member *m, const struct recover_damage *damage)
{
    struct names_list files = {0};
    const char *dir = datadir_log_dir(m->dir);
    enum err err = datadir_list(m->dir, NAMES_LOG, &files, m->e);
    bool is_behind = false;
    for (size_t i = 0; i < files.count; i++) {
        is_behind = is_behind || strcmp(files.items[i].name, damage->file) == 0;
        if (err == ERR_OK && is_behind) {
            err = set_aside(m, dir, files.items[i].name);
        }
    }
    names_list_fini(&files);
    if (err == ERR_OK && damage->offset > HEADER_BYTES) {
        err = write_beginning(m, dir, damage->file, damage->offset);
    }
    return err;
}

// ---- nothing to begin from ----

static enum err set_all_aside(struct member *m, enum names_kind kind)
{
    struct names_list files = {0};
    const char *dir = kind == NAMES_LOG ? datadir_log_dir(m->dir) : datadir_snap_dir(m->dir);
    enum err err = datadir_list(m->dir, kind, &files, m->e);
    for (size_t i = 0; err == ERR_OK && i < files.count; i++) {
        err = set_aside(m, dir, files.items[i].name);
    }
    names_list_fini(&files);
    return err;
}

// ---- the rounds ----

static enum err begin_healing(struct member *m, const char *why)
{
    if (healing_is_pending(m->dir)) {
        return ERR_OK;
    }
    MARK("member begins to heal");
    note(m, "%s", why);
    note(
        m,
        "this server may have acknowledged what it lost: it does not vote until it has the data of "
        "a leader that the others elected; %s/paddock.healing stands for that, and may be removed "
        "by who knows that no other server has more",
        datadir_snap_dir(m->dir));
    return healing_begin(m->dir, why, m->e);
}

static enum err make_way(struct member *m, const struct recover_damage *damage)
{
    switch (damage->kind) {
    case RECOVER_DAMAGED_LOG:
        return keep_log_before(m, damage);
    case RECOVER_DAMAGED_BASE: {
        enum err err = set_all_aside(m, NAMES_SNAPSHOT);
        return err == ERR_OK ? set_all_aside(m, NAMES_LOG) : err;
    }
    case RECOVER_DAMAGED_INSTALL:
        return set_aside(m, datadir_snap_dir(m->dir), "paddock.install");
    case RECOVER_NO_DAMAGE:
    case RECOVER_ENDS_EARLY: // the marker is all that was missing
        break;
    }
    return ERR_OK;
}

// What a standalone server would have to do stands behind the damage; a member does it itself.
static void drop_remedy(char *why)
{
    char *remedy = strstr(why, "; restore ");
    if (remedy != NULL) {
        *remedy = '\0';
    }
}

// With the marker nothing else need know what is missing; and who removes it has decided.
static enum err go_on(struct member *m, const struct recover_damage *damage)
{
    char why[STORE_ERROR_TEXT_MAX];
    memcpy(why, m->e->text, sizeof why);
    drop_remedy(why);
    enum err err = begin_healing(m, why);
    err = err == ERR_OK ? logend_forget(m->fs, datadir_log_dir(m->dir), m->e) : err;
    return err == ERR_OK ? make_way(m, damage) : err;
}

enum err recover_member(struct datadir *d, struct port_clock *clock,
                        const struct recover_options *options, recover_note *note_fn, void *ctx,
                        struct tree **ret, struct recover_report *ret_report, struct store_error *e)
{
    struct member m = {.dir = d, .fs = datadir_files(d), .note = note_fn, .ctx = ctx, .e = e};
    enum err err = ERR_OK;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct recover_damage damage;
        err = recover_once(d, clock, options, note_fn, ctx, &damage, ret, ret_report, e);
        if (err == ERR_OK || damage.kind == RECOVER_NO_DAMAGE) {
            return err;
        }
        err = go_on(&m, &damage);
        if (err != ERR_OK) {
            return err;
        }
    }
    return err;
}
